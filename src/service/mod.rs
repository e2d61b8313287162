//! paperline as a service of this computer: installed, removed, told of, upgraded. An upgrade goes back by itself when the new program
//! does not come up; cut off at any moment, it is taken up again.

mod upgrade;

use crate::config::{Cli, Command, Serve};
use crate::control::{self, Answer, Request, Standing};
use crate::os;
use crate::os::service::{self, Plan, State};
use clap::Parser;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use tempfile::NamedTempFile;

pub use upgrade::{go_on, upgrade};

type Done = Result<(), Box<dyn Error>>;

/// Until the box serves: a large store of an older format takes its time.
const READY_MAX: Duration = Duration::from_secs(900);
/// So often it may fail to start before it is given up.
const FAILURES_MAX: u32 = 3;
const LOOKED_EVERY: Duration = Duration::from_millis(300);
/// Begins the name of a file that is being written.
const HALF: &str = ".half-";
/// Last words that are shown.
const LINES: usize = 12;
const LINES_OF_OUTPUT: usize = 5;
/// The program, and the files beside it.
struct Place {
    dir: PathBuf,
    program: PathBuf,
    plan: PathBuf,
    lock: PathBuf,
    /// An upgrade that is under way.
    under_way: PathBuf,
    /// How the last one ended.
    last: PathBuf,
    /// The program before the last upgrade.
    before: PathBuf,
    /// What an upgrade is to bring.
    new: PathBuf,
    /// Takes up what was cut off: a program that has worked, never the new one.
    keeper: PathBuf,
}

impl Place {
    fn new() -> Result<Self, Box<dyn Error>> {
        let program = service::program();
        let dir = program.parent().ok_or("the program has no folder")?.to_owned();
        let also = |name: &str| dir.join(format!("paperline-{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Self {
            plan: dir.join("service.json"),
            lock: dir.join("upgrade.lock"),
            under_way: dir.join("upgrading.json"),
            last: dir.join("last-upgrade.json"),
            before: also("before"),
            new: also("new"),
            keeper: also("keeper"),
            program,
            dir,
        })
    }
}

/// How the last upgrade ended.
#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    version: String,
    sha256: String,
    /// UTC, ISO 8601.
    time: String,
    /// Why the old program is back; `None`: the new one runs.
    trouble: Option<String>,
}

fn write<T: Serialize>(path: &Path, what: &T) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = NamedTempFile::with_prefix_in(HALF, dir)?;
    file.write_all(&serde_json::to_vec_pretty(what)?)?;
    file.as_file().sync_all()?;
    service::let_all_read(file.path())?;
    os::put(file, path)?;
    os::sync_dir(dir)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Box<dyn Error>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display()).into()),
    }
}

fn sum(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A program of the service's folder: whole or not there.
fn put_program(mut from: impl Read, path: &Path) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = NamedTempFile::with_prefix_in(HALF, dir)?;
    io::copy(&mut from, &mut file)?;
    file.as_file().sync_all()?;
    service::let_all_run(file.path())?;
    os::put(file, path)?;
    os::sync_dir(dir)
}

/// The box that works on the data dir, as it tells of itself.
fn standing(data_dir: &Path) -> Option<Standing> {
    match control::ask(data_dir, &Request::Where) {
        Ok(Some(Answer::At(standing))) => Some(standing),
        _ => None,
    }
}

/// On the terminal, if that still listens: what is under way comes to its end without it.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// `/readyz`, as anybody may ask it.
fn is_ready(http: SocketAddr) -> io::Result<bool> {
    const WITHIN: Duration = Duration::from_secs(10);
    let mut stream = TcpStream::connect_timeout(&http, WITHIN)?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"HTTP/1.1 200")
}

/// Starts the service and waits until the box serves. `Err`: why not, in words.
fn come_up(plan: &Plan) -> Result<Standing, String> {
    let (began, started) = (Instant::now(), SystemTime::now());
    let words = || service::last_words(LINES, Some(started));
    service::start().map_err(|e| e.to_string())?;
    loop {
        let state = service::state().map_err(|e| e.to_string())?;
        match state {
            State::Absent | State::Stopped if began.elapsed() > LOOKED_EVERY * 10 => return Err(format!("it ended:\n{}", words())),
            State::Starting { restarts } | State::Running { restarts } if restarts >= FAILURES_MAX => {
                return Err(format!("it failed {restarts} times:\n{}", words()));
            }
            _ => {}
        }
        if matches!(state, State::Running { .. })
            && let Some(standing) = standing(&plan.data_dir)
            && is_ready(standing.http).unwrap_or(false)
        {
            return Ok(standing);
        }
        if began.elapsed() > READY_MAX {
            return Err(format!("it was not ready within {} minutes:\n{}", READY_MAX.as_secs() / 60, words()));
        }
        std::thread::sleep(LOOKED_EVERY);
    }
}

