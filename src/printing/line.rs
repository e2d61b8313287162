//! A connection to one printer. Printers take one at a time, and mix up what two send; so it lives as short as its work does.
//! Not here: what is asked and answered (status.rs), what is sent (feeder.rs).

use super::status::{Question, Report};
use crate::app::agents::Agents;
use crate::domain::agent::{Order, Task, Word};
use crate::domain::printer::{Address, Language};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::time::{Instant, timeout, timeout_at};

const CONNECT_MAX: Duration = Duration::from_secs(3);
/// A printer that takes nothing for so long is not going to.
const WRITE_MAX: Duration = Duration::from_secs(30);
/// Who has not answered by then is silent.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const CLOSE_MAX: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 64 << 10;
const PART_BYTES: usize = 1024;

#[derive(Debug)]
pub struct Line {
    way: Way,
    questions: &'static [Question],
    /// Not all know all of their language's questions.
    skipped: usize,
    /// Whether it has answered the first one that is asked.
    has_answered: bool,
}

#[derive(Debug)]
enum Way {
    Tcp(TcpStream),
    Agent(Agent),
}

#[derive(Debug)]
struct Agent {
    ordered: Arc<AtomicU64>,
    orders: mpsc::Sender<Order>,
    words: OwnedMutexGuard<mpsc::Receiver<Word>>,
    /// Came while something else was awaited.
    heard: Vec<u8>,
}

impl Line {
    pub async fn open(address: &Address, language: Language, agents: &Agents) -> io::Result<Self> {
        let open = async {
            match address {
                Address::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    stream.set_nodelay(true)?;
                    Ok(Way::Tcp(stream))
                }
                Address::Agent { name } => Ok(Way::Agent(Agent::open(agents, name).await?)),
            }
        };
        let way = timeout(CONNECT_MAX, open).await.map_err(|_| io::ErrorKind::TimedOut)?;
        way.map(|way| Self { way, questions: Question::of(language), skipped: 0, has_answered: false })
    }

    /// All of it, in one write where the way there lets it.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Tcp(stream) => write_all(stream, bytes).await,
            Way::Agent(agent) => {
                timeout(WRITE_MAX, agent.order(Task::Send(bytes.to_vec()))).await.map_err(|_| io::ErrorKind::TimedOut)?
            }
        }
    }

    /// How it is. `None`: it is silent.
    pub async fn ask(&mut self) -> io::Result<Option<Report>> {
        let mut said: Option<Report> = None;
        for (at, question) in self.questions.iter().enumerate().skip(self.skipped) {
            match self.answer(*question).await? {
                // What is wrong says more than whether it is done.
                Some(report) if !report.state.takes_labels() => return Ok(Some(report)),
                Some(report) => {
                    if said.is_none() {
                        (self.skipped, self.has_answered) = (at, true);
                    }
                    said = Some(report);
                }
                None if self.has_answered && at == self.skipped => return Ok(None),
                None => {}
            }
        }
        Ok(said)
    }

    async fn answer(&mut self, question: Question) -> io::Result<Option<Report>> {
        self.drop_what_came_late().await?;
        self.send(question.bytes()).await?;
        let (until, mut heard) = (Instant::now() + ANSWER_MAX, Vec::new());
        loop {
            let Ok(part) = timeout_at(until, self.hear()).await else { return Ok(None) };
            heard.extend(part?);
            if let Some(report) = question.answer(&heard) {
                return Ok(Some(report));
            }
            if heard.len() > ANSWER_BYTES_MAX {
                return Ok(None);
            }
        }
    }

    /// Never empty.
    async fn hear(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.way {
            Way::Tcp(stream) => {
                let mut part = [0; PART_BYTES];
                match stream.read(&mut part).await? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    length => Ok(part[..length].to_vec()),
                }
            }
            Way::Agent(agent) => agent.hear().await,
        }
    }

    /// An answer to an earlier question is none to this one. Who never stops talking answers nothing.
    async fn drop_what_came_late(&mut self) -> io::Result<()> {
        let mut dropped = 0;
        while dropped <= ANSWER_BYTES_MAX {
            let mut hear = Box::pin(self.hear());
            let now = poll_fn(|context| match hear.as_mut().poll(context) {
                Poll::Ready(part) => Poll::Ready(Some(part)),
                Poll::Pending => Poll::Ready(None),
            });
            match now.await {
                None => return Ok(()),
                Some(part) => dropped += part?.len(),
            };
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// Says that no more comes, and waits until the printer has taken all of it.
    pub async fn close(self) {
        let ends = async {
            match self.way {
                Way::Tcp(mut stream) => {
                    stream.shutdown().await?;
                    let mut part = [0; PART_BYTES];
                    while stream.read(&mut part).await? > 0 {}
                    io::Result::Ok(())
                }
                Way::Agent(mut agent) => agent.order(Task::Close).await,
            }
        };
        let _ = timeout(CLOSE_MAX, ends).await;
    }
}

/// Slow is well; not moving is not.
async fn write_all(stream: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = timeout(WRITE_MAX, stream.write(bytes)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
    }
    Ok(())
}

impl Agent {
    async fn open(agents: &Agents, name: &str) -> io::Result<Self> {
        let not_there = || io::Error::new(io::ErrorKind::NotConnected, "its agent is not connected");
        let agent = agents.get(name).ok_or_else(not_there)?;
        let words = agent.words.lock_owned().await;
        let mut agent = Self { ordered: agent.ordered, orders: agent.orders, words, heard: Vec::new() };
        // Of an earlier line.
        while agent.words.try_recv().is_ok() {}
        agent.order(Task::Open).await?;
        agent.heard.clear();
        Ok(agent)
    }

    async fn word(&mut self) -> io::Result<Word> {
        let gone = || io::Error::new(io::ErrorKind::ConnectionAborted, "the agent has lost its connection");
        self.words.recv().await.ok_or_else(gone)
    }

    /// Until it is done. Answers to orders that were given up are passed over.
    async fn order(&mut self, task: Task) -> io::Result<()> {
        let number = self.ordered.fetch_add(1, Ordering::Relaxed) + 1;
        let is_open = task != Task::Open;
        self.orders.send(Order { number, task }).await.map_err(|_| io::ErrorKind::ConnectionAborted)?;
        loop {
            match self.word().await? {
                Word::Done(of) if of == number => return Ok(()),
                Word::Failed(of, why) if of == number => return Err(io::Error::other(why)),
                Word::Gone if is_open => return Err(io::ErrorKind::UnexpectedEof.into()),
                Word::Heard(bytes) => self.heard.extend(bytes),
                Word::Done(_) | Word::Failed(..) | Word::Gone => {}
            }
        }
    }

    async fn hear(&mut self) -> io::Result<Vec<u8>> {
        while self.heard.is_empty() {
            match self.word().await? {
                Word::Gone => return Err(io::ErrorKind::UnexpectedEof.into()),
                Word::Heard(bytes) => self.heard = bytes,
                Word::Done(_) | Word::Failed(..) => {}
            }
        }
        Ok(std::mem::take(&mut self.heard))
    }
}
