//! Check digits of tax and personal numbers. Not here: which areas hold them (checks.rs).

/// Digits and capitals without I, O, S, V and Z (GB 32100-2015, 表 2).
const CREDIT_ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Personal numbers: weighted sum modulo 11 (GB 11643-1999, 4.2).
const PERSON_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const PERSON_CHECKS: &[u8; 11] = b"10X98765432";

/// 18: unified social credit code; 15 and 20: older ones.
pub fn is_tax_number_length(length: usize) -> bool {
    matches!(length, 15 | 18 | 20)
}

/// 统一社会信用代码, 18 characters; the weights are the powers of 3 modulo 31 (GB 32100-2015, 6.2).
pub fn is_credit_code(text: &str) -> bool {
    let values: Option<Vec<u32>> =
        text.bytes().map(|b| CREDIT_ALPHABET.iter().position(|a| *a == b).and_then(|v| u32::try_from(v).ok())).collect();
    let Some((check, body)) = values.as_deref().and_then(<[u32]>::split_last).filter(|(_, body)| body.len() == 17) else {
        return false;
    };
    let (sum, _) = body.iter().fold((0, 1), |(sum, weight), value| ((sum + value * weight) % 31, weight * 3 % 31));
    (sum + check) % 31 == 0
}

/// 公民身份号码, 18 characters.
pub fn is_person_number(text: &str) -> bool {
    let (body, check) = text.split_at_checked(17).unwrap_or_default();
    let digits = body.bytes().all(|b| b.is_ascii_digit());
    let sum: u32 = body.bytes().zip(PERSON_WEIGHTS).map(|(b, weight)| u32::from(b.wrapping_sub(b'0')) * weight).sum();
    digits && body.len() == 17 && check.as_bytes() == [PERSON_CHECKS[(sum % 11) as usize]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_code_with_one_character_changed_is_none() {
        assert!(is_credit_code("91350100M000100Y43"));
        assert!(!is_credit_code("91350100M000100Y44"));
        assert!(!is_credit_code("91350100M000108Y43"));
        assert!(!is_credit_code("91350100M000100Y4"));
        assert!(!is_credit_code("91350100M0001O0Y43"));
        assert!(!is_credit_code("") && !is_credit_code("九一三五"));
    }

    #[test]
    fn a_persons_number_with_one_digit_changed_is_none() {
        assert!(is_person_number("11010519491231002X"));
        assert!(is_person_number("440524188001010014"));
        assert!(!is_person_number("11010519491231012X"));
        assert!(!is_person_number("110105194912310021"));
        assert!(!is_person_number("1101051949123100") && !is_person_number("号码"));
    }
}
