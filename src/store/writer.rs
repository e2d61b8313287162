//! The one writer: runs all waiting verbs, makes them durable together, answers. With 64 waiting writers this measured 8 × a sync
//! per verb.

use super::backup::Tails;
use super::news::Numbers;
use super::tables::NEWS;
use super::{Batch, KeyValue, StoreError, Txn, record};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot, watch};

/// Whether there is free space, or why not.
pub type Room = Arc<dyn Fn() -> Result<(), &'static str> + Send + Sync>;

/// The result, and the number of the last news; 0 for none.
pub(super) type Answer<T> = (Result<T, Refusal>, u64);
/// Called with the refusal for the whole group, if any, and the number of the last news before it.
type Completion = Box<dyn FnOnce(Result<(), Refusal>, u64) + Send>;
pub(super) type Job = Box<dyn FnOnce(&mut Txn<'_>) -> Completion + Send>;

const WAITING_MAX: usize = 4096;
/// Bounds memory, and the wait of the first verb.
const GROUP_MAX: usize = 1024;

pub(super) fn job<T: Send + 'static>(
    verb: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send + 'static,
) -> (Job, oneshot::Receiver<Answer<T>>) {
    let (answer, wait) = oneshot::channel();
    let job: Job = Box::new(move |txn| {
        let before = txn.tells();
        let result = txn.run(verb);
        let (has_told, news) = (result.is_ok() && txn.tells() > before, txn.news());
        Box::new(move |durable, newest| {
            let last = if durable.is_ok() && has_told { newest + news as u64 } else { 0 };
            // The caller may be gone; the verb has happened.
            let _ = answer.send((durable.and(result), last));
        })
    });
    (job, wait)
}

pub(super) struct Target {
    pub backend: Arc<dyn KeyValue>,
    pub gate: Arc<RwLock<()>>,
    pub tails: Tails,
    pub numbers: Numbers,
    pub failure: watch::Sender<Option<String>>,
}

pub(super) fn start(target: Target, room: Room) -> std::io::Result<mpsc::Sender<Job>> {
    let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING_MAX);
    std::thread::Builder::new().name("writer".into()).spawn(move || {
        let mut group = Vec::new();
        let mut sealed = false;
        loop {
            if waiting.blocking_recv_many(&mut group, GROUP_MAX) == 0 {
                return;
            }
            // A failed backend's answers can't be trusted.
            sealed |= target.failure.borrow().is_some();
            let mut txn = Txn::new(&*target.backend, sealed);
            let completions: Vec<_> = group.drain(..).map(|job| job(&mut txn)).collect();
            let (mut batch, news, is_last) = txn.finish();
            sealed = is_last;
            let before = *target.numbers.durable.borrow();
            number(&news, before, &mut batch);
            let durable = if batch.is_empty() {
                Ok(())
            } else if let Err(why) = room() {
                tracing::error!("{why}: refusing to write");
                Err(Refusal::unavailable())
            } else {
                commit(&target, &batch)
            };
            if durable.is_ok() && !news.is_empty() {
                target.numbers.durable.send_replace(before + news.len() as u64);
            }
            for completion in completions {
                completion(durable.clone(), before);
            }
        }
    })?;
    Ok(jobs)
}

/// Adds news to the batch that they report.
fn number(news: &[News], before: u64, batch: &mut Batch) {
    for (number, one) in (before + 1..).zip(news) {
        // Small enough: the largest is an upload of 200 pictures.
        batch.insert(NEWS.prefix(&number), Some(record::encode(one).unwrap_or_default()));
    }
}

/// After an error or panic the backend's state is unknown: nothing more is written, and reopening recovers what was acknowledged.
fn commit(target: &Target, batch: &Batch) -> Result<(), Refusal> {
    let committed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        {
            let _whole = target.gate.write().unwrap_or_else(PoisonError::into_inner);
            target.backend.apply(batch)?;
            target.tails.push(batch);
        }
        target.backend.sync()
    }));
    let why = match committed {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(e)) => e,
        Err(_) => StoreError::Fatal("panicked".into()),
    };
    tracing::error!("the store failed, nothing is written any more: {why}");
    target.failure.send_replace(Some(why.to_string()));
    Err(Refusal::unavailable())
}
