//! Another program in place of the installed one: with a backup first, and back again if it does not come up.

use super::{Ended, HALF, LINES_OF_OUTPUT, Place, come_up, hold, installed, put_program, read, remove, say, standing, sum, write};
use crate::control::{self, Answer, Request, Standing};
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
    backup: PathBuf,
    /// Those of the data before.
    news: u64,
}

impl UnderWay {
    /// Whether the box serves the data of before, and not others or none.
    fn has_all(&self, standing: &Standing) -> bool {
        standing.news >= self.news
    }
}

const DATA_ARE_GONE: &str = "数据不见了 / the data are gone";

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
    if done.status.success() {
        return Ok(said);
    }
    let last: Vec<&str> = said.lines().rev().take(LINES_OF_OUTPUT).collect();
    Err(if last.is_empty() { done.status.to_string() } else { last.into_iter().rev().collect::<Vec<_>>().join("\n") })
}

/// Of a program that is paperline, for this computer.
fn version_of(program: &Path) -> Result<String, String> {
    let none =
        |why: &str| format!("这个文件不是这台机器上的 paperline：{why} / this file is no paperline for this computer: {why}");
    let said = output_of(program, &["--version"], Some(VERSION_WITHIN)).map_err(|why| none(&why))?;
    let first = said.lines().next().unwrap_or("-");
    first.strip_prefix("paperline ").map(str::to_owned).ok_or_else(|| none(first))
}

/// The whole store as it is now, in one file, in place of the one of an upgrade before.
fn back_up(place: &Place, plan: &Plan) -> Result<PathBuf, Box<dyn Error>> {
    let new = plan.data_dir.join("before-upgrade.new");
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
    Ok(service::keep_backup(&new, &plan.data_dir)?)
}

/// Returns when the new program serves, or the old one does again.
pub fn upgrade(file: &Path) -> Result<(), Box<dyn Error>> {
    service::check_possible()?;
    let place = Place::new()?;
    let plan = installed(&place)?;
    let _held = hold(&place)?;
    finish_what_was_cut_off(&place, &plan)?;
    let named = |e: io::Error| format!("{}: {e}", file.display());
    let about = file.metadata().map_err(named)?;
    if !about.is_file() || about.len() > PROGRAM_BYTES_MAX {
        return Err(format!("{0} 不是 paperline 的程序文件 / {0} is no program file of paperline", file.display()).into());
    }
    let from = File::open(file).map_err(named)?;
    exchange(&place, &plan, from)?;
    Ok(put_program(File::open(&place.program)?, &place.keeper)?)
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

fn exchange(place: &Place, plan: &Plan, from: impl Read) -> Result<(), Box<dyn Error>> {
    let new = &place.new;
    put_program(from.take(PROGRAM_BYTES_MAX), new)?;
    let (sha256, before) = (sum(new)?, sum(&place.program)?);
    let version = match version_of(new) {
        Ok(version) if sha256 != before => version,
        otherwise => {
            remove(new)?;
            otherwise?;
            return Err("这正是现在运行的程序 / this is the program that runs now".into());
        }
    };
    say(&format!("paperline {version}, SHA-256 {sha256}"));
    say("正在备份 / backing up");
    let backup = back_up(place, plan)?;
    say(&format!("  {}", backup.display()));
    put_program(File::open(&place.program)?, &place.before)?;
    let news = standing(&plan.data_dir).map_or(0, |standing| standing.news);
    write(&place.under_way, &UnderWay { version, sha256, before, backup, news })?;
    service::stop()?;
    service::put_in_place(new, &place.program, &place.dir.join(format!("{HALF}before")))?;
    os::sync_dir(&place.dir)?;
    finish_what_was_cut_off(place, plan)
}

/// Whatever an upgrade has come to: on to its end, or back.
fn finish_what_was_cut_off(place: &Place, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let Some(under_way) = read::<UnderWay>(&place.under_way)? else { return Ok(()) };
    service::stop()?;
    let why = if sum(&place.program).is_ok_and(|sum| sum == under_way.sha256) {
        say("正在启动新程序 / starting the new program");
        match come_up(plan) {
            Ok(standing) if under_way.has_all(&standing) => {
                say("升级完成 / upgraded");
                note(place, &under_way, None)?;
                return Ok(remove(&place.under_way)?);
            }
            Ok(_) => DATA_ARE_GONE.into(),
            Err(why) => why,
        }
    } else {
        "升级被中断 / it was cut off".into()
    };
    say(&format!("新程序没有启动成功，正在换回 / the new program does not come up, going back: {why}"));
    let why = match go_back(place, plan, &under_way) {
        Ok(None) => why,
        Ok(Some(aside)) => {
            let aside = aside.display();
            format!(
                "{why}\n数据已恢复到升级前，之后的数据在 {aside} / the data are those before the upgrade; what came after is in {aside}"
            )
        }
        Err(e) => return Err(format!("{why}\n旧程序也没有启动成功 / the old program does not come up either: {e}").into()),
    };
    note(place, &under_way, Some(why.clone()))?;
    remove(&place.under_way)?;
    Err(format!("已换回旧程序，它正在运行 / the old program is back and runs: {why}").into())
}

/// The old program, with the data as they are, or, where these are harmed, as they were. Returns where the data are then that the new
/// one left. Data that are whole are never taken back, whatever else keeps the old program from serving.
fn go_back(place: &Place, plan: &Plan, under_way: &UnderWay) -> Result<Option<PathBuf>, Box<dyn Error>> {
    service::stop()?;
    // Cut off before the exchange, it is still there.
    if sum(&place.program).ok().as_ref() != Some(&under_way.before) {
        put_program(File::open(&place.before)?, &place.program)?;
    }
    let why = match come_up(plan) {
        Ok(standing) if under_way.has_all(&standing) => return Ok(None),
        Ok(_) => DATA_ARE_GONE.into(),
        Err(why) => {
            service::stop()?;
            match output_of(&place.program, &["check", "--data-dir", &plan.data_dir.to_string_lossy()], None) {
                Ok(_) => {
                    // Once what is in its way has gone, it serves.
                    let _ = service::start();
                    return Err(why.into());
                }
                Err(harm) => harm,
            }
        }
    };
    say(&format!(
        "旧程序无法使用现在的数据，正在恢复备份 / the old program can't use the data as they are, restoring the backup: {why}"
    ));
    service::stop()?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut aside = plan.data_dir.clone().into_os_string();
    aside.push(format!("-set-aside-{seconds}"));
    let aside = PathBuf::from(aside);
    fs::rename(&plan.data_dir, &aside)?;
    service::make_data_dir(&plan.data_dir)?;
    // It may lie in the data dir, where that is a disk of its own.
    let within = under_way.backup.strip_prefix(&plan.data_dir).map(|name| aside.join(name));
    let from = within.unwrap_or_else(|_| under_way.backup.clone());
    let words = ["restore", "--data-dir", &plan.data_dir.to_string_lossy(), "--from", &from.to_string_lossy()];
    output_of(&place.program, &words, None)?;
    come_up(plan)?;
    Ok(Some(aside))
}

fn note(place: &Place, under_way: &UnderWay, trouble: Option<String>) -> io::Result<()> {
    let (version, sha256) = (under_way.version.clone(), under_way.sha256.clone());
    write(&place.last, &Ended { version, sha256, time: jiff::Timestamp::now().to_string(), trouble })
}
