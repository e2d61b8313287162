//! Which invoices left the box together, kept in little: numbers in runs, by block. Not here: who took them (app/hand_outs.rs).

use super::ids::InvoiceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const BLOCK: u64 = 4096;

/// First and last, within their block; rising.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs(Vec<(u16, u16)>);

/// The invoice's block, and its place in there.
fn place(InvoiceId(id): InvoiceId) -> (u64, u16) {
    (id / BLOCK, u16::try_from(id % BLOCK).unwrap_or(u16::MAX))
}

pub fn block(id: InvoiceId) -> u64 {
    place(id).0
}

impl Runs {
    pub fn has(&self, id: InvoiceId) -> bool {
        let (_, at) = place(id);
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&at))
    }
}

pub fn by_block(mut ids: Vec<InvoiceId>) -> BTreeMap<u64, Runs> {
    ids.sort_unstable();
    ids.dedup();
    let mut blocks: BTreeMap<u64, Runs> = BTreeMap::new();
    for id in ids {
        let (block, at) = place(id);
        let Runs(runs) = blocks.entry(block).or_default();
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => runs.push((at, at)),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_and_no_other() {
        let taken = [1, 2, 3, 7, 4094, 4095, 4096, 4097, 9000, 2, 7].map(InvoiceId);
        let blocks = by_block(taken.to_vec());
        assert_eq!(blocks[&0], Runs(vec![(1, 3), (7, 7), (4094, 4095)]));
        assert_eq!((blocks[&1].clone(), blocks.len()), (Runs(vec![(0, 1)]), 3));
        for id in (0..10_000).map(InvoiceId) {
            assert_eq!(blocks.get(&block(id)).is_some_and(|runs| runs.has(id)), taken.contains(&id), "{id}");
        }
    }
}
