//! The one writer: takes every verb that waits, makes their writes durable at once, tells the listener, answers. Measured with 64
//! waiting writers, this is eight times a sync per verb.

use super::backup::Tails;
use super::tables::ACCOUNTS;
use super::{KeyValue, Listener, StoreError, Txn};
use crate::domain::refusal::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot, watch};

/// Whether there is still space to write, and else why not.
pub type Room = Arc<dyn Fn() -> Result<(), &'static str> + Send + Sync>;

/// Called when the group's fate is known; an error is the refusal that everyone in it gets.
type Completion = Box<dyn FnOnce(Result<(), Refusal>) + Send>;
pub(super) type Job = Box<dyn FnOnce(&mut Txn<'_>) -> Completion + Send>;

/// How many verbs may wait; past it, those who ask wait before they are taken in.
const WAITING_MAX: usize = 4096;
/// Bounds the memory of a group and the time its first verb waits.
const GROUP_MAX: usize = 1024;

pub(super) fn job<T: Send + 'static>(
    verb: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, Refusal>>) {
    let (answer, wait) = oneshot::channel();
    let job: Job = Box::new(move |txn| {
        let result = txn.run(verb);
        Box::new(move |durable| {
            // Whoever asked may be gone: the verb has happened all the same.
            let _ = answer.send(durable.and(result));
        })
    });
    (job, wait)
}

/// Where batches go.
pub(super) struct Target {
    pub engine: Arc<dyn KeyValue>,
    pub gate: Arc<RwLock<()>>,
    pub tails: Tails,
    /// How often the accounts have changed.
    pub accounts: Arc<AtomicU64>,
    /// Why nothing is written any more.
    pub failure: watch::Sender<Option<String>>,
}

pub(super) fn start(target: Target, room: Room, listener: Listener) -> std::io::Result<mpsc::Sender<Job>> {
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
            let mut txn = Txn::new(&*target.engine, sealed);
            let completions: Vec<_> = group.drain(..).map(|job| job(&mut txn)).collect();
            let (batch, changes, is_last) = txn.finish();
            sealed = is_last;
            let durable = if batch.is_empty() {
                Ok(())
            } else if let Err(why) = room() {
                tracing::error!("{why}: refusing to write");
                Err(Refusal::unavailable())
            } else {
                commit(&target, &batch)
            };
            if durable.is_ok() {
                changes.iter().for_each(&listener);
            }
            for completion in completions {
                completion(durable.clone());
            }
        }
    })?;
    Ok(jobs)
}

/// An error or a panic inside the engine leaves it in a state that nobody knows: nothing is written any more, and what was acknowledged
/// is found again when the store is opened anew.
fn commit(target: &Target, batch: &super::Batch) -> Result<(), Refusal> {
    let committed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        {
            let _whole = target.gate.write().unwrap_or_else(PoisonError::into_inner);
            if batch.range(vec![ACCOUNTS.0]..vec![ACCOUNTS.1]).next().is_some() {
                target.accounts.fetch_add(1, Ordering::Relaxed);
            }
            target.engine.apply(batch)?;
            target.tails.push(batch);
        }
        target.engine.sync()
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
