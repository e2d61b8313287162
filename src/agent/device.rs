//! The printer beside an agent: a USB device, one on the network, or a print queue of the system. A thread of its own does one order after the
//! other; another listens.

use crate::domain::agent::{Order, Task, Word};
use crate::os;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Orders and words wait for the other side at most so many at a time.
const WAITING_MAX: usize = 64;
const PART_BYTES: usize = 1024;
const CONNECT_MAX: Duration = Duration::from_secs(3);
const WRITE_MAX: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// Both ways, such as `/dev/usb/lp0`. Stays open: the kernel lets one process in.
    File(PathBuf),
    /// Host and port.
    Tcp(String),
    /// Of CUPS or of Windows: takes labels and tells nothing.
    Queue(String),
}

impl Device {
    /// `None`: the only USB printer there is.
    pub fn parse(text: Option<&str>) -> Result<Self, Box<dyn Error>> {
        match text {
            None => Ok(Self::File(only_usb_printer()?)),
            Some(text) => Ok(match (text.strip_prefix("tcp://"), text.strip_prefix("cups:").or(text.strip_prefix("spooler:"))) {
                (Some(address), _) => Self::Tcp(if address.contains(':') { address.to_owned() } else { format!("{address}:9100") }),
                (_, Some(queue)) => Self::Queue(queue.to_owned()),
                _ => Self::File(text.into()),
            }),
        }
    }
}

fn only_usb_printer() -> Result<PathBuf, Box<dyn Error>> {
    match os::usb_printers().as_slice() {
        [only] => Ok(only.clone()),
        [] => Err("没有找到 USB 打印机；请用 --device 指定，如 /dev/usb/lp0、tcp://192.168.1.50:9100、cups:队列名，在 Windows 上是 spooler:打印机名\nno USB printer is there: name one with --device, like /dev/usb/lp0, tcp://192.168.1.50:9100, cups:QUEUE, or on Windows spooler:PRINTER".into()),
        several => {
            let list = several.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ");
            Err(format!("有几台 USB 打印机，请用 --device 指定其中一台：{list}\nseveral USB printers are there: name one with --device: {list}").into())
        }
    }
}

/// The printer's thread. Orders and words belong to a connection with the box; those of an earlier one count for nothing.
#[derive(Debug)]
pub struct Printer {
    connection: Arc<AtomicU64>,
    pub orders: mpsc::Sender<(u64, Order)>,
    pub words: mpsc::Receiver<(u64, Word)>,
}

impl Printer {
    pub fn start(device: Device) -> io::Result<Self> {
        let connection = Arc::<AtomicU64>::default();
        let (orders, to_do) = mpsc::channel(WAITING_MAX);
        let (words, said) = mpsc::channel(WAITING_MAX);
        let speaker = Speaker { connection: Arc::clone(&connection), words };
        std::thread::Builder::new().name("printer".into()).spawn(move || work(&device, to_do, &speaker))?;
        Ok(Self { connection, orders, words: said })
    }

    /// What is still to be done for the last one is not done any more.
    pub fn next_connection(&self) -> u64 {
        self.connection.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(Clone)]
struct Speaker {
    connection: Arc<AtomicU64>,
    words: mpsc::Sender<(u64, Word)>,
}

impl Speaker {
    fn connection(&self) -> u64 {
        self.connection.load(Ordering::SeqCst)
    }

