//! The dispatcher simulated from a seed: real driver and verbs, random engines, people, time and crashes; invariants after each
//! step. Not here: threads and engines (crash.rs).

use crate::random::Random;
use crate::support::administrator::{by, let_in};
use paperline::app::outcome::Outcome;
use paperline::app::pictures::{Kept, Shape};
use paperline::app::templates::Drawn;
use paperline::app::{App, queues};
use paperline::dispatcher::driver::{Driver, Failure, Happened, Lanes, Product, Templates};
use paperline::domain::action::{Action, CRASHES_MAX, Job, Queue, State};
use paperline::domain::dispatch::{End, Heads};
use paperline::domain::ids::{ActionId, Millis, PictureId, TemplateId};
use paperline::domain::invoice::{BlobHash, PictureFormat};
use paperline::domain::news::{Broken, News};
use paperline::domain::reason::Reason;
use paperline::domain::template::{EngineNumbers, Layout};
use paperline::store::blobs::Blobs;
use paperline::store::memory::Memory;
use paperline::store::tables::{ACTIONS, INVOICES, QUEUES, TEMPLATES};
use paperline::store::{Batch, KeyValue, Pair, Store, StoreError, endless};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const STEPS: usize = 10_000;
/// The settings' defaults.
const RETRIES: u32 = 3;
const BACKOFF_MS: Millis = 1000;
const UNREACHABLE_MS: Millis = 250;

/// Goes down with the box at a given batch: before it is applied, or before it is synced.
struct Mortal {
    rows: Arc<Memory>,
    /// Half batches until then; nothing below 0.
    left: AtomicI64,
}

impl Mortal {
    fn live(&self) -> Result<(), StoreError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 0 { Err(StoreError::Fatal("the box goes down".into())) } else { Ok(()) }
    }
}

impl KeyValue for Mortal {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.get(key)
    }

    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a> {
        self.rows.scan(from, to, newest_first)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.live()?;
        self.rows.apply(batch)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.live()
    }
}

/// What the simulation knows, without asking the box.
#[derive(Debug, Default)]
struct Known {
    manages: bool,
    starts: u32,
    /// Starts that cost no try: the box went down, or the engine was unreachable.
    free: u32,
    ends: u32,
    /// Crashes with the machine staying up.
    crashes: u32,
    cancelled: bool,
    /// Its last try is over, or the box has crashed on it too often.
    may_end: bool,
}

struct Work {
    action: Action,
    end: End,
    over_at: Millis,
}

struct Made {
    random: Random,
    app: Arc<App>,
    working: Vec<Option<Work>>,
    asked: Vec<bool>,
    /// For unreachable engines; a crash forgets this.
    away_until: Vec<Millis>,
    /// Nothing starts earlier; a crash forgets this.
    quiet_until: Millis,
    now: Millis,
    known: BTreeMap<ActionId, Known>,
    /// To notice runs that prove nothing.
    happened: BTreeMap<&'static str, u32>,
}

impl Made {
    fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    fn running(&self) -> BTreeSet<ActionId> {
        self.app.store.read(queues::running).unwrap().iter().map(|action| action.id).collect()
    }

    fn in_hand(&self) -> BTreeSet<ActionId> {
        self.working.iter().flatten().map(|work| work.action.id).collect()
    }
}

impl Lanes for Made {
    fn ask(&mut self, lane: usize) {
        assert!(!self.asked[lane] && self.working[lane].is_none(), "lane {lane} is asked while it is busy");
        assert!(
            self.now >= self.away_until[lane],
            "lane {lane} is asked at {} and is away until {}",
            self.now,
            self.away_until[lane]
        );
        assert_eq!(self.running(), self.in_hand(), "what has ended is kept before anything is begun");
        self.asked[lane] = true;
    }

