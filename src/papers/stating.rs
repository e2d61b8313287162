//! How data of a file becomes `Stated`: one spelling of values, nothing that is empty. Not here: where the data stands (xml.rs, xbrl.rs,
//! ofd/).

use crate::domain::forms::is_same;
use crate::domain::kind::Kind;
use crate::domain::paper::{Item, Stated};
use unicode_normalization::UnicodeNormalization;

/// A remark has 230 characters at most; compatibility forms may grow.
const CHARS_MAX: usize = 4_000;

/// One form for full-width letters, Kangxi radicals and the like, without what can't be seen.
pub fn plain(text: &str) -> String {
    let visible = |c: &char| !c.is_control() || ['\n', '\t'].contains(c);
    let narrow: String = text.trim().chars().take(CHARS_MAX).nfkc().filter(visible).collect();
    narrow.trim_matches(|c: char| c.is_whitespace() || c == '\u{200B}' || c == '\u{FEFF}').to_owned()
}

/// Fields whose blanks mean nothing: `16197 83356 74145 07415`.
const SOLID: [&str; 5] = ["发票代码", "发票号码", "校验码", "购方税号", "销方税号"];
/// Fields before whose figure a sign may stand.
const SUMS: [&str; 3] = ["不含税金额", "税额", "金额"];

/// A value as it is kept.
fn kept(pos_id: &str, text: &str) -> String {
    let text = plain(text);
    if SOLID.contains(&pos_id) {
        return text.split_whitespace().collect();
    }
    if SUMS.contains(&pos_id) { figure(&text) } else { text }
}

/// Without the sign of the currency: `¥-12.00`, `-¥12.00` → `-12.00`.
pub fn figure(text: &str) -> String {
    let text = plain(text);
    if text.contains('¥') && text.contains(|c: char| c.is_ascii_digit()) {
        text.chars().filter(|c| *c != '¥' && !c.is_whitespace()).collect()
    } else {
        text
    }
}

/// `0.13` → `13%`; what is no figure is kept: `*`, `免税`, `不征税`.
pub fn rate(text: &str) -> String {
    let text = plain(text);
    let Some((whole, fraction)) = text.split_once('.').or(Some((text.as_str(), ""))).filter(|(whole, fraction)| {
        let digits = |part: &str| part.len() <= 6 && part.chars().all(|c| c.is_ascii_digit());
        !whole.is_empty() && digits(whole) && digits(fraction)
    }) else {
        return text;
    };
    // Nothing is taxed at 100 %: from 1 upwards it is a percentage already.
    let (whole, fraction) = if whole.chars().all(|c| c == '0') {
        let padded = format!("{fraction:0<2}");
        (padded.chars().take(2).collect::<String>(), padded.chars().skip(2).collect::<String>())
    } else {
        (whole.to_owned(), fraction.to_owned())
    };
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { format!("{whole}%") } else { format!("{whole}.{fraction}%") }
}

#[derive(Debug, Default)]
pub struct Stating(Stated);

impl Stating {
    pub fn of(kind: Option<Kind>) -> Self {
        Self(Stated { kind, ..Stated::default() })
    }

    pub fn has(&self, pos_id: &str) -> bool {
        self.0.fields.iter().any(|(known, _)| known == pos_id)
    }

    /// The first value that is not empty counts.
    pub fn say(&mut self, pos_id: &str, text: Option<&str>) {
        let text = text.map(|text| kept(pos_id, text)).unwrap_or_default();
        if !text.is_empty() && !self.has(pos_id) {
            self.0.fields.push((pos_id.to_owned(), text));
        }
    }

    /// What the file states in several places; where they differ each stays, and none is sure.
    pub fn say_again(&mut self, pos_id: &str, text: Option<&str>) {
        let text = text.map(|text| kept(pos_id, text)).unwrap_or_default();
        let is_new = !self.0.fields.iter().any(|(known, own)| known == pos_id && is_same(pos_id, own, &text));
        if !text.is_empty() && is_new {
            self.0.fields.push((pos_id.to_owned(), text));
        }
    }

    /// The invoice that a red one takes back stands in its remark.
    pub fn say_original(&mut self, number: Option<&str>) {
        let number = number.map(plain).unwrap_or_default();
        if number.is_empty() {
            return;
        }
        let words = format!("被红冲蓝字数电发票号码:{number}");
        match self.0.fields.iter_mut().find(|(pos_id, _)| pos_id == "备注") {
            Some((_, remark)) if remark.contains(&number) => {}
            Some((_, remark)) => {
                remark.push('\n');
                remark.push_str(&words);
            }
            None => self.say("备注", Some(&words)),
        }
    }

    pub fn item(&mut self, item: Item) {
        if item != Item::default() {
            self.0.items.push(item);
        }
    }

    /// `None` where nothing was said that names an invoice or its sums.
    pub fn done(self) -> Option<Stated> {
        let says_something = ["发票号码", "金额", "不含税金额"].iter().any(|pos_id| self.has(pos_id));
        says_something.then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_percentages() {
        for (text, want) in [
            ("0.13", "13%"),
            ("0.06", "6%"),
            ("0.015", "1.5%"),
            ("0.010", "1%"),
            ("0", "0%"),
            ("0.00", "0%"),
            ("13", "13%"),
            ("１３％", "13%"),
            ("*", "*"),
            ("***", "***"),
            ("免税", "免税"),
            ("", ""),
        ] {
            assert_eq!(rate(text), want, "{text}");
        }
    }

    #[test]
    fn values_are_spelt_one_way_and_empty_ones_are_left_out() {
        let mut says = Stating::of(None);
        says.say("销方名称", Some(" \u{2F2F}程（杭州）\u{0} "));
        says.say("校验码", Some("16197 83356"));
        says.say("金额", Some("¥ -526.00"));
        says.say("购方税号", Some(" \n "));
        says.say("金额", Some("1.00"));
        let said = says.done().unwrap().fields;
        let want = [("销方名称", "工程(杭州)"), ("校验码", "1619783356"), ("金额", "-526.00")];
        assert_eq!(said, want.map(|(pos_id, text)| (pos_id.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_red_one_names_its_blue_one_once() {
        for (remark, lines) in [(None, 1), (Some("对应 24112000000999000001"), 1), (Some("退货"), 2)] {
            let mut says = Stating::of(None);
            says.say("发票号码", Some("1"));
            says.say("备注", remark);
            says.say_original(Some("24112000000999000001"));
            let said = says.done().unwrap();
            let remark = &said.fields[1].1;
            assert_eq!((remark.lines().count(), remark.matches("24112000000999000001").count()), (lines, 1), "{remark}");
        }
    }
}
