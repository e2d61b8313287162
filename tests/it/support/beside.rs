//! A user who keeps asking on another thread.

use super::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Test machines are slow.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, Default)]
struct Slowest {
    asked: usize,
    healthz: Duration,
    list: Duration,
}

pub struct Beside {
    done: Arc<AtomicBool>,
    asking: JoinHandle<Slowest>,
}

impl Beside {
    pub fn begin(client: &Client) -> Self {
        let (client, done) = (client.clone(), Arc::new(AtomicBool::new(false)));
        let is_done = done.clone();
        let asking = std::thread::spawn(move || {
            let mut slowest = Slowest::default();
            let ask = |path: &str| {
                let began = Instant::now();
                let answer = client.get(path);
                assert_eq!(answer.status, 200, "{path}: {answer:?}");
                began.elapsed()
            };
            while !is_done.load(Ordering::Relaxed) || slowest.asked == 0 {
                slowest.healthz = slowest.healthz.max(ask("/healthz"));
                slowest.list = slowest.list.max(ask("/api/devices"));
                slowest.asked += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            slowest
        });
        Self { done, asking }
    }

    #[track_caller]
    pub fn end(self, what: &str) {
        self.done.store(true, Ordering::Relaxed);
        let slowest = self.asking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        println!("beside {what}: /healthz {:?}, the list {:?}, of {} each", slowest.healthz, slowest.list, slowest.asked);
        assert!(slowest.healthz < PATIENCE && slowest.list < PATIENCE, "beside {what}: {slowest:?}");
    }
}
