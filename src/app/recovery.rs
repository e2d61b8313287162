//! What was running when the box went down.

use super::clock::moment;
use super::outcome::Outcome;
use super::queues::{put_back, running};
use super::{App, recognitions, templates};
use crate::domain::action::{CRASHES_MAX, Job};
use crate::domain::ids::ActionId;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::tables::{ACTIONS, BOOT, RUNNING};

impl App {
    /// At start, before anything is dispatched: puts back what another run had in hand, or what is past its time, unless it brought
    /// the box down too often. Returns how many. `boot`: the machine's boot; if that changed, the action was not the cause.
    /// `reads_here`: whether an engine runs in this process; one elsewhere can't bring the box down.
    pub fn recover_actions(&self, boot: &str, reads_here: bool) -> Result<usize, Refusal> {
        let (boot, run) = (boot.to_owned(), self.run);
        self.store.write_blocking(move |txn| {
            let machine_stayed_up = !boot.is_empty() && txn.get(&BOOT, &())?.as_ref() == Some(&boot);
            txn.put(&BOOT, &(), &boot)?;
            let now = moment();
            let ran_out = |id: &ActionId| -> Result<bool, StoreError> {
                Ok(txn.get(&RUNNING, id)?.is_none_or(|running| running.owner != run || running.until.is_over(now)))
            };
            let mut interrupted = Vec::new();
            for action in running(&txn.view())? {
                if ran_out(&action.id)? {
                    interrupted.push(action);
                }
            }
            let found = interrupted.len();
            for mut action in interrupted {
                action.crashes += u32::from(machine_stayed_up && reads_here);
                if action.crashes < CRASHES_MAX {
                    put_back(txn, action)?;
                    continue;
                }
                txn.put(&ACTIONS, &action.id, &action)?;
                match action.job {
                    Job::Recognise { .. } => {
                        recognitions::end_recognition(txn, action.id, vec![Outcome::nothing_read(Reason::WentDown)])?
                    }
                    _ => templates::fail(txn, action.id)?,
                }
            }
            Ok(found)
        })
    }
}
