//! Where two invoices that are one say something else. Not here: which are one (identity.rs, app).

use super::area::AreaKind;
use super::checks::{NET, SELLER, TAX, marks_no_sum};
use super::forms::is_same;
use super::identity::serial;
use super::invoice::Invoice;
use super::money::amount;
use super::portal::{BUYER_NUMBER, SELLER_NUMBER};
use super::region;
use super::text::is_blank;

/// What is compared, the most important first.
fn compared() -> [&'static str; 10] {
    let [money, date, buyer] = [AreaKind::Money, AreaKind::Date, AreaKind::Head].map(AreaKind::pos_id);
    let [number, code] = [AreaKind::InvoiceId, AreaKind::InvoiceCode].map(AreaKind::pos_id);
    [money, date, buyer, BUYER_NUMBER, SELLER, SELLER_NUMBER, NET, TAX, number, code]
}

/// No tax is printed as stars or words.
fn is_nothing(sum: &str, marks: &str) -> bool {
    amount(sum) == Some(0) && marks_no_sum(marks)
}

/// The `pos_id`s of what both state, and not the same, however it is spelt.
pub fn differs(one: &Invoice, other: &Invoice) -> Vec<&'static str> {
    let differs = |pos_id: &&str| {
        let kind = AreaKind::of_pos_id(pos_id);
        let text = |invoice: &Invoice| {
            let text = if kind == AreaKind::Date { region::date_of(&invoice.regions) } else { invoice.text(pos_id) };
            text.filter(|text| !is_blank(text)).map(str::to_uppercase)
        };
        let (Some(a), Some(b)) = (text(one), text(other)) else { return false };
        match kind {
            AreaKind::InvoiceId | AreaKind::InvoiceCode => serial(&a) != serial(&b),
            _ => !is_same(pos_id, &a, &b) && !is_nothing(&a, &b) && !is_nothing(&b, &a),
        }
    };
    compared().into_iter().filter(differs).collect()
}
