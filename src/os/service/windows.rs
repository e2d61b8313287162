//! A service of Windows: a process that its manager starts keeps the one that works, and writes what that says into the event log.

use super::super::system::{ANEW, KEPT, NO_WINDOW, tool};
use super::{Plan, State};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime};
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept, ServiceErrorControl,
    ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceStatus,
    ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use windows_service::{define_windows_service, service_dispatcher};
use winsafe::{HEVENTLOG, HKEY, RegistryValue, co};

const NAME: &str = "paperline";
/// It may do what its data dir's rights let it, and use the network.
const ACCOUNT: &str = r"NT SERVICE\paperline";
pub const AS_ADMINISTRATOR: &str = "";
/// Of `serve`: started by the system's manager of services.
const AS_SERVICE: &str = "--as-service";
/// Set in the process that works for a service.
const SERVES: &str = "PAPERLINE_SERVICE";
const READY: &str = "the box is ready";
const ACCESS_DENIED: i32 = 5;
const NO_SUCH_SERVICE: i32 = 1060;
const NOT_ACTIVE: i32 = 1062;
const SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\paperline";
const STOPS_WITHIN: Duration = Duration::from_secs(120);
const LOOKED_EVERY: Duration = Duration::from_millis(200);

fn folder(variable: &str, otherwise: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| otherwise.into(), PathBuf::from).join(NAME)
}

pub fn program() -> PathBuf {
    folder("ProgramFiles", r"C:\Program Files").join("paperline.exe")
}

pub fn data_dir() -> PathBuf {
    folder("ProgramData", r"C:\ProgramData")
}

fn plain(e: windows_service::Error) -> io::Error {
    match e {
        windows_service::Error::Winapi(e) => e,
        other => io::Error::other(other.to_string()),
    }
}

fn manager(access: ServiceManagerAccess) -> io::Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, access).map_err(plain)
}

/// `None`: never registered.
fn service(access: ServiceAccess) -> io::Result<Option<Service>> {
    match manager(ServiceManagerAccess::CONNECT)?.open_service(NAME, access).map_err(plain) {
        Ok(service) => Ok(Some(service)),
        Err(e) if e.raw_os_error() == Some(NO_SUCH_SERVICE) => Ok(None),
        Err(e) => Err(e),
    }
}

fn registered(access: ServiceAccess) -> io::Result<Service> {
    service(access)?.ok_or_else(|| io::Error::other("no service is installed"))
}

/// # Errors
/// Why it can't be done here, in words.
pub fn check_possible() -> Result<(), String> {
    match manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE) {
        Ok(_) => Ok(()),
        Err(e) if e.raw_os_error() == Some(ACCESS_DENIED) => {
            Err("请以管理员身份打开命令提示符后再运行 / open the console with “Run as administrator”, and run it there".into())
        }
        Err(e) => Err(e.to_string()),
    }
}

/// What the service can do without, so it is only told of.
fn attempt(name: &str, arguments: &[&str]) {
    if let Err(e) = tool(name, arguments) {
        eprintln!("paperline: {e}");
    }
}

fn let_through_firewall(program: &Path) {
    let rule = format!("name={NAME}");
    let _ = tool("netsh.exe", ["advfirewall", "firewall", "delete", "rule", &rule]);
    let program = format!("program={}", program.display());
    let which = ["dir=in", "action=allow", "enable=yes", "profile=private,domain"];
    attempt("netsh.exe", &[&["advfirewall", "firewall", "add", "rule", &rule, &program][..], &which].concat());
}

/// Its messages are the words that it is given, as of the system's own `eventcreate`.
fn name_event_source() -> io::Result<()> {
    const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";
    const ALL_TYPES: u32 = 7;
    let (key, _) = HKEY::LOCAL_MACHINE
        .RegCreateKeyEx(SOURCE, None, co::REG_OPTION::NON_VOLATILE, co::KEY::SET_VALUE, None)
        .map_err(|e| io::Error::from_raw_os_error(e.raw() as i32))?;
    for (name, value) in
        [("EventMessageFile", RegistryValue::ExpandSz(MESSAGES.into())), ("TypesSupported", RegistryValue::Dword(ALL_TYPES))]
    {
        key.RegSetValueEx(Some(name), value).map_err(|e| io::Error::from_raw_os_error(e.raw() as i32))?;
    }
    Ok(())
}

