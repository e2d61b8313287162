//! Routes and requests as handlers see them. Not here: the route table (http/route.rs), the dispatch (answer.rs).

use super::body::{FILES_MAX, LIST_VALUES_MAX, Limits, TEXT_BYTES_MAX, WORDS_BYTES_MAX, WORDS_VALUES_MAX};
use super::budget::{Budget, Held, Who};
use super::fields::Fields;
use super::reply::{FileName, Language, Reply};
use super::session::Origin;
use crate::app::{By, pictures};
use crate::domain::account::{Actor, Permission};
use crate::domain::refusal::Refusal;
use crate::http::Edge;
use crate::http::wire::time;
use hyper::{HeaderMap, Method, Request};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub enum Access {
    Open,
    Session,
    Needs(Permission),
    /// Any of these; the handler checks further.
    Any(&'static [Permission]),
}

impl Access {
    /// Any one suffices; empty: none needed.
    pub(in crate::http) fn permissions(&'static self) -> &'static [Permission] {
        match self {
            Self::Open | Self::Session => &[],
            Self::Needs(permission) => std::slice::from_ref(permission),
            Self::Any(permissions) => permissions,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Methods {
    /// GET with a query, or POST as old clients do.
    Read,
    Get,
    Post,
    Patch,
    Delete,
}

impl Methods {
    pub(in crate::http) fn has(self, method: &Method) -> bool {
        match self {
            Self::Read => method == Method::GET || method == Method::HEAD || method == Method::POST,
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::Post => method == Method::POST,
            Self::Patch => method == Method::PATCH,
            Self::Delete => method == Method::DELETE,
        }
    }

    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["GET", "HEAD", "POST"],
            Self::Get => &["GET", "HEAD"],
            Self::Post => &["POST"],
            Self::Patch => &["PATCH"],
            Self::Delete => &["DELETE"],
        }
    }

    pub(in crate::http) fn changes_something(self) -> bool {
        matches!(self, Self::Post | Self::Patch | Self::Delete)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Words,
    /// Lists; a drawn template with its picture.
    Lists,
    Picture,
    Pictures,
    /// As a file or the raw body.
    Table,
    Backup,
}

/// A drawn template beside its picture.
const BESIDE_BYTES_MAX: u64 = 1 << 20;

impl Takes {
    pub fn has_files(self) -> bool {
        !matches!(self, Self::Words | Self::Lists)
    }

    pub(in crate::http) fn limits(self, max_upload_mib: u64) -> Limits {
        let words = Limits {
            text_bytes: WORDS_BYTES_MAX,
            values: WORDS_VALUES_MAX,
            multipart_bytes: WORDS_BYTES_MAX,
            file_bytes: 0,
            archive_bytes: 0,
            files: 0,
            raw: false,
        };
        let lists = Limits { text_bytes: TEXT_BYTES_MAX, values: LIST_VALUES_MAX, multipart_bytes: TEXT_BYTES_MAX, ..words };
        let upload_bytes = max_upload_mib << 20;
        let picture = Limits {
            text_bytes: BESIDE_BYTES_MAX,
            multipart_bytes: upload_bytes,
            file_bytes: pictures::BYTES_MAX,
            archive_bytes: pictures::BYTES_MAX,
            files: 1,
            ..words
        };
        match self {
            Self::Words => words,
            Self::Lists => lists,
            Self::Picture => picture,
            Self::Pictures => Limits { files: FILES_MAX, archive_bytes: upload_bytes, ..picture },
            Self::Table => Limits {
                multipart_bytes: upload_bytes,
                file_bytes: TEXT_BYTES_MAX,
                archive_bytes: TEXT_BYTES_MAX,
                files: 1,
                raw: true,
                ..words
            },
            Self::Backup => Limits { multipart_bytes: u64::MAX, file_bytes: u64::MAX, archive_bytes: u64::MAX, files: 1, ..words },
        }
    }
}

pub(in crate::http) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

#[derive(Clone, Copy)]
pub struct Route {
    pub methods: Methods,
    /// May hold `{name}`.
    pub path: &'static str,
    pub access: Access,
    pub takes: Takes,
    pub(in crate::http) handler: fn(Call) -> Answer,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {:?}", self.methods, self.path, self.access)
    }
}

#[derive(Debug)]
pub struct Call {
    pub edge: Arc<Edge>,
    pub origin: Origin,
    pub language: Language,
    pub headers: HeaderMap,
    /// `{name}` in the path, percent-encoded.
    pub captured: HashMap<String, String>,
    pub fields: Fields,
    pub query: Fields,
    pub upgrade: Option<Upgrade>,
    pub(in crate::http) access: &'static Access,
    pub(in crate::http) actor: Option<Actor>,
}

pub struct Upgrade(pub Request<()>);

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upgrade")
    }
}

impl Call {
    pub fn actor(&self) -> Result<&Actor, Refusal> {
        self.actor.as_ref().ok_or_else(Refusal::unauthenticated)
    }

    pub fn who(&self) -> Who {
        self.actor.as_ref().map_or(Who::at(self.origin.ip), |actor| Who::User(actor.user))
    }

    pub fn export(&self) -> Result<Held, Refusal> {
        self.share(&self.edge.budgets.exports)
    }

    /// A share of `budget`, valid while the actor keeps the permission.
    pub fn share(&self, budget: &Arc<Budget>) -> Result<Held, Refusal> {
        let (app, by) = (self.edge.app.clone(), self.by()?);
        Ok(budget.take(self.who(), 1)?.as_long_as(move || app.may_still(&by)))
    }

    /// `lang`, if given: a link can't say it in a header.
    pub fn chosen_language(&self) -> Result<Language, Refusal> {
        match self.fields.text_or_none("lang")? {
            None => Ok(self.language),
            Some(lang) if lang.starts_with("zh") => Ok(Language::Chinese),
            Some(lang) if lang.starts_with("en") => Ok(Language::English),
            Some(_) => Err(Refusal::malformed("lang：应为 zh 或 en", "lang: must be zh or en")),
        }
    }

    /// `发票_2026-11-28.xlsx`, by the box's day.
    pub fn name_of_today(&self, (zh, en): (&str, &str), extension: &str) -> Result<FileName, Refusal> {
        let now = time::write(crate::app::now(), &self.edge.app.settings().zone());
        let day = now.split(' ').next().unwrap_or_default();
        let [shown, plain] = [self.chosen_language()?.pick(zh, en), en].map(|name| format!("{name}_{day}.{extension}"));
        Ok(FileName { plain, shown })
    }

    pub fn by(&self) -> Result<By, Refusal> {
        Ok(By { actor: self.actor()?.clone(), ip: self.origin.ip.to_string(), needs: self.access.permissions() })
    }

    /// `user_id`, if given, must be the actor; an administrator may name another.
    pub fn check_user_id(&self) -> Result<(), Refusal> {
        self.check_user_id_in(&self.fields)
    }

    pub fn check_user_id_in(&self, fields: &Fields) -> Result<(), Refusal> {
        let actor = self.actor()?;
        match fields.natural_or_none("user_id")? {
            Some(id) if id != actor.user.0 && !actor.may(Permission::SystemRw) => Err(Refusal::no_permission()),
            _ => Ok(()),
        }
    }

    /// Percent-decoded.
    pub fn text_in_path(&self, name: &str) -> Result<String, Refusal> {
        let text = self.captured.get(name).ok_or_else(nothing_here)?;
        let text = percent_encoding::percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned).map_err(|_| nothing_here())
    }

    /// An id; not found if it is not a number.
    pub fn number_in_path(&self, name: &str) -> Result<u64, Refusal> {
        self.captured.get(name).and_then(|text| text.parse().ok()).ok_or_else(nothing_here)
    }
}

#[derive(Debug)]
pub struct Router {
    pub(in crate::http) by_path: matchit::Router<Vec<&'static Route>>,
    pub(in crate::http) all: &'static [Route],
}

pub(in crate::http) fn nothing_here() -> Refusal {
    Refusal::not_found("没有这个地址", "there is nothing at this address")
}
