//! Windows, by crates that wrap its calls safely. What it keeps less well than Linux is said in docs/reliability.md.

use super::Space;
use super::service::system as service;
use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;
use tokio::net::TcpSocket;
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use tokio::sync::Notify;
use winsafe::{HPROCESS, HPROCESSLIST, co};

const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const PIPE_BUSY: i32 = 231;
pub(super) const NO_WINDOW: u32 = 0x0800_0000;
/// Others look into a file for a moment: virus scanners, indexers.
const LOOKED_INTO_MAX: Duration = Duration::from_secs(2);
const TRIED_EVERY: Duration = Duration::from_millis(20);

/// Nothing to do: what is made in a folder inherits who may read it.
pub fn make_all_for_owner() {}

/// # Errors
/// The system's.
pub fn make_dir_for_owner(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    keep_to_owner(dir)
}

/// Its owner's, the administrators' and the system's; on a disk without such rights, everybody's as before. What somebody was given
/// on it by hand, they keep.
///
/// # Errors
/// None here; the log has them.
pub fn keep_to_owner(dir: &Path) -> io::Result<()> {
    const INHERITED: &[u8] = b"(I)";
    // By number, as their names depend on the language: OWNER RIGHTS, SYSTEM, Administrators.
    const ONLY: [&str; 5] = ["/inheritance:r", "/grant:r", "*S-1-3-4:(OI)(CI)F", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"];
    let done = icacls(dir, &[]).and_then(|listed| {
        // It goes through all that is in the folder, so only where it is needed.
        let inherits = listed.windows(INHERITED.len()).any(|part| part == INHERITED);
        if inherits { icacls(dir, &ONLY).map(drop) } else { Ok(()) }
    });
    if let Err(e) = done {
        tracing::warn!("{} may be read by others: {e}", dir.display());
    }
    Ok(())
}

fn system_root() -> PathBuf {
    env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into()).into()
}

fn icacls(dir: &Path, what: &[&str]) -> io::Result<Vec<u8>> {
    let words = [dir.as_os_str()].into_iter().chain(what.iter().map(OsStr::new));
    tool("icacls.exe", words).map(|done| done.stdout)
}

/// A program that comes with the system, without a window.
///
/// # Errors
/// It is not there, or it failed.
pub(super) fn tool<W: AsRef<OsStr>>(name: &str, words: impl IntoIterator<Item = W>) -> io::Result<Output> {
    let mut command = Command::new(system_root().join("System32").join(name));
    let done = command.args(words).stdin(Stdio::null()).creation_flags(NO_WINDOW).output()?;
    if done.status.success() { Ok(done) } else { Err(io::Error::other(format!("{name}: {}", done.status))) }
}

/// Nothing to do: it inherits its folder's rights.
pub fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Nothing to do: a folder can't be synced here. NTFS writes its changes in order, `put` flushes the file under its new name.
///
/// # Errors
/// None here.
pub fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// # Errors
/// The system's, if they last.
pub fn put(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match file.persist(path) {
            Ok(put) => return put.sync_all(),
            Err(e)
                if matches!(e.error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION))
                    && began.elapsed() < LOOKED_INTO_MAX =>
            {
                file = e.file;
            }
            Err(e) => return Err(e.error),
        }
        std::thread::sleep(TRIED_EVERY);
    }
}

/// # Errors
/// It may not, or the system's.
pub fn check_access(path: &Path) -> io::Result<()> {
    if path.metadata()?.is_dir() {
        tempfile::tempfile_in(path).map(drop)
    } else {
        File::options().read(true).write(true).open(path).map(drop)
    }
}

pub fn user() -> String {
    winsafe::GetUserName().unwrap_or_else(|_| "%USERNAME%".into())
}

/// Not asked here.
pub fn owner(_path: &Path) -> Option<String> {
    None
}

pub fn command_to_make(dir: &Path, user: &str) -> String {
    format!("mkdir \"{}\" & {}", dir.display(), command_to_allow(dir, user))
}

pub fn command_to_allow(dir: &Path, user: &str) -> String {
    format!("icacls \"{}\" /grant \"{user}:(OI)(CI)F\" /T", dir.display())
}

