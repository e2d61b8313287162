//! Another program in place of the installed one: with a backup first, and back again if it does not come up.

use super::{BACKUP, Ended, HALF, LINES_OF_OUTPUT, LOCK, Place, come_up, installed, put_program, read, remove, sum, write};
use crate::control::{self, Answer, Request};
use crate::os;
use crate::os::service::{self, Plan};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PROGRAM_BYTES_MAX: u64 = 512 << 20;
/// For the new program to say its version.
const VERSION_WITHIN: Duration = Duration::from_secs(60);
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// What is written down before anything changes, until it has ended.
#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    version: String,
    sha256: String,
    /// Of the program before.
    before: String,
}

/// What a program prints, run with no more rights than the service.
fn output_of(program: &Path, arguments: &[&str], within: Option<Duration>) -> Result<String, String> {
    let named = |e: io::Error| format!("{}: {e}", program.display());
    let mut command = service::as_account(program).map_err(named)?;
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(named)?;
    let began = Instant::now();
    while let Some(most) = within
        && child.try_wait().map_err(named)?.is_none()
    {
        if began.elapsed() > most {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{} says nothing", program.display()));
        }
        std::thread::sleep(LOOKED_EVERY);
    }
    let done = child.wait_with_output().map_err(named)?;
    let said = String::from_utf8_lossy(if done.status.success() { &done.stdout } else { &done.stderr }).trim().to_owned();
    if done.status.success() { Ok(said) } else { Err(said.lines().rev().take(LINES_OF_OUTPUT).collect::<Vec<_>>().join("\n")) }
}

/// Of a program that is paperline, for this computer.
fn version_of(program: &Path) -> Result<String, String> {
    let none =
        |why: &str| format!("这个文件不是这台机器上的 paperline：{why} / this file is no paperline for this computer: {why}");
    let said = output_of(program, &["--version"], Some(VERSION_WITHIN)).map_err(|why| none(&why))?;
    said.strip_prefix("paperline ").map(str::to_owned).ok_or_else(|| none(&said))
}

/// The whole store as it is now, in one file of the data dir, in place of the one of an upgrade before.
fn back_up(place: &Place, plan: &Plan) -> Result<PathBuf, Box<dyn Error>> {
    let (kept, new) = (plan.data_dir.join(BACKUP), plan.data_dir.join("before-upgrade.new"));
    remove(&new)?;
    match control::ask(&plan.data_dir, &Request::Backup { out: new.clone() })? {
        Some(Answer::BackedUp(_)) => {}
        Some(Answer::Refused { why }) => return Err(why.into()),
        Some(other) => return Err(format!("an answer out of place: {other:?}").into()),
        None => {
            let words = ["backup", "--data-dir", &plan.data_dir.to_string_lossy(), "--out", &new.to_string_lossy()];
            output_of(&place.program, &words, None)?;
        }
    }
    fs::rename(&new, &kept)?;
    Ok(kept)
}

/// Returns when the new program serves, or the old one does again.
pub fn upgrade(file: &Path) -> Result<(), Box<dyn Error>> {
    service::check_possible()?;
    let place = Place::new()?;
    let plan = installed(&place)?;
    let _held = hold(&place)?;
    finish_what_was_cut_off(&place, &plan)?;
    let from = File::open(file).map_err(|e| format!("{}: {e}", file.display()))?;
    exchange(&place, &plan, from)?;
    Ok(put_program(File::open(&place.program)?, &place.keeper())?)
}

/// Takes up what was cut off. Started again at once as long as there is something to do, so it rests after a failure.
pub fn go_on() -> Result<(), Box<dyn Error>> {
    const REST: Duration = Duration::from_secs(10);
    service::check_possible()?;
    let place = Place::new()?;
    let plan = installed(&place)?;
    let _held = hold(&place)?;
    let done = finish_what_was_cut_off(&place, &plan);
    if done.is_err() {
        std::thread::sleep(REST);
    }
    done
}

