//! What is done next: template changes before recognitions, oldest first. A recognition runs on one lane, a template change on all
//! of them, alone. What a document says itself is read at a desk, without an engine. After a failure nothing starts for a while. Not
//! here: doing it (dispatcher/), the queues (app/queues.rs).

use super::action::Queue;
use super::ids::{ActionId, Millis};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub retries: u32,
    /// Pause before the second try; doubled for each further one.
    pub backoff_ms: Millis,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    pub manage: Option<ActionId>,
    pub recognise: Option<ActionId>,
    /// It is of a document.
    pub is_document: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Refused,
    /// `failed_tries` includes this one.
    Failed {
        failed_tries: u32,
    },
    /// Costs no try.
    Unreachable {
        lane: usize,
    },
    /// The document does not say it itself; costs no try.
    NeedsEngine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A queue, the time or the pause may have changed.
    Look {
        paused: bool,
    },
    /// Answers `Effect::Ask`.
    Ready {
        lane: usize,
        is_there: bool,
    },
    /// The action no longer waits.
    Gone {
        lane: usize,
    },
    Ended {
        lane: usize,
        end: End,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Ask {
        lane: usize,
    },
    /// A template change starts on all lanes; this one reports its end.
    Start {
        lane: usize,
        action: ActionId,
        queue: Queue,
    },
    Keep {
        action: ActionId,
    },
    GiveUp {
        action: ActionId,
    },
    PutBack {
        action: ActionId,
        counts: bool,
    },
    WakeAt(Millis),
}

/// Lanes without an engine, behind those with one: documents are read there in milliseconds, also while an engine is away.
pub const DESKS: usize = 2;

/// Pause before an unreachable engine is asked again; doubled up to the maximum.
const UNREACHABLE_MS: Millis = 250;
const UNREACHABLE_MAX_MS: Millis = 5_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum EngineState {
    #[default]
    Unknown,
    Asked,
    Reachable,
    UnreachableUntil(Millis),
}

#[derive(Clone, Debug, Default)]
struct Lane {
    running: Option<(ActionId, Queue)>,
    engine: EngineState,
    failures: u32,
}

impl Lane {
    fn mark_unreachable(&mut self, now: Millis) {
        self.engine = EngineState::UnreachableUntil(now + doubled(UNREACHABLE_MS, self.failures).min(UNREACHABLE_MAX_MS));
        self.failures += 1;
    }
}

#[derive(Clone, Debug)]
pub struct Dispatch {
    /// With engines, then desks.
    lanes: Vec<Lane>,
    /// Documents that were at a desk and did not end there.
    need_engine: BTreeSet<ActionId>,
    paused: bool,
    not_before: Option<Millis>,
}

impl Dispatch {
    /// `engines`: how many lanes have one.
    pub fn new(engines: usize) -> Self {
        Self { lanes: vec![Lane::default(); engines + DESKS], need_engine: BTreeSet::new(), paused: false, not_before: None }
    }

    fn engines(&self) -> &[Lane] {
        &self.lanes[..self.lanes.len() - DESKS]
    }

    fn engines_mut(&mut self) -> &mut [Lane] {
        let engines = self.lanes.len() - DESKS;
        &mut self.lanes[..engines]
    }

    pub fn running(&self) -> impl Iterator<Item = (ActionId, Queue)> {
        self.lanes.iter().filter_map(|lane| lane.running)
    }