pub fn command_to_hand_over(dir: &Path, user: &str) -> String {
    command_to_allow(dir, user)
}

/// That a disk can only be read a write finds out.
pub fn space_under(dir: &Path) -> Option<Space> {
    let (mut free, mut total) = (0, 0);
    winsafe::GetDiskFreeSpaceEx(Some(dir.to_str()?), Some(&mut free), Some(&mut total), None).ok()?;
    Some(Space { free, total, is_read_only: false })
}

/// Its minute: Windows numbers no boots. After somebody set the clock, the same boot counts as another.
pub fn boot_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.saturating_sub(since_boot()).as_secs() / 60).to_string()
}

pub fn since_boot() -> Duration {
    Duration::from_millis(winsafe::GetTickCount64())
}

pub fn host_name() -> String {
    winsafe::GetComputerName().unwrap_or_default()
}

/// 0 if it is gone. `process`: its number.
pub fn resident_bytes(process: u32) -> u64 {
    let process = HPROCESS::OpenProcess(co::PROCESS::QUERY_LIMITED_INFORMATION, false, process);
    process.and_then(|process| process.GetProcessMemoryInfo()).map_or(0, |memory| memory.WorkingSetSize as u64)
}

/// There is none here.
///
/// # Errors
/// None here.
pub fn raise_the_limit_of_open_files() -> io::Result<()> {
    Ok(())
}

/// # Errors
/// The system's.
pub fn helper() -> io::Result<Command> {
    const SYSTEM: &str = "SystemRoot";
    let mut command = Command::new(env::current_exe()?);
    command.env_clear().creation_flags(NO_WINDOW);
    // Libraries of the system look for it.
    if let Some(system) = env::var_os(SYSTEM) {
        command.env(SYSTEM, system);
    }
    Ok(command)
}

/// Set in the process that works.
pub(super) const KEPT: &str = "PAPERLINE_KEPT";
/// Heard in the process that works when its keeper lets go of it.
static LET_GO: Notify = Notify::const_new();
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// Its exit code when it wants to begin anew.
pub(super) const ANEW: i32 = 75;

/// The exit code of a program that another process did the work of. A process can't be replaced here, so the first one only keeps the
/// one that works, and starts another when that asks for it; when the first one is gone, so is the other. `None`: this is the one
/// that works. `mark`: set in the environment of a process that began anew.
///
/// # Errors
/// The system's.
pub fn kept(mark: &'static str) -> io::Result<Option<ExitCode>> {
    if env::var_os(KEPT).is_some() {
        let until_gone = || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            // A service is stopped so, and has time.
            if service::is_one() {
                LET_GO.notify_one();
                std::thread::sleep(ENDS_WITHIN);
            }
            std::process::exit(1);
        };
        std::thread::Builder::new().name("keeper".into()).spawn(until_gone)?;
        return Ok(None);
    }
    if let Some(code) = service::keep(mark)? {
        return Ok(Some(code));
    }
    // Word to stop reaches both; this one waits for the other.
    let _unheeded = Stop::new()?;
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).env(KEPT, "1").stdin(Stdio::piped());
    loop {
        let mut works = command.spawn()?;
        let _held = works.stdin.take();
        match works.wait()?.code() {
            Some(ANEW) => command.env(mark, "1"),
            code => return Ok(Some(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))),
        };
    }
}

/// Ends this process; its keeper starts another.
pub fn begin_anew(_mark: &str) -> io::Error {
    std::process::exit(ANEW)
}

/// Caught from creation on.
#[derive(Debug)]
pub struct Stop {
    interrupt: CtrlC,
    break_off: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl Stop {
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, break_off: ctrl_break()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.break_off.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
            () = LET_GO.notified() => {}
        }
    }
}

pub type Line = NamedPipeServer;

/// A named pipe that its owner, administrators and the system may write to. Its name is made up anew and stands in a file at a path,
/// so that nobody else can be there first.
#[derive(Debug)]
pub struct Lines {
    name: String,
    next: NamedPipeServer,
}

