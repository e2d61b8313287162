//! Whether a value looks like the specimen, the text on the template's own picture: by what it holds, and what kind of text it is.
//! Not here: what names look like (parties.rs), what is put right (restored.rs).

use super::certainty::is_ideograph;
use super::page::is_wide;
use super::parties;
use super::shape::{figures, is_serial, says_half, stars};
use super::sums;
use super::text::{CURRENCY_SIGNS, half_width};
use crate::domain::area::{AreaKind, Holds};
use crate::domain::check_digits::is_tax_number_length;
use crate::domain::checks::{date_of, holds_tax_number, marks_no_sum};
use crate::domain::money::{amount, chinese_amount};

/// `name`: the area's. Hidden, lost or added text shows in a number's length and signs, in an invalid date, time or sum, and in
/// another kind of text.
pub fn is_unlike(kind: AreaKind, name: &str, text: &str, specimen: &str) -> bool {
    match kind.holds() {
        Holds::Serial(_) if is_serial(kind, specimen) => text.len() != specimen.len(),
        Holds::Serial(_) if specimen.is_empty() => has_half_label(text),
        Holds::Serial(_) => {
            has_half_label(text) || signs(text) != signs(specimen) || has_more_words(text, specimen) || len(text) != len(specimen)
        }
        Holds::Date => date_of(specimen).is_some() && is_unlike_date(text, specimen),
        Holds::Time => figures(specimen).len() > 1 && is_unlike_time(text, specimen),
        Holds::Sum => amount(specimen).is_some() && (amount(text).is_none() || sums::is_written_otherwise(text, specimen)),
        Holds::SumInWords => {
            let is_cut = sums::begins_with_unit(text) && !sums::begins_with_unit(specimen);
            chinese_amount(specimen).is_some() && (is_cut || chinese_amount(text).is_none())
        }
        Holds::PersonNumber => !specimen.is_empty() && is_unlike_person_number(text, specimen),
        Holds::Text => is_unlike_text(kind, name, text, specimen),
    }
}

/// In areas with these words in their names, anything may stand; in those with the others, things, which have no usual ending.
const ANYTHING: [&str; 9] = ["备注", "摘要", "用途", "说明", "附言", "规格", "型号", "地址", "住所"];
const THINGS: [&str; 11] = ["项目", "品名", "货物", "商品", "物品", "厂牌", "服务", "内容", "站", "地点", "城市"];
/// These have a name in ideographs where their specimen has; below or beside it stands its pinyin.
const PLACES: [&str; 3] = ["站", "地点", "城市"];
/// Whoever these are, they have a name.
const PEOPLE: [&str; 9] = ["姓名", "旅客", "乘客", "乘车人", "收件人", "寄件人", "开票人", "复核", "患者"];
/// A person's name may give way to a firm's here.
const PARTIES: [&str; 7] = ["方", "单位", "客户", "付款", "收款", "抬头", "买"];
/// Numbers that are longer or shorter from paper to paper.
const OF_ANY_LENGTH: [&str; 13] =
    ["账号", "帐号", "账户", "卡号", "电话", "手机", "联系", "发动机", "车次", "航班", "座", "数量", "重量"];

const UNITS: [&str; 11] = ["kg", "g", "t", "l", "ml", "m", "mm", "cm", "km", "kwh", "pcs"];

fn is_of(words: &[&str], name: &str) -> bool {
    words.iter().any(|word| name.contains(word))
}

