//! Users: added, changed, locked, deleted; their permissions and passwords.

use super::accounts::{
    ADMIN, joinable, keep_an_administrator, lockable, manageable, must_be_company, must_differ, name, within_reach,
};
use super::claims;
use super::groups::{self, Tick, ticked};
use super::{App, By, log, now, passwords, refusals, tokens};
use crate::domain::account::{Actor, Credential, Permission, PermissionSet, Session, User};
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::{CompanyId, GroupId, UserId};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::domain::text::is_blank;
use crate::store::tables::{SESSIONS, USERS, USERS_BY_NAME};
use crate::store::{StoreError, Txn, View};
use std::net::IpAddr;

#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub password: String,
    pub company: Option<CompanyId>,
    pub group: Option<GroupId>,
    pub permissions: PermissionSet,
}

/// `None`: unchanged. `group`: `Some(None)` takes the user out of their group.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub locked: Option<bool>,
    pub name: Option<String>,
    pub company: Option<CompanyId>,
    pub group: Option<Option<GroupId>>,
    /// The user's own.
    pub permissions: Option<PermissionSet>,
    /// When locking, keep the user's tokens.
    pub keep_tokens: bool,
}

impl UserChange {
    fn is_lock_alone(&self) -> bool {
        let Self { locked, name, company, group, permissions, keep_tokens: _ } = self;
        locked.is_some() && name.is_none() && company.is_none() && group.is_none() && permissions.is_none()
    }
}

/// Of companies that `actor` sees, including `actor`.
pub fn visible(view: &View<'_>, actor: &Actor) -> Result<Vec<User>, StoreError> {
    let users = view.scan(&USERS, &(), false).map(|row| row.map(|(_, user)| user));
    users.filter(|user| user.as_ref().map_or(true, |u| actor.sees(u.company))).collect()
}

pub fn by_id(view: &View<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    view.get(&USERS, &id)
}

/// The user, if `actor` sees their company.
pub fn get(view: &View<'_>, actor: &Actor, id: UserId) -> Result<User, Refusal> {
    let user = view.get(&USERS, &id)?.ok_or_else(refusals::unknown_user_id)?;
    if actor.sees(user.company) { Ok(user) } else { Err(Refusal::no_permission()) }
}

/// The user, if `actor` may edit them.
pub fn editable(view: &View<'_>, actor: &Actor, id: UserId) -> Result<User, Refusal> {
    if actor.may(Permission::UserRw) { within_reach(view, actor, id) } else { Err(Refusal::no_permission()) }
}

fn take_name(txn: &mut Txn<'_>, id: UserId, name: &String) -> Result<(), Refusal> {
    for row in txn.scan(&USERS_BY_NAME, &(), false) {
        let (other, of) = row?;
        if of != id {
            must_differ("user_name", name, &other, refusals::user_name_is_taken)?;
            if name.to_lowercase() == other.to_lowercase() {
                return Err(refusals::name_differs_in_case_alone(&other).about("user_name"));
            }
        }
    }
    Ok(txn.put(&USERS_BY_NAME, name, &id)?)
}

/// Checks a new password; the interface document's own is too short.
fn password(text: &str) -> Result<(), Refusal> {
    if !text.is_empty() && is_blank(text) {
        return Err(refusals::password_is_blank());
    }
    let chars = text.chars().count();
    if (passwords::PASSWORD_CHARS_MIN..=passwords::PASSWORD_CHARS_MAX).contains(&chars) {
        return Ok(());
    }
    Err(refusals::password_is_too_short_or_too_long())
}

/// What of a user's access outlives a new password or a lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    pub tokens: bool,
    /// The one that asks.
    pub session: bool,
}

/// Logs a locked user out. The sessions are of no use from then on, and stay until the lock is off, so that whoever comes with one can
/// be told why.
fn close_sessions(txn: &mut Txn<'_>, id: UserId) -> Result<(), StoreError> {
    for (key, _) in sessions_of(txn, id)? {
        claims::release_all(txn, Credential::Session(key))?;
        txn.tell(News::Ended(Credential::Session(key)));
    }
    Ok(())
}

fn sessions_of(txn: &Txn<'_>, id: UserId) -> Result<Vec<([u8; 32], Session)>, StoreError> {
    let of_user = |row: &Result<(_, Session), _>| row.as_ref().map_or(true, |(_, session)| session.user == id);
    txn.scan(&SESSIONS, &(), false).filter(of_user).collect()
}

/// Logs the user out and ends their tokens, but for what is kept.
fn end_access(txn: &mut Txn<'_>, id: UserId, asked_by: Option<Credential>, keep: Keep) -> Result<(), StoreError> {
    if !keep.tokens {
        tokens::end_all(txn, id)?;
    }
    for (key, _) in sessions_of(txn, id)? {
        let session = Credential::Session(key);
        if keep.session && asked_by == Some(session) {
            continue;
        }
        txn.delete(&SESSIONS, &key);
        claims::release_all(txn, session)?;
        txn.tell(News::Ended(session));
    }
    Ok(())
}

