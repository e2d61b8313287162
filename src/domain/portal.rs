//! Invoices as the tax office's portal lists them, compared with the box's own. Not here: reading the portal's file (http), which
//! invoice belongs to which line (app).

use super::area::AreaKind;
use super::checks::{NET, SELLER, TAX, marks_no_sum};
use super::forms::is_same;
use super::identity::{Number, same_as};
use super::ids::Millis;
use super::invoice::Invoice;
use super::kind::Kind;
use super::text::is_blank;
use super::{money, region};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Tax number, in capitals.
    pub number: String,
    pub name: String,
}

/// One invoice of the list. Texts are the portal's own; sums are in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalLine {
    /// Of an invoice of the older kind: 10 or 12 digits and 8.
    pub code: String,
    pub number: String,
    /// Of a digital one: 20 digits. One printed on paper has both.
    pub digital: String,
    /// `yyyy-MM-dd`
    pub date: String,
    pub seller: Party,
    pub buyer: Party,
    pub net: Option<i64>,
    pub tax: Option<i64>,
    pub total: Option<i64>,
    pub origin: String,
    pub kind: String,
    pub status: String,
    pub risk: String,
    pub is_red: bool,
    pub clerk: String,
    pub remark: String,
}

/// An upload. Its lines are written verb by verb; until all are there it is not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalList {
    pub at: Millis,
    pub user_name: String,
    pub file: String,
    pub rows: u64,
    pub wrong: u64,
    pub invoices: u64,
    /// Written so far.
    pub written: u64,
    /// `yyyy-MM`, ascending.
    pub months: Vec<String>,
    pub is_whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Received,
    Issued,
}

/// A field of which list and box say something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// On the wire.
    pub field: &'static str,
    pub list: String,
    pub own: String,
}

/// Of paper that the portal does not list.
pub fn is_beyond_the_portal(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Taxi | Kind::Train | Kind::Quota | Kind::Machine | Kind::Fiscal))
}

fn text<'i>(invoice: &'i Invoice, pos_id: &str) -> &'i str {
    let text = if pos_id == AreaKind::Date.pos_id() { region::date_of(&invoice.regions) } else { invoice.text(pos_id) };
    text.unwrap_or_default()
}

pub(super) const SELLER_NUMBER: &str = "销方税号";
pub(super) const BUYER_NUMBER: &str = "购方税号";

impl PortalLine {
    /// Of all lines of a company, this one alone has it.
    pub fn key(&self) -> String {
        if self.digital.is_empty() { format!("{} {}", self.code, self.number) } else { self.digital.clone() }
    }

    pub fn month(&self) -> &str {
        self.date.get(..7).unwrap_or_default()
    }

    /// As an invoice's.
    pub fn identities(&self) -> Vec<String> {
        let whole = (!self.digital.is_empty()).then(|| Number::Whole(self.digital.clone()));
        let coded = (!self.number.is_empty()).then(|| Number::Coded {
            coded: format!("{} {}", self.code, self.number),
            dated: Some(format!("{} {}", self.number, self.date)),
        });
        whole.iter().chain(&coded).flat_map(Number::identities).collect()
    }

    /// Those of them that are this invoice's alone.
    pub fn numbers(&self) -> impl Iterator<Item = String> {
        self.identities().into_iter().filter(|identity| identity.starts_with("number "))
    }

    /// The identities of invoices that this may be.
    pub fn looked_for(&self) -> impl Iterator<Item = String> {
        self.identities().into_iter().flat_map(|identity| same_as(&identity))
    }

    /// 已作废.
    pub fn is_cancelled(&self) -> bool {
        self.status.contains("作废")
    }

    /// A red invoice has taken it back, or a part of it.
    pub fn is_reversed(&self) -> bool {
        self.status.contains("红冲")
    }

    /// `None`: neither side is ours.
    pub fn direction(&self, ours: &str) -> Option<Direction> {
        match () {
            () if self.buyer.number == ours => Some(Direction::Received),
            () if self.seller.number == ours => Some(Direction::Issued),
            () => None,
        }
    }

