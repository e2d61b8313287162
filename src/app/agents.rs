//! Agents that are connected now, by the name that they joined with. Not here: their sockets (http/edge/agent.rs), what is said to
//! them (printing/line.rs).

use super::refusals;
use crate::domain::agent::{Order, Word};
use crate::domain::refusal::Refusal;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// Orders and words wait for the other side at most so many at a time.
const WAITING_MAX: usize = 64;

/// The box's end of an agent. Whoever holds `words` talks to it alone.
#[derive(Clone, Debug)]
pub struct Agent {
    number: u64,
    /// Which run of which program it is, as it says.
    run: String,
    /// The last order's number.
    pub ordered: Arc<AtomicU64>,
    pub orders: mpsc::Sender<Order>,
    pub words: Arc<AsyncMutex<mpsc::Receiver<Word>>>,
}

/// The socket's end. When it is dropped, the agent is gone.
#[derive(Debug)]
pub struct Joined {
    agents: Agents,
    name: String,
    number: u64,
    pub orders: mpsc::Receiver<Order>,
    pub words: mpsc::Sender<Word>,
}

#[derive(Clone, Debug, Default)]
pub struct Agents(Arc<Mutex<Connected>>);

#[derive(Debug, Default)]
struct Connected {
    joined: u64,
    by_name: HashMap<String, Agent>,
}

impl Agents {
    fn connected(&self) -> MutexGuard<'_, Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, name: &str) -> Option<Agent> {
        self.connected().by_name.get(name).cloned()
    }

    /// Of the same run, the one that was here is gone: it has lost its connection, and joins again. Of another run it stays, as two
    /// stations of one name would throw each other out for ever.
    pub fn join(&self, name: &str, run: &str) -> Result<Joined, Refusal> {
        let (orders, to_send) = mpsc::channel(WAITING_MAX);
        let (words, heard) = mpsc::channel(WAITING_MAX);
        let mut connected = self.connected();
        if connected.by_name.get(name).is_some_and(|agent| agent.run != run) {
            return Err(refusals::agent_is_here(name));
        }
        connected.joined += 1;
        let number = connected.joined;
        let run = run.to_owned();
        let agent = Agent { number, run, ordered: Arc::default(), orders, words: Arc::new(AsyncMutex::new(heard)) };
        connected.by_name.insert(name.to_owned(), agent);
        Ok(Joined { agents: self.clone(), name: name.to_owned(), number, orders: to_send, words })
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        let mut connected = self.agents.connected();
        if connected.by_name.get(&self.name).is_some_and(|agent| agent.number == self.number) {
            connected.by_name.remove(&self.name);
        }
    }
}
