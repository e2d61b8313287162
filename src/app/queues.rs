//! The queues: what waits, what runs, what is put back. Not here: what is next (domain/dispatch.rs).

use super::clock::moment;
use super::pictures::{self, Kept};
use super::{App, By, faults, log, now, refusals};
use crate::domain::account::Permission;
use crate::domain::action::{Action, FailedFile, Job, Pause, Queue, QueueSizes, State, UploadAnswer};
use crate::domain::dispatch::Heads;
use crate::domain::fact::{Fact, Task};
use crate::domain::ids::{ActionId, Millis};
use crate::domain::invoice::{Picture, Purpose};
use crate::domain::lease::Running;
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::domain::template::EngineNumbers;
use crate::store::tables::{ACTIONS, INVOICES, PAUSE, PICTURES, QUEUES, RUNNING, UPLOAD_KEYS, UPLOAD_KEYS_BY_TIME};
use crate::store::{StoreError, Txn, View};
use std::time::Duration;

const UPLOAD_KEY_LIFE_MS: Millis = 24 * 3_600_000;

fn put_into(txn: &mut Txn<'_>, queue: Queue, action: &Action) -> Result<(), StoreError> {
    txn.put(&QUEUES, &(queue.number(), action.position), &action.id)?;
    txn.add(queue.counter(), 1)?;
    txn.put(&ACTIONS, &action.id, action)
}

fn take_out(txn: &mut Txn<'_>, queue: Queue, action: &Action) -> Result<(), StoreError> {
    txn.delete(&QUEUES, &(queue.number(), action.position));
    txn.add(queue.counter(), -1)?;
    Ok(())
}

/// Appends an action to its queue and logs `fact`. `file_name`: for recognitions.
pub(super) fn enqueue(txn: &mut Txn<'_>, by: &By, job: Job, file_name: &str, fact: Fact) -> Result<Action, StoreError> {
    let number = txn.next("actions")?;
    let now = now();
    let action = Action {
        id: ActionId(number),
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        company: by.actor.company,
        company_name: by.actor.company_name.clone(),
        queued: now,
        position: number.cast_signed(),
        state: State::Waiting,
        failed_tries: 0,
        crashes: 0,
        numbers: EngineNumbers::new(),
        file_name: file_name.to_owned(),
        job,
    };
    put_into(txn, action.job.queue(), &action)?;
    log(txn, now, by, Some(action.id), fact)?;
    Ok(action)
}

fn first_position(txn: &Txn<'_>, queue: Queue) -> Result<Option<i64>, StoreError> {
    let first = txn.scan(&QUEUES, &queue.number(), false).next().transpose()?;
    Ok(first.map(|((_, position), _)| position))
}

fn wait_at(txn: &mut Txn<'_>, mut action: Action, position: i64) -> Result<(), StoreError> {
    action.position = position;
    action.state = State::Waiting;
    txn.delete(&RUNNING, &action.id);
    put_into(txn, action.job.queue(), &action)?;
    txn.tell(News::PutBack { action: action.id });
    Ok(())
}

/// To the front: positions keep the oldest first, in whatever order actions are put back. Only those that people moved ahead (below
/// 0) stay in front.
pub(super) fn put_back(txn: &mut Txn<'_>, action: Action) -> Result<(), StoreError> {
    let moved_ahead = first_position(txn, action.job.queue())?.filter(|first| *first < 0);
    let position = moved_ahead.map_or(action.position, |first| action.position.min(first - 1));
    wait_at(txn, action, position)
}

/// Ends a running action; `None` if it ended already.
pub(super) fn end(txn: &mut Txn<'_>, id: ActionId, state: State) -> Result<Option<Action>, StoreError> {
    if !txn.has(&RUNNING, &id)? {
        return Ok(None);
    }
    let Some(mut action) = txn.get(&ACTIONS, &id)? else { return Ok(None) };
    txn.delete(&RUNNING, &id);
    action.state = state;
    txn.put(&ACTIONS, &id, &action)?;
    Ok(Some(action))
}

