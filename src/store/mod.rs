//! What paperline stores: ordered keys in a backend, one writer, pictures as files. Decides nothing; only local.rs knows the
//! backend.

use crate::domain::refusal::Refusal;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

pub mod backup;
pub mod backup_file;
pub mod blobs;
#[cfg(test)]
mod enums;
pub mod key;
pub mod local;
pub mod memory;
pub mod news;
mod older;
pub mod record;
pub mod restore;
pub mod tables;
mod txn;
mod writer;

use key::Key;
use news::Numbers;
use record::Record;
use tables::Table;
pub use txn::Txn;
pub use writer::Room;

/// The texts are for the log; clients get those of app/mod.rs.
#[derive(Debug)]
pub enum StoreError {
    /// `key` in hex.
    Corrupt { table: &'static str, key: String },
    /// Over `record::RECORD_BYTES_MAX`.
    TooLarge { table: &'static str },
    /// The disk may be full.
    Io(std::io::Error),
    /// Open in another process.
    Busy,
    /// The backend can't be trusted any more.
    Fatal(String),
}

impl StoreError {
    pub fn io(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { table, key } => write!(f, "table {table}: the row {key} can't be read"),
            Self::TooLarge { table } => write!(f, "table {table}: a record is too large"),
            Self::Io(e) => write!(f, "file: {e}"),
            Self::Busy => f.write_str("the store is in use by another process"),
            Self::Fatal(e) => write!(f, "store: {e}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for std::io::Error {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Io(e) => e,
            e => Self::other(e),
        }
    }
}

pub fn endless() -> Room {
    Arc::new(|| Ok(()))
}

pub type Pair = (Vec<u8>, Vec<u8>);
/// `None` deletes.
pub type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
type Written = (Vec<u8>, Option<Vec<u8>>);

/// The backend: ordered keys, one atomic batch at a time.
pub trait KeyValue: Send + Sync + 'static {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The rows from `from` (included) to `to` in key order, or reversed.
    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a>;

    /// All or nothing; durable only after `sync`.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;

    /// On return, what was applied survives a power cut.
    fn sync(&self) -> Result<(), StoreError>;
}

/// A read view: committed rows and, in a verb, its group's writes so far.
pub struct View<'a> {
    backend: &'a dyn KeyValue,
    overlay: Option<&'a Batch>,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The end of all keys with `prefix`.
fn after(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

impl<'a> View<'a> {
    fn raw(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.overlay.and_then(|o| o.get(key)) {
            Some(written) => Ok(written.clone()),
            None => self.backend.get(key),
        }
    }

    pub fn get<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        let key = table.prefix(key);
        let Some(bytes) = self.raw(&key)? else { return Ok(None) };
        record::decode(&bytes).map(Some).ok_or_else(|| StoreError::Corrupt { table: table.name, key: hex(&key) })
    }

    pub fn has<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        Ok(self.raw(&table.prefix(key))?.is_some())
    }

    pub fn counter(&self, name: &str) -> Result<u64, StoreError> {
        Ok(self.get(&tables::COUNTERS, &name.to_owned())?.unwrap_or(0))
    }

    /// Rows whose keys start with `fields`.
    pub fn scan<K: Key, V: Record>(&self, table: &Table<K, V>, fields: &impl Key, newest_first: bool) -> Rows<'a, K, V> {
        let prefix = table.prefix(fields);
        let to = after(&prefix);
        self.rows(table, prefix, to, newest_first)
    }

    /// The rows from `from` to `to`, both included, which may be leading fields.
    pub fn range<K: Key, V: Record>(
        &self,
        table: &Table<K, V>,
        from: &impl Key,
        to: &impl Key,
        newest_first: bool,
    ) -> Rows<'a, K, V> {
        let (from, to) = (table.prefix(from), after(&table.prefix(to)));
        self.rows(table, from, to, newest_first)
    }

    fn rows<K: Key, V: Record>(
        &self,
        table: &Table<K, V>,
        from: Vec<u8>,
        to: Bound<Vec<u8>>,
        newest_first: bool,
    ) -> Rows<'a, K, V> {
        let to_ref = match &to {
            Bound::Excluded(key) => Bound::Excluded(key.as_slice()),
            _ => Bound::Unbounded,
        };
        let empty = matches!(to_ref, Bound::Excluded(end) if end <= from.as_slice());
        let written: Vec<Written> = match self.overlay {
            Some(o) if !empty => {
                let range = o.range::<[u8], _>((Bound::Included(from.as_slice()), to_ref)).map(|(k, v)| (k.clone(), v.clone()));
                if newest_first { range.rev().collect() } else { range.collect() }
            }
            _ => Vec::new(),
        };
        let committed: Box<dyn Iterator<Item = _> + 'a> =
            if empty { Box::new(std::iter::empty()) } else { self.backend.scan(&from, to_ref, newest_first) };
        Rows {
            committed: committed.peekable(),
            written: written.into_iter().peekable(),
            newest_first,
            table: table.name,
            types: std::marker::PhantomData,
        }
    }
}

