//! Folds equivalent characters and finds common parts of texts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// Folded characters, each with the index of its piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub chars: Vec<char>,
    pub pieces: Vec<usize>,
}

/// Pairs of simplified and traditional characters from forms, firms and places; script-like type is often read as traditional.
const TRADITIONAL: &str = "广廣东東税稅专專发發号號码碼单單据據证證车車运運务務费費开開关關销銷购購货貨价價计計记記额額总總结結账賬帐帳机機电電\
讯訊业業产產国國区區县縣镇鎮乡鄉铁鐵门門员員经經济濟贸貿财財会會议議华華宝寶联聯网網传傳输輸线線饭飯馆館厅廳宾賓楼樓层層间間时時点點从從\
为為与與这這进進过過还還后後准準备備并並应應当當无無实實际際对對长長币幣圆圓贰貳参參陆陸万萬亿億银銀钱錢医醫疗療药藥检檢验驗学學书書报報\
纸紙张張粤粵苏蘇沪滬辽遼宁寧陕陝湾灣岛島汉漢阳陽龙龍凤鳳马馬鱼魚鸟鳥项項数數识識别別户戶帮幫办辦处處责責诚誠设設维維护護\
术術测測试試团團园園场場厂廠农農创創级級类類种種热熱灯燈声聲视視览覽丰豐兴興荣榮贵貴达達远遠迈邁选選适適邮郵释釋针針钟鐘锋鋒锦錦专専发発价価值値户戸增増";

pub fn simplified(c: char) -> char {
    static FORMS: OnceLock<HashMap<char, char>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| {
        let chars: Vec<char> = TRADITIONAL.chars().collect();
        chars.chunks_exact(2).map(|pair| (pair[1], pair[0])).collect()
    });
    forms.get(&c).copied().unwrap_or(c)
}

/// Upper case, half width, simplified, without spaces and punctuation.
pub fn fold<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Folded {
    let mut out = Folded::default();
    for (piece, text) in pieces.into_iter().enumerate() {
        for c in text.chars() {
            let c = half_width(c);
            if c.is_alphanumeric() {
                out.chars.push(simplified(c.to_uppercase().next().unwrap_or(c)));
                out.pieces.push(piece);
            }
        }
    }
    out
}

/// On forms these stand alone before sums.
pub const CURRENCY_SIGNS: [char; 3] = ['¥', '￥', '$'];

/// Glyph variants, plain form first.
pub const LOOK_ALIKES: [(char, char); 14] = [
    ('粤', '粵'),
    ('户', '戶'),
    ('黄', '黃'),
    ('青', '靑'),
    ('真', '眞'),
    ('清', '淸'),
    ('内', '內'),
    ('吴', '吳'),
    ('税', '稅'),
    ('温', '溫'),
    ('强', '強'),
    ('录', '彔'),
    ('别', '別'),
    ('册', '冊'),
];

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
    fn folding_keeps_the_pieces() {
        let folded = fold(["Ｎo", ".", "１２"]);
        assert_eq!(folded.chars, ['N', 'O', '1', '2']);
        assert_eq!(folded.pieces, [0, 0, 2, 2]);
    }
}
