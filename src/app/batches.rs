//! Batches of the line, and how far they are. Not here: which serials a batch may have (domain/batch.rs).

use super::labels::outcome;
use super::prints::{is_in_doubt, last_print};
use super::{App, By, log, now, refusals};
use crate::domain::batch::Batch;
use crate::domain::device::{Label, Verified, canonical_cpuid};
use crate::domain::fact::{Deed, Fact};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{BATCHES, DEVICES, DEVICES_BY_TIME, VERIFIED};
use crate::store::{StoreError, Txn, View};

const BATCHES_MAX: usize = 1_000;
pub(super) const BATCHES_COUNTER: &str = "batches";
/// Serials that are listed by name.
const NAMED_MAX: usize = 200;
/// Of devices registered since a batch began.
const LOOKED_THROUGH_MAX: usize = 50_000;

/// How far a batch is. Each list has its first `NAMED_MAX`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub registered: u64,
    pub printed: u64,
    /// A person has scanned the label.
    pub confirmed: u64,
    /// Of those expected.
    pub missing: u64,
    pub missing_named: Vec<String>,
    /// Registered while the batch was open, with a serial of no batch; or more than expected.
    pub extra: u64,
    /// There may be more: too many devices came meanwhile to look at each.
    pub extra_is_least: bool,
    pub extra_named: Vec<String>,
    /// Registered, without a printed label.
    pub unprinted: Vec<String>,
}

/// By number.
pub fn all(view: &View<'_>) -> Result<Vec<(u64, Batch)>, StoreError> {
    view.scan(&BATCHES, &(), false).collect()
}

fn known(view: &View<'_>, id: u64) -> Result<Batch, Refusal> {
    view.get(&BATCHES, &id)?.ok_or_else(refusals::no_such_batch)
}

pub fn one(app: &App, id: u64) -> Result<Batch, Refusal> {
    app.store.read(|view| known(view, id))
}

/// The name that stands on the label; empty where the serial is of no batch. Of several, the newest.
pub fn name_of(view: &View<'_>, sn: &str) -> Result<String, StoreError> {
    let batches = all(view)?;
    Ok(batches.into_iter().rev().find(|(_, batch)| batch.holds(sn)).map_or_else(String::new, |(_, batch)| batch.name))
}

/// Counts it. Walks its whole range.
pub fn standing(view: &View<'_>, batch: &Batch) -> Result<Standing, StoreError> {
    let (mut standing, mut absent) = (Standing::default(), 0);
    for sn in batch.serials() {
        let Some(device) = view.get(&DEVICES, &sn)? else {
            if standing.missing_named.len() < NAMED_MAX {
                standing.missing_named.push(sn);
            }
            absent += 1;
            continue;
        };
        standing.registered += 1;
        if device.is_printed() {
            standing.printed += 1;
            let verified = view.get(&VERIFIED, &sn)?;
            standing.confirmed += u64::from(verified.is_some_and(|verified| verified.is_of(&device)));
        } else if standing.unprinted.len() < NAMED_MAX {
            standing.unprinted.push(sn);
        }
    }
    let expected = u64::from(batch.expected);
    standing.missing = expected.saturating_sub(standing.registered);
    // Of more serials than devices, nobody knows which are to come.
    if standing.missing != absent {
        standing.missing_named.clear();
    }
    standing.extra = standing.registered.saturating_sub(expected);
    strangers(view, batch, &mut standing)?;
    Ok(standing)
}

/// Devices that came meanwhile and are of no batch.
fn strangers(view: &View<'_>, batch: &Batch, standing: &mut Standing) -> Result<(), StoreError> {
    let batches = all(view)?;
    let (from, to) = ((batch.began, 0u64), (batch.closed.unwrap_or(i64::MAX), u64::MAX));
    for (number, row) in view.range(&DEVICES_BY_TIME, &from, &to, false).enumerate() {
        let (_, listed) = row?;
        if number == LOOKED_THROUGH_MAX {
            standing.extra_is_least = true;
            break;
        }
        if batches.iter().any(|(_, batch)| batch.holds(&listed.sn)) {
            continue;
        }
        standing.extra += 1;
        if standing.extra_named.len() < NAMED_MAX {
            standing.extra_named.push(listed.sn);
        }
    }
    Ok(())
}

