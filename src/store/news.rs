//! News as the store keeps them: numbered, read again by number, dropped when they are old. Who tells them is the feed, the one reader that
//! answers wait for. Not here: what is told to whom (feed.rs above).

use super::tables::NEWS;
use super::{Store, StoreError, View};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use tokio::sync::watch;

/// So many are kept for whoever was away for a moment.
const KEPT: u64 = 4_096;
/// Dropped in one verb.
const DROPPED_AT_ONCE: u64 = 1_000;

/// How far the news have got.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    /// The newest that is durable; the writer's.
    pub durable: watch::Sender<u64>,
    /// The newest that the feed has told. `None`: there is no feed, and nobody waits for it.
    pub told: watch::Sender<Option<u64>>,
}

impl Numbers {
    pub fn new(newest: u64) -> Self {
        Self { durable: watch::Sender::new(newest), told: watch::Sender::new(None) }
    }

    /// Waits until the feed has told this one.
    pub async fn told(&self, number: u64) {
        // The sender is this struct's own: it can't be gone.
        let _ = self.told.subscribe().wait_for(|told| told.is_none_or(|told| told >= number)).await;
    }
}

/// The number of the newest; 0 before the first.
pub(super) fn newest(view: &View<'_>) -> Result<u64, StoreError> {
    Ok(view.scan(&NEWS, &(), true).next().transpose()?.map_or(0, |(number, _)| number))
}

impl Store {
    /// What is durable after this number, at most so many, oldest first. `None`: some of it is no longer kept, and whoever asks has to
    /// look at everything anew.
    pub fn news_since(&self, number: u64, limit: usize) -> Result<Option<Vec<(u64, News)>>, StoreError> {
        let newest = *self.numbers.durable.borrow();
        if number >= newest {
            return Ok((number == newest).then(Vec::new));
        }
        let rows = self.walk(|view| view.range(&NEWS, &(number + 1), &newest, false).take(limit).collect::<Result<Vec<_>, _>>())?;
        Ok(Some(rows).filter(|rows| rows.first().is_some_and(|(first, _)| *first == number + 1)))
    }

    /// The number of the newest that is durable.
    pub fn newest_news(&self) -> u64 {
        *self.numbers.durable.borrow()
    }

    /// The one reader that answers wait for, from now on; what was durable before is told to nobody.
    pub fn feed(&self) -> Feed {
        let newest = self.newest_news();
        self.numbers.told.send_replace(Some(newest));
        Feed { store: self.clone(), durable: self.numbers.durable.subscribe(), told: newest }
    }

    /// Drops what nobody will ask for any more.
    async fn drop_old_news(&self) -> Result<(), Refusal> {
        let Some(last) = self.newest_news().checked_sub(KEPT) else { return Ok(()) };
        self.write(move |txn| {
            let rows = txn.scan(&NEWS, &(), false).take(DROPPED_AT_ONCE as usize).map(|row| row.map(|(number, _)| number));
            let old: Vec<u64> =
                rows.filter(|number| !number.as_ref().is_ok_and(|number| *number > last)).collect::<Result<_, _>>()?;
            old.iter().for_each(|number| txn.delete(&NEWS, number));
            Ok(())
        })
        .await
    }
}

/// Whoever holds it tells the news: in order, each once. Verbs are answered when theirs are told.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    durable: watch::Receiver<u64>,
    told: u64,
}

impl Feed {
    /// The next that are durable, oldest first; waits for them. Cancel-safe.
    ///
    /// # Errors
    /// A row that can't be read, or that is gone: what it told is lost.
    pub async fn next(&mut self) -> Result<Vec<(u64, News)>, StoreError> {
        const AT_ONCE: usize = 1_000;
        // The writer is gone: nothing more will come.
        if self.durable.wait_for(|durable| *durable > self.told).await.is_err() {
            std::future::pending::<()>().await;
        }
        let lost = || StoreError::Corrupt { table: NEWS.name, key: (self.told + 1).to_string() };
        self.store.news_since(self.told, AT_ONCE)?.ok_or_else(lost)
    }

    /// Everything up to this number is told: those who wait for it are answered.
    pub fn told(&mut self, number: u64) {
        let is_time = number / DROPPED_AT_ONCE > self.told / DROPPED_AT_ONCE;
        self.told = number;
        self.store.numbers.told.send_replace(Some(number));
        if is_time {
            let store = self.store.clone();
            tokio::spawn(async move {
                if let Err(refusal) = store.drop_old_news().await {
                    tracing::warn!("old news are still there: {}", refusal.en);
                }
            });
        }
    }

    /// Whatever can't be read is passed over.
    pub fn skip_to_newest(&mut self) {
        self.told(self.store.newest_news());
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.store.numbers.told.send_replace(None);
    }
}
