//! Folds equivalent characters and finds common parts of texts.

use std::ops::Range;
use std::sync::OnceLock;

/// Folded characters, each with the index of its piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub chars: Vec<char>,
    pub pieces: Vec<usize>,
}

/// The same of forms, firms and places that look otherwise; words are compared without the difference.
const TRADITIONAL: &str = "广廣东東税稅专專发發号號码碼单單据據证證车車运運务務费費开開关關销銷购購货貨价價计計记記额額总總结結账賬帐帳机機电電\
讯訊业業产產国國区區县縣镇鎮乡鄉铁鐵门門员員经經济濟贸貿财財会會议議华華宝寶联聯网網传傳输輸线線饭飯馆館厅廳宾賓楼樓层層间間时時点點从從\
为為与與这這进進过過还還后後准準备備并並应應当當无無实實际際对對长長币幣圆圓贰貳参參陆陸万萬亿億银銀钱錢医醫疗療药藥检檢验驗学學书書报報\
纸紙张張粤粵苏蘇沪滬辽遼宁寧陕陝湾灣岛島汉漢阳陽龙龍凤鳳马馬鱼魚鸟鳥项項数數识識别別户戶帮幫办辦处處责責诚誠设設维維护護\
术術测測试試团團园園场場厂廠农農创創级級类類种種热熱灯燈声聲视視览覽丰豐兴興荣榮贵貴达達远遠迈邁选選适適邮郵释釋针針钟鐘锋鋒锦錦专専发発价価值値户戸增増";

/// In simplified characters, where some of it is and some is not: nobody prints a name in both. `None` if it is in one of them.
pub fn in_one_script(text: &str) -> Option<String> {
    let traditional = |c: char| pairs(TRADITIONAL).any(|(_, traditional)| traditional == c);
    let has_simplified =
        text.chars().any(|c| pairs(TRADITIONAL).any(|(simplified, traditional)| simplified == c && simplified != traditional));
    let turned: String = text.chars().map(|c| if traditional(c) { simplified(c) } else { c }).collect();
    (has_simplified && turned != text).then_some(turned)
}

pub fn simplified(c: char) -> char {
    // Asked for each character of each template: a table of the plane they are all in.
    static FORMS: OnceLock<Vec<char>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| {
        let mut forms: Vec<char> = (0..=0xFFFF).map(|code| char::from_u32(code).unwrap_or_default()).collect();
        pairs(TRADITIONAL).chain(twins()).for_each(|(simplified, traditional)| forms[traditional as usize] = simplified);
        forms
    });
    forms.get(c as usize).copied().unwrap_or(c)
}

/// Upper case, half width, simplified, without spaces and punctuation.
pub fn fold<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Folded {
    let mut out = Folded::default();
    for (piece, text) in pieces.into_iter().enumerate() {
        for c in folded_chars(text) {
            out.chars.push(c);
            out.pieces.push(piece);
        }
    }
    out
}

fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    let letters = text.chars().map(half_width).filter(|c| c.is_alphanumeric());
    letters.map(|c| simplified(c.to_uppercase().next().unwrap_or(c)))
}

/// The pairs of neighbouring characters of some texts, hashed: whether a text may be among them is known at once.
#[derive(Clone, Debug)]
pub struct Pairs(Vec<u64>);

impl Pairs {
    const BITS: u32 = 14;

    pub fn of<'a>(texts: impl Iterator<Item = &'a [char]>) -> Self {
        let mut bits = vec![0; 1 << (Self::BITS - 6)];
        for pair in texts.flat_map(|text| text.windows(2)) {
            let at = Self::place(pair[0], pair[1]);
            bits[at >> 6] |= 1 << (at & 63);
        }
        Self(bits)
    }

    /// Whether two neighbours of the text, once folded, are neighbours there too. (Now and then one is said to be that is not.)
    pub fn share(&self, text: &str) -> bool {
        let mut chars = folded_chars(text);
        let Some(mut before) = chars.next() else { return false };
        chars.any(|c| {
            let at = Self::place(std::mem::replace(&mut before, c), c);
            self.0[at >> 6] >> (at & 63) & 1 == 1
        })
    }

    fn place(a: char, b: char) -> usize {
        ((a as u32).wrapping_mul(0x9E37_79B1).wrapping_add(b as u32).wrapping_mul(0x85EB_CA77) >> (32 - Self::BITS)) as usize
    }
}

/// On forms these stand alone before sums.
pub const CURRENCY_SIGNS: [char; 3] = ['¥', '￥', '$'];

