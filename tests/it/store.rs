//! The store's promises, in memory and on disk. Not here: crashes and power cuts (crash.rs, power.rs).

use crate::random::Random;
use crate::support::{Hearing, eventually, hear};
use paperline::domain::ids::{ActionId, CompanyId, UserId};
use paperline::domain::news::News;
use paperline::domain::refusal::{Code, Refusal};
use paperline::store::local::Local;
use paperline::store::memory::Memory;
use paperline::store::tables::{COUNTERS, DEVICES_UNPRINTED, NEWS, QUEUES, SETTINGS, USERS_BY_NAME};
use paperline::store::{Batch, KeyValue, Pair, Store, StoreError, Txn, View};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;

type Engine = Arc<dyn KeyValue>;

macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod in_memory {
            $(#[test] fn $test() { super::$test(super::Arc::new(super::Memory::default())); })*
        }
        mod on_a_disk {
            $(#[test] fn $test() {
                let dir = tempfile::tempdir().unwrap();
                super::$test(super::Arc::new(super::Local::open(&dir.path().join("db")).unwrap()));
            })*
        }
    };
}

on_both_engines! {
    a_key_is_found_as_it_was_last_written,
    a_scan_keeps_its_bounds_in_both_directions,
    a_reader_sees_whole_batches_only,
    verbs_that_wait_share_one_write,
    a_verb_reads_what_its_group_has_written,
    a_refused_verb_leaves_nothing,
    a_state_is_told_once_for_verbs_in_a_row,
    news_are_read_again_by_number,
    a_panicking_verb_costs_only_itself,
    news_are_told_after_durability_and_before_the_answer,
    a_verb_happens_though_nobody_waits_for_it,
    without_room_everything_is_refused_and_nothing_told,
    rows_that_cannot_be_read_are_errors,
    a_record_too_large_is_refused,
    chance_gives_what_a_plain_map_gives,
}

fn batch(rows: &[(&[u8], Option<&[u8]>)]) -> Batch {
    rows.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect()
}

fn store(engine: &Engine) -> Store {
    Store::new(engine.clone(), paperline::store::endless()).unwrap()
}

fn text(n: impl std::fmt::Display) -> String {
    n.to_string()
}

/// Holds the writer, so that everything asked meanwhile forms one group.
struct Held {
    release: mpsc::Sender<()>,
    verb: thread::JoinHandle<()>,
}

fn hold(store: &Store) -> Held {
    let ((release, released), (entered, inside)) = (mpsc::channel(), mpsc::channel());
    let store = store.clone();
    let verb = thread::spawn(move || {
        let verb = move |_: &mut Txn<'_>| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        };
        store.write_blocking(verb).unwrap();
    });
    inside.recv().unwrap();
    Held { release, verb }
}

impl Held {
    fn release(self) {
        self.release.send(()).unwrap();
        self.verb.join().unwrap();
    }
}

type Verb<T> = Box<dyn FnOnce(&mut Txn<'_>) -> Result<T, Refusal> + Send>;

/// Asked when this returns, answered when awaited.
fn ask<T: Send + 'static>(store: &Store, verb: Verb<T>) -> Pin<Box<dyn Future<Output = Result<T, Refusal>>>> {
    let store = store.clone();
    let mut asked: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move { store.write(verb).await });
    assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    asked
}

fn group<T: Send + 'static>(store: &Store, verbs: Vec<Verb<T>>) -> Vec<Result<T, Refusal>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let held = hold(store);
    let asked: Vec<_> = verbs.into_iter().map(|verb| ask(store, verb)).collect();
    held.release();
    asked.into_iter().map(|answer| runtime.block_on(answer)).collect()
}

