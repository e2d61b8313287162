//! Sums in figures and in Chinese numerals: signed, in fen. Not here: which must agree (checks.rs).

/// In fen: `¥1,234.56`, `20`, `20.00元`, `-¥235.00`, `(235.00)`, `（负数）¥235.00`. Ignores labels, whole or cut off (`（小写）`, `写）`).
/// `None` for anything else: other currencies, misplaced separators, one bracket of a pair, more than 15 digits.
pub fn amount(text: &str) -> Option<i64> {
    let plain: Vec<char> = text.chars().map(narrow).collect();
    let first = plain.iter().position(char::is_ascii_digit)?;
    let last = plain.iter().rposition(char::is_ascii_digit)?;
    let fen = figure(&plain[first..=last])?;
    let without_blanks = |part: &[char]| part.iter().filter(|c| !c.is_whitespace()).collect::<String>();
    let (before, after) = (without_blanks(&plain[..first]), without_blanks(&plain[last + 1..]));
    let (opened, closed) = (Before::of(&before)?, After::of(&after)?);
    // The other one may be cut off, and the sum negative.
    if opened.bracket != closed.bracket {
        return None;
    }
    let is_negative = opened.minus || closed.minus || opened.bracket;
    Some(if is_negative { -fen } else { fen })
}

/// `¥40,270.00`, `-¥235.00`: the stored form of typed sums.
pub fn written(fen: i64) -> String {
    let plain = plain(fen.saturating_abs());
    let (yuan, fraction) = plain.split_once('.').unwrap_or((&plain, "00"));
    let mut grouped = String::new();
    for (n, c) in yuan.chars().enumerate() {
        if n > 0 && (yuan.len() - n) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(c);
    }
    format!("{}¥{grouped}.{fraction}", if fen < 0 { "-" } else { "" })
}

/// `40270.00`, `-235.00`: for programs.
pub fn plain(fen: i64) -> String {
    let size = fen.unsigned_abs();
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, size / 100, size % 100)
}

/// Full-width and other variants as the plain character.
pub(super) fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '￥' => '¥',
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{FE63}' => '-',
        '’' => '\'',
        '\u{3000}' => ' ',
        c => c,
    }
}