    /// The box's invoice as a line of the list would be; `None` without a number.
    pub fn of(invoice: &Invoice) -> Option<Self> {
        let (mut code, mut number, mut digital) = (String::new(), String::new(), String::new());
        match Number::of(&invoice.regions)? {
            Number::Whole(whole) => digital = whole,
            Number::Coded { coded, .. } => {
                let parts = coded.split_once(' ').unwrap_or_default();
                (code, number) = (parts.0.to_owned(), parts.1.to_owned());
            }
            Number::Dated(dated) => number = dated.split(' ').next().unwrap_or_default().to_owned(),
        }
        let party =
            |number: &str, name: &str| Party { number: text(invoice, number).to_uppercase(), name: text(invoice, name).to_owned() };
        Some(Self {
            code,
            number,
            digital,
            date: invoice.date().unwrap_or_default(),
            seller: party(SELLER_NUMBER, SELLER),
            buyer: party(BUYER_NUMBER, AreaKind::Head.pos_id()),
            net: money::amount(text(invoice, NET)),
            tax: money::amount(text(invoice, TAX)),
            total: invoice.amount(),
            kind: invoice.kind.map(Kind::zh).unwrap_or_default().to_owned(),
            is_red: invoice.is_red(),
            ..Self::default()
        })
    }

    /// Only of what both state, and whatever it is spelt like.
    pub fn differs(&self, invoice: &Invoice) -> Vec<Difference> {
        let sum = |fen: Option<i64>| fen.map(money::plain).unwrap_or_default();
        let fields = [
            ("date", AreaKind::Date.pos_id(), self.date.clone()),
            ("total", AreaKind::Money.pos_id(), sum(self.total)),
            ("net", NET, sum(self.net)),
            ("tax", TAX, sum(self.tax)),
            ("seller", SELLER, self.seller.name.clone()),
            ("seller_number", SELLER_NUMBER, self.seller.number.clone()),
            ("buyer", AreaKind::Head.pos_id(), self.buyer.name.clone()),
            ("buyer_number", BUYER_NUMBER, self.buyer.number.clone()),
        ];
        let differs = |(field, pos_id, list): (&'static str, &str, String)| {
            let own = text(invoice, pos_id);
            let is_same = is_blank(own)
                || list.is_empty()
                || is_same(pos_id, &list, &own.to_uppercase())
                || is_same(pos_id, &list, own)
                || money::amount(&list) == Some(0) && marks_no_sum(own);
            (!is_same).then(|| Difference { field, list, own: own.to_owned() })
        };
        fields.into_iter().filter_map(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> PortalLine {
        PortalLine {
            code: "044001900111".into(),
            number: "12345678".into(),
            date: "2026-06-04".into(),
            seller: Party { number: "91350100M000100Y43".into(), name: "示例（测试）公司".into() },
            buyer: Party { number: "12100000400000624D".into(), name: "示例采购单位".into() },
            status: "已红冲-全额".into(),
            ..PortalLine::default()
        }
    }

    #[test]
    fn a_line_is_known_by_its_20_digits_or_by_code_and_number() {
        let paper = line();
        assert_eq!((paper.key().as_str(), paper.month()), ("044001900111 12345678", "2026-06"));
        assert_eq!(paper.identities(), ["number 044001900111 12345678", "coded 12345678 2026-06-04"]);
        assert!(paper.looked_for().any(|identity| identity == "number 12345678 2026-06-04"), "its code was not read");
        let both = PortalLine { digital: "26322000004478296111".into(), ..paper };
        assert_eq!(both.key(), "26322000004478296111");
        assert_eq!((both.identities().len(), both.identities()[0].as_str()), (3, "number 26322000004478296111"));
    }

    #[test]
    fn what_the_status_says_and_whose_it_is() {
        let mut line = line();
        assert_eq!((line.is_reversed(), line.is_cancelled()), (true, false));
        assert_eq!(line.direction("12100000400000624D"), Some(Direction::Received));
        assert_eq!(line.direction("91350100M000100Y43"), Some(Direction::Issued));
        assert_eq!(line.direction("1"), None);
        line.status = "已作废".into();
        assert_eq!((line.is_reversed(), line.is_cancelled()), (false, true));
    }
}