fn a_key_is_found_as_it_was_last_written(engine: Engine) {
    assert_eq!(engine.get(b"a").unwrap(), None);
    engine.apply(&batch(&[(b"a", Some(b"1")), (b"", Some(b"no key")), (b"b", Some(b"")), (b"c", None)])).unwrap();
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(engine.get(b"").unwrap().as_deref(), Some(&b"no key"[..]));
    assert_eq!(engine.get(b"b").unwrap().as_deref(), Some(&b""[..]), "an empty value is a value");
    assert_eq!(engine.get(b"c").unwrap(), None);
    engine.apply(&batch(&[(b"a", Some(b"2")), (b"b", None), (b"c", Some(b"3"))])).unwrap();
    engine.apply(&Batch::new()).unwrap();
    engine.sync().unwrap();
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(engine.get(b"b").unwrap(), None);
    assert_eq!(engine.get(b"c").unwrap().as_deref(), Some(&b"3"[..]));
    assert_eq!(engine.get(b"aa").unwrap(), None);
}

fn scanned(engine: &dyn KeyValue, from: &[u8], to: Bound<&[u8]>, newest_first: bool) -> Vec<Pair> {
    engine.scan(from, to, newest_first).map(Result::unwrap).collect()
}

fn a_scan_keeps_its_bounds_in_both_directions(engine: Engine) {
    let keys: [&[u8]; 9] = [&[], &[0], &[1], &[1, 0], &[1, 0xFF], &[1, 0xFF, 0xFF], &[2], &[0xFF], &[0xFF, 0xFF]];
    let none = scanned(&*engine, &[], Bound::Unbounded, false);
    assert_eq!(none, []);
    engine.apply(&keys.iter().map(|key| (key.to_vec(), Some(key.to_vec()))).collect()).unwrap();
    for from in keys {
        let ends = keys.iter().flat_map(|key| [Bound::Included(*key), Bound::Excluded(*key)]);
        for to in ends.chain([Bound::Unbounded]) {
            let inside = |key: &&[u8]| match to {
                Bound::Included(end) => *key <= end,
                Bound::Excluded(end) => *key < end,
                Bound::Unbounded => true,
            };
            let mut expected: Vec<Pair> =
                keys.iter().copied().filter(|key| *key >= from).filter(inside).map(|key| (key.into(), key.into())).collect();
            assert_eq!(scanned(&*engine, from, to, false), expected, "{from:?} to {to:?}");
            expected.reverse();
            assert_eq!(scanned(&*engine, from, to, true), expected, "{from:?} to {to:?}, newest first");
        }
    }
}

/// One number in distant rows; a reader must never see two.
fn a_reader_sees_whole_batches_only(engine: Engine) {
    const ROWS: u64 = 40;
    const BATCHES: u64 = 150;
    let (store, over) = (store(&engine), Arc::new(AtomicBool::new(false)));
    let put_all = |store: &Store, n: u64| {
        let verb = move |txn: &mut Txn<'_>| {
            for row in 0..ROWS {
                txn.put(&COUNTERS, &format!("row {row}"), &n)?;
                txn.put(&LOG_LIKE, &(row.cast_signed(), 0), &text(n))?;
            }
            Ok(())
        };
        store.write_blocking(verb).unwrap();
    };
    put_all(&store, 0);
    let begin = Arc::new(Barrier::new(4));
    let readers: Vec<_> = (0..3)
        .map(|reader| {
            let (store, over, begin) = (store.clone(), over.clone(), begin.clone());
            thread::spawn(move || {
                begin.wait();
                let mut seen = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let (numbers, texts) = store.read(|view| {
                        let numbers: Vec<u64> = view.scan(&COUNTERS, &(), reader == 1).map(|row| row.unwrap().1).collect();
                        let texts: Vec<String> = view.scan(&LOG_LIKE, &(), reader == 2).map(|row| row.unwrap().1).collect();
                        (numbers, texts)
                    });
                    assert_eq!((numbers.len() as u64, texts.len() as u64), (ROWS, ROWS));
                    assert!(numbers.iter().all(|n| *n == numbers[0]), "{numbers:?}");
                    assert!(texts.iter().all(|t| *t == text(numbers[0])), "{numbers:?} {texts:?}");
                    assert!(seen.last().is_none_or(|last| *last <= numbers[0]), "went back");
                    seen.push(numbers[0]);
                }
                seen.dedup();
                seen.len()
            })
        })
        .collect();
    begin.wait();
    for n in 1..=BATCHES {
        put_all(&store, n);
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        let versions = reader.join().unwrap();
        assert!(versions > 1, "a reader that saw one version proves nothing");
    }
}

