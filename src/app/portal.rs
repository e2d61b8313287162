//! The tax portal's list of a month beside the box's invoices: which are missing, which differ, which are not on it. Computed when it is
//! asked for. Not here: taking lists in (portal_lists.rs), what is compared (domain/portal.rs).

use super::invoice_lists::{self, Filter};
use super::{kin, portal_lists};
use crate::domain::identity::same_as;
use crate::domain::ids::{CompanyId, InvoiceId};
use crate::domain::invoice::Invoice;
use crate::domain::portal::{Difference, Direction, PortalLine, PortalList, is_beyond_the_portal};
use crate::domain::totals::Class;
use crate::store::tables::{INVOICES, INVOICES_BY_IDENTITY, PORTAL_BY_IDENTITY, PORTAL_LINES};
use crate::store::{StoreError, View};
use std::collections::{BTreeMap, HashMap};

/// Invoices of one line that are looked at.
const TWINS_MAX: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Missing,
    Differs,
    /// The box has it, and the list does not.
    NotListed,
    NotOurs,
    Have,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub company: CompanyId,
    /// `None`: the newest there is a list of.
    pub month: Option<String>,
    /// The company's own; `None`: the one that most lines name.
    pub tax_number: Option<String>,
    pub direction: Option<Direction>,
    pub state: Option<State>,
    /// The `key` of the last one seen.
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub state: State,
    pub line: PortalLine,
    pub direction: Option<Direction>,
    pub differs: Vec<Difference>,
    /// The one compared with first.
    pub invoices: Vec<(InvoiceId, Class)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub count: u64,
    /// Without those apart.
    pub fen: i128,
    /// Cancelled, or a duplicate that is not listed.
    pub apart: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    pub month: Option<String>,
    /// Of which there are lists, ascending.
    pub months: Vec<String>,
    /// Ours, with its name in the list.
    pub tax_number: Option<(String, String)>,
    pub dates: Option<(String, String)>,
    pub lists: Vec<PortalList>,
    /// By place in the list, in order.
    pub page: BTreeMap<String, Entry>,
    pub has_more: bool,
    pub total: u64,
    /// By `State`.
    pub parts: [Part; 5],
    /// Invoices of the month that can't be looked for in the list: those without a number, and those of other paper.
    pub without_number: u64,
    pub other_papers: u64,
}

/// Skips from month to month.
fn months(view: &View<'_>, company: CompanyId) -> Result<Vec<String>, StoreError> {
    let (mut found, mut from) = (Vec::<String>::new(), String::new());
    while let Some(row) = view.range(&PORTAL_LINES, &(company, from), &company, false).next() {
        let ((_, month, _), _) = row?;
        from = format!("{month}\u{1}");
        found.push(month);
    }
    Ok(found)
}

fn lines<'v>(view: &View<'v>, company: CompanyId, month: &str) -> impl Iterator<Item = Result<PortalLine, StoreError>> + use<'v> {
    view.scan(&PORTAL_LINES, &(company, month.to_owned()), false).map(|row| row.map(|(_, line)| line))
}

/// What the lines say together: their dates, and the tax number that most of them name; none where two are named as often.
fn whose(view: &View<'_>, company: CompanyId, month: &str, found: &mut Reconciled) -> Result<(), StoreError> {
    let mut named: HashMap<String, (u64, String)> = HashMap::new();
    for line in lines(view, company, month) {
        let PortalLine { date, seller, buyer, .. } = line?;
        let dates = found.dates.get_or_insert_with(|| (date.clone(), date.clone()));
        (dates.0, dates.1) = (date.clone().min(dates.0.clone()), date.max(dates.1.clone()));
        let is_one = seller.number == buyer.number;
        for party in [Some(seller), (!is_one).then_some(buyer)].into_iter().flatten().filter(|party| !party.number.is_empty()) {
            let times = named.entry(party.number).or_default();
            (times.0, times.1) = (times.0 + 1, party.name);
        }
    }
    if let Some((number, name)) = &mut found.tax_number {
        *name = named.remove(number).map(|(_, name)| name).unwrap_or_default();
        return Ok(());
    }
    let most = named.values().map(|(times, _)| *times).max().unwrap_or_default();
    let mut first = named.into_iter().filter(|(_, (times, _))| *times == most);
    found.tax_number = first.next().filter(|_| first.next().is_none()).map(|(number, (_, name))| (number, name));
    Ok(())
}

pub fn reconcile(view: &View<'_>, asked: &Asked) -> Result<Reconciled, StoreError> {
    let mut found = Reconciled { months: months(view, asked.company)?, ..Reconciled::default() };
    found.month = asked.month.clone().or_else(|| found.months.last().cloned());
    found.tax_number = asked.tax_number.clone().map(|number| (number, String::new()));
    let Some(month) = found.month.clone() else { return Ok(found) };
    found.lists = portal_lists::lists_of(view, asked.company, &month)?;
    whose(view, asked.company, &month, &mut found)?;
    // Without a list, nothing is missing from one.
    if found.dates.is_none() {
        return Ok(found);
    }
    let mut compared = Compared { view, asked, ours: found.tax_number.clone(), found };
    let void = compared.invoices(&month)?;
    for line in lines(view, asked.company, &month) {
        let line = line?;
        let matching = compared.matching(&line, &void)?;
        let entry = compared.entry(line, matching);
        compared.keep(entry);
    }
    Ok(compared.found)
}

