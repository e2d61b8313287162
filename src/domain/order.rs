//! The orders of a list of invoices.

use super::checks::SELLER;
use super::invoice::Invoice;
use super::money::narrow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// 开票日期.
    Date,
    Amount,
    /// When it was read.
    Time,
    Seller,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    pub falls: bool,
}

/// On the wire; `-` before it: falling.
pub const WORDS: [(By, &str); 4] = [(By::Date, "date"), (By::Amount, "amount"), (By::Time, "time"), (By::Seller, "seller")];

impl Order {
    pub fn of_word(word: &str) -> Option<Self> {
        let (falls, bare) = word.strip_prefix('-').map_or((false, word), |bare| (true, bare));
        WORDS.iter().find(|(_, known)| *known == bare).map(|(by, _)| Self { by: *by, falls })
    }

    pub fn place(self, invoice: &Invoice) -> Place {
        let key = match self.by {
            By::Date => invoice.date().map(String::into_bytes),
            By::Amount => invoice.amount().map(number),
            By::Time => Some(number(invoice.recognised)),
            By::Seller => invoice.text(SELLER).map(str::trim).filter(|name| !name.is_empty()).map(name),
        };
        let mut bytes = vec![u8::from(key.is_none())];
        bytes.extend(key.unwrap_or_default().iter().map(|byte| if self.falls { !byte } else { *byte }));
        bytes.extend((!invoice.id.0).to_be_bytes());
        Place(bytes)
    }
}

/// As many bytes of a name decide.
const NAME_BYTES_MAX: usize = 80;
pub const PLACE_BYTES_MAX: usize = 1 + NAME_BYTES_MAX + 1 + 8;

/// Where an invoice stands in an order: bytes that compare as it does. Those without a value are last, and of equals the newest is first.
/// It does not move when others come or change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub Vec<u8>);

fn number(number: i64) -> Vec<u8> {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes().into()
}

/// GBK has the usual characters in the order of their sounds. The 0 puts a name before longer ones, and behind them where it falls.
fn name(name: &str) -> Vec<u8> {
    let plain: String = name.chars().map(narrow).flat_map(char::to_lowercase).collect();
    let (bytes, ..) = encoding_rs::GBK.encode(&plain);
    bytes.iter().copied().take(NAME_BYTES_MAX).chain([0]).collect()
}
