//! Reads the whole store and reports what is wrong: unreadable rows, indexes and totals that disagree with their rows, dangling
//! references, damaged pictures. Changes nothing.

use super::claims::CLAIMS_COUNTER;
use super::devices::{DEVICES_COUNTER, SEQUENCE_COUNTER, UNPRINTED_COUNTER};
use super::portal_lists::LISTS_COUNTER;
use super::{faults, kin, log, recount};
use crate::domain::action::{Job, Queue, State};
use crate::domain::device::{Listed, canonical_cpuid};
use crate::domain::ids::{CompanyId, InvoiceId, PictureId};
use crate::domain::news::News;
use crate::store::blobs::Blobs;
use crate::store::key::Key;
use crate::store::record::Record;
use crate::store::tables::{
    ACTIONS, CANDIDATES, CLAIMS, COMPANIES, CONFLICTS, CONFLICTS_BY_PAIR, CORNERS, CORRECTIONS, COUNTERS, DEVICES,
    DEVICES_BY_CPUID, DEVICES_BY_TIME, DEVICES_UNPRINTED, FAULTS, FAULTS_BY_COMPANY, GROUPS, IMPORTED, IMPORTS, INVOICE_RANKS,
    INVOICES, INVOICES_AS_THEY_CAME, INVOICES_BY_COMPANY, INVOICES_BY_IDENTITY, INVOICES_DECIDED, LABEL_LOOKS, LOG, LOG_INDEX,
    LOG_KEYS, MARKED, NEWS, PAUSE, PICTURES, PORTAL_BY_IDENTITY, PORTAL_LINES, PORTAL_LISTS, PRINTS, QUEUES, REDS, RETIRED,
    RUNNING, SESSIONS, SETTINGS, STEPS, TEMPLATES, TEMPLATES_BY_COMPANY, TOKENS, TOKENS_BY_HASH, TOTALS, TWINS, Table, UPLOAD_KEYS,
    UPLOAD_KEYS_BY_TIME, USERS, USERS_BY_NAME,
};
use crate::store::{StoreError, View};
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Debug, Default)]
pub struct Findings {
    pub rows: u64,
    pub pictures: u64,
    pub wrong: u64,
    /// The first `PROBLEMS_MAX`.
    pub problems: Vec<String>,
}

const PROBLEMS_MAX: usize = 100;

struct Check<'a> {
    view: &'a View<'a>,
    findings: Findings,
}

/// `view` must see the store at rest.
pub fn check(view: &View<'_>, blobs: &Blobs) -> Result<Findings, StoreError> {
    let mut check = Check { view, findings: Findings::default() };
    check.counters()?;
    check.accounts()?;
    check.devices()?;
    check.imports_and_label_looks()?;
    check.queues()?;
    check.pictures(blobs)?;
    check.templates()?;
    check.invoices()?;
    check.portal()?;
    check.log()?;
    check.news()?;
    Ok(check.findings)
}

