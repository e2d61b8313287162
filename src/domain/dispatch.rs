//! What is done next. Template changes before recognitions, oldest first, one recognition an engine; a template change is every
//! engine's, and runs alone. What fails is tried again after a pause, and while it waits nothing else is taken. Not here: doing it (dispatcher.rs), the queues themselves (app/queues.rs).

use super::action::Queue;
use super::ids::{ActionId, Millis};

/// How often and how long after a failure an action is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Tries after the first.
    pub retries: u32,
    /// Before the second try; doubled before each further one.
    pub backoff_ms: Millis,
}

/// What stands first in each queue; an engine's choice is always between these two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    pub manage: Option<ActionId>,
    pub recognise: Option<ActionId>,
}

/// How an engine's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// The engine refused it: trying again would not help.
    Refused,
    /// `failed_tries` with this one.
    Failed {
        failed_tries: u32,
    },
    /// This engine can't be reached: costs no try.
    Unreachable {
        engine: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something may have changed: a queue, the time, the pause.
    Look {
        paused: bool,
    },
    Ended {
        engine: usize,
        end: End,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// On this engine; a template change on all of them, and this is the one whose end tells of it.
    Start {
        engine: usize,
        action: ActionId,
        queue: Queue,
    },
    Finish {
        action: ActionId,
    },
    GiveUp {
        action: ActionId,
    },
    PutBack {
        action: ActionId,
        counts: bool,
    },
    /// Look again then.
    WakeAt(Millis),
}

/// Waits this long before it tries again to reach an engine, doubled up to the maximum.
const UNREACHABLE_MS: Millis = 250;
const UNREACHABLE_MAX_MS: Millis = 5_000;

#[derive(Clone, Debug, Default)]
struct Engine {
    running: Option<(ActionId, Queue)>,
    /// It could not be reached: not asked again before.
    away_until: Option<Millis>,
    /// How often in a row.
    unreached: u32,
}

#[derive(Clone, Debug)]
pub struct Dispatch {
    engines: Vec<Engine>,
    paused: bool,
    not_before: Option<Millis>,
}

impl Dispatch {
    pub fn new(engines: usize) -> Self {
        Self { engines: vec![Engine::default(); engines], paused: false, not_before: None }
    }

    pub fn running(&self) -> impl Iterator<Item = (ActionId, Queue)> {
        self.engines.iter().filter_map(|engine| engine.running)
    }

    /// At most one `Start` a step: after carrying it out, look again with the new heads.
    pub fn step(&mut self, event: Event, heads: Heads, now: Millis, policy: Policy) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Look { paused } => self.paused = paused,
            Event::Ended { engine, end } => {
                if let Some((action, queue)) = self.engines.get_mut(engine).and_then(|e| e.running.take()) {
                    effects.push(self.ended(engine, (action, queue), end, now, policy));
                    // The heads were read before this effect: look again after it.
                    return effects;
                }
            }
        }
        if let Some(at) = self.not_before {
            if now < at {
                effects.push(Effect::WakeAt(at));
                return effects;
            }
            self.not_before = None;
        }
        effects.extend(self.next(heads, now));
        effects
    }

    fn ended(&mut self, engine: usize, (action, queue): (ActionId, Queue), end: End, now: Millis, policy: Policy) -> Effect {
        let away = if let End::Unreachable { engine } = end { Some(engine) } else { None };
        // A template change went through every engine.
        for (number, one) in self.engines.iter_mut().enumerate() {
            if away != Some(number) && (number == engine || queue == Queue::Manage) {
                one.unreached = 0;
            }
        }
        match end {
            End::Done => Effect::Finish { action },
            End::Refused => Effect::GiveUp { action },
            End::Failed { failed_tries } if failed_tries > policy.retries => Effect::GiveUp { action },
            End::Failed { failed_tries } => {
                self.back_off(now + doubled(policy.backoff_ms, failed_tries.saturating_sub(1)));
                Effect::PutBack { action, counts: true }
            }
            End::Unreachable { engine } => {
                if let Some(away) = self.engines.get_mut(engine) {
                    away.away_until = Some(now + doubled(UNREACHABLE_MS, away.unreached).min(UNREACHABLE_MAX_MS));
                    away.unreached += 1;
                }
                Effect::PutBack { action, counts: false }
            }
        }
    }

    /// With several engines one may fail while another's action backs off already: the longer wait counts.
    fn back_off(&mut self, until: Millis) {
        self.not_before = self.not_before.max(Some(until));
    }

    fn next(&mut self, heads: Heads, now: Millis) -> Option<Effect> {
        if self.paused {
            return None;
        }
        for engine in &mut self.engines {
            engine.away_until = engine.away_until.filter(|until| now < *until);
        }
        let all_idle = self.engines.iter().all(|engine| engine.running.is_none());
        let managing = self.running().any(|(_, queue)| queue == Queue::Manage);
        let away = || self.engines.iter().filter(|engine| engine.running.is_none()).filter_map(|engine| engine.away_until);
        // A template change runs alone, and everything else waits for it.
        let (engine, action, queue) = match heads {
            Heads { manage: Some(action), .. } if all_idle => match away().max() {
                Some(until) => return Some(Effect::WakeAt(until)),
                None => (0, action, Queue::Manage),
            },
            Heads { manage: None, recognise: Some(action) } if !managing => {
                match self.engines.iter().position(|engine| engine.running.is_none() && engine.away_until.is_none()) {
                    Some(engine) => (engine, action, Queue::Recognise),
                    None => return away().min().map(Effect::WakeAt),
                }
            }
            _ => return None,
        };
        self.engines.get_mut(engine)?.running = Some((action, queue));
        Some(Effect::Start { engine, action, queue })
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
    const BOTH: Heads = Heads { manage: Some(M), recognise: Some(R) };
    const ONE: Heads = Heads { manage: None, recognise: Some(R) };

    #[test]
    fn template_changes_go_first_and_alone() {
        let mut d = Dispatch::new(2);
        assert_eq!(d.step(LOOK, BOTH, 0, POLICY), [Effect::Start { engine: 0, action: M, queue: Queue::Manage }]);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), []);
        assert_eq!(d.step(Event::Ended { engine: 0, end: End::Done }, ONE, 0, POLICY), [Effect::Finish { action: M }]);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::Start { engine: 0, action: R, queue: Queue::Recognise }]);
        // One engine reads: the next change waits for it, and so does the next picture.
        let later = Heads { manage: Some(M), recognise: Some(ActionId(9)) };
        assert_eq!(d.step(LOOK, later, 0, POLICY), []);
    }

    #[test]
    fn a_failure_backs_off_and_nothing_else_runs() {
        let mut d = Dispatch::new(1);
        for try_number in 1..=3 {
            let now = try_number * 100_000;
            assert_eq!(d.step(LOOK, ONE, now, POLICY).len(), 1);
            let failed = Event::Ended { engine: 0, end: End::Failed { failed_tries: try_number as u32 } };
            assert_eq!(d.step(failed, ONE, now, POLICY), [Effect::PutBack { action: R, counts: true }]);
            let at = now + 1000 * (1 << (try_number - 1));
            assert_eq!(d.step(LOOK, BOTH, at - 1, POLICY), [Effect::WakeAt(at)]);
        }
        assert_eq!(d.step(LOOK, ONE, 900_000, POLICY).len(), 1);
        let failed = Event::Ended { engine: 0, end: End::Failed { failed_tries: 4 } };
        assert_eq!(d.step(failed, ONE, 900_000, POLICY), [Effect::GiveUp { action: R }]);
    }

    #[test]
    fn a_second_failure_does_not_cut_a_back_off_short() {
        let mut d = Dispatch::new(2);
        for id in [3, 4] {
            let heads = Heads { manage: None, recognise: Some(ActionId(id)) };
            assert_eq!(d.step(LOOK, heads, 0, POLICY).len(), 1);
        }
        d.step(Event::Ended { engine: 0, end: End::Failed { failed_tries: 3 } }, ONE, 0, POLICY);
        d.step(Event::Ended { engine: 1, end: End::Failed { failed_tries: 1 } }, ONE, 10, POLICY);
        assert_eq!(d.step(LOOK, ONE, 3_999, POLICY), [Effect::WakeAt(4_000)]);
    }

    #[test]
    fn one_engine_out_of_reach_leaves_reading_to_the_others_but_no_template_change() {
        let mut d = Dispatch::new(2);
        let first = Effect::Start { engine: 0, action: R, queue: Queue::Recognise };
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [first]);
        let away = Event::Ended { engine: 0, end: End::Unreachable { engine: 0 } };
        assert_eq!(d.step(away, ONE, 0, POLICY), [Effect::PutBack { action: R, counts: false }]);
        assert_eq!(d.step(LOOK, ONE, 0, POLICY), [Effect::Start { engine: 1, action: R, queue: Queue::Recognise }]);
        let next = Heads { manage: None, recognise: Some(ActionId(4)) };
        assert_eq!(d.step(LOOK, next, 0, POLICY), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.step(Event::Ended { engine: 1, end: End::Done }, next, 0, POLICY), [Effect::Finish { action: R }]);
        assert_eq!(d.step(LOOK, BOTH, 0, POLICY), [Effect::WakeAt(UNREACHABLE_MS)]);
        assert_eq!(d.step(LOOK, BOTH, UNREACHABLE_MS, POLICY), [Effect::Start { engine: 0, action: M, queue: Queue::Manage }]);
        // The second one is away this time: the change waits for it, however it is told.
        let away = Event::Ended { engine: 0, end: End::Unreachable { engine: 1 } };
        assert_eq!(d.step(away, BOTH, 1_000, POLICY), [Effect::PutBack { action: M, counts: false }]);
        assert_eq!(d.step(LOOK, BOTH, 1_000, POLICY), [Effect::WakeAt(1_000 + UNREACHABLE_MS)]);
    }

    #[test]
    fn an_engine_out_of_reach_costs_no_try() {
        let mut d = Dispatch::new(1);
        for n in 0..20 {
            let now = n * 100_000;
            assert_eq!(d.step(LOOK, ONE, now, POLICY).len(), 1);
            let away = Event::Ended { engine: 0, end: End::Unreachable { engine: 0 } };
            assert_eq!(d.step(away, ONE, now, POLICY), [Effect::PutBack { action: R, counts: false }]);
        }
    }

    #[test]
    fn paused_means_nothing_starts() {
        let mut d = Dispatch::new(1);
        assert_eq!(d.step(Event::Look { paused: true }, BOTH, 0, POLICY), []);
        assert_eq!(d.step(LOOK, BOTH, 0, POLICY).len(), 1);
    }
}
