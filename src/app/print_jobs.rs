//! Jobs of printers: asked for, sent label by label, cancelled. A label is written down as sent before its first byte goes out, and
//! none is sent twice. Not here: the printers (printers.rs), talking to them (printing/), a device's labels (labels.rs).

use super::labels::{self, Named, check_claims, check_pairs, check_sent, once_each, outcome};
use super::print_queue::{NewJob, add, check_waiting, doubt, first, in_flight, keep, progress, queue};
use super::prints::{close_print, is_in_doubt, last_print, open_print};
use super::{App, By, claims, label_looks, log, now, printers, refusals};
use crate::domain::device::{Device, Label};
use crate::domain::fact::Fact;
use crate::domain::label_look::LabelLook;
use crate::domain::print_job::{Fate, Mishap, NotSent, PrintJob, Progress};
use crate::domain::printer::Printer;
use crate::domain::refusal::Refusal;
use crate::store::tables::{DEVICES, PRINT_JOBS, PRINT_MISHAPS, PRINTERS, PRINTS, RETIRED};
use crate::store::{Store, StoreError, Txn, View};
use std::collections::HashMap;

/// That wait for a printer.
const JOBS_MAX: usize = 200;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub printer: u64,
    pub labels: Vec<Named>,
    pub copies: u32,
    /// Why those are printed again that have a label.
    pub reason: String,
    /// How often each had been sent when this was decided.
    pub seen: HashMap<String, u64>,
}

/// Labels of one job that go out together next, side by side.
#[derive(Clone, Debug)]
pub struct NextRow {
    pub printer: u64,
    pub job: u64,
    /// Of the first.
    pub label: u32,
    /// Never empty; `None` stands alone.
    pub devices: Vec<Option<Device>>,
    /// `None` if the printer's look is gone: no other stands in for it.
    pub look: Option<LabelLook>,
}

/// What became of the labels at the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Printed,
    InDoubt,
}

/// A job with what became of its labels, in order.
#[derive(Clone, Debug)]
pub struct JobNow {
    pub id: u64,
    pub job: PrintJob,
    pub progress: Progress,
    /// By serial.
    pub fates: Vec<(String, Fate)>,
    /// Why some never went out; the others of a cancelled job, as it was cancelled.
    pub not_sent: Vec<(String, NotSent)>,
}

/// Refuses devices that have a label, or perhaps have one.
fn check_reason(view: &View<'_>, devices: &[Device], reason: &str) -> Result<(), Refusal> {
    let mut again = Vec::new();
    for device in devices {
        let in_doubt = last_print(view, device)?.is_some_and(|last| is_in_doubt(device, &last));
        if device.current_labels > 0 || in_doubt {
            again.push(device.sn.as_str());
        }
    }
    if again.is_empty() || !reason.is_empty() { Ok(()) } else { Err(refusals::printing_again_needs_a_reason(&again)) }
}

/// Writes down what became of the labels at the printer.
fn end(txn: &mut Txn<'_>, printer: u64, ended: Ended) -> Result<(), Refusal> {
    if ended == Ended::InDoubt {
        return Ok(doubt(txn, printer)?);
    }
    let Some((id, job, mut progress)) = in_flight(&txn.view(), printer)? else { return Ok(()) };
    let by = By::of_user(job.user, &job.printer_name, &job.ip);
    let mut closed = None;
    for label in progress.at_printer() {
        let print = match txn.get(&PRINT_MISHAPS, &(id, label.into()))? {
            Some(Mishap::InDoubt(print)) => Some(print),
            _ => None,
        };
        txn.delete(&PRINT_MISHAPS, &(id, label.into()));
        let Some(sn) = job.sn(label) else { continue };
        if let Some(device) = txn.get(&DEVICES, sn)? {
            // Unless a person was first to say what became of it. A copy in the same row has no print of its own until it is out.
            let is_open = open_print(txn, &device)?.is_some_and(|(number, _)| Some(number) == print);
            if is_open || closed == Some((sn, print)) {
                outcome(txn, &by, device, Label::Printed)?;
                closed = Some((sn, print));
            }
        } else if let Some(retired) = txn.get(&RETIRED, sn)?
            // It came out all the same, and its history says so.
            && close_print(txn, &by, &retired, Label::Printed)?
        {
            txn.put(&RETIRED, sn, &Device { label: Label::Printed, ..retired })?;
        }
    }
    progress.in_flight = 0;
    Ok(keep(txn, id, &job, &progress)?)
}

/// Why a label must not go out.
fn why_not(device: Option<&Device>, job: &PrintJob, label: u32) -> Option<NotSent> {
    let Some(device) = device else { return Some(NotSent::NoDevice) };
    let is_first_copy = label.is_multiple_of(job.copies.max(1));
    (is_first_copy && device.current_labels > 0 && job.reason.is_empty()).then_some(NotSent::PrintedMeanwhile)
}

