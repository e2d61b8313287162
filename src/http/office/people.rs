//! Companies, groups, users and tokens: the interface document's endpoints and our own.

use crate::app::groups::Tick;
use crate::app::users::{Keep, NewUser, UserChange};
use crate::app::{accounts, companies, groups, tokens, users};
use crate::domain::account::{Actor, Company, Credential, Group, Permission, PermissionSet, User};
use crate::domain::ids::{CompanyId, GroupId, TokenId, UserId};
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use crate::store::{StoreError, View};
use hyper::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn user_value(view: &View<'_>, user: &User, zone: &TimeZone) -> Result<Value, StoreError> {
    let group = groups::of(view, user)?;
    Ok(wire::user(user, group.as_ref(), &accounts::company_name(view, user.company)?, zone))
}

fn group_value(view: &View<'_>, group: &Group, zone: &TimeZone) -> Result<Value, StoreError> {
    let one = |p: Permission| json!({ "permission_id": p.id(), "permission_name": p.name() });
    Ok(json!({
        "group_id": group.id,
        "group_name": group.name,
        "company_id": group.company,
        "company_name": accounts::company_name(view, group.company)?,
        "group_register_time": time::write(group.registered, zone),
        "permissions": group.permissions.iter().map(one).collect::<Vec<_>>(),
    }))
}

fn all_users(call: &Call) -> Result<Vec<Value>, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    Ok(call
        .edge
        .app
        .store
        .read(|view| users::visible(view, actor)?.iter().map(|u| user_value(view, u, &zone)).collect::<Result<_, _>>())?)
}

fn all_groups(call: &Call) -> Result<Vec<Value>, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    let look =
        |view: &View<'_>| groups::visible(view, actor)?.iter().map(|g| group_value(view, g, &zone)).collect::<Result<_, _>>();
    Ok(call.edge.app.store.read(look)?)
}

/// A number, as JSON or text.
fn permission(value: &Value) -> Result<Permission, Refusal> {
    let id = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let unknown = || Refusal::malformed("permission_id：没有这项权限", "permission_id: no such permission");
    id.and_then(Permission::of_id).ok_or_else(unknown)
}

fn permissions(fields: &Fields) -> Result<Option<PermissionSet>, Refusal> {
    if !fields.has("permissions") {
        return Ok(None);
    }
    let wrong = |r: Refusal| Refusal::malformed(format!("permissions：{}", r.zh), format!("permissions: {}", r.en));
    let list = fields.list("permissions")?.iter().map(permission).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    Ok(Some(PermissionSet::of(&list)))
}

/// `[{"permission_id","is_checked"}…]`.
fn ticks(fields: &Fields, name: &str) -> Result<Vec<Tick>, Refusal> {
    let one = |value: &Value| {
        let fields = Fields::of_value(value);
        let fields = fields
            .ok_or_else(|| Refusal::malformed(format!("{name}：每一项应为对象"), format!("{name}: each must be an object")))?;
        let id = Value::from(fields.natural("permission_id")?);
        if !fields.has("is_checked") {
            return Err(Refusal::malformed("is_checked：缺少这一项", "is_checked: is missing"));
        }
        Ok((permission(&id)?, fields.flag("is_checked")?))
    };
    fields.list(name)?.iter().map(one).collect()
}

// The interface document's own.

pub async fn get_manager_users(call: Call) -> Result<Reply, Refusal> {
    call.check_user_id()?;
    Ok(reply::json(&Value::Array(all_users(&call)?)))
}

/// The interface document's `修改失败`, with the cause.
fn change_failed(refusal: &Refusal, language: Language) -> Reply {
    let body =
        json!({ "sucess": sentence::CHANGE_FAILED, "err": language.pick(&refusal.zh, &refusal.en), "code": refusal.code.word() });
    reply::with_status(refusal.code.status(), &body)
}

fn is_outcome(code: Code) -> bool {
    matches!(code, Code::Forbidden | Code::NotFound | Code::Conflict)
}

pub async fn update_users_permission(call: Call) -> Result<Reply, Refusal> {
    let one = |value: &Value| {
        let wrong = || Refusal::malformed("user_list：每一项应为对象", "user_list: each must be an object");
        let fields = Fields::of_value(value).ok_or_else(wrong)?;
        Ok((UserId(fields.natural("user_id")?), ticks(&fields, "update_permissions")?))
    };
    let list = call.fields.list("user_list")?;
    if list.len() > USERS_AT_ONCE {
        let (zh, en) = (format!("user_list：一次最多 {USERS_AT_ONCE} 个"), format!("user_list: at most {USERS_AT_ONCE} at once"));
        return Err(Refusal::new(Code::TooLarge, zh, en));
    }
    let changes = list.iter().map(one).collect::<Result<Vec<_>, Refusal>>()?;
    match call.edge.app.tick_users(call.by()?, changes).await {
        Ok(()) => Ok(reply::json(&json!({ "sucess": CHANGED }))),
        Err(refusal) if is_outcome(refusal.code) => Ok(change_failed(&refusal, call.language)),
        Err(refusal) => Err(refusal),
    }
}