struct Compared<'a> {
    view: &'a View<'a>,
    asked: &'a Asked,
    ours: Option<(String, String)>,
    found: Reconciled,
}

type Void = HashMap<String, Vec<InvoiceId>>;

impl Compared<'_> {
    fn direction(&self, line: &PortalLine) -> Option<Direction> {
        self.ours.as_ref().and_then(|(ours, _)| line.direction(ours))
    }

    /// Keeps those that are not listed; returns the void ones, which no index has.
    fn invoices(&mut self, month: &str) -> Result<Void, StoreError> {
        let (view, company) = (self.view, self.asked.company);
        let (mut void, mut failed) = (Void::new(), None);
        let filter = Filter { scope: Some(company), ..Filter::default() };
        invoice_lists::walk(view, &filter, None, |invoice| {
            if invoice.void.is_some() {
                invoice.known_as().into_iter().for_each(|identity| void.entry(identity).or_default().push(invoice.id));
            } else if invoice.date().is_some_and(|date| date.starts_with(month)) {
                failed = self.unlisted(&invoice).err();
            }
            failed.is_none()
        })?;
        failed.map_or(Ok(void), Err)
    }

    fn unlisted(&mut self, invoice: &Invoice) -> Result<(), StoreError> {
        for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
            if let Some(row) = self.view.scan(&PORTAL_BY_IDENTITY, &(self.asked.company, identity), false).next() {
                return row.map(|_| ());
            }
        }
        if is_beyond_the_portal(invoice.kind) {
            self.found.other_papers += 1;
            return Ok(());
        }
        let Some(line) = PortalLine::of(invoice) else {
            self.found.without_number += 1;
            return Ok(());
        };
        let direction = self.direction(&line);
        let invoices = vec![(invoice.id, kin::class(self.view, invoice)?)];
        self.keep(Entry { state: State::NotListed, line, direction, differs: Vec::new(), invoices });
        Ok(())
    }

    /// The box's invoices of a line, those that count first.
    fn matching(&self, line: &PortalLine, void: &Void) -> Result<Vec<(Invoice, Class)>, StoreError> {
        let mut places: Vec<(u8, InvoiceId)> = Vec::new();
        for identity in line.looked_for() {
            let rows = self.view.scan(&INVOICES_BY_IDENTITY, &(self.asked.company, identity.clone()), false).take(TWINS_MAX);
            for row in rows {
                let ((_, _, rank, id), ()) = row?;
                places.push((rank, id));
            }
            places.extend(void.get(&identity).into_iter().flatten().map(|id| (u8::MAX, *id)));
        }
        places.sort_unstable();
        places.dedup();
        let mut invoices = Vec::new();
        for (_, id) in places.into_iter().take(TWINS_MAX) {
            if let Some(invoice) = self.view.get(&INVOICES, &id)? {
                let class = kin::class(self.view, &invoice)?;
                invoices.push((invoice, class));
            }
        }
        // Of those that count alike, the surest stays first.
        invoices.sort_by_key(|(_, class)| match class {
            Class::Confirmed => 0,
            Class::Waiting => 1,
            Class::Duplicate => 2,
            Class::Void => 3,
        });
        Ok(invoices)
    }

    fn entry(&self, line: PortalLine, matching: Vec<(Invoice, Class)>) -> Entry {
        let direction = self.direction(&line);
        // What is cancelled here and there is agreed on.
        let there = matching.first().filter(|(_, class)| *class != Class::Void || line.is_cancelled());
        let mut differs = there.map(|(invoice, _)| line.differs(invoice)).unwrap_or_default();
        if let Some((_, class)) = there.filter(|(_, class)| *class != Class::Void)
            && line.is_cancelled()
        {
            differs.push(Difference { field: "status", list: line.status.clone(), own: class.word().to_owned() });
        }
        let state = match there {
            _ if self.ours.is_some() && direction.is_none() => State::NotOurs,
            None => State::Missing,
            Some(_) if differs.is_empty() => State::Have,
            Some(_) => State::Differs,
        };
        let invoices = matching.iter().map(|(invoice, class)| (invoice.id, *class)).collect();
        Entry { state, line, direction, differs, invoices }
    }

    /// Counts it, and keeps it where it belongs to the page.
    fn keep(&mut self, entry: Entry) {
        if self.asked.direction.is_some_and(|wanted| entry.direction != Some(wanted)) {
            return;
        }
        let (asked, found) = (self.asked, &mut self.found);
        let is_apart = match entry.state {
            State::NotListed => entry.invoices.iter().all(|(_, class)| *class == Class::Duplicate),
            _ => entry.line.is_cancelled(),
        };
        let part = &mut found.parts[entry.state as usize];
        part.count += 1;
        part.apart += u64::from(is_apart);
        part.fen += entry.line.total.filter(|_| !is_apart).map_or(0, i128::from);
        if asked.state.is_some_and(|wanted| entry.state != wanted) {
            return;
        }
        found.total += 1;
        let id = entry.invoices.first().filter(|_| entry.state == State::NotListed).map_or(0, |(id, _)| id.0);
        let place = format!("{}{} {} {} {id}", entry.state as u8, u8::from(is_apart), entry.line.date, entry.line.key());
        if asked.after.as_ref().is_some_and(|after| place <= *after) {
            return;
        }
        found.page.insert(place, entry);
        if found.page.len() > asked.limit {
            found.page.pop_last();
            found.has_more = true;
        }
    }
}
