//! Filtering invoices and adding up what is found. Not here: the invoices themselves (invoices.rs).

use super::invoices::EVERYBODY;
use super::kin::class;
use crate::domain::area::AreaKind;
use crate::domain::checks::SELLER;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::totals::{Class, Totals};
use crate::store::tables::{INVOICES, INVOICES_BY_COMPANY, TOTALS};
use crate::store::{StoreError, View};

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub scope: Option<CompanyId>,
    /// When it was read.
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    /// `Some(None)`: without a template.
    pub template: Option<Option<TemplateId>>,
    pub fault: Option<bool>,
    pub standing: Option<Standing>,
    /// Counts as a duplicate.
    pub duplicate: Option<bool>,
    pub void: Option<bool>,
    /// Counts as confirmed.
    pub counted: Option<bool>,
    /// 开票日期, `yyyy-MM-dd`, inclusive.
    pub dates: (Option<String>, Option<String>),
    /// 金额 in fen, inclusive.
    pub amounts: (Option<i64>, Option<i64>),
    /// On the wire, its `kind` and `source`.
    pub kind: Option<String>,
    pub source: Option<String>,
    pub action: Option<ActionId>,
    /// Parts of the number, the seller and the buyer.
    pub number: Option<String>,
    pub seller: Option<String>,
    pub buyer: Option<String>,
    /// Part of a field, the user's name, the file name or a fault's reason.
    pub text: Option<String>,
}

fn is_within<T: PartialOrd>(value: Option<&T>, (least, most): (Option<&T>, Option<&T>)) -> bool {
    least.is_none_or(|least| value.is_some_and(|v| v >= least)) && most.is_none_or(|most| value.is_some_and(|v| v <= most))
}

impl Filter {
    /// Only the scope restricts.
    pub fn lets_all_through(&self) -> bool {
        let Self { scope: _, from, to, template, fault, standing, duplicate, void, counted, dates, amounts, text, .. } = self;
        let Self { kind, source, action, number, seller, buyer, .. } = self;
        let times = from.is_none() && to.is_none() && dates.0.is_none() && dates.1.is_none();
        let states = fault.is_none() && standing.is_none() && duplicate.is_none() && void.is_none() && counted.is_none();
        let papers =
            kind.is_none() && source.is_none() && action.is_none() && number.is_none() && seller.is_none() && buyer.is_none();
        times && states && papers && template.is_none() && amounts.0.is_none() && amounts.1.is_none() && text.is_none()
    }

    pub fn fits(&self, view: &View<'_>, invoice: &Invoice) -> Result<bool, StoreError> {
        let contains = |text: &String| {
            invoice.user_name.contains(text)
                || invoice.file_name.contains(text)
                || invoice.regions.iter().any(|r| r.text.contains(text))
                || invoice.reasons.iter().any(|r| r.zh().contains(text) || r.en().contains(text))
        };
        let holds = |pos_id: &str, part: Option<&String>| {
            part.is_none_or(|part| invoice.text(pos_id).is_some_and(|text| text.contains(part)))
        };
        let fits = self.from.is_none_or(|from| invoice.recognised >= from)
            && self.to.is_none_or(|to| invoice.recognised <= to)
            && self.template.is_none_or(|id| invoice.template == id)
            && self.fault.is_none_or(|fault| invoice.is_fault() == fault)
            && self.standing.is_none_or(|standing| invoice.standing == standing)
            && self.void.is_none_or(|void| invoice.void.is_some() == void)
            && is_within(invoice.date().as_ref(), (self.dates.0.as_ref(), self.dates.1.as_ref()))
            && is_within(invoice.amount().as_ref(), (self.amounts.0.as_ref(), self.amounts.1.as_ref()))
            && self.kind.as_ref().is_none_or(|kind| invoice.kind_word() == kind)
            && self.source.as_ref().is_none_or(|source| invoice.picture.format.source() == source)
            && self.action.is_none_or(|action| invoice.action == action)
            && holds(AreaKind::InvoiceId.pos_id(), self.number.as_ref())
            && holds(SELLER, self.seller.as_ref())
            && holds(AreaKind::Head.pos_id(), self.buyer.as_ref())
            && self.text.as_ref().is_none_or(contains);
        if !fits || self.duplicate.is_none() && self.counted.is_none() {
            return Ok(fits);
        }
        let class = class(view, invoice)?;
        Ok(self.duplicate.is_none_or(|wanted| (class == Class::Duplicate) == wanted)
            && self.counted.is_none_or(|wanted| (class == Class::Confirmed) == wanted))
    }
}

/// Of all invoices in the scope.
pub fn totals(view: &View<'_>, scope: Option<CompanyId>) -> Result<Totals, StoreError> {
    Ok(view.get(&TOTALS, &scope.unwrap_or(EVERYBODY))?.unwrap_or_default())
}

/// Newest first, before `before`, until `each` returns false.
pub fn walk(
    view: &View<'_>,
    filter: &Filter,
    before: Option<InvoiceId>,
    mut each: impl FnMut(Invoice) -> bool,
) -> Result<(), StoreError> {
    let last = InvoiceId(before.map_or(u64::MAX, |id| id.0.saturating_sub(1)));
    let invoices: Box<dyn Iterator<Item = Result<Option<Invoice>, StoreError>>> = match filter.scope {
        Some(company) => {
            let rows = view.range(&INVOICES_BY_COMPANY, &(company, InvoiceId(0)), &(company, last), true);
            Box::new(rows.map(|row| row.and_then(|((_, id), ())| view.get(&INVOICES, &id))))
        }
        None => Box::new(view.range(&INVOICES, &InvoiceId(0), &last, true).map(|row| row.map(|(_, invoice)| Some(invoice)))),
    };
    for invoice in invoices {
        if let Some(invoice) = invoice?
            && filter.fits(view, &invoice)?
            && !each(invoice)
        {
            break;
        }
    }
    Ok(())
}
