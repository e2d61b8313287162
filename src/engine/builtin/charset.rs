//! Which characters a field may hold, and which classes of a net stand for them. Not here: reading (read.rs).

use std::collections::BTreeMap;

/// Allowed characters. Look-alikes count as the allowed one: an `O` among digits is a `0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    Any,
    Digits,
    /// Digits, capitals, and `*` for masked parts.
    Code,
    /// Digits, point, comma, minus and currency signs.
    Money,
    /// Amounts in Chinese words.
    MoneyCn,
}

/// The characters of `Charset::MoneyCn`.
const AMOUNT_CHARS: &str = "人民币零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整正一二三四五六七八九十百千";
const AMOUNT_VARIANTS: [(&str, char); 9] = [
    ("壱弌", '壹'),
    ("貳弍弐", '贰'),
    ("叄參参弎", '叁'),
    ("陸", '陆'),
    ("漆", '柒'),
    ("萬", '万'),
    ("億", '亿'),
    ("圓園园", '圆'),
    ("○", '〇'),
];

impl Charset {
    /// All but `Any`.
    pub const LIMITED: [Self; 4] = [Self::Digits, Self::Code, Self::Money, Self::MoneyCn];

    pub fn fold(self, c: char) -> Option<char> {
        let ascii = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '．' | '，' | '－' | '＊' => {
                char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
            }
            '￥' => '¥',
            _ => c,
        };
        let digit = match ascii {
            'O' | 'o' | 'D' | 'Q' | '〇' | '○' => '0',
            'l' | 'I' | 'i' | '|' => '1',
            'Z' | 'z' => '2',
            'S' | 's' => '5',
            'B' => '8',
            _ => ascii,
        };
        match self {
            Self::Any => Some(c),
            Self::Digits => digit.is_ascii_digit().then_some(digit),
            Self::Code => (ascii.is_ascii_alphanumeric() || ascii == '*').then(|| ascii.to_ascii_uppercase()),
            Self::Money if matches!(ascii, '.' | ',' | '-' | '¥' | '$' | '元') => Some(ascii),
            Self::Money if matches!(ascii, 'Y' | 'V' | '羊' | '半') => Some('¥'),
            Self::MoneyCn if AMOUNT_CHARS.contains(c) => Some(c),
            Self::MoneyCn => AMOUNT_VARIANTS.iter().find(|(variants, _)| variants.contains(c)).map(|(_, word)| *word),
            Self::Money => digit.is_ascii_digit().then_some(digit),
        }
    }

    /// The classes of an alphabet that stand for each character of the charset.
    pub fn classes(self, alphabet: &[String]) -> Vec<(char, Vec<usize>)> {
        let mut classes: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for (class, text) in alphabet.iter().enumerate() {
            let mut chars = text.chars();
            if let (Some(c), None) = (chars.next(), chars.next())
                && let Some(folded) = self.fold(c)
            {
                classes.entry(folded).or_default().push(class);
            }
        }
        classes.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_fold_into_the_charset() {
        assert_eq!(Charset::Digits.fold('O'), Some('0'));
        assert_eq!(Charset::Digits.fold('７'), Some('7'));
        assert_eq!(Charset::Digits.fold('发'), None);
        assert_eq!(Charset::Code.fold('o'), Some('O'));
        assert_eq!(Charset::Money.fold('￥'), Some('¥'));
        assert_eq!(Charset::Money.fold('.'), Some('.'));
    }
}
