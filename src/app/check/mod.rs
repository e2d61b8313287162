//! Reads the whole store and reports what is wrong: unreadable rows, indexes and totals that disagree with their rows, dangling
//! references, damaged pictures. Changes nothing.

mod invoices;
mod log;
mod printing;

use super::claims::CLAIMS_COUNTER;
use super::devices::{DEVICES_COUNTER, SEQUENCE_COUNTER, UNPRINTED_COUNTER};
use crate::domain::action::{Job, Queue, State};
use crate::domain::device::{Listed, canonical_cpuid};
use crate::domain::ids::{InvoiceId, PictureId};
use crate::domain::news::News;
use crate::labels;
use crate::store::blobs::Blobs;
use crate::store::key::Key;
use crate::store::record::Record;
use crate::store::tables::{
    ACTIONS, CLAIMS, COMPANIES, CONFLICTS, CONFLICTS_BY_PAIR, COUNTERS, DEVICES, DEVICES_BY_CPUID, DEVICES_BY_TIME,
    DEVICES_UNPRINTED, GROUPS, IMPORTED, IMPORTS, LABEL_LOOKS, LOG, LOGO, MARKED, NEWS, PAUSE, PICTURES, PRINTS, QUEUES, RETIRED,
    RUNNING, SESSIONS, SETTINGS, STEPS, TEMPLATES, TEMPLATES_BY_COMPANY, TOKENS, TOKENS_BY_HASH, TWINS, Table, UPLOAD_KEYS,
    UPLOAD_KEYS_BY_TIME, USERS, USERS_BY_NAME,
};
use crate::store::{StoreError, View};
use std::collections::{BTreeSet, HashMap};
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
    /// Invoices that an action is to read again.
    reading: BTreeSet<InvoiceId>,
    /// Tables whose rows are counted: some are looked at more than once.
    counted: BTreeSet<&'static str>,
}

/// `view` must see the store at rest.
pub fn check(view: &View<'_>, blobs: &Blobs) -> Result<Findings, StoreError> {
    let mut check = Check::new(view);
    check.counters()?;
    check.accounts()?;
    check.devices()?;
    check.imports_and_label_looks()?;
    check.printing()?;
    check.queues()?;
    check.pictures(blobs)?;
    check.templates()?;
    check.invoices()?;
    check.portal()?;
    check.log()?;
    check.news()?;
    Ok(check.findings)
}

impl<'a> Check<'a> {
    fn new(view: &'a View<'a>) -> Self {
        Self { view, findings: Findings::default(), reading: BTreeSet::new(), counted: BTreeSet::new() }
    }
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
        if self.counted.insert(table.name) {
            self.findings.rows += number;
        }
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
        self.each(&LOGO, |check, (), logo| {
            check.expect(labels::is_whole_logo(&logo), || "logo: it can't be drawn".into());
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
            if let (Job::Recognise { again, .. }, State::Waiting | State::Running) = (&action.job, action.state) {
                let marked = check.view.get(&MARKED, &id)?.map(|marked| marked.instead_of).unwrap_or_default();
                check.reading.extend(again.iter().copied().chain(marked.into_iter().map(|(id, _)| id)));
            }
            match action.job {
                Job::Recognise { picture, .. } => check.is_there(&PICTURES, &picture, &format!("action {id}")),
                _ => Ok(()),
            }
        })?;
        let mut sizes = HashMap::new();
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

    /// Every picture's file is there and has its hash. What was sent twice is one file.
    fn pictures(&mut self, blobs: &Blobs) -> Result<(), StoreError> {
        let (mut highest, mut files) = (0, HashMap::new());
        self.each(&PICTURES, |check, id, picture| {
            highest = highest.max(id.0);
            let whole = *files.entry(picture.hash).or_insert_with(|| blobs.is_whole(&picture.hash));
            check.expect(whole, || format!("pictures: the file of {id} ({}) is damaged or not there", picture.hash));
            Ok(())
        })?;
        self.findings.pictures = files.len() as u64;
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
}