/// Two key fields, text records.
const LOG_LIKE: paperline::store::tables::Table<(i64, u64), String> = DEVICES_UNPRINTED;

struct Watched {
    inner: Engine,
    did: Arc<Mutex<Vec<Did>>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Did {
    Applied,
    /// Up to this news number.
    Synced(u64),
    Told(u64),
    Answered(u64),
}

impl KeyValue for Watched {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a> {
        self.inner.scan(from, to, newest_first)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.did.lock().unwrap().push(Did::Applied);
        self.inner.apply(batch)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync()?;
        let newest = self.inner.scan(&NEWS.prefix(&()), Bound::Unbounded, true).next().map(Result::unwrap);
        let newest = newest.filter(|(key, _)| key.starts_with(&NEWS.prefix(&())));
        let newest = newest.map_or(0, |(key, _)| u64::from_be_bytes(key[1..].try_into().unwrap()));
        self.did.lock().unwrap().push(Did::Synced(newest));
        Ok(())
    }
}

/// A verb's number is told as a company's.
fn watched(engine: Engine) -> (Store, Arc<Mutex<Vec<Did>>>, Hearing) {
    let did = Arc::new(Mutex::new(Vec::new()));
    let told = did.clone();
    let engine = Arc::new(Watched { inner: engine, did: did.clone() });
    let store = Store::new(engine, paperline::store::endless()).unwrap();
    let hearing = hear(&store, move |_, news| {
        if let News::Uploaded { company, .. } = news {
            told.lock().unwrap().push(Did::Told(company.0));
        }
    });
    (store, did, hearing)
}

fn tell(txn: &mut Txn<'_>, number: u64) {
    txn.tell(News::Uploaded { company: CompanyId(number), actions: Vec::new() });
}

fn verbs_that_wait_share_one_write(engine: Engine) {
    const VERBS: u64 = 300;
    let (store, did, _hearing) = watched(engine);
    let verbs = (0..VERBS).map(|_| Box::new(|txn: &mut Txn<'_>| Ok(txn.next("n")?)) as Verb<u64>).collect();
    let numbers: Vec<u64> = group(&store, verbs).into_iter().map(Result::unwrap).collect();
    assert_eq!(numbers, (1..=VERBS).collect::<Vec<_>>(), "in the order they came");
    assert_eq!(*did.lock().unwrap(), [Did::Applied, Did::Synced(0)]);
    assert_eq!(store.read(|view| view.counter("n")).unwrap(), VERBS);
}

fn settings(view: &View<'_>, newest_first: bool) -> Vec<(String, String)> {
    view.scan(&SETTINGS, &(), newest_first).map(Result::unwrap).collect()
}

fn a_verb_reads_what_its_group_has_written(engine: Engine) {
    let store = store(&engine);
    let put = |txn: &mut Txn<'_>, key: &str, value: &str| txn.put(&SETTINGS, &key.to_owned(), &value.to_owned());
    let first = move |txn: &mut Txn<'_>| {
        for key in ["b", "d", "f", "h"] {
            put(txn, key, "committed")?;
        }
        Ok(())
    };
    store.write_blocking(first).unwrap();
    let change = move |txn: &mut Txn<'_>| {
        for key in ["a", "c", "f", "i"] {
            put(txn, key, "group")?;
        }
        for key in ["b", "h", "none"] {
            txn.delete(&SETTINGS, &key.to_owned());
        }
        put(txn, "c", "again")?;
        Ok(Vec::new())
    };
    let look = |txn: &mut Txn<'_>| {
        assert_eq!(txn.get(&SETTINGS, &"b".to_owned())?, None);
        assert_eq!(txn.get(&SETTINGS, &"c".to_owned())?.as_deref(), Some("again"));
        assert!(txn.has(&SETTINGS, &"d".to_owned())? && !txn.has(&SETTINGS, &"h".to_owned())?);
        let part = |newest_first| {
            let rows = txn.view().range(&SETTINGS, &"b".to_owned(), &"f".to_owned(), newest_first).map(|row| row.unwrap().0);
            rows.collect::<String>()
        };
        assert_eq!((part(false), part(true)), ("cdf".into(), "fdc".into()));
        let nothing = txn.view().range(&SETTINGS, &"f".to_owned(), &"b".to_owned(), false).count();
        assert_eq!(nothing, 0);
        let (forwards, mut backwards) = (settings(&txn.view(), false), settings(&txn.view(), true));
        backwards.reverse();
        assert_eq!(forwards, backwards);
        Ok(forwards)
    };
    let seen = group(&store, vec![Box::new(change) as Verb<_>, Box::new(look)]).pop().unwrap().unwrap();
    let expected = [("a", "group"), ("c", "again"), ("d", "committed"), ("f", "group"), ("i", "group")];
    assert_eq!(seen, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(store.read(|view| settings(view, false)), seen, "and so it is afterwards");
}

fn a_refused_verb_leaves_nothing(engine: Engine) {
    let (store, did, _hearing) = watched(engine);
    let key = || "key".to_owned();
    let good = move |txn: &mut Txn<'_>| {
        txn.put(&SETTINGS, &key(), &"good".to_owned())?;
        txn.put(&SETTINGS, &"kept".to_owned(), &"good".to_owned())?;
        tell(txn, 1);
        Ok(txn.next("n")?)
    };
    let refused = move |txn: &mut Txn<'_>| {
        for value in ["bad", "worse"] {
            txn.put(&SETTINGS, &key(), &value.to_owned())?;
        }
        txn.put(&SETTINGS, &"new".to_owned(), &"bad".to_owned())?;
        txn.delete(&SETTINGS, &"kept".to_owned());
        txn.next("n")?;
        txn.next("other")?;
        tell(txn, 2);
        Err::<u64, _>(Refusal::conflict("不行", "no"))
    };
    let last = |txn: &mut Txn<'_>| Ok(txn.next("n")?);
    let answers = group(&store, vec![Box::new(good) as Verb<u64>, Box::new(refused), Box::new(last)]);
    assert_eq!(answers[0], Ok(1));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::Conflict);
    assert_eq!(answers[2], Ok(2), "the number that the refused verb took is free again");
    let left = store.read(|view| settings(view, false));
    assert_eq!(left, [("kept".to_owned(), "good".to_owned()), (key(), "good".to_owned())]);
    assert_eq!(store.read(|view| (view.counter("n").unwrap(), view.counter("other").unwrap())), (2, 0));
    assert_eq!(store.write_blocking(refused).unwrap_err().code, Code::Conflict);
    assert_eq!(store.read(|view| settings(view, false)), left);
    assert_eq!(*did.lock().unwrap(), [Did::Applied, Did::Synced(1), Did::Told(1)]);
}

