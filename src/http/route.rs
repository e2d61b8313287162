//! The route table. A route without a permission does not compile.

use crate::domain::account::Permission;
use crate::http::edge::agent;
use crate::http::edge::call::{Access, Methods, Route, Router, Takes};
use crate::http::edge::metrics;
use crate::http::edge::reach;
use crate::http::edge::socket;
use crate::http::edge::ui;
use crate::http::invoice::drafts;
use crate::http::invoice::exports as invoice_exports;
use crate::http::invoice::faults;
use crate::http::invoice::hand_out;
use crate::http::invoice::invoices;
use crate::http::invoice::queue;
use crate::http::invoice::trial;
use crate::http::invoice::upload as invoice;
use crate::http::invoice::{files, originals, papers, portal};
use crate::http::line::batches;
use crate::http::line::clock;
use crate::http::line::devices;
use crate::http::line::imports;
use crate::http::line::label_looks;
use crate::http::line::label_previews;
use crate::http::line::labels;
use crate::http::line::logo;
use crate::http::line::printers;
use crate::http::line::production;
use crate::http::office::account;
use crate::http::office::backup;
use crate::http::office::health;
use crate::http::office::log;
use crate::http::office::people;
use crate::http::office::settings;
use crate::http::wire::openapi;

macro_rules! routes {
    ($($methods:ident $path:literal, $access:expr, $takes:ident => $handler:path;)*) => {
        /// Tests call each without a session and without each permission.
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
    Get "/ca.pem", Open, Words => ui::ca_pem;
    Get "/ca.crt", Open, Words => ui::ca_crt;
    Get "/api/addresses", Open, Words => reach::addresses;
    Get "/metrics", Open, Words => metrics::metrics;
    Get "/api/settings", Needs(SystemRw), Words => settings::settings;
    Patch "/api/settings", Needs(SystemRw), Words => settings::change;
    Get "/api/settings/about", Needs(SystemRw), Words => settings::about;
    Post "/api/backup", Needs(SystemRw), Words => backup::download;
    Get "/api/backups", Needs(SystemRw), Words => backup::nightly;
    Get "/api/health", Needs(SystemRw), Words => health::health;
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
    Get "/api/labels/{id}/preview", Needs(DeviceR), Words => label_previews::kept;
    Post "/api/labels/preview", Needs(DeviceR), Words => label_previews::draft;
    Post "/api/labels/pictures", Needs(DeviceR), Lists => label_previews::pictures;
    Get "/api/logo", Needs(DeviceR), Words => logo::show;
    Post "/api/logo", Needs(SystemRw), Picture => logo::keep;
    Delete "/api/logo", Needs(SystemRw), Words => logo::delete;
    Get "/api/labels/claims", Needs(DeviceR), Words => labels::claimed;
    Post "/api/labels/claims", Needs(DeviceRw), Lists => labels::claim;
    Post "/api/labels/claims/release", Needs(DeviceRw), Lists => labels::release;
    Get "/api/labels/claims/socket", Needs(DeviceR), Words => socket::claims;
    Post "/api/labels/sent", Needs(DeviceRw), Lists => labels::sent;
    Post "/api/labels/outcome", Needs(DeviceRw), Lists => labels::came_out;
    Get "/api/printers", Needs(DeviceR), Words => printers::list;
    Post "/api/printers", Needs(DeviceRw), Words => printers::add;
    Patch "/api/printers/{id}", Needs(DeviceRw), Words => printers::change;
    Delete "/api/printers/{id}", Needs(DeviceRw), Words => printers::delete;
    Post "/api/printers/{id}/test", Needs(DeviceRw), Words => printers::test;
    Get "/api/printers/agent", Needs(DeviceRw), Words => agent::join;
    Get "/api/printers/socket", Needs(DeviceR), Words => socket::printers;
    Get "/api/batches", Needs(DeviceR), Words => batches::list;
    Post "/api/batches", Needs(DeviceRw), Words => batches::add;
    Get "/api/batches/{id}", Needs(DeviceR), Words => batches::one;
    Patch "/api/batches/{id}", Needs(DeviceRw), Words => batches::change;
    Delete "/api/batches/{id}", Needs(DeviceRw), Words => batches::delete;
    Post "/api/labels/verified", Needs(DeviceRw), Words => batches::verified;
    Get "/api/print", Needs(DeviceR), Words => printers::jobs;
    Post "/api/print", Needs(DeviceRw), Lists => printers::print;
    Get "/api/print/{id}", Needs(DeviceR), Words => printers::job;
    Post "/api/print/{id}/cancel", Needs(DeviceRw), Words => printers::cancel;
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
    Post "/api/template-drafts", Needs(ModelRw), Words => drafts::of_origin;
    Read "/invoice/searchModelLabel", Needs(ModelR), Words => invoice::search_model_label;
    Read "/invoice/getTwentyAction", Needs(LogR), Words => log::get_twenty_action;
    Read "/invoice/getImgStr", ANY_PICTURE, Words => files::get_img_str;
    Read "/invoice/openConsole", Needs(ConsoleR), Words => invoice::open_console;
    Read "/invoice/recognizeWait", Needs(QueueR), Words => invoice::recognize_wait;
    Read "/invoice/getFaultQueue", Needs(FaultR), Words => faults::get_fault_queue;
    Get "/invoice/image/{name}", ANY_PICTURE, Words => files::image;
    Get "/api/console", Needs(ConsoleR), Words => queue::console;
    Get "/api/queue", Needs(QueueR), Words => queue::queue;
    Post "/api/queue/pause", Needs(QueueRw), Words => queue::pause;
    Post "/api/queue/resume", Needs(QueueRw), Words => queue::resume;
    Post "/api/queue/{id}/cancel", Needs(QueueR), Words => queue::cancel;
    Post "/api/queue/{id}/next", Needs(QueueRw), Words => queue::run_next;
    Get "/api/log", Needs(LogR), Words => log::log;
    Get "/api/log/export.csv", Needs(LogR), Words => log::export;
    Get "/api/invoices", Needs(InvoiceR), Words => invoices::list;
    Get "/api/invoices/export.csv", Needs(InvoiceR), Words => invoice_exports::export_csv;
    Get "/api/invoices/export.xlsx", Needs(InvoiceR), Words => invoice_exports::export_xlsx;
    Get "/api/invoices/export.zip", Needs(InvoiceR), Words => originals::export_zip;
    Post "/api/invoices/printed", Needs(InvoiceR), Lists => hand_out::printed;
    Get "/api/invoices/{id}", Needs(InvoiceR), Words => invoices::one;
    Get "/api/invoices/{id}/original", Needs(InvoiceR), Words => files::original;
    Get "/api/invoices/{id}/page/{n}", Needs(InvoiceR), Words => files::invoice_page;
    Get "/api/invoices/{id}/papers", Needs(InvoiceR), Words => papers::papers;
    Post "/api/invoices/{id}/papers", Needs(InvoiceRw), Lists => papers::mark;
    Get "/api/invoices/{id}/template-draft", Needs(ModelRw), Words => drafts::of_invoice;
    Patch "/api/invoices/{id}", Needs(InvoiceRw), Lists => invoices::correct;
    Post "/api/invoices/{id}/duplicate", Needs(InvoiceRw), Words => invoices::duplicate;
    Post "/api/invoices/{id}/void", Needs(InvoiceRw), Words => invoices::void;
    Post "/api/invoices/{id}/restore", Needs(InvoiceRw), Words => invoices::restore;
    Post "/api/portal-list", Needs(InvoiceRw), Table => portal::upload;
    Get "/api/portal-list", Needs(InvoiceR), Words => portal::compare;
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

/// # Errors
/// When two paths can't be told apart.
pub fn router() -> Result<Router, matchit::InsertError> {
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
    Ok(Router { by_path: router, all: ROUTES })
}
