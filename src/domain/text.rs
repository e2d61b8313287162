//! What of a text can be seen, and what is left of it without the rest.

/// White space, control characters, and signs without a width.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}')
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// It shows nothing.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Without what can't be seen at its ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

/// Without white space.
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
    }
}