/// Verbs that tell the same state share one row, and each is answered once it is told.
fn a_state_is_told_once_for_verbs_in_a_row(engine: Engine) {
    let (store, _, _hearing) = watched(engine);
    let say = |txn: &mut Txn<'_>| {
        txn.tell(News::Unprinted);
        txn.next("n").map_err(Into::into)
    };
    let refused = |txn: &mut Txn<'_>| -> Result<u64, Refusal> {
        txn.tell(News::Unprinted);
        Err(Refusal::conflict("不行", "no"))
    };
    let verbs: Vec<Verb<u64>> = vec![Box::new(refused), Box::new(say), Box::new(say), Box::new(refused), Box::new(say)];
    assert_eq!(group(&store, verbs).iter().filter(|answer| answer.is_ok()).count(), 3);
    assert_eq!(store.news_since(0, 10).unwrap().unwrap(), [(1, News::Unprinted)]);
}

/// Everything since a number, or word that some is gone.
fn news_are_read_again_by_number(engine: Engine) {
    const NEWS_IN_ALL: u64 = 9_000;
    let (store, _, _hearing) = watched(engine.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(store.news_since(0, 10).unwrap(), Some(Vec::new()));
    for some in 0..NEWS_IN_ALL / 100 {
        let verb = move |txn: &mut Txn<'_>| {
            (1..=100).for_each(|n| tell(txn, some * 100 + n));
            Ok(())
        };
        runtime.block_on(store.write(verb)).unwrap();
    }
    assert_eq!(store.newest_news(), NEWS_IN_ALL);
    let last: Vec<u64> = store.news_since(NEWS_IN_ALL - 3, 10).unwrap().unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(last, [NEWS_IN_ALL - 2, NEWS_IN_ALL - 1, NEWS_IN_ALL]);
    assert_eq!(store.news_since(NEWS_IN_ALL - 4_000, 10).unwrap().map(|some| some.len()), Some(10), "these are kept");
    assert_eq!(store.news_since(NEWS_IN_ALL + 1, 10).unwrap(), None, "of another store");
    eventually("the old ones go", || store.news_since(0, 10).unwrap().is_none().then_some(()));
    let again = Store::new(engine, paperline::store::endless()).unwrap();
    assert_eq!(again.newest_news(), NEWS_IN_ALL);
}

