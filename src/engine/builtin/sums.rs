//! Finds the sum in an area's text, without adjoining labels and brackets. Not here: its value (domain/money.rs).

use super::page::Line;
use super::sheet::Run;
use super::text::{CURRENCY_SIGNS, half_width};
use crate::domain::area::{AreaKind, Holds};
use crate::domain::checks::holds_sum;
use crate::domain::money::amount;
use crate::domain::template::Area;
use std::ops::Range;

/// Whether an area holds a sum in figures, by kind or name.
pub fn is_sum_area(area: &Area) -> bool {
    area.kind.holds() == Holds::Sum || (area.kind == AreaKind::Own && holds_sum(&area.pos_id, Some("1")))
}

fn plain(c: char) -> char {
    match half_width(c) {
        '￥' => '¥',
        '−' | '–' | '‐' => '-',
        c => c,
    }
}

fn plain_glyphs(line: &Line, range: &Range<usize>) -> Vec<char> {
    line.reading.glyphs[range.clone()].iter().map(|g| g.text.chars().next().map_or(' ', plain)).collect()
}

fn says_negative(c: char) -> bool {
    matches!(c, '负' | '負')
}

/// Includes what currency signs are misread as.
fn is_currency_sign(c: char) -> bool {
    matches!(c, '¥' | '$' | 'Y' | 'V' | '羊' | '半')
}

/// Where `CNY` or `RMB` begins, at the end of what is printed before a sum.
fn currency_code(before: &[char]) -> Option<usize> {
    let end = before.iter().rposition(|c| !c.is_whitespace())? + 1;
    let start = end.checked_sub(3)?;
    [['C', 'N', 'Y'], ['R', 'M', 'B']].iter().any(|code| before[start..end] == *code).then_some(start)
}

/// The range of the only sum in a text, with its signs and the brackets that make it negative. `None` if there is no sum or
/// several.
fn sum_in(text: &[char]) -> Option<Range<usize>> {
    let first = text.iter().position(char::is_ascii_digit)?;
    let mut end = text.iter().rposition(char::is_ascii_digit)? + 1;
    let mut start = first;
    let after = |from: usize| text[from..].iter().position(|c| !c.is_whitespace()).map(|at| from + at);
    if let Some(unit) = after(end).filter(|at| text[*at] == '元') {
        end = unit + 1;
    }
    if let Some(code) = currency_code(&text[..first]) {
        return amount(&text[first..end].iter().collect::<String>()).map(|_| code..end);
    }
    for at in (0..first).rev() {
        match text[at] {
            c if c.is_whitespace() => {}
            c if is_currency_sign(c) || matches!(c, '-' | '数' | '數') || says_negative(c) => start = at,
            '(' => {
                if let Some(close) = after(end).filter(|close| text[*close] == ')') {
                    (start, end) = (at, close + 1);
                }
                break;
            }
            // `（负数）` belongs to the sum, other labels do not.
            ')' => {
                let open = text[..at].iter().rposition(|c| *c == '(').unwrap_or(0);
                if text[open..at].iter().copied().any(says_negative) {
                    start = open;
                }
                break;
            }
            _ => break,
        }
    }
    let normalised: String = text[start..end].iter().map(|c| if is_currency_sign(*c) { '¥' } else { *c }).collect();
    amount(&normalised).map(|_| start..end)
}

/// Whether the text beside may belong to the sum: a misread digit, a minus, an unpaired bracket.
fn may_belong(text: &[char], kept: &Range<usize>) -> bool {
    let (before, after) = (&text[..kept.start], &text[kept.end..]);
    let could_be = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || "一二三四五六七八九十〇零○".contains(*c);
    let first = after.iter().find(|c| !c.is_whitespace());
    let last = before.iter().rfind(|c| !c.is_whitespace());
    let opened = before.iter().rposition(|c| *c == '(') > before.iter().rposition(|c| *c == ')');
    // `(小写 12.00)` is a label around a sum; `12.00)` may be a cut `(12.00)`.
    let half = last == Some(&'(') || (first == Some(&')') && !opened);
    let negative = before.iter().chain(after).copied().any(says_negative);
    half || negative || before.last().is_some_and(could_be) || after.first().is_some_and(could_be)
}