/// What goes out next on this printer. A row ends before a label that must not go out, which is then the first of the next one.
pub fn next(view: &View<'_>, id: u64, printer: &Printer) -> Result<Option<NextRow>, StoreError> {
    let Some((job_id, job, progress)) = first(view, id)? else { return Ok(None) };
    let mut devices = Vec::new();
    for label in (progress.next..job.labels()).take(printer.across.into()) {
        let device = job.sn(label).map(|sn| view.get(&DEVICES, sn)).transpose()?.flatten();
        let goes = why_not(device.as_ref(), &job, label).is_none();
        if goes || devices.is_empty() {
            devices.push(device);
        }
        if !goes {
            break;
        }
    }
    Ok(Some(NextRow { printer: id, job: job_id, label: progress.next, devices, look: look(view, printer)? }))
}

/// How a printer's labels look.
pub fn look(view: &View<'_>, printer: &Printer) -> Result<Option<LabelLook>, StoreError> {
    Ok(label_looks::looks(view)?.into_iter().find(|(look, _)| *look == printer.look).map(|(_, look)| look))
}

/// `None` where there is none of that number.
pub fn job(view: &View<'_>, id: u64) -> Result<Option<JobNow>, StoreError> {
    let Some(job) = view.get(&PRINT_JOBS, &id)? else { return Ok(None) };
    let progress = progress(view, id)?;
    let mishaps: HashMap<u64, Mishap> = view
        .scan(&PRINT_MISHAPS, &id, false)
        .map(|row| row.map(|((_, label), mishap)| (label, mishap)))
        .collect::<Result<_, _>>()?;
    let fate_of = |sn: &String, label: u32| -> Result<Fate, StoreError> {
        Ok(match mishaps.get(&label.into()) {
            _ if progress.is_in_flight(label) => Fate::Sent,
            Some(Mishap::Failed(_)) => Fate::Failed,
            // Perhaps a person has said so since.
            Some(Mishap::InDoubt(print)) => match view.get(&PRINTS, &(sn.clone(), *print))?.map(|print| print.outcome) {
                Some(Label::Printed) => Fate::Printed,
                Some(Label::Failed) => Fate::Failed,
                _ => Fate::Unknown,
            },
            None => progress.fate(label),
        })
    };
    let not_sent = mishaps.iter().filter_map(|(label, mishap)| match mishap {
        Mishap::Failed(why) => Some((job.sn(u32::try_from(*label).ok()?)?.clone(), *why)),
        Mishap::InDoubt(_) => None,
    });
    let not_sent = not_sent.collect();
    let mut fates = Vec::with_capacity(job.sns.len());
    for (at, sn) in (0u32..).zip(&job.sns) {
        let copies = (at * job.copies..(at + 1) * job.copies).map(|label| fate_of(sn, label));
        let fate = copies.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(Fate::Waiting);
        fates.push((sn.clone(), fate));
    }
    Ok(Some(JobNow { id, job, progress, fates, not_sent }))
}

pub fn one(app: &App, id: u64) -> Result<JobNow, Refusal> {
    app.store.read(|view| job(view, id))?.ok_or_else(refusals::no_such_print_job)
}