fn a_panicking_verb_costs_only_itself(engine: Engine) {
    let (store, did, _hearing) = watched(engine);
    let count = |txn: &mut Txn<'_>| Ok(txn.next("n")?);
    let panics = |txn: &mut Txn<'_>| -> Result<u64, Refusal> {
        txn.next("n")?;
        txn.put(&SETTINGS, &"left".to_owned(), &"behind".to_owned())?;
        tell(txn, 1);
        panic!("on purpose");
    };
    let answers = group(&store, vec![Box::new(count) as Verb<u64>, Box::new(panics), Box::new(count)]);
    assert_eq!(answers[0], Ok(1));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::Internal);
    assert_eq!(answers[2], Ok(2));
    assert_eq!(store.write_blocking(count), Ok(3), "the writer lives on");
    assert_eq!(store.read(|view| settings(view, false)), []);
    assert!(!did.lock().unwrap().contains(&Did::Told(1)));
}

fn news_are_told_after_durability_and_before_the_answer(engine: Engine) {
    const THREADS: u64 = 8;
    const VERBS: u64 = 25;
    let (store, did, _hearing) = watched(engine);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (store, did) = (store.clone(), did.clone());
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for _ in 0..VERBS {
                    let verb = |txn: &mut Txn<'_>| {
                        let number = txn.next("n")?;
                        tell(txn, number);
                        Ok(number)
                    };
                    let number = runtime.block_on(store.write(verb)).unwrap();
                    did.lock().unwrap().push(Did::Answered(number));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let did = did.lock().unwrap();
    let (mut told, mut durable) = (0, 0);
    for event in did.iter() {
        match event {
            Did::Applied => {}
            Did::Synced(newest) => durable = *newest,
            Did::Told(number) => {
                assert!(*number <= durable, "told of {number} before it was durable");
                told += 1;
                assert_eq!(*number, told, "told out of order");
            }
            Did::Answered(number) => assert!(*number <= told, "{number} was answered before it was told"),
        }
    }
    assert_eq!(told, THREADS * VERBS);
}

fn a_verb_happens_though_nobody_waits_for_it(engine: Engine) {
    let store = store(&engine);
    let held = hold(&store);
    drop(ask(&store, Box::new(|txn| Ok(txn.next("n")?))));
    held.release();
    // Verbs run in order: so the other is answered too.
    store.write_blocking(|_| Ok(())).unwrap();
    assert_eq!(store.read(|view| view.counter("n")).unwrap(), 1);
}

