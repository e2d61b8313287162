//! Requests from the command line to the running server, over a socket in the data dir that only its owner can open. One line of
//! JSON each way.

use crate::app::App;
use crate::store::backup_file::Contents;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
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
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The new password.
    Reset {
        password: String,
    },
    BackedUp(Contents),
    Refused {
        why: String,
    },
}

const LINE_BYTES_MAX: u64 = 4096;
/// For sending the request; a backup may take longer.
const WITHIN: Duration = Duration::from_secs(30);

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Also used without a running server.
pub async fn carry_out(app: &Arc<App>, request: Request) -> Answer {
    match request {
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

/// Listens until `stop` turns true. This process owns the data dir, so an existing socket is stale.
pub fn listen(app: Arc<App>, data_dir: &Path, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let path = path(data_dir);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = async { stop.wait_for(|stop| *stop).await.is_ok() } => return,
            };
            if let Ok((stream, _)) = accepted {
                let app = app.clone();
                tokio::spawn(async move { talk(&app, stream).await });
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

async fn talk(app: &Arc<App>, mut stream: tokio::net::UnixStream) -> io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut line = String::new();
    let mut reading = tokio::io::BufReader::new(reading.take(LINE_BYTES_MAX));
    tokio::time::timeout(WITHIN, reading.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => carry_out(app, request).await,
        Err(e) => Answer::Refused { why: e.to_string() },
    };
    writing.write_all(format!("{}\n", serde_json::to_string(&answer)?).as_bytes()).await
}

/// `None`: no server runs on this data dir.
pub fn ask(data_dir: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let mut stream = match UnixStream::connect(path(data_dir)) {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(None),
        Err(e) => return Err(e),
    };
    stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(Some(serde_json::from_str(&line)?))
}
