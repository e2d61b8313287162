//! Upper limits: an HTTP server that says hello, files written and synced, bytes sent to many sockets; an engine that takes no
//! time.

use crate::{Result, drive};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener as Blocking, TcpStream as BlockingStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub async fn hello() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let say = |_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello")))) };
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(say)));
    }
}

/// Each part is written, synced, renamed, the folder synced.
pub fn files(dir: &str, connections: usize, file: &str) -> Result<String> {
    let (parts, next) = (drive::parts(file)?, AtomicUsize::new(0));
    let folder = File::open(dir)?;
    let keep = |number: usize| -> std::io::Result<()> {
        let (incoming, kept) = (Path::new(dir).join(format!("{number}.incoming")), Path::new(dir).join(number.to_string()));
        let mut file = File::create(&incoming)?;
        file.write_all(&parts[number])?;
        file.sync_all()?;
        fs::rename(incoming, kept)?;
        folder.sync_all()
    };
    let began = Instant::now();
    std::thread::scope(|scope| {
        let work = || loop {
            match next.fetch_add(1, Ordering::Relaxed) {
                number if number < parts.len() => keep(number)?,
                _ => return std::io::Result::Ok(()),
            }
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(std::io::Error::other("panicked"))))
    })?;
    Ok(format!("{{\"a_second\":{:.2}}}", parts.len() as f64 / began.elapsed().as_secs_f64()))
}

/// Sends the same bytes to everyone who has sent a header, for each line to the second port.
pub async fn fan(bytes: usize) -> Result<()> {
    let (watchers, triggers) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    println!("{} {}", watchers.local_addr()?.port(), triggers.local_addr()?.port());
    // A WebSocket text frame's head, for the client that counts them.
    let length = u16::try_from(bytes)?;
    let head = if length < 126 { vec![0x81, length as u8] } else { [&[0x81, 126][..], &length.to_be_bytes()].concat() };
    let frame = [head, vec![b'x'; bytes]].concat();
    let mut open: Vec<TcpStream> = Vec::new();
    loop {
        tokio::select! {
            came = watchers.accept() => {
                let mut stream = came?.0;
                stream.set_nodelay(true)?;
                stream.read_buf(&mut Vec::with_capacity(4096)).await?;
                stream.write_all(b"HTTP/1.1 101 Go on\r\n\r\n").await?;
                open.push(stream);
            }
            came = triggers.accept() => {
                let mut stream = came?.0;
                while stream.read_buf(&mut Vec::with_capacity(4096)).await? > 0 {
                    for watcher in &mut open {
                        watcher.write_all(&frame).await?;
                    }
                    stream.write_all(b"told\n").await?;
                }
                open.clear();
            }
        }
    }
}

fn talk(mut stream: BlockingStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let frame = |id: i32, body: &str| {
        let length = i32::try_from(body.len()).unwrap_or(0);
        [&id.to_le_bytes()[..], &length.to_le_bytes(), body.as_bytes()].concat()
    };
    let place = r#"{"x":10,"y":10,"w":100,"h":30}"#;
    let read = |probability: f64| {
        let found = format!(r#"{{"status":0,"pos_id":"head","position":{place}}}"#);
        let read = format!(r#"{{"status":0,"pos_id":"head","ocr_result":"paper","probability":{probability}}}"#);
        [frame(100, r#"{"status":0,"id":1}"#), frame(101, &found), frame(102, &read), frame(1, r#"{"status":0}"#)].concat()
    };
    let (sure, unsure) = (read(0.97), read(0.5));
    let mut pictures = 0;
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        let number = |at: usize| i32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        stream.read_exact(&mut vec![0; usize::try_from(number(4)).unwrap_or(0)])?;
        match number(0) {
            1 => {
                pictures += 1;
                stream.write_all(if pictures % 20 == 0 { &unsure } else { &sure })?;
            }
            id => stream.write_all(&frame(id, r#"{"status":0,"id":1}"#))?,
        }
    }
}

/// One area per picture, unsure in one of twenty. ASCII: the same in GBK and UTF-8.
pub fn engine(port: u16) -> Result<()> {
    let listener = Blocking::bind(("127.0.0.1", port))?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        // The box may disconnect.
        std::thread::spawn(move || talk(stream));
    }
    Ok(())
}