impl Lines {
    /// Whatever is at `path` goes.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
        let name = format!(r"\\.\pipe\paperline-{:032x}", u128::from_le_bytes(random));
        let next = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        fs::write(path, &name)?;
        Ok(Self { name, next })
    }

    /// # Errors
    /// The system's.
    pub async fn next(&mut self) -> io::Result<Line> {
        self.next.connect().await?;
        // One waits for callers at all times: without any, nobody would seem to listen.
        Ok(std::mem::replace(&mut self.next, ServerOptions::new().create(&self.name)?))
    }
}

/// `None`: nobody listens at `path`.
///
/// # Errors
/// The system's.
pub fn call(path: &Path) -> io::Result<Option<impl Read + Write + use<>>> {
    /// Who answers learns who calls, and can't act for them.
    const IDENTIFICATION: u32 = 0x0001_0000;
    const BUSY_MAX: Duration = Duration::from_secs(5);
    let none_if_missing = |e: io::Error| if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(e) };
    let name = match fs::read_to_string(path) {
        Ok(name) => name,
        Err(e) => return none_if_missing(e),
    };
    let began = Instant::now();
    loop {
        match File::options().read(true).write(true).security_qos_flags(IDENTIFICATION).open(&name) {
            Ok(pipe) => return Ok(Some(pipe)),
            Err(e) if e.raw_os_error() == Some(PIPE_BUSY) && began.elapsed() < BUSY_MAX => std::thread::sleep(TRIED_EVERY),
            Err(e) => return none_if_missing(e),
        }
    }
}

/// An address that was given up is free at once here, and `SO_REUSEADDR` would share one that another program has.
///
/// # Errors
/// `AddrInUse`, or the system's.
pub fn bind(socket: &TcpSocket, address: SocketAddr) -> io::Result<()> {
    socket.bind(address)
}

const DESKTOP: &str = "explorer.exe";

/// Whether the desktop started this process, or the one that keeps it.
pub fn is_double_clicked() -> bool {
    let Ok(mut list) = HPROCESSLIST::CreateToolhelp32Snapshot(co::TH32CS::SNAPPROCESS, None) else { return false };
    let all: HashMap<u32, (u32, String)> = list
        .iter_processes()
        .flatten()
        .map(|process| (process.th32ProcessID, (process.th32ParentProcessID, process.szExeFile())))
        .collect();
    let starter = |process: u32| all.get(&process).map_or(0, |(starter, _)| *starter);
    let mut process = starter(std::process::id());
    if env::var_os(KEPT).is_some() {
        process = starter(process);
    }
    all.get(&process).is_some_and(|(_, name)| name.eq_ignore_ascii_case(DESKTOP))
}

/// In the browser that the person has chosen.
///
/// # Errors
/// The system's.
pub fn show(url: &str) -> io::Result<()> {
    // The desktop hands it on; its exit code says nothing.
    Command::new(system_root().join(DESKTOP)).arg(url).spawn().map(drop)
}

/// Until a person has read what stands in the window.
pub fn hold_window() {
    // The keeper has the keyboard.
    if env::var_os(KEPT).is_none() {
        eprintln!("\n按回车键关闭窗口 / press Enter to close this window");
        let _ = io::stdin().read_line(&mut String::new());
    }
}

/// Old consoles show the codes instead.
pub fn shows_colours() -> bool {
    io::stderr().is_terminal() && env::var_os("WT_SESSION").is_some()
}

/// A printer is a queue here, never a file.
pub fn is_printer(_file: &File) -> bool {
    false
}

pub fn usb_printers() -> Vec<PathBuf> {
    Vec::new()
}

/// Hands bytes as they are to a print queue of the system.
///
/// # Errors
/// The queue did not take them all.
pub fn print(queue: &str, bytes: &[u8]) -> io::Result<()> {
    // The library asks the spooler in the system's old encoding.
    if !queue.is_ascii() {
        return Err(io::Error::other("打印机名称请改用英文和数字 / the printer's name has to be in ASCII: rename it"));
    }
    match raw_printer::write_to_device(queue, bytes, Some("paperline"))? {
        taken if taken == bytes.len() => Ok(()),
        taken => Err(io::Error::other(format!("the queue took {taken} of {} bytes", bytes.len()))),
    }
}
