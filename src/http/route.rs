//! The route table: every path with its methods, what it needs, and who answers. A route that names no permission does not compile.
//! Also the way of every request through it.

use super::body::{Fields, Limits, TEXT_BYTES_MAX};
use super::reply::{self, Language, Reply};
use super::session::{self, Origin, Peer};
use super::{
    Edge, account, backup, devices, faults, invoice, invoice_exports, invoices, log, metrics, openapi, people, production, queue,
    socket, trial, ui,
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

/// What a route does with files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    None,
    /// A picture.
    One,
    Many,
    /// Lines of text, as a file or as the body itself.
    Csv,
    /// As large as the disk has room for.
    Backup,
}

type Answer = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

#[derive(Clone, Copy)]
pub struct Route {
    pub methods: Methods,
    /// With `{name}` for a part of the path that the handler reads.
    pub path: &'static str,
    pub access: Access,
    pub files: Files,
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
    pub upgrade: Option<Upgrade>,
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

    pub fn by(&self) -> Result<By, Refusal> {
        Ok(By { actor: self.actor()?.clone(), ip: self.origin.ip.to_string() })
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

    /// An id in the path; what is no number is nothing's.
    pub fn number_in_path(&self, name: &str) -> Result<u64, Refusal> {
        self.captured.get(name).and_then(|text| text.parse().ok()).ok_or_else(nothing_here)
    }
}

macro_rules! routes {
    ($($methods:ident $path:literal, $access:expr, $files:ident => $handler:path;)*) => {
        /// Every route. Tests walk it as nobody, and lacking each permission.
        pub const ROUTES: &[Route] = &[$(Route {
            methods: Methods::$methods,
            path: $path,
            access: $access,
            files: Files::$files,
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
    Post "/login", Open, None => account::log_in;
    Post "/logout", Session, None => account::log_out;
    Read "/me", Session, None => account::me;
    Get "/healthz", Open, None => ui::healthy;
    Get "/readyz", Open, None => ui::ready;
    Get "/openapi.json", Open, None => openapi::openapi;
    Get "/metrics", Open, None => metrics::metrics;
    Get "/api/settings", Needs(SystemRw), None => account::settings;
    Patch "/api/settings", Needs(SystemRw), None => account::change_settings;
    Post "/api/backup", Needs(SystemRw), None => backup::download;
    Get "/api/backups", Needs(SystemRw), None => backup::nightly;
    Post "/api/restore", Needs(SystemRw), Backup => backup::restore;

    Read "/search", Needs(DeviceR), None => production::search;
    Post "/switchPrintStatus", Needs(DeviceRw), None => production::switch_print_status;
    Post "/switchPtintStatus", Needs(DeviceRw), None => production::switch_print_status;
    Read "/searchNoPrint", Needs(DeviceR), None => production::search_no_print;
    Get "/socketNoPrint", Needs(DeviceR), None => socket::unprinted;
    Read "/printQRCode", Needs(DeviceR), None => production::print_qr_code;
    Post "/registerDevice", Needs(DeviceRw), None => production::register_device;

    Read "/api/devices", Needs(DeviceR), None => devices::list;
    Get "/api/devices/export.csv", Needs(DeviceR), None => devices::export;
    Post "/api/devices/import", Needs(DeviceRw), Csv => devices::import;
    Get "/api/devices/{sn}/history", Needs(DeviceR), None => devices::history;
    Get "/api/labels/claims", Needs(DeviceR), None => devices::claimed;
    Post "/api/labels/claims", Needs(DeviceRw), None => devices::claim;
    Post "/api/labels/claims/release", Needs(DeviceRw), None => devices::release;
    Get "/api/labels/claims/socket", Needs(DeviceR), None => socket::claims;
    Post "/api/labels/sent", Needs(DeviceRw), None => devices::sent;
    Post "/api/labels/outcome", Needs(DeviceRw), None => devices::came_out;
    Get "/api/conflicts", Needs(DeviceR), None => devices::conflicts;
    Post "/api/conflicts/{id}/settle", Needs(DeviceRw), None => devices::settle;

    Get "/api/companies", Needs(SystemRw), None => people::companies;
    Post "/api/companies", Needs(SystemRw), None => people::add_company;
    Patch "/api/companies/{id}", Needs(SystemRw), None => people::rename_company;
    Delete "/api/companies/{id}", Needs(SystemRw), None => people::delete_company;
    Get "/api/groups", Needs(GroupR), None => people::groups;
    Post "/api/groups", Needs(GroupRw), None => people::add_group;
    Patch "/api/groups/{id}", Needs(GroupRw), None => people::edit_group;
    Delete "/api/groups/{id}", Needs(GroupRw), None => people::delete_group;
    Get "/api/users", Needs(UserR), None => people::users;
    Post "/api/users", Needs(UserRw), None => people::add_user;
    Patch "/api/users/{id}", Needs(UserRw), None => people::edit_user;
    Delete "/api/users/{id}", Needs(UserRw), None => people::delete_user;
    Post "/api/users/{id}/password", Session, None => people::change_password;
    Get "/api/tokens", Session, None => people::tokens;
    Post "/api/tokens", Session, None => people::add_token;
    Delete "/api/tokens/{id}", Session, None => people::delete_token;
    Read "/invoice/getManagerUsers", Needs(UserR), None => people::get_manager_users;
    Post "/invoice/updateUsersPermission", Needs(UserRw), None => people::update_users_permission;
    Read "/invoice/getManagerGroups", Needs(GroupR), None => people::get_manager_groups;
    Post "/invoice/updateGroupPermission", Needs(GroupRw), None => people::update_group_permission;
    Post "/invoice/addGroupUser", Needs(GroupRw), None => people::add_group_user;
    Post "/invoice/removeGroupUser", Needs(GroupRw), None => people::remove_group_user;
    Read "/invoice/getUserPermission", Session, None => people::get_user_permission;
    Read "/invoice/getGroupUsers", Needs(GroupR), None => people::get_group_users;

    Post "/invoice/recognizeImage", Needs(InvoiceRw), Many => invoice::recognize_image;
    Post "/invoice/uploadModelOrigin", Needs(ModelRw), One => invoice::upload_model_origin;
    Post "/invoice/addModel", Needs(ModelRw), None => invoice::add_model;
    Post "/invoice/deleteModel", Needs(ModelRw), None => invoice::delete_model;
    Read "/invoice/getAllModel", Needs(ModelR), None => invoice::get_all_model;
    Post "/api/models/test", Needs(ModelRw), One => trial::test_draft;
    Post "/api/models/{id}/test", Needs(ModelR), One => trial::test_model;
    Read "/invoice/searchModelLabel", Needs(ModelR), None => invoice::search_model_label;
    Read "/invoice/getTwentyAction", Needs(LogR), None => log::get_twenty_action;
    Read "/invoice/getImgStr", ANY_PICTURE, None => invoice::get_img_str;
    Read "/invoice/openConsole", Needs(ConsoleR), None => invoice::open_console;
    Read "/invoice/recognizeWait", Needs(QueueR), None => invoice::recognize_wait;
    Read "/invoice/getFaultQueue", Needs(FaultR), None => faults::get_fault_queue;
    Get "/invoice/image/{name}", ANY_PICTURE, None => invoice::image;
    Get "/api/console", Needs(ConsoleR), None => queue::console;
    Get "/api/queue", Needs(QueueR), None => queue::queue;
    Post "/api/queue/pause", Needs(QueueRw), None => queue::pause;
    Post "/api/queue/resume", Needs(QueueRw), None => queue::resume;
    Post "/api/queue/{id}/cancel", Needs(QueueRw), None => queue::cancel;
    Post "/api/queue/{id}/next", Needs(QueueRw), None => queue::run_next;
    Get "/api/log", Needs(LogR), None => log::log;
    Get "/api/log/export.csv", Needs(LogR), None => log::export;
    Get "/api/invoices", Needs(InvoiceR), None => invoices::list;
    Get "/api/invoices/export.csv", Needs(InvoiceR), None => invoice_exports::export_csv;
    Get "/api/invoices/export.xlsx", Needs(InvoiceR), None => invoice_exports::export_xlsx;
    Get "/api/invoices/{id}", Needs(InvoiceR), None => invoices::one;
    Patch "/api/invoices/{id}", Needs(InvoiceRw), None => invoices::correct;
    Post "/api/invoices/{id}/duplicate", Needs(InvoiceRw), None => invoices::duplicate;
    Post "/api/invoices/{id}/void", Needs(InvoiceRw), None => invoices::void;
    Post "/api/invoices/{id}/restore", Needs(InvoiceRw), None => invoices::restore;
    Get "/api/faults", Needs(FaultR), None => faults::list;
    Post "/api/faults/retry", Needs(FaultRw), None => faults::retry_some;
    Post "/api/faults/{id}/retry", Needs(FaultRw), None => faults::retry;
    Post "/api/faults/{id}/resolve", Needs(FaultRw), None => faults::resolve;
    Post "/api/faults/{id}/review", Needs(FaultRw), None => faults::review;
    Post "/api/faults/{id}/reopen", Needs(FaultRw), None => faults::reopen;
    Post "/api/faults/{id}/open", Needs(FaultR), None => faults::open;
    Post "/api/faults/{id}/close", Needs(FaultR), None => faults::close;
    Get "/invoice/webSocketServer", Session, None => socket::invoice;
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
            None if is_page(&request) => ui::page(&request),
            None => not_allowed(found.value, language),
        },
        Err(_) if is_page(&request) => ui::page(&request),
        Err(_) => reply::refusal(&nothing_here(), language),
    };
    reply::finish(&mut reply, peer.is_tls);
    reply
}

/// A page's own address: anything that is no endpoint's and asked for by a browser.
fn is_page(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/") || path.starts_with("/invoice/");
    (request.method() == Method::GET || request.method() == Method::HEAD) && !is_api && path != "/logout"
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
        let actor = permitted(&edge, route, &parts.headers, origin, is_upgrade)?;
        can_take(&edge.app, route.files)?;
        Ok(actor)
    };
    let actor = match let_in() {
        Ok(actor) => actor,
        Err(refusal) => {
            Fields::drain(body);
            return Err(refusal);
        }
    };
    let fields = if parts.method == Method::GET || parts.method == Method::HEAD {
        Fields::of_query(parts.uri.query().unwrap_or_default())
    } else {
        let limits = Limits {
            multipart_bytes: if route.files == Files::Backup { u64::MAX } else { settings.max_upload_mib << 20 },
            file_bytes: match route.files {
                Files::Csv => TEXT_BYTES_MAX,
                Files::Backup => u64::MAX,
                _ => pictures::BYTES_MAX,
            },
            files: if route.files == Files::Many { invoice::FILES_MAX } else { 1 },
            raw: route.files == Files::Csv,
        };
        let read = Fields::of_body(&parts.headers, body, limits, &edge.app.blobs).await;
        read.map_err(|refusal| invoice::too_large(route, refusal))?
    };
    let headers = if is_upgrade { parts.headers.clone() } else { std::mem::take(&mut parts.headers) };
    let upgrade = is_upgrade.then(|| Upgrade(Request::from_parts(parts, ())));
    let call = Call { edge, origin, language, headers, captured, fields, upgrade, actor };
    if route.methods.changes_something() {
        // What was begun is brought to its end, even when the client hangs up.
        return tokio::spawn((route.handler)(call)).await.unwrap_or_else(|_| Err(Refusal::internal()));
    }
    (route.handler)(call).await
}

/// What would be refused in the end is refused before it is sent.
fn can_take(app: &App, files: Files) -> Result<(), Refusal> {
    match files {
        Files::None => Ok(()),
        Files::Backup => app.check_is_new().and_then(|()| app.store.has_room()),
        _ => app.store.has_room(),
    }
}

/// Who asks, if the route is open to him.
fn permitted(edge: &Edge, route: &Route, headers: &HeaderMap, origin: Origin, is_upgrade: bool) -> Result<Option<Actor>, Refusal> {
    if route.methods.changes_something() || is_upgrade {
        session::check_same_site(headers)?;
    }
    if matches!(route.access, Access::Open) {
        return Ok(None);
    }
    let actor = session::actor(&edge.app, headers, origin)?.ok_or_else(Refusal::unauthenticated)?;
    let may = match route.access {
        Access::Open | Access::Session => true,
        Access::Needs(permission) => actor.may(permission),
        Access::Any(permissions) => permissions.iter().any(|p| actor.may(*p)),
    };
    if may { Ok(Some(actor)) } else { Err(Refusal::no_permission()) }
}