/// Newest first: all that are not over, and of the others the last `ended`.
pub fn jobs(view: &View<'_>, ended: usize) -> Result<Vec<JobNow>, StoreError> {
    let waiting: Vec<u64> = queue(view, None)?.into_iter().map(|(_, id)| id).collect();
    let last = view.scan(&PRINT_JOBS, &(), true).take(ended).map(|row| row.map(|(id, _)| id)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = [waiting, last].concat();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    ids.into_iter().filter_map(|id| job(view, id).transpose()).collect()
}

/// A run of the box that ended has left labels of which nobody knows whether they came out. They are never sent again by themselves.
pub(super) fn doubt_what_was_in_flight(store: &Store) -> Result<(), Refusal> {
    let printers: Vec<u64> = store.read(|view| queue(view, None))?.into_iter().map(|(printer, _)| printer).collect();
    store.write_blocking(move |txn| printers.iter().try_for_each(|printer| end(txn, *printer, Ended::InDoubt)))
}

impl App {
    /// Queues labels for a printer, once each. Returns the job's number.
    pub async fn print_labels(&self, by: By, wanted: Wanted) -> Result<u64, Refusal> {
        self.act(by, move |txn, by| {
            let printer = printers::known(&txn.view(), wanted.printer)?;
            check_pairs(txn, wanted.labels.iter())?;
            let sns = once_each(wanted.labels.into_iter().map(|label| label.sn).collect());
            let mut devices = Vec::new();
            for sn in &sns {
                devices.extend(txn.get(&DEVICES, sn)?);
            }
            if devices.len() < sns.len() {
                let missing: Vec<&str> =
                    sns.iter().filter(|sn| !devices.iter().any(|device| device.sn == **sn)).map(String::as_str).collect();
                return Err(refusals::devices_are_not_there(&missing));
            }
            let reason = wanted.reason.trim();
            check_claims(txn, by, &devices)?;
            check_waiting(&txn.view(), &devices)?;
            check_sent(txn, &devices, &wanted.seen)?;
            check_reason(&txn.view(), &devices, reason)?;
            if queue(&txn.view(), Some(wanted.printer))?.len() >= JOBS_MAX {
                return Err(refusals::printer_has_enough());
            }
            claims::release(txn, by.actor.credential, &sns)?;
            let new = NewJob { sns, copies: wanted.copies, reason: reason.to_owned() };
            let labels = new.sns.len() as u64 * u64::from(new.copies);
            let id = add(txn, by, (wanted.printer, &printer), new)?;
            let fact = Fact::LabelsQueued { job: id, printer: printer.name, labels, reason: reason.to_owned() };
            log(txn, now(), by, None, fact)?;
            Ok(id)
        })
        .await
    }

    /// What still waits does not go out any more.
    pub async fn cancel_print_job(&self, by: By, id: u64) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let job = txn.get(&PRINT_JOBS, &id)?.ok_or_else(refusals::no_such_print_job)?;
            let mut progress = progress(&txn.view(), id)?;
            if !progress.has_more(&job) {
                return Ok(());
            }
            let labels = u64::from(job.labels() - progress.next);
            log(txn, now(), by, None, Fact::LabelsCancelled { job: id, printer: job.printer_name.clone(), labels })?;
            progress.cancelled = Some((now(), by.actor.user_name.clone()));
            Ok(keep(txn, id, &job, &progress)?)
        })
        .await
    }

    /// The labels at the printer ended so. Then, in the same write, `next` is written down as sent; true: send it now. False: it was
    /// cancelled, or is another one by now.
    pub async fn send_next_row(&self, printer: u64, before: Option<Ended>, next: NextRow) -> Result<bool, Refusal> {
        self.store
            .write(move |txn| {
                if let Some(before) = before {
                    end(txn, printer, before)?;
                }
                let Some((id, job, mut progress)) = first(&txn.view(), printer)? else { return Ok(false) };
                let is_it = (id, progress.next) == (next.job, next.label) && txn.has(&PRINTERS, &printer)?;
                if !is_it || in_flight(&txn.view(), printer)?.is_some() {
                    return Ok(false);
                }
                let row = next.label..next.label + u32::try_from(next.devices.len()).unwrap_or_default();
                let mut devices = Vec::with_capacity(next.devices.len());
                for (label, drawn) in row.clone().zip(&next.devices) {
                    let device = job.sn(label).map(|sn| txn.get(&DEVICES, sn)).transpose()?.flatten();
                    let is_drawn_so = device.as_ref().map(|device| &device.cpuid) == drawn.as_ref().map(|device| &device.cpuid);
                    match why_not(device.as_ref(), &job, label) {
                        _ if !is_drawn_so => return Ok(false),
                        Some(why) if label == next.label => {
                            txn.put(&PRINT_MISHAPS, &(id, label.into()), &Mishap::Failed(why))?;
                            keep(txn, id, &job, &Progress { next: label + 1, ..progress })?;
                            return Ok(false);
                        }
                        Some(_) => return Ok(false),
                        None => devices.extend(device),
                    }
                }
                let by = By::of_user(job.user, &job.user_name, &job.ip);
                let mut before: Option<(String, u64)> = None;
                for (label, device) in row.clone().zip(devices) {
                    let print = match before.take() {
                        // A copy beside it.
                        Some((sn, print)) if sn == device.sn => (sn, print),
                        _ => (device.sn.clone(), labels::send(txn, &by, device, &job.reason)?),
                    };
                    txn.put(&PRINT_MISHAPS, &(id, label.into()), &Mishap::InDoubt(print.1))?;
                    before = Some(print);
                }
                (progress.next, progress.in_flight) = (row.end, row.end - row.start);
                keep(txn, id, &job, &progress)?;
                Ok(true)
            })
            .await
    }

    /// The labels at the printer ended so, and none follow now.
    pub async fn row_ended(&self, printer: u64, ended: Ended) -> Result<(), Refusal> {
        self.store.write(move |txn| end(txn, printer, ended)).await
    }

    /// The first can't be drawn: it never goes out, and the others do.
    pub async fn label_not_drawn(&self, next: NextRow) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let Some((id, job, mut progress)) = first(&txn.view(), next.printer)? else { return Ok(()) };
                if (id, progress.next) != (next.job, next.label) {
                    return Ok(());
                }
                txn.put(&PRINT_MISHAPS, &(id, progress.next.into()), &Mishap::Failed(NotSent::NotDrawn))?;
                progress.next += 1;
                Ok(keep(txn, id, &job, &progress)?)
            })
            .await
    }
}