    /// False: nobody listens any more.
    fn say(&self, word: Word) -> bool {
        self.words.blocking_send((self.connection(), word)).is_ok()
    }
}

/// An open way to the printer.
enum Way {
    File(Arc<File>),
    Tcp { stream: TcpStream, closing: Arc<AtomicBool> },
    Queue(String),
}

impl Way {
    /// What was sent is taken to its end; more does not come.
    fn say_no_more(&self) {
        if let Self::Tcp { stream, closing } = self {
            closing.store(true, Ordering::SeqCst);
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// A printer takes one connection, and this one may be an earlier box's, in the middle of a label.
    fn hang_up(&self) {
        if let Self::Tcp { stream, closing } = self {
            closing.store(true, Ordering::SeqCst);
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn work(device: &Device, mut orders: mpsc::Receiver<(u64, Order)>, speaker: &Speaker) {
    let mut way: Option<Way> = None;
    // The box asks again and again; a person reads it once.
    let mut told = String::new();
    while let Some((connection, Order { number, task })) = orders.blocking_recv() {
        if connection != speaker.connection() {
            continue;
        }
        let done = match task {
            Task::Open => match &way {
                Some(Way::File(_)) => Ok(()),
                before => {
                    before.iter().for_each(Way::hang_up);
                    open(device, speaker).map(|opened| way = Some(opened))
                }
            },
            Task::Send(bytes) => {
                let not_open = || Err(io::ErrorKind::NotConnected.into());
                way.as_mut().map_or_else(not_open, |way| send(way, &bytes))
            }
            Task::Close => {
                way.iter().for_each(Way::say_no_more);
                Ok(())
            }
        };
        let word = match done {
            Ok(()) => {
                told.clear();
                Word::Done(number)
            }
            Err(e) => {
                let trouble = e.to_string();
                if trouble != told {
                    eprintln!("打印机用不了（{device:?}）：{trouble}\nthe printer can't be used ({device:?}): {trouble}");
                    told = trouble;
                }
                way.take().iter().for_each(Way::hang_up);
                Word::Failed(number, e.to_string())
            }
        };
        // The box may have been lost while it was done: then this is no answer to the next one.
        if speaker.words.blocking_send((connection, word)).is_err() {
            return;
        }
    }
}

fn open(device: &Device, speaker: &Speaker) -> io::Result<Way> {
    Ok(match device {
        Device::File(path) => {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            if !os::is_printer(&file) {
                return Err(io::Error::other("不是打印机设备 / this is no printer"));
            }
            let file = Arc::new(file);
            listen(Arc::clone(&file), speaker.clone(), Arc::new(AtomicBool::new(true)))?;
            Way::File(file)
        }
        Device::Tcp(address) => {
            let address = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
            let stream = TcpStream::connect_timeout(&address, CONNECT_MAX)?;
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(WRITE_MAX))?;
            let closing = Arc::<AtomicBool>::default();
            listen(stream.try_clone()?, speaker.clone(), Arc::clone(&closing))?;
            Way::Tcp { stream, closing }
        }
        Device::Queue(queue) => Way::Queue(queue.clone()),
    })
}

fn send(way: &mut Way, bytes: &[u8]) -> io::Result<()> {
    match way {
        Way::File(file) => (&**file).write_all(bytes),
        Way::Tcp { stream, .. } => stream.write_all(bytes),
        // Nobody answers from behind a queue, where each question would wait as a job while the printer is off.
        Way::Queue(_) if is_question(bytes) => Ok(()),
        Way::Queue(queue) => os::print(queue, bytes),
    }
}

/// Of a Zebra or a TSC; a label begins with neither.
fn is_question(bytes: &[u8]) -> bool {
    bytes.starts_with(b"~H") || bytes.starts_with(b"\x1B!")
}

/// Passes on what the printer says. `is_expected`: that it hangs up is no news.
fn listen(mut from: impl Read + Send + 'static, speaker: Speaker, is_expected: Arc<AtomicBool>) -> io::Result<()> {
    let listen = move || {
        let mut part = [0; PART_BYTES];
        loop {
            match from.read(&mut part) {
                Ok(length) if length > 0 => {
                    if !speaker.say(Word::Heard(part[..length].to_vec())) {
                        return;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => break,
            }
        }
        if !is_expected.load(Ordering::SeqCst) {
            speaker.say(Word::Gone);
        }
    };
    std::thread::Builder::new().name("printer's answers".into()).spawn(listen).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_asked_nothing_and_gets_labels() {
        let mut nowhere = Way::Queue("no such queue".into());
        for question in [&b"~HS\r\n"[..], b"~HQES\r\n", b"\x1B!?"] {
            send(&mut nowhere, question).unwrap();
        }
        for label in [&b"^XA^XZ"[..], b"SIZE 40 mm,30 mm\r\n"] {
            assert!(send(&mut nowhere, label).is_err(), "a label is not taken for a question");
        }
    }

    #[test]
    fn where_a_printer_may_be() {
        let parse = |text| Device::parse(Some(text)).unwrap();
        assert_eq!(parse("/dev/usb/lp1"), Device::File("/dev/usb/lp1".into()));
        assert_eq!(parse("tcp://printer"), Device::Tcp("printer:9100".into()));
        assert_eq!(parse("tcp://printer:6101"), Device::Tcp("printer:6101".into()));
        assert_eq!(parse("cups:Zebra"), Device::Queue("Zebra".into()));
        assert_eq!(parse("spooler:ZDesigner ZD421"), Device::Queue("ZDesigner ZD421".into()));
    }
}
