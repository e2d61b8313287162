//! Sums of money as they are written on invoices, in figures and in Chinese words.
//! Not here: which sums must agree (checks.rs).

/// The sum that a text in figures names, in fen: `¥1,234.56`, `20`, `20.00元`, `￥ 20-00`. `None` for anything else, and for more than 15
/// digits.
pub fn amount(text: &str) -> Option<u64> {
    let narrow = |c: char| if matches!(c, '！'..='～') { char::from_u32(c as u32 - 0xFEE0).unwrap_or(c) } else { c };
    let plain: String = text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect();
    let plain = plain.trim_start_matches(['¥', '￥', '$', 'Y', '(', ':']).trim_start_matches("RMB").trim_start_matches("CNY");
    let plain = plain.trim_end_matches(['元', '圆', '整', '正', ')', '*']);
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let groups: Vec<&str> = whole.split([',', '，', '\'']).collect();
    let grouped = groups.len() == 1 || (groups[1..].iter().all(|g| g.len() == 3) && (1..=3).contains(&groups[0].len()));
    let whole = groups.concat();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !grouped || whole.is_empty() || whole.len() > 13 || fraction.len() > 2 || !digits(&whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<2}").parse().ok()
}

/// The sum that a text in Chinese words names, in fen: `壹仟贰佰叁拾肆元伍角陆分`, `贰拾元整`, `二十元`, also in traditional characters.
/// Words that forms print before a sum (人民币, 大写) are passed over. `None` for what is no sum.
pub fn chinese_amount(text: &str) -> Option<u64> {
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let start = chars.iter().position(|c| digit(*c).is_some() || *c == '拾' || *c == '十')?;
    // A misread numeral must not make 贰拾 a 拾.
    if chars[..start].iter().any(|c| c.is_alphanumeric() && !LEADING.contains(*c)) {
        return None;
    }
    let end = chars.iter().rposition(|c| digit(*c).is_some() || unit(*c).is_some() || is_coin(*c))? + 1;
    let mut sum = Sum::default();
    for c in &chars[start..end] {
        sum.take(*c)?;
    }
    sum.end(chars.get(end).copied())
}

/// What forms print before a sum in words.
const LEADING: &str = "人民币大写合计价税金额总共计";

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

/// What has been understood of a sum so far.
#[derive(Default)]
struct Sum {
    /// Whole 万 and 亿.
    high: u64,
    /// Below the next 万.
    section: u64,
    /// A numeral that waits for its unit.
    waiting: Option<u64>,
    fen: u64,
    yuan: Option<u64>,
}

impl Sum {
    /// `None` when `c` can't stand here.
    fn take(&mut self, c: char) -> Option<()> {
        if let Some(value) = digit(c) {
            // 零 only fills a gap; another numeral without a unit before it is a misreading.
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

    /// `next`: what follows, which may only say that the sum is whole.
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
            ("（小写）", 0),
            ("0.01", 1),
            ("１２．３０", 1230),
            ("12,34", 0),
            ("1.234", 0),
            ("", 0),
            ("二十", 0),
            ("99999999999999999999", 0),
        ] {
            assert_eq!(amount(text), (fen > 0).then_some(fen), "{text}");
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
            ("壹仟贰佰叁拾肆元伍角陆分", 123_456),
            ("人民币（大写）叁万零伍佰元整", 3_050_000),
            ("壹亿贰仟万元整", 12_000_000_000),
            ("一百二十三元", 12_300),
            ("二十", 2000),
            ("玖角捌分", 98),
            ("貳拾圓整", 2000),
            ("零元伍角", 50),
            ("⊗壹拾壹元整", 1100),
        ] {
            assert_eq!(chinese_amount(text), Some(fen), "{text}");
        }
        for text in ["", "元整", "贰叁元", "贰拾某元", "发票联", "贰拾元伍", "20元", "货拾元整"] {
            assert_eq!(chinese_amount(text), None, "{text}");
        }
    }
}