fn without_room_everything_is_refused_and_nothing_told(engine: Engine) {
    let (is_room, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (room, tells) = (is_room.clone(), told.clone());
    let store = Store::new(engine, Arc::new(move || if room.load(Ordering::Relaxed) { Ok(()) } else { Err("full") })).unwrap();
    let _hearing = hear(&store, move |_, _| {
        tells.fetch_add(1, Ordering::Relaxed);
    });
    let verb = |txn: &mut Txn<'_>| {
        tell(txn, 1);
        Ok(txn.next("n")?)
    };
    assert_eq!(store.write_blocking(verb).unwrap_err().code, Code::Unavailable);
    assert_eq!(store.write_blocking(|txn| Ok(txn.view().counter("n")?)), Ok(0), "who writes nothing needs no room");
    assert_eq!((store.read(|view| view.counter("n")).unwrap(), told.load(Ordering::Relaxed)), (0, 0));
    is_room.store(true, Ordering::Relaxed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(store.write(verb)), Ok(1));
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

fn rows_that_cannot_be_read_are_errors(engine: Engine) {
    let store = store(&engine);
    let good = |txn: &mut Txn<'_>| {
        txn.put(&SETTINGS, &"a".to_owned(), &"good".to_owned())?;
        txn.put(&QUEUES, &(0, 1), &ActionId(1))?;
        Ok(())
    };
    store.write_blocking(good).unwrap();
    let name = "b".to_owned();
    let whole = SETTINGS.prefix(&name);
    let hex: String = whole.iter().map(|b| format!("{b:02x}")).collect();
    // No version byte; unknown version; truncated; too long; not UTF-8.
    for value in [&[][..], &[7, 1, b'x'], &[1, 9, b'x'], &[1, 1, b'x', 0], &[1, 1, 0xFF]] {
        engine.apply(&batch(&[(&whole, Some(value))])).unwrap();
        store.read(|view| {
            let error = view.get(&SETTINGS, &name).unwrap_err();
            assert!(matches!(&error, StoreError::Corrupt { table: "settings", key } if *key == hex), "{value:?}: {error:?}");
            assert!(error.to_string().contains("settings") && error.to_string().contains(&hex));
            let rows: Vec<_> = view.scan(&SETTINGS, &(), false).collect();
            assert!(matches!(&rows[..], [Ok(_), Err(StoreError::Corrupt { .. })]), "{rows:?}");
        });
        let refused = store.write_blocking(|txn| {
            txn.next("n")?;
            Ok(txn.get(&SETTINGS, &"b".to_owned())?)
        });
        assert_eq!(refused.unwrap_err().code, Code::Internal);
        assert_eq!(store.read(|view| view.counter("n")).unwrap(), 0);
    }
    // Too short and too long for their table.
    let key = QUEUES.prefix(&(1u8, 5i64));
    for wrong in [key[..key.len() - 1].to_vec(), [&key[..], &[0]].concat()] {
        engine.apply(&batch(&[(&wrong, Some(&[1, 1]))])).unwrap();
        let rows: Vec<_> = store.read(|view| view.scan(&QUEUES, &(), false).collect());
        assert!(matches!(&rows[..], [Ok(_), Err(StoreError::Corrupt { table: "queues", .. })]), "{rows:?}");
        engine.apply(&batch(&[(&wrong, None)])).unwrap();
    }
}

fn a_record_too_large_is_refused(engine: Engine) {
    let store = store(&engine);
    let put = |bytes: usize| {
        store.write_blocking(move |txn| {
            txn.next("n")?;
            match txn.put(&SETTINGS, &"a".to_owned(), &"x".repeat(bytes)) {
                Err(StoreError::TooLarge { table: "settings" }) => Err(Refusal::malformed("太大", "too large")),
                other => Ok(other?),
            }
        })
    };
    put(90 << 10).unwrap();
    assert_eq!(put(200 << 10).unwrap_err().code, Code::Malformed);
    assert_eq!(store.read(|view| view.counter("n")).unwrap(), 1);
    assert_eq!(store.read(|view| view.get(&SETTINGS, &"a".to_owned())).unwrap().unwrap().len(), 90 << 10);
}

