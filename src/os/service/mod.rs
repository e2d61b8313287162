//! paperline as a service of this system: starts with the computer, and again after a failure. Not here: what an upgrade is
//! (service.rs).

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(windows), path = "systemd.rs")]
pub(super) mod system;

/// What to put before a command so that it may do this; empty if nothing helps.
pub use system::AS_ADMINISTRATOR;
/// A command that runs with no more rights than the service, where the system lets one give up rights.
pub use system::as_account;
/// Whether this process may install services here, or why not.
pub use system::check_possible;
/// A backup is put where the service can't spoil it, as far as the system lets one.
pub use system::keep_backup;
/// The last that the service wrote.
pub use system::last_words;
/// A new, empty data dir for the service, in place of one that was moved away.
pub use system::make_data_dir;
/// Another program takes the place of this one.
pub use system::put_in_place;
/// Whether this process is a service's; what it then tells whoever started it.
pub use system::{alive_every, is_one, tell_alive, tell_ready, tell_stopping};
/// Where the program is kept and where its data, unless told otherwise.
pub use system::{data_dir, program};
/// Everybody may read a file; run it, or go into a folder.
pub use system::{let_all_read, let_all_run};
/// Makes a service that is not yet started; undoes that; starts it; stops it; says how it is.
pub use system::{register, start, state, stop, unregister};

/// What was installed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub data_dir: PathBuf,
    /// Folders beside it that it may write to.
    pub writable: Vec<PathBuf>,
    /// Of `serve`.
    pub flags: Vec<String>,
}

impl Plan {
    /// The command line of the service.
    pub fn command(&self, program: &Path) -> Vec<String> {
        let start = [program.to_string_lossy(), "serve".into(), "--data-dir".into(), self.data_dir.to_string_lossy()];
        start.into_iter().map(Into::into).chain(self.flags.iter().cloned()).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    Absent,
    Stopped,
    /// `restarts`: after failures, since it was last started.
    Starting {
        restarts: u32,
    },
    Running {
        restarts: u32,
    },
}