/// The facts of a change, if any.
fn told(view: &View<'_>, before: &User, user: &User) -> Result<Vec<Fact>, StoreError> {
    let name = || user.name.clone();
    let has_moved = user.company != before.company;
    let mut facts = Vec::new();
    if user.name != before.name {
        facts.push(Fact::UserRenamed { from: before.name.clone(), to: name() });
    }
    if has_moved {
        facts.push(Fact::UserCameOver { user: name() });
    }
    if user.group != before.group {
        match groups::of(view, user)? {
            Some(group) => facts.push(Fact::GroupJoined { group: group.name, user: name() }),
            None if has_moved => {}
            None => facts.push(Fact::Done(Deed::GroupLeft, name())),
        }
    }
    if user.permissions != before.permissions {
        facts.push(Fact::RightsChanged { user: name(), from: before.permissions, to: user.permissions });
    }
    match (before.locked, user.locked) {
        (false, true) => facts.push(Fact::Done(Deed::UserLocked, name())),
        (true, false) => facts.push(Fact::Done(Deed::UserUnlocked, name())),
        _ => {}
    }
    Ok(facts)
}

impl App {
    pub async fn add_user(&self, by: By, new: NewUser) -> Result<User, Refusal> {
        let name = name("user_name", &new.name)?;
        password(&new.password)?;
        let password_hash = self.passwords.hash(new.password).await?;
        self.act(by, move |txn, by| {
            let company = new.company.unwrap_or(by.actor.company);
            if !by.actor.sees(company) || !by.actor.permissions.covers(new.permissions) {
                return Err(Refusal::no_permission());
            }
            must_be_company(txn, company)?;
            if let Some(group) = new.group {
                joinable(txn, by, group, company)?;
            }
            let user = User {
                id: UserId(txn.next("users")?),
                name,
                company,
                group: new.group,
                password_hash,
                default_password: false,
                permissions: new.permissions,
                registered: now(),
                locked: false,
                must_change_password: true,
            };
            take_name(txn, user.id, &user.name)?;
            txn.put(&USERS, &user.id, &user)?;
            log(
                txn,
                now(),
                &by.about(&txn.view(), company)?,
                None,
                Fact::UserAdded { name: user.name.clone(), rights: user.permissions },
            )?;
            Ok(user)
        })
        .await
    }

    pub async fn edit_user(&self, by: By, id: UserId, change: UserChange) -> Result<User, Refusal> {
        let new_name = change.name.as_deref().map(|wanted| name("user_name", wanted)).transpose()?;
        self.act(by, move |txn, by| {
            let is_lock_alone = change.is_lock_alone();
            let mut user = if is_lock_alone { lockable(&txn.view(), &by.actor, id)? } else { manageable(txn, by, id)? };
            let before = user.clone();
            if let Some(name) = new_name.filter(|name| *name != user.name) {
                user.name = name;
                txn.delete(&USERS_BY_NAME, &before.name);
                take_name(txn, id, &user.name)?;
            }
            if let Some(company) = change.company.filter(|c| *c != user.company) {
                if !by.actor.sees(company) {
                    return Err(Refusal::no_permission());
                }
                must_be_company(txn, company)?;
                // Groups belong to a company.
                (user.company, user.group) = (company, None);
            }
            if let Some(group) = change.group {
                if let Some(group) = group {
                    joinable(txn, by, group, user.company)?;
                }
                user.group = group;
            }
            let permissions = change.permissions.unwrap_or(user.permissions);
            if !by.actor.may_turn(user.permissions, permissions) {
                return Err(Refusal::no_permission());
            }
            user.permissions = permissions;
            if change.locked == Some(true) && id == by.actor.user {
                return Err(refusals::own_account_is_not_locked());
            }
            if let Some(locked) = change.locked {
                user.locked = locked;
                if locked {
                    if !change.keep_tokens {
                        tokens::end_all(txn, id)?;
                    }
                    close_sessions(txn, id)?;
                } else if before.locked {
                    end_access(txn, id, None, Keep { tokens: true, session: false })?;
                }
            }
            txn.put(&USERS, &id, &user)?;
            txn.tell(News::User(user.id));
            keep_an_administrator(txn)?;
            // A move between companies is logged in both.
            if user.company != before.company {
                let fact = Fact::UserWentOver { user: before.name.clone() };
                log(txn, now(), &by.about(&txn.view(), before.company)?, None, fact)?;
            }
            let by = &by.about(&txn.view(), user.company)?;
            for fact in told(&txn.view(), &before, &user)? {
                log(txn, now(), by, None, fact)?;
            }
            Ok(user)
        })
        .await
    }

