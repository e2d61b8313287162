//! Filtering invoices, putting what is found in an order and adding it up. Not here: the invoices themselves (invoices.rs), orders and
//! words (domain/order.rs, domain/search.rs).

use super::invoices::EVERYBODY;
use super::kin::class;
use crate::domain::area::AreaKind;
use crate::domain::checks::SELLER;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::order::{Order, Place};
use crate::domain::search::Sought;
use crate::domain::totals::{Class, Totals};
use crate::store::tables::{INVOICES, INVOICES_BY_COMPANY, TOTALS};
use crate::store::{StoreError, View};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    pub text: Option<Sought>,
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
            && self.text.as_ref().is_none_or(|sought| sought.fits(invoice));
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

/// Where a page ends.
#[derive(Clone, Debug)]
pub enum Cursor {
    Id(InvoiceId),
    Place(Place),
}

#[derive(Debug)]
pub struct Page {
    pub invoices: Vec<Invoice>,
    /// If there are more.
    pub next: Option<Cursor>,
    /// Of all that fit.
    pub totals: Totals,
}

/// `order`: newest first without one.
pub fn page(
    view: &View<'_>,
    filter: &Filter,
    order: Option<Order>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page, StoreError> {
    // Only the overall totals are stored; a filter's need a walk.
    let is_whole = filter.lets_all_through();
    let mut counted = if is_whole { totals(view, filter.scope)? } else { Totals::default() };
    let mut failed = None;
    let mut count = |invoice: &Invoice| {
        if !is_whole {
            match class(view, invoice) {
                Ok(class) => counted.add(invoice, class),
                Err(e) => failed = Some(e),
            }
        }
    };
    let (mut invoices, next) = match (order, after) {
        (Some(order), after) => {
            let after = after.and_then(|cursor| if let Cursor::Place(place) = cursor { Some(place) } else { None });
            // All are read for each page; no more than a page and one are held.
            let mut first = BTreeMap::new();
            walk(view, filter, None, |found| {
                count(&found);
                let place = order.place(&found);
                if after.as_ref().is_none_or(|after| place > *after) {
                    first.insert(place, found);
                }
                if first.len() > limit + 1 {
                    first.pop_last();
                }
                true
            })?;
            let next = first.keys().nth(limit.saturating_sub(1)).filter(|_| first.len() > limit).cloned().map(Cursor::Place);
            (first.into_values().collect::<Vec<_>>(), next)
        }
        (None, after) => {
            let before = after.and_then(|cursor| if let Cursor::Id(id) = cursor { Some(id) } else { None });
            let mut page: Vec<Invoice> = Vec::new();
            walk(view, filter, before.filter(|_| is_whole), |found| {
                count(&found);
                if page.len() <= limit && before.is_none_or(|before| found.id < before) {
                    page.push(found);
                }
                !is_whole || page.len() <= limit
            })?;
            let next = page.get(limit.saturating_sub(1)).filter(|_| page.len() > limit).map(|last| Cursor::Id(last.id));
            (page, next)
        }
    };
    if let Some(e) = failed {
        return Err(e);
    }
    invoices.truncate(limit);
    Ok(Page { invoices, next, totals: counted })
}

/// At most so many are put in an order as a whole: some 30 MiB.
pub const IN_ORDER_MAX: usize = 200_000;

/// All that fit, by their ids; `None`: too many.
pub fn in_order(view: &View<'_>, filter: &Filter, order: Order) -> Result<Option<Vec<InvoiceId>>, StoreError> {
    let mut all: Vec<(Place, InvoiceId)> = Vec::new();
    walk(view, filter, None, |found| {
        all.push((order.place(&found), found.id));
        all.len() <= IN_ORDER_MAX
    })?;
    all.sort_unstable();
    Ok((all.len() <= IN_ORDER_MAX).then(|| all.into_iter().map(|(_, id)| id).collect()))
}

/// All that fit, some at a time: newest first, or as `ids` has them.
#[derive(Clone, Debug)]
pub struct Walk {
    filter: Filter,
    ids: Option<Arc<[InvoiceId]>>,
    passed: usize,
    before: Option<InvoiceId>,
}

impl Walk {
    pub fn new(filter: Filter, ids: Option<Vec<InvoiceId>>) -> Self {
        Self { filter, ids: ids.map(Into::into), passed: 0, before: None }
    }

    /// Empty at the end only.
    pub fn some(&mut self, view: &View<'_>, most: usize) -> Result<Vec<Invoice>, StoreError> {
        let mut page = Vec::new();
        if let Some(ids) = &self.ids {
            while let Some(id) = ids.get(self.passed).filter(|_| page.len() < most) {
                self.passed += 1;
                // It may have become another since.
                if let Some(found) = view.get(&INVOICES, id)?
                    && self.filter.fits(view, &found)?
                {
                    page.push(found);
                }
            }
            return Ok(page);
        }
        walk(view, &self.filter, self.before, |found| {
            page.push(found);
            page.len() < most
        })?;
        self.before = page.last().map_or(Some(InvoiceId(0)), |last| Some(last.id));
        Ok(page)
    }
}