    /// `Look` gives at most one `Start`: carry it out, then look again with the new heads. `Ended` gives one effect, other events
    /// none.
    pub fn step(&mut self, event: Event, heads: Heads, now: Millis, policy: Policy) -> Vec<Effect> {
        match event {
            Event::Look { paused } => self.paused = paused,
            Event::Ready { lane, is_there } => {
                if let Some(lane) = self.lanes.get_mut(lane).filter(|lane| lane.engine == EngineState::Asked) {
                    if is_there { lane.engine = EngineState::Reachable } else { lane.mark_unreachable(now) }
                }
                return Vec::new();
            }
            Event::Gone { lane } => {
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.running = None;
                    // Otherwise an action that can't start would be retried in a busy loop.
                    self.back_off(now + UNREACHABLE_MS);
                }
                return Vec::new();
            }
            Event::Ended { lane, end } => {
                let Some(running) = self.lanes.get_mut(lane).and_then(|lane| lane.running.take()) else { return Vec::new() };
                return vec![self.ended(lane, running, end, now, policy)];
            }
        }
        if let Some(at) = self.not_before {
            if now < at {
                return vec![Effect::WakeAt(at)];
            }
            self.not_before = None;
        }
        self.next(heads, now)
    }

    fn ended(&mut self, lane: usize, (action, queue): (ActionId, Queue), end: End, now: Millis, policy: Policy) -> Effect {
        let away = if let End::Unreachable { lane } = end { Some(lane) } else { None };
        for (number, one) in self.lanes.iter_mut().enumerate() {
            if number == lane || queue == Queue::Manage {
                one.engine = EngineState::Unknown;
                if away != Some(number) {
                    one.failures = 0;
                }
            }
        }
        if end != End::NeedsEngine {
            self.need_engine.remove(&action);
        }
        match end {
            End::NeedsEngine => {
                self.need_engine.insert(action);
                Effect::PutBack { action, counts: false }
            }
            End::Done => Effect::Keep { action },
            End::Refused => Effect::GiveUp { action },
            End::Failed { failed_tries } if failed_tries > policy.retries => Effect::GiveUp { action },
            End::Failed { failed_tries } => {
                self.back_off(now + doubled(policy.backoff_ms, failed_tries.saturating_sub(1)));
                Effect::PutBack { action, counts: true }
            }
            End::Unreachable { lane } => {
                if let Some(away) = self.lanes.get_mut(lane) {
                    away.mark_unreachable(now);
                }
                Effect::PutBack { action, counts: false }
            }
        }
    }

    /// The longest pause counts.
    fn back_off(&mut self, until: Millis) {
        self.not_before = self.not_before.max(Some(until));
    }

    fn next(&mut self, heads: Heads, now: Millis) -> Vec<Effect> {
        for lane in &mut self.lanes {
            if matches!(lane.engine, EngineState::UnreachableUntil(until) if until <= now) {
                lane.engine = EngineState::Unknown;
            }
        }
        if self.paused {
            return Vec::new();
        }
        let managing = self.running().any(|(_, queue)| queue == Queue::Manage);
        match heads {
            Heads { manage: Some(action), .. } if self.lanes.iter().all(|lane| lane.running.is_none()) => self.manage(action),
            Heads { manage: None, recognise: Some(action), is_document } if !managing => match self.desk_for(action, is_document) {
                Some(desk) => self.start(desk, action, Queue::Recognise),
                None => self.recognise(action),
            },
            Heads { manage: None, recognise: None, .. } => {
                // What was cancelled while it waited.
                let running: Vec<ActionId> = self.running().map(|(action, _)| action).collect();
                self.need_engine.retain(|action| running.contains(action));
                // These engines may be gone when there is work again.
                let reachable = self.engines_mut().iter_mut().filter(|lane| lane.engine == EngineState::Reachable);
                reachable.for_each(|lane| lane.engine = EngineState::Unknown);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Starts when every lane is idle; everything else waits.
    fn manage(&mut self, action: ActionId) -> Vec<Effect> {
        if self.engines().iter().all(|lane| lane.engine == EngineState::Reachable) {
            return self.start(0, action, Queue::Manage);
        }
        match self.away().max() {
            Some(until) => vec![Effect::WakeAt(until)],
            None => self.ask(usize::MAX),
        }
    }

    /// An idle one, for what may end there.
    fn desk_for(&self, action: ActionId, is_document: bool) -> Option<usize> {
        let mut desks = self.engines().len()..self.lanes.len();
        desks.find(|desk| is_document && self.lanes[*desk].running.is_none() && !self.need_engine.contains(&action))
    }

    fn recognise(&mut self, action: ActionId) -> Vec<Effect> {
        let is_ready = |lane: &Lane| lane.running.is_none() && lane.engine == EngineState::Reachable;
        if let Some(lane) = self.engines().iter().position(is_ready) {
            return self.start(lane, action, Queue::Recognise);
        }
        let is_asked = |lane: &Lane| lane.running.is_none() && lane.engine == EngineState::Asked;
        let mut effects = if self.engines().iter().any(is_asked) { Vec::new() } else { self.ask(1) };
        if effects.is_empty() {
            effects.extend(self.away().min().map(Effect::WakeAt));
        }
        effects
    }

    fn start(&mut self, lane: usize, action: ActionId, queue: Queue) -> Vec<Effect> {
        match self.lanes.get_mut(lane) {
            Some(one) => {
                one.running = Some((action, queue));
                vec![Effect::Start { lane, action, queue }]
            }
            None => Vec::new(),
        }
    }

    /// Asks up to `most` idle lanes of unknown state.
    fn ask(&mut self, most: usize) -> Vec<Effect> {
        let idle = self
            .engines_mut()
            .iter_mut()
            .enumerate()
            .filter(|(_, lane)| lane.running.is_none() && lane.engine == EngineState::Unknown);
        let asked = idle.take(most).map(|(number, lane)| {
            lane.engine = EngineState::Asked;
            Effect::Ask { lane: number }
        });
        asked.collect()
    }

    fn away(&self) -> impl Iterator<Item = Millis> {
        self.engines().iter().filter(|lane| lane.running.is_none()).filter_map(|lane| match lane.engine {
            EngineState::UnreachableUntil(until) => Some(until),
            _ => None,
        })
    }
}

fn doubled(ms: Millis, times: u32) -> Millis {
    ms.saturating_mul(1 << times.min(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { retries: 3, backoff_ms: 1000 };
    const LOOK: Event = Event::Look { paused: false };
    const M: ActionId = ActionId(7);
    const R: ActionId = ActionId(3);
    const BOTH: Heads = Heads { manage: Some(M), recognise: Some(R), is_document: false };
    const ONE: Heads = Heads { manage: None, recognise: Some(R), is_document: false };

    impl Dispatch {
        /// A step in which every engine asked is reachable.
        fn go(&mut self, event: Event, heads: Heads, now: Millis) -> Vec<Effect> {
            let mut effects = self.step(event, heads, now, POLICY);
            while effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
                for effect in std::mem::take(&mut effects) {
                    match effect {
                        Effect::Ask { lane } => self.step(Event::Ready { lane, is_there: true }, heads, now, POLICY),
                        other => panic!("{other:?} beside a question"),
                    };
                }
                effects = self.step(LOOK, heads, now, POLICY);
            }
            effects
        }
    }

    fn read_on(lane: usize) -> [Effect; 1] {
        [Effect::Start { lane, action: R, queue: Queue::Recognise }]
    }

    #[test]
    fn template_changes_go_first_and_alone() {
        let mut d = Dispatch::new(2);
        assert_eq!(d.go(LOOK, BOTH, 0), [Effect::Start { lane: 0, action: M, queue: Queue::Manage }]);
        assert_eq!(d.go(LOOK, ONE, 0), []);
        assert_eq!(d.go(Event::Ended { lane: 0, end: End::Done }, ONE, 0), [Effect::Keep { action: M }]);
        assert_eq!(d.go(LOOK, ONE, 0), read_on(0));
        let later = Heads { manage: Some(M), recognise: Some(ActionId(9)), is_document: false };
        assert_eq!(d.go(LOOK, later, 0), []);
    }

    #[test]
    fn nothing_starts_before_the_engine_is_reachable() {
        let mut d = Dispatch::new(1);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::Ask { lane: 0 }]);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [], "it is asked once");
        let other = Heads { manage: None, recognise: Some(ActionId(9)), is_document: false };
        let start = Effect::Start { lane: 0, action: ActionId(9), queue: Queue::Recognise };
        assert_eq!(d.step(Event::Ready { lane: 0, is_there: true }, other, 0, POLICY), []);
        assert_eq!(d.step(LOOK, other, 0, POLICY), [start]);
        assert_eq!(d.step(Event::Ended { lane: 0, end: End::Done }, ONE, 0, POLICY), [Effect::Keep { action: ActionId(9) }]);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::Ask { lane: 0 }], "it may have gone meanwhile");
        let away = Event::Ready { lane: 0, is_there: false };
        assert_eq!(d.step(away, ONE, 0, POLICY), []);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.step(LOOK, ONE, UNREACHABLE_MS, POLICY), [Effect::Ask { lane: 0 }]);
    }

    #[test]
    fn a_failure_backs_off_and_nothing_else_runs() {
        let mut d = Dispatch::new(1);
        for try_number in 1..=3 {
            let now = try_number * 100_000;
            assert_eq!(d.go(LOOK, ONE, now).len(), 1);
            let failed = Event::Ended { lane: 0, end: End::Failed { failed_tries: try_number as u32 } };
            assert_eq!(d.go(failed, ONE, now), [Effect::PutBack { action: R, counts: true }]);
            let at = now + 1000 * (1 << (try_number - 1));
            assert_eq!(d.go(LOOK, BOTH, at - 1), [Effect::WakeAt(at)]);
        }
        assert_eq!(d.go(LOOK, ONE, 900_000).len(), 1);
        let failed = Event::Ended { lane: 0, end: End::Failed { failed_tries: 4 } };
        assert_eq!(d.go(failed, ONE, 900_000), [Effect::GiveUp { action: R }]);
    }

    #[test]
    fn a_second_failure_does_not_cut_a_back_off_short() {
        let mut d = Dispatch::new(2);
        for id in [3, 4] {
            let heads = Heads { manage: None, recognise: Some(ActionId(id)), is_document: false };
            assert_eq!(d.go(LOOK, heads, 0).len(), 1);
        }
        d.go(Event::Ended { lane: 0, end: End::Failed { failed_tries: 3 } }, ONE, 0);
        d.go(Event::Ended { lane: 1, end: End::Failed { failed_tries: 1 } }, ONE, 10);
        assert_eq!(d.go(LOOK, ONE, 3_999), [Effect::WakeAt(4_000)]);
    }

    #[test]
    fn while_one_engine_is_unreachable_others_read_and_template_changes_wait() {
        let mut d = Dispatch::new(2);
        assert_eq!(d.go(LOOK, ONE, 0), read_on(0));
        let away = Event::Ended { lane: 0, end: End::Unreachable { lane: 0 } };
        assert_eq!(d.go(away, ONE, 0), [Effect::PutBack { action: R, counts: false }]);
        assert_eq!(d.go(LOOK, ONE, 0), read_on(1));
        let next = Heads { manage: None, recognise: Some(ActionId(4)), is_document: false };
        assert_eq!(d.go(LOOK, next, 0), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.go(Event::Ended { lane: 1, end: End::Done }, next, 0), [Effect::Keep { action: R }]);
        assert_eq!(d.go(LOOK, BOTH, 0), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.go(LOOK, BOTH, UNREACHABLE_MS), [Effect::Start { lane: 0, action: M, queue: Queue::Manage }]);
        let away = Event::Ended { lane: 0, end: End::Unreachable { lane: 1 } };
        assert_eq!(d.go(away, BOTH, 1_000), [Effect::PutBack { action: M, counts: false }]);
        assert_eq!(d.go(LOOK, BOTH, 1_000), [Effect::WakeAt(1_000 + UNREACHABLE_MS)]);
    }

    #[test]
    fn an_unreachable_engine_costs_no_try() {
        let mut d = Dispatch::new(1);
        for n in 0..20 {
            let now = n * 100_000;
            assert_eq!(d.go(LOOK, ONE, now).len(), 1);
            let away = Event::Ended { lane: 0, end: End::Unreachable { lane: 0 } };
            assert_eq!(d.go(away, ONE, now), [Effect::PutBack { action: R, counts: false }]);
        }
    }

    #[test]
    fn paused_means_nothing_starts() {
        let mut d = Dispatch::new(1);
        assert_eq!(d.go(Event::Look { paused: true }, BOTH, 0), []);
        assert_eq!(d.go(LOOK, BOTH, 0).len(), 1);
    }

    #[test]
    fn documents_are_read_while_the_engine_is_away() {
        let mut d = Dispatch::new(1);
        let document = |id| Heads { manage: None, recognise: Some(ActionId(id)), is_document: true };
        let at = |lane, id| [Effect::Start { lane, action: ActionId(id), queue: Queue::Recognise }];
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::Ask { lane: 0 }]);
        d.step(Event::Ready { lane: 0, is_there: false }, ONE, 0, POLICY);
        assert_eq!(d.step(LOOK, document(4), 0, POLICY), at(1, 4));
        assert_eq!(d.step(LOOK, document(5), 0, POLICY), at(2, 5));
        assert_eq!(d.step(LOOK, document(6), 0, POLICY), [Effect::WakeAt(UNREACHABLE_MS)], "both desks are taken");
        assert_eq!(d.go(Event::Ended { lane: 1, end: End::Done }, document(6), 0), [Effect::Keep { action: ActionId(4) }]);
        assert_eq!(d.step(LOOK, document(6), 0, POLICY), at(1, 6));
        // One that does not say it itself waits for an engine, and for nothing else.
        let back = [Effect::PutBack { action: ActionId(6), counts: false }];
        assert_eq!(d.go(Event::Ended { lane: 1, end: End::NeedsEngine }, document(6), 0), back);
        assert_eq!(d.step(LOOK, document(6), 0, POLICY), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.go(LOOK, document(6), UNREACHABLE_MS), at(0, 6));
        assert_eq!(d.go(LOOK, document(7), UNREACHABLE_MS), at(1, 7));
    }

    #[test]
    fn documents_wait_for_template_changes() {
        let mut d = Dispatch::new(1);
        let both = Heads { is_document: true, ..BOTH };
        assert_eq!(d.go(LOOK, both, 0), [Effect::Start { lane: 0, action: M, queue: Queue::Manage }]);
        assert_eq!(d.go(LOOK, Heads { manage: None, ..both }, 0), []);
    }
}