/// Pairs that look alike at the size of print, the usual form first: a Chinese form is printed in simplified characters, and where
/// the net wavers between the two there is no doubt. Of OpenCC's pairs those whose drawings agree to nine tenths, whose first is one
/// of the 3,755 usual characters of GB 2312, and whose second is no character of its own there.
const TWINS: &str = "栅柵温溫鲤鯉赚賺鳞鱗懒懶赣贛捆梱丢丟奥奧秃禿赢贏鳃鰓鹏鵬呐吶藤籐虚虛墙墻峡峽嘘噓粤粵缴繳题題横橫颧顴删刪鲸鯨赋賦\
厢廂赡贍刹剎腻膩龋齲强強赠贈镰鐮狭狹蔷薔羡羨颖穎癣癬赊賒赐賜獭獺宫宮厦廈赖賴编編赔賠鹰鷹蕴蘊额額缎緞鹅鵝濒瀕翱翺\
贩販预預莱萊颐頤窥窺贼賊寝寢婴嬰缄緘赘贅镶鑲赂賂颤顫颓頹键鍵荚莢绸綢鳖鱉棱稜黄黃挟挾樱櫻擞擻吕呂贿賄赌賭缩縮舆輿\
贰貳潍濰别別绣綉铺鋪缔締遗遺侧側辙轍缝縫鲁魯绑綁彝彜琐瑣瞩矚橱櫥倾傾缨纓焕煥侣侶陕陝项項装裝颜顏喷噴静靜缀綴蓟薊\
模糢鲍鮑费費镣鐐颠顛腾騰污汚蝉蟬维維缅緬嚣囂剥剝盗盜陕陜帧幀鲜鮮绅紳厕厠锰錳凛凜蛰蟄赏賞惯慣频頻榨搾烦煩铆鉚锯鋸\
绒絨贴貼哟喲颇頗药葯贬貶财財彦彥厨廚绵綿鹤鶴攒攢镍鎳锡錫辗輾缠纏锤錘缮繕抵牴绽綻届屆暂暫缚縛佩珮颊頰颗顆槛檻凄淒\
错錯蓑簑龄齡郧鄖氢氫囱囪溃潰娱娛载載锻鍛澜瀾撑撐撵攆颁頒贾賈赞贊凑湊堑塹渍漬铜銅毁毀锄鋤骗騙滞滯厩廐偷偸抛拋铀鈾\
堕墮颓穨锹鍬赛賽椭橢纯純缉緝综綜夹夾滚滾减減瞒瞞败敗损損顶頂镁鎂爱愛愤憤啸嘯鸯鴦搁擱晋晉陨隕纽紐纳納绪緒飘飄卤鹵\
镀鍍缓緩锋鋒终終潜潛领領凯凱级級镜鏡懒嬾摄攝裤褲锭錠纹紋银銀钝鈍责責蜗蝸顿頓铂鉑纸紙绰綽惭慚绊絆辫辮窝窩缘緣挚摯\
统統细細镇鎮掺摻镑鎊测測顽頑踊踴渐漸遥遙铡鍘状狀痪瘓络絡锚錨郸鄲铬鉻债債顺順锑銻锦錦渔漁耀燿圆圓销銷捣搗钾鉀贪貪\
禄祿简簡鸳鴛侠俠葱蔥妆妝颂頌狮獅崭嶄绢絹鸦鴉铰鉸铱銥翘翹贵貴肮骯蹿躥硕碩嘱囑组組辐輻绷綳镭鐳铝鋁狈狽镐鎬辕轅输輸\
辖轄骤驟规規给給刚剛来來捆綑钵鉢掳擄挣掙砚硯绞絞绥綏掸撣钳鉗贯貫鸵鴕鸭鴨结結换換钒釩绚絢辅輔赁賃顷頃鹃鵑铃鈴楼樓\
晕暈萧蕭数數随隨铣銑皋臯涨漲鹊鵲纫紉猪豬铅鉛锗鍺渗滲钙鈣摊攤屡屢辊輥蒋蔣舱艙惨慘雕鵰聪聰慑懾瘫癱纱紗捞撈揽攬锥錐\
钠鈉锌鋅稳穩勋勛衔銜铭銘鱼魚搂摟猫貓肃肅狰猙纺紡莲蓮绍紹骋騁篓簍鸽鴿篮籃磷燐绩績滥濫祸禍辉輝涧澗悦悅兹玆没沒叙敘\
蜕蛻阑闌轴軸屉屜弹彈骡騾纷紛鸿鴻秘祕炯烱视視贫貧辑輯谢謝谦謙贺賀骚騷厕廁册冊垫墊驶駛决決俩倆兹茲贸貿宽寬瘪癟阐闡\
钮鈕剐剮脱脫悯憫幂冪税稅啮嚙属屬酿釀坞塢红紅隐隱势勢纲綱蓝藍国國纠糾睁睜搅攪钧鈞畴疇滤濾侦偵狱獄蔼藹驯馴湾灣敛斂\
脚腳僵殭涣渙盖蓋须須蝇蠅剿勦强彊创創殴毆皑皚阉閹捣擣冲沖谴譴诫誡凄悽钞鈔纪紀劲勁驳駁狸貍回囬钦欽溅濺唤喚筛篩皋皐\
颈頸逊遜辆輛噪譟营營钢鋼现現脑腦骇駭涡渦轨軌驭馭锁鎖骏駿辈輩惮憚献獻钵缽较較储儲谍諜释釋酱醬唇脣滩灘将將满滿壮壯\
壶壺镊鑷链鏈谭譚娘孃躯軀厩廄软軟谬謬谱譜骑騎踌躊钓釣涟漣页頁鸣鳴锈銹凉涼胀脹谰讕恒恆掷擲烧燒驰馳带帶摈擯挠撓帐帳\
辩辯荡蕩荤葷哑啞挥揮诞誕鸥鷗咏詠围圍聂聶碱堿钎釺蝎蠍牵牽绿綠货貨皱皺缕縷缆纜课課疯瘋荣榮携攜虏虜咨谘咨諮户戶青靑\
真眞清淸内內吴吳录彔";

