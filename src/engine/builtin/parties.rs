//! What names of people, firms and offices look like, and number plates. Not here: what is held against a specimen (unlike.rs).

use super::certainty::is_ideograph;
use super::text::half_width;

/// Usual family names; more than nine in ten people have one of them.
const FAMILY_NAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾\
夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施洪祝卓俞华柳裴章鲁葛阎庞聂柯温焦齐牛舒翁倪房骆关毕詹欧\
鲍左盛耿涂费岳申霍管季凌辛饶苗项包祁屈宁伍游桂柴古成欣阮娄甘冉喻岑应褚奚娜符解卞慕麦谷尚靳颜申隋萧";
const DOUBLE_FAMILY_NAMES: [&str; 14] =
    ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "长孙", "司徒", "令狐", "夏侯", "端木"];
/// Begins with a family name, but is none.
const NO_PERSON: &str = "站费座卧席款品等税金票卡机车油水酒茶菜饭餐料材具布纸药器件店厂部局所院行社会馆室场市县区镇村路街州京岛湾城门型类号色板管线盒箱夹笔本册灯杯桌椅柜刀锁泵钉胶漆膜袋桶瓶盘架轮胎鞋帽衣裤毯";
const LONGEST_NAME: usize = 4;

/// As long as a person's name.
pub fn is_short(text: &str) -> bool {
    (2..=LONGEST_NAME).contains(&text.chars().count()) && text.chars().all(is_ideograph)
}

/// Short, with a family name before it.
pub fn is_person(text: &str) -> bool {
    is_short(text) && text.starts_with(|c| FAMILY_NAMES.contains(c)) && !text.ends_with(|c| NO_PERSON.contains(c))
        || is_short(text) && DOUBLE_FAMILY_NAMES.iter().any(|name| text.starts_with(name))
}

/// A person's name that holds more, or less. With a dot between, or in letters, it may have any length.
pub fn is_no_name(text: &str) -> bool {
    let text = compact(text);
    let ideographs = text.chars().filter(|c| is_ideograph(*c)).count();
    let has_more = text.chars().any(|c| c.is_ascii_digit() || matches!(c, ':' | '¥' | '￥'));
    let is_foreign = text.contains(['·', '•', '・', '/']) || ideographs == 0;
    let count = ideographs + text.matches('*').count();
    has_more || !is_foreign && !(2..=LONGEST_NAME).contains(&count) || is_two(&text)
}

/// 陈静李雷: two names of two characters each.
fn is_two(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let &[first, _, third, _] = chars.as_slice() else { return false };
    FAMILY_NAMES.contains(first) && FAMILY_NAMES.contains(third) && !DOUBLE_FAMILY_NAMES.iter().any(|name| text.starts_with(name))
}

/// In what the names of firms, offices and shops end.
const ENDS: &str = "公司 厂 店 院 所 心 行 局 社 部 会 站 馆 园 校 室 坊 场 队 处 科 署 厅 委 办 团 学 铺 堂 楼 吧 轩 阁 庄 村 街道 码头 港 仓库 \
药房 机房 厨房 房产 超市 集市 门市 城 台 网 户 府 汇 苑 居 舍 湾 家 间 站点 企业 合伙 集团 服务区 车队 关 庭 栈 矿 寓 宫 厦 农家乐 民宿 联盟 基地 联社 \
烧烤 火锅 小吃 快餐 餐饮 便利 百货 五金 建材 商贸 食品 服饰 烘焙 美容";
const SURE_ENDS: &str = "公司 厂 店 院 所 中心 行 局 社 部 会 站 学校 大学 中学 小学 超市 合伙 集团";
/// No shorter name is a firm's for sure, and none is cut off for sure.
const SHORTEST_FIRM: usize = 5;

/// Sure to be a firm's, an office's or a shop's.
pub fn is_firm(text: &str) -> bool {
    let text = compact(text);
    text.chars().filter(|c| is_ideograph(*c)).count() >= SHORTEST_FIRM && ends_in(&text, SURE_ENDS)
}

/// A bracket at the end says what a firm is, or which part of it.
fn ends_in(text: &str, ends: &str) -> bool {
    let (whole, part) = match text.strip_suffix(')').map(|text| text.rsplit_once('(').unwrap_or(("", text))) {
        Some((whole, part)) => (whole, Some(part)),
        None => (text, None),
    };
    let ends_well = |text: &str| ends.split_whitespace().any(|end| text.ends_with(end));
    ends_well(whole) || part.is_some_and(ends_well)
}