/// A failed template action, for people to see.
pub(super) fn set_aside(txn: &mut Txn<'_>, action: &Action) -> Result<(), StoreError> {
    let aside = Action { position: action.id.0.cast_signed(), ..action.clone() };
    put_into(txn, Queue::Exception, &aside)
}

pub fn sizes(view: &View<'_>) -> Result<QueueSizes, StoreError> {
    Ok(QueueSizes { manage: view.counter(Queue::Manage.counter())?, recognise: view.counter(Queue::Recognise.counter())? })
}

pub fn heads(view: &View<'_>) -> Result<Heads, StoreError> {
    let head = |queue: Queue| view.scan(&QUEUES, &queue.number(), false).next().transpose().map(|row| row.map(|(_, id)| id));
    let (manage, recognise) = (head(Queue::Manage)?, head(Queue::Recognise)?);
    let action = recognise.map(|id| view.get(&ACTIONS, &id)).transpose()?.flatten();
    let picture = action.map(|action| picture_of(view, &action)).transpose()?.flatten();
    Ok(Heads { manage, recognise, is_document: picture.is_some_and(|picture| pictures::says_itself(picture.format)) })
}

/// When the next action was queued.
pub fn oldest(view: &View<'_>) -> Result<Option<Millis>, StoreError> {
    let heads = heads(view)?;
    let next = heads.manage.or(heads.recognise).map(|id| view.get(&ACTIONS, &id)).transpose()?.flatten();
    Ok(next.map(|action| action.queued))
}

pub fn is_paused(view: &View<'_>) -> Result<bool, StoreError> {
    view.has(&PAUSE, &())
}

pub fn get(view: &View<'_>, id: ActionId) -> Result<Option<Action>, StoreError> {
    view.get(&ACTIONS, &id)
}

pub fn picture_of(view: &View<'_>, action: &Action) -> Result<Option<Picture>, StoreError> {
    match &action.job {
        Job::Recognise { picture, .. } => view.get(&PICTURES, picture),
        _ => Ok(None),
    }
}

/// The first `limit` waiting recognitions that `sees` accepts.
pub fn recognitions_waiting(
    view: &View<'_>,
    limit: usize,
    sees: impl Fn(&Action) -> bool,
) -> Result<Vec<(Action, Picture)>, StoreError> {
    let mut waiting = Vec::new();
    for row in view.scan(&QUEUES, &Queue::Recognise.number(), false) {
        let Some(action) = view.get(&ACTIONS, &row?.1)?.filter(&sees) else { continue };
        if let Some(picture) = picture_of(view, &action)? {
            waiting.push((action, picture));
        }
        if waiting.len() == limit {
            break;
        }
    }
    Ok(waiting)
}

/// The first `limit` waiting template actions that `sees` accepts.
pub fn template_actions_waiting(view: &View<'_>, limit: usize, sees: impl Fn(&Action) -> bool) -> Result<Vec<Action>, StoreError> {
    let mut waiting = Vec::new();
    for row in view.scan(&QUEUES, &Queue::Manage.number(), false) {
        waiting.extend(view.get(&ACTIONS, &row?.1)?.filter(&sees));
        if waiting.len() == limit {
            break;
        }
    }
    Ok(waiting)
}

pub(super) fn is_waiting(view: &View<'_>, is_it: impl Fn(&Action) -> bool) -> Result<bool, StoreError> {
    Ok(!template_actions_waiting(view, 1, is_it)?.is_empty())
}

pub fn pause(view: &View<'_>) -> Result<Option<Pause>, StoreError> {
    view.get(&PAUSE, &())
}

/// Who uploads may take back what is their own.
fn is_own_upload(by: &By, action: &Action) -> bool {
    let is_own = by.actor.user == action.user && matches!(action.job, Job::Recognise { .. });
    is_own && by.actor.may(Permission::InvoiceRw)
}

