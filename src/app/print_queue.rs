//! The queues of printers: what waits, what goes out next, what is at a printer. Not here: sending it (print_jobs.rs).

use super::{By, now, refusals};
use crate::domain::device::Device;
use crate::domain::news::News;
use crate::domain::print_job::{PrintJob, Progress};
use crate::domain::printer::Printer;
use crate::domain::refusal::Refusal;
use crate::store::tables::{PRINT_JOBS, PRINT_PROGRESS, PRINT_QUEUE, PRINTERS};
use crate::store::{StoreError, Txn, View};
use std::collections::HashMap;

/// That nobody asked for, each of a device or a few.
const JOBS_BY_ITSELF_MAX: usize = 1_000;
pub(super) const JOBS_COUNTER: &str = "print jobs";

pub(super) fn progress(view: &View<'_>, job: u64) -> Result<Progress, StoreError> {
    Ok(view.get(&PRINT_PROGRESS, &job)?.unwrap_or_default())
}

/// Jobs that are not over, of one printer or of all, oldest first.
pub(super) fn queue(view: &View<'_>, printer: Option<u64>) -> Result<Vec<(u64, u64)>, StoreError> {
    let rows = match printer {
        Some(printer) => view.scan(&PRINT_QUEUE, &printer, false),
        None => view.scan(&PRINT_QUEUE, &(), false),
    };
    rows.map(|row| row.map(|(key, ())| key)).collect()
}

/// Whether a printer has a label to send.
pub fn has_more(view: &View<'_>, printer: u64) -> Result<bool, StoreError> {
    Ok(first(view, printer)?.is_some())
}

/// The job whose label goes out next.
pub(super) fn first(view: &View<'_>, printer: u64) -> Result<Option<(u64, PrintJob, Progress)>, StoreError> {
    for row in view.scan(&PRINT_QUEUE, &printer, false) {
        let ((_, id), ()) = row?;
        let (Some(job), progress) = (view.get(&PRINT_JOBS, &id)?, progress(view, id)?) else { continue };
        if progress.has_more(&job) {
            return Ok(Some((id, job, progress)));
        }
    }
    Ok(None)
}

/// Of labels that wait in a job, or are at a printer, the job.
fn waiting(view: &View<'_>) -> Result<HashMap<String, u64>, StoreError> {
    let mut waiting = HashMap::new();
    for (_, id) in queue(view, None)? {
        let (Some(job), progress) = (view.get(&PRINT_JOBS, &id)?, progress(view, id)?) else { continue };
        let gone = progress.at_printer().start / job.copies.max(1);
        let last = if progress.cancelled.is_some() { progress.next.div_ceil(job.copies.max(1)) as usize } else { job.sns.len() };
        waiting.extend(job.sns.into_iter().take(last).skip(gone as usize).map(|sn| (sn, id)));
    }
    Ok(waiting)
}

/// Refuses labels that a printer is to print already.
pub(super) fn check_waiting(view: &View<'_>, devices: &[Device]) -> Result<(), Refusal> {
    let waiting = waiting(view)?;
    let found: Vec<(String, u64)> =
        devices.iter().filter_map(|device| waiting.get(&device.sn).map(|job| (device.sn.clone(), *job))).collect();
    if found.is_empty() { Ok(()) } else { Err(refusals::labels_wait_already(&found)) }
}

/// Refuses labels that are at a printer, which has not said yet what becomes of them.
pub(super) fn check_at_printers(view: &View<'_>, sns: &[&String]) -> Result<(), Refusal> {
    let mut found = Vec::new();
    for (_, id) in queue(view, None)? {
        let progress = progress(view, id)?;
        if progress.in_flight > 0
            && let Some(job) = view.get(&PRINT_JOBS, &id)?
        {
            found.extend(progress.at_printer().filter_map(|label| job.sn(label).cloned()).filter(|sn| sns.contains(&sn)));
        }
    }
    found.dedup();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    if found.is_empty() { Ok(()) } else { Err(refusals::labels_are_at_a_printer(&found)) }
}

/// The job of the labels at the printer, if there are any.
pub(super) fn in_flight(view: &View<'_>, printer: u64) -> Result<Option<(u64, PrintJob, Progress)>, StoreError> {
    for (_, id) in queue(view, Some(printer))? {
        let progress = progress(view, id)?;
        if progress.in_flight > 0 {
            return Ok(view.get(&PRINT_JOBS, &id)?.map(|job| (id, job, progress)));
        }
    }
    Ok(None)
}

/// Whether the labels at the printer come out nobody will hear any more.
pub(super) fn doubt(txn: &mut Txn<'_>, printer: u64) -> Result<(), StoreError> {
    let Some((id, job, progress)) = in_flight(&txn.view(), printer)? else { return Ok(()) };
    keep(txn, id, &job, &Progress { in_flight: 0, ..progress })
}

/// The job leaves the queue once nothing of it can go out or come out.
pub(super) fn keep(txn: &mut Txn<'_>, id: u64, job: &PrintJob, progress: &Progress) -> Result<(), StoreError> {
    txn.put(&PRINT_PROGRESS, &id, progress)?;
    if progress.is_over(job) {
        txn.delete(&PRINT_QUEUE, &(job.printer, id));
    }
    txn.tell(News::Printing);
    Ok(())
}

/// The printer that prints what stations register.
pub(super) fn by_itself(view: &View<'_>) -> Result<Option<(u64, Printer)>, StoreError> {
    let printers = view.scan(&PRINTERS, &(), false).collect::<Result<Vec<_>, _>>()?;
    Ok(printers.into_iter().find(|(_, printer)| printer.prints_by_itself))
}

/// What was just registered, on the printer that is to. Where too much waits for it, they stay on the list of those to print.
pub(super) fn print_by_itself(txn: &mut Txn<'_>, by: &By, sns: Vec<String>) -> Result<(), StoreError> {
    if sns.is_empty() {
        return Ok(());
    }
    let printer = by_itself(&txn.view())?;
    let Some((id, printer)) = printer else { return Ok(()) };
    if queue(&txn.view(), Some(id))?.len() < JOBS_BY_ITSELF_MAX {
        add(txn, by, (id, &printer), NewJob { sns, copies: 1, reason: String::new() })?;
    }
    Ok(())
}

pub(super) struct NewJob {
    pub sns: Vec<String>,
    pub copies: u32,
    pub reason: String,
}

pub(super) fn add(
    txn: &mut Txn<'_>,
    by: &By,
    (printer, Printer { name, .. }): (u64, &Printer),
    new: NewJob,
) -> Result<u64, StoreError> {
    let id = txn.next(JOBS_COUNTER)?;
    let job = PrintJob {
        printer,
        printer_name: name.clone(),
        at: now(),
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        ip: by.ip.clone(),
        reason: new.reason,
        copies: new.copies,
        sns: new.sns,
    };
    txn.put(&PRINT_JOBS, &id, &job)?;
    txn.put(&PRINT_QUEUE, &(printer, id), &())?;
    keep(txn, id, &job, &Progress::default())?;
    Ok(id)
}
