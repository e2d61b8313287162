//! Checks the log: its chain and its index.

use super::super::log;
use super::Check;
use crate::store::StoreError;
use crate::store::tables::{LOG, LOG_INDEX, LOG_KEYS};

impl Check<'_> {
    pub(super) fn log(&mut self) -> Result<(), StoreError> {
        // The hash chain: a row can't be changed in one place alone.
        let (mut newest, mut digest, mut is_chained, mut subjects) = ((i64::MIN, 0), [0; 32], false, 0);
        let rows = self.each(&LOG, |check, place, row| {
            check.expect(place.1 == newest.1 + 1, || format!("log: between row {} and row {} some are missing", newest.1, place.1));
            is_chained |= row.before.is_some();
            check.expect(!is_chained || row.before == Some(digest), || {
                format!("log: row {} is not as it was when row {} was written, or rows between them are missing", newest.1, place.1)
            });
            (newest, digest) = (place, log::digest(&place, &row));
            for facet in [log::NAMED, log::NUMBERED] {
                subjects += log::values(check.view, &row, facet)?.len();
            }
            Ok(())
        })?;
        if rows > 0 {
            let known = log::newest_place(self.view)?;
            self.expect(known == newest, || format!("log: the newest row is {newest:?}, and {known:?} is known to be"));
        }
        // Index order: each value's numbers run from 1 without gaps, and upwards in time.
        let (mut last, mut every, mut about) = (None, 0, 0);
        self.each(&LOG_INDEX, |check, (facet, company, text, number), arrival| {
            let key = (facet, company, text);
            let before = match last.take() {
                Some((same, number, arrival)) if same == key => (number, arrival),
                _ => (0, (i64::MIN, 0)),
            };
            check.expect(number == before.0 + 1 && arrival > before.1, || format!("log index: {key:?} {number} is out of order"));
            match check.view.get(&LOG, &arrival)? {
                Some(row) => {
                    let named = log::values(check.view, &row, facet)?;
                    check.expect(named.contains(&key.2), || format!("log index: {key:?} {number} is a row of {named:?}"));
                }
                None => check.say(format!("log index: {key:?} {number} names a row that is not there")),
            }
            every += u64::from(facet % log::ADMINISTRATION == log::EVERY);
            about += usize::from(matches!(facet % log::ADMINISTRATION, log::NAMED | log::NUMBERED));
            last = Some((key, number, arrival));
            Ok(())
        })?;
        self.expect(rows == every, || format!("log: {rows} rows, {every} in its index"));
        self.expect(subjects == about, || format!("log: its rows are about {subjects} things, {about} are in its index"));
        let mut indexed = 0;
        self.each(&LOG_KEYS, |check, key, number| {
            indexed += number;
            check.is_there(&LOG_INDEX, &(key.0, key.1, key.2.clone(), number), "its count")
        })?;
        let in_all = self.each(&LOG_INDEX, |_, _, _| Ok(()))?;
        self.expect(indexed == in_all, || format!("log index: {in_all} rows, and {indexed} are counted"));
        self.allotted("log", rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::By;
    use crate::domain::fact::{Deed, Fact};
    use crate::domain::ids::CompanyId;
    use crate::store::Store;
    use crate::store::memory::Memory;
    use std::sync::Arc;

    /// A log of ten rows, the first two as by an older release, after `harm`.
    fn problems(harm: impl FnOnce(&mut crate::store::Txn<'_>) + Send + 'static) -> Vec<String> {
        let store = Store::new(Arc::new(Memory::default()), crate::store::endless()).unwrap();
        let write = store.write_blocking(move |txn| {
            for n in 0..10 {
                let by = By::the_box(CompanyId(1), "company".into());
                log::log(txn, n, &by, None, Fact::Done(Deed::UserLocked, n.to_string()))?;
                if n < 2 {
                    change(txn, n + 1, |row| row.before = None);
                }
            }
            harm(txn);
            Ok(())
        });
        write.unwrap();
        store.read(|view| {
            let mut check = Check::new(view);
            check.log().unwrap();
            check.findings.problems
        })
    }

    fn change(txn: &mut crate::store::Txn<'_>, number: i64, change: impl FnOnce(&mut crate::domain::action::LogRow)) {
        let place = (number - 1, number.unsigned_abs());
        let mut row = txn.get(&LOG, &place).unwrap().unwrap();
        change(&mut row);
        txn.put(&LOG, &place, &row).unwrap();
    }

    #[test]
    fn a_log_that_somebody_changed_is_told_from_one_that_nobody_did() {
        assert_eq!(problems(|_| {}), [""; 0]);
        let renamed = problems(|txn| change(txn, 5, |row| row.fact = Fact::Done(Deed::UserLocked, "another".into())));
        let chain = "log: row 5 is not as it was when row 6 was written, or rows between them are missing";
        assert_eq!(renamed, [chain, "log index: (13, CompanyId(1), \"4\") 1 is a row of {\"another\"}"]);
        // The first chained row covers the last unchained one.
        let old = problems(|txn| change(txn, 2, |row| row.fact = Fact::Done(Deed::UserLocked, "x".into())));
        assert_eq!(old.len(), 2, "{old:?}");
        let unchained = problems(|txn| change(txn, 7, |row| row.before = None));
        assert!(!unchained.is_empty());
        for number in [1, 5, 10] {
            let missing = problems(move |txn| txn.delete(&LOG, &(number - 1, number.unsigned_abs())));
            assert!(missing.iter().any(|problem| problem.starts_with("log: ")), "{number}: {missing:?}");
        }
    }
}