fn installed(place: &Place) -> Result<Plan, Box<dyn Error>> {
    let plan = read(&place.plan)?;
    match service::state()? {
        State::Absent => {
            Err("没有安装服务：请先运行 paperline service install / no service is installed: paperline service install".into())
        }
        _ => Ok(plan.ok_or("the service's file is missing: install it again")?),
    }
}

/// As a release's `serve` would read them.
fn check_flags(flags: &[String]) -> Result<(), String> {
    let words = ["paperline", "serve"].into_iter().chain(flags.iter().map(String::as_str));
    let serve = Cli::try_parse_from(words).map_err(|e| e.to_string())?;
    match serve.command {
        Some(Command::Serve(Serve { data_dir, .. })) if data_dir == Serve::default().data_dir => Ok(()),
        _ => Err("--data-dir 要写在 -- 之前 / --data-dir stands before --".into()),
    }
}

/// An earlier run's data, or nothing yet.
fn check_data_dir(dir: &Path) -> Done {
    let is_empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => true,
        Err(e) => return Err(format!("{}: {e}", dir.display()).into()),
    };
    if !is_empty && !dir.join("db").is_dir() {
        let dir = dir.display();
        return Err(
            format!("{dir} 不是空目录，也不是 paperline 的数据目录 / {dir} is neither empty nor a data dir of paperline").into()
        );
    }
    Ok(())
}

/// Where the data are: as named, as installed, or the system's place. Data where this was started are not passed over unseen.
fn data_dir(named: Option<PathBuf>, before: Option<&Plan>) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(dir) = named.or_else(|| before.map(|plan| plan.data_dir.clone())) {
        return Ok(std::path::absolute(dir)?);
    }
    let (own, here) = (service::data_dir(), Serve::default().data_dir);
    if here.join("db").is_dir() {
        let (here, own) = (here.display(), own.display());
        return Err(format!(
            "这里的 {here} 已有数据：加 --data-dir {here} 继续使用它，或加 --data-dir {own} 从头开始 / there are data in {here}: go on with them by --data-dir {here}, or begin anew by --data-dir {own}"
        )
        .into());
    }
    Ok(own)
}

/// Puts a service in place of the one before, if any, and starts it.
fn set_up(place: &Place, plan: &Plan) -> Result<Standing, String> {
    let put = || -> Result<(), Box<dyn Error>> {
        write(&place.plan, plan)?;
        Ok(service::register(plan, &place.program, &place.keeper, &place.under_way)?)
    };
    put().map_err(|e| e.to_string())?;
    come_up(plan)
}

/// `flags`: of `serve`. Installed again, the same program takes on what is named, and keeps what is not; what does not work is taken back.
pub fn install(named: Option<PathBuf>, writable: Vec<PathBuf>, flags: Vec<String>) -> Done {
    service::check_possible()?;
    check_flags(&flags)?;
    let (place, itself) = (Place::new()?, std::env::current_exe()?);
    let before: Option<Plan> = if service::state()? == State::Absent { None } else { read(&place.plan)? };
    let writable = writable.iter().map(std::path::absolute).collect::<io::Result<Vec<_>>>()?;
    let plan = Plan {
        data_dir: data_dir(named, before.as_ref())?,
        writable: before
            .iter()
            .flat_map(|plan| plan.writable.clone())
            .filter(|_| writable.is_empty())
            .chain(writable.clone())
            .collect(),
        flags: before.iter().flat_map(|plan| plan.flags.clone()).filter(|_| flags.is_empty()).chain(flags.clone()).collect(),
    };
    check_data_dir(&plan.data_dir)?;
    let is_in_place = sum(&place.program).ok() == Some(sum(&itself)?);
    if before.is_some() && place.program.exists() && !is_in_place {
        let how = format!("{}{} service upgrade {}", service::AS_ADMINISTRATOR, place.program.display(), itself.display());
        return Err(format!("已安装另一个版本，请运行：{how} / another version is installed: {how}").into());
    }
    fs::create_dir_all(&place.dir)?;
    service::let_all_run(&place.dir)?;
    let _held = hold(&place)?;
    let is_own = before.as_ref().is_some_and(|plan_before| plan_before.data_dir == plan.data_dir);
    if !is_own && standing(&plan.data_dir).is_some() {
        let dir = plan.data_dir.display();
        return Err(format!("{dir} 正被另一个 paperline 使用，请先停止它 / another paperline is using {dir}: stop it first").into());
    }
    if !is_in_place {
        put_program(File::open(&itself)?, &place.program)?;
    }
    put_program(File::open(&itself)?, &place.keeper)?;
    if before.is_some() {
        service::stop()?;
    }
    let standing = set_up(&place, &plan).map_err(|why| take_back(&place, before.as_ref(), &why))?;
    say("服务已安装并启动，开机自动运行 / installed, running, and started with the computer:");
    standing.urls.iter().for_each(|url| say(&format!("  {url}")));
    say(&format!("在本机 / on this computer: http://{}", standing.http));
    say(&format!("数据 / data: {}", plan.data_dir.display()));
    if let Ok(password) = fs::read_to_string(plan.data_dir.join("initial-admin-password")) {
        say(&format!("首次登录 / first login: admin, {}", password.trim()));
    }
    Ok(())
}

