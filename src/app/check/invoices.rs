//! Checks invoices, which of them are one, their totals, and the lists of the tax portal.

use super::super::portal_lists::LISTS_COUNTER;
use super::super::{faults, kin, recount};
use super::Check;
use crate::domain::ids::{CompanyId, InvoiceId};
use crate::domain::invoice::Standing;
use crate::store::StoreError;
use crate::store::tables::{
    ACTIONS, CANDIDATES, CORNERS, CORRECTIONS, FAULTS, FAULTS_BY_COMPANY, HANDED_OUT, INVOICE_RANKS, INVOICES,
    INVOICES_AS_THEY_CAME, INVOICES_BY_COMPANY, INVOICES_BY_IDENTITY, INVOICES_DECIDED, ITEMS, LOG, MARKED, PICTURES,
    PORTAL_BY_IDENTITY, PORTAL_LINES, PORTAL_LISTS, REDS, TOTALS,
};
use std::collections::BTreeMap;

impl Check<'_> {
    pub(super) fn invoices(&mut self) -> Result<(), StoreError> {
        self.each(&HANDED_OUT, |check, (block, time, number), _| {
            check.is_there(&LOG, &(time, number), &format!("handed out: block {block}"))
        })?;
        let (mut highest, mut reds, mut faults) = (0, 0, BTreeMap::<CompanyId, u64>::new());
        let invoices = self.each(&INVOICES, |check, id: InvoiceId, invoice| {
            highest = highest.max(id.0);
            let named_by = format!("invoice {id}");
            check.is_there(&INVOICES_BY_COMPANY, &(invoice.company, id), &named_by)?;
            check.is_there(&PICTURES, &invoice.picture.id, &named_by)?;
            check.is_there(&ACTIONS, &invoice.action, &named_by)?;
            if let Some(blue) = invoice.blue_identity() {
                reds += 1;
                check.is_there(&REDS, &(invoice.company, blue, id), &named_by)?;
            }
            if invoice.standing == Standing::Reading {
                let is_read = check.reading.contains(&id);
                check.expect(is_read, || format!("invoices: {id} is being read, but no action is to read it"));
            }
            let waits = invoice.is_fault();
            *faults.entry(invoice.company).or_default() += u64::from(waits);
            for listed in [check.view.has(&FAULTS, &id)?, check.view.has(&FAULTS_BY_COMPANY, &(invoice.company, id))?] {
                check
                    .expect(listed == waits, || format!("faults: invoice {id} waits for a person or not, but is listed otherwise"));
            }
            Ok(())
        })?;
        let found = match recount::count(self.view) {
            Ok(found) => found,
            // Reported already, where the row was read.
            Err(StoreError::Corrupt { .. }) => BTreeMap::new(),
            Err(e) => return Err(e),
        };
        self.each(&TOTALS, |check, whose, totals| {
            let counted = found.get(&whose).copied().unwrap_or_default();
            check.expect(totals == counted, || format!("totals: {whose:?} are {totals:?}, and {counted:?} are counted"));
            Ok(())
        })?;
        for (whose, counted) in found {
            self.points(&TOTALS, whose, &counted)?;
        }
        let by_company = self.each(&INVOICES_BY_COMPANY, |_, _, ()| Ok(()))?;
        let listed_reds = self.each(&REDS, |_, _, ()| Ok(()))?;
        self.expect(listed_reds == reds, || format!("red invoices: {reds}, listed {listed_reds}"));
        self.expect(by_company == invoices, || format!("invoices: {invoices}, by company {by_company}"));
        self.twins()?;
        let all: u64 = faults.values().sum();
        let listed = [self.each(&FAULTS, |_, _, ()| Ok(()))?, self.each(&FAULTS_BY_COMPANY, |_, _, ()| Ok(()))?];
        self.expect(listed == [all; 2], || format!("faults: {all}, listed {listed:?}"));
        self.total(faults::ALL, all)?;
        for (company, number) in faults {
            self.total(&faults::counter(company), number)?;
        }
        self.each(&CORRECTIONS, |check, (id, _), _| check.is_there(&INVOICES, &id, "a correction"))?;
        self.each(&ITEMS, |check, (id, _), _| check.is_there(&INVOICES, &id, "its lines"))?;
        self.each(&CANDIDATES, |check, id, _| check.is_there(&INVOICES, &id, "what its templates came to"))?;
        self.each(&CORNERS, |check, id, _| check.is_there(&INVOICES, &id, "where it lies on its page"))?;
        self.each(&MARKED, |check, id, _| check.is_there(&ACTIONS, &id, "its papers, marked by a person"))?;
        self.allotted("invoices", highest)
    }

    /// Which invoices are one, and which of them comes first.
    fn twins(&mut self) -> Result<(), StoreError> {
        let (mut identities, mut decided) = (0, 0);
        for row in self.view.scan(&INVOICES, &(), false) {
            // Reported already.
            let Ok((id, invoice)) = row else { continue };
            let (place, named_by) = (kin::place(self.view, &invoice)?, format!("invoice {id}"));
            for row in kin::rows(&invoice, place) {
                identities += 1;
                self.is_there(&INVOICES_BY_IDENTITY, &row, &named_by)?;
                if !invoice.decisions.is_empty() {
                    decided += 1;
                    self.is_there(&INVOICES_DECIDED, &row, &named_by)?;
                }
            }
            for of in invoice.decisions.iter().map(|decision| decision.of) {
                if let Some(other) = self.view.get(&INVOICES, &of)? {
                    let comes_first = kin::place(self.view, &other)? < place;
                    self.expect(comes_first, || format!("invoices: {id} has a decision on {of}, which does not come before it"));
                }
            }
        }
        let listed = (self.each(&INVOICES_BY_IDENTITY, |_, _, ()| Ok(()))?, self.each(&INVOICES_DECIDED, |_, _, ()| Ok(()))?);
        self.expect(listed == (identities, decided), || {
            format!("invoices: {identities} identities and {decided} of decided ones, listed {listed:?}")
        });
        self.each(&INVOICES_AS_THEY_CAME, |check, row, ()| {
            check.say(format!("invoices by identity: {row:?} is of an older format"));
            Ok(())
        })?;
        self.each(&INVOICE_RANKS, |check, id, _| check.is_there(&INVOICES, &id, "its rank")).map(|_| ())
    }

    pub(super) fn portal(&mut self) -> Result<(), StoreError> {
        let (mut highest, mut identities) = (0, 0);
        self.each(&PORTAL_LINES, |check, (company, month, key), line| {
            check
                .expect(line.key() == key && line.month() == month, || format!("portal lines: {key} of {month} is {}", line.key()));
            for identity in line.identities() {
                identities += 1;
                check.points(&PORTAL_BY_IDENTITY, (company, identity, key.clone()), &month)?;
            }
            Ok(())
        })?;
        let listed = self.each(&PORTAL_BY_IDENTITY, |_, _, _| Ok(()))?;
        self.expect(listed == identities, || format!("portal lines: {identities} identities, {listed} listed"));
        self.each(&PORTAL_LISTS, |_, (_, number), _| {
            highest = number.max(highest);
            Ok(())
        })?;
        self.allotted(LISTS_COUNTER, highest)
    }
}
