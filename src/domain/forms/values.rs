//! How values are written, whatever they were printed like, and whether they can be what they are taken for. Not here: where they
//! stand (labels.rs).

use super::super::calendar::date_of;
use super::super::check_digits::{is_credit_code, is_person_number, is_tax_number_length};
use super::super::money;
pub(super) use super::lines::DOUBT;
use super::lines::Text;

/// A value as it will be reported, and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub text: String,
    pub probability: f64,
}

impl Value {
    fn of(text: String, is_sound: bool, probability: f64) -> Option<Self> {
        let probability = if is_sound { probability } else { probability.min(DOUBT) };
        (!text.is_empty()).then_some(Self { text, probability })
    }
}

fn prefix(text: &Text, take: impl Fn(char) -> bool) -> Text {
    Text { chars: text.chars.iter().copied().take_while(|ch| take(ch.c)).collect() }
}

/// A number of one of these lengths.
pub(super) fn number(text: &Text, lengths: &[usize]) -> Option<Value> {
    let digits = prefix(text, |c| c.is_ascii_digit());
    let follows = text.chars.get(digits.chars.len()).is_some_and(|ch| ch.c.is_ascii_alphanumeric() || ch.c == '\u{FFFD}');
    let number = digits.compact();
    Value::of(number.clone(), lengths.contains(&number.len()) && !follows, digits.probability())
}

/// A number of a company's own making: `XS-2026-0017`, `.0306832`.
pub(super) fn serial(text: &Text) -> Option<Value> {
    const DIGITS_MIN: usize = 3;
    let from = text.chars.iter().position(|ch| ch.c.is_ascii_alphanumeric()).filter(|from| *from <= 1)?;
    let rest = Text { chars: text.chars[from..].to_vec() };
    let number = prefix(&rest, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/'));
    let has_digits = number.chars.iter().filter(|ch| ch.c.is_ascii_digit()).count() >= DIGITS_MIN;
    has_digits.then(|| Value { text: number.compact(), probability: number.probability() })
}

/// As printed, its parts joined: `2018年09月21日`.
pub(super) fn date(text: &Text) -> Option<Value> {
    let plain = prefix(text, |c| c.is_ascii_digit() || "年月日-/.".contains(c));
    let printed = plain.compact();
    let end = printed.find('日').map_or(printed.len(), |at| at + '日'.len_utf8());
    let printed = &printed[..end];
    let digits: String = printed.chars().filter(char::is_ascii_digit).collect();
    // Marks that stand over gaps of the digits may be out of their order.
    let is_ordered = date_of(printed).is_some() && printed.chars().next().is_some_and(|c| c.is_ascii_digit());
    let is_eight = digits.len() == 8 && printed.chars().all(|c| c.is_ascii_digit() || "年月日".contains(c));
    let written = match (is_ordered, is_eight) {
        (true, _) if printed.len() > digits.len() => printed.to_owned(),
        (_, true) => format!("{}年{}月{}日", &digits[..4], &digits[4..6], &digits[6..]),
        _ => printed.to_owned(),
    };
    let is_sound = date_of(&written).is_some_and(|(year, ..)| (1990..2100).contains(&year));
    Value::of(written, is_sound, plain.probability())
}

/// 15, 18 or 20 characters; of 18 the last one proves the others.
pub(super) fn tax_number(text: &Text) -> Option<Value> {
    let plain = prefix(text, |c| c.is_ascii_alphanumeric() || c == '*');
    let number = plain.compact();
    let follows = text.chars.get(plain.chars.len()).is_some_and(|ch| ch.c == '\u{FFFD}');
    let doubt = 1.0 - plain.probability();
    // One wrong character never has a right check digit, of others one in 31 (GB 32100-2015).
    let doubt = if is_credit_code(&number) { doubt / 10.0 } else { doubt };
    Value::of(number.clone(), is_tax_number(&number) && !follows, 1.0 - doubt)
}

pub(super) fn is_tax_number(number: &str) -> bool {
    let is_plain = number.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    let is_proved = number.len() != 18 || is_credit_code(number) || is_person_number(number);
    is_plain && is_tax_number_length(number.len()) && is_proved
}

/// Two decimals, a `-` before what is negative: `756.63`. Stars and 免税 stay as they are.
pub(super) fn sum(text: &Text) -> Option<Value> {
    let plain = Text { chars: text.chars.iter().copied().take_while(|ch| ch.c != '\u{FFFD}').collect() };
    let printed = plain.compact();
    if is_word_for_nothing(&printed) {
        return Value::of(printed, true, plain.probability());
    }
    Value::of(plain_sum(&printed)?, plain.chars.len() == text.chars.len(), plain.probability())
}

pub(super) fn plain_sum(printed: &str) -> Option<String> {
    let fen = money::amount(printed)?;
    Some(money::plain(fen))
}

/// What stands for a tax that there is not.
pub(super) fn is_word_for_nothing(text: &str) -> bool {
    let is_stars = !text.is_empty() && text.chars().all(|c| c == '*');
    is_stars || matches!(text, "免税" | "不征税" | "免征增值税" | "免征" | "出口零税率" | "普通零税率")
}

/// A sum in words, without signs before and after it; `(负数)` is a part of it.
pub(super) fn words(text: &Text) -> Option<Value> {
    let is_part = |c: char| NUMERALS.contains(c);
    let printed = text.compact();
    let is_negative = printed.contains("负数") || printed.contains('负');
    let first = text.chars.iter().position(|ch| is_part(ch.c))?;
    let rest = Text { chars: text.chars[first..].to_vec() };
    let sum = prefix(&rest, is_part);
    let written = if is_negative { format!("(负数){}", sum.compact()) } else { sum.compact() };
    let unknown_before = text.chars[..first].iter().any(|ch| ch.c.is_alphanumeric() && !"负数ⓧxX人民币".contains(ch.c));
    let unknown_after =
        text.chars.get(first + sum.chars.len()).is_some_and(|ch| ch.c == '\u{FFFD}' || ch.c != '小' && super::lines::is_wide(ch.c));
    let is_sound = money::chinese_amount(&written).is_some() && !unknown_before && !unknown_after;
    Value::of(written, is_sound, sum.probability())
}

const NUMERALS: &str = "零〇○壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整正一二三四五六七八九十百千两貳叄參陸億萬圓";

/// Looks like a number of something: an account, a taxpayer.
pub(super) fn is_serial(text: &str) -> bool {
    text.len() >= 10 && text.chars().all(|c| c.is_ascii_alphanumeric()) && text.chars().filter(char::is_ascii_digit).count() >= 6
}

/// A name, without blanks between Chinese characters.
pub(super) fn name(text: &Text) -> Option<Value> {
    let written = text.spaced();
    // The rest of a label whose first sign stands apart.
    let written = written.strip_prefix("称:").map(str::to_owned).unwrap_or(written);
    let has_letters = written.chars().any(char::is_alphanumeric);
    // A number in it belongs to another line.
    let has_number = written.split(|c: char| !c.is_ascii_alphanumeric()).any(is_serial);
    // Nor do names begin with a number's end, or have half a bracket.
    let has_tail = written.chars().take(4).filter(char::is_ascii_digit).count() == 4;
    let has_half = written.matches('(').count() != written.matches(')').count();
    let is_sound = !written.contains(['\u{FFFD}', ':']) && written.chars().count() <= 100 && !has_number && !has_tail && !has_half;
    if has_letters { Value::of(written, is_sound, text.probability()) } else { None }
}