fn is_unlike_text(kind: AreaKind, name: &str, text: &str, specimen: &str) -> bool {
    let is_detail = kind == AreaKind::Detail;
    if !is_detail && (has_half_label(text) || has_half_label(specimen)) {
        return true;
    }
    // Item names have their tax class between stars.
    if !is_code(specimen) && stars(specimen) >= 2 {
        return stars(text) < 2;
    }
    if specimen.starts_with(CURRENCY_SIGNS) && amount(specimen).is_some() {
        let is_sum = amount(text).is_some() && !sums::is_written_otherwise(text, specimen);
        return !is_sum && !marks_no_sum(text);
    }
    if is_date(specimen) {
        return is_unlike_date(text, specimen);
    }
    if is_time(specimen) {
        return is_unlike_time(text, specimen);
    }
    if is_long_number(specimen) && !is_detail {
        return is_unlike_number(name, text, specimen);
    }
    if is_code(specimen) {
        return is_unlike_code(is_detail, name, text, specimen);
    }
    if is_of(&ANYTHING, name) {
        return false;
    }
    if parties::is_plate(specimen) {
        return !parties::is_plate(text) || !parties::are_alike(text, specimen);
    }
    if let (Some((_, usual)), false) = (after_first(specimen), is_detail) {
        return after_first(text).is_none_or(|(_, own)| signs(own) != signs(usual) || len(own) != len(usual));
    }
    if parties::ends_in_seal(text) && !parties::ends_in_seal(specimen) {
        return true;
    }
    if !is_detail && !is_of(&THINGS, name) {
        if parties::is_firm(specimen) {
            return parties::is_no_firm(text, specimen) || is_other_kind(text);
        }
        if parties::is_person(specimen) || is_of(&PEOPLE, name) && parties::is_short(specimen) {
            let is_firm = (kind == AreaKind::Head || is_of(&PARTIES, name)) && parties::is_firm(text);
            return if is_firm { parties::is_no_firm(text, specimen) } else { parties::is_no_name(text) };
        }
    }
    let is_spelt = is_of(&PLACES, name) && !is_detail && !text.contains(is_ideograph);
    is_in_words(specimen) && (is_spelt || is_other_kind(text))
}

/// `0574-88123456`: the number of a line, which has seven or eight figures.
fn is_phone(text: &str) -> bool {
    matches!(figures(text).as_slice(), [area, line] if area.starts_with('0') && matches!((area.len(), line.len()), (3 | 4, 7 | 8)))
}

/// Figures only.
fn is_unlike_number(name: &str, text: &str, specimen: &str) -> bool {
    let is_free = is_of(&OF_ANY_LENGTH, name) || is_of(&ANYTHING, name) || are_tax_numbers(name, text, specimen);
    let is_alike = is_free || is_long_number(text) && len(text) == len(specimen);
    text.chars().any(is_ideograph) || !is_alike
}

fn is_unlike_code(is_detail: bool, name: &str, text: &str, specimen: &str) -> bool {
    let letters_apart = |text: &str| signs(text).replace('A', "");
    text.chars().any(is_wide)
        || letters_apart(text) != letters_apart(specimen)
        || !is_detail && has_a_length(name, specimen) && len(text) != len(specimen) && !are_tax_numbers(name, text, specimen)
}

fn are_tax_numbers(name: &str, text: &str, specimen: &str) -> bool {
    holds_tax_number(name, Some(specimen)) && [text, specimen].iter().all(|text| is_tax_number_length(len(text)))
}

/// Short ones may be seats, trains or sizes; a figure with a unit is as long as it is large.
fn has_a_length(name: &str, specimen: &str) -> bool {
    const SHORTEST: usize = 7;
    let unit = specimen.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' ')).to_ascii_lowercase();
    let is_measure = UNITS.contains(&unit.as_str());
    len(specimen) >= SHORTEST && !is_phone(specimen) && !is_measure && !is_of(&OF_ANY_LENGTH, name) && !is_of(&ANYTHING, name)
}

fn is_long_number(text: &str) -> bool {
    const SHORTEST: usize = 6;
    let figures = || text.chars().filter(|c| !c.is_whitespace());
    figures().count() >= SHORTEST && figures().all(|c| c.is_ascii_digit())
}

/// Letters, digits and signs: a number, whatever it is called.
fn is_code(text: &str) -> bool {
    const SHORTEST: usize = 4;
    let figures = text.chars().filter(char::is_ascii_digit).count();
    text.is_ascii() && text.len() >= SHORTEST && 2 * figures >= SHORTEST && amount(text).is_none() && !text.contains('%')
}

/// `码 876-0567283502`: the end of a label, then a number.
fn has_half_label(text: &str) -> bool {
    const LABEL_ENDS: &str = "码号编";
    after_first(text).is_some_and(|(first, number)| {
        let has_gap = number.starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
        (has_gap || LABEL_ENDS.contains(first)) && !parties::is_plate(text)
    })
}