fn figure(chars: &[char]) -> Option<i64> {
    let mut text = String::new();
    for (n, c) in chars.iter().enumerate() {
        let digit_at = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
        match c {
            // Between digits a space is a separator; elsewhere it means nothing.
            c if c.is_whitespace() && digit_at(n.checked_sub(1)) && digit_at(Some(n + 1)) => text.push(' '),
            c if c.is_whitespace() => {}
            c => text.push(*c),
        }
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let whole = match separator {
        Some(separator @ (',' | '\'' | ' ')) => {
            let groups: Vec<&str> = whole.split(separator).collect();
            let (head, rest) = groups.split_first()?;
            let stand_right = (1..=3).contains(&head.len()) && !head.starts_with('0') && rest.iter().all(|g| g.len() == 3);
            groups.concat().chars().all(|c| c.is_ascii_digit()).then_some(())?;
            stand_right.then(|| groups.concat())?
        }
        Some(_) => return None,
        None => whole.to_owned(),
    };
    let is_figure = (1..=13).contains(&whole.len()) && fraction.len() <= 2 && fraction.chars().all(|c| c.is_ascii_digit());
    is_figure.then(|| format!("{whole}{fraction:0<2}").parse().ok())?
}

const LABEL: &str = "价税合计小大写人民币金额总共应实收付款不含元圆圓:";

fn is_label(c: char) -> bool {
    LABEL.contains(c)
}

fn says_negative(text: &str) -> bool {
    text.contains(['负', '負'])
}

struct Before {
    bracket: bool,
    minus: bool,
}

impl Before {
    fn of(text: &str) -> Option<Self> {
        let text = ["RMB", "CNY"].iter().fold(text.to_owned(), |text, word| text.replace(word, "¥"));
        // A closing bracket ends a label, even a cut one.
        let (label, rest) = text.rsplit_once(')').unwrap_or(("", &text));
        let is_sign = |c: char| matches!(c, '¥' | 'Y' | '负' | '負' | '数' | '數');
        if !label.chars().all(|c| is_label(c) || is_sign(c) || matches!(c, '(' | ')')) {
            return None;
        }
        let (printed, inside) = rest.split_once('(').map_or((rest, None), |(printed, inside)| (printed, Some(inside)));
        // A dash before a label, or a second one, is not a minus.
        let (words, sign) = printed.split_once('-').unwrap_or((printed, ""));
        if !words.chars().all(|c| is_label(c) || is_sign(c)) || !sign.chars().all(is_sign) {
            return None;
        }
        if inside.is_some_and(|inside| !inside.chars().all(|c| is_sign(c) || c == '-')) {
            return None;
        }
        Some(Self { bracket: inside.is_some(), minus: rest.contains('-') || says_negative(&text) })
    }
}

struct After {
    bracket: bool,
    minus: bool,
}

impl After {
    fn of(text: &str) -> Option<Self> {
        let text = text.strip_prefix('.').unwrap_or(text);
        let (own, label) = text.split_once('(').unwrap_or((text, ""));
        let (unit, beyond) = own.split_once(')').map_or((own, None), |(unit, beyond)| (unit, Some(beyond)));
        let is_said = |c: char| is_label(c) || matches!(c, '整' | '正' | '*' | '负' | '負' | '数' | '數');
        let all_said = [unit, beyond.unwrap_or_default()].iter().all(|part| part.chars().all(is_said))
            && label.chars().all(|c| is_said(c) || matches!(c, '(' | ')' | '¥'));
        all_said.then_some(Self { bracket: beyond.is_some(), minus: says_negative(text) })
    }
}

/// In fen: `壹仟贰佰叁拾肆元伍角陆分`, `贰拾元整`, `二十元`, also in traditional characters; `（负数）贰拾元整` is negative. Ignores labels before it (人民币,
/// 大写). `None` for what is no sum.
pub fn chinese_amount(text: &str) -> Option<i64> {
    let chars: Vec<char> = text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect();
    let start = chars.iter().position(|c| digit(*c).is_some() || *c == '拾' || *c == '十')?;
    // A misread numeral must not turn 贰拾 into 拾.
    if chars[..start].iter().any(|c| c.is_alphanumeric() && !LEADING.contains(*c)) {
        return None;
    }
    let end = chars.iter().rposition(|c| digit(*c).is_some() || unit(*c).is_some() || is_coin(*c))? + 1;
    // Read twice, it may not be all that was read twice.
    if chars[end..].iter().filter(|c| matches!(c, '整' | '正')).count() > 1 {
        return None;
    }
    let mut sum = Sum::default();
    for c in &chars[start..end] {
        sum.take(*c)?;
    }
    let fen = i64::try_from(sum.end(chars.get(end).copied())?).ok()?;
    let is_negative =
        chars[..start].last() == Some(&'-') || chars[..start].iter().chain(&chars[end..]).any(|c| matches!(c, '负' | '負'));
    Some(if is_negative { -fen } else { fen })
}

const LEADING: &str = "人民币大写合计价税金额总共计负負数數";

fn digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '壹' | '一' | '壱' | '弌' => 1,
        '贰' | '二' | '貳' | '两' | '兩' | '弍' | '弐' => 2,
        '叁' | '三' | '叄' | '参' | '參' | '弎' => 3,
        '肆' | '四' => 4,
        '伍' | '五' => 5,
        '陆' | '六' | '陸' => 6,
        '柒' | '七' => 7,
        '捌' | '八' => 8,
        '玖' | '九' => 9,
        _ => return None,
    })
}

