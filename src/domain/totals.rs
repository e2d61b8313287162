//! Totals by whether invoices count; exact and signed. Not here: storing them (app).

use super::invoice::{Invoice, Standing};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The machine was sure, or a person reviewed it.
    Confirmed,
    Waiting,
    /// It looks like one that comes before it, and no person has said otherwise.
    Duplicate,
    Void,
}

impl Class {
    pub fn of(invoice: &Invoice, is_duplicate: bool) -> Self {
        if invoice.void.is_some() {
            return Self::Void;
        }
        if is_duplicate {
            return Self::Duplicate;
        }
        match invoice.standing {
            Standing::Passed | Standing::Reviewed => Self::Confirmed,
            Standing::Waiting | Standing::Reading => Self::Waiting,
        }
    }

    /// On the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Waiting => "waiting",
            Self::Duplicate => "duplicate",
            Self::Void => "void",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub count: u64,
    /// Those whose 金额 is a sum.
    pub summed: u64,
    /// Wide enough never to overflow.
    pub fen: i128,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub confirmed: Part,
    pub waiting: Part,
    pub duplicate: Part,
    pub void: Part,
}

impl Totals {
    fn part(&mut self, class: Class) -> &mut Part {
        match class {
            Class::Confirmed => &mut self.confirmed,
            Class::Waiting => &mut self.waiting,
            Class::Duplicate => &mut self.duplicate,
            Class::Void => &mut self.void,
        }
    }

    pub fn add(&mut self, invoice: &Invoice, class: Class) {
        let part = self.part(class);
        part.count += 1;
        if let Some(fen) = invoice.amount() {
            part.summed += 1;
            part.fen += i128::from(fen);
        }
    }

    pub fn take(&mut self, invoice: &Invoice, class: Class) {
        let part = self.part(class);
        part.count = part.count.saturating_sub(1);
        if let Some(fen) = invoice.amount() {
            part.summed = part.summed.saturating_sub(1);
            part.fen -= i128::from(fen);
        }
    }

    fn parts(&self) -> [Part; 4] {
        [self.confirmed, self.waiting, self.duplicate, self.void]
    }

    pub fn invoices(&self) -> u64 {
        self.parts().iter().map(|part| part.count).sum()
    }

    pub fn without_amount(&self) -> u64 {
        self.parts().iter().map(|part| part.count - part.summed.min(part.count)).sum()
    }
}