/// Its name is nobody else's, and of open batches none has its serials.
fn check(txn: &Txn<'_>, id: u64, batch: &Batch) -> Result<(), Refusal> {
    batch.check()?;
    for (_, known) in all(&txn.view())?.iter().filter(|(other, _)| *other != id) {
        if known.name == batch.name {
            return Err(refusals::batch_name_is_taken(&batch.name));
        }
        if batch.closed.is_none() && known.closed.is_none() && known.overlaps(batch) {
            return Err(refusals::serials_are_of_another_batch(&known.name, &known.first, &known.last));
        }
    }
    Ok(())
}

impl App {
    pub async fn add_batch(&self, by: By, batch: Batch) -> Result<(u64, Batch), Refusal> {
        let settings = self.settings();
        for (field, serial) in [("first", &batch.first), ("last", &batch.last)] {
            if !settings.is_sn(serial) {
                let (zh, en) = settings.sn_in_words();
                return Err(Refusal::field(field, &zh, &en));
            }
        }
        self.act(by, move |txn, by| {
            let id = txn.next(BATCHES_COUNTER)?;
            check(txn, id, &batch)?;
            if all(&txn.view())?.len() >= BATCHES_MAX {
                return Err(refusals::too_many_batches());
            }
            log(txn, now(), by, None, Fact::Done(Deed::BatchAdded, batch.name.clone()))?;
            txn.put(&BATCHES, &id, &batch)?;
            txn.tell(News::Printing);
            Ok((id, batch))
        })
        .await
    }

    /// `change` gets the current batch.
    pub async fn change_batch(&self, by: By, id: u64, change: impl FnOnce(&mut Batch) + Send + 'static) -> Result<Batch, Refusal> {
        self.act(by, move |txn, by| {
            let before = known(&txn.view(), id)?;
            let mut batch = before.clone();
            change(&mut batch);
            check(txn, id, &batch)?;
            let changes = before.changes(&batch);
            if !changes.is_empty() {
                log(txn, now(), by, None, Fact::BatchChanged { name: batch.name.clone(), changes })?;
            }
            match (before.closed, batch.closed) {
                (None, Some(_)) => log(txn, now(), by, None, Fact::Done(Deed::BatchClosed, batch.name.clone()))?,
                (Some(_), None) => log(txn, now(), by, None, Fact::Done(Deed::BatchReopened, batch.name.clone()))?,
                _ => {}
            }
            txn.put(&BATCHES, &id, &batch)?;
            txn.tell(News::Printing);
            Ok(batch)
        })
        .await
    }

    /// Its devices stay.
    pub async fn delete_batch(&self, by: By, id: u64) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let batch = known(&txn.view(), id)?;
            log(txn, now(), by, None, Fact::Done(Deed::BatchDeleted, batch.name))?;
            txn.delete(&BATCHES, &id);
            txn.tell(News::Printing);
            Ok(())
        })
        .await
    }

    /// A person has scanned the label, and it says what the device is.
    pub async fn label_verified(&self, by: By, sn: String, cpuid: String) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let mut device = txn.get(&DEVICES, &sn)?.ok_or_else(|| refusals::no_such_device(&sn))?;
            if canonical_cpuid(&cpuid) != canonical_cpuid(&device.cpuid) {
                return Err(refusals::labels_show_another_cpuid(&[(&cpuid, device)]));
            }
            if !device.is_printed() {
                // Nobody knew whether it came out; whoever scans it has it in hand.
                let in_doubt = last_print(&txn.view(), &device)?.is_some_and(|last| is_in_doubt(&device, &last));
                if !in_doubt {
                    return Err(refusals::no_label_was_sent(&sn));
                }
                outcome(txn, by, device, Label::Printed)?;
                device = txn.get(&DEVICES, &sn)?.ok_or_else(Refusal::internal)?;
            }
            let verified =
                Verified { at: now(), user_name: by.actor.user_name.clone(), cpuid: device.cpuid, prints: device.prints };
            Ok(txn.put(&VERIFIED, &sn, &verified)?)
        })
        .await
    }
}
