//! What is somebody's for a while: labels about to be printed, actions that an engine works on. Measured by a clock that nobody sets.

use super::account::Credential;
use super::ids::UserId;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many milliseconds into a run of the machine. The wall clock may jump, this one does not; a moment of another run is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Which run of the machine.
    pub run: u64,
    pub ms: u64,
}

impl Moment {
    pub fn after(self, time: Duration) -> Self {
        Self { ms: self.ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)), ..self }
    }

    /// How long it is until then; nothing once it is over.
    pub fn left(self, now: Self) -> Duration {
        let ms = if self.run == now.run { self.ms.saturating_sub(now.ms) } else { 0 };
        Duration::from_millis(ms)
    }

    pub fn is_over(self, now: Self) -> bool {
        self.left(now).is_zero()
    }
}

/// A label that somebody is about to print. Theirs by the session, not by the name: several stations may be logged in as one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub owner: Credential,
    pub user: UserId,
    pub user_name: String,
    pub until: Moment,
}

/// Which run of the box has an action in hand, and by when its try is over for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub owner: u64,
    pub until: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_over_after_its_time_or_with_its_run_of_the_machine() {
        let began = Moment { run: 7, ms: 1_000 };
        let until = began.after(Duration::from_secs(120));
        assert_eq!(until.left(began), Duration::from_secs(120));
        assert!(!until.is_over(Moment { run: 7, ms: 120_999 }));
        assert!(until.is_over(Moment { run: 7, ms: 121_000 }));
        assert!(until.is_over(Moment { run: 8, ms: 0 }));
        assert!(Moment::default().is_over(began));
    }
}
