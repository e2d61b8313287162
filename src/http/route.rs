//! The route table: every path with its methods, what it needs, and who answers. A route that names no permission does not compile.
//! Also the way of every request through it.

use super::body::{self, LIST_VALUES_MAX, Limits, TEXT_BYTES_MAX, WORDS_BYTES_MAX, WORDS_VALUES_MAX};
use super::budget::{Budget, Held, Who};
use super::fields::Fields;
use super::reply::{self, Language, Reply};
use super::session::{self, Origin, Peer};
use super::{
    Edge, account, backup, clock, devices, faults, imports, invoice, invoice_exports, invoices, label_looks, labels, log, metrics,
    openapi, people, production, queue, socket, trial, ui,
};
use crate::app::{App, By, pictures};
use crate::domain::account::{Actor, Permission};
use crate::domain::refusal::Refusal;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};
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
    fn permissions(&'static self) -> &'static [Permission] {
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
    fn has(self, method: &Method) -> bool {
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

    fn changes_something(self) -> bool {
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

    pub(super) fn limits(self, max_upload_mib: u64) -> Limits {
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
            Self::Pictures => Limits { files: invoice::FILES_MAX, ..picture },
            Self::Table => Limits { multipart_bytes: upload_bytes, file_bytes: TEXT_BYTES_MAX, files: 1, raw: true, ..words },
            Self::Backup => Limits { multipart_bytes: u64::MAX, file_bytes: u64::MAX, files: 1, ..words },
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

#[derive(Clone, Copy)]
pub struct Route {
    pub methods: Methods,
    /// With `{name}` for a part of the path that the handler reads.
    pub path: &'static str,
    pub access: Access,
    pub takes: Takes,
    handler: fn(Call) -> Answer,
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
    access: &'static Access,
    actor: Option<Actor>,
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

macro_rules! routes {
    ($($methods:ident $path:literal, $access:expr, $takes:ident => $handler:path;)*) => {
        /// Every route. Tests walk it as nobody, and lacking each permission.
        pub const ROUTES: &[Route] = &[$(Route {
            methods: Methods::$methods,
            path: $path,
            access: $access,
            takes: Takes::$takes,
            handler: |call| Box::pin($handler(call)),
        }),*];
    };
}

use Access::{Any, Needs, Open, Session};
use Permission::{
    ConsoleR, DeviceR, DeviceRw, FaultR, FaultRw, GroupR, GroupRw, InvoiceR, InvoiceRw, LogR, ModelR, ModelRw, QueueR, QueueRw,
    SystemRw, UserR, UserRw,
};

const ANY_PICTURE: Access = Any(&[InvoiceR, QueueR, ConsoleR, FaultR, ModelR]);

routes! {
    Post "/login", Open, Words => account::log_in;
    Post "/logout", Session, Words => account::log_out;
    Read "/me", Session, Words => account::me;
    Get "/healthz", Open, Words => ui::healthy;
    Get "/readyz", Open, Words => ui::ready;
    Get "/openapi.json", Open, Words => openapi::openapi;
    Get "/ca.pem", Open, Words => ui::ca;
    Get "/metrics", Open, Words => metrics::metrics;
    Get "/api/settings", Needs(SystemRw), Words => account::settings;
    Patch "/api/settings", Needs(SystemRw), Words => account::change_settings;
    Post "/api/backup", Needs(SystemRw), Words => backup::download;
    Get "/api/backups", Needs(SystemRw), Words => backup::nightly;
    Post "/api/restore", Needs(SystemRw), Backup => backup::restore;

    Read "/search", Needs(DeviceR), Words => production::search;
    Post "/switchPrintStatus", Needs(DeviceRw), Lists => production::switch_print_status;
    Post "/switchPtintStatus", Needs(DeviceRw), Lists => production::switch_print_status;
    Read "/searchNoPrint", Needs(DeviceR), Words => production::search_no_print;
    Get "/socketNoPrint", Needs(DeviceR), Words => socket::unprinted;
    Read "/printQRCode", Needs(DeviceR), Lists => production::print_qr_code;
    Post "/registerDevice", Needs(DeviceRw), Lists => production::register_device;

    Read "/api/devices", Needs(DeviceR), Words => devices::list;
    Get "/api/devices/export.csv", Needs(DeviceR), Words => devices::export_csv;
    Get "/api/devices/export.xlsx", Needs(DeviceR), Words => devices::export_xlsx;
    Post "/api/devices/import", Needs(DeviceRw), Table => imports::import;
    Get "/api/imports", Needs(DeviceR), Words => imports::list;
    Post "/api/imports/{id}/undo", Needs(DeviceRw), Words => imports::undo;
    Get "/api/devices/{sn}", Needs(DeviceR), Words => devices::one;
    Patch "/api/devices/{sn}", Needs(DeviceRw), Words => devices::correct;
    Delete "/api/devices/{sn}", Needs(DeviceRw), Words => devices::retire;
    Get "/api/devices/{sn}/history", Needs(DeviceR), Words => devices::prints;
    Get "/api/clock", Needs(DeviceR), Words => clock::clock;
    Get "/api/labels", Needs(DeviceR), Words => label_looks::list;
    Post "/api/labels", Needs(DeviceRw), Words => label_looks::add;
    Patch "/api/labels/{id}", Needs(DeviceRw), Words => label_looks::change;
    Delete "/api/labels/{id}", Needs(DeviceRw), Words => label_looks::delete;
    Get "/api/labels/claims", Needs(DeviceR), Words => labels::claimed;
    Post "/api/labels/claims", Needs(DeviceRw), Lists => labels::claim;
    Post "/api/labels/claims/release", Needs(DeviceRw), Lists => labels::release;
    Get "/api/labels/claims/socket", Needs(DeviceR), Words => socket::claims;
    Post "/api/labels/sent", Needs(DeviceRw), Lists => labels::sent;
    Post "/api/labels/outcome", Needs(DeviceRw), Lists => labels::came_out;
    Get "/api/conflicts", Needs(DeviceR), Words => labels::conflicts;
    Post "/api/conflicts/{id}/settle", Needs(DeviceRw), Words => labels::settle;

    Get "/api/companies", Needs(SystemRw), Words => people::companies;
    Post "/api/companies", Needs(SystemRw), Words => people::add_company;
    Patch "/api/companies/{id}", Needs(SystemRw), Words => people::rename_company;
    Delete "/api/companies/{id}", Needs(SystemRw), Words => people::delete_company;
    Get "/api/groups", Needs(GroupR), Words => people::groups;
    Post "/api/groups", Needs(GroupRw), Words => people::add_group;
    Patch "/api/groups/{id}", Needs(GroupRw), Words => people::edit_group;
    Delete "/api/groups/{id}", Needs(GroupRw), Words => people::delete_group;
    Get "/api/users", Needs(UserR), Words => people::users;
    Post "/api/users", Needs(UserRw), Words => people::add_user;
    Patch "/api/users/{id}", Needs(UserRw), Words => people::edit_user;
    Delete "/api/users/{id}", Needs(UserRw), Words => people::delete_user;
    Post "/api/users/{id}/password", Session, Words => people::change_password;
    Get "/api/tokens", Session, Words => people::tokens;
    Post "/api/tokens", Session, Words => people::add_token;
    Delete "/api/tokens/{id}", Session, Words => people::delete_token;
    Read "/invoice/getManagerUsers", Needs(UserR), Words => people::get_manager_users;
    Post "/invoice/updateUsersPermission", Needs(UserRw), Lists => people::update_users_permission;
    Read "/invoice/getManagerGroups", Needs(GroupR), Words => people::get_manager_groups;
    Post "/invoice/updateGroupPermission", Needs(GroupRw), Lists => people::update_group_permission;
    Post "/invoice/addGroupUser", Needs(GroupRw), Words => people::add_group_user;
    Post "/invoice/removeGroupUser", Needs(GroupRw), Words => people::remove_group_user;
    Read "/invoice/getUserPermission", Session, Words => people::get_user_permission;
    Read "/invoice/getGroupUsers", Needs(GroupR), Words => people::get_group_users;

    Post "/invoice/recognizeImage", Needs(InvoiceRw), Pictures => invoice::recognize_image;
    Post "/invoice/uploadModelOrigin", Needs(ModelRw), Picture => invoice::upload_model_origin;
    Post "/invoice/addModel", Needs(ModelRw), Lists => invoice::add_model;
    Post "/invoice/deleteModel", Needs(ModelRw), Words => invoice::delete_model;
    Read "/invoice/getAllModel", Needs(ModelR), Words => invoice::get_all_model;
    Post "/api/models/test", Needs(ModelRw), Picture => trial::test_draft;
    Post "/api/models/{id}/test", Needs(ModelR), Picture => trial::test_model;
    Read "/invoice/searchModelLabel", Needs(ModelR), Words => invoice::search_model_label;
    Read "/invoice/getTwentyAction", Needs(LogR), Words => log::get_twenty_action;
    Read "/invoice/getImgStr", ANY_PICTURE, Words => invoice::get_img_str;
    Read "/invoice/openConsole", Needs(ConsoleR), Words => invoice::open_console;
    Read "/invoice/recognizeWait", Needs(QueueR), Words => invoice::recognize_wait;
    Read "/invoice/getFaultQueue", Needs(FaultR), Words => faults::get_fault_queue;
    Get "/invoice/image/{name}", ANY_PICTURE, Words => invoice::image;
    Get "/api/console", Needs(ConsoleR), Words => queue::console;
    Get "/api/queue", Needs(QueueR), Words => queue::queue;
    Post "/api/queue/pause", Needs(QueueRw), Words => queue::pause;
    Post "/api/queue/resume", Needs(QueueRw), Words => queue::resume;
    Post "/api/queue/{id}/cancel", Needs(QueueRw), Words => queue::cancel;
    Post "/api/queue/{id}/next", Needs(QueueRw), Words => queue::run_next;
    Get "/api/log", Needs(LogR), Words => log::log;
    Get "/api/log/export.csv", Needs(LogR), Words => log::export;
    Get "/api/invoices", Needs(InvoiceR), Words => invoices::list;
    Get "/api/invoices/export.csv", Needs(InvoiceR), Words => invoice_exports::export_csv;
    Get "/api/invoices/export.xlsx", Needs(InvoiceR), Words => invoice_exports::export_xlsx;
    Get "/api/invoices/{id}", Needs(InvoiceR), Words => invoices::one;
    Patch "/api/invoices/{id}", Needs(InvoiceRw), Lists => invoices::correct;
    Post "/api/invoices/{id}/duplicate", Needs(InvoiceRw), Words => invoices::duplicate;
    Post "/api/invoices/{id}/void", Needs(InvoiceRw), Words => invoices::void;
    Post "/api/invoices/{id}/restore", Needs(InvoiceRw), Words => invoices::restore;
    Get "/api/faults", Needs(FaultR), Words => faults::list;
    Post "/api/faults/retry", Needs(FaultRw), Lists => faults::retry_some;
    Post "/api/faults/{id}/retry", Needs(FaultRw), Words => faults::retry;
    Post "/api/faults/{id}/resolve", Needs(FaultRw), Words => faults::resolve;
    Post "/api/faults/{id}/review", Needs(FaultRw), Lists => faults::review;
    Post "/api/faults/{id}/reopen", Needs(FaultRw), Words => faults::reopen;
    Post "/api/faults/{id}/open", Needs(FaultR), Words => faults::open;
    Post "/api/faults/{id}/close", Needs(FaultR), Words => faults::close;
    Get "/invoice/webSocketServer", Session, Words => socket::invoice;
}

/// The table, ready to be asked.
#[derive(Debug)]
pub struct Router(matchit::Router<Vec<&'static Route>>);

impl Router {
    pub fn new() -> Result<Self, matchit::InsertError> {
        let mut by_path: Vec<(&str, Vec<&'static Route>)> = Vec::new();
        for route in ROUTES {
            match by_path.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => by_path.push((route.path, vec![route])),
            }
        }
        let mut router = matchit::Router::new();
        for (path, routes) in by_path {
            router.insert(path, routes)?;
        }
        Ok(Self(router))
    }
}

fn not_allowed(allowed: &[&'static Route], language: Language) -> Reply {
    let refusal = Refusal::malformed("不支持这种请求方法", "this method is not allowed here");
    let mut reply = reply::refusal(&refusal, language);
    *reply.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let names: Vec<&str> = allowed.iter().flat_map(|route| route.methods.names()).copied().collect();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        reply::set(&mut reply, header::ALLOW, value);
    }
    reply
}

fn nothing_here() -> Refusal {
    Refusal::not_found("没有这个地址", "there is nothing at this address")
}

/// Answers one request, whatever it is.
pub async fn answer(edge: Arc<Edge>, peer: Peer, request: Request<Incoming>) -> Reply {
    let language = Language::of(request.headers());
    let path = request.uri().path();
    // The old clients end a path in `.action`, or don't.
    let seed = path.strip_suffix(".action").filter(|p| p.starts_with("/invoice/")).unwrap_or(path);
    let found = edge.router.0.at(seed);
    let mut reply = match found {
        Ok(found) => match found.value.iter().find(|route| route.methods.has(request.method())) {
            Some(route) => {
                let captured = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                let through = pass(edge.clone(), peer, route, captured, language, request).await;
                through.unwrap_or_else(|refusal| reply::refusal(&refusal, language))
            }
            None if path == "/login" => ui::page(&request).unwrap_or_else(|| not_allowed(found.value, language)),
            None => not_allowed(found.value, language),
        },
        Err(_) => ui::page(&request).unwrap_or_else(|| reply::refusal(&nothing_here(), language)),
    };
    reply::finish(&mut reply, peer.is_tls && edge.app.settings().hsts);
    reply
}

async fn pass(
    edge: Arc<Edge>,
    peer: Peer,
    route: &'static Route,
    captured: HashMap<String, String>,
    language: Language,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let settings = edge.app.settings();
    let origin = Origin::of(request.headers(), peer, &settings.trusted_proxies);
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    let (mut parts, body) = request.into_parts();
    let let_in = || {
        let version = edge.app.store.accounts_version();
        let actor = permitted(&edge, route, &parts.headers, &origin, is_upgrade)?;
        can_take(&edge.app, route.takes)?;
        Ok((actor, version))
    };
    let (mut actor, version) = match let_in() {
        Ok(found) => found,
        Err(refusal) => {
            body::drain(body);
            return Err(refusal);
        }
    };
    if actor.is_some() {
        edge.budgets.note_familiar(origin.ip);
    }
    let query = Fields::of_query(parts.uri.query().unwrap_or_default());
    let fields = if parts.method == Method::GET || parts.method == Method::HEAD {
        Fields::of_query(parts.uri.query().unwrap_or_default())
    } else {
        let who = actor.as_ref().map_or(Who::at(origin.ip), |actor| Who::User(actor.user));
        let limits = route.takes.limits(settings.max_upload_mib);
        let read = body::receive(&parts.headers, body, limits, &edge.app.blobs, &edge.budgets, who).await;
        let fields = read.map_err(|refusal| invoice::too_large(route, refusal))?;
        // A body takes as long as its sender likes: whoever was let in before it may have been locked out meanwhile.
        if edge.app.store.accounts_version() != version {
            actor = permitted(&edge, route, &parts.headers, &origin, is_upgrade)?;
        }
        fields
    };
    let headers = if is_upgrade { parts.headers.clone() } else { std::mem::take(&mut parts.headers) };
    let upgrade = is_upgrade.then(|| Upgrade(Request::from_parts(parts, ())));
    let call = Call { edge, origin, language, headers, captured, fields, query, upgrade, access: &route.access, actor };
    if route.methods.changes_something() {
        // What was begun is brought to its end, even when the client hangs up.
        return tokio::spawn((route.handler)(call)).await.unwrap_or_else(|_| Err(Refusal::internal()));
    }
    (route.handler)(call).await
}

/// What would be refused in the end is refused before it is sent.
fn can_take(app: &App, takes: Takes) -> Result<(), Refusal> {
    if takes == Takes::Backup {
        app.check_is_new()?;
    }
    if takes.has_files() { app.store.has_room() } else { Ok(()) }
}

/// Who asks, if the route is open to him.
fn permitted(
    edge: &Edge,
    route: &'static Route,
    headers: &HeaderMap,
    origin: &Origin,
    is_upgrade: bool,
) -> Result<Option<Actor>, Refusal> {
    if route.methods.changes_something() || is_upgrade {
        origin.check_same_site(headers)?;
    }
    if matches!(route.access, Access::Open) {
        return Ok(None);
    }
    let actor = session::actor(&edge.app, headers, origin)?.ok_or_else(Refusal::unauthenticated)?;
    let needed = route.access.permissions();
    let may = needed.is_empty() || needed.iter().any(|p| actor.may(*p));
    if may { Ok(Some(actor)) } else { Err(Refusal::no_permission()) }
}
