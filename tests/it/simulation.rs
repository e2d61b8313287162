//! The dispatcher in a world of chance: the real decisions and the real verbs, with engines, people, time and crashes made up from a
//! seed. After each step everything that must always hold is looked at. Not here: threads and engines (crash.rs has the real box).

use crate::random::Random;
use crate::support::administrator::{by, let_in};
use paperline::app::pictures::{Kept, Shape};
use paperline::app::recognitions::Outcome;
use paperline::app::templates::Drawn;
use paperline::app::{App, queues};
use paperline::domain::action::{Action, CRASHES_MAX, Job, Pause, Queue, State};
use paperline::domain::change::Change;
use paperline::domain::dispatch::{Dispatch, Effect, End, Event, Heads, Policy};
use paperline::domain::ids::{ActionId, Millis, PictureId, TemplateId};
use paperline::domain::invoice::{BlobHash, PictureFormat};
use paperline::domain::reason::Reason;
use paperline::domain::refusal::Refusal;
use paperline::domain::template::{EngineNumbers, Layout, Learnt};
use paperline::store::blobs::Blobs;
use paperline::store::memory::Memory;
use paperline::store::tables::{ACTIONS, INVOICES, PAUSE, QUEUES, TEMPLATES};
use paperline::store::{Store, StoreError, endless};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const STEPS: usize = 10_000;
const POLICY: Policy = Policy { retries: 3, backoff_ms: 1000 };
/// The least that an engine out of reach is left alone for.
const UNREACHABLE_MS: Millis = 250;

/// What the world knows of an action without asking the box.
#[derive(Debug, Default)]
struct Known {
    manages: bool,
    starts: u32,
    /// Starts that cost no try: the box went down, or the engine could not be reached.
    free: u32,
    ends: u32,
    /// Times the box went down with it, the machine staying up.
    crashes: u32,
}

/// What an engine has in hand.
struct Work {
    action: Action,
    end: End,
    over_at: Millis,
}

struct World {
    random: Random,
    engine: Arc<Memory>,
    runtime: tokio::runtime::Runtime,
    app: App,
    dispatch: Dispatch,
    working: Vec<Option<Work>>,
    /// An engine that could not be reached is not asked before; a crash forgets it.
    away_until: Vec<Millis>,
    now: Millis,
    /// Nothing may start before; a crash forgets it.
    quiet_until: Millis,
    /// Which run of the machine it is; a power cut begins another one.
    boot: u32,
    known: BTreeMap<ActionId, Known>,
    ended: Arc<Mutex<Vec<ActionId>>>,
    origin: PictureId,
    /// How often each kind of thing happened, so that a run that proves nothing is seen.
    happened: BTreeMap<&'static str, u32>,
}

fn kept(random: &mut Random) -> Kept {
    let hash = BlobHash(random.bytes(32).try_into().unwrap());
    Kept { hash, shape: Shape { format: PictureFormat::Png, width: 100, height: 100, pages: 1 }, bytes: 1000 }
}

/// A box on what `engine` remembers; every end that it tells of goes to `ended`.
fn open(engine: &Arc<Memory>, blobs: Blobs, ended: &Arc<Mutex<Vec<ActionId>>>) -> App {
    let ended = ended.clone();
    let listener = move |change: &Change| match change {
        Change::Recognised { invoice, .. } => ended.lock().unwrap().push(invoice.action),
        Change::Template { action, .. } => ended.lock().unwrap().push(*action),
        _ => {}
    };
    let store = Store::new(engine.clone(), endless(), Box::new(listener)).unwrap();
    App::new(store, blobs, PathBuf::from("no-password"), Vec::new()).unwrap()
}