/// What follows a text's first ideograph, if it is a number.
fn after_first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let first = chars.next().filter(|c| is_ideograph(*c))?;
    let number = chars.as_str().trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
    (is_code(number) || is_long_number(number)).then_some((first, chars.as_str()))
}

fn has_more_words(text: &str, specimen: &str) -> bool {
    text.chars().any(is_ideograph) && !specimen.chars().any(is_ideograph)
}

/// Numbers have no blanks that count.
fn len(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The hyphens, dots and brackets of a number, and a sign for each row of letters.
fn signs(text: &str) -> String {
    let mut signs = String::new();
    for c in text.chars().map(half_width).filter(|c| !c.is_ascii_digit() && !c.is_whitespace()) {
        let sign = if c.is_alphabetic() { 'A' } else { c };
        if !(sign == 'A' && signs.ends_with('A')) {
            signs.push(sign);
        }
    }
    signs
}

/// A passport's number has a letter before it, and any length.
fn is_unlike_person_number(text: &str, specimen: &str) -> bool {
    const LENGTHS: [usize; 2] = [15, 18];
    let is_card = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    has_more_words(text, specimen)
        || LENGTHS.contains(&len(specimen)) && is_card(specimen) && is_card(text) && !LENGTHS.contains(&len(text))
}

/// What stands between the figures.
fn separators(text: &str) -> Vec<String> {
    let groups = figures(text);
    let at = |group: &str| group.as_ptr() as usize - text.as_ptr() as usize;
    let plain = |c: char| match half_width(c) {
        '−' | '–' | '—' | '‐' => '-',
        c => c,
    };
    let between = groups.windows(2).map(|two| &text[at(two[0]) + two[0].len()..at(two[1])]);
    between.map(|signs| signs.chars().map(plain).filter(|c| !c.is_whitespace()).collect()).collect()
}

/// With zero padding all dates have the same length.
fn is_padded(date: &str) -> bool {
    let groups = figures(date);
    groups.len() == 3 && groups[1..].iter().all(|g| g.len() == 2) && groups[1..].iter().any(|g| g.starts_with('0'))
}

fn is_unlike_date(text: &str, specimen: &str) -> bool {
    let is_cut = is_padded(specimen) && text.chars().count() < specimen.chars().count();
    let usual = separators(specimen);
    // Where blanks are printed on, they may not be seen.
    let has_other_signs = usual.iter().any(|signs| !signs.is_empty()) && separators(text) != usual;
    is_cut || has_other_signs || date_of(text).is_none()
}

fn is_unlike_time(text: &str, specimen: &str) -> bool {
    let (own, usual) = (figures(text), figures(specimen));
    if own.len() != usual.len() || separators(text) != separators(specimen) || says_half(specimen) && !says_half(text) {
        return true;
    }
    let has_other_length = |(at, (own, usual)): (usize, (&&str, &&str))| {
        let is_full = at > 0 || usual.starts_with('0');
        own.len() > usual.len().max(2) || is_full && usual.len() == 2 && own.len() < 2
    };
    // With a date before it, or from one to another, it is not known which figure is the hour's.
    let is_clock = matches!(own.len(), 2 | 3);
    let is_wrong = |(at, group): (usize, &&str)| group.parse().is_ok_and(|n: u32| n >= if at > 0 { 60 } else { 24 });
    own.iter().zip(&usual).enumerate().any(has_other_length) || is_clock && own.iter().enumerate().any(is_wrong)
}

/// Nothing but a date of three figures.
fn is_date(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '年' | '月' | '日' | '-' | '/' | '.');
    let groups = figures(text);
    text.chars().all(is_part) && groups.len() == 3 && groups[0].len() == 4 && date_of(text).is_some()
}

fn is_time(text: &str) -> bool {
    let separators = separators(text);
    let is_part = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '：');
    !separators.is_empty() && separators.len() < 3 && text.chars().all(is_part) && separators.iter().all(|sign| sign == ":")
}

fn is_in_words(text: &str) -> bool {
    let ideographs = text.chars().filter(|c| is_ideograph(*c)).count();
    ideographs > 1 && !text.contains(|c: char| c.is_ascii_digit()) && !marks_no_sum(text)
}

