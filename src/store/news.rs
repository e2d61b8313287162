//! Stored news. Verbs are answered after the feed has sent theirs. Not here: who gets which (feed.rs).

use super::tables::NEWS;
use super::{Store, StoreError, View};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use tokio::sync::watch;

/// For readers that were away for a moment.
const KEPT: u64 = 4_096;
const DROPPED_AT_ONCE: u64 = 1_000;

#[derive(Clone, Debug)]
pub(super) struct Numbers {
    /// The newest durable one.
    pub durable: watch::Sender<u64>,
    /// The newest one sent; `None` without a feed.
    pub told: watch::Sender<Option<u64>>,
}

impl Numbers {
    pub fn new(newest: u64) -> Self {
        Self { durable: watch::Sender::new(newest), told: watch::Sender::new(None) }
    }

    pub async fn told(&self, number: u64) {
        // The sender is in `self`.
        let _ = self.told.subscribe().wait_for(|told| told.is_none_or(|told| told >= number)).await;
    }
}

/// 0 if there are none.
pub(super) fn newest(view: &View<'_>) -> Result<u64, StoreError> {
    Ok(view.scan(&NEWS, &(), true).next().transpose()?.map_or(0, |(number, _)| number))
}

impl Store {
    /// Oldest first. `None`: some are deleted, and the reader must reload everything.
    pub fn news_since(&self, number: u64, limit: usize) -> Result<Option<Vec<(u64, News)>>, StoreError> {
        let newest = *self.numbers.durable.borrow();
        if number >= newest {
            return Ok((number == newest).then(Vec::new));
        }
        let rows = self.walk(|view| view.range(&NEWS, &(number + 1), &newest, false).take(limit).collect::<Result<Vec<_>, _>>())?;
        Ok(Some(rows).filter(|rows| rows.first().is_some_and(|(first, _)| *first == number + 1)))
    }

    pub fn newest_news(&self) -> u64 {
        *self.numbers.durable.borrow()
    }

    /// The feed from now on; earlier news are not sent.
    pub fn feed(&self) -> Feed {
        let newest = self.newest_news();
        self.numbers.told.send_replace(Some(newest));
        Feed { store: self.clone(), durable: self.numbers.durable.subscribe(), told: newest }
    }

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

/// Sends all news in order, once.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    durable: watch::Receiver<u64>,
    told: u64,
}

impl Feed {
    /// Waits for news; oldest first. Cancel-safe.
    ///
    /// # Errors
    /// A row is unreadable or missing: its news are lost.
    pub async fn next(&mut self) -> Result<Vec<(u64, News)>, StoreError> {
        const AT_ONCE: usize = 1_000;
        if self.durable.wait_for(|durable| *durable > self.told).await.is_err() {
            std::future::pending::<()>().await;
        }
        let lost = || StoreError::Corrupt { table: NEWS.name, key: (self.told + 1).to_string() };
        self.store.news_since(self.told, AT_ONCE)?.ok_or_else(lost)
    }

    /// Everything up to `number` is sent: releases the answers waiting for it.
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
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.store.numbers.told.send_replace(None);
    }
}