impl World {
    fn new(seed: u64, engines: usize) -> Self {
        let mut random = Random::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let (engine, ended) = (Arc::new(Memory::default()), Arc::default());
        // No file is ever read: the folder may go again.
        let app = open(&engine, Blobs::open(dir.path(), endless()).unwrap(), &ended);
        let_in(&app);
        app.recover_actions("1", true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let origin = runtime.block_on(app.record_template_origin(by(), kept(&mut random))).unwrap().id;
        Self {
            random,
            engine,
            runtime,
            app,
            dispatch: Dispatch::new(engines),
            working: (0..engines).map(|_| None).collect(),
            away_until: vec![0; engines],
            now: 0,
            quiet_until: 0,
            boot: 1,
            known: BTreeMap::new(),
            ended,
            origin,
            happened: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    fn look<T>(&self, look: impl FnOnce(&paperline::store::View<'_>) -> Result<T, StoreError>) -> T {
        self.app.store.read(look).unwrap()
    }

    /// One event of chance, and then the dispatcher's turn.
    fn step(&mut self) {
        self.now += Millis::try_from(self.random.below(300)).unwrap();
        match self.random.below(100) {
            0..7 => self.upload(),
            7..10 => self.change_templates(),
            16..18 => self.pause(),
            18..26 => self.resume(),
            26..28 => self.crash(),
            // Time enough that the queues run empty now and then.
            28..45 => self.now += 3000,
            _ => {}
        }
        self.engines_end(false);
        self.start_what_is_next();
        self.check();
    }

    fn upload(&mut self) {
        let pictures: Vec<_> = (0..=self.random.below(3)).map(|n| (format!("{n}.png"), kept(&mut self.random))).collect();
        let number = pictures.len();
        let before = self.look(queues::sizes);
        let answer = self.runtime.block_on(self.app.queue_recognitions(by(), pictures, Vec::new(), None)).unwrap();
        assert_eq!((answer.actions.len(), answer.sizes.recognise), (number, before.recognise + number as u64));
        for action in answer.actions {
            assert!(self.known.insert(action, Known::default()).is_none(), "{action} was given twice");
        }
        self.count("uploads");
    }

    fn change_templates(&mut self) {
        let templates: Vec<TemplateId> = self.look(|view| view.scan(&TEMPLATES, &(), false).map(|row| Ok(row?.0)).collect());
        let layout = Layout { label: "定额".into(), quota: None, areas: Vec::new() };
        let drawn = Drawn { layout, json_model: "{}".into(), origin: Some(self.origin), shown: None, company: None, version: None };
        let one = (!templates.is_empty()).then(|| templates[self.random.below(templates.len())]);
        let queued = match (one, self.random.below(3)) {
            (Some(id), 0) => self.runtime.block_on(self.app.queue_template_deletion(by(), id)),
            (Some(id), 1) => self.runtime.block_on(self.app.queue_template(by(), Some(id), drawn)),
            _ => self.runtime.block_on(self.app.queue_template(by(), None, drawn)),
        };
        let known = Known { manages: true, ..Known::default() };
        assert!(self.known.insert(queued.unwrap().0, known).is_none());
        self.count("template changes");
    }

    fn pause(&mut self) {
        let pause = Pause { by: "admin".into(), since: 0, reason: String::new() };
        self.app.store.write_blocking(move |txn| Ok(txn.put(&PAUSE, &(), &pause)?)).unwrap();
        self.count("pauses");
    }

    fn resume(&mut self) {
        let resume = self.app.store.write_blocking(|txn| {
            txn.delete(&PAUSE, &());
            Ok(())
        });
        resume.unwrap();
    }

    /// All that is not in the store is gone, and the box starts again.
    fn crash(&mut self) {
        let running = self.look(queues::running);
        let power_cut = self.random.percent(50);
        self.boot += u32::from(power_cut);
        for action in &running {
            let known = self.known.get_mut(&action.id).unwrap();
            known.free += 1;
            known.crashes += u32::from(!power_cut);
        }
        self.app = open(&self.engine, self.app.blobs.clone(), &self.ended);
        assert_eq!(self.app.recover_actions(&self.boot.to_string(), true).unwrap(), running.len());
        let still: Vec<_> = running.iter().filter(|a| self.known[&a.id].crashes == CRASHES_MAX).map(|a| a.id).collect();
        for id in still {
            assert!(
                self.ended.lock().unwrap().contains(&id),
                "{id} brought the box down {CRASHES_MAX} times and is taken up again"
            );
            self.count("actions that brought the box down");
        }
        let engines = self.working.len();
        self.dispatch = Dispatch::new(engines);
        self.working = (0..engines).map(|_| None).collect();
        self.away_until = vec![0; engines];
        self.quiet_until = 0;
        self.count(if running.is_empty() { "crashes at rest" } else { "crashes at work" });
    }

    /// The box may go down between any decision and the write that keeps it.
    fn crashes_here(&mut self) -> bool {
        let crashes = self.random.percent(1);
        if crashes {
            self.crash();
        }
        crashes
    }

    fn engines_end(&mut self, all: bool) {
        for engine in 0..self.working.len() {
            let now = self.now;
            let Some(work) = self.working[engine].take_if(|work| all || work.over_at <= now) else { continue };
            let effects = self.dispatch.step(Event::Ended { engine, end: work.end }, Heads::default(), now, POLICY);
            let [effect] = effects[..] else { panic!("{effects:?}") };
            if self.crashes_here() {
                return;
            }
            self.settle(&work, effect);
        }
    }

    /// As the dispatcher does it.
    fn settle(&mut self, work: &Work, effect: Effect) {
        let id = work.action.id;
        match (work.end, effect) {
            (End::Done, Effect::Finish { action }) | (End::Refused | End::Failed { .. }, Effect::GiveUp { action }) => {
                assert_eq!(action, id);
                self.finish(work).unwrap();
                if self.random.percent(5) {
                    // An end that is told again, as when its first answer was lost, is none.
                    self.finish(work).unwrap();
                    self.count("ends told twice");
                }
            }
            (End::Failed { failed_tries }, Effect::PutBack { action, counts: true }) => {
                assert_eq!(action, id);
                self.runtime.block_on(self.app.put_action_back(id, true, EngineNumbers::new())).unwrap();
                let wait = POLICY.backoff_ms << (failed_tries - 1);
                self.quiet_until = self.quiet_until.max(self.now + wait);
                self.count("retries");
            }
            (End::Unreachable { engine }, Effect::PutBack { action, counts: false }) => {
                assert_eq!(action, id);
                self.runtime.block_on(self.app.put_action_back(id, false, EngineNumbers::new())).unwrap();
                self.known.get_mut(&id).unwrap().free += 1;
                self.away_until[engine] = self.now + UNREACHABLE_MS;
                self.count("engines out of reach");
            }
            (end, effect) => panic!("{end:?} led to {effect:?}"),
        }
    }

    fn finish(&self, work: &Work) -> Result<(), Refusal> {
        let (id, app) = (work.action.id, &self.app);
        let done = work.end == End::Done;
        self.runtime.block_on(async {
            match &work.action.job {
                Job::Recognise { .. } => {
                    let reason = if done { Reason::NoTemplateFits } else { Reason::EngineNoAnswer };
                    app.recognition_ended(id, Outcome::nothing_read(reason)).await
                }
                _ if !done => app.template_failed(id).await,
                Job::DeleteTemplate(_) => app.template_forgotten(id).await,
                _ => app.template_learnt(id, Learnt::default(), "0".repeat(32)).await,
            }
        })
    }

    fn start_what_is_next(&mut self) {
        loop {
            let (heads, paused) = self.look(|view| Ok((queues::heads(view)?, queues::is_paused(view)?)));
            match self.dispatch.step(Event::Look { paused }, heads, self.now, POLICY)[..] {
                [] => return,
                [Effect::WakeAt(at)] => return assert!(at > self.now),
                [Effect::Start { engine, action, queue }] => {
                    assert!(!paused, "{action} starts in a pause");
                    if self.crashes_here() {
                        return;
                    }
                    self.start(engine, action, queue);
                }
                ref effects => panic!("{effects:?}"),
            }
        }
    }

    fn start(&mut self, engine: usize, id: ActionId, queue: Queue) {
        assert!(self.now >= self.quiet_until, "{id} starts at {} and nothing may before {}", self.now, self.quiet_until);
        let oldest = |queue: Queue| {
            let ids =
                self.look(|view| view.scan(&QUEUES, &queue.number(), false).map(|row| Ok(row?.1)).collect::<Result<Vec<_>, _>>());
            ids.into_iter().min()
        };
        assert_eq!(oldest(queue), Some(id), "the oldest of {queue:?} is next");
        assert!(queue == Queue::Manage || oldest(Queue::Manage).is_none(), "{id} is read before a template change");
        assert!(self.working[engine].is_none(), "engine {engine} is given {id} beside what it has");
        // A template change is every engine's.
        let needed = if queue == Queue::Manage { 0..self.working.len() } else { engine..engine + 1 };
        assert!(self.away_until[needed].iter().all(|until| self.now >= *until), "an engine is asked again too soon");
        let action = self.runtime.block_on(self.app.start_action(id)).unwrap().unwrap();
        let known = self.known.get_mut(&id).unwrap();
        assert_eq!(known.ends, 0, "{id} starts after its end");
        known.starts += 1;
        let end = match self.random.below(100) {
            0..60 => End::Done,
            60..85 => End::Failed { failed_tries: action.failed_tries + 1 },
            85..90 => End::Refused,
            _ if queue == Queue::Manage => End::Unreachable { engine: self.random.below(self.working.len()) },
            _ => End::Unreachable { engine },
        };
        let over_at = self.now + Millis::try_from(self.random.below(600)).unwrap();
        self.working[engine] = Some(Work { action, end, over_at });
        self.count("starts");
    }

    /// What holds after every step.
    fn check(&mut self) {
        let ended: Vec<ActionId> = self.ended.lock().unwrap().drain(..).collect();
        for action in &ended {
            let known = self.known.get_mut(action).unwrap();
            known.ends += 1;
            assert_eq!(known.ends, 1, "{action} ended twice");
            let paid = known.starts - known.free;
            assert!(paid <= 1 + POLICY.retries, "{action} had {paid} tries");
        }
        let running = self.look(queues::running);
        let in_hand: BTreeSet<ActionId> = self.working.iter().flatten().map(|work| work.action.id).collect();
        assert_eq!(running.iter().map(|a| a.id).collect::<BTreeSet<_>>(), in_hand);
        assert_eq!(self.dispatch.running().map(|(id, _)| id).collect::<BTreeSet<_>>(), in_hand);
        assert!(running.len() <= self.working.len());
        let managing = running.iter().filter(|a| a.job.queue() == Queue::Manage).count();
        assert!(managing == 0 || running.len() == 1, "a template change does not run alone");
        // Nothing but an end changes the third, which only grows here.
        let changed = if ended.is_empty() { 2 } else { 3 };
        for queue in [Queue::Manage, Queue::Recognise, Queue::Exception].into_iter().take(changed) {
            let (rows, counted) =
                self.look(|view| Ok((view.scan(&QUEUES, &queue.number(), false).count(), view.counter(queue.counter())?)));
            assert_eq!(rows as u64, counted, "{queue:?} is counted wrong");
        }
    }

    /// No more chance: all that waits is worked off, and every action has come to one end.
    fn drain(&mut self) {
        self.resume();
        for _ in 0..STEPS {
            self.now += 10_000;
            self.engines_end(true);
            self.start_what_is_next();
            self.check();
            if self.working.iter().all(Option::is_none) && self.look(queues::heads) == Heads::default() {
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
        for (id, known) in &self.known {
            assert_eq!(known.ends, 1, "{id} ended {} times", known.ends);
            let action = self.look(|view| view.get(&ACTIONS, id)).unwrap();
            assert!(matches!(action.state, State::Done | State::Failed), "{id} is {:?}", action.state);
            assert!(action.failed_tries <= POLICY.retries, "{id}: a last try is not put back");
            assert_eq!(invoices.get(id).copied().unwrap_or(0), u32::from(!known.manages), "invoices of {id}");
            assert_eq!(aside.contains(id), known.manages && action.state == State::Failed, "{id} in exception_wait");
        }
    }
}

fn simulate(seed: u64, engines: usize) {
    // Said only when the test fails.
    println!("seed {seed}, {engines} engines");
    let mut world = World::new(seed, engines);
    for _ in 0..STEPS {
        world.step();
    }
    world.drain();
    println!("{} actions, {:?}", world.known.len(), world.happened);
    for what in ["uploads", "template changes", "pauses", "crashes at rest", "crashes at work", "retries", "ends told twice"] {
        assert!(world.happened.get(what).is_some_and(|n| *n >= 10), "hardly any {what}: this run proves little");
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
