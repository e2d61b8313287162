//! What each system does in its own way: one twin a system, with the same promises; where one falls short, it says so. Nothing else
//! asks which system it runs on.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(windows), path = "unix.rs")]
mod system;

pub mod service;

/// Word to stop, from a person or the system.
pub use system::Stop;
/// Takes an address again that was just given up, but none that another program has.
pub use system::bind;
/// Whether this process may read and write a file or folder.
pub use system::check_access;
/// A file opened so is its owner's alone, if it is new.
pub use system::for_owner;
/// This program once more, without what this process was told, as a helper.
pub use system::helper;
/// The machine's name on the network; empty if unknown.
pub use system::host_name;
/// An existing folder becomes its owner's alone.
pub use system::keep_to_owner;
/// What is made from now on is its owner's alone.
pub use system::make_all_for_owner;
/// A folder, with those above it, that is its owner's alone.
pub use system::make_dir_for_owner;
/// Gives a written file its name, in place of what has it.
pub use system::put;
/// As many open files and sockets as a busy box needs.
pub use system::raise_the_limit_of_open_files;
/// What a process holds in memory.
pub use system::resident_bytes;
/// Whether colours may be written to the terminal.
pub use system::shows_colours;
/// Of the disk that a folder is on; `None` if it can't be asked.
pub use system::space_under;
/// After this, what was made, renamed or removed in a folder stays so over a power cut.
pub use system::sync_dir;
/// Talk between processes of one owner.
pub use system::{Line, Lines, call};
/// A program that can begin anew as a new process.
pub use system::{begin_anew, kept};
/// This start of the machine, and how long ago it was, sleep included.
pub use system::{boot_id, since_boot};
/// Who this process is, and whose a file is; what an administrator runs so that it may have a folder.
pub use system::{command_to_allow, command_to_hand_over, command_to_make, owner, user};
/// For a start by a double-click, whose window goes with the process: whether it was one, a page for the person, time to read.
pub use system::{hold_window, is_double_clicked, show};
/// Printers beside this computer.
pub use system::{is_printer, print, usb_printers};

/// Room on a disk, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    pub free: u64,
    pub total: u64,
    pub is_read_only: bool,
}