const CHANGED: &str = "修改成功";
/// All or none is one write, about a dozen keys per user.
const USERS_AT_ONCE: usize = 1_000;

pub async fn get_manager_groups(call: Call) -> Result<Reply, Refusal> {
    call.check_user_id()?;
    Ok(reply::json(&json!({ "group_list": all_groups(&call)? })))
}

pub async fn update_group_permission(call: Call) -> Result<Reply, Refusal> {
    let id = GroupId(call.fields.natural("group_id")?);
    let ticks = ticks(&call.fields, "permission_list")?;
    call.edge.app.tick_group(call.by()?, id, ticks).await?;
    Ok(reply::json(&json!({ "group_list": all_groups(&call)? })))
}

async fn move_user(call: &Call, group: Option<GroupId>) -> Result<Reply, Refusal> {
    let user = UserId(call.fields.natural("user_id")?);
    match call.edge.app.move_user(call.by()?, user, group).await {
        Ok(()) => Ok(reply::json(&json!({ "sucess": CHANGED }))),
        Err(refusal) if is_outcome(refusal.code) => Err(Refusal::sentence(refusal.code, sentence::CHANGE_FAILED)),
        Err(refusal) => Err(refusal),
    }
}

pub async fn add_group_user(call: Call) -> Result<Reply, Refusal> {
    let group = GroupId(call.fields.natural("group_id")?);
    move_user(&call, Some(group)).await
}

pub async fn remove_group_user(call: Call) -> Result<Reply, Refusal> {
    move_user(&call, None).await
}

pub async fn get_user_permission(call: Call) -> Result<Reply, Refusal> {
    let actor = call.actor()?;
    let id = UserId(call.fields.natural("user_id")?);
    if id != actor.user && !actor.may(Permission::UserR) {
        return Err(Refusal::no_permission());
    }
    let list = call.edge.app.store.read(|view| {
        let user = users::get(view, actor, id)?;
        let group = groups::of(view, &user)?;
        Ok::<_, Refusal>(wire::permissions(user.permissions, group.as_ref()))
    })?;
    Ok(reply::json(&json!({ "permission_list": list })))
}

pub async fn get_group_users(call: Call) -> Result<Reply, Refusal> {
    let actor = call.actor()?;
    let (id, zone) = (GroupId(call.fields.natural("group_id")?), call.edge.app.settings().zone());
    let company = call.fields.natural_or_none("company_id")?.map(CompanyId);
    let list = call.edge.app.store.read(|view| {
        let group = groups::get(view, actor, id)?;
        if company.is_some_and(|c| c != group.company) {
            return Err(Refusal::not_found("company_id：这个公司没有这个用户组", "company_id: the company has no such group"));
        }
        let members = groups::members(view, id)?;
        Ok(members.iter().map(|u| user_value(view, u, &zone)).collect::<Result<Vec<_>, _>>()?)
    })?;
    Ok(reply::json(&json!({ "user_list": list })))
}

// Ours: companies.

fn company(company: &Company) -> Value {
    json!({ "company_id": company.id, "company_name": company.name })
}

fn created(value: &Value) -> Reply {
    reply::with_status(StatusCode::CREATED, value)
}

fn done() -> Reply {
    reply::json(&json!({ "sucess": CHANGED }))
}

pub async fn companies(call: Call) -> Result<Reply, Refusal> {
    let all = call.edge.app.store.read(companies::all)?;
    Ok(reply::json(&json!({ "companies": all.iter().map(company).collect::<Vec<_>>() })))
}

pub async fn add_company(call: Call) -> Result<Reply, Refusal> {
    Ok(created(&company(&call.edge.app.add_company(call.by()?, call.fields.text("company_name")?).await?)))
}

pub async fn rename_company(call: Call) -> Result<Reply, Refusal> {
    let id = CompanyId(call.number_in_path("id")?);
    Ok(reply::json(&company(&call.edge.app.rename_company(call.by()?, id, call.fields.text("company_name")?).await?)))
}

pub async fn delete_company(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_company(call.by()?, CompanyId(call.number_in_path("id")?)).await?;
    Ok(done())
}

// Ours: groups.

fn one_group(call: &Call, group: &Group) -> Result<Value, Refusal> {
    let zone = call.edge.app.settings().zone();
    Ok(call.edge.app.store.read(|view| group_value(view, group, &zone))?)
}

pub async fn groups(call: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&json!({ "groups": all_groups(&call)? })))
}

pub async fn add_group(call: Call) -> Result<Reply, Refusal> {
    let company = call.fields.natural_or_none("company_id")?.map(CompanyId);
    let permissions = permissions(&call.fields)?.unwrap_or_default();
    let group = call.edge.app.add_group(call.by()?, call.fields.text("group_name")?, company, permissions).await?;
    Ok(created(&one_group(&call, &group)?))
}

pub async fn edit_group(call: Call) -> Result<Reply, Refusal> {
    let id = GroupId(call.number_in_path("id")?);
    let name = call.fields.text_or_none("group_name")?;
    let group = call.edge.app.edit_group(call.by()?, id, name, permissions(&call.fields)?).await?;
    Ok(reply::json(&one_group(&call, &group)?))
}