fn unit(c: char) -> Option<u64> {
    Some(match c {
        '拾' | '十' => 10,
        '佰' | '百' => 100,
        '仟' | '千' => 1000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

fn is_coin(c: char) -> bool {
    matches!(c, '元' | '圆' | '圓' | '园' | '角' | '分')
}

#[derive(Default)]
struct Sum {
    /// Whole 万 and 亿.
    high: u64,
    /// Below the next 万.
    section: u64,
    waiting: Option<u64>,
    fen: u64,
    yuan: Option<u64>,
}

impl Sum {
    /// `None` if `c` can't follow.
    fn take(&mut self, c: char) -> Option<()> {
        if let Some(value) = digit(c) {
            // 零 only fills a gap; other numerals need a unit between them.
            if self.waiting.is_some_and(|w| w != 0) {
                return None;
            }
            self.waiting = Some(value);
            return Some(());
        }
        let waiting = self.waiting.take();
        match (c, unit(c)) {
            (_, Some(size)) if self.yuan.is_none() && size < 10_000 => self.section += waiting.unwrap_or(1) * size,
            (_, Some(size)) if self.yuan.is_none() => {
                let below = self.section + waiting.unwrap_or(0);
                let all = if size > 10_000 { self.high + below } else { below };
                self.high = all.checked_mul(size)? + if size > 10_000 { 0 } else { self.high };
                self.section = 0;
            }
            ('元' | '圆' | '圓' | '园', _) if self.yuan.is_none() => {
                self.yuan = Some(self.high.checked_add(self.section + waiting.unwrap_or(0))?);
            }
            ('角', _) => self.fen += waiting? * 10,
            ('分', _) => self.fen += waiting?,
            _ => return None,
        }
        Some(())
    }

    /// `next`: the character after the sum; of letters, only 整 and 正 may follow.
    fn end(self, next: Option<char>) -> Option<u64> {
        let over = self.waiting.filter(|w| *w != 0);
        if over.is_some() && self.yuan.is_some() || next.is_some_and(|c| c.is_alphabetic() && !matches!(c, '整' | '正')) {
            return None;
        }
        let yuan = match self.yuan {
            Some(yuan) => yuan,
            None if self.fen > 0 => 0,
            None => self.high.checked_add(self.section + over.unwrap_or(0))?,
        };
        yuan.checked_mul(100)?.checked_add(self.fen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        for (text, fen) in [
            ("20", 2000),
            ("¥1,234.56", 123_456),
            ("￥ 20.5", 2050),
            ("20.00元", 2000),
            ("20.", 2000),
            ("0.01", 1),
            ("0.00", 0),
            ("１２．３０", 1230),
            ("￥１，２３４．５０", 123_450),
            ("1 234.56", 123_456),
            ("40,270", 4_027_000),
            ("1,234,567.89", 123_456_789),
            ("RMB 20.00", 2000),
            ("人民币20.00元整", 2000),
        ] {
            assert_eq!(amount(text), Some(fen), "{text}");
        }
    }

    #[test]
    fn anything_but_a_sum_in_yuan_is_rejected() {
        for text in [
            "（小写）",
            "",
            "二十",
            "12,34",
            "1.234",
            "1,2345.00",
            "1234,567.00",
            "0,123.00",
            "1,234'567",
            "1,234,56",
            "12 34.50",
            "1.2.3",
            "$20.00",
            "US$20",
            "€20",
            "£20.00",
            "HK$20",
            "20 USD",
            "20万",
            "20元5角",
            "99999999999999999999",
            "+20",
            "5-20",
            "20-",
            "20%",
            "-合计20",
            "--20",
        ] {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_a_negative_sum() {
        for text in [
            "-235.00",
            "－235.00",
            "−235.00",
            "¥-235.00",
            "-¥235.00",
            "￥－２３５．００",
            "¥ -235",
            "(235.00)",
            "（235.00）",
            "(¥235.00)",
            "¥(235.00)",
            "（-235.00）",
            "（负数）235.00",
            "（负数）¥235.00",
            "(负数)-235.00",
            "¥235.00（负数）",
            "负235.00",
            "负¥235",
            "¥负235.00",
            "（小写）-¥235.00",
            "（小写）（235.00）",
            "合计：-235.00元",
        ] {
            assert_eq!(amount(text), Some(-23_500), "{text}");
        }
        assert_eq!(amount("-0.00"), Some(0));
    }

    #[test]
    fn brackets_and_cut_labels_are_ignored() {
        for text in [
            ")¥53.40",
            "）53.40",
            "写）¥53.40",
            "小写）¥53.40",
            "（小写）¥53.40",
            "（小写)53.40",
            "价税合计（小写）¥53.40",
            "税合计:53.40",
            "¥53.40（",
            "¥53.40（大写",
            "53.40元（大写）",
        ] {
            assert_eq!(amount(text), Some(5_340), "{text}");
        }
        for text in ["(¥53.40", "（53.40", "53.40)", "53.40）（小写", "（合计53.40）"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    #[test]
    fn sums_are_written_one_way() {
        for (fen, text, for_programs) in [
            (4_027_000, "¥40,270.00", "40270.00"),
            (-23_500, "-¥235.00", "-235.00"),
            (-5, "-¥0.05", "-0.05"),
            (0, "¥0.00", "0.00"),
            (123_456_789, "¥1,234,567.89", "1234567.89"),
        ] {
            assert_eq!((written(fen).as_str(), plain(fen).as_str()), (text, for_programs));
            assert_eq!((amount(text), amount(for_programs)), (Some(fen), Some(fen)), "it reads as it was");
        }
    }

    #[test]
    fn words() {
        for (text, fen) in [
            ("贰拾元整", 2000),
            ("伍拾圆正", 5000),
            ("拾元整", 1000),
            ("壹佰元整", 10_000),
            ("壹仟零贰拾元零叁分", 102_003),
            ("壹拾圆壹分", 1001),
            ("壹仟贰佰叁拾肆元伍角陆分", 123_456),
            ("人民币（大写）叁万零伍佰元整", 3_050_000),
            ("壹亿贰仟万元整", 12_000_000_000),
            ("一百二十三元", 12_300),
            ("二十", 2000),
            ("玖角捌分", 98),
            ("貳拾圓整", 2000),
            ("零元伍角", 50),
            ("⊗壹拾壹元整", 1100),
            ("（大写）（壹拾壹元整）", 1100),
            ("（负数）贰佰叁拾伍元整", -23_500),
            ("负贰佰叁拾伍圆整", -23_500),
            ("贰佰叁拾伍元整（负数）", -23_500),
            ("⊗（負數）貳佰叁拾伍圓整", -23_500),
            ("-贰佰叁拾伍元整", -23_500),
        ] {
            assert_eq!(chinese_amount(text), Some(fen), "{text}");
        }
        for text in ["伍元整整", "", "元整", "贰叁元", "贰拾某元", "发票联", "贰拾元伍", "20元", "货拾元整", "（负数）"]
        {
            assert_eq!(chinese_amount(text), None, "{text}");
        }
    }
}
