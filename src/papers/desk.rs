//! Keeps the processes that read papers, and ends those that take too long or too much. Not here: what they do (worker.rs).

use super::worker::{ANSWER_BYTES_MAX, Ask, COMMAND, Head, Request};
use super::{Format, Shape, Trouble};
use crate::domain::paper::Paper;
use crate::os;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// At once; further callers wait.
const WORKERS_MAX: usize = 2;
/// For one request.
const DEADLINE: Duration = Duration::from_secs(20);
/// What one process may hold. The largest picture of a page takes 64 MB, a phone's photo of 24 megapixels was seen to take 384.
const RESIDENT_BYTES_MAX: u64 = 512 << 20;
const LOOKED_AT_EVERY: Duration = Duration::from_millis(10);
/// Then another process is started: fonts and caches stay in memory.
const REQUESTS_MAX: u32 = 500;

type Answer = Result<Vec<u8>, Trouble>;

struct Worker {
    process: Child,
    requests: ChildStdin,
    answers: mpsc::Receiver<Answer>,
    served: u32,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Default)]
struct Workers {
    idle: Vec<Worker>,
    /// Idle and busy.
    all: usize,
    /// Requests so far.
    served: u64,
}

/// Takes any number of callers; blocks.
#[derive(Default)]
pub struct Desk {
    workers: Mutex<Workers>,
    freed: Condvar,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    pub fn inspect(&self, format: Format, path: &Path) -> Result<Shape, Trouble> {
        parsed(self.ask(Ask::Inspect, format, path)?)
    }

    pub fn read(&self, format: Format, path: &Path) -> Result<Paper, Trouble> {
        parsed(self.ask(Ask::Read, format, path)?)
    }

    /// A page's picture as JPEG. `page`: from 1.
    pub fn draw(&self, format: Format, path: &Path, page: u32) -> Result<Vec<u8>, Trouble> {
        self.ask(Ask::Draw { page }, format, path)
    }

    fn ask(&self, ask: Ask, format: Format, path: &Path) -> Answer {
        let started = self.take()?;
        let mut worker = match started.map_or_else(start, Ok) {
            Ok(worker) => worker,
            Err(e) => {
                tracing::error!("papers can't be read: {e}");
                self.give_back(None);
                return Err(Trouble::Busy);
            }
        };
        let request = Request { ask, format, path: path.to_owned() };
        let (answer, is_well) = asked(&mut worker, &request);
        worker.served += 1;
        let is_kept = is_well && worker.served < REQUESTS_MAX;
        self.give_back(is_kept.then_some(worker));
        answer
    }

    /// Waits for a worker, as long as others are served; `None`: one may be started.
    fn take(&self) -> Result<Option<Worker>, Trouble> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |workers: &mut Workers| workers.idle.is_empty() && workers.all >= WORKERS_MAX;
        loop {
            let served = workers.served;
            let waited = self.freed.wait_timeout_while(workers, DEADLINE * 2, is_full);
            let (freed, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            workers = freed;
            if !waited.timed_out() {
                break;
            }
            if workers.served == served {
                return Err(Trouble::Busy);
            }
        }
        let idle = workers.idle.pop();
        workers.all += usize::from(idle.is_none());
        Ok(idle)
    }

    fn give_back(&self, worker: Option<Worker>) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.served += 1;
        match worker {
            Some(worker) => workers.idle.push(worker),
            None => workers.all -= 1,
        }
        self.freed.notify_one();
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: Vec<u8>) -> Result<T, Trouble> {
    serde_json::from_slice(&answer).map_err(|_| Trouble::Damaged)
}

fn start() -> io::Result<Worker> {
    let mut process = os::helper()?.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (Some(requests), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let (told, answers) = mpsc::channel();
    std::thread::Builder::new().name("papers".into()).spawn(move || {
        let mut output = BufReader::new(output);
        while let Ok(answer) = received(&mut output) {
            if told.send(answer).is_err() {
                return;
            }
        }
    })?;
    Ok(Worker { process, requests, answers, served: 0 })
}

fn received(output: &mut impl BufRead) -> io::Result<Answer> {
    const HEAD_BYTES_MAX: u64 = 1_000;
    let mut line = String::new();
    output.by_ref().take(HEAD_BYTES_MAX).read_line(&mut line)?;
    let Head { trouble, bytes } = serde_json::from_str(&line)?;
    if bytes > ANSWER_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; bytes];
    output.read_exact(&mut body)?;
    Ok(trouble.map_or(Ok(body), Err))
}

/// The answer, and whether the process may go on.
fn asked(worker: &mut Worker, request: &Request) -> (Answer, bool) {
    let line = serde_json::to_string(request).unwrap_or_default() + "\n";
    if worker.requests.write_all(line.as_bytes()).and_then(|()| worker.requests.flush()).is_err() {
        return (Err(Trouble::Busy), false);
    }
    let end = Instant::now() + DEADLINE;
    loop {
        match worker.answers.recv_timeout(LOOKED_AT_EVERY) {
            Ok(answer) => return (answer, true),
            // It ran out of stack, or into a fault of a library.
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                tracing::warn!("a process that reads papers has ended");
                return (Err(Trouble::Damaged), false);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if Instant::now() > end || os::resident_bytes(worker.process.id()) > RESIDENT_BYTES_MAX {
                    tracing::warn!("a paper took too long or too much memory to read");
                    return (Err(Trouble::TooMuch), false);
                }
            }
        }
    }
}