/// Registers the service, which is not started, hands its account the data, and lets it through the firewall. What was cut
/// off nobody takes up by itself here: the next upgrade does.
///
/// # Errors
/// The system's.
pub fn register(plan: &Plan, program: &Path, _keeper: &Path, _under_way: &Path) -> io::Result<()> {
    const AGAIN_AFTER: Duration = Duration::from_secs(2);
    let arguments = plan.command(program).into_iter().skip(1).map(OsString::from);
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program.to_owned(),
        launch_arguments: arguments.chain([AS_SERVICE.into()]).collect(),
        dependencies: Vec::new(),
        account_name: Some(ACCOUNT.into()),
        account_password: None,
    };
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = match service(access)? {
        Some(service) => {
            service.change_config(&info).map_err(plain)?;
            service
        }
        None => manager(ServiceManagerAccess::CREATE_SERVICE)?.create_service(&info, access).map_err(plain)?,
    };
    service.set_description("paperline: device labels and invoices").map_err(plain)?;
    let again = ServiceAction { action_type: ServiceActionType::Restart, delay: AGAIN_AFTER };
    let actions = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(60)),
        reboot_msg: None,
        command: None,
        actions: Some(vec![again; 3]),
    };
    // Without it the service works too, until it fails.
    let set = service.update_failure_actions(actions).and_then(|()| service.set_failure_actions_on_non_crash_failures(true));
    if let Err(e) = set {
        eprintln!("paperline: it is not started again after a failure: {}", plain(e));
    }
    name_event_source()?;
    fs::create_dir_all(&plan.data_dir)?;
    hand_over(&plan.data_dir);
    plan.writable
        .iter()
        .for_each(|dir| attempt("icacls.exe", &[&dir.to_string_lossy(), "/grant", &format!("{ACCOUNT}:(OI)(CI)M")]));
    let_through_firewall(program);
    Ok(())
}

/// The account's, the administrators' and the system's; those two by number, as their names depend on the language.
fn hand_over(dir: &Path) {
    let own = format!("{ACCOUNT}:(OI)(CI)F");
    let others = ["*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"];
    attempt("icacls.exe", &[&[&*dir.to_string_lossy(), "/inheritance:r", "/grant:r", &own][..], &others].concat());
}

/// Whether it was registered.
///
/// # Errors
/// The system's.
pub fn unregister() -> io::Result<bool> {
    let Some(service) = service(ServiceAccess::DELETE)? else { return Ok(false) };
    stop()?;
    service.delete().map_err(plain)?;
    let _ = HKEY::LOCAL_MACHINE.RegDeleteTree(Some(SOURCE));
    let _ = tool("netsh.exe", ["advfirewall", "firewall", "delete", "rule", &format!("name={NAME}")]);
    Ok(true)
}

/// Begins to start; not yet ready.
///
/// # Errors
/// The system's.
pub fn start() -> io::Result<()> {
    registered(ServiceAccess::START)?.start::<&str>(&[]).map_err(plain)
}

/// Returns when it has ended.
///
/// # Errors
/// The system's, or it does not end.
pub fn stop() -> io::Result<()> {
    let service = registered(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS)?;
    match service.stop().map_err(plain) {
        Err(e) if e.raw_os_error() != Some(NOT_ACTIVE) => return Err(e),
        _ => {}
    }
    let began = Instant::now();
    while service.query_status().map_err(plain)?.current_state != ServiceState::Stopped {
        if began.elapsed() > STOPS_WITHIN {
            return Err(io::Error::other("the service does not stop"));
        }
        std::thread::sleep(LOOKED_EVERY);
    }
    Ok(())
}

