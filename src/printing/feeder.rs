//! Feeds one printer, row by row: the next one goes out when the one before has come out. Labels are written down as sent before
//! their first byte goes out; what became of them is written down with the next. Not here: the connection (line.rs).

use super::line::Line;
use super::status::Report;
use crate::app::print_jobs::{self, Ended, NextRow};
use crate::app::{App, label_looks, print_queue};
use crate::domain::label_look::LabelLook;
use crate::domain::printer::{Address, Language, Printer, PrinterState};
use crate::domain::refusal::Refusal;
use crate::labels::{self, Row, Values};
use crate::store::tables::PRINTERS;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// While somebody looks at the states.
const ASKED_EVERY: Duration = Duration::from_secs(3);
const ASKED_SELDOM: Duration = Duration::from_secs(60);
/// Asking a silent printer holds its only connection for seconds.
const SILENT_ASKED_EVERY: Duration = Duration::from_secs(30);
/// After a connection failed, or an error stands.
const AGAIN: Duration = Duration::from_millis(500);
const AGAIN_MAX: Duration = Duration::from_secs(5);
/// While a label comes out.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LOOK_MAX: Duration = Duration::from_millis(200);
/// A label that a TSC has received.
const BEGINS_WITHIN: Duration = Duration::from_millis(50);
/// Of a printer that has answered before, after a label.
const SILENCES_MAX: u32 = 3;

pub struct Feeder {
    app: Arc<App>,
    id: u64,
    changes: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    /// What became of the last row, until it is written down.
    owed: Option<Ended>,
}

/// Why a connection is of no more use.
enum Over {
    /// Nothing is to be done.
    Idle,
    /// It is lost, or the printer says nothing.
    Lost(PrinterState),
    /// The printer was changed or deleted, or the box stops.
    Changed,
}

impl Feeder {
    pub fn new(app: Arc<App>, id: u64, stop: watch::Receiver<bool>) -> Self {
        let changes = app.printers.changes();
        // An earlier task of this printer may have died with a label in flight.
        Self { app, id, changes, stop, owed: Some(Ended::InDoubt) }
    }

    fn is(&self, state: PrinterState) {
        self.app.printers.is(self.id, state);
    }

    fn stops(&self) -> bool {
        *self.stop.borrow()
    }

    fn printer(&self) -> Result<Option<Printer>, Refusal> {
        Ok(self.app.store.read(|view| view.get(&PRINTERS, &self.id))?)
    }

    /// Of a printer beside an agent, whether that is connected.
    fn has_agent(&self) -> bool {
        let printer = self.printer().ok().flatten();
        matches!(printer.map(|printer| printer.address), Some(Address::Agent { name }) if self.app.agents.get(&name).is_some())
    }

    fn has_work(&self) -> bool {
        self.app.printers.is_test_asked(self.id)
            || self.app.store.read(|view| print_queue::has_more(view, self.id)).is_ok_and(|has_more| has_more)
    }

    /// Until something changes, at most so long.
    async fn rest(&mut self, most: Duration) {
        tokio::select! {
            _ = async { self.stop.wait_for(|stop| *stop).await.is_ok() } => {}
            _ = self.changes.changed() => {}
            () = tokio::time::sleep(most) => {}
        }
    }

    /// So long, whatever changes.
    async fn wait(&mut self, time: Duration) {
        let _ = tokio::time::timeout(time, self.stop.wait_for(|stop| *stop)).await;
    }

    /// Until the printer is deleted or the box stops.
    pub async fn run(mut self) {
        let mut again = AGAIN;
        while !self.stops() {
            self.changes.mark_unchanged();
            let printer = match self.printer() {
                Ok(Some(printer)) => printer,
                Ok(None) => break,
                Err(_) => {
                    self.wait(AGAIN_MAX).await;
                    continue;
                }
            };
            if !self.pay().await {
                self.wait(AGAIN).await;
                continue;
            }
            let over = match Line::open(&printer.address, printer.language, &self.app.agents).await {
                Ok(line) => self.feed(line, printer.clone()).await,
                Err(e) => {
                    tracing::debug!("printer {}: {e}", self.id);
                    Over::Lost(PrinterState::Offline)
                }
            };
            match over {
                Over::Idle => {
                    again = AGAIN;
                    self.until_needed(&printer).await;
                }
                Over::Changed => {
                    again = AGAIN;
                    // Not at once, in case it is the store that can't be read.
                    self.wait(LOOK_MAX).await;
                }
                Over::Lost(state) => {
                    self.is(state);
                    if self.has_work() {
                        self.wait(again).await;
                        again = (again * 2).min(AGAIN_MAX);
                    } else {
                        self.until_needed(&printer).await;
                    }
                }
            }
        }
        self.app.printers.forget(self.id);
    }

