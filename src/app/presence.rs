//! Who has which fault open, so that two people don't do the same work. In memory and short-lived; only a hint, as versions decide
//! whose review counts (entries.rs).

use crate::domain::ids::{InvoiceId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const LASTS: Duration = Duration::from_secs(60);
/// Per user; the oldest is dropped.
const OPEN_MAX: usize = 20;

#[derive(Debug)]
struct Open {
    invoice: InvoiceId,
    user: UserId,
    name: String,
    since: Instant,
}

#[derive(Debug, Default)]
pub struct Presence(Mutex<Vec<Open>>);

impl Presence {
    fn with<T>(&self, now: Instant, look: impl FnOnce(&mut Vec<Open>) -> T) -> T {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|o| now.saturating_duration_since(o.since) < LASTS);
        look(&mut open)
    }

    /// Repeating it extends it.
    pub fn open(&self, invoice: InvoiceId, user: UserId, name: &str, now: Instant) {
        self.with(now, |open| {
            open.retain(|o| (o.invoice, o.user) != (invoice, user));
            if open.iter().filter(|o| o.user == user).count() >= OPEN_MAX
                && let Some(oldest) = open.iter().position(|o| o.user == user)
            {
                open.remove(oldest);
            }
            open.push(Open { invoice, user, name: name.to_owned(), since: now });
        });
    }

    pub fn close(&self, invoice: InvoiceId, user: UserId, now: Instant) {
        self.with(now, |open| open.retain(|o| (o.invoice, o.user) != (invoice, user)));
    }

    /// Names of everyone but one user, by invoice.
    pub fn others(&self, but: UserId, now: Instant) -> HashMap<InvoiceId, Vec<String>> {
        self.with(now, |open| {
            let mut others: HashMap<InvoiceId, Vec<String>> = HashMap::new();
            for o in open.iter().filter(|o| o.user != but) {
                others.entry(o.invoice).or_default().push(o.name.clone());
            }
            others
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_fault_open_is_forgotten_after_a_minute_and_told_to_others_only() {
        let (presence, now, one) = (Presence::default(), Instant::now(), InvoiceId(1));
        presence.open(one, UserId(1), "王芳", now);
        assert_eq!(presence.others(UserId(2), now).get(&one), Some(&vec!["王芳".to_owned()]));
        assert_eq!(presence.others(UserId(1), now).get(&one), None);
        presence.open(one, UserId(1), "王芳", now + LASTS / 2);
        assert!(presence.others(UserId(2), now + LASTS).contains_key(&one), "said again, it lasts");
        assert!(!presence.others(UserId(2), now + LASTS * 2).contains_key(&one));
        presence.open(one, UserId(1), "王芳", now);
        presence.close(one, UserId(1), now);
        assert!(presence.others(UserId(2), now).is_empty());
        (0..100).for_each(|n| presence.open(InvoiceId(n), UserId(1), "王芳", now));
        assert_eq!(presence.others(UserId(2), now).len(), OPEN_MAX);
    }
}
