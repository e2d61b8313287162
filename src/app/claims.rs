//! Labels that somebody is about to print: short, in memory, and gone by themselves, so that two operators at one list don't print the same.

use super::By;
use crate::domain::account::Credential;
use crate::domain::ids::{Millis, UserId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A label is somebody's, until then. His by his session, not by his name: several stations may be logged in as one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    owner: Credential,
    pub user: UserId,
    pub user_name: String,
    /// By a clock that nobody sets: the wall clock may jump while a label is claimed.
    until: Instant,
}

impl Claim {
    /// When it ends, as the wall clock stands at `now`.
    pub fn until(&self, now: Millis) -> Millis {
        let left = self.until.saturating_duration_since(Instant::now());
        now + Millis::try_from(left.as_millis()).unwrap_or(0)
    }
}

pub const CLAIM: Duration = Duration::from_secs(120);
const CLAIMS_MAX: usize = 20_000;

#[derive(Debug)]
pub struct Claims {
    claimed: Mutex<HashMap<String, Claim>>,
    changed: tokio::sync::watch::Sender<()>,
}

impl Default for Claims {
    fn default() -> Self {
        Self { claimed: Mutex::default(), changed: tokio::sync::watch::Sender::new(()) }
    }
}

impl Claims {
    /// Those that are somebody else's; the rest is the asker's from now on.
    pub(super) fn take(&self, by: &By, sns: &[String], now: Instant) -> BTreeMap<String, Claim> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.retain(|_, claim| claim.until > now);
        let mut others = BTreeMap::new();
        for sn in sns {
            match claimed.get(sn).filter(|claim| claim.owner != by.actor.credential) {
                Some(claim) => {
                    others.insert(sn.clone(), claim.clone());
                }
                None if claimed.len() < CLAIMS_MAX => {
                    let (user, user_name) = (by.actor.user, by.actor.user_name.clone());
                    let claim = Claim { owner: by.actor.credential, user, user_name, until: now + CLAIM };
                    claimed.insert(sn.clone(), claim);
                }
                // More than any line prints in two minutes: unclaimed, as if nobody were at the next screen.
                None => {}
            }
        }
        self.changed.send_replace(());
        others
    }

    pub fn release(&self, owner: Credential, sns: &[String]) {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        for sn in sns {
            if claimed.get(sn).is_some_and(|claim| claim.owner == owner) {
                claimed.remove(sn);
            }
        }
        self.changed.send_replace(());
    }

    /// Those of these that hold now and are somebody else's.
    pub(super) fn of_others<'s>(&self, owner: Credential, sns: impl Iterator<Item = &'s String>) -> Vec<(String, Claim)> {
        let now = Instant::now();
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sns.filter_map(|sn| claimed.get(sn).map(|claim| (sn.clone(), claim.clone())));
        found.filter(|(_, claim)| claim.owner != owner && claim.until > now).collect()
    }

    /// Those that hold now.
    pub fn held(&self) -> BTreeMap<String, Claim> {
        let now = Instant::now();
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.iter().filter(|(_, claim)| claim.until > now).map(|(sn, claim)| (sn.clone(), claim.clone())).collect()
    }

    pub fn changed(&self) -> tokio::sync::watch::Receiver<()> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Actor, PermissionSet};
    use crate::domain::ids::{CompanyId, TokenId};

    fn by(number: u64) -> By {
        let actor = Actor {
            user: UserId(number),
            user_name: format!("user {number}"),
            company: CompanyId(1),
            company_name: "公司".into(),
            permissions: PermissionSet::default(),
            credential: Credential::Token(TokenId(number)),
        };
        By { actor, ip: "10.0.0.1".into(), needs: &[] }
    }

    #[test]
    fn a_claim_lasts_two_minutes_whatever_the_wall_clock_does() {
        let (claims, began, sns) = (Claims::default(), Instant::now(), ["18440001".to_owned()]);
        assert!(claims.take(&by(1), &sns, began).is_empty());
        assert_eq!(claims.take(&by(2), &sns, began + CLAIM - Duration::from_secs(1)).len(), 1);
        let claim = claims.held()["18440001"].clone();
        // It ends so long from now, by whatever the wall clock says, be it two days ago.
        for wall_clock in [1_764_000_000_000, 1_764_000_000_000 - 172_800_000] {
            assert!((1..=120_000).contains(&(claim.until(wall_clock) - wall_clock)));
        }
        assert!(claims.take(&by(2), &sns, began + CLAIM).is_empty(), "it is over");
    }
}
