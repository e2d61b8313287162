//! Sends a file's requests over many connections, each waiting for its answer before the next.

use crate::{Result, cpu_seconds, own_share, percentiles};
use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Asked<'a> {
    pub kind: &'a str,
    pub address: &'a str,
    pub connections: usize,
    /// 0: each request once.
    pub seconds: f64,
    pub file: &'a str,
}

/// Each preceded by its length (u32, little-endian).
pub fn parts(file: &str) -> Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(file)?;
    let (mut rest, mut parts) = (&bytes[..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (part, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        parts.push(part.to_vec());
        rest = after;
    }
    Ok(parts)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

/// The first answer's length, once complete.
fn http_answer(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = head + 4;
    let text = std::str::from_utf8(&bytes[..head])?;
    if !text.starts_with("HTTP/1.1 200") {
        return Err(format!("refused: {}", String::from_utf8_lossy(bytes)).into());
    }
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    match length {
        Some(length) => Ok(Some(head + length?).filter(|end| *end <= bytes.len())),
        // Chunked: only the last chunk is empty.
        None => Ok(find(&bytes[head - 2..], b"\r\n0\r\n\r\n").map(|at| head - 2 + at + 7)),
    }
}

fn resp_answer(bytes: &[u8]) -> Result<Option<usize>> {
    if bytes.first() == Some(&b'-') {
        return Err(format!("refused: {}", String::from_utf8_lossy(bytes)).into());
    }
    Ok(find(bytes, b"\r\n").map(|at| at + 2))
}

pub async fn drive(asked: Asked<'_>) -> Result<String> {
    let requests = Rc::new(parts(asked.file)?);
    let answer = if asked.kind == "resp" { resp_answer } else { http_answer };
    let (next, times) = (Rc::new(Cell::new(0usize)), Rc::new(RefCell::new(Vec::<Duration>::new())));
    let mut streams = Vec::new();
    for _ in 0..asked.connections {
        let stream = TcpStream::connect(asked.address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let until = (asked.seconds > 0.0).then(|| began + Duration::from_secs_f64(asked.seconds));
    let local = tokio::task::LocalSet::new();
    for mut stream in streams {
        let (requests, next, times) = (requests.clone(), next.clone(), times.clone());
        local.spawn_local(async move {
            let mut buffer = Vec::with_capacity(64 << 10);
            loop {
                let turn = next.replace(next.get() + 1);
                if until.map_or(turn >= requests.len(), |until| Instant::now() >= until) {
                    return;
                }
                let sent = Instant::now();
                let asked = async {
                    stream.write_all(&requests[turn % requests.len()]).await?;
                    buffer.clear();
                    while answer(&buffer)?.is_none() {
                        if stream.read_buf(&mut buffer).await? == 0 {
                            return Err("hung up".into());
                        }
                    }
                    Result::Ok(())
                };
                if let Err(e) = asked.await {
                    eprintln!("load: {e}");
                    std::process::exit(1);
                }
                times.borrow_mut().push(sent.elapsed());
            }
        });
    }
    local.await;
    let (took, own) = (began.elapsed(), own_share(began, cpu));
    let times = times.take();
    let a_second = times.len() as f64 / took.as_secs_f64();
    Ok(format!("{{\"a_second\":{a_second:.2},\"tool\":{own:.2},{}}}", percentiles(times)))
}

/// A beanstalkd queue, job by job: put, reserve, delete. With `-f0` put and delete are synced.
pub fn tubes(address: &str, jobs: usize, bytes: usize) -> Result<String> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let put = [format!("put 0 0 60 {bytes}\r\n").into_bytes(), vec![b'x'; bytes], b"\r\n".to_vec()].concat();
    let mut line = String::new();
    let mut say = |what: &[u8], expected: &str, reader: &mut BufReader<std::net::TcpStream>| {
        stream.write_all(what)?;
        line.clear();
        reader.read_line(&mut line)?;
        if line.starts_with(expected) { Result::Ok(line.clone()) } else { Err(format!("beanstalkd: {line}").into()) }
    };
    let began = Instant::now();
    for _ in 0..jobs {
        say(&put, "INSERTED", &mut reader)?;
        let reserved = say(b"reserve\r\n", "RESERVED", &mut reader)?;
        reader.read_exact(&mut vec![0; bytes + 2])?;
        let id = reserved.split_whitespace().nth(1).ok_or("no number")?;
        say(format!("delete {id}\r\n").as_bytes(), "DELETED", &mut reader)?;
    }
    Ok(format!("{{\"a_second\":{:.2}}}", jobs as f64 / began.elapsed().as_secs_f64()))
}
