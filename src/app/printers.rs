//! Printers: setting them up, and what was last heard of them. Not here: their jobs (print_jobs.rs), talking to them (printing/).

use super::{App, By, label_looks, log, now, print_queue, refusals};
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::Millis;
use crate::domain::news::News;
use crate::domain::printer::{Printer, PrinterState};
use crate::domain::refusal::Refusal;
use crate::store::tables::PRINTERS;
use crate::store::{StoreError, Txn, View};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const PRINTERS_MAX: usize = 100;
pub(super) const PRINTERS_COUNTER: &str = "printers";
/// Somebody who looked this lately is looking still.
const LOOKING: Duration = Duration::from_secs(15);

/// What was last heard of each printer. It is asked again after a restart, so nothing of it is stored.
#[derive(Debug)]
pub struct Heard {
    states: Mutex<BTreeMap<u64, (PrinterState, Millis)>>,
    looked_at: Mutex<Option<Instant>>,
    /// Printers that a test label is asked of.
    tests: Mutex<BTreeSet<u64>>,
    changes: watch::Sender<u64>,
}

impl Default for Heard {
    fn default() -> Self {
        Self { states: Mutex::default(), looked_at: Mutex::default(), tests: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Heard {
    fn states(&self) -> MutexGuard<'_, BTreeMap<u64, (PrinterState, Millis)>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn of(&self, printer: u64) -> Option<(PrinterState, Millis)> {
        self.states().get(&printer).copied()
    }

    pub fn is(&self, printer: u64, state: PrinterState) {
        let is_news = {
            let mut states = self.states();
            let is_news = states.get(&printer).is_none_or(|(before, _)| *before != state);
            if is_news {
                states.insert(printer, (state, now()));
            }
            is_news
        };
        if is_news {
            self.changed();
        }
    }

    /// Nothing that was heard of it holds any more.
    pub fn forget(&self, printer: u64) {
        self.states().remove(&printer);
    }

    pub fn ask_for_a_test(&self, printer: u64) {
        self.tests.lock().unwrap_or_else(PoisonError::into_inner).insert(printer);
        self.changed();
    }

    pub fn is_test_asked(&self, printer: u64) -> bool {
        self.tests.lock().unwrap_or_else(PoisonError::into_inner).contains(&printer)
    }

    /// Whether one was asked for; it is asked for no more.
    pub fn take_test(&self, printer: u64) -> bool {
        self.tests.lock().unwrap_or_else(PoisonError::into_inner).remove(&printer)
    }

    pub fn changed(&self) {
        self.changes.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// Of states, printers and jobs.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Somebody looks at the states now.
    pub fn look(&self) {
        *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub fn is_looked_at(&self) -> bool {
        self.looked_at.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < LOOKING)
    }
}

/// By number.
pub fn all(view: &View<'_>) -> Result<Vec<(u64, Printer)>, StoreError> {
    view.scan(&PRINTERS, &(), false).collect()
}

pub(super) fn known(view: &View<'_>, id: u64) -> Result<Printer, Refusal> {
    view.get(&PRINTERS, &id)?.ok_or_else(refusals::no_such_printer)
}

pub fn one(app: &App, id: u64) -> Result<Printer, Refusal> {
    app.store.read(|view| known(view, id))
}

/// Its name and address are nobody else's, and its label is there.
fn check(txn: &Txn<'_>, id: u64, printer: &Printer) -> Result<(), Refusal> {
    printer.check()?;
    if all(&txn.view())?.iter().any(|(other, known)| *other != id && known.name == printer.name) {
        return Err(refusals::printer_name_is_taken(&printer.name));
    }
    let other = all(&txn.view())?.into_iter().find(|(other, known)| *other != id && known.prints_by_itself);
    if let Some((_, other)) = other.filter(|_| printer.prints_by_itself) {
        return Err(refusals::another_prints_by_itself(&other.name));
    }
    if !label_looks::looks(&txn.view())?.iter().any(|(look, _)| *look == printer.look) {
        return Err(refusals::no_such_label().about("label_id"));
    }
    // Two would talk into each other's labels.
    let same = all(&txn.view())?.into_iter().find(|(other, known)| *other != id && known.address == printer.address);
    same.map_or(Ok(()), |(_, other)| Err(refusals::printer_address_is_taken(&other.name)))
}

impl App {
    /// Without a look, the box's first.
    pub async fn add_printer(&self, by: By, mut printer: Printer, has_look: bool) -> Result<(u64, Printer), Refusal> {
        self.act(by, move |txn, by| {
            let id = txn.next(PRINTERS_COUNTER)?;
            if !has_look {
                printer.look = label_looks::looks(&txn.view())?.first().map_or(0, |(look, _)| *look);
            }
            check(txn, id, &printer)?;
            if all(&txn.view())?.len() >= PRINTERS_MAX {
                return Err(refusals::too_many_printers());
            }
            log(txn, now(), by, None, Fact::Done(Deed::PrinterAdded, printer.name.clone()))?;
            txn.put(&PRINTERS, &id, &printer)?;
            txn.tell(News::Printing);
            Ok((id, printer))
        })
        .await
    }

    /// `change` gets the current printer.
    pub async fn change_printer(
        &self,
        by: By,
        id: u64,
        change: impl FnOnce(&mut Printer) + Send + 'static,
    ) -> Result<Printer, Refusal> {
        let verb = move |txn: &mut Txn<'_>, by: &By| {
            let before = known(&txn.view(), id)?;
            let mut printer = before.clone();
            change(&mut printer);
            check(txn, id, &printer)?;
            let is_another = printer.is_another(&before);
            if is_another {
                printer.has_answered = false;
            }
            let looks = label_looks::looks(&txn.view())?;
            let label = |id| looks.iter().find(|(look, _)| *look == id).map_or_else(String::new, |(_, look)| look.name.clone());
            let (name, changes) = (printer.name.clone(), before.changes(&printer, label));
            if !changes.is_empty() {
                log(txn, now(), by, None, Fact::PrinterChanged { name, changes })?;
            }
            txn.put(&PRINTERS, &id, &printer)?;
            txn.tell(News::Printing);
            Ok((printer, is_another))
        };
        let (printer, is_another) = self.act(by, verb).await?;
        if is_another {
            self.printers.forget(id);
        }
        Ok(printer)
    }

    pub async fn delete_printer(&self, by: By, id: u64) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let printer = known(&txn.view(), id)?;
            if print_queue::has_more(&txn.view(), id)? {
                return Err(refusals::printer_has_labels(&printer.name));
            }
            print_queue::doubt(txn, id)?;
            log(txn, now(), by, None, Fact::Done(Deed::PrinterDeleted, printer.name))?;
            txn.delete(&PRINTERS, &id);
            txn.tell(News::Printing);
            Ok(())
        })
        .await
    }

    /// From now on its silence means something.
    pub async fn printer_answers(&self, id: u64) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let Some(printer) = txn.get(&PRINTERS, &id)?.filter(|printer| !printer.has_answered) else { return Ok(()) };
                Ok(txn.put(&PRINTERS, &id, &Printer { has_answered: true, ..printer })?)
            })
            .await
    }
}
