//! What all requests together, and each user or address, may hold. Beyond it: 503, and nobody else waits.

use crate::app::attempts::network;
use crate::domain::ids::UserId;
use crate::domain::refusal::{Code, Refusal};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::OwnedSemaphorePermit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Not logged in.
    Address(IpAddr),
    User(UserId),
}

impl Who {
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

#[derive(Debug, Default)]
struct Taken {
    in_all: u64,
    by_each: HashMap<Who, u64>,
}

#[derive(Debug)]
pub struct Budget {
    in_all: u64,
    for_each: u64,
    taken: Mutex<Taken>,
}

/// A share, given back on drop.
pub struct Held {
    budget: Arc<Budget>,
    who: Who,
    amount: u64,
    may: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("who", &self.who).field("amount", &self.amount).finish_non_exhaustive()
    }
}

fn busy() -> Refusal {
    Refusal::new(Code::Unavailable, "系统正忙，请稍后再试", "the box is busy just now, please try again later")
}

impl Budget {
    fn new(in_all: u64, for_each: u64) -> Arc<Self> {
        Arc::new(Self { in_all, for_each, taken: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, who: Who, amount: u64) -> Result<(), Refusal> {
        let mut taken = self.lock();
        let own = taken.by_each.get(&who).copied().unwrap_or(0);
        if taken.in_all.saturating_add(amount) > self.in_all || own.saturating_add(amount) > self.for_each {
            return Err(busy());
        }
        taken.in_all += amount;
        taken.by_each.insert(who, own + amount);
        Ok(())
    }

    pub fn take(self: &Arc<Self>, who: Who, amount: u64) -> Result<Held, Refusal> {
        self.add(who, amount)?;
        Ok(Held { budget: self.clone(), who, amount, may: None })
    }
}

impl Held {
    /// Valid while `may` says so; checked during long answers.
    #[must_use]
    pub fn as_long_as(mut self, may: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.may = Some(Box::new(may));
        self
    }

    pub fn may_go_on(&self) -> bool {
        self.may.as_ref().is_none_or(|may| may())
    }

    pub fn more(&mut self, amount: u64) -> Result<(), Refusal> {
        self.budget.add(self.who, amount)?;
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.budget.lock();
        taken.in_all -= self.amount;
        if let Some(own) = taken.by_each.get_mut(&self.who) {
            *own -= self.amount;
            if *own == 0 {
                taken.by_each.remove(&self.who);
            }
        }
    }
}

/// An open connection; a WebSocket keeps it.
#[derive(Clone, Debug)]
pub struct Place(#[expect(dead_code, reason = "held, not read")] Arc<(OwnedSemaphorePermit, Option<Held>)>);

impl Place {
    pub fn new(place: OwnedSemaphorePermit, share: Option<Held>) -> Self {
        Self(Arc::new((place, share)))
    }
}

#[derive(Debug)]
pub struct Budgets {
    /// Bytes of bodies, raw and parsed, of senders not logged in.
    strangers: Arc<Budget>,
    /// The same, of users who are logged in.
    known: Arc<Budget>,
    pub uploads: Arc<Budget>,
    /// Streamed answers, a thread each.
    pub exports: Arc<Budget>,
    /// Short ones: time windows for stations.
    pub streams: Arc<Budget>,
    pub backups: Arc<Budget>,
    pub restores: Arc<Budget>,
    pub pictures: Arc<Budget>,
    /// Labels that are drawn; large ones take a second and 20 MB.
    pub labels: Arc<Budget>,
    /// Password hashes, some 10 ms each.
    log_ins: Arc<Budget>,
    /// From familiar networks: guessing from hundreds of addresses can't use it up.
    log_ins_from_familiar: Arc<Budget>,
    familiar: Familiar,
    /// Except from proxies and the box itself.
    pub connections: Arc<Budget>,
}

/// Networks with a recent log-in.
#[derive(Debug, Default)]
struct Familiar {
    young: RwLock<HashSet<IpAddr>>,
    old: RwLock<HashSet<IpAddr>>,
}

/// Up to twice as many are kept.
const FAMILIAR_GENERATION: usize = 4096;

impl Familiar {
    fn note(&self, network: IpAddr) {
        if self.young.read().unwrap_or_else(PoisonError::into_inner).contains(&network) {
            return;
        }
        let mut young = self.young.write().unwrap_or_else(PoisonError::into_inner);
        if young.len() >= FAMILIAR_GENERATION {
            *self.old.write().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut young);
        }
        young.insert(network);
    }

    fn has(&self, network: IpAddr) -> bool {
        [&self.young, &self.old].iter().any(|known| known.read().unwrap_or_else(PoisonError::into_inner).contains(&network))
    }
}

impl Default for Budgets {
    fn default() -> Self {
        // Accounts are shared: one user may be many people.
        Self {
            strangers: Budget::new(64 << 20, 16 << 20),
            known: Budget::new(192 << 20, 128 << 20),
            uploads: Budget::new(128, 64),
            exports: Budget::new(8, 2),
            streams: Budget::new(64, 48),
            backups: Budget::new(1, 1),
            restores: Budget::new(1, 1),
            pictures: Budget::new(1024, 512),
            labels: Budget::new(16, 8),
            log_ins: Budget::new(512, 128),
            log_ins_from_familiar: Budget::new(256, 32),
            familiar: Familiar::default(),
            connections: Budget::new(u64::MAX, 2048),
        }
    }
}

impl Budgets {
    pub fn note_familiar(&self, address: IpAddr) {
        self.familiar.note(network(address));
    }

    pub fn log_ins(&self, address: IpAddr) -> Result<Held, Refusal> {
        let is_familiar = self.familiar.has(network(address));
        let own = if is_familiar { self.log_ins_from_familiar.take(Who::at(address), 1).ok() } else { None };
        own.map_or_else(|| self.log_ins.take(Who::at(address), 1), Ok)
    }

    pub fn bodies(&self, who: Who) -> &Arc<Budget> {
        match who {
            Who::Address(_) => &self.strangers,
            Who::User(_) => &self.known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_where_somebody_was_logged_in_are_remembered_within_a_bound() {
        let familiar = Familiar::default();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..20_000 {
            familiar.note(address(n));
            assert!(familiar.has(address(n)));
        }
        assert!((0..20_000).filter(|n| familiar.has(address(*n))).count() <= 2 * FAMILIAR_GENERATION);
        assert!(familiar.has(address(19_000)) && !familiar.has(address(30_000)));
    }

    #[test]
    fn nobody_takes_more_than_a_share_and_all_not_more_than_there_is() {
        let budget = Budget::new(10, 6);
        let [one, other] = [1, 2].map(|id| Who::User(UserId(id)));
        let mut held = budget.take(one, 4).unwrap();
        held.more(2).unwrap();
        assert_eq!(held.more(1).unwrap_err().code, Code::Unavailable);
        assert!(budget.take(other, 5).is_err());
        let rest = budget.take(other, 4).unwrap();
        drop(held);
        assert!(budget.take(one, 6).is_ok());
        drop(rest);
        let taken = budget.lock();
        assert_eq!((taken.in_all, taken.by_each.len()), (0, 0));
    }
}
