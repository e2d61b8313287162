//! What was under way when the box went down.

use super::queues::{put_back, running};
use super::{App, recognitions, templates};
use crate::domain::action::{CRASHES_MAX, Job};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::tables::{ACTIONS, BOOT};

impl App {
    /// What was running when the box went down is next again, unless it has brought the box down too often. At start, before anything is
    /// dispatched; answers how many. `boot` names the machine's run: when that ended too, the action was not the cause. `reads_here`: in
    /// this process; an engine elsewhere can't bring the box down.
    pub fn recover_actions(&self, boot: &str, reads_here: bool) -> Result<usize, Refusal> {
        let boot = boot.to_owned();
        self.store.write_blocking(move |txn| {
            let machine_stayed_up = !boot.is_empty() && txn.get(&BOOT, &())?.as_ref() == Some(&boot);
            txn.put(&BOOT, &(), &boot)?;
            let interrupted = running(&txn.view())?;
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
                        recognitions::end_recognition(txn, action.id, recognitions::Outcome::nothing_read(Reason::WentDown))?
                    }
                    _ => templates::fail(txn, action.id)?,
                }
            }
            Ok(found)
        })
    }
}
