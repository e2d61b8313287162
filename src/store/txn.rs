//! The writes of verbs; the writer applies a group's at once.

use super::key::Key;
use super::record::{self, Record};
use super::tables::{COUNTERS, Table, is_of_accounts};
use super::{Batch, KeyValue, Rows, StoreError, View};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use std::fmt;

/// A key and its earlier entry in the group's writes, if any.
type Before = (Vec<u8>, Option<Option<Vec<u8>>>);

/// A group of verbs; a refused verb's writes are rolled back.
pub struct Txn<'e> {
    backend: &'e dyn KeyValue,
    written: Batch,
    undo: Vec<Before>,
    news: Vec<News>,
    /// Counts `tell`.
    tells: u64,
    sealed: bool,
}

impl fmt::Debug for Txn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Txn").field("written", &self.written.len()).finish_non_exhaustive()
    }
}

impl<'e> Txn<'e> {
    pub(super) fn new(backend: &'e dyn KeyValue, sealed: bool) -> Self {
        Self { backend, written: Batch::new(), undo: Vec::new(), news: Vec::new(), tells: 0, sealed }
    }

    pub(super) fn finish(self) -> (Batch, Vec<News>, bool) {
        (self.written, self.news, self.sealed)
    }

    pub(super) fn news(&self) -> usize {
        self.news.len()
    }

    pub(super) fn tells(&self) -> u64 {
        self.tells
    }

    /// Runs one verb; a refusal or panic leaves nothing behind.
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

    /// From 1; a refused verb's number is free again.
    pub fn next(&mut self, counter: &str) -> Result<u64, StoreError> {
        self.add(counter, 1)
    }

    /// A running total, never below 0. Returns the new one.
    pub fn add(&mut self, counter: &str, by: i64) -> Result<u64, StoreError> {
        let name = counter.to_owned();
        let value = self.get(&COUNTERS, &name)?.unwrap_or(0).saturating_add_signed(by);
        self.put(&COUNTERS, &name, &value)?;
        Ok(value)
    }

    /// Refuses later verbs: the store is about to be replaced.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// Sent once the group is durable. That a state changed is told once for all verbs in a row that say so.
    pub fn tell(&mut self, news: News) {
        self.tells += 1;
        if !(news.is_state() && self.news.last() == Some(&news)) {
            self.news.push(news);
        }
    }
}
