//! Groups: permissions shared by several users.

use super::accounts::{joinable, keep_an_administrator, manageable, must_be_company, must_differ, name, visible_group};
use super::{App, By, log, now, refusals};
use crate::domain::account::{Actor, Group, Permission, PermissionSet, User};
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::{CompanyId, GroupId, UserId};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{GROUPS, USERS};
use crate::store::{StoreError, Txn, View};

/// A permission, and whether it is to be held.
pub type Tick = (Permission, bool);

pub(super) fn ticked(set: PermissionSet, ticks: &[Tick]) -> PermissionSet {
    ticks.iter().fold(set, |set, (permission, held)| if *held { set.with(*permission) } else { set.without(*permission) })
}

/// Groups of the companies that `actor` sees.
pub fn visible(view: &View<'_>, actor: &Actor) -> Result<Vec<Group>, StoreError> {
    let groups = view.scan(&GROUPS, &(), false).map(|row| row.map(|(_, group)| group));
    groups.filter(|group| group.as_ref().map_or(true, |g| actor.sees(g.company))).collect()
}

pub fn get(view: &View<'_>, actor: &Actor, id: GroupId) -> Result<Group, Refusal> {
    visible_group(view, actor, id)
}

pub fn of(view: &View<'_>, user: &User) -> Result<Option<Group>, StoreError> {
    Ok(user.group.map(|id| view.get(&GROUPS, &id)).transpose()?.flatten())
}

pub fn members(view: &View<'_>, id: GroupId) -> Result<Vec<User>, StoreError> {
    let users = view.scan(&USERS, &(), false).map(|row| row.map(|(_, user)| user));
    users.filter(|user| user.as_ref().map_or(true, |u| u.group == Some(id))).collect()
}

fn must_be_new(txn: &Txn<'_>, group: &Group) -> Result<(), Refusal> {
    for row in txn.scan(&GROUPS, &(), false) {
        let (id, other) = row?;
        if id != group.id && other.company == group.company {
            must_differ("group_name", &group.name, &other.name, refusals::group_name_is_taken)?;
        }
    }
    Ok(())
}

impl App {
    pub async fn add_group(
        &self,
        by: By,
        wanted: &str,
        company: Option<CompanyId>,
        permissions: PermissionSet,
    ) -> Result<Group, Refusal> {
        let name = name("group_name", wanted)?;
        self.act(by, move |txn, by| {
            let company = company.unwrap_or(by.actor.company);
            if !by.actor.sees(company) || !by.actor.permissions.covers(permissions) {
                return Err(Refusal::no_permission());
            }
            must_be_company(txn, company)?;
            let group = Group { id: GroupId(txn.next("groups")?), name, company, registered: now(), permissions };
            must_be_new(txn, &group)?;
            txn.put(&GROUPS, &group.id, &group)?;
            log(
                txn,
                now(),
                &by.about(&txn.view(), company)?,
                None,
                Fact::GroupAdded { name: group.name.clone(), rights: group.permissions },
            )?;
            Ok(group)
        })
        .await
    }

    /// Checks the permissions that `change` results in.
    async fn change_group(&self, by: By, id: GroupId, change: impl FnOnce(&mut Group) + Send + 'static) -> Result<Group, Refusal> {
        self.act(by, move |txn, by| {
            let mut group = visible_group(&txn.view(), &by.actor, id)?;
            let was = group.clone();
            // Editing the group edits its members, whom the actor must be allowed to edit.
            if !by.actor.permissions.covers(was.permissions) {
                return Err(Refusal::no_permission());
            }
            change(&mut group);
            if !by.actor.may_turn(was.permissions, group.permissions) {
                return Err(Refusal::no_permission());
            }
            if group == was {
                return Ok(group);
            }
            if group.name != was.name {
                must_be_new(txn, &group)?;
            }
            txn.put(&GROUPS, &id, &group)?;
            if group.permissions != was.permissions {
                for member in members(&txn.view(), id)? {
                    txn.tell(News::User(member.id));
                }
                keep_an_administrator(txn)?;
            }
            let by = &by.about(&txn.view(), group.company)?;
            if group.name != was.name {
                log(txn, now(), by, None, Fact::GroupRenamed { from: was.name, to: group.name.clone() })?;
            }
            if group.permissions != was.permissions {
                let fact = Fact::GroupRightsChanged { group: group.name.clone(), from: was.permissions, to: group.permissions };
                log(txn, now(), by, None, fact)?;
            }
            Ok(group)
        })
        .await
    }

    pub async fn edit_group(
        &self,
        by: By,
        id: GroupId,
        wanted: Option<&str>,
        permissions: Option<PermissionSet>,
    ) -> Result<Group, Refusal> {
        let name = wanted.map(|wanted| name("group_name", wanted)).transpose()?;
        self.change_group(by, id, move |group| {
            group.name = name.unwrap_or_else(|| group.name.clone());
            group.permissions = permissions.unwrap_or(group.permissions);
        })
        .await
    }

    pub async fn tick_group(&self, by: By, id: GroupId, ticks: Vec<Tick>) -> Result<Group, Refusal> {
        self.change_group(by, id, move |group| group.permissions = ticked(group.permissions, &ticks)).await
    }

    /// Its members stay, without a group.
    pub async fn delete_group(&self, by: By, id: GroupId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let group = visible_group(&txn.view(), &by.actor, id)?;
            if !by.actor.permissions.covers(group.permissions) {
                return Err(Refusal::no_permission());
            }
            txn.delete(&GROUPS, &id);
            for mut member in members(&txn.view(), id)? {
                member.group = None;
                txn.put(&USERS, &member.id, &member)?;
                txn.tell(News::User(member.id));
            }
            keep_an_administrator(txn)?;
            Ok(log(txn, now(), &by.about(&txn.view(), group.company)?, None, Fact::Done(Deed::GroupDeleted, group.name))?)
        })
        .await
    }

    /// `None` takes the user out of their group.
    pub async fn move_user(&self, by: By, id: UserId, group: Option<GroupId>) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let mut user = manageable(txn, by, id)?;
            let name = user.name.clone();
            let fact = match group {
                Some(group) => Fact::GroupJoined { group: joinable(txn, by, group, user.company)?.name, user: name },
                None if user.group.is_none() => return Err(refusals::user_is_in_no_group()),
                None => Fact::Done(Deed::GroupLeft, name),
            };
            user.group = group;
            txn.put(&USERS, &id, &user)?;
            txn.tell(News::User(user.id));
            keep_an_administrator(txn)?;
            Ok(log(txn, now(), &by.about(&txn.view(), user.company)?, None, fact)?)
        })
        .await
    }
}
