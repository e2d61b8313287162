//! Refusals about users, groups, companies, tokens and passwords.

use crate::domain::refusal::{Code, Refusal};

pub fn no_such_company() -> Refusal {
    Refusal::not_found("没有这个公司", "no such company")
}

pub fn no_such_user() -> Refusal {
    Refusal::not_found("没有这个用户", "no such user")
}

pub fn no_such_token() -> Refusal {
    Refusal::not_found("没有这个令牌", "no such token")
}

pub fn unknown_company_id() -> Refusal {
    Refusal::not_found("company_id：没有这个公司", "company_id: no such company")
}

pub fn unknown_user_id() -> Refusal {
    Refusal::not_found("user_id：没有这个用户", "user_id: no such user")
}

pub fn unknown_group_id() -> Refusal {
    Refusal::not_found("group_id：没有这个用户组", "group_id: no such group")
}

pub fn company_name_is_taken() -> Refusal {
    Refusal::conflict("已有同名的公司", "there is a company of that name")
}

pub fn user_name_is_taken() -> Refusal {
    Refusal::conflict("已有同名的用户", "there is a user of that name")
}

pub fn group_name_is_taken() -> Refusal {
    Refusal::conflict("已有同名的用户组", "there is a group of that name")
}

pub fn name_looks_like_another() -> Refusal {
    Refusal::conflict("与已有的名称看起来一样，请换一个名称", "it looks the same as a name that there is, please choose another")
}

pub fn name_differs_in_case_alone(other: &str) -> Refusal {
    let zh = format!("已有用户“{other}”，只有大小写不同，请换一个名称");
    Refusal::conflict(
        zh,
        format!("there is a user \"{other}\", who differs in upper and lower case alone: please choose another name"),
    )
}

/// `field`: the name's field on the wire.
pub fn name_has_unseen_characters(field: &str) -> Refusal {
    Refusal::field(field, "含有看不见的字符，请重新输入", "has characters that can't be seen, please type it anew")
}

/// `field` as above.
pub fn name_is_empty_or_too_long(field: &str) -> Refusal {
    Refusal::field(field, "应为 1 到 64 个字符", "must have 1 to 64 characters")
}

pub fn company_has_users() -> Refusal {
    Refusal::conflict("公司里还有用户", "the company still has users")
}

pub fn group_is_of_another_company() -> Refusal {
    Refusal::conflict("用户组属于另一个公司", "the group belongs to another company")
}

pub fn user_is_in_no_group() -> Refusal {
    Refusal::conflict("用户不在任何用户组", "the user is in no group")
}

pub fn no_administrator_would_be_left() -> Refusal {
    Refusal::conflict("至少要保留一个未锁定的系统管理员", "at least one administrator who is not locked has to be left")
}

pub fn own_account_is_not_locked() -> Refusal {
    Refusal::conflict(
        "不能锁定自己的账号，请让其他管理员来锁定",
        "you can't lock your own account, please let another manager do it",
    )
}

pub fn user_is_locked() -> Refusal {
    Refusal::new(Code::Forbidden, "该用户已被锁定，请联系管理员", "this user is locked, please ask the administrator")
}

/// Of somebody who was at work when they were locked.
pub fn session_is_locked() -> Refusal {
    Refusal::new(
        Code::Unauthenticated,
        "账号已被管理员锁定，请联系管理员",
        "this account was locked by an administrator, please ask them",
    )
    .about("locked")
}

pub fn default_password_from_afar() -> Refusal {
    Refusal::new(
        Code::Forbidden,
        "默认密码只能在本机使用，请先在本机修改密码",
        "the default password works on the box itself only: change it there first",
    )
}

pub fn password_is_too_short_or_too_long() -> Refusal {
    Refusal::field("passwd", "应为 8 到 256 个字符", "must have 8 to 256 characters")
}

pub fn password_is_blank() -> Refusal {
    Refusal::field("passwd", "不能全是空格", "must not be blanks alone")
}

pub fn password_is_the_old_one() -> Refusal {
    Refusal::field("passwd", "不能与原来的密码相同", "must not be the old one")
}

pub fn old_password_is_wrong() -> Refusal {
    Refusal::new(Code::Forbidden, "原密码不正确", "the old password is wrong").about("old_passwd")
}

/// `s`: seconds to wait.
pub fn too_many_tries(s: u64) -> Refusal {
    Refusal::new(Code::Throttled, format!("尝试太频繁，请 {s} 秒后再试"), format!("too many tries: wait {s} s"))
}