/// How often it failed is not told here: after a failure it is stopped for a moment.
///
/// # Errors
/// The system's.
pub fn state() -> io::Result<State> {
    let Some(service) = service(ServiceAccess::QUERY_STATUS)? else { return Ok(State::Absent) };
    Ok(match service.query_status().map_err(plain)?.current_state {
        ServiceState::Running => State::Running { restarts: 0 },
        ServiceState::StartPending => State::Starting { restarts: 0 },
        _ => State::Stopped,
    })
}

/// The last that it wrote. `_since`: not looked at here.
pub fn last_words(lines: usize, _since: Option<SystemTime>) -> String {
    let (of, count) = (format!("/q:*[System[Provider[@Name='{NAME}']]]"), format!("/c:{lines}"));
    let read = tool("wevtutil.exe", ["qe", "Application", &of, &count, "/rd:true", "/f:text"]);
    read.map(|done| String::from_utf8_lossy(&done.stdout).into_owned()).unwrap_or_default()
}

/// Whoever chose the program runs it: the account can't be taken on here.
///
/// # Errors
/// None here.
pub fn as_account(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(program);
    command.creation_flags(NO_WINDOW);
    Ok(command)
}

/// A backup stays in the data dir, whose rights it has.
///
/// # Errors
/// The system's.
pub fn keep_backup(new: &Path, data_dir: &Path) -> io::Result<PathBuf> {
    let kept = data_dir.join("before-upgrade.backup");
    fs::rename(new, &kept).map(|()| kept)
}

/// # Errors
/// The system's.
pub fn make_data_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir(dir)?;
    hand_over(dir);
    Ok(())
}

/// A program that runs can't be replaced here, but be moved away. `aside`: where to.
///
/// # Errors
/// The system's.
pub fn put_in_place(new: &Path, program: &Path, aside: &Path) -> io::Result<()> {
    if fs::rename(new, program).is_ok() {
        return Ok(());
    }
    fs::rename(program, aside)?;
    fs::rename(new, program).or_else(|e| fs::rename(aside, program).and(Err(e)))
}

/// Nothing to do: what is in the folder of programs everybody may use.
///
/// # Errors
/// None here.
pub fn let_all_read(_: &Path) -> io::Result<()> {
    Ok(())
}

/// # Errors
/// None here.
pub fn let_all_run(_: &Path) -> io::Result<()> {
    Ok(())
}

pub fn is_one() -> bool {
    env::var_os(SERVES).is_some()
}

/// To the one that keeps this process.
pub fn tell_ready() {
    if is_one() {
        println!("{READY}");
    }
}

/// It is known from the process's end.
pub fn tell_stopping() {}

/// Nobody wants to hear it here.
pub fn tell_alive() {}

pub fn alive_every() -> Option<Duration> {
    None
}

/// Whether the system's manager of services started this process; then it keeps another one until it is told to stop. `mark`: set in
/// the environment of a process that began anew.
///
/// # Errors
/// It was not the manager of services after all.
pub(in crate::os) fn keep(mark: &'static str) -> io::Result<Option<ExitCode>> {
    if !env::args_os().any(|word| word == AS_SERVICE) {
        return Ok(None);
    }
    let _ = MARK.set(mark);
    service_dispatcher::start(NAME, entered).map_err(plain)?;
    Ok(Some(ExitCode::SUCCESS))
}

/// Given to `keep`: the manager calls what keeps by itself.
static MARK: OnceLock<&str> = OnceLock::new();

define_windows_service!(entered, keeps);

/// What the keeping thread hears of.
enum Word {
    Stop,
    Ready,
    Ended(Option<i32>),
}

fn keeps(_: Vec<OsString>) {
    if let Err(e) = keep_working() {
        report(co::EVENTLOG::ERROR_TYPE, &e.to_string());
    }
}

