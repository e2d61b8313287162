//! Codes that a spreadsheet has damaged by taking them for numbers or dates. Not here: twins that show lost zeros (app/imports.rs).

pub type Words = (String, String);

const DIGITS_KEPT: usize = 15;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

pub fn damage(text: &str) -> Option<Words> {
    if is_scientific(text) {
        return Some((
            format!("{text} 是科学计数法，原来的数字可能已丢失：请把该列设为“文本”后重新填写"),
            format!("{text} is in scientific notation, its digits may be lost: make the column text and fill it in anew"),
        ));
    }
    if is_date(text) {
        return Some((
            format!("{text} 像是被改成了日期或时间：请把该列设为“文本”后重新填写"),
            format!("{text} looks as if it was turned into a date or time: make the column text and fill it in anew"),
        ));
    }
    if text.len() > DIGITS_KEPT && is_digits(text) && text[DIGITS_KEPT..].bytes().all(|b| b == b'0') {
        return Some((
            format!("{text} 第 15 位以后全是 0：表格软件只保留 15 位数字，请核对"),
            format!("{text} has nothing but zeros after its 15th digit, and spreadsheets keep 15: please compare"),
        ));
    }
    None
}

/// For a numeric cell: what was typed is unknown.
pub fn is_number(text: &str) -> Words {
    (
        format!("{text} 在表格里是数字而不是文本：若原有前导零，已丢失，请核对"),
        format!("{text} is a number in the sheet, not text: if it had leading zeros they are lost, please compare"),
    )
}

pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `1.5E+19`, `5E+12`, `1.5E19`; not `5E12`, which may be a code.
fn is_scientific(text: &str) -> bool {
    let Some((base, exponent)) = text.split_once(['E', 'e']) else { return false };
    let base = base.strip_prefix(['-', '+']).unwrap_or(base);
    let (has_point, whole) = match base.split_once('.') {
        Some((whole, part)) => (is_digits(part), whole),
        None => (false, base),
    };
    let is_number = is_digits(whole) && (has_point || !base.contains('.'));
    match exponent.strip_prefix(['-', '+']) {
        Some(exponent) => is_number && is_digits(exponent),
        None => is_number && has_point && is_digits(exponent),
    }
}

/// `2026-01-12`, `1/12/2026`, `12-Jan`, `Dec-01`, `1月2日`, `12:30`.
fn is_date(text: &str) -> bool {
    let lower = text.to_lowercase();
    if lower.contains('月') || lower.contains('年') {
        return lower.ends_with(['日', '月', '年']) && lower.chars().all(|c| c.is_ascii_digit() || "年月日".contains(c));
    }
    let parts: Vec<&str> = lower.split(['-', '/']).collect();
    let is_short = |part: &&str| is_digits(part) && part.len() <= 4;
    if parts.iter().any(|part| MONTHS.contains(part)) {
        return (2..=3).contains(&parts.len()) && parts.iter().all(|part| MONTHS.contains(part) || is_short(part));
    }
    let times: Vec<&str> = lower.split(':').collect();
    let is_time = (2..=3).contains(&times.len()) && times.iter().all(|part| is_digits(part) && part.len() <= 2);
    is_time || parts.len() == 3 && parts.iter().all(is_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_codes_are_recognised_and_others_left_alone() {
        for bent in [
            "1.23457E+19",
            "5E+12",
            "1.5e19",
            "2026-01-12",
            "2026/1/12",
            "1/12/2026",
            "12-Jan",
            "Dec-01",
            "1-dec-26",
            "1月2日",
            "2026年1月2日",
            "12:30",
            "1:02:03",
            "12345678901234500000",
        ] {
            assert!(damage(bent).is_some(), "{bent}");
        }
        for code in ["39FFD605", "5E12", "12E4567", "18440001", "SN-2026-01", "A-1-2", "1234567890123456", "MAY1", "E+5", "1-2"] {
            assert_eq!(damage(code), None, "{code}");
        }
    }
}
