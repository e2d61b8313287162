//! Finding invoices by words, as people write them. Not here: other filters (app/invoice_lists.rs).

use super::calendar::date_of;
use super::checks::is_sum_by_name;
use super::invoice::Invoice;
use super::money::{amount, narrow};

pub const WORDS_MAX: usize = 20;

/// Each has to fit, in any order.
#[derive(Clone, Debug)]
pub struct Sought(Vec<Word>);

#[derive(Clone, Debug)]
enum Word {
    /// `#5`.
    Number(u64),
    Any {
        plain: String,
        /// The end of an ISO date: all of it, or without the year.
        date: Option<String>,
        fen: Option<i64>,
    },
}

/// In one width and case.
fn plain(text: &str) -> String {
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// A word that is a date and nothing else.
fn date(word: &str) -> Option<String> {
    let is_of_dates = |c: char| c.is_ascii_digit() || "-/.年月日号〇○零一二三四五六七八九十拾".contains(c);
    let (year, month, day) = date_of(word).filter(|_| word.chars().all(is_of_dates))?;
    let year = if year > 0 { format!("{year:04}") } else { String::new() };
    Some(format!("{year}-{month:02}-{day:02}"))
}

impl Word {
    fn of(word: &str) -> Self {
        let plain = plain(word);
        match plain.strip_prefix('#').and_then(|number| number.parse().ok()) {
            Some(number) => Self::Number(number),
            None => Self::Any { date: date(&plain), fen: amount(word), plain },
        }
    }
}

impl Sought {
    /// `None`: too many words.
    pub fn of(text: &str) -> Option<Self> {
        let words: Vec<Word> = text.split_whitespace().map(Word::of).collect();
        (words.len() <= WORDS_MAX).then_some(Self(words))
    }

    pub fn fits(&self, invoice: &Invoice) -> bool {
        let reasons = invoice.reasons.iter().flat_map(|why| {
            let told = why.told();
            [why.zh(), why.en(), told.zh, told.en]
        });
        let texts = [&invoice.user_name, &invoice.file_name].into_iter().chain(invoice.regions.iter().map(|r| &r.text));
        // No word holds a line's end.
        let all = plain(&texts.cloned().chain(reasons).collect::<Vec<_>>().join("\n"));
        let on = invoice.date();
        self.0.iter().all(|word| match word {
            Word::Number(number) => invoice.id.0 == *number,
            Word::Any { plain, date, fen } => {
                let is_dated = || matches!((&on, date), (Some(on), Some(date)) if on.ends_with(date));
                all.contains(plain) || is_dated() || fen.is_some_and(|fen| has_sum(invoice, fen))
            }
        })
    }
}

fn has_sum(invoice: &Invoice, fen: i64) -> bool {
    invoice.regions.iter().any(|r| is_sum_by_name(&r.pos_id) && amount(&r.text) == Some(fen))
}