    /// Until there is a label to send, or it is time to ask how the printer is.
    async fn until_needed(&mut self, asked: &Printer) {
        let began = tokio::time::Instant::now();
        loop {
            let is_silent = self.app.printers.of(self.id).is_some_and(|(state, _)| state == PrinterState::Silent);
            let every = match self.app.printers.is_looked_at() {
                true if is_silent => SILENT_ASKED_EVERY,
                true => ASKED_EVERY,
                false => ASKED_SELDOM,
            };
            let is_another = self.is_another(asked);
            let came_back =
                self.app.printers.of(self.id).is_none_or(|(state, _)| state == PrinterState::Offline) && self.has_agent();
            if self.stops() || is_another || self.has_work() || came_back || began.elapsed() >= every {
                return;
            }
            self.rest(ASKED_EVERY.min(every - began.elapsed())).await;
        }
    }

    /// Writes down what became of the last row. False: it can't be written now.
    async fn pay(&mut self) -> bool {
        let Some(ended) = self.owed else { return true };
        match self.app.row_ended(self.id, ended).await {
            Ok(()) => {
                self.owed = None;
                true
            }
            Err(refusal) => {
                tracing::warn!("printer {}: what became of its label can't be written down: {}", self.id, refusal.en);
                false
            }
        }
    }

    /// Sends all that waits over one connection.
    async fn feed(&mut self, mut line: Line, mut printer: Printer) -> Over {
        loop {
            let report = match line.ask().await {
                Ok(report) => report,
                Err(e) => {
                    tracing::debug!("printer {}: {e}", self.id);
                    return Over::Lost(PrinterState::Offline);
                }
            };
            match report {
                Some(Report { state, .. }) => {
                    self.is(state);
                    if !printer.has_answered && self.app.printer_answers(self.id).await.is_ok() {
                        printer.has_answered = true;
                    }
                }
                None => self.is(PrinterState::Silent),
            }
            // The silence of one that has never said anything says nothing.
            let goes = report.map_or(!printer.has_answered, |report| report.state.takes_labels());
            if !self.has_work() || self.stops() {
                line.close().await;
                return Over::Idle;
            }
            if goes {
                match self.send_all(&mut line, &printer, report.is_some()).await {
                    Over::Idle => {}
                    over => return over,
                }
                if report.is_some() && self.owed.is_none() {
                    self.is(PrinterState::Ready);
                }
            } else if report.is_none() {
                return Over::Lost(PrinterState::Silent);
            } else {
                self.wait(AGAIN).await;
                if self.is_another(&printer) {
                    return Over::Changed;
                }
            }
        }
    }

    /// Than the one that this connection leads to.
    fn is_another(&self, printer: &Printer) -> bool {
        let now = self.printer().ok().flatten();
        now.is_none_or(|now| now.is_another(printer))
    }

    /// `answers`: it says when a label has come out.
    async fn send_all(&mut self, line: &mut Line, printer: &Printer, answers: bool) -> Over {
        if self.app.printers.take_test(self.id)
            && let Some(bytes) = self.test_label(printer)
            && line.send(&bytes).await.is_err()
        {
            return Over::Lost(PrinterState::Offline);
        }
        loop {
            let drawn = if self.stops() { Ok(None) } else { self.draw_next().await };
            let (next, printer_now, bytes) = match drawn {
                Ok(Some(drawn)) => drawn,
                Ok(None) => {
                    return if self.pay().await { Over::Idle } else { Over::Changed };
                }
                Err(_) => return Over::Changed,
            };
            if printer_now.is_another(printer) {
                return Over::Changed;
            }
            match self.app.send_next_row(self.id, self.owed, next).await {
                Ok(true) => self.owed = None,
                Ok(false) => {
                    self.owed = None;
                    continue;
                }
                Err(refusal) => {
                    tracing::warn!("printer {}: a label can't be written down, so it does not go out: {}", self.id, refusal.en);
                    if answers {
                        self.is(PrinterState::Ready);
                    }
                    self.wait(AGAIN).await;
                    continue;
                }
            }
            if answers {
                self.is(PrinterState::Printing);
            }
            if let Err(e) = line.send(&bytes).await {
                tracing::warn!("printer {}: {e}", self.id);
                self.owed = Some(Ended::InDoubt);
                return Over::Lost(PrinterState::Offline);
            }
            let over = if answers { self.came_out(line, printer).await } else { Ok(Ended::InDoubt) };
            match over {
                Ok(ended) => self.owed = Some(ended),
                Err(over) => {
                    self.owed = Some(Ended::InDoubt);
                    return over;
                }
            }
        }
    }

