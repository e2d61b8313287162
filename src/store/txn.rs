//! What a verb writes with. Nothing reaches the backend from here: the writer takes the whole group's writes at once.

use super::key::Key;
use super::record::{self, Record};
use super::tables::{COUNTERS, Table, is_of_accounts};
use super::{Batch, KeyValue, Rows, StoreError, View};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use std::fmt;

/// A key, and what stood for it in the group's writes: nothing, a value, or that it goes.
type Before = (Vec<u8>, Option<Option<Vec<u8>>>);

/// The writes of a group of verbs, one verb after the other; a refused verb's are taken back.
pub struct Txn<'e> {
    backend: &'e dyn KeyValue,
    written: Batch,
    /// What `written` held before the running verb changed it.
    undo: Vec<Before>,
    /// In their order; the writer numbers them.
    news: Vec<News>,
    sealed: bool,
}

impl fmt::Debug for Txn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Txn").field("written", &self.written.len()).finish_non_exhaustive()
    }
}

impl<'e> Txn<'e> {
    /// `sealed`: by an earlier group.
    pub(super) fn new(backend: &'e dyn KeyValue, sealed: bool) -> Self {
        Self { backend, written: Batch::new(), undo: Vec::new(), news: Vec::new(), sealed }
    }

    /// What was written, what is to be told, and whether anything may follow.
    pub(super) fn finish(self) -> (Batch, Vec<News>, bool) {
        (self.written, self.news, self.sealed)
    }

    /// How many news the group has by now.
    pub(super) fn news(&self) -> usize {
        self.news.len()
    }

    /// Runs one verb; refused or panicking, it leaves nothing behind.
    pub(super) fn run<T>(&mut self, verb: impl FnOnce(&mut Txn<'e>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.sealed {
            return Err(Refusal::unavailable());
        }
        self.undo.clear();
        let before = self.news.len();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| verb(self))).unwrap_or_else(|_| {
            tracing::error!("a verb panicked");
            Err(Refusal::internal())
        });
        debug_assert!(
            result.is_err()
                || self.news[before..].iter().any(News::is_about_accounts)
                || !self.undo.iter().any(|(key, _)| is_of_accounts(key)),
            "a verb changes the accounts and does not tell: what is remembered of them would be stale"
        );
        if result.is_err() {
            self.sealed = false;
            self.news.truncate(before);
            for (key, before) in self.undo.drain(..).rev() {
                match before {
                    Some(before) => self.written.insert(key, before),
                    None => self.written.remove(&key),
                };
            }
        }
        result
    }

    pub fn view(&self) -> View<'_> {
        View { backend: self.backend, overlay: Some(&self.written) }
    }

    pub fn get<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        self.view().get(table, key)
    }

    pub fn has<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        self.view().has(table, key)
    }

    pub fn scan<K: Key, V: Record>(&self, table: &Table<K, V>, fields: &impl Key, newest_first: bool) -> Rows<'_, K, V> {
        self.view().scan(table, fields, newest_first)
    }

    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let before = self.written.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    pub fn put<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K, value: &V) -> Result<(), StoreError> {
        let value = record::encode(value).ok_or(StoreError::TooLarge { table: table.name })?;
        self.set(table.prefix(key), Some(value));
        Ok(())
    }

    pub fn delete<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K) {
        self.set(table.prefix(key), None);
    }

    /// The next number of its kind, from 1 upwards; one that a refused verb took is free again.
    pub fn next(&mut self, counter: &str) -> Result<u64, StoreError> {
        self.add(counter, 1)
    }

    /// Changes a running total, which never goes below 0, and gives the new one.
    pub fn add(&mut self, counter: &str, by: i64) -> Result<u64, StoreError> {
        let name = counter.to_owned();
        let value = self.get(&COUNTERS, &name)?.unwrap_or(0).saturating_add_signed(by);
        self.put(&COUNTERS, &name, &value)?;
        Ok(value)
    }

    /// No verb after this one is carried out any more: the store is about to make way for another one.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// To be told once all this is durable.
    pub fn tell(&mut self, news: News) {
        self.news.push(news);
    }
}