const SEALS: [&str; 6] = ["专用章", "业务章", "用章", "公章", "财务章", "合同章"];
/// Print, and a seal's words read with it.
pub fn ends_in_seal(text: &str) -> bool {
    SEALS.iter().any(|seal| text.ends_with(seal))
}

/// No firm has as many figures in its name.
const FIGURES: usize = 5;

/// A firm's name that is cut off, or goes on with other print. Short names may be people's.
pub fn is_no_firm(text: &str, specimen: &str) -> bool {
    let (text, specimen) = (compact(text), compact(specimen));
    let ideographs = text.chars().filter(|c| is_ideograph(*c)).count();
    let is_figure = |c: char| c.is_ascii_digit();
    let has_more = |text: &str| {
        let seal = SEALS.iter().any(|seal| text.contains(seal));
        [text.contains(':'), seal, text.starts_with(is_figure), text.ends_with(is_figure), has_row_of_figures(text)]
    };
    if has_more(&text).iter().zip(has_more(&specimen)).any(|(here, usual)| *here && !usual) {
        return true;
    }
    let is_other = text.contains(['·', '•', '・']) || ideographs == 0;
    let firms = |text: &str| text.matches("有限公司").count() + text.matches("责任公司").count();
    !is_other && (ideographs >= SHORTEST_FIRM && !ends_in(&text, ENDS) || firms(&text) > firms(&specimen).max(1))
}

fn has_row_of_figures(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|figures| figures.len() >= FIGURES)
}

/// Endings that are the same in all names, the longest first, and which of their characters may stand for another word there.
const FORMS: [(&str, &str); 5] =
    [("有限责任公司", "无"), ("股份有限公司", "无分"), ("有限公司", "无色机线为名"), ("有限合伙", "无"), ("分公司", "")];

/// With the one character put right that is wrong in a firm's ending.
pub fn with_ending(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let end = chars.len() - usize::from(matches!(chars.last(), Some(')' | '）')));
    let is_whole = |form: &str| chars[..end].iter().collect::<String>().ends_with(form);
    if ["公司", "合伙"].into_iter().any(is_whole) && FORMS.iter().any(|(form, _)| is_whole(form)) {
        return None;
    }
    for (form, words) in FORMS {
        let form: Vec<char> = form.chars().collect();
        let Some(start) = end.checked_sub(form.len()).filter(|start| *start > 0) else { continue };
        let mut wrong = (start..end).filter(|at| chars[*at] != form[at - start]);
        let (Some(at), None) = (wrong.next(), wrong.next()) else { continue };
        // What stands before 公司 may be any word, unless it is a firm's.
        let is_branch = || form.len() > 3 || at > start && chars[..start].iter().collect::<String>().contains("公司");
        // 有限合伙 stands in brackets.
        let has_brackets = form[2] != '合' || end < chars.len() && matches!(chars[start - 1], '(' | '（');
        if is_ideograph(chars[at]) && !words.contains(chars[at]) && is_branch() && has_brackets {
            let mut right = chars.clone();
            right[at] = form[at - start];
            return Some(right.into_iter().collect());
        }
    }
    None
}

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// The last character of the plates of schools, the police, Hong Kong and others.
const PLATE_ENDS: &str = "学警港澳挂领使试超";

/// `浙B7K521`, `浙D·BL069`, and `浙AD12345` of an electric one.
pub fn is_plate(text: &str) -> bool {
    let chars: Vec<char> = compact(text).chars().filter(|c| !is_between(*c)).collect();
    let [province, office, number @ ..] = chars.as_slice() else { return false };
    let Some((last, most)) = number.split_last() else { return false };
    let is_sign = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let is_electric = || number[0].is_ascii_uppercase() || last.is_ascii_uppercase();
    PROVINCES.contains(*province)
        && office.is_ascii_uppercase()
        && most.iter().all(|c| is_sign(*c))
        && (is_sign(*last) || PLATE_ENDS.contains(*last))
        && most.iter().any(char::is_ascii_digit)
        && (number.len() == 5 || number.len() == 6 && is_electric())
}

fn is_between(c: char) -> bool {
    matches!(c, '·' | '•' | '・' | '.' | '-')
}

/// Whether two plates are written alike.
pub fn are_alike(plate: &str, other: &str) -> bool {
    plate.contains(is_between) == other.contains(is_between)
}

fn compact(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect()
}
