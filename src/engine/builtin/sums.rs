//! Finds the sum in an area's text, without adjoining labels and brackets. Not here: its value (domain/money.rs).

use super::certainty::is_ideograph;
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

/// What begins with ¥ like the specimen, and was read without.
pub fn with_lost_sign(text: &str, specimen: &str) -> Option<String> {
    let sign = specimen.chars().next().filter(|c| CURRENCY_SIGNS.contains(c))?;
    (is_bare(text) && amount(text).is_some() && amount(specimen).is_some()).then(|| format!("{sign}{text}"))
}

fn is_bare(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// With a unit that the specimen has not, without one that it has, without its cents, or without its currency sign, which may have
/// become the first digit.
pub fn is_written_otherwise(text: &str, specimen: &str) -> bool {
    let has_unit = |text: &str| text.trim_end_matches([')', '）']).ends_with(['元', '圆']);
    has_unit(text) != has_unit(specimen)
        || specimen.contains('.') && !text.contains('.')
        || specimen.starts_with(CURRENCY_SIGNS) && is_bare(text)
}

/// A sum in words of which the first figure is lost: 拾元整.
pub fn begins_with_unit(text: &str) -> bool {
    const UNITS: &str = "拾佰仟十百千";
    const FIGURES: &str = "零壹贰叁肆伍陆柒捌玖一二三四五六七八九两貳參陸";
    text.chars().find(|c| UNITS.contains(*c) || FIGURES.contains(*c)).is_some_and(|c| UNITS.contains(c))
}

/// Whether an ideograph that adjoins a sum in words is dropped: 约, 港币.
pub fn drops_an_ideograph(line: &Line, range: &Range<usize>, kept: &Range<usize>) -> bool {
    let before = kept.start.checked_sub(1).filter(|at| range.contains(at));
    let dropped = |at: usize| line.reading.glyphs[at].text.chars().any(is_ideograph);
    before.is_some_and(dropped) || range.contains(&kept.end) && dropped(kept.end)
}

/// What forms print beside a sum and is no part of it.
const SAID: &str = "价税合计小大写人民币金额总共应实收付款不含元圆整正票运费";
/// What changes a sum: how exact it is, how large, in which coin, how often it is due.
const BEFORE: &str = "约近余逾超欠退每港美欧镑";
const AFTER: &str = "/万亿仟千佰百余多起每约";
const COINS: [&str; 6] = ["港币", "港元", "美元", "欧元", "日元", "英镑"];

/// Whether a word that adjoins the sum is dropped, and is no label.
fn drops_a_word(text: &[char], kept: &Range<usize>) -> bool {
    let word = |chars: &mut dyn Iterator<Item = &char>| -> (bool, String) {
        let mut chars = chars.peekable();
        let adjoins = chars.peek().is_some_and(|c| !c.is_whitespace());
        (adjoins, chars.skip_while(|c| c.is_whitespace()).take_while(|c| c.is_alphabetic() || **c == '/').collect())
    };
    let is_said = |word: &str| word.chars().all(|c| SAID.contains(c));
    let is_signed = matches!(text[kept.start], '¥' | '$' | 'C' | 'R');
    let (adjoins, before) = word(&mut text[..kept.start].iter().rev());
    let changes = before.contains(|c| BEFORE.contains(c)) || adjoins && !is_signed;
    let (goes_on, after) = word(&mut text[kept.end..].iter());
    !is_said(&before) && changes || !is_said(&after) && (goes_on || changes_a_sum(&after))
}

/// A short word that stands by itself.
fn changes_a_sum(word: &str) -> bool {
    const LONGEST: usize = 4;
    word.chars().count() <= LONGEST && (word.starts_with(|c| AFTER.contains(c)) || COINS.contains(&word))
}

/// Reduces an area's runs to its sum, cut off from any word that is no label. On the template's own picture, the rest becomes fixed
/// text.
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
    let mut drops_a_word = false;
    for (mut run, sum) in runs.drain(..).zip(sums) {
        let text = plain_glyphs(&lines[run.line], &run.glyphs);
        match sum {
            Some(sum) if !is_doubtful(&lines[run.line], &run.glyphs, &sum) => {
                drops_a_word |= self::drops_a_word(&text, &(sum.start - run.glyphs.start..sum.end - run.glyphs.start));
                run.glyphs = sum;
                kept.push(run);
            }
            None if !is_part(&run) => drops_a_word |= changes_a_sum(&text.iter().collect::<String>()),
            _ => kept.push(run),
        }
    }
    kept.iter_mut().for_each(|run| run.split |= drops_a_word);
    *runs = kept;
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Quad;
    use super::super::read::{Glyph, Reading};
    use super::*;

    fn line(text: &str) -> Line {
        let glyphs = text.chars().map(|c| Glyph { text: c.into(), probability: 0.99, at: 0.5 }).collect();
        let quad = Quad([(0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)]);
        Line { quad, reading: Reading { glyphs, probability: 0.9 }, is_read: true, skimmed: None }
    }

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
            let kept = sum_in(&chars).unwrap();
            assert!(!may_belong(&chars, &kept) && !drops_a_word(&chars, &kept), "{text}");
        }
    }

    #[test]
    fn a_word_that_changes_a_sum_is_not_dropped_unseen() {
        for text in [
            "3.5万",
            "3.5万元",
            "53.40/月",
            "53.40元/月",
            "约53.40",
            "港币53.40",
            "¥53.40港币",
            "约¥53.40",
            "53.40 万",
            "押53.40",
            "53.40整起",
        ] {
            let chars: Vec<char> = text.chars().map(plain).collect();
            assert!(drops_a_word(&chars, &sum_in(&chars).unwrap()), "{text}");
        }
        for text in
            ["押金：53.40", "（押金）53.40", "押金¥53.40", "押金 53.40", "53.40元整", "53.40 收款人", "53.40（含押金）", "¥53.40"]
        {
            let chars: Vec<char> = text.chars().map(plain).collect();
            assert!(!drops_a_word(&chars, &sum_in(&chars).unwrap()), "{text}");
        }
        assert!(
            changes_a_sum("/月")
                && changes_a_sum("万元")
                && !changes_a_sum("专用章")
                && !changes_a_sum("年月日")
                && !changes_a_sum("每月一日前结算")
        );
    }

    #[test]
    fn a_sum_is_cut_off_from_a_word() {
        use crate::domain::template::Rect;
        let rect = Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
        let pos_id = AreaKind::Money.pos_id().into();
        let area = Area { kind: AreaKind::Money, pos_id, rect, keywords: Vec::new(), remove_line: false, remove_stamp: false };
        let left = |texts: &[&str]| {
            let lines: Vec<Line> = texts.iter().map(|text| line(text)).collect();
            let whole = |(at, line): (usize, &Line)| Run {
                line: at,
                glyphs: 0..line.reading.glyphs.len(),
                overlaps: false,
                split: false,
                displaced: false,
                overrun: false,
            };
            let mut runs = lines.iter().enumerate().map(whole).collect();
            without_labels(&area, &lines, &mut runs);
            let text = |run: &Run| lines[run.line].reading.glyphs[run.glyphs.clone()].iter().map(|g| g.text.as_str()).collect();
            runs.iter().map(|run| (text(run), run.split)).collect::<Vec<(String, bool)>>()
        };
        assert_eq!(left(&["¥53.40/月"]), [("¥53.40".to_owned(), true)]);
        assert_eq!(left(&["¥53.40", "/月"]), [("¥53.40".to_owned(), true)]);
        assert_eq!(left(&["金额：¥53.40", "发票专用章"]), [("¥53.40".to_owned(), false)]);
    }

    #[test]
    fn a_sum_has_cents_where_its_specimen_has_them() {
        assert!(is_written_otherwise("¥3486", "¥192.38") && is_written_otherwise("3486", "192.38"));
        assert!(
            !is_written_otherwise("¥3486.50", "¥192.38")
                && !is_written_otherwise("3486.50", "192")
                && !is_written_otherwise("3486", "192")
        );
    }

    #[test]
    fn what_adjoins_a_sum_in_words_is_not_dropped_unseen() {
        let drops = |text: &str, kept: Range<usize>| drops_an_ideograph(&line(text), &(0..text.chars().count()), &kept);
        assert!(drops("约叁拾元整", 1..5) && drops("港币叁拾元整", 2..6) && drops("叁拾元整起", 0..4));
        assert!(!drops("大写：叁拾元整", 3..7) && !drops("（大写）叁拾元整", 4..8) && !drops("叁拾元整", 0..4));
    }

    #[test]
    fn a_sum_in_words_begins_with_a_figure() {
        assert!(begins_with_unit("拾元整") && begins_with_unit("人民币佰贰拾元整") && begins_with_unit("仟元整"));
        assert!(!begins_with_unit("壹拾元整") && !begins_with_unit("人民币叁佰元整") && !begins_with_unit(""));
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
