//! Many WebSockets, and how long each change takes to reach all.

use crate::{Result, cpu_seconds, drive, own_share, percentiles};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Asked<'a> {
    pub address: &'a str,
    pub watchers: usize,
    /// A file: the client's first bytes.
    pub handshake: &'a str,
    pub trigger_address: &'a str,
    /// A file: each request makes one change.
    pub triggers: &'a str,
    pub every: Duration,
}

/// The first frame's length, once complete.
fn frame(bytes: &[u8]) -> Option<usize> {
    let (length, head) = match bytes.get(1)? & 0x7F {
        126 => (usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        length => (usize::from(length), 2),
    };
    (bytes.len() >= head + length).then_some(head + length)
}

async fn hear(mut stream: TcpStream, mut buffer: Vec<u8>, came: Rc<RefCell<Vec<Instant>>>) {
    loop {
        while let Some(end) = frame(&buffer) {
            buffer.drain(..end);
            came.borrow_mut().push(Instant::now());
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            return;
        }
    }
}

async fn shake_hands(address: &str, handshake: &[u8]) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(handshake).await?;
    let mut buffer = Vec::new();
    loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            if !buffer.starts_with(b"HTTP/1.1 101") {
                return Err(String::from_utf8_lossy(&buffer).into());
            }
            return Ok((stream, buffer.split_off(at + 4)));
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err("hung up".into());
        }
    }
}

async fn all(asked: Asked<'_>) -> Result<String> {
    let handshake = drive::parts(asked.handshake)?.concat();
    let came = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..asked.watchers {
        let (stream, rest) = shake_hands(asked.address, &handshake).await?;
        tokio::task::spawn_local(hear(stream, rest, came.clone()));
    }
    // Messages on connecting are no changes.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut stream = TcpStream::connect(asked.trigger_address).await?;
    stream.set_nodelay(true)?;
    let (mut each, mut last) = (Vec::new(), Vec::new());
    let (began, cpu) = (Instant::now(), cpu_seconds());
    for trigger in drive::parts(asked.triggers)? {
        came.borrow_mut().clear();
        let sent = Instant::now();
        stream.write_all(&trigger).await?;
        let mut answer = Vec::new();
        stream.read_buf(&mut answer).await?;
        while came.borrow().len() < asked.watchers {
            if sent.elapsed() > Duration::from_secs(10) {
                return Err(format!("{} of {} were told", came.borrow().len(), asked.watchers).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let came = came.borrow();
        each.extend(came.iter().map(|at| *at - sent));
        last.extend(came.iter().max().map(|at| *at - sent));
        drop(came);
        tokio::time::sleep(asked.every.saturating_sub(sent.elapsed())).await;
    }
    last.sort_unstable();
    let median = last.get(last.len() / 2).map_or(0.0, |t| t.as_secs_f64() * 1000.0);
    Ok(format!("{{\"all_ms\":{median:.3},\"tool\":{:.2},{}}}", own_share(began, cpu), percentiles(each)))
}

pub async fn watch(asked: Asked<'_>) -> Result<String> {
    tokio::task::LocalSet::new().run_until(all(asked)).await
}
