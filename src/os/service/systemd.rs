//! A service of systemd.

use super::{Plan, State};
use rustix::process::{Gid, Uid};
use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const UNITS: &str = "/etc/systemd/system";
const UNIT: &str = "paperline.service";
/// Takes up an upgrade that was cut off, also by the power.
const UPGRADE: &str = "paperline-upgrade.service";
const UPGRADE_UNDER_WAY: &str = "paperline-upgrade.path";

const ACCOUNT: &str = "paperline";
pub const AS_ADMINISTRATOR: &str = "sudo ";

pub fn program() -> PathBuf {
    "/opt/paperline/paperline".into()
}

pub fn data_dir() -> PathBuf {
    "/var/lib/paperline".into()
}

/// # Errors
/// Why it can't be done here, in words.
pub fn check_possible() -> Result<(), String> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Err(
            "这台机器没有运行 systemd：请用 paperline serve 启动 / systemd does not run this machine: start paperline serve".into(),
        );
    }
    if !rustix::process::geteuid().is_root() {
        let itself = env::args().collect::<Vec<_>>().join(" ");
        return Err(format!("需要管理员权限：{AS_ADMINISTRATOR}{itself} / run it as root: {AS_ADMINISTRATOR}{itself}"));
    }
    Ok(())
}

fn run(program: &str, arguments: &[&str]) -> io::Result<Output> {
    let done = Command::new(program).args(arguments).output().map_err(|e| io::Error::new(e.kind(), format!("{program}: {e}")))?;
    if done.status.success() {
        return Ok(done);
    }
    let why = String::from_utf8_lossy(&done.stderr);
    Err(io::Error::other(format!("{program} {}: {}", arguments.join(" "), why.trim())))
}

fn systemctl(arguments: &[&str]) -> io::Result<Output> {
    run("systemctl", arguments)
}

/// Of the account that the service runs as.
fn ids() -> io::Result<Option<(Uid, Gid)>> {
    let users = fs::read_to_string("/etc/passwd")?;
    let own = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields.first() == Some(&ACCOUNT));
    let number = |fields: &[&str], at: usize| fields.get(at).and_then(|id| id.parse().ok());
    Ok(own.and_then(|fields| Some((Uid::from_raw(number(&fields, 2)?), Gid::from_raw(number(&fields, 3)?)))))
}

fn own_ids() -> io::Result<(Uid, Gid)> {
    ids()?.ok_or_else(|| io::Error::other(format!("the user {ACCOUNT} is missing: install the service again")))
}

/// A folder, with all in it, becomes the account's own. Links are not followed.
fn hand_over(path: &Path, uid: Uid, gid: Gid) -> io::Result<()> {
    let about = fs::symlink_metadata(path)?;
    std::os::unix::fs::lchown(path, Some(uid.as_raw()), Some(gid.as_raw()))?;
    if about.is_dir() {
        for entry in fs::read_dir(path)? {
            hand_over(&entry?.path(), uid, gid)?;
        }
    }
    Ok(())
}

/// Whether a folder is there and the account may do with it what `test` of the shell calls `how`; `mend`: the command that lets it.
fn check_access(dir: &Path, how: &str, mend: &str) -> io::Result<()> {
    let done = as_account(Path::new("/bin/sh"))?.args(["-c", "test -d \"$0\" && test \"$1\" \"$0\""]).arg(dir).arg(how).status()?;
    if done.success() {
        return Ok(());
    }
    let dir = dir.display();
    Err(io::Error::other(format!(
        "服务的账户 {ACCOUNT} 不能使用 {dir}，请先运行：{mend} {dir} / the service's account {ACCOUNT} can't use {dir}; first run: {mend} {dir}"
    )))
}

/// What systemd reads as one word.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "/._-:=,@+".contains(c));
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    if plain { word.to_owned() } else { format!("\"{escaped}\"") }
}

