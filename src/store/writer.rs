//! The one writer: takes every verb that waits, makes their writes durable at once, answers. Measured with 64
//! waiting writers, this is eight times a sync per verb.

use super::backup::Tails;
use super::news::Numbers;
use super::tables::NEWS;
use super::{Batch, KeyValue, StoreError, Txn, record};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot, watch};

/// Whether there is still space to write, and else why not.
pub type Room = Arc<dyn Fn() -> Result<(), &'static str> + Send + Sync>;

/// What a verb is answered with, and the number of the last news that it has; 0: it has none.
pub(super) type Answer<T> = (Result<T, Refusal>, u64);
/// Called when the group's fate is known, with the number of the last news before it; an error is the refusal that everyone in it gets.
type Completion = Box<dyn FnOnce(Result<(), Refusal>, u64) + Send>;
pub(super) type Job = Box<dyn FnOnce(&mut Txn<'_>) -> Completion + Send>;

/// How many verbs may wait; past it, those who ask wait before they are taken in.
const WAITING_MAX: usize = 4096;
/// Bounds the memory of a group and the time its first verb waits.
const GROUP_MAX: usize = 1024;

pub(super) fn job<T: Send + 'static>(
    verb: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send + 'static,
) -> (Job, oneshot::Receiver<Answer<T>>) {
    let (answer, wait) = oneshot::channel();
    let job: Job = Box::new(move |txn| {
        let before = txn.news();
        let result = txn.run(verb);
        let news = txn.news();
        Box::new(move |durable, newest| {
            let last = if durable.is_ok() && news > before { newest + news as u64 } else { 0 };
            // Whoever asked may be gone: the verb has happened all the same.
            let _ = answer.send((durable.and(result), last));
        })
    });
    (job, wait)
}

/// Where batches go.
pub(super) struct Target {
    pub backend: Arc<dyn KeyValue>,
    pub gate: Arc<RwLock<()>>,
    pub tails: Tails,
    pub numbers: Numbers,
    /// Why nothing is written any more.
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
            // A store that failed is not even asked: what it would say is not known.
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

/// News go into the batch of what they tell of.
fn number(news: &[News], before: u64, batch: &mut Batch) {
    for (number, one) in (before + 1..).zip(news) {
        // Ids and small values: an upload's, of two hundred pictures, is the largest.
        batch.insert(NEWS.prefix(&number), Some(record::encode(one).unwrap_or_default()));
    }
}

/// An error or a panic inside the backend leaves it in a state that nobody knows: nothing is written any more, and what was acknowledged
/// is found again when the store is opened anew.
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
