//! Linux.

use super::Space;
use rustix::fs::Access;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::net::{TcpSocket, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// There also when the file was replaced by a newer one.
const ITSELF: &str = "/proc/self/exe";

pub fn make_all_for_owner() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// # Errors
/// The system's.
pub fn make_dir_for_owner(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// # Errors
/// The system's.
pub fn keep_to_owner(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

pub fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// # Errors
/// The system's.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// # Errors
/// The system's.
pub fn put(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// # Errors
/// It may not, or the system's.
pub fn check_access(path: &Path) -> io::Result<()> {
    let wanted = Access::READ_OK | Access::WRITE_OK;
    let wanted = if path.metadata()?.is_dir() { wanted | Access::EXEC_OK } else { wanted };
    Ok(rustix::fs::access(path, wanted)?)
}

/// From this machine's user list.
fn user_name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

pub fn user() -> String {
    user_name(rustix::process::geteuid().as_raw())
}

/// `None` if unknown.
pub fn owner(path: &Path) -> Option<String> {
    path.metadata().ok().map(|about| user_name(about.uid()))
}

pub fn command_to_make(dir: &Path, user: &str) -> String {
    format!("install -d -o {user} -m 700 {}", dir.display())
}

/// For what is `user`'s own.
pub fn command_to_allow(dir: &Path, _user: &str) -> String {
    format!("chmod -R u+rwX {}", dir.display())
}

pub fn command_to_hand_over(dir: &Path, user: &str) -> String {
    format!("chown -R {user} {}", dir.display())
}

pub fn space_under(dir: &Path) -> Option<Space> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    let is_read_only = disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    Some(Space { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks), is_read_only })
}

/// Empty if unknown.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

pub fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// 0 if it is gone. `process`: its number.
pub fn resident_bytes(process: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// The default soft limit is 1,024; the hard limit is higher.
///
/// # Errors
/// The system's; the limit stays as it is.
pub fn raise_the_limit_of_open_files() -> io::Result<()> {
    const ENOUGH: u64 = 65_536;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH)));
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// # Errors
/// None here.
pub fn helper() -> io::Result<Command> {
    let mut command = Command::new(ITSELF);
    command.env_clear();
    Ok(command)
}

/// The exit code of a program that another process did the work of; here none is needed. `mark`: set in the environment of a process
/// that began anew.
///
/// # Errors
/// None here.
pub fn kept(_mark: &str) -> io::Result<Option<ExitCode>> {
    Ok(None)
}

/// A new process replaces this one; returns only on error.
pub fn begin_anew(mark: &str) -> io::Error {
    Command::new(ITSELF).args(std::env::args_os().skip(1)).env(mark, "1").exec()
}

/// Caught from creation on.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

pub type Line = tokio::net::UnixStream;

/// A socket at a path, which only its owner can open.
#[derive(Debug)]
pub struct Lines(UnixListener);

impl Lines {
    /// Whatever is at `path` goes.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Self(listener))
    }

    /// # Errors
    /// The system's.
    pub async fn next(&mut self) -> io::Result<Line> {
        self.0.accept().await.map(|(line, _)| line)
    }
}

/// `None`: nobody listens at `path`.
///
/// # Errors
/// The system's.
pub fn call(path: &Path) -> io::Result<Option<impl Read + Write + use<>>> {
    match UnixStream::connect(path) {
        Ok(stream) => Ok(Some(stream)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
        Err(e) => Err(e),
    }
}

/// # Errors
/// `AddrInUse`, or the system's.
pub fn bind(socket: &TcpSocket, address: SocketAddr) -> io::Result<()> {
    socket.set_reuseaddr(true)?;
    socket.bind(address)
}

/// Never here: a file manager gives a program no window of its own.
pub fn is_double_clicked() -> bool {
    false
}

/// Nothing to do.
///
/// # Errors
/// None here.
pub fn show(_url: &str) -> io::Result<()> {
    Ok(())
}

/// Nothing to do.
pub fn hold_window() {}

pub fn shows_colours() -> bool {
    io::stderr().is_terminal()
}

pub fn is_printer(file: &File) -> bool {
    file.metadata().is_ok_and(|about| about.file_type().is_char_device())
}

pub fn usb_printers() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev/usb").into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lp"))).collect()
}

/// Hands bytes as they are to a print queue of the system, here of CUPS.
///
/// # Errors
/// The queue did not take them.
pub fn print(queue: &str, bytes: &[u8]) -> io::Result<()> {
    let mut lp = Command::new("lp").args(["-d", queue, "-o", "raw", "-s", "--", "-"]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = lp.stdin.take() {
        stdin.write_all(bytes)?;
    }
    if lp.wait()?.success() { Ok(()) } else { Err(io::Error::other("lp failed")) }
}