/// Hardened after systemd.exec(5): its own user, nothing to be gained, all read only but where its data is.
fn unit(plan: &Plan, program: &Path) -> String {
    // Only there "$" means something.
    let command = plan.command(program).iter().map(|word| quoted(&word.replace('$', "$$"))).collect::<Vec<_>>().join(" ");
    // With "-" a folder that is not there, such as a disk that is not plugged in, does not keep the box from starting.
    let optional = |dir: &PathBuf| format!("ReadWritePaths={}\n", quoted(&format!("-{}", dir.display())));
    let writable = plan.writable.iter().map(optional).collect::<String>();
    let data_dir = quoted(&plan.data_dir.to_string_lossy());
    format!(
        "[Unit]
Description=paperline: device labels and invoices
After=network-online.target
Wants=network-online.target
RequiresMountsFor={data_dir}
StartLimitIntervalSec=0

[Service]
Type=notify
User={ACCOUNT}
ExecStart={command}
Restart=always
RestartSec=2
TimeoutStartSec=infinity
TimeoutStopSec=90
WatchdogSec=60
LimitNOFILE=65536
UMask=0077
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths={data_dir}
{writable}ProtectHome={home}
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
MemoryDenyWriteExecute=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
",
        // A data dir under /home stays in sight, and all else of it read only.
        home = if is_home(&plan.data_dir) || plan.writable.iter().any(|dir| is_home(dir)) { "read-only" } else { "true" },
    )
}

fn is_home(dir: &Path) -> bool {
    ["/home", "/root", "/run/user"].iter().any(|home| dir.starts_with(home))
}

fn upgrade_units(under_way: &Path, keeper: &Path) -> [(&'static str, String); 2] {
    let (under_way, keeper) = (quoted(&under_way.to_string_lossy()), quoted(&keeper.to_string_lossy()));
    let about = "[Unit]\nDescription=paperline: goes on with an upgrade that was cut off";
    [
        (
            UPGRADE,
            format!("{about}\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\nExecStart={keeper} service upgrade --go-on\n"),
        ),
        (UPGRADE_UNDER_WAY, format!("{about}\n\n[Path]\nPathExists={under_way}\n\n[Install]\nWantedBy=multi-user.target\n")),
    ]
}

/// Makes the account, hands it the data, and registers the service, which is not started. `keeper` is run while
/// `under_way` is there.
///
/// # Errors
/// The system's.
pub fn register(plan: &Plan, program: &Path, keeper: &Path, under_way: &Path) -> io::Result<()> {
    if ids()?.is_none() {
        let home = plan.data_dir.to_string_lossy();
        run(
            "useradd",
            &["--system", "--user-group", "--no-create-home", "--home-dir", &home, "--shell", "/usr/sbin/nologin", ACCOUNT],
        )?;
    }
    let (uid, gid) = own_ids()?;
    // Before anything is made or handed over.
    check_access(plan.data_dir.parent().unwrap_or(&plan.data_dir), "-x", "chmod o+x")?;
    for dir in &plan.writable {
        check_access(dir, "-w", &format!("install -d -o {ACCOUNT} -m 700"))?;
    }
    if !plan.data_dir.exists() {
        fs::create_dir(&plan.data_dir)?;
    }
    // It may be a link itself.
    hand_over(&plan.data_dir.canonicalize()?, uid, gid)?;
    fs::set_permissions(&plan.data_dir, fs::Permissions::from_mode(0o700))?;
    let units = Path::new(UNITS);
    for (name, text) in [(UNIT, unit(plan, program))].into_iter().chain(upgrade_units(under_way, keeper)) {
        fs::write(units.join(name), text)?;
        fs::set_permissions(units.join(name), fs::Permissions::from_mode(0o644))?;
    }
    systemctl(&["daemon-reload"])?;
    systemctl(&["enable", UNIT, UPGRADE_UNDER_WAY])?;
    systemctl(&["start", UPGRADE_UNDER_WAY]).map(drop)
}

/// Whether it was registered.
///
/// # Errors
/// The system's.
pub fn unregister() -> io::Result<bool> {
    let units = Path::new(UNITS);
    if !units.join(UNIT).exists() {
        return Ok(false);
    }
    systemctl(&["disable", "--now", UPGRADE_UNDER_WAY, UNIT])?;
    for name in [UNIT, UPGRADE, UPGRADE_UNDER_WAY] {
        match fs::remove_file(units.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    systemctl(&["daemon-reload"]).map(|_| true)
}

/// Begins to start; not yet ready.
///
/// # Errors
/// The system's.
pub fn start() -> io::Result<()> {
    // Its failures are counted from here.
    let _ = systemctl(&["reset-failed", UNIT]);
    systemctl(&["start", "--no-block", UNIT]).map(drop)
}

/// Returns when it has ended.
///
/// # Errors
/// The system's.
pub fn stop() -> io::Result<()> {
    systemctl(&["stop", UNIT]).map(drop)
}

/// # Errors
/// The system's.
pub fn state() -> io::Result<State> {
    let shown = systemctl(&["show", UNIT, "--property=LoadState,ActiveState,NRestarts,Job"])?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let value = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    if value("LoadState") != "loaded" {
        return Ok(State::Absent);
    }
    let restarts = value("NRestarts").parse().unwrap_or(0);
    Ok(match value("ActiveState") {
        "active" | "reloading" => State::Running { restarts },
        "activating" => State::Starting { restarts },
        // What it was told to do is still before it.
        _ if !["", "0"].contains(&value("Job")) => State::Starting { restarts: 0 },
        _ => State::Stopped,
    })
}

/// The last that it wrote; where it did not come so far, the last that systemd wrote of it. `since`: its last start, or for ever.
pub fn last_words(lines: usize, since: Option<SystemTime>) -> String {
    let lines = lines.to_string();
    let since = since.map(|at| format!("--since=@{}", at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()));
    let read = |which: &[&str]| {
        let how = ["--unit", UNIT, "--lines", &lines, "--no-pager", "--quiet", "--output", "short-iso"];
        let all: Vec<&str> = how.into_iter().chain(since.as_deref()).chain(which.iter().copied()).collect();
        run("journalctl", &all).map(|done| String::from_utf8_lossy(&done.stdout).into_owned()).unwrap_or_default()
    };
    let own = read(&["--identifier", ACCOUNT]);
    if own.trim().is_empty() { read(&[]) } else { own }
}

/// A command that runs as the service does, with none of this process's rights.
///
/// # Errors
/// The account is missing.
pub fn as_account(program: &Path) -> io::Result<Command> {
    let (uid, gid) = own_ids()?;
    let mut command = Command::new(program);
    // Without the groups of this process: std clears them when root gives up its user.
    command.uid(uid.as_raw()).gid(gid.as_raw()).env_clear().current_dir("/");
    Ok(command)
}

/// A backup, from the data dir, where the service can read it and not touch it: beside the data dir, if that is on the same disk.
///
/// # Errors
/// The system's.
pub fn keep_backup(new: &Path, data_dir: &Path) -> io::Result<PathBuf> {
    let (_, gid) = own_ids()?;
    let mut beside = data_dir.canonicalize()?.into_os_string();
    beside.push("-before-upgrade.backup");
    let beside = PathBuf::from(beside);
    match fs::rename(new, &beside) {
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            let within = data_dir.join("before-upgrade.backup");
            return fs::rename(new, &within).map(|()| within);
        }
        done => done?,
    }
    std::os::unix::fs::lchown(&beside, Some(0), Some(gid.as_raw()))?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o640))?;
    Ok(beside)
}