type Committed<'a> = Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a>;

pub struct Rows<'a, K, V> {
    committed: std::iter::Peekable<Committed<'a>>,
    written: std::iter::Peekable<std::vec::IntoIter<Written>>,
    newest_first: bool,
    table: &'static str,
    types: std::marker::PhantomData<fn() -> (K, V)>,
}

impl<K, V> fmt::Debug for Rows<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("table", &self.table).finish_non_exhaustive()
    }
}

impl<K, V> Rows<'_, K, V> {
    fn next_raw(&mut self) -> Option<Result<Pair, StoreError>> {
        loop {
            let Some((ours, _)) = self.written.peek() else { return self.committed.next() };
            let (key, value) = match self.committed.peek() {
                Some(Err(_)) => return self.committed.next(),
                None => self.written.next()?,
                Some(Ok((theirs, _))) => match theirs[..].cmp(ours) {
                    Ordering::Equal => {
                        self.committed.next();
                        self.written.next()?
                    }
                    order if order.is_lt() != self.newest_first => return self.committed.next(),
                    _ => self.written.next()?,
                },
            };
            if let Some(value) = value {
                return Some(Ok((key, value)));
            }
        }
    }
}

impl<K: Key, V: Record> Iterator for Rows<'_, K, V> {
    type Item = Result<(K, V), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = match self.next_raw()? {
            Ok(pair) => pair,
            Err(e) => return Some(Err(e)),
        };
        let mut fields = &key[1..];
        let row = K::decode(&mut fields).filter(|_| fields.is_empty()).zip(record::decode(&value));
        Some(row.ok_or_else(|| StoreError::Corrupt { table: self.table, key: hex(&key) }))
    }
}

#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn KeyValue>,
    /// Write-locked only while a batch is applied: reads see whole batches.
    gate: Arc<RwLock<()>>,
    tails: backup::Tails,
    numbers: Numbers,
    jobs: tokio::sync::mpsc::Sender<writer::Job>,
    room: Room,
    failed: watch::Receiver<Option<String>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    pub fn new(backend: Arc<dyn KeyValue>, room: Room) -> Result<Self, StoreError> {
        let gate = Arc::new(RwLock::new(()));
        let tails = backup::Tails::default();
        let numbers = Numbers::new(news::newest(&View { backend: &*backend, overlay: None })?);
        let (failure, failed) = watch::channel(None);
        let target = writer::Target {
            backend: backend.clone(),
            gate: gate.clone(),
            tails: tails.clone(),
            numbers: numbers.clone(),
            failure,
        };
        let jobs = writer::start(target, room.clone()).map_err(StoreError::Io)?;
        Ok(Self { backend, gate, tails, numbers, jobs, room, failed })
    }

    /// Whether writes are accepted; asked before a large body is read.
    pub fn has_room(&self) -> Result<(), Refusal> {
        if self.failed.borrow().is_none() && (self.room)().is_ok() { Ok(()) } else { Err(Refusal::unavailable()) }
    }

    /// Waits for the backend to fail and returns why. Only reopening helps.
    pub async fn failed(&self) -> String {
        match self.failed.clone().wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            Err(_) => "the writer is gone".into(),
        }
    }

    /// Consistent, but blocks the writer's next batch: use `walk` for long tables.
    pub fn read<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        let _whole = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        look(&View { backend: &*self.backend, overlay: None })
    }

    /// Does not block the writer; a batch applied meanwhile may be seen in part.
    pub fn walk<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        look(&View { backend: &*self.backend, overlay: None })
    }

    /// On return, the writes are durable and the feed, if any, has sent the news. A refused verb leaves nothing behind. Once
    /// queued, it runs even if the caller is gone.
    pub async fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (job, answer) = writer::job(verb);
        self.jobs.send(job).await.map_err(|_| Refusal::unavailable())?;
        let (result, number) = answer.await.map_err(|_| Refusal::unavailable())?;
        self.numbers.told(number).await;
        result
    }

    pub fn write_blocking<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (job, answer) = writer::job(verb);
        self.jobs.blocking_send(job).map_err(|_| Refusal::unavailable())?;
        let (result, number) = answer.blocking_recv().map_err(|_| Refusal::unavailable())?;
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.block_on(self.numbers.told(number));
        }
        result
    }
}
