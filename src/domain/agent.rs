//! What the box and an agent say to each other. An agent stands beside a printer that the box can't reach; it does as it is told and
//! keeps nothing, so a label is never sent twice. One text message each: a letter, the order's number, what it carries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The box to the agent. Each is answered with `Done` or `Failed` of its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub number: u64,
    pub task: Task,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// A printer that is open already stays so.
    Open,
    /// To the printer, in one write: a label or a question.
    Send(Vec<u8>),
    Close,
}

/// The agent to the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Done(u64),
    Failed(u64, String),
    /// What the printer says.
    Heard(Vec<u8>),
    /// The printer has hung up.
    Gone,
}

const NAME_CHARS_MAX: usize = 64;
/// The agent pings this often; either side gives the other up after `SILENCE_MAX_S`.
pub const PING_EVERY_S: u64 = 5;
pub const SILENCE_MAX_S: u64 = 15;

/// In addresses, and on a command line: no blanks, nothing that a shell or an address reads otherwise.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || "-._".contains(c))
}

fn parts(text: &str) -> Option<(&str, &str)> {
    Some((text.get(..1)?, text.get(1..)?))
}

impl Order {
    pub fn write(&self) -> String {
        let number = self.number;
        match &self.task {
            Task::Open => format!("o{number}"),
            Task::Send(bytes) => format!("s{number} {}", STANDARD.encode(bytes)),
            Task::Close => format!("c{number}"),
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        let (number, task) = match parts(text)? {
            ("o", number) => (number, Task::Open),
            ("c", number) => (number, Task::Close),
            ("s", rest) => {
                let (number, bytes) = rest.split_once(' ')?;
                (number, Task::Send(STANDARD.decode(bytes).ok()?))
            }
            _ => return None,
        };
        Some(Self { number: number.parse().ok()?, task })
    }
}

impl Word {
    pub fn write(&self) -> String {
        match self {
            Self::Done(number) => format!("d{number}"),
            Self::Failed(number, why) => format!("f{number} {why}"),
            Self::Heard(bytes) => format!("h{}", STANDARD.encode(bytes)),
            Self::Gone => "g".into(),
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        match parts(text)? {
            ("d", number) => number.parse().ok().map(Self::Done),
            ("f", rest) => {
                let (number, why) = rest.split_once(' ')?;
                Some(Self::Failed(number.parse().ok()?, why.to_owned()))
            }
            ("h", bytes) => STANDARD.decode(bytes).ok().map(Self::Heard),
            ("g", "") => Some(Self::Gone),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        for task in [Task::Open, Task::Send(vec![0, 0x1B, 255]), Task::Send(Vec::new()), Task::Close] {
            let order = Order { number: 17, task };
            assert_eq!(Order::read(&order.write()), Some(order));
        }
        for word in [Word::Done(3), Word::Failed(4, "缺纸 x".into()), Word::Heard(b"\x02ok\x03".to_vec()), Word::Gone] {
            assert_eq!(Word::read(&word.write()), Some(word));
        }
        for text in ["", "x", "o", "s1", "s1 !", "d", "dx", "纸"] {
            assert_eq!((Order::read(text), Word::read(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn names() {
        assert!(["line-3", "3号工位", "a.b_c"].iter().all(|name| is_name(name)));
        assert!(["", "a b", "a/b", "a:b", &"x".repeat(65)].iter().all(|name| !is_name(name)));
    }
}
