//! Leases on labels and actions, timed by a clock that nobody can set.

use super::account::Credential;
use super::ids::UserId;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time since a boot of the machine; unlike the wall clock it never jumps. Moments of another boot are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub run: u64,
    pub ms: u64,
}

impl Moment {
    pub fn after(self, time: Duration) -> Self {
        Self { ms: self.ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)), ..self }
    }

    /// Zero once it is over.
    pub fn left(self, now: Self) -> Duration {
        let ms = if self.run == now.run { self.ms.saturating_sub(now.ms) } else { 0 };
        Duration::from_millis(ms)
    }

    pub fn is_over(self, now: Self) -> bool {
        self.left(now).is_zero()
    }
}

/// A label about to be printed. Belongs to a session: several stations may share a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub owner: Credential,
    pub user: UserId,
    pub user_name: String,
    pub until: Moment,
}

/// The process that runs an action, and when its try is certainly over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub owner: u64,
    pub until: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_over_after_its_time_or_a_reboot() {
        let began = Moment { run: 7, ms: 1_000 };
        let until = began.after(Duration::from_secs(120));
        assert_eq!(until.left(began), Duration::from_secs(120));
        assert!(!until.is_over(Moment { run: 7, ms: 120_999 }));
        assert!(until.is_over(Moment { run: 7, ms: 121_000 }));
        assert!(until.is_over(Moment { run: 8, ms: 0 }));
        assert!(Moment::default().is_over(began));
    }
}
