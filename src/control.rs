//! Requests from the command line to the running server, over a line that only the data dir's owner can open. One line of
//! JSON each way.

use crate::app::App;
use crate::os::{self, Line, Lines};
use crate::store::backup_file::Contents;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    ResetUser {
        name: String,
    },
    /// To an absolute path.
    Backup {
        out: PathBuf,
    },
    Where,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The new password.
    Reset {
        password: String,
    },
    BackedUp(Contents),
    At(Standing),
    Refused {
        why: String,
    },
}

#[derive(Clone, Debug)]
pub struct Place {
    /// Where this computer reaches it.
    pub http: SocketAddr,
    /// For people, the surest first.
    pub urls: Vec<String>,
}

/// How the running box is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Standing {
    pub http: SocketAddr,
    pub urls: Vec<String>,
    /// The number of its newest news: of the same data it never gets smaller.
    pub news: u64,
}

const LINE_BYTES_MAX: u64 = 4096;
/// For sending the request; a backup may take longer.
const WITHIN: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(100);

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Also used without a running server. `place`: where it serves.
pub async fn carry_out(app: &Arc<App>, place: Option<&Place>, request: Request) -> Answer {
    match request {
        Request::Where => match place {
            Some(Place { http, urls }) => Answer::At(Standing { http: *http, urls: urls.clone(), news: app.store.newest_news() }),
            None => Answer::Refused { why: "no server is running".into() },
        },
        Request::ResetUser { name } => match app.reset_from_the_box(name).await {
            Ok(password) => Answer::Reset { password },
            Err(refusal) => Answer::Refused { why: refusal.en.into_owned() },
        },
        Request::Backup { out } => match app.back_up(out).await {
            Ok(contents) => Answer::BackedUp(contents),
            Err(why) => Answer::Refused { why },
        },
    }
}

/// Listens until `stop` turns true. `place`: where the server is reached. This process owns the data dir, so what an earlier one left is stale.
pub fn listen(app: Arc<App>, data_dir: &Path, place: Place, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let mut lines = Lines::open(&path(data_dir))?;
    let place = Arc::new(place);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = lines.next() => next,
                _ = async { stop.wait_for(|stop| *stop).await.is_ok() } => return,
            };
            match next {
                Ok(line) => {
                    let (app, place) = (app.clone(), place.clone());
                    tokio::spawn(async move { talk(&app, &place, line).await });
                }
                Err(e) => {
                    tracing::warn!("the command line was not heard: {e}");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    });
    Ok(())
}

/// Removes the socket at a clean stop, as some tools that copy the data dir stumble over sockets.
pub fn close(data_dir: &Path) {
    if let Err(e) = std::fs::remove_file(path(data_dir)) {
        tracing::warn!("the control socket stays: {e}");
    }
}

async fn talk(app: &Arc<App>, place: &Place, line: Line) -> io::Result<()> {
    let (reading, mut writing) = tokio::io::split(line);
    let mut line = String::new();
    let mut reading = tokio::io::BufReader::new(reading.take(LINE_BYTES_MAX));
    tokio::time::timeout(WITHIN, reading.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => carry_out(app, Some(place), request).await,
        Err(e) => Answer::Refused { why: e.to_string() },
    };
    writing.write_all(format!("{}\n", serde_json::to_string(&answer)?).as_bytes()).await?;
    // The other side hangs up first: with some lines, what it has not read yet would be lost.
    tokio::time::timeout(WITHIN, reading.read_u8()).await?.map(drop)
}

/// `None`: no server runs on this data dir.
pub fn ask(data_dir: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let Some(mut stream) = os::call(&path(data_dir))? else { return Ok(None) };
    stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(Some(serde_json::from_str(&line)?))
}