pub async fn delete_group(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_group(call.by()?, GroupId(call.number_in_path("id")?)).await?;
    Ok(done())
}

// Ours: users.

fn one_user(call: &Call, user: &User) -> Result<Value, Refusal> {
    let zone = call.edge.app.settings().zone();
    Ok(call.edge.app.store.read(|view| user_value(view, user, &zone))?)
}

pub async fn users(call: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&json!({ "users": all_users(&call)? })))
}

pub async fn add_user(call: Call) -> Result<Reply, Refusal> {
    let new = NewUser {
        name: call.fields.text("user_name")?.to_owned(),
        password: call.fields.text("passwd")?.to_owned(),
        company: call.fields.natural_or_none("company_id")?.map(CompanyId),
        group: call.fields.natural_or_none("group_id")?.filter(|id| *id != 0).map(GroupId),
        permissions: permissions(&call.fields)?.unwrap_or_default(),
    };
    crate::http::edge::session::check_transport(&call.edge.app, &call.origin)?;
    let user = call.edge.app.add_user(call.by()?, new).await?;
    Ok(created(&one_user(&call, &user)?))
}

pub async fn edit_user(call: Call) -> Result<Reply, Refusal> {
    let change = UserChange {
        locked: call.fields.has("locked").then(|| call.fields.flag("locked")).transpose()?,
        name: call.fields.text_or_none("user_name")?.map(str::to_owned),
        company: call.fields.natural_or_none("company_id")?.map(CompanyId),
        // 0: no group; absent: unchanged.
        group: call.fields.natural_or_none("group_id")?.map(|id| (id != 0).then_some(GroupId(id))),
        permissions: permissions(&call.fields)?,
        keep_tokens: call.fields.flag("keep_tokens")?,
    };
    let user = call.edge.app.edit_user(call.by()?, UserId(call.number_in_path("id")?), change).await?;
    Ok(reply::json(&one_user(&call, &user)?))
}

pub async fn delete_user(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_user(call.by()?, UserId(call.number_in_path("id")?)).await?;
    Ok(done())
}

/// Users need their old password; without it, or for others, the permission to edit users.
pub async fn change_password(call: Call) -> Result<Reply, Refusal> {
    crate::http::edge::session::check_transport(&call.edge.app, &call.origin)?;
    let id = UserId(call.number_in_path("id")?);
    let actor: &Actor = call.actor()?;
    let new = call.fields.text("passwd")?.to_owned();
    let keep = Keep { tokens: call.fields.flag("keep_tokens")?, session: call.fields.flag("keep_session")? };
    must_be_session(actor)?;
    match call.fields.text_or_none("old_passwd")? {
        Some(old) if id == actor.user => {
            call.edge.app.change_own_password(call.by()?, call.origin.ip, old.to_owned(), new, keep).await?;
        }
        _ if actor.may(Permission::UserRw) => call.edge.app.reset_password(call.by()?, id, new, keep).await?,
        None if id == actor.user => return Err(Refusal::malformed("old_passwd：缺少这一项", "old_passwd: is missing")),
        _ => return Err(Refusal::no_permission()),
    }
    Ok(done())
}

// Ours: tokens.

fn token_permissions(set: PermissionSet) -> Vec<u64> {
    set.iter().map(Permission::id).collect()
}

/// A leaked token must not create others.
fn must_be_session(actor: &Actor) -> Result<(), Refusal> {
    match actor.credential {
        Credential::Session(_) => Ok(()),
        Credential::Token(_) => Err(Refusal::no_permission()),
    }
}

/// `user_id`: of a user the actor may edit.
pub async fn tokens(call: Call) -> Result<Reply, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    must_be_session(actor)?;
    let user = call.fields.natural_or_none("user_id")?.map_or(actor.user, UserId);
    let found = call.edge.app.store.read(|view| {
        if user != actor.user {
            users::editable(view, actor, user)?;
        }
        Ok::<_, Refusal>(tokens::of_user(view, user)?)
    })?;
    let one = |token: &crate::domain::account::Token| {
        json!({
            "token_id": token.id,
            "name": token.name,
            "permissions": token_permissions(token.permissions),
            "create_time": time::write(token.created, &zone),
        })
    };
    Ok(reply::json(&json!({ "tokens": found.iter().map(one).collect::<Vec<_>>() })))
}

pub async fn add_token(call: Call) -> Result<Reply, Refusal> {
    must_be_session(call.actor()?)?;
    let missing = || Refusal::malformed("permissions：缺少这一项", "permissions: is missing");
    let wanted = permissions(&call.fields)?.ok_or_else(missing)?;
    let (token, secret) = call.edge.app.add_token(call.by()?, call.fields.text("name")?, wanted).await?;
    let permissions = token_permissions(token.permissions);
    Ok(created(&json!({ "token_id": token.id, "token": secret, "name": token.name, "permissions": permissions })))
}

pub async fn delete_token(call: Call) -> Result<Reply, Refusal> {
    must_be_session(call.actor()?)?;
    call.edge.app.delete_token(call.by()?, TokenId(call.number_in_path("id")?)).await?;
    Ok(done())
}