    fn work(&mut self, lane: usize, action: Action, templates: Templates) {
        let (id, queue) = (action.id, action.job.queue());
        assert!(templates.is_ok());
        assert!(self.now >= self.quiet_until, "{id} starts at {} and nothing may before {}", self.now, self.quiet_until);
        assert!(self.app.store.read(queues::is_paused).is_ok_and(|paused| !paused), "{id} starts in a pause");
        let others = self.in_hand();
        assert_eq!(self.running(), others.iter().copied().chain([id]).collect(), "what has ended is kept before anything starts");
        let managing = self.working.iter().flatten().any(|work| work.action.job.queue() == Queue::Manage);
        assert!(!managing && (queue == Queue::Recognise || others.is_empty()), "a template change does not run alone");
        let heads = self.app.store.read(queues::heads).unwrap();
        assert!(queue == Queue::Manage || heads.manage.is_none(), "{id} overtakes a template change");
        let known = self.known.get_mut(&id).unwrap();
        assert_eq!((known.ends, known.cancelled), (0, false), "{id} starts after its end");
        known.starts += 1;
        let end = match self.random.below(100) {
            0..60 => End::Done,
            60..85 => End::Failed { failed_tries: action.failed_tries + 1 },
            85..90 => End::Refused,
            _ if queue == Queue::Manage => End::Unreachable { lane: self.random.below(self.working.len()) },
            _ => End::Unreachable { lane },
        };
        let over_at = self.now + Millis::try_from(self.random.below(600)).unwrap();
        assert!(self.working[lane].replace(Work { action, end, over_at }).is_none());
        self.count("starts");
    }

    fn forget(&mut self, _: &EngineNumbers) {}
}

struct World {
    rows: Arc<Memory>,
    mortal: Arc<Mortal>,
    runtime: tokio::runtime::Runtime,
    driver: Driver,
    made: Made,
    /// A power cut starts another.
    boot: u32,
    heard: u64,
    ended: BTreeSet<ActionId>,
    origin: PictureId,
}

fn kept(random: &mut Random) -> Kept {
    let hash = BlobHash(random.bytes(32).try_into().unwrap());
    Kept { hash, shape: Shape { format: PictureFormat::Png, width: 100, height: 100, pages: 1 }, bytes: 1000 }
}

fn open(rows: &Arc<Memory>, blobs: Blobs) -> (Arc<Mortal>, Arc<App>) {
    let mortal = Arc::new(Mortal { rows: rows.clone(), left: AtomicI64::new(-1) });
    let store = Store::new(mortal.clone(), endless()).unwrap();
    (mortal, Arc::new(App::new(store, blobs, PathBuf::from("no-password"), Vec::new()).unwrap()))
}

fn product(action: &Action) -> Product {
    match action.job {
        Job::Recognise { .. } => Product::Recognition(vec![Outcome::nothing_read(Reason::NoTemplateFits)]),
        Job::DeleteTemplate(_) => Product::Forgotten,
        _ => Product::Learnt(Box::default()),
    }
}