pub fn twins() -> impl Iterator<Item = (char, char)> {
    pairs(TWINS)
}

fn pairs(list: &'static str) -> impl Iterator<Item = (char, char)> {
    let mut chars = list.chars();
    std::iter::from_fn(move || Some((chars.next()?, chars.next()?)))
}

pub fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

pub fn fold_text(text: &str) -> Vec<char> {
    fold([text]).chars
}

#[derive(Clone, Debug, PartialEq)]
pub struct LocalAlignment {
    pub a: Range<usize>,
    pub b: Range<usize>,
    /// Equal characters.
    pub hits: usize,
    /// Hits minus the cost of errors.
    pub score: f32,
}

const ERROR_COST: f32 = 0.7;

/// The best local alignment (Smith & Waterman, *Identification of Common Molecular Subsequences*): 1 per hit, −0.7 per error.
pub fn local_alignment(a: &[char], b: &[char]) -> Option<LocalAlignment> {
    #[derive(Clone, Copy, Default)]
    struct Cell {
        score: f32,
        hits: usize,
        start: (usize, usize),
    }
    let mut best: Option<(Cell, usize, usize)> = None;
    let mut above = vec![Cell::default(); b.len() + 1];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![Cell::default(); b.len() + 1];
        for (j, cb) in b.iter().enumerate() {
            let hit = ca == cb;
            let step = |from: Cell, gain: f32| Cell { score: from.score + gain, ..from };
            let from = if above[j].score > 0.0 { above[j] } else { Cell { start: (i, j), ..Cell::default() } };
            let mut cell = step(from, if hit { 1.0 } else { -ERROR_COST });
            cell.hits += usize::from(hit);
            for skipped in [step(above[j + 1], -ERROR_COST), step(row[j], -ERROR_COST)] {
                if skipped.score > cell.score {
                    cell = skipped;
                }
            }
            if cell.score > 0.0 {
                row[j + 1] = cell;
                if hit && best.as_ref().is_none_or(|(b, ..)| cell.score > b.score) {
                    best = Some((cell, i + 1, j + 1));
                }
            }
        }
        above = row;
    }
    best.map(|(cell, i, j)| LocalAlignment { a: cell.start.0..i, b: cell.start.1..j, hits: cell.hits, score: cell.score })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_a_line_despite_an_error() {
        let found = local_alignment(&fold_text("发票代码："), &fold_text("票：发栗代码 1440")).unwrap();
        assert_eq!((found.a, found.b, found.hits), (0..4, 1..5, 3));
        assert!(local_alignment(&fold_text("日期"), &fold_text("金额")).is_none());
    }

    #[test]
    fn nobody_prints_a_name_in_both_scripts() {
        assert_eq!(in_one_script("厦門明德医疗器械有限公司").as_deref(), Some("厦门明德医疗器械有限公司"));
        assert_eq!(in_one_script("廣東遠大醫療器械有限公司"), None);
        assert_eq!((in_one_script("厦门明德医疗器械有限公司"), in_one_script("AB 12")), (None, None));
    }

    #[test]
    fn pairs_of_neighbours_are_known() {
        let lines = ["发票代码：１２３", "電子發票"].map(fold_text);
        let pairs = Pairs::of(lines.iter().map(Vec::as_slice));
        assert!(pairs.share("电子行程单") && pairs.share("代 码") && pairs.share("123"));
        assert!(!pairs.share("票据") && !pairs.share("码") && !pairs.share(""));
    }

    #[test]
    fn folding_keeps_the_pieces() {
        let folded = fold(["Ｎo", ".", "１２"]);
        assert_eq!(folded.chars, ['N', 'O', '1', '2']);
        assert_eq!(folded.pieces, [0, 0, 2, 2]);
    }
}