/// What was installed before works again, or nothing is installed.
fn take_back(place: &Place, before: Option<&Plan>, why: &str) -> String {
    let _ = service::stop();
    match before {
        Some(plan) => match set_up(place, plan) {
            Ok(_) => format!("没有改变，服务按原来的设置运行 / nothing is changed, the service runs as before: {why}"),
            Err(again) => format!("{why}\n原来的设置也没有启动成功 / as it was before it does not start either: {again}"),
        },
        None => {
            let _ = service::unregister();
            let _ = fs::remove_dir_all(&place.dir);
            format!("没有安装 / not installed: {why}")
        }
    }
}

/// Until it is dropped, or the process ends: one at a time changes what is installed. What another one left half written goes.
fn hold(place: &Place) -> io::Result<File> {
    let lock = File::options().create(true).truncate(false).write(true).open(&place.lock)?;
    if lock.try_lock().is_err() {
        say("正在等待另一个安装或升级结束 / waiting for another installation or upgrade to end");
        lock.lock()?;
    }
    for entry in fs::read_dir(&place.dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(HALF) {
            remove(&entry.path())?;
        }
    }
    if !place.under_way.exists() {
        remove(&place.new)?;
    }
    Ok(lock)
}

/// The data stay.
pub fn uninstall() -> Done {
    service::check_possible()?;
    let place = Place::new()?;
    if service::state()? == State::Absent {
        return Err("没有安装服务 / no service is installed".into());
    }
    let _held = hold(&place)?;
    let plan: Option<Plan> = read(&place.plan)?;
    service::unregister()?;
    // A program that runs can't be removed everywhere.
    if let Err(e) = fs::remove_dir_all(&place.dir) {
        say(&format!("请手动删除 / to be removed by hand: {} ({e})", place.dir.display()));
    }
    say("服务已卸载 / the service is gone");
    if let Some(plan) = plan {
        say(&format!("数据仍在 / the data stay: {}", plan.data_dir.display()));
    }
    Ok(())
}

pub fn status() -> Done {
    let place = Place::new()?;
    let plan = installed(&place)?;
    let state = service::state()?;
    match (state, standing(&plan.data_dir)) {
        (State::Running { .. }, Some(standing)) if is_ready(standing.http).unwrap_or(false) => {
            say(&format!("正在运行 / running: http://{}", standing.http));
            standing.urls.iter().for_each(|url| say(&format!("  {url}")));
        }
        (State::Running { .. }, _) => {
            say("正在运行，是否就绪需要管理员权限查看 / running; whether it is ready an administrator can see")
        }
        (State::Starting { restarts }, _) => say(&format!("正在启动（失败 {restarts} 次）/ starting, failed {restarts} times")),
        _ => say("已停止 / stopped"),
    }
    say(&format!("程序 / program: {}\n数据 / data: {}", place.program.display(), plan.data_dir.display()));
    if let Some(ended) = read::<Ended>(&place.last)? {
        let Ended { version, sha256, time, trouble } = ended;
        let how = trouble.map_or_else(|| "成功 / done".into(), |why| format!("已换回 / went back: {why}"));
        say(&format!("上次升级 / last upgrade: {time}, {version}, SHA-256 {sha256}: {how}"));
    }
    match state {
        State::Running { .. } => Ok(()),
        _ => Err(service::last_words(LINES, None).into()),
    }
}