impl Check<'_> {
    fn say(&mut self, problem: String) {
        self.findings.wrong += 1;
        if self.findings.problems.len() < PROBLEMS_MAX {
            self.findings.problems.push(problem);
        }
    }

    fn expect(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.say(problem());
        }
    }

    /// Visits and counts a table's rows; an unreadable one is a problem.
    fn each<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        mut look: impl FnMut(&mut Self, K, V) -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        let mut number = 0;
        for row in self.view.scan(table, &(), false) {
            number += 1;
            match row {
                Ok((key, value)) => look(self, key, value)?,
                Err(e @ StoreError::Corrupt { .. }) => self.say(e.to_string()),
                Err(e) => return Err(e),
            }
        }
        self.findings.rows += number;
        Ok(number)
    }

    /// An index row, or one that another row names.
    fn points<K: Key + Debug, V: Record + PartialEq + Debug>(
        &mut self,
        table: &Table<K, V>,
        key: K,
        to: &V,
    ) -> Result<(), StoreError> {
        let found = self.view.get(table, &key)?;
        self.expect(found.as_ref() == Some(to), || format!("{}: {key:?} should be {to:?}, not {found:?}", table.name));
        Ok(())
    }

    fn is_there<K: Key + Debug, V: Record>(&mut self, table: &Table<K, V>, key: &K, named_by: &str) -> Result<(), StoreError> {
        let found = self.view.has(table, key)?;
        self.expect(found, || format!("{}: {key:?}, named by {named_by}, is not there", table.name));
        Ok(())
    }

    fn total(&mut self, counter: &str, number: u64) -> Result<(), StoreError> {
        let total = self.view.counter(counter)?;
        self.expect(total == number, || format!("counters: {counter} is {total}, and there are {number}"));
        Ok(())
    }

    /// Numbers only grow and are never reused.
    fn allotted(&mut self, counter: &str, highest: u64) -> Result<(), StoreError> {
        let last = self.view.counter(counter)?;
        self.expect(last >= highest, || format!("counters: {counter} is {last}, and {highest} is allotted"));
        Ok(())
    }

    /// News are numbered without gaps and name existing log rows; claims agree with their count.
    fn news(&mut self) -> Result<(), StoreError> {
        let mut last = None;
        self.each(&NEWS, |check, number, news| {
            let follows = last.replace(number).is_none_or(|before: u64| before + 1 == number);
            check.expect(follows, || format!("news: {number} does not follow the one before it"));
            match news {
                News::Logged(time, row) => check.is_there(&LOG, &(time, row), &format!("news {number}")),
                _ => Ok(()),
            }
        })?;
        let claims = self.each(&CLAIMS, |_, _, _| Ok(()))?;
        self.total(CLAIMS_COUNTER, claims)
    }

    fn counters(&mut self) -> Result<(), StoreError> {
        self.each(&COUNTERS, |_, _, _| Ok(()))?;
        self.each(&SETTINGS, |_, _, _| Ok(()))?;
        self.each(&PAUSE, |_, _, _| Ok(()))?;
        Ok(())
    }

    fn accounts(&mut self) -> Result<(), StoreError> {
        let mut highest = [0; 4];
        self.each(&COMPANIES, |_, id, _| {
            highest[0] = id.0.max(highest[0]);
            Ok(())
        })?;
        self.each(&GROUPS, |check, id, group| {
            highest[1] = id.0.max(highest[1]);
            check.is_there(&COMPANIES, &group.company, &format!("group {id}"))
        })?;
        self.each(&USERS, |check, id, user| {
            highest[2] = id.0.max(highest[2]);
            let named_by = format!("user {id}");
            check.points(&USERS_BY_NAME, user.name.clone(), &id)?;
            check.is_there(&COMPANIES, &user.company, &named_by)?;
            user.group.map_or(Ok(()), |group| check.is_there(&GROUPS, &group, &named_by))
        })?;
        self.each(&USERS_BY_NAME, |check, name, id| {
            let found = check.view.get(&USERS, &id)?;
            check.expect(found.is_some_and(|user| user.name == name), || format!("users by name: {name:?} is not user {id}'s"));
            Ok(())
        })?;
        self.each(&SESSIONS, |check, _, session| check.is_there(&USERS, &session.user, "a session"))?;
        self.each(&TOKENS, |check, id, token| {
            highest[3] = id.0.max(highest[3]);
            check.points(&TOKENS_BY_HASH, token.hash, &id.0)?;
            check.is_there(&USERS, &token.user, &format!("token {id}"))
        })?;
        let (tokens, hashes) = (self.each(&TOKENS, |_, _, _| Ok(()))?, self.each(&TOKENS_BY_HASH, |_, _, _| Ok(()))?);
        self.expect(tokens == hashes, || format!("tokens: {tokens}, by hash: {hashes}"));
        for (counter, highest) in ["companies", "groups", "users", "tokens"].into_iter().zip(highest) {
            self.allotted(counter, highest)?;
        }
        Ok(())
    }

    fn devices(&mut self) -> Result<(), StoreError> {
        let (mut unprinted, mut highest) = (0, 0);
        let devices = self.each(&DEVICES, |check, sn, device| {
            let (arrival, cpuid) = ((device.registered, device.sequence), canonical_cpuid(&device.cpuid));
            highest = highest.max(device.sequence);
            check.expect(sn == device.sn, || format!("devices: {sn} is {}", device.sn));
            if !check.view.has(&TWINS, &(cpuid.clone(), sn.clone()))? {
                check.points(&DEVICES_BY_CPUID, cpuid, &sn)?;
            }
            if let Some(import) = device.import {
                check.is_there(&IMPORTED, &(import, sn.clone()), "its device")?;
            }
            // Rows from before format 3 have no CPU id.
            let listed = check.view.get(&DEVICES_BY_TIME, &arrival)?;
            let is_it = |l: &Listed| l.sn == sn && l.cpuid.as_ref().is_none_or(|cpuid| *cpuid == device.cpuid);
            check.expect(listed.as_ref().is_some_and(is_it), || {
                format!("devices by time: {arrival:?} should be {sn}, not {listed:?}")
            });
            unprinted += u64::from(!device.is_printed());
            let listed = check.view.get(&DEVICES_UNPRINTED, &arrival)?;
            check.expect((listed.as_ref() == Some(&sn)) != device.is_printed(), || {
                format!("unprinted devices: {sn} has a label or not, but is listed otherwise")
            });
            let prints = check.view.scan(&PRINTS, &sn, false).count();
            check.expect(prints <= device.prints as usize, || format!("prints: {sn} has {prints} of {}", device.prints));
            Ok(())
        })?;
        let by_cpuid = self.each(&DEVICES_BY_CPUID, |_, _, _| Ok(()))?;
        let twins = self.each(&TWINS, |check, (cpuid, sn), ()| {
            let first = check.view.get(&DEVICES_BY_CPUID, &cpuid)?;
            check.expect(first.as_ref().is_some_and(|first| *first != sn), || {
                format!("twins: {cpuid} is another device's than {sn}'s, and in the index {first:?}'s")
            });
            check.is_there(&DEVICES, &sn, "its CPUID's twins")
        })?;
        let by_time = self.each(&DEVICES_BY_TIME, |_, _, _| Ok(()))?;
        let listed = self.each(&DEVICES_UNPRINTED, |_, _, _| Ok(()))?;
        self.expect(by_cpuid + twins == devices && by_time == devices && listed == unprinted, || {
            format!(
                "devices: {devices}, by CPUID {by_cpuid} and {twins} twins, by time {by_time}; unprinted {unprinted}, listed {listed}"
            )
        });
        self.total(DEVICES_COUNTER, devices)?;
        self.total(UNPRINTED_COUNTER, unprinted)?;
        self.each(&RETIRED, |check, sn, device| {
            highest = highest.max(device.sequence);
            let is_listed = check.view.has(&DEVICES, &sn)?;
            check.expect(sn == device.sn && !is_listed, || format!("retired devices: {sn} is {}, or not retired", device.sn));
            Ok(())
        })?;
        self.allotted(SEQUENCE_COUNTER, highest)?;
        self.each(&PRINTS, |check, (sn, _), _| check.is_device(&sn, "a print"))?;
        self.each(&STEPS, |check, (sn, _), _| check.is_device(&sn, "its history"))?;
        self.each(&CONFLICTS, |_, _, _| Ok(()))?;
        self.each(&CONFLICTS_BY_PAIR, |check, pair, id| check.is_there(&CONFLICTS, &id, &format!("the pair {pair:?}")))?;
        Ok(())
    }

    fn imports_and_label_looks(&mut self) -> Result<(), StoreError> {
        let mut highest = [0; 2];
        self.each(&IMPORTS, |_, id, _| {
            highest[0] = id.max(highest[0]);
            Ok(())
        })?;
        self.each(&IMPORTED, |check, (id, sn), ()| {
            check.is_there(&IMPORTS, &id, "what it brought")?;
            check.is_device(&sn, "its import")
        })?;
        self.each(&LABEL_LOOKS, |check, id, look| {
            highest[1] = id.max(highest[1]);
            check.expect(look.check().is_ok(), || format!("label looks: {id} can't be drawn"));
            Ok(())
        })?;
        self.allotted("imports", highest[0])?;
        self.allotted("label looks", highest[1])
    }

    /// Retired or not.
    fn is_device(&mut self, sn: &String, named_by: &str) -> Result<(), StoreError> {
        if self.view.has(&RETIRED, sn)? { Ok(()) } else { self.is_there(&DEVICES, sn, named_by) }
    }

    fn queues(&mut self) -> Result<(), StoreError> {
        let (mut highest, mut waiting, mut running) = (0, 0u64, 0u64);
        self.each(&ACTIONS, |check, id, action| {
            highest = highest.max(id.0);
            let place = (action.job.queue().number(), action.position);
            match action.state {
                State::Waiting => {
                    waiting += 1;
                    check.points(&QUEUES, place, &id)?;
                }
                State::Running => {
                    running += 1;
                    check.is_there(&RUNNING, &id, "its action")?;
                }
                State::Done | State::Failed | State::Cancelled => {}
            }
            match action.job {
                Job::Recognise { picture, .. } => check.is_there(&PICTURES, &picture, &format!("action {id}")),
                _ => Ok(()),
            }
        })?;
        let mut sizes = BTreeMap::new();
        self.each(&QUEUES, |check, (queue, position), id| {
            *sizes.entry(queue).or_insert(0u64) += 1;
            let expected = if queue == Queue::Exception.number() { State::Failed } else { State::Waiting };
            let state = check.view.get(&ACTIONS, &id)?.map(|action| action.state);
            check.expect(state == Some(expected), || format!("queues: {queue} at {position} is action {id}, which is {state:?}"));
            Ok(())
        })?;
        let size = |queue: Queue| sizes.get(&queue.number()).copied().unwrap_or(0);
        for queue in [Queue::Manage, Queue::Recognise, Queue::Exception] {
            self.total(queue.counter(), size(queue))?;
        }
        let queued = size(Queue::Manage) + size(Queue::Recognise);
        self.expect(queued == waiting, || format!("queues: {waiting} actions wait, and {queued} are queued"));
        let listed = self.each(&RUNNING, |_, _, _| Ok(()))?;
        self.expect(listed == running, || format!("running actions: {running}, listed {listed}"));
        self.each(&UPLOAD_KEYS, |_, _, _| Ok(()))?;
        self.each(&UPLOAD_KEYS_BY_TIME, |_, _, ()| Ok(()))?;
        self.allotted("actions", highest)
    }

    /// Every picture's file is there and has its hash.
    fn pictures(&mut self, blobs: &Blobs) -> Result<(), StoreError> {
        let mut highest = 0;
        self.findings.pictures = self.each(&PICTURES, |check, id, picture| {
            highest = highest.max(id.0);
            let whole = blobs.is_whole(&picture.hash);
            check.expect(whole, || format!("pictures: the file of {id} ({}) is damaged or not there", picture.hash));
            Ok(())
        })?;
        self.allotted("pictures", highest)
    }

    fn templates(&mut self) -> Result<(), StoreError> {
        let mut highest = 0;
        let templates = self.each(&TEMPLATES, |check, id, template| {
            highest = highest.max(id.0);
            let named_by = format!("template {id}");
            for picture in [template.origin, template.shown] {
                check.is_there::<PictureId, _>(&PICTURES, &picture, &named_by)?;
            }
            check.is_there(&TEMPLATES_BY_COMPANY, &(template.company, id), &named_by)
        })?;
        let by_company = self.each(&TEMPLATES_BY_COMPANY, |_, _, ()| Ok(()))?;
        self.expect(templates == by_company, || format!("templates: {templates}, by company {by_company}"));
        self.allotted("templates", highest)
    }

    fn invoices(&mut self) -> Result<(), StoreError> {
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

    fn portal(&mut self) -> Result<(), StoreError> {
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

    fn log(&mut self) -> Result<(), StoreError> {
        // The hash chain: a row can't be changed in one place alone.
        let (mut newest, mut digest, mut is_chained) = ((i64::MIN, 0), [0; 32], false);
        let rows = self.each(&LOG, |check, place, row| {
            check.expect(place.1 == newest.1 + 1, || format!("log: between row {} and row {} some are missing", newest.1, place.1));
            is_chained |= row.before.is_some();
            check.expect(!is_chained || row.before == Some(digest), || {
                format!("log: row {} is not as it was when row {} was written, or rows between them are missing", newest.1, place.1)
            });
            (newest, digest) = (place, log::digest(&place, &row));
            Ok(())
        })?;
        if rows > 0 {
            let known = log::newest_place(self.view)?;
            self.expect(known == newest, || format!("log: the newest row is {newest:?}, and {known:?} is known to be"));
        }
        // Index order: each value's numbers run from 1 without gaps, and upwards in time.
        let (mut last, mut every) = (None, 0);
        self.each(&LOG_INDEX, |check, (facet, company, text, number), arrival| {
            let key = (facet, company, text);
            let before = match last.take() {
                Some((same, number, arrival)) if same == key => (number, arrival),
                _ => (0, (i64::MIN, 0)),
            };
            check.expect(number == before.0 + 1 && arrival > before.1, || format!("log index: {key:?} {number} is out of order"));
            match check.view.get(&LOG, &arrival)? {
                Some(row) => {
                    let named = log::value(&row, facet);
                    check.expect(named == key.2, || format!("log index: {key:?} {number} is a row of {named:?}"));
                }
                None => check.say(format!("log index: {key:?} {number} names a row that is not there")),
            }
            every += u64::from(facet % log::ADMINISTRATION == log::EVERY);
            last = Some((key, number, arrival));
            Ok(())
        })?;
        self.expect(rows == every, || format!("log: {rows} rows, {every} in its index"));
        let mut indexed = 0;
        self.each(&LOG_KEYS, |check, key, number| {
            indexed += number;
            check.is_there(&LOG_INDEX, &(key.0, key.1, key.2.clone(), number), "its count")
        })?;
        let in_all = self.each(&LOG_INDEX, |_, _, _| Ok(()))?;
        self.expect(indexed == in_all, || format!("log index: {in_all} rows, and {indexed} are counted"));
        self.allotted("log", rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::By;
    use crate::domain::fact::{Deed, Fact};
    use crate::domain::ids::CompanyId;
    use crate::store::Store;
    use crate::store::memory::Memory;
    use std::sync::Arc;

    /// A log of ten rows, the first two as by an older release, after `harm`.
    fn problems(harm: impl FnOnce(&mut crate::store::Txn<'_>) + Send + 'static) -> Vec<String> {
        let store = Store::new(Arc::new(Memory::default()), crate::store::endless()).unwrap();
        let write = store.write_blocking(move |txn| {
            for n in 0..10 {
                let by = By::the_box(CompanyId(1), "company".into());
                log::log(txn, n, &by, None, Fact::Done(Deed::UserLocked, n.to_string()))?;
                if n < 2 {
                    change(txn, n + 1, |row| row.before = None);
                }
            }
            harm(txn);
            Ok(())
        });
        write.unwrap();
        store.read(|view| {
            let mut check = Check { view, findings: Findings::default() };
            check.log().unwrap();
            check.findings.problems
        })
    }

    fn change(txn: &mut crate::store::Txn<'_>, number: i64, change: impl FnOnce(&mut crate::domain::action::LogRow)) {
        let place = (number - 1, number.unsigned_abs());
        let mut row = txn.get(&LOG, &place).unwrap().unwrap();
        change(&mut row);
        txn.put(&LOG, &place, &row).unwrap();
    }

    #[test]
    fn a_log_that_somebody_changed_is_told_from_one_that_nobody_did() {
        assert_eq!(problems(|_| {}), [""; 0]);
        let renamed = problems(|txn| change(txn, 5, |row| row.fact = Fact::Done(Deed::UserLocked, "another".into())));
        assert_eq!(renamed, ["log: row 5 is not as it was when row 6 was written, or rows between them are missing"]);
        // The first chained row covers the last unchained one.
        let old = problems(|txn| change(txn, 2, |row| row.fact = Fact::Done(Deed::UserLocked, "x".into())));
        assert_eq!(old.len(), 1, "{old:?}");
        let unchained = problems(|txn| change(txn, 7, |row| row.before = None));
        assert!(!unchained.is_empty());
        for number in [1, 5, 10] {
            let missing = problems(move |txn| txn.delete(&LOG, &(number - 1, number.unsigned_abs())));
            assert!(missing.iter().any(|problem| problem.starts_with("log: ")), "{number}: {missing:?}");
        }
    }
}