/// The action, if it waits and the user sees its company and may touch it.
fn waiting_for(txn: &Txn<'_>, by: &By, id: ActionId) -> Result<Action, Refusal> {
    let action = txn.get(&ACTIONS, &id)?.ok_or_else(refusals::no_such_action)?;
    if !by.actor.sees(action.company) {
        return Err(Refusal::no_permission());
    }
    if !by.actor.may(Permission::QueueRw) && !is_own_upload(by, &action) {
        return Err(refusals::not_ones_own_upload());
    }
    if action.state == State::Waiting {
        return Ok(action);
    }
    Err(refusals::action_no_longer_waits())
}

const LATELY: usize = 20;

/// Median time of the last recognitions, as interruptions and pauses make outliers; `None` before the first. A waiting one counts
/// from the end of the one before.
pub fn usual_ms(view: &View<'_>) -> Result<Option<Millis>, StoreError> {
    let lately = view.scan(&INVOICES, &(), true).take(LATELY + 1).map(|row| row.map(|(_, invoice)| invoice));
    let lately: Vec<_> = lately.collect::<Result<_, _>>()?;
    let mut took = Vec::new();
    for (n, invoice) in lately.iter().take(LATELY).enumerate() {
        let queued = view.get(&ACTIONS, &invoice.action)?.map_or(invoice.recognised, |action| action.queued);
        let began = lately.get(n + 1).map_or(queued, |before| queued.max(before.recognised));
        took.push(invoice.recognised - began);
    }
    took.retain(|ms| *ms > 0);
    took.sort_unstable();
    Ok(took.get(took.len() / 2).copied())
}

pub fn running(view: &View<'_>) -> Result<Vec<Action>, StoreError> {
    let mut running = Vec::new();
    for row in view.scan(&RUNNING, &(), false) {
        running.extend(view.get(&ACTIONS, &row?.0)?);
    }
    Ok(running)
}

impl App {
    /// One recognition per picture. The same `key` from the same user within a day repeats the first answer and queues nothing.
    pub async fn queue_recognitions(
        &self,
        by: By,
        pictures: Vec<(String, Kept)>,
        failed: Vec<FailedFile>,
        key: Option<String>,
    ) -> Result<UploadAnswer, Refusal> {
        self.act(by, move |txn, by| {
            let now = now();
            let key = key.map(|key| (by.actor.user, key));
            if let Some(first) = match &key {
                Some(key) => first_answer(txn, key, now)?,
                None => None,
            } {
                return Ok(first);
            }
            let mut queued = Vec::new();
            for (name, kept) in &pictures {
                let picture = pictures::record(txn, by, kept, Purpose::Invoice, by.actor.company)?;
                let job = Job::Recognise { picture: picture.id, again: None };
                let fact = Fact::Queued { task: Task::Recognise, about: name.clone() };
                let action = enqueue(txn, by, job, name, fact)?;
                queued.push(action.id);
            }
            let answer = UploadAnswer { actions: queued, sizes: sizes(&txn.view())?, failed };
            if let Some((user, key)) = key {
                txn.put(&UPLOAD_KEYS, &(user, key.clone()), &answer)?;
                txn.put(&UPLOAD_KEYS_BY_TIME, &(now, user, key), &())?;
            }
            if !answer.actions.is_empty() {
                txn.tell(News::Uploaded { company: by.actor.company, actions: answer.actions.clone() });
            }
            Ok(answer)
        })
        .await
    }