/// Until it is dropped, or the process ends.
fn hold(place: &Place) -> io::Result<File> {
    let lock = File::options().create(true).truncate(false).write(true).open(place.file(LOCK))?;
    lock.lock()?;
    for entry in fs::read_dir(&place.dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(HALF) {
            remove(&entry.path())?;
        }
    }
    Ok(lock)
}

fn exchange(place: &Place, plan: &Plan, from: impl Read) -> Result<(), Box<dyn Error>> {
    let new = place.new_program();
    put_program(from.take(PROGRAM_BYTES_MAX), &new)?;
    let (sha256, before) = (sum(&new)?, sum(&place.program)?);
    let version = match version_of(&new) {
        Ok(version) if sha256 != before => version,
        otherwise => {
            remove(&new)?;
            otherwise?;
            return Err("这正是现在运行的程序 / this is the program that runs now".into());
        }
    };
    println!("paperline {version}, SHA-256 {sha256}");
    println!("正在备份 / backing up: {}", back_up(place, plan)?.display());
    put_program(File::open(&place.program)?, &place.before())?;
    write(&place.under_way(), &UnderWay { version, sha256, before })?;
    service::stop()?;
    service::put_in_place(&new, &place.program, &place.file(&format!("{HALF}before")))?;
    os::sync_dir(&place.dir)?;
    finish_what_was_cut_off(place, plan)
}

/// Whatever an upgrade has come to: on to its end, or back.
fn finish_what_was_cut_off(place: &Place, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let Some(UnderWay { version, sha256, before }) = read(&place.under_way())? else { return Ok(()) };
    if sum(&place.program)? == before {
        // It was cut off before the exchange, or in going back.
        remove(&place.new_program())?;
        service::stop()?;
        come_up(plan)?;
        note(place, &version, &sha256, Some("it was cut off".into()))?;
        return Ok(remove(&place.under_way())?);
    }
    println!("正在启动新程序 / starting the new program");
    service::stop()?;
    let Err(why) = come_up(plan) else {
        println!("升级完成 / upgraded");
        note(place, &version, &sha256, None)?;
        return Ok(remove(&place.under_way())?);
    };
    println!("新程序没有启动成功，正在换回 / the new program does not come up, going back: {why}");
    let why = match go_back(place, plan) {
        Ok(None) => why,
        Ok(Some(aside)) => {
            let aside = aside.display();
            format!(
                "{why}\n数据已恢复到升级前，之后的数据在 {aside} / the data are those before the upgrade; what came after is in {aside}"
            )
        }
        Err(e) => return Err(format!("{why}\n旧程序也没有启动成功 / the old program does not come up either: {e}").into()),
    };
    note(place, &version, &sha256, Some(why.clone()))?;
    remove(&place.under_way())?;
    Err(format!("已换回旧程序，它正在运行 / the old program is back and runs: {why}").into())
}

/// The old program, with the data as they are, or, where it can't work with them any more, as they were. Returns where the data are
/// then that the new one left.
fn go_back(place: &Place, plan: &Plan) -> Result<Option<PathBuf>, Box<dyn Error>> {
    service::stop()?;
    put_program(File::open(place.before())?, &place.program)?;
    let Err(why) = come_up(plan) else { return Ok(None) };
    println!(
        "旧程序无法使用现在的数据，正在恢复备份 / the old program can't use the data as they are, restoring the backup: {why}"
    );
    service::stop()?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut aside = plan.data_dir.clone().into_os_string();
    aside.push(format!("-set-aside-{seconds}"));
    let aside = PathBuf::from(aside);
    fs::rename(&plan.data_dir, &aside)?;
    service::make_data_dir(&plan.data_dir)?;
    let from = aside.join(BACKUP);
    let words = ["restore", "--data-dir", &plan.data_dir.to_string_lossy(), "--from", &from.to_string_lossy()];
    output_of(&place.program, &words, None)?;
    come_up(plan)?;
    Ok(Some(aside))
}

fn note(place: &Place, version: &str, sha256: &str, trouble: Option<String>) -> io::Result<()> {
    let ended = Ended { version: version.into(), sha256: sha256.into(), time: jiff::Timestamp::now().to_string(), trouble };
    write(&place.last(), &ended)
}