/// The glyphs of the sum, as indices into the line.
pub fn find_sum(line: &Line, range: &Range<usize>) -> Option<Range<usize>> {
    let found = sum_in(&plain_glyphs(line, range))?;
    Some(range.start + found.start..range.start + found.end)
}

pub fn is_doubtful(line: &Line, range: &Range<usize>, kept: &Range<usize>) -> bool {
    may_belong(&plain_glyphs(line, range), &(kept.start - range.start..kept.end - range.start))
}

/// The sum in a text, or the whole text if there is none.
pub fn extract_sum(text: &str) -> &str {
    let chars: Vec<char> = text.chars().map(plain).collect();
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    sum_in(&chars).map_or(text, |found| &text[at(found.start)..at(found.end)])
}

/// Restores a currency sign read as a letter.
pub fn with_currency_sign(text: String, specimen: &str) -> String {
    let (Some(rest), Some(sign)) = (text.strip_prefix(['Y', '羊']), specimen.chars().next()) else { return text };
    if CURRENCY_SIGNS.contains(&sign) && rest.starts_with(|c: char| c.is_ascii_digit()) { format!("¥{rest}") } else { text }
}

/// Reduces an area's runs to its sum. On the template's own picture, the rest becomes fixed text.
pub fn without_labels(area: &Area, lines: &[Line], runs: &mut Vec<Run>) {
    if !is_sum_area(area) {
        return;
    }
    let sums: Vec<Option<Range<usize>>> = runs.iter().map(|r| find_sum(&lines[r.line], &r.glyphs)).collect();
    if sums.iter().all(Option::is_none) {
        return;
    }
    let is_part = |run: &Run| {
        let text = plain_glyphs(&lines[run.line], &run.glyphs);
        text.iter().any(|c| c.is_ascii_alphanumeric() || matches!(c, '¥' | '$' | '-' | '元' | '.') || says_negative(*c))
    };
    let mut kept = Vec::new();
    for (mut run, sum) in runs.drain(..).zip(sums) {
        match sum {
            Some(sum) if !is_doubtful(&lines[run.line], &run.glyphs, &sum) => {
                run.glyphs = sum;
                kept.push(run);
            }
            None if !is_part(&run) => {}
            _ => kept.push(run),
        }
    }
    *runs = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_fragments_are_not_part_of_a_sum() {
        for (text, sum) in [
            (")¥53.40", "¥53.40"),
            ("）￥53.40", "￥53.40"),
            ("写）¥53.40", "¥53.40"),
            ("（小写）¥53.40", "¥53.40"),
            ("与)¥ 1,253.40", "¥ 1,253.40"),
            ("(小写)53.40元", "53.40元"),
            ("价税合计：¥53.40（小", "¥53.40"),
            ("¥53.40（大写", "¥53.40"),
            ("RMB53.40", "RMB53.40"),
            ("金额 CNY 2,900.00", "CNY 2,900.00"),
            ("(小写 53.40)", "53.40"),
        ] {
            assert_eq!(extract_sum(text), sum, "{text}");
            let chars: Vec<char> = text.chars().map(plain).collect();
            assert!(!may_belong(&chars, &sum_in(&chars).unwrap()), "{text}");
        }
    }

    #[test]
    fn minus_marks_stay_with_the_sum() {
        for text in ["-¥235.00", "¥-235.00", "−235.00", "(235.00)", "(¥235.00)", "（负数）¥235.00", "负数¥235.00"] {
            assert_eq!(extract_sum(text), text);
        }
        assert_eq!(extract_sum("（小写）（负数）¥235.00"), "（负数）¥235.00");
        assert_eq!(extract_sum("(小写)-¥235.00"), "-¥235.00");
    }

    #[test]
    fn adjoining_text_that_may_belong_leaves_doubt() {
        for text in ["(53.40", "(¥53.40", "53.40)", "l53.40", "53.40B", "一53.40", "¥53.40-", "负)x¥53.40"] {
            let chars: Vec<char> = text.chars().map(plain).collect();
            assert!(may_belong(&chars, &sum_in(&chars).unwrap()), "{text}");
        }
        for text in ["", "写）", "¥5.3.4", "¥5.00 ¥6.00", "二十元"] {
            assert_eq!(extract_sum(text), text);
        }
    }
}
