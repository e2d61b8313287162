//! Checks printers and their jobs: what is not over is queued, and nothing else.

use super::super::batches::BATCHES_COUNTER;
use super::super::print_queue::JOBS_COUNTER;
use super::super::printers::PRINTERS_COUNTER;
use super::Check;
use crate::store::StoreError;
use crate::store::tables::{BATCHES, PRINT_JOBS, PRINT_MISHAPS, PRINT_PROGRESS, PRINT_QUEUE, PRINTERS, VERIFIED};

impl Check<'_> {
    pub(super) fn printing(&mut self) -> Result<(), StoreError> {
        let (mut highest, mut open) = ([0; 2], 0);
        self.each(&PRINTERS, |check, id, printer| {
            highest[0] = id.max(highest[0]);
            check.expect(printer.check().is_ok(), || format!("printers: {id} can't be"));
            Ok(())
        })?;
        self.each(&PRINT_JOBS, |check, id, job| {
            highest[1] = id.max(highest[1]);
            let Some(progress) = check.view.get(&PRINT_PROGRESS, &id)? else {
                check.say(format!("print jobs: nobody knows how far {id} is"));
                return Ok(());
            };
            let can_be = progress.in_flight <= progress.next && progress.next <= job.labels();
            check.expect(can_be, || format!("print jobs: {id} is further than it is long"));
            let is_over = progress.is_over(&job);
            open += u64::from(!is_over);
            let is_queued = check.view.has(&PRINT_QUEUE, &(job.printer, id))?;
            check.expect(is_queued != is_over, || format!("print queue: {id} is over or not, but is queued otherwise"));
            if is_queued {
                check.is_there(&PRINTERS, &job.printer, &format!("print job {id}"))?;
            }
            Ok(())
        })?;
        self.each(&PRINT_PROGRESS, |check, id, _| check.is_there(&PRINT_JOBS, &id, "how far it is"))?;
        self.each(&PRINT_MISHAPS, |check, (id, _), _| check.is_there(&PRINT_JOBS, &id, "one of its labels"))?;
        let mut highest_batch = 0;
        self.each(&BATCHES, |check, id, batch| {
            highest_batch = id.max(highest_batch);
            check.expect(batch.check().is_ok(), || format!("batches: {id} can't be"));
            Ok(())
        })?;
        self.allotted(BATCHES_COUNTER, highest_batch)?;
        self.each(&VERIFIED, |check, sn, _| check.is_device(&sn, "its scanned label"))?;
        let queued = self.each(&PRINT_QUEUE, |check, (_, id), ()| check.is_there(&PRINT_JOBS, &id, "the print queue"))?;
        self.expect(queued == open, || format!("print jobs: {open} are not over, queued {queued}"));
        self.allotted(PRINTERS_COUNTER, highest[0])?;
        self.allotted(JOBS_COUNTER, highest[1])
    }
}
