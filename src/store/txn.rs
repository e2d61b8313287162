//! What a verb writes with. Nothing reaches the engine from here: the writer takes the whole group's writes at once.

use super::key::Key;
use super::record::{self, Record};
use super::tables::{COUNTERS, Table};
use super::{Batch, KeyValue, Rows, StoreError, View};
use crate::domain::change::Change;
use crate::domain::refusal::Refusal;
use std::fmt;

/// A key, and what stood for it in the group's writes: nothing, a value, or that it goes.
type Before = (Vec<u8>, Option<Option<Vec<u8>>>);

/// The writes of a group of verbs, one verb after the other; a refused verb's are taken back.
pub struct Txn<'e> {
    engine: &'e dyn KeyValue,
    written: Batch,
    /// What `written` held before the running verb changed it.
    undo: Vec<Before>,
    changes: Vec<Change>,
    sealed: bool,
}

impl fmt::Debug for Txn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Txn").field("written", &self.written.len()).finish_non_exhaustive()
    }
}

impl<'e> Txn<'e> {
    /// `sealed`: by an earlier group.
    pub(super) fn new(engine: &'e dyn KeyValue, sealed: bool) -> Self {
        Self { engine, written: Batch::new(), undo: Vec::new(), changes: Vec::new(), sealed }
    }

    /// What was written, what is to be told, and whether anything may follow.
    pub(super) fn finish(self) -> (Batch, Vec<Change>, bool) {
        (self.written, self.changes, self.sealed)
    }

    /// Runs one verb; refused or panicking, it leaves nothing behind.
    pub(super) fn run<T>(&mut self, verb: impl FnOnce(&mut Txn<'e>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.sealed {
            return Err(Refusal::unavailable());
        }
        self.undo.clear();
        let changes = self.changes.len();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| verb(self))).unwrap_or_else(|_| {
            tracing::error!("a verb panicked");
            Err(Refusal::internal())
        });
        if result.is_err() {
            self.sealed = false;
            self.changes.truncate(changes);
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
        View { engine: self.engine, overlay: Some(&self.written) }
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
    pub fn emit(&mut self, change: Change) {
        self.changes.push(change);
    }
}