impl World {
    fn new(seed: u64, lanes: usize) -> Self {
        let mut random = Random::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let rows = Arc::new(Memory::default());
        // No file is ever read.
        let (mortal, app) = open(&rows, Blobs::open(dir.path(), endless()).unwrap());
        let_in(&app);
        app.recover_actions("1", true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let origin = runtime.block_on(app.record_template_origin(by(), kept(&mut random))).unwrap().id;
        let made = Made {
            random,
            app: app.clone(),
            working: (0..lanes).map(|_| None).collect(),
            asked: vec![false; lanes],
            away_until: vec![0; lanes],
            quiet_until: 0,
            now: 0,
            known: BTreeMap::new(),
            happened: BTreeMap::new(),
        };
        let driver = Driver::new(app, lanes);
        Self { rows, mortal, runtime, driver, made, boot: 1, heard: 0, ended: BTreeSet::new(), origin }
    }

    fn app(&self) -> Arc<App> {
        self.made.app.clone()
    }

    fn look<T>(&self, look: impl FnOnce(&paperline::store::View<'_>) -> Result<T, StoreError>) -> T {
        self.made.app.store.read(look).unwrap()
    }

    fn step(&mut self) {
        self.made.now += Millis::try_from(self.made.random.below(300)).unwrap();
        match self.made.random.below(100) {
            0..7 => self.upload(),
            7..10 => self.change_templates(),
            10..13 => self.cancel_or_move_ahead(),
            16..18 => self.pause(),
            18..26 => self.runtime.block_on(self.app().resume_queues(by())).unwrap(),
            26..28 => self.crash(),
            // Long enough for queues to run empty.
            28..45 => self.made.now += 3000,
            _ => {}
        }
        self.drive(Happened::Looked);
        self.lanes_answer(false);
        self.check();
    }

    /// The box may go down in every write that follows.
    fn drive(&mut self, happened: Happened) {
        if self.made.random.percent(2) {
            self.mortal.left.store(self.made.random.below(4) as i64, Ordering::Relaxed);
        }
        // Over, whether or not the box can record it.
        let over = if let Happened::Tried { action, .. } = &happened { Some(*action) } else { None };
        let app = self.app();
        let (driver, made) = (&mut self.driver, &mut self.made);
        let now = made.now;
        let went_down = self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = app.store.failed() => true,
                wake_at = driver.happened(happened, made, now) => {
                    assert!(wake_at.is_none_or(|at| at > now), "it wants to be woken at {wake_at:?}, and it is {now}");
                    false
                }
            }
        });
        self.mortal.left.store(-1, Ordering::Relaxed);
        if went_down {
            self.made.count("crashes in a write");
            self.crash_with(over);
        }
        self.hear();
    }

    /// A crash loses no news and repeats none.
    fn hear(&mut self) {
        let app = self.app();
        for (number, news) in app.store.news_since(self.heard, usize::MAX).unwrap().expect("no news are lost") {
            self.heard = number;
            app.hear(&news, None);
            let (News::Recognised { action, .. } | News::TemplateEnded { action, .. }) = news else { continue };
            let known = self.made.known.get_mut(&action).unwrap();
            known.ends += 1;
            assert_eq!(known.ends, 1, "{action} ended twice");
            assert!(known.may_end, "{action} ended with tries left");
            let paid = known.starts.saturating_sub(known.free);
            assert!(paid <= 1 + RETRIES, "{action} had {paid} tries");
            self.ended.insert(action);
        }
    }

    fn upload(&mut self) {
        let random = &mut self.made.random;
        let pictures: Vec<_> = (0..=random.below(3)).map(|n| (format!("{n}.png"), kept(random))).collect();
        let number = pictures.len();
        let before = self.look(queues::sizes);
        let answer = self.runtime.block_on(self.app().queue_recognitions(by(), pictures, Vec::new(), None)).unwrap();
        assert_eq!((answer.actions.len(), answer.sizes.recognise), (number, before.recognise + number as u64));
        for action in answer.actions {
            assert!(self.made.known.insert(action, Known::default()).is_none(), "{action} was given twice");
        }
        self.made.count("uploads");
    }

    fn change_templates(&mut self) {
        let templates: Vec<TemplateId> = self.look(|view| view.scan(&TEMPLATES, &(), false).map(|row| Ok(row?.0)).collect());
        let layout = Layout { label: "定额".into(), quota: None, areas: Vec::new() };
        let drawn = Drawn { layout, json_model: "{}".into(), origin: Some(self.origin), shown: None, company: None, version: None };
        let one = (!templates.is_empty()).then(|| templates[self.made.random.below(templates.len())]);
        let app = self.app();
        let queued = match (one, self.made.random.below(3)) {
            (Some(id), 0) => self.runtime.block_on(app.queue_template_deletion(by(), id)),
            (Some(id), 1) => self.runtime.block_on(app.queue_template(by(), Some(id), drawn)),
            _ => self.runtime.block_on(app.queue_template(by(), None, drawn)),
        };
        let known = Known { manages: true, ..Known::default() };
        assert!(self.made.known.insert(queued.unwrap().0, known).is_none());
        self.made.count("template changes");
    }

    fn cancel_or_move_ahead(&mut self) {
        let queue = if self.made.random.percent(50) { Queue::Recognise } else { Queue::Manage };
        let waiting: Vec<ActionId> = self.look(|view| view.scan(&QUEUES, &queue.number(), false).map(|row| Ok(row?.1)).collect());
        if waiting.is_empty() {
            return;
        }
        let (id, app) = (waiting[self.made.random.below(waiting.len())], self.app());
        if self.made.random.percent(50) {
            self.runtime.block_on(app.cancel_action(by(), id)).unwrap();
            self.made.known.get_mut(&id).unwrap().cancelled = true;
            self.made.count("actions cancelled");
        } else {
            self.runtime.block_on(app.run_action_next(by(), id)).unwrap();
        }
    }

    fn pause(&mut self) {
        self.runtime.block_on(self.app().pause_queues(by(), String::new())).unwrap();
        self.made.count("pauses");
    }

    fn crash(&mut self) {
        self.crash_with(None);
    }

    /// `over`: what a lane held until just now.
    fn crash_with(&mut self, over: Option<ActionId>) {
        let power_cut = self.made.random.percent(50);
        self.boot += u32::from(power_cut);
        let known_starts: BTreeSet<ActionId> = self.made.in_hand().into_iter().chain(over).collect();
        let (mortal, app) = open(&self.rows, self.made.app.blobs.clone());
        (self.mortal, self.made.app) = (mortal, app.clone());
        let running = self.look(queues::running);
        for action in &running {
            let known = self.made.known.get_mut(&action.id).unwrap();
            // Marked as started before the crash.
            known.starts += u32::from(!known_starts.contains(&action.id));
            known.free += 1;
            known.crashes += u32::from(!power_cut);
            known.may_end |= known.crashes == CRASHES_MAX;
        }
        assert_eq!(app.recover_actions(&self.boot.to_string(), true).unwrap(), running.len());
        self.hear();
        for action in &running {
            if self.made.known[&action.id].crashes == CRASHES_MAX {
                assert!(self.ended.contains(&action.id), "{} brought the box down {CRASHES_MAX} times", action.id);
                self.made.count("actions that brought the box down");
            }
        }
        let lanes = self.made.working.len();
        self.driver = Driver::new(app, lanes);
        self.made.working = (0..lanes).map(|_| None).collect();
        self.made.asked = vec![false; lanes];
        self.made.away_until = vec![0; lanes];
        self.made.quiet_until = 0;
        self.made.count(if running.is_empty() { "crashes at rest" } else { "crashes at work" });
    }

    fn lanes_answer(&mut self, all: bool) {
        for lane in 0..self.made.working.len() {
            if std::mem::take(&mut self.made.asked[lane]) {
                let is_there = all || self.made.random.percent(95);
                if !is_there {
                    self.made.away_until[lane] = self.made.now + UNREACHABLE_MS;
                    self.made.count("engines out of reach");
                }
                self.drive(Happened::Ready { lane, is_there });
            }
            let now = self.made.now;
            let Some(work) = self.made.working[lane].take_if(|work| all || work.over_at <= now) else { continue };
            self.end(lane, &work);
            if self.made.random.percent(5) {
                // As when its first answer was lost.
                let again = Happened::Tried { lane, action: work.action.id, result: Ok(product(&work.action)) };
                if self.made.working[lane].is_none() {
                    self.drive(again);
                    self.made.count("ends told twice");
                }
            }
        }
    }

    fn end(&mut self, lane: usize, work: &Work) {
        let failure = |broken| Failure { end: work.end, broken, numbers: EngineNumbers::new() };
        let result = match work.end {
            End::Done => Ok(product(&work.action)),
            End::Unreachable { .. } => Err(failure(Broken::Sending)),
            End::Refused | End::Failed { .. } | End::NeedsEngine => Err(failure(Broken::Receiving)),
        };
        let known = self.made.known.get_mut(&work.action.id).unwrap();
        known.may_end = !matches!(work.end, End::Unreachable { .. } | End::Failed { failed_tries: ..=RETRIES });
        match work.end {
            End::Failed { failed_tries } if failed_tries <= RETRIES => {
                let wait = BACKOFF_MS << (failed_tries - 1);
                self.made.quiet_until = self.made.quiet_until.max(self.made.now + wait);
                self.made.count("retries");
            }
            End::Unreachable { lane } => {
                self.made.known.get_mut(&work.action.id).unwrap().free += 1;
                self.made.away_until[lane] = self.made.now + UNREACHABLE_MS;
                self.made.count("engines out of reach");
            }
            _ => {}
        }
        self.drive(Happened::Tried { lane, action: work.action.id, result });
    }

    fn check(&mut self) {
        let in_hand = self.made.in_hand();
        assert_eq!(self.made.running(), in_hand);
        assert_eq!(self.driver.running().into_iter().collect::<BTreeSet<_>>(), in_hand);
        for queue in [Queue::Manage, Queue::Recognise, Queue::Exception] {
            let (rows, counted) =
                self.look(|view| Ok((view.scan(&QUEUES, &queue.number(), false).count(), view.counter(queue.counter())?)));
            assert_eq!(rows as u64, counted, "{queue:?} is counted wrong");
        }
    }

    /// Without chance: everything is worked off, and has ended once.
    fn drain(&mut self) {
        self.runtime.block_on(self.app().resume_queues(by())).unwrap();
        for _ in 0..STEPS {
            self.made.now += 10_000;
            self.lanes_answer(true);
            self.drive(Happened::Looked);
            self.check();
            if self.made.working.iter().all(Option::is_none) && self.look(queues::heads) == Heads::default() {
                return self.check_ends();
            }
        }
        panic!("the queues never become empty");
    }

    fn check_ends(&self) {
        let (mut invoices, mut aside) = (BTreeMap::<ActionId, u32>::new(), BTreeSet::new());
        self.look(|view| {
            for row in view.scan(&INVOICES, &(), false) {
                *invoices.entry(row?.1.action).or_default() += 1;
            }
            for row in view.scan(&QUEUES, &Queue::Exception.number(), false) {
                aside.insert(row?.1);
            }
            Ok(())
        });
        for (id, known) in &self.made.known {
            let action = self.look(|view| view.get(&ACTIONS, id)).unwrap();
            if known.cancelled {
                assert_eq!((known.ends, action.state), (0, State::Cancelled), "{id}");
                continue;
            }
            assert_eq!(known.ends, 1, "{id} ended {} times", known.ends);
            assert!(matches!(action.state, State::Done | State::Failed), "{id} is {:?}", action.state);
            assert!(action.failed_tries <= RETRIES, "{id}: a last try is not put back");
            assert_eq!(invoices.get(id).copied().unwrap_or(0), u32::from(!known.manages), "invoices of {id}");
            assert_eq!(aside.contains(id), known.manages && action.state == State::Failed, "{id} in exception_wait");
        }
    }
}

fn simulate(seed: u64, lanes: usize) {
    // Shown only on failure.
    println!("seed {seed}, {lanes} lanes");
    let mut world = World::new(seed, lanes);
    for _ in 0..STEPS {
        world.step();
    }
    world.drain();
    println!("{} actions, {:?}", world.made.known.len(), world.made.happened);
    for what in [
        "uploads",
        "template changes",
        "pauses",
        "crashes at rest",
        "crashes at work",
        "retries",
        "ends told twice",
        "crashes in a write",
        "engines out of reach",
        "actions cancelled",
    ] {
        assert!(world.made.happened.get(what).is_some_and(|n| *n >= 10), "hardly any {what}: this run proves little");
    }
}

#[test]
fn one_engine_in_a_world_of_chance() {
    for seed in 1..=3 {
        simulate(seed, 1);
    }
}

#[test]
fn several_engines_in_a_world_of_chance() {
    for seed in 11..=12 {
        simulate(seed, 2);
        simulate(seed, 3);
    }
}