/// Few keys, so that verbs collide; some are prefixes of others or contain bytes with a meaning in keys.
fn some_name(random: &mut Random) -> String {
    (0..random.below(4)).map(|_| ['a', 'b', '\0', '\u{7f}', '发'][random.below(5)]).collect()
}

#[derive(Clone, Debug)]
enum Op {
    Put(String, u64),
    Delete(String),
    Look,
}

/// Random verbs, some refused or panicking; every read is compared with a plain map.
fn chance_gives_what_a_plain_map_gives(engine: Engine) {
    for seed in 1..=4 {
        let mut random = Random::new(seed);
        let store = store(&engine);
        let mut map: BTreeMap<String, UserId> =
            store.read(|view| view.scan(&USERS_BY_NAME, &(), false).collect::<Result<_, _>>()).unwrap();
        for _ in 0..60 {
            let (mut verbs, mut expected) = (Vec::new(), Vec::new());
            for _ in 0..=random.below(5) {
                let ops: Vec<Op> = (0..random.below(8))
                    .map(|_| match random.below(5) {
                        0 | 1 => Op::Put(some_name(&mut random), random.next()),
                        2 | 3 => Op::Delete(some_name(&mut random)),
                        _ => Op::Look,
                    })
                    .collect();
                let refused = random.percent(30);
                let (mut after, mut looks) = (map.clone(), Vec::new());
                for op in &ops {
                    match op {
                        Op::Put(name, number) => drop(after.insert(name.clone(), UserId(*number))),
                        Op::Delete(name) => drop(after.remove(name)),
                        Op::Look => looks.push(after.clone().into_iter().collect::<Vec<_>>()),
                    }
                }
                if !refused {
                    map = after;
                }
                expected.push(if refused { None } else { Some(looks) });
                verbs.push(Box::new(move |txn: &mut Txn<'_>| play(txn, &ops, refused)) as Verb<_>);
            }
            let answers: Vec<_> = group(&store, verbs).into_iter().map(Result::ok).collect();
            assert_eq!(answers, expected, "seed {seed}");
            let rows: Vec<_> = map.clone().into_iter().collect();
            assert_eq!(store.read(both_ways), rows, "seed {seed}");
            let (low, high) = (some_name(&mut random), some_name(&mut random));
            let part = store.read(|view| view.range(&USERS_BY_NAME, &low, &high, false).collect::<Result<Vec<_>, _>>()).unwrap();
            let inside = rows.into_iter().filter(|(name, _)| *name >= low && *name <= high);
            assert_eq!(part, inside.collect::<Vec<_>>(), "seed {seed}: {low:?} to {high:?}");
        }
        assert!(!map.is_empty());
    }
}

type Users = Vec<(String, UserId)>;

fn play(txn: &mut Txn<'_>, ops: &[Op], refused: bool) -> Result<Vec<Users>, Refusal> {
    let mut looks = Vec::new();
    txn.tell(News::Accounts);
    for op in ops {
        match op {
            Op::Put(name, number) => txn.put(&USERS_BY_NAME, name, &UserId(*number))?,
            Op::Delete(name) => txn.delete(&USERS_BY_NAME, name),
            Op::Look => looks.push(both_ways(&txn.view())),
        }
    }
    if refused { Err(Refusal::conflict("不行", "no")) } else { Ok(looks) }
}

fn both_ways(view: &View<'_>) -> Users {
    let rows = |newest_first| view.scan(&USERS_BY_NAME, &(), newest_first).collect::<Result<Users, _>>().unwrap();
    let (forwards, mut backwards) = (rows(false), rows(true));
    backwards.reverse();
    assert_eq!(forwards, backwards);
    for (name, number) in &forwards {
        assert_eq!(view.get(&USERS_BY_NAME, name).unwrap(), Some(*number));
    }
    forwards
}

#[test]
fn both_engines_do_the_same_with_the_same_bytes() {
    for seed in 1..=3 {
        let mut random = Random::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let (memory, local) = (Memory::default(), Local::open(&dir.path().join("db")).unwrap());
        let key = |random: &mut Random| -> Vec<u8> { (0..random.below(4)).map(|_| [0, 1, 0xFE, 0xFF][random.below(4)]).collect() };
        let mut rows = 0;
        for _ in 0..300 {
            let changes: Batch = (0..random.below(20))
                .map(|_| {
                    let key = key(&mut random);
                    let len = random.below(300);
                    (key, random.percent(60).then(|| random.bytes(len)))
                })
                .collect();
            memory.apply(&changes).unwrap();
            local.apply(&changes).unwrap();
            let (from, to, way) = (key(&mut random), key(&mut random), random.percent(50));
            let to = [Bound::Included(&to[..]), Bound::Excluded(&to[..]), Bound::Unbounded][random.below(3)];
            let found = scanned(&memory, &from, to, way);
            assert_eq!(found, scanned(&local, &from, to, way), "seed {seed}: {from:?} to {to:?}");
            assert_eq!(memory.get(&from).unwrap(), local.get(&from).unwrap(), "seed {seed}: {from:?}");
            rows += found.len();
        }
        assert!(rows > 1000, "scans that find nothing prove nothing");
    }
}

#[test]
fn what_was_answered_is_found_when_the_disk_is_opened_again_and_no_number_comes_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let mut written = Vec::new();
    for round in 0..4u64 {
        // The former writer releases the disk shortly after its drop.
        let engine: Engine = Arc::new(eventually("the disk is free", || Local::open(&path).ok()));
        let store = store(&engine);
        let found = store.read(|view| view.scan(&LOG_LIKE, &(), false).collect::<Result<Vec<_>, _>>()).unwrap();
        assert_eq!(found, written, "round {round}");
        for _ in 0..50 {
            let verb = move |txn: &mut Txn<'_>| {
                let number = txn.next("n")?;
                txn.put(&LOG_LIKE, &(i64::try_from(round).unwrap(), number), &text(number))?;
                Ok(number)
            };
            let number = store.write_blocking(verb).unwrap();
            assert_eq!(number, store.read(|view| view.counter("n")).unwrap());
            written.push(((i64::try_from(round).unwrap(), number), text(number)));
        }
        let (last, _) = written.pop().unwrap();
        let removed = store.write_blocking(move |txn| {
            txn.delete(&LOG_LIKE, &last);
            Ok(())
        });
        removed.unwrap();
        assert_eq!(last.1, (round + 1) * 50, "a number was given twice");
    }
}

#[test]
fn a_data_dir_in_use_is_not_opened_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let _open = Local::open(&path).unwrap();
    assert!(matches!(Local::open(&path), Err(StoreError::Busy)));
}

/// Of this process, which runs other tests too.
fn resident_mib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    (statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096) >> 20
}

/// sled's collector comes too seldom for large batches.
#[test]
fn what_large_batches_replace_does_not_pile_up() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::open(&dir.path().join("db")).unwrap();
    let before = resident_mib();
    for batch in 0..250_u64 {
        // Like the log: a row, and one per index.
        let row = |id: u64| {
            let found_by =
                move |facet: u8| ([&[52, facet], &(id % 37).to_be_bytes()[..], &id.to_be_bytes()].concat(), Some(vec![9; 17]));
            (0..5).map(found_by).chain([([&[50], &id.to_be_bytes()[..]].concat(), Some(vec![7; 80]))])
        };
        local.apply(&(batch * 400..(batch + 1) * 400).flat_map(row).collect()).unwrap();
        local.sync().unwrap();
    }
    let grown = resident_mib().saturating_sub(before);
    assert!(grown < 600, "{grown} MiB for 100,000 rows; without the collector's help it is 1,500");
}