    pub async fn delete_user(&self, by: By, id: UserId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let user = manageable(txn, by, id)?;
            end_access(txn, id, None, Keep::default())?;
            txn.delete(&USERS, &id);
            txn.delete(&USERS_BY_NAME, &user.name);
            keep_an_administrator(txn)?;
            Ok(log(txn, now(), &by.about(&txn.view(), user.company)?, None, Fact::Done(Deed::UserDeleted, user.name))?)
        })
        .await
    }

    /// All or none.
    pub async fn tick_users(&self, by: By, changes: Vec<(UserId, Vec<Tick>)>) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            for (id, ticks) in &changes {
                let mut user = manageable(txn, by, *id)?;
                let permissions = ticked(user.permissions, ticks);
                if !by.actor.may_turn(user.permissions, permissions) {
                    return Err(Refusal::no_permission());
                }
                let from = std::mem::replace(&mut user.permissions, permissions);
                txn.put(&USERS, id, &user)?;
                txn.tell(News::User(user.id));
                if from != permissions {
                    let fact = Fact::RightsChanged { user: user.name, from, to: permissions };
                    log(txn, now(), &by.about(&txn.view(), user.company)?, None, fact)?;
                }
            }
            keep_an_administrator(txn)
        })
        .await
    }

    /// Checks the old password, then logs the user out, but for what is to `keep`.
    pub async fn change_own_password(&self, by: By, address: IpAddr, old: String, new: String, keep: Keep) -> Result<(), Refusal> {
        password(&new)?;
        let id = by.actor.user;
        let user = self.store.read(|view| get(view, &by.actor, id))?;
        self.check_password(&user, old, address).await?;
        self.set_password(by, id, new, keep).await
    }

    pub async fn reset_password(&self, by: By, id: UserId, new: String, keep: Keep) -> Result<(), Refusal> {
        password(&new)?;
        self.set_password(By { needs: &[Permission::UserRw], ..by }, id, new, keep).await
    }

    async fn set_password(&self, by: By, id: UserId, new: String, keep: Keep) -> Result<(), Refusal> {
        let known = self.store.read(|view| view.get(&USERS, &id))?;
        if let Some(user) = known
            && self.passwords.verify(new.clone(), user.password_hash).await?
        {
            return Err(refusals::password_is_the_old_one());
        }
        let password_hash = self.passwords.hash(new).await?;
        let name = self
            .act(by, move |txn, by| {
                let mut user = manageable(txn, by, id)?;
                user.password_hash = password_hash;
                user.default_password = false;
                user.must_change_password = id != by.actor.user;
                txn.put(&USERS, &id, &user)?;
                end_access(txn, id, Some(by.actor.credential), keep)?;
                log(txn, now(), &by.about(&txn.view(), user.company)?, None, Fact::Done(Deed::PasswordChanged, user.name.clone()))?;
                Ok(user.name)
            })
            .await?;
        if name == ADMIN {
            self.forget_first_password();
        }
        Ok(())
    }

    /// For the command line: a new password, and unlocks.
    pub async fn reset_from_the_box(&self, user_name: String) -> Result<String, Refusal> {
        let is_admin = user_name == ADMIN;
        let user = self.store.read(|view| super::accounts::by_name(view, &user_name))?.ok_or_else(refusals::no_such_user)?;
        let new = passwords::readable_password()?;
        let password_hash = self.passwords.hash(new.clone()).await?;
        self.store
            .write(move |txn| {
                let mut user = txn.get(&USERS, &user.id)?.ok_or_else(refusals::no_such_user)?;
                let was_locked = user.locked;
                (user.password_hash, user.default_password, user.locked) = (password_hash, false, false);
                user.must_change_password = true;
                txn.put(&USERS, &user.id, &user)?;
                end_access(txn, user.id, None, Keep::default())?;
                txn.tell(News::User(user.id));
                let by = By::the_box(user.company, super::accounts::company_name(&txn.view(), user.company)?);
                log(txn, now(), &by, None, Fact::Done(Deed::PasswordReset, user.name.clone()))?;
                if was_locked {
                    log(txn, now(), &by, None, Fact::Done(Deed::UserUnlocked, user.name))?;
                }
                Ok(())
            })
            .await?;
        if is_admin {
            self.forget_first_password();
        }
        Ok(new)
    }

    pub(super) async fn check_password(&self, user: &User, given: String, address: IpAddr) -> Result<(), Refusal> {
        let attempt = self.attempts.begin(Some(&user.name), address).await;
        let attempt = attempt.map_err(|too_many| refusals::too_many_tries(too_many.retry_after))?;
        if !self.passwords.verify(given, user.password_hash.clone()).await? {
            attempt.was_wrong();
            return Err(refusals::old_password_is_wrong());
        }
        attempt.was_right();
        Ok(())
    }
}
