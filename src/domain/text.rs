//! Texts without their invisible characters.

/// White space, control and zero-width characters.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}')
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{13430}'..='\u{1345F}')
        || matches!(c, '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Private use characters and noncharacters, which each font shows differently.
pub fn means_nothing(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{F0000}'..) || c as u32 & 0xFFFE == 0xFFFE
}

pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// The stored form of reasons: one line, without bidirectional controls.
pub fn one_line(text: &str) -> String {
    let is_turning =
        |c: &char| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let seen = text.chars().filter(|c| !is_turning(c)).map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c });
    let words: Vec<String> = seen.collect::<String>().split_whitespace().map(str::to_owned).collect();
    trimmed(&words.join(" ")).to_owned()
}

pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

pub fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank() {
        for text in ["", " ", "\u{3000}\t", "\u{200B}", "\u{FEFF}\u{2060}", "\0\u{7}", "\u{3164}"] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("\u{200B}0") && !is_blank("-"));
        assert_eq!(trimmed("\u{FEFF} a b\u{200B}"), "a b");
        assert_eq!(one_line(" 开错\n重开\u{1B}[31m \u{202E}x\0"), "开错 重开 [31m x");
    }
}