/// A new, empty folder of the account's own, in place of one that was moved away.
///
/// # Errors
/// The system's.
pub fn make_data_dir(dir: &Path) -> io::Result<()> {
    let (uid, gid) = own_ids()?;
    fs::create_dir(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    chown(dir, Some(uid.as_raw()), Some(gid.as_raw()))
}

/// `aside`: not needed here.
///
/// # Errors
/// The system's.
pub fn put_in_place(new: &Path, program: &Path, _aside: &Path) -> io::Result<()> {
    fs::rename(new, program)
}

/// # Errors
/// The system's.
pub fn let_all_read(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

/// # Errors
/// The system's.
pub fn let_all_run(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

pub fn is_one() -> bool {
    env::var_os("NOTIFY_SOCKET").is_some()
}

/// Tells whoever started this that the box serves; nothing happens without systemd.
pub fn tell_ready() {
    tell(&[sd_notify::NotifyState::Ready]);
}

pub fn tell_stopping() {
    tell(&[sd_notify::NotifyState::Stopping]);
}

pub fn tell_alive() {
    tell(&[sd_notify::NotifyState::Watchdog]);
}

fn tell(state: &[sd_notify::NotifyState]) {
    if let Err(e) = sd_notify::notify(state) {
        tracing::warn!("systemd was not told: {e}");
    }
}

/// How often it wants to hear that this lives; `None`: not at all.
pub fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|within| within / 3)
}