fn keep_working() -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let (tell, told) = mpsc::channel();
    let asked = tell.clone();
    let handler = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            let _ = asked.send(Word::Stop);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let manager = service_control_handler::register(NAME, handler).map_err(plain)?;
    let mut now = ServiceState::StartPending;
    let mut checkpoint = 1;
    show(manager, now, checkpoint, 0)?;
    let mut held = start_working(false, &tell)?;
    loop {
        match told.recv_timeout(PATIENCE) {
            Ok(Word::Ready) => now = ServiceState::Running,
            Ok(Word::Stop) => {
                now = ServiceState::StopPending;
                // It ends in order when this is closed.
                drop(held.take());
            }
            Ok(Word::Ended(Some(ANEW))) if now != ServiceState::StopPending => held = start_working(true, &tell)?,
            Ok(Word::Ended(code)) => {
                let failed = u32::from(now != ServiceState::StopPending);
                if failed != 0 {
                    report(co::EVENTLOG::ERROR_TYPE, &format!("paperline ended: {code:?}"));
                }
                return show(manager, ServiceState::Stopped, 0, failed);
            }
            // A large store takes its time; the manager wants to see that it goes on.
            Err(RecvTimeoutError::Timeout) => checkpoint += 1,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        show(manager, now, if now == ServiceState::Running { 0 } else { checkpoint }, 0)?;
    }
}

/// `failed`: 0, or what it ended with.
fn show(manager: ServiceStatusHandle, state: ServiceState, checkpoint: u32, failed: u32) -> io::Result<()> {
    let is_over = state == ServiceState::Stopped;
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: if is_over {
            ServiceControlAccept::empty()
        } else {
            ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN
        },
        exit_code: if failed == 0 { ServiceExitCode::Win32(0) } else { ServiceExitCode::ServiceSpecific(failed) },
        checkpoint,
        wait_hint: if is_over || state == ServiceState::Running { Duration::ZERO } else { Duration::from_secs(30) },
        process_id: None,
    };
    manager.set_service_status(status).map_err(plain)
}

/// The process that works, by what it ends in order after, when that is dropped; `tell` hears when it is ready, and of its end.
fn start_working(anew: bool, tell: &Sender<Word>) -> io::Result<Option<ChildStdin>> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(env::args_os().skip(1).filter(|word| word != AS_SERVICE))
        .env(KEPT, "1")
        .env(SERVES, "1")
        .creation_flags(NO_WINDOW);
    if let (true, Some(mark)) = (anew, MARK.get()) {
        command.env(mark, "1");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let held = child.stdin.take();
    let heard = tell.clone();
    follow(child.stdout.take(), move |line| {
        if line == READY {
            let _ = heard.send(Word::Ready);
        } else {
            report(co::EVENTLOG::INFORMATION_TYPE, line);
        }
    })?;
    follow(child.stderr.take(), |line| report(kind_of(line), line))?;
    let ends = tell.clone();
    let wait = move |mut child: Child| {
        let code = child.wait().ok().and_then(|status| status.code());
        let _ = ends.send(Word::Ended(code));
    };
    std::thread::Builder::new().name("waits".into()).spawn(move || wait(child))?;
    Ok(held)
}

fn follow(pipe: Option<impl Read + Send + 'static>, mut each: impl FnMut(&str) + Send + 'static) -> io::Result<()> {
    let read = move || {
        for line in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok) {
            each(&line);
        }
    };
    std::thread::Builder::new().name("hears".into()).spawn(read).map(drop)
}

/// As the log's lines name it.
fn kind_of(line: &str) -> co::EVENTLOG {
    if line.contains(" ERROR ") {
        co::EVENTLOG::ERROR_TYPE
    } else if line.contains(" WARN ") {
        co::EVENTLOG::WARNING_TYPE
    } else {
        co::EVENTLOG::INFORMATION_TYPE
    }
}

/// Into the event log, where nobody hears of an error.
fn report(kind: co::EVENTLOG, line: &str) {
    const ID: u32 = 1;
    if let Ok(log) = HEVENTLOG::RegisterEventSource(None, NAME) {
        let _ = log.ReportEvent(kind, 0, ID, None, &[line], &[]);
    }
}