    /// Marks an action as running, so that a crash shows what was being done; it ends `within` that time. `None`: it no longer
    /// waits.
    pub async fn start_action(&self, id: ActionId, within: Duration) -> Result<Option<Action>, Refusal> {
        let running = Running { owner: self.run, until: moment().after(within) };
        self.store
            .write(move |txn| {
                let Some(mut action) = txn.get(&ACTIONS, &id)?.filter(|a| a.state == State::Waiting) else { return Ok(None) };
                take_out(txn, action.job.queue(), &action)?;
                action.state = State::Running;
                txn.put(&ACTIONS, &id, &action)?;
                txn.put(&RUNNING, &id, &running)?;
                if action.job.queue() == Queue::Recognise {
                    txn.tell(News::Started { company: action.company, action: id });
                }
                Ok(Some(action))
            })
            .await
    }

    /// After a failed try: it is next again. `counts`: the try counts against its limit. `numbers`: allotted by engines in it.
    pub async fn put_action_back(&self, id: ActionId, counts: bool, numbers: EngineNumbers) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                if let Some(mut action) = txn.get(&ACTIONS, &id)?.filter(|a| a.state == State::Running) {
                    action.failed_tries += u32::from(counts);
                    action.numbers.extend(numbers);
                    put_back(txn, action)?;
                }
                Ok(())
            })
            .await
    }

    /// Cancels a waiting action, of one's own or with the right to all; others are refused.
    pub async fn cancel_action(&self, by: By, id: ActionId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let mut action = waiting_for(txn, by, id)?;
            take_out(txn, action.job.queue(), &action)?;
            action.state = State::Cancelled;
            txn.put(&ACTIONS, &id, &action)?;
            let by = by.about(&txn.view(), action.company)?;
            let (task, about) = (action.job.task(), action.about().to_owned());
            log(txn, now(), &by, None, Fact::TaskCancelled { task, action: id, about })?;
            if let Job::Recognise { again: Some(again), .. } = action.job {
                faults::come_back(txn, again)?;
            }
            Ok(faults::unmark(txn, id)?)
        })
        .await
    }

    /// To the front of its queue.
    pub async fn run_action_next(&self, by: By, id: ActionId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let action = waiting_for(txn, by, id)?;
            take_out(txn, action.job.queue(), &action)?;
            let (task, about, by) = (action.job.task(), action.about().to_owned(), by.about(&txn.view(), action.company)?);
            let first = first_position(txn, action.job.queue())?.unwrap_or(0).min(0);
            wait_at(txn, action, first - 1)?;
            Ok(log(txn, now(), &by, None, Fact::TaskMovedAhead { task, action: id, about })?)
        })
        .await
    }

    /// What runs may finish; nothing starts until `resume_queues`, even after restarts.
    pub async fn pause_queues(&self, by: By, reason: String) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            log(txn, now(), by, None, Fact::QueuesPaused { reason: reason.clone() })?;
            txn.put(&PAUSE, &(), &Pause { by: by.actor.user_name.clone(), since: now(), reason })?;
            Ok(())
        })
        .await
    }

    pub async fn resume_queues(&self, by: By) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            if !is_paused(&txn.view())? {
                return Ok(());
            }
            txn.delete(&PAUSE, &());
            Ok(log(txn, now(), by, None, Fact::QueuesResumed)?)
        })
        .await
    }
}

/// The answer to an earlier upload with this key; drops expired keys.
fn first_answer(
    txn: &mut Txn<'_>,
    key: &(crate::domain::ids::UserId, String),
    now: Millis,
) -> Result<Option<UploadAnswer>, StoreError> {
    const SWEPT_AT_ONCE: usize = 100;
    let old: Vec<_> = txn
        .scan(&UPLOAD_KEYS_BY_TIME, &(), false)
        .take(SWEPT_AT_ONCE)
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .map(|(key, ())| key)
        .filter(|(time, _, _)| now - time > UPLOAD_KEY_LIFE_MS)
        .collect();
    for (time, user, key) in old {
        txn.delete(&UPLOAD_KEYS, &(user, key.clone()));
        txn.delete(&UPLOAD_KEYS_BY_TIME, &(time, user, key));
    }
    txn.get(&UPLOAD_KEYS, key)
}