    /// Waits until the label is out. An error that stands is waited for: the label is in the printer.
    async fn came_out(&mut self, line: &mut Line, printer: &Printer) -> Result<Ended, Over> {
        let (mut look, mut silences) = (FIRST_LOOK, 0);
        // What a TSC has received and not begun it does not tell: it is done once it has begun, or is idle for a while.
        let mut has_begun = printer.language != Language::Tspl;
        loop {
            match line.ask().await {
                Ok(Some(Report { state, is_done: Some(true) })) if state.takes_labels() => {
                    if has_begun {
                        return Ok(Ended::Printed);
                    }
                    has_begun = true;
                    self.wait(BEGINS_WITHIN).await;
                }
                Ok(Some(Report { state, is_done })) if is_done == Some(false) || !state.takes_labels() => {
                    silences = 0;
                    has_begun = state.takes_labels() || printer.language != Language::Tspl;
                    self.is(if state.takes_labels() { PrinterState::Printing } else { state });
                    let error_stands = !state.takes_labels();
                    self.wait(if error_stands { AGAIN } else { look }).await;
                    look = (look * 2).min(LOOK_MAX);
                }
                Ok(_) => {
                    silences += 1;
                    self.is(PrinterState::Silent);
                    if silences >= SILENCES_MAX {
                        return Err(Over::Lost(PrinterState::Silent));
                    }
                }
                Err(e) => {
                    tracing::warn!("printer {}: {e}", self.id);
                    return Err(Over::Lost(PrinterState::Offline));
                }
            }
            if self.stops() || self.is_another(printer) {
                return Err(Over::Changed);
            }
        }
    }

    fn test_label(&self, printer: &Printer) -> Option<Vec<u8>> {
        let look = self.app.store.read(|view| print_jobs::look(view, printer)).ok()??;
        // As the label comes out: its zero is the corner that the offset counts from.
        let one = Row::of(&look, 1, 0);
        let ruler = labels::ruler(one.width, one.height, printer.dpi.into());
        Some(encode(vec![ruler; printer.across.into()], &look, printer))
    }

    /// The next row and its bytes. A label that can't be drawn is written down as failed.
    async fn draw_next(&mut self) -> Result<Option<(NextRow, Printer, Vec<u8>)>, Refusal> {
        loop {
            let Some(printer) = self.printer()? else { return Ok(None) };
            let Some(mut next) = self.app.store.read(|view| print_jobs::next(view, self.id, &printer))? else { return Ok(None) };
            let devices: Vec<_> = next.devices.iter().flatten().cloned().collect();
            let Some(first) = devices.first().map(|device| device.sn.clone()) else {
                return Ok(Some((next, printer, Vec::new())));
            };
            let zone = self.app.settings().zone();
            let drawn = match next.look.clone() {
                Some(look) => {
                    let values = self.app.store.read(|view| {
                        let of = |device| label_looks::values(view, &look, device, &zone);
                        devices.iter().map(of).collect::<Result<Vec<_>, _>>()
                    })?;
                    let of = printer.clone();
                    let drawn = tokio::task::spawn_blocking(move || draw(&look, &values, &of)).await;
                    drawn.unwrap_or_else(|_| Err(Refusal::internal()))
                }
                None => Err(Refusal::malformed("打印机的标签样式已不存在", "the printer's label is gone")),
            };
            match drawn {
                Ok((labels, bytes)) => {
                    next.devices.truncate(labels);
                    return Ok(Some((next, printer, bytes)));
                }
                Err(refusal) => {
                    tracing::warn!("the label of {first} can't be drawn: {}", refusal.en);
                    if !self.pay().await {
                        return Err(Refusal::unavailable());
                    }
                    self.app.label_not_drawn(next).await?;
                }
            }
        }
    }
}

/// A row, up to the first label that can't be drawn: how many labels it has, and its bytes. Refused if that is the very first.
/// Blocks.
fn draw(look: &LabelLook, row: &[Values], printer: &Printer) -> Result<(usize, Vec<u8>), Refusal> {
    let mut labels = Vec::with_capacity(row.len());
    for values in row {
        match draw_one(look, values, printer) {
            Ok(dots) => labels.push(dots),
            Err(refusal) if labels.is_empty() => return Err(refusal),
            Err(_) => break,
        }
    }
    Ok((labels.len(), encode(labels, look, printer)))
}

/// A label with a part of its code beyond the edge would look printed.
fn draw_one(look: &LabelLook, values: &Values, printer: &Printer) -> Result<labels::Dots, Refusal> {
    let dots = labels::draw(look, values, printer.dpi.into())?;
    if dots.moved((printer.offset.0.into(), printer.offset.1.into())).ink() < dots.ink() {
        return Err(Refusal::malformed("打印机的偏移把内容推到了标签外", "the printer's offset pushes some of it off the label"));
    }
    Ok(dots)
}

fn encode(labels: Vec<labels::Dots>, look: &LabelLook, printer: &Printer) -> Vec<u8> {
    let offset = (printer.offset.0.into(), printer.offset.1.into());
    let row = Row::of(look, printer.across, printer.across_gap);
    let dots = row.picture(labels, printer.dpi.into());
    match printer.language {
        Language::Zpl => labels::zpl::label(&dots, offset),
        Language::Tspl => labels::tspl::label(&dots, &row, look.gap, offset),
    }
}
