//! The backend in memory, for tests.

use super::{Batch, KeyValue, Pair, StoreError};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

#[derive(Debug, Default)]
pub struct Memory {
    rows: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl KeyValue for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a> {
        let mut from = Bound::Included(from.to_vec());
        let mut to = to.map(<[u8]>::to_vec);
        Box::new(std::iter::from_fn(move || {
            let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
            // `BTreeMap::range` panics if it ends before it starts.
            match (&from, &to) {
                (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) if a > b => return None,
                (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b)) if a == b => return None,
                _ => {}
            }
            let mut range = rows.range((from.clone(), to.clone()));
            let (key, value) = if newest_first { range.next_back() } else { range.next() }?;
            let edge = Bound::Excluded(key.clone());
            if newest_first {
                to = edge;
            } else {
                from = edge;
            }
            Some(Ok((key.clone(), value.clone())))
        }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