/// Nothing but a date, a time, a sum, a long number or a number plate.
fn is_other_kind(text: &str) -> bool {
    let sum = || amount(text).is_some() && (text.starts_with(CURRENCY_SIGNS) || text.contains('.'));
    is_date(text) || is_time(text) || sum() || is_long_number(text) || parties::is_plate(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these values beside each of these specimens, in an area of this kind and name.
    fn all(kind: AreaKind, name: &str, specimens: &[&str], texts: &[&str], is: bool) {
        for specimen in specimens {
            for text in texts {
                assert_eq!(is_unlike(kind, name, text, specimen), is, "{name}: {text} beside {specimen}");
            }
        }
    }

    #[test]
    fn a_number_keeps_its_signs_and_its_length() {
        let id = AreaKind::InvoiceId;
        all(id, "", &["AB-2020-12345"], &["AB202012345", "2020-12345", "CD-2021-998", "CD-2021-123456", "CD-2021-1234第"], true);
        all(id, "", &["AB-2020-12345"], &["CD-2021-99812", "ＣＤ－2021-99812"], false);
        all(id, "", &["1234567"], &["886602", "12345678"], true);
        all(id, "", &["12345678"], &["1234567"], true);
        all(id, "", &["12345678"], &["12345670"], false);
        all(id, "", &[""], &["任何"], false);
        let own = AreaKind::Own;
        all(own, "运单", &["634T-EK61-460"], &["昱建筑材821K-KB10-128", "821KKB10-128", "821K-KB10-12", "821K-KB10-1288"], true);
        all(own, "运单", &["634T-EK61-460"], &["821K-KB10-128", "821K-KB10-1 28"], false);
        all(own, "编号", &["HD-2031-AB771"], &["HD-2031-AB774第2", "HD-2031-AB7", "HD-2031-AB774A"], true);
        all(own, "编号", &["1234567"], &["886602", "88660211", "8866O21"], true);
        all(own, "车次", &["G1049"], &["G1", "D12"], false);
        all(own, "付款账号", &["12028837247469974"], &["440387087024794", "4403 8708 7024 794"], false);
        all(own, "付款账号", &["12028837247469974"], &["440387087024794第"], true);
        all(own, "电话", &["13912345678"], &["0574-88123456"], false);
        all(own, "热线", &["0574-88123456"], &["010-88123456", "0580-2601234"], false);
        all(own, "规格型号", &["沪A·F3862"], &["0603 100nF", "70g 500张/包"], false);
        all(own, "购方税号", &["91230109436907025Q"], &["330203012345678"], false);
        all(own, "购方税号", &["91230109436907025Q"], &["9123010943690702"], true);
        all(own, "净重", &["12.55kg", "1234.5kg"], &["1.5kg"], false);
        all(own, "价", &["12.50"], &["1,000.00"], false);
        all(own, "税率", &["13%", "免税"], &["免税", "13%", "6%"], false);
        all(AreaKind::IdCard, "", &["1301041966****1434"], &["13010419661434", "1301041966****143码"], true);
        all(AreaKind::IdCard, "", &["1301041966****1434"], &["E12345678", "2101021975****394X"], false);
    }

    #[test]
    fn the_end_of_a_label_is_no_part_of_a_number() {
        let own = AreaKind::Own;
        let labelled = ["码 876-0567283502", "码876-0567283502", "码：876-0567283502"];
        all(own, "票号", &["784-0605369564", "码 784-0605369564", "陈静", ""], &labelled, true);
        all(own, "票号", &["码 784-0605369564"], &["876-0567283502"], true);
        all(own, "票号", &["784-0605369564"], &["876-0567283502"], false);
    }

    #[test]
    fn dates_and_times_keep_their_signs() {
        let date = AreaKind::Date;
        all(date, "", &["2019/03/25"], &["2016/06/1", "2016-06-11", "2016/06/11至06/12"], true);
        all(date, "", &["2025-01-02"], &["2026-05-11至06-11", "2026.05.11", "2026年05月11日"], true);
        all(date, "", &["2019/12/25"], &["2016/6/1"], false);
        all(date, "", &["2017 年 11 月 16 日", "2017年11月16日"], &["2022 年 2 月 13 日", "2022年2月13日"], false);
        all(date, "", &["2017 11 16"], &["2022年12月13日", "2022 12 13"], false);
        all(date, "", &["二〇二一年六月一日"], &["二〇二二年十月一日"], false);
        let time = AreaKind::Time;
        let wrong = [
            "14:06",
            "14:06:07 31234567",
            "14:06:0731",
            "2 53:12",
            "25:61:09",
            "9 33:41",
            "12:60:00",
            "24:06:07",
            "4:06:07",
            "14:6:07",
        ];
        all(time, "", &["09:15:30"], &wrong, true);
        all(time, "", &["09:15:30", "下午09：15:30"], &["下午02:26:09"], false);
        all(time, "", &["下午09:15:30"], &["02:26:09"], true);
        all(time, "", &["09:15:30", "19：15：30"], &["14:06:07", "23:59:59"], false);
        all(time, "", &["05:22开"], &["19:54开"], false);
        all(time, "", &["14:22"], &["9:54"], false);
        all(AreaKind::Own, "乘车日期", &["2019/12/25"], &["2016/6/1"], false);
        all(AreaKind::Own, "乘车日期", &["2019/12/25"], &["2016/6", "2016/6/1-3"], true);
        all(AreaKind::Own, "到达", &["09:15"], &["9 15", "陈静"], true);
    }

    #[test]
    fn a_sum_keeps_its_sign_and_its_unit() {
        let sum = AreaKind::Money;
        all(sum, "", &["¥192.38"], &["7300.00", "¥3,486.50元", "约¥12.00"], true);
        all(sum, "", &["¥192.38"], &["¥300.00", "-¥300.00", "(¥300.00)"], false);
        all(sum, "", &["192.38"], &["300.00"], false);
        all(sum, "", &["192.38元"], &["300.00"], true);
        all(sum, "", &["192.38元", "¥1.00元"], &["¥300.00元"], false);
        all(sum, "", &["CNY 1.00"], &["CNY 300.00"], false);
        let words = AreaKind::MoneyCn;
        all(words, "", &["壹佰元整", "人民币壹元整"], &["拾元整", "人民币拾贰元整", "佰元整"], true);
        all(words, "", &["壹佰元整", "拾元整"], &["壹拾元整", "叁元伍角", "人民币贰仟元整"], false);
        all(words, "", &["拾元整"], &["拾贰元整"], false);
    }

    #[test]
    fn words_give_way_to_no_other_kind_of_text() {
        let own = AreaKind::Own;
        let others = ["2026-11-27", "¥345.91", "¥256.54", "浙B7K521", "青Y8K197", "256.54", "09:15:30", "57673094"];
        all(own, "别的", &["陈静", "欧阳淑贞", "一等座", "宁波恒通机电设备有限公司", "住宿费"], &others, true);
        all(AreaKind::Head, "客户名称", &["陈静", "个人", "宁波恒通机电设备有限公司"], &others, true);
        all(AreaKind::Detail, "具体信息", &["住宿费"], &others, true);
        all(own, "备注", &["住宿费"], &others, false);
        all(own, "别的", &["免税"], &["13%", "256.54"], false);
        all(own, "别的", &["住宿费", "个", "一等座"], &["餐费", "KG", "二等座", "DN50", "0603 100nF"], false);
        let goods = ["98号 车用汽油(ⅥB)", "*文具*A4纸80g", "云服务器ECS 2核", "中山路128号4幢301室", "3号楼"];
        all(AreaKind::Detail, "具体信息", &["住宿费", "92号 车用汽油(ⅥB)", "人民路1号"], &goods, false);
        all(own, "地址", &["人民路1号", "人民路一号", "人民路软件园研发中心"], &goods, false);
        all(own, "别的", &["*文具*笔"], &["仪器仪表*压力表"], true);
        all(own, "别的", &["*文具*笔"], &["*仪器仪表*压力表"], false);
        all(own, "到达站", &["石家庄", "广州南"], &["Shijiazhuang", "G914"], true);
        all(own, "到达站", &["石家庄", "Paris"], &["鄂尔多斯"], false);
        all(own, "里程", &["57.7公里"], &["8.0公里", "140.5公里"], false);
    }

    #[test]
    fn a_name_is_no_firm_and_no_two_names() {
        let wrong = ["宁波恒通机电设备有限公司", "陈晓峰李雷", "陈静李雷", "93陈静", "陈静2", "静", "姓名：陈静"];
        all(AreaKind::Own, "姓名", &["陈静", "欧阳淑贞", "张三", "阿依古丽"], &wrong, true);
        all(AreaKind::Own, "别的", &["陈静", "欧阳淑贞"], &wrong, true);
        let right = ["王芳", "欧阳淑贞", "阿卜杜拉·买买提", "李*", "**强", "SMITH/JOHN", "范徐丽泰", "个人"];
        all(AreaKind::Own, "姓名", &["陈静", "欧阳淑贞"], &right, false);
        all(AreaKind::Head, "客户名称", &["陈静"], &["宁波恒通机电设备有限公司", "个人", "余淑珍"], false);
        all(AreaKind::Head, "客户名称", &["陈静"], &["宁波恒通机电设", "陈晓峰李雷"], true);
        all(AreaKind::Own, "到达站", &["武汉站", "广州南站", "石家庄"], &["乌鲁木齐南站", "上海虹桥站", "西安北站"], false);
        all(AreaKind::Own, "项目名称", &["安装费", "白砂糖"], &["农夫山泉矿泉水", "连花清瘟胶囊"], false);
    }

    #[test]
    fn a_firms_name_ends_as_firms_names_do() {
        let firms = ["宁波恒通机电设备有限公司", "绵阳市中医医院", "上海市住房和城乡建设局", "柳州市第三人民医院（眼科分院）"];
        let wrong = [
            "宁波恒通机电设",
            "宁波恒通机电设备有限公",
            "宁波恒通机电设备有限公司税号91330200",
            "宁波恒通机电设备有限公司专",
            "宁波市第一医院用章",
            "宁波恒通机电设备有限公司业务专用章",
            "宁波业务专用章恒通有限公司",
            "名称：宁波恒通机电设备有限公司",
            "93宁波恒通机电设备有限公司",
            "宁波甲乙有限公司杭州丙丁有限公司",
        ];
        all(AreaKind::Own, "销售方", &firms, &wrong, true);
        all(AreaKind::Head, "客户名称", &firms, &wrong, true);
        let right = [
            "苏州匠心独运国际贸易有限公司第二分公司",
            "堃泰服饰（昆明）（有限合伙）",
            "义乌煜烽粮油集团有限公司",
            "深圳市1号店",
            "个人",
            "余淑珍",
            "阿卜杜拉·买买提",
            "海曙区阿三小吃店",
            "宁波市江北区人民政府",
            "宁波大学附属中学",
            "石家庄城北加油站",
        ];
        all(AreaKind::Own, "销售方", &firms, &right, false);
        all(AreaKind::Head, "客户名称", &firms, &right, false);
        all(AreaKind::Detail, "具体信息", &["货款", "宁波恒通机电设备有限公司"], &["货款业务专用章", "货款公章"], true);
        all(AreaKind::Detail, "具体信息", &["货款", firms[0]], &["公章刻制费", "宁波恒通机电设", "93宁波恒通有限公司"], false);
    }

    #[test]
    fn a_number_plate_is_whole() {
        let (own, name) = (AreaKind::Own, "车号");
        all(own, name, &["浙B7K521", "浙AD12345"], &["浙B7K52", "欧阳淑贞", "7NASB", "浙B7K5211", "浙D·BL069", "B7K521"], true);
        all(own, name, &["浙D·BL069"], &["浙DBL069", "浙D·BL06", "D·BL069"], true);
        all(own, name, &["浙B7K521", "浙AD12345"], &["青Y8K197", "沪AD12345", "粤B1234学", "浙 B7K521"], false);
        all(own, name, &["浙D·BL069"], &["沪A·F3862"], false);
        // Another number with an ideograph before it.
        all(own, "编号", &["甬A-12345-6"], &["甬A12345-6", "甬A-12345", "A-12345-6"], true);
        all(own, "编号", &["甬A-12345-6"], &["杭B-54321-0"], false);
    }
}
