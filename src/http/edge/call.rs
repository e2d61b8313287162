//! A route and what it asks for, and a request on its way to whoever answers it. Not here: the routes themselves (route.rs), the way
//! (answer.rs).

use super::body::{FILES_MAX, LIST_VALUES_MAX, Limits, TEXT_BYTES_MAX, WORDS_BYTES_MAX, WORDS_VALUES_MAX};
use super::budget::{Budget, Held, Who};
use super::fields::Fields;
use super::reply::{Language, Reply};
use super::session::Origin;
use crate::app::{By, pictures};
use crate::domain::account::{Actor, Permission};
use crate::domain::refusal::Refusal;
use crate::http::Edge;
use hyper::{HeaderMap, Method, Request};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

/// What a request has to bring.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    Open,
    /// Anyone who is logged in.
    Session,
    Needs(Permission),
    /// Any of them; the handler looks closer.
    Any(&'static [Permission]),
}

impl Access {
    /// Any of them lets in; none are needed where it is enough to be logged in, or not even that.
    pub(in crate::http) fn permissions(&'static self) -> &'static [Permission] {
        match self {
            Self::Open | Self::Session => &[],
            Self::Needs(permission) => std::slice::from_ref(permission),
            Self::Any(permissions) => permissions,
        }
    }
}

/// The methods a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Methods {
    /// GET with a query, or POST as the old clients do.
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

/// What a route takes: no more than it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Ids and words.
    Words,
    /// Lists of serials, devices, ticks; a drawn template with its picture.
    Lists,
    /// A picture, as a file.
    Picture,
    Pictures,
    /// Lines of text, as a file or as the body itself.
    Table,
    /// As large as the disk has room for.
    Backup,
}

/// Of the fields beside a picture: a drawn template.
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
            files: 0,
            raw: false,
        };
        let lists = Limits { text_bytes: TEXT_BYTES_MAX, values: LIST_VALUES_MAX, multipart_bytes: TEXT_BYTES_MAX, ..words };
        let upload_bytes = max_upload_mib << 20;
        let picture = Limits {
            text_bytes: BESIDE_BYTES_MAX,
            multipart_bytes: upload_bytes,
            file_bytes: pictures::BYTES_MAX,
            files: 1,
            ..words
        };
        match self {
            Self::Words => words,
            Self::Lists => lists,
            Self::Picture => picture,
            Self::Pictures => Limits { files: FILES_MAX, ..picture },
            Self::Table => Limits { multipart_bytes: upload_bytes, file_bytes: TEXT_BYTES_MAX, files: 1, raw: true, ..words },
            Self::Backup => Limits { multipart_bytes: u64::MAX, file_bytes: u64::MAX, files: 1, ..words },
        }
    }
}

pub(in crate::http) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

#[derive(Clone, Copy)]
pub struct Route {
    pub methods: Methods,
    /// With `{name}` for a part of the path that the handler reads.
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

/// A request on its way through: who, from where, with what.
#[derive(Debug)]
pub struct Call {
    pub edge: Arc<Edge>,
    pub origin: Origin,
    pub language: Language,
    pub headers: HeaderMap,
    /// `{name}` of the route's path, and what stands there.
    pub captured: HashMap<String, String>,
    pub fields: Fields,
    /// What the address says beside them.
    pub query: Fields,
    pub upgrade: Option<Upgrade>,
    pub(in crate::http) access: &'static Access,
    pub(in crate::http) actor: Option<Actor>,
}

/// The connection under a WebSocket handshake.
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

    /// Whose share of the budgets this request takes.
    pub fn who(&self) -> Who {
        self.actor.as_ref().map_or(Who::at(self.origin.ip), |actor| Who::User(actor.user))
    }

    /// A share of the exports that may be made at once.
    pub fn export(&self) -> Result<Held, Refusal> {
        self.share(&self.edge.budgets.exports)
    }

    /// One of the long answers of this kind, for as long as whoever asks may have it.
    pub fn share(&self, budget: &Arc<Budget>) -> Result<Held, Refusal> {
        let (app, by) = (self.edge.app.clone(), self.by()?);
        Ok(budget.take(self.who(), 1)?.as_long_as(move || app.may_still(&by)))
    }

    pub fn by(&self) -> Result<By, Refusal> {
        Ok(By { actor: self.actor()?.clone(), ip: self.origin.ip.to_string(), needs: self.access.permissions() })
    }

    /// Where `user_id` names who acts, it may be left out, and must else be whoever is logged in; an administrator may name another.
    pub fn check_user_id(&self) -> Result<(), Refusal> {
        self.check_user_id_in(&self.fields)
    }

    /// The same where the fields are nested.
    pub fn check_user_id_in(&self, fields: &Fields) -> Result<(), Refusal> {
        let actor = self.actor()?;
        match fields.natural_or_none("user_id")? {
            Some(id) if id != actor.user.0 && !actor.may(Permission::SystemRw) => Err(Refusal::no_permission()),
            _ => Ok(()),
        }
    }

    /// A text in the path, as it was before it was written into an address.
    pub fn text_in_path(&self, name: &str) -> Result<String, Refusal> {
        let text = self.captured.get(name).ok_or_else(nothing_here)?;
        let text = percent_encoding::percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned).map_err(|_| nothing_here())
    }

    /// An id in the path; what is no number is nothing's.
    pub fn number_in_path(&self, name: &str) -> Result<u64, Refusal> {
        self.captured.get(name).and_then(|text| text.parse().ok()).ok_or_else(nothing_here)
    }
}

/// The route table, ready to be asked.
#[derive(Debug)]
pub struct Router {
    pub(in crate::http) by_path: matchit::Router<Vec<&'static Route>>,
    pub(in crate::http) all: &'static [Route],
}

pub(in crate::http) fn nothing_here() -> Refusal {
    Refusal::not_found("没有这个地址", "there is nothing at this address")
}
