//! Limits wrong passwords: five a minute per name and address, then a wait. In memory only: a restart clears it.

use super::passwords::digest;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

const WRONG_MAX: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);
/// Past this number of names and addresses, the longest quiet are forgotten.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// A digest of the name; `None` for all unknown names together, as else anyone could fill the memory.
    name: Option<[u8; 32]>,
    address: IpAddr,
}

/// A household has a whole /64 of IPv6 addresses; they count as one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[derive(Debug)]
struct Tries {
    wrong: Vec<Instant>,
    /// Being checked: not yet wrong, but counted against the limit.
    in_check: usize,
    last: Instant,
    /// Somebody was refused since the last check.
    is_refusing: bool,
    /// Notified when a check ends.
    checked: Arc<Notify>,
}

impl Tries {
    fn new(now: Instant) -> Self {
        Self { wrong: Vec::new(), in_check: 0, last: now, is_refusing: false, checked: Arc::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Seconds to wait.
    pub retry_after: u64,
    /// The first refusal; only this one is logged.
    pub is_first: bool,
}

#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Key, Tries>>);

/// A try being checked. If dropped without a verdict, it does not count.
#[derive(Debug)]
pub struct Try<'a> {
    attempts: &'a Attempts,
    key: Key,
}

impl Attempts {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the tries being checked could reach the limit. `name`: `None` for an unknown one.
    ///
    /// `Err`: too many were wrong; says how long to wait.
    pub async fn begin(&self, name: Option<&str>, address: IpAddr) -> Result<Try<'_>, TooMany> {
        let key = Key { name: name.map(digest), address: network(address) };
        loop {
            let checked = {
                let mut all = self.lock();
                let now = Instant::now();
                make_room(&mut all, key, now);
                let tries = all.entry(key).or_insert_with(|| Tries::new(now));
                tries.last = now;
                tries.wrong.retain(|at| now.duration_since(*at) < WITHIN);
                if let (true, Some(first)) = (tries.wrong.len() >= WRONG_MAX, tries.wrong.first()) {
                    let retry_after = (WITHIN - now.duration_since(*first)).as_secs() + 1;
                    return Err(TooMany { retry_after, is_first: !std::mem::replace(&mut tries.is_refusing, true) });
                }
                if tries.wrong.len() + tries.in_check < WRONG_MAX {
                    tries.in_check += 1;
                    tries.is_refusing = false;
                    return Ok(Try { attempts: self, key });
                }
                // From here on no verdict is missed.
                tries.checked.clone().notified_owned()
            };
            checked.await;
        }
    }

    fn end(&self, key: Key, verdict: impl FnOnce(&mut Vec<Instant>)) {
        if let Some(tries) = self.lock().get_mut(&key) {
            tries.in_check = tries.in_check.saturating_sub(1);
            verdict(&mut tries.wrong);
            tries.checked.notify_waiters();
        }
    }
}

fn make_room(all: &mut HashMap<Key, Tries>, key: Key, now: Instant) {
    if all.len() < REMEMBERED_MAX || all.contains_key(&key) {
        return;
    }
    all.retain(|_, tries| tries.in_check > 0 || now.duration_since(tries.last) < WITHIN);
    if all.len() >= REMEMBERED_MAX {
        // Drop half, so that this is rare.
        let mut times: Vec<Instant> = all.values().map(|tries| tries.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        all.retain(|_, tries| tries.in_check > 0 || tries.last > median);
    }
}

impl Try<'_> {
    pub fn was_wrong(self) {
        self.attempts.end(self.key, |wrong| wrong.push(Instant::now()));
        std::mem::forget(self);
    }

    /// Clears the earlier wrong ones.
    pub fn was_right(self) {
        self.attempts.end(self.key, Vec::clear);
        std::mem::forget(self);
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        self.attempts.end(self.key, |_| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn the_sixth_wrong_one_within_a_minute_waits() {
        let attempts = Attempts::default();
        let there = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..5 {
            attempts.begin(Some("x"), HERE).await.unwrap().was_wrong();
        }
        for is_first in [true, false, false] {
            let refused = attempts.begin(Some("x"), HERE).await.unwrap_err();
            assert!((59..=60).contains(&refused.retry_after) && refused.is_first == is_first, "{refused:?}");
        }
        attempts.begin(Some("x"), there).await.unwrap().was_wrong();
        attempts.begin(Some("y"), HERE).await.unwrap().was_right();
        attempts.begin(None, HERE).await.unwrap().was_wrong();
    }

    #[tokio::test]
    async fn whoever_comes_while_five_are_checked_waits_for_their_verdict() {
        let attempts = Attempts::default();
        let mut five = Vec::new();
        for _ in 0..5 {
            five.push(attempts.begin(Some("x"), HERE).await.unwrap());
        }
        let sixth = attempts.begin(Some("x"), HERE);
        let mut sixth = std::pin::pin!(sixth);
        assert!(sixth.as_mut().now_or_never().is_none());
        five.pop().unwrap().was_right();
        let sixth = sixth.await.unwrap();
        // Abandoned tries don't count as wrong.
        drop(five);
        sixth.was_right();
        for _ in 0..5 {
            attempts.begin(Some("x"), HERE).await.unwrap().was_wrong();
        }
        assert!(attempts.begin(Some("x"), HERE).await.is_err());
    }

    #[tokio::test]
    async fn names_that_nobody_has_fill_no_memory_and_lock_nobody_out() {
        let attempts = Attempts::default();
        for n in 0..40_000_u32 {
            let address = IpAddr::from(n.to_be_bytes());
            drop(attempts.begin(Some("x"), address).await.unwrap());
        }
        assert!(attempts.lock().len() <= REMEMBERED_MAX);
        let net = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        for last in 0..5 {
            attempts.begin(None, net(last)).await.unwrap().was_wrong();
        }
        assert!(attempts.begin(None, net(9)).await.is_err());
        attempts.begin(Some("admin"), net(9)).await.unwrap().was_right();
    }
}
