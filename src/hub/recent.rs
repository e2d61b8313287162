//! Recent messages, for sockets that reconnect.

use super::Message;
use bytes::Bytes;
use std::collections::VecDeque;

const KEPT_MAX: usize = 2_048;
const KEPT_BYTES_MAX: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Recent {
    /// All messages after this number are kept.
    after: u64,
    newest: u64,
    kept: VecDeque<(u64, Message)>,
    bytes: usize,
}

impl Recent {
    pub fn new(newest: u64) -> Self {
        Self { after: newest, newest, ..Self::default() }
    }

    pub fn newest(&self) -> u64 {
        self.newest
    }

    pub fn add(&mut self, number: u64, messages: &[Message]) {
        self.newest = number;
        for message in messages {
            self.bytes += message.text.len();
            self.kept.push_back((number, message.clone()));
        }
        while self.kept.len() > KEPT_MAX || self.bytes > KEPT_BYTES_MAX {
            let Some((number, gone)) = self.kept.pop_front() else { break };
            self.bytes -= gone.text.len();
            self.after = number;
        }
    }

    /// Messages after this number, oldest first. `None`: some are gone, or the number is another store's.
    pub fn since(&self, number: u64) -> Option<impl Iterator<Item = &(u64, Message)>> {
        let is_here = (self.after..=self.newest).contains(&number);
        is_here.then(|| self.kept.iter().filter(move |(told, _)| *told > number))
    }
}

/// The message with its number added.
pub(super) fn numbered(text: &Bytes, number: u64) -> Bytes {
    let Some(open) = text.strip_suffix(b"}") else { return text.clone() };
    Bytes::from([open, format!(",\"number\":{number}}}").as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CompanyId;
    use crate::hub::{Audience, Page, Told};

    fn message(bytes: usize) -> Message {
        Message {
            pages: &[Page::Queue],
            audience: Audience::Company(CompanyId(1)),
            told: Told::Here,
            text: Bytes::from(vec![b'x'; bytes]),
        }
    }

    #[test]
    fn what_is_no_longer_kept_is_said_to_be_missing() {
        let mut recent = Recent::new(10);
        assert!(recent.since(9).is_none() && recent.since(11).is_none());
        recent.add(11, &[message(1), message(1)]);
        recent.add(12, &[]);
        let numbers = |recent: &Recent, since| recent.since(since).map(|told| told.map(|(number, _)| *number).collect::<Vec<_>>());
        assert_eq!(numbers(&recent, 10), Some(vec![11, 11]));
        assert_eq!(numbers(&recent, 11), Some(vec![]));
        for number in 13..13 + KEPT_MAX as u64 {
            recent.add(number, &[message(1)]);
        }
        assert_eq!((numbers(&recent, 10), numbers(&recent, 12).map(|n| n.len())), (None, Some(KEPT_MAX)));
        recent.add(5_000, &[message(KEPT_BYTES_MAX)]);
        assert_eq!((numbers(&recent, 4_998), numbers(&recent, 4_999)), (Some(vec![5_000]), Some(vec![5_000])));
        recent.add(5_001, &[message(KEPT_BYTES_MAX)]);
        assert_eq!((numbers(&recent, 4_999), numbers(&recent, 5_000)), (None, Some(vec![5_001])));
    }

    #[test]
    fn a_number_goes_into_the_message() {
        assert_eq!(numbered(&Bytes::from_static(b"{\"msg_id\":205}"), 7), Bytes::from_static(b"{\"msg_id\":205,\"number\":7}"));
    }
}
