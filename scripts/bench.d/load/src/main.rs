//! The load tool: one client for the box and all alternatives, and limits. Single-threaded, to leave the machine to what it
//! measures. Not here: the requests (from the scripts beside it).

mod drive;
mod limits;
mod watch;

use std::error::Error;
use std::time::{Duration, Instant};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Median and tail, in milliseconds.
pub fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| match times.len() {
        0 => 0.0,
        n => times[((n as f64 * share) as usize).min(n - 1)].as_secs_f64() * 1000.0,
    };
    format!("\"p50_ms\":{:.4},\"p99_ms\":{:.4},\"longest_ms\":{:.4}", at(0.5), at(0.99), at(1.0))
}

/// Of one core since `since`: near 1, the tool was the limit.
pub fn own_share(since: Instant, before: f64) -> f64 {
    (cpu_seconds() - before) / since.elapsed().as_secs_f64()
}

pub fn cpu_seconds() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / TICKS_A_SECOND
}

fn usage() -> Box<dyn Error> {
    "usage: load http|resp ADDRESS CONNECTIONS SECONDS FILE | tubes ADDRESS JOBS BYTES | files DIR CONNECTIONS FILE | \
     watch ADDRESS WATCHERS HANDSHAKE TRIGGER-ADDRESS TRIGGERS EVERY-MS | hello | fan BYTES | engine PORT"
        .into()
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let one_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    match words.as_slice() {
        [kind @ ("http" | "resp"), address, connections, seconds, file] => {
            let asked = drive::Asked { kind, address, connections: connections.parse()?, seconds: seconds.parse()?, file };
            println!("{}", one_thread()?.block_on(drive::drive(asked))?);
        }
        ["tubes", address, jobs, bytes] => println!("{}", drive::tubes(address, jobs.parse()?, bytes.parse()?)?),
        ["files", dir, connections, file] => println!("{}", limits::files(dir, connections.parse()?, file)?),
        ["watch", address, watchers, handshake, trigger_address, triggers, every] => {
            let asked = watch::Asked {
                address,
                watchers: watchers.parse()?,
                handshake,
                trigger_address,
                triggers,
                every: Duration::from_millis(every.parse()?),
            };
            println!("{}", one_thread()?.block_on(watch::watch(asked))?);
        }
        // On all cores, like the box.
        ["hello"] => tokio::runtime::Runtime::new()?.block_on(limits::hello())?,
        ["fan", bytes] => one_thread()?.block_on(limits::fan(bytes.parse()?))?,
        ["engine", port] => limits::engine(port.parse()?)?,
        _ => return Err(usage()),
    }
    Ok(())
}
