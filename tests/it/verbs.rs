//! Every verb's news and log rows, against what people may ask later. The verbs are read from the sources: an uncalled one fails.
//! Not here: what verbs do.

use crate::support::eventually;
use crate::tidy::sources;
use paperline::app::corrections::Decision;
use paperline::app::decisions::Verdict;
use paperline::app::devices::NewDevice;
use paperline::app::entries::{Entry, Taken};
use paperline::app::labels::Named;
use paperline::app::outcome::Outcome;
use paperline::app::pictures::{Kept, Shape};
use paperline::app::portal_lists::NewList;
use paperline::app::print_jobs::{self, Ended, Wanted};
use paperline::app::printers;
use paperline::app::sessions::Login;
use paperline::app::templates::Drawn;
use paperline::app::users::{Keep, NewUser, UserChange};
use paperline::app::{App, By, now};
use paperline::domain::account::{Credential, Permission, PermissionSet, Session};
use paperline::domain::batch::Batch;
use paperline::domain::corners::Corners;
use paperline::domain::device::Label;
use paperline::domain::ids::{ActionId, InvoiceId, TemplateId, TokenId, UserId};
use paperline::domain::invoice::{BlobHash, PictureFormat};
use paperline::domain::label_look::LabelLook;
use paperline::domain::lease::{Claim, Moment};
use paperline::domain::logo::Logo;
use paperline::domain::news::News;
use paperline::domain::portal::PortalLine;
use paperline::domain::printer::{Address, Language, Printer};
use paperline::domain::reason::Reason;
use paperline::domain::refusal::Refusal;
use paperline::domain::template::{EngineNumbers, Layout, Learnt};
use paperline::store::blobs::Blobs;
use paperline::store::memory::Memory;
use paperline::store::tables::{CLAIMS, COUNTERS, RESTORED_COUNTER, SESSIONS};
use paperline::store::{Store, Txn, View, endless};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Each with why nobody misses them.
const QUIET: &[(&str, &str)] = &[
    ("act", "what other verbs act through"),
    ("take_in_backup", "writes nothing into this store, it seals it; the one that takes its place begins with its row (`open`)"),
    (
        "record_template_origin",
        "the picture's row says who sent it and when; nobody sees it until it is drawn on, which is in the log",
    ),
    ("printer_answers", "nobody did it: the printer was heard for the first time"),
    ("label_verified", "its row says who scanned the label and when, and the batch counts it"),
];

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// As logged.
type Who = (&'static str, &'static str);
const ADMIN: Who = ("admin", "127.0.0.1");
const THE_BOX: Who = ("本机命令行", "localhost");
const CLERK: Who = ("丙", "127.0.0.1");

struct Walk {
    app: App,
    runtime: tokio::runtime::Runtime,
    /// The administrator's cookie.
    secret: String,
    /// The last row checked.
    seen: u64,
    who: Who,
    told: BTreeSet<&'static str>,
    _dir: tempfile::TempDir,
}

/// `leaves`: its log rows in order (`log: …`, in English), and other news by kind, in any order.
macro_rules! verb {
    ($walk:ident.$verb:ident($($argument:expr),* $(,)?) leaves $left:expr) => {{
        let done = $walk.runtime.block_on($walk.app.$verb($($argument),*)).unwrap();
        $walk.left(stringify!($verb), &$left);
        done
    }};
}

macro_rules! blocking {
    ($walk:ident.$verb:ident($($argument:expr),* $(,)?) leaves $left:expr) => {{
        let done = $walk.app.$verb($($argument),*).unwrap();
        $walk.left(stringify!($verb), &$left);
        done
    }};
}

/// `News::User(…)` is "User".
fn kind(news: &News) -> String {
    format!("{news:?}").chars().take_while(char::is_ascii_alphabetic).collect()
}

impl Walk {
    fn new(app: App, dir: tempfile::TempDir) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { app, runtime, secret: String::new(), seen: 0, who: ADMIN, told: BTreeSet::new(), _dir: dir }
    }

    fn by(&self) -> By {
        self.by_cookie(&self.secret)
    }

    fn by_cookie(&self, secret: &str) -> By {
        let actor = self.app.session_actor(secret, now()).unwrap().expect("somebody is logged in");
        By { actor, ip: LOOPBACK.to_string(), needs: &[] }
    }

    /// Not the box's own; its news are skipped.
    fn write(&mut self, write: impl FnOnce(&mut Txn<'_>) -> Result<(), Refusal> + Send + 'static) {
        self.app.store.write_blocking(write).unwrap();
        self.seen = self.app.store.newest_news();
    }

    fn log_in(&mut self, name: &str, password: &str) -> String {
        let login = self.app.log_in(name.into(), password.into(), LOOPBACK, true);
        let Login::Welcome { secret } = self.runtime.block_on(login).unwrap() else { panic!("{name} is not let in") };
        secret
    }

    fn left(&mut self, verb: &'static str, expected: &[&str]) {
        let news = self.app.store.news_since(self.seen, usize::MAX).unwrap().expect("none is dropped");
        self.seen = self.app.store.newest_news();
        let mut rows = Vec::new();
        for (_, logged) in news.iter().filter(|(_, news)| matches!(news, News::Logged(..))) {
            let row = self.app.logged(logged).unwrap().expect("the row is there");
            assert_eq!((row.user_name.as_str(), row.ip.as_str()), self.who, "{verb}: {row:?}");
            rows.push(format!("log: {}", row.fact.en()));
        }
        let (expected_rows, others): (Vec<&str>, Vec<&str>) = expected.iter().partition(|one| one.starts_with("log: "));
        assert_eq!(rows, expected_rows, "{verb}");
        let kinds: BTreeSet<String> = news.iter().map(|(_, news)| kind(news)).collect();
        assert!(others.iter().all(|other| kinds.contains(*other)), "{verb} leaves {kinds:?}, and not {others:?}");
        assert!(!news.is_empty() || expected.is_empty(), "{verb} leaves nothing");
        assert_eq!(kinds.is_empty(), expected.is_empty(), "{verb} leaves {kinds:?}");
        if !news.is_empty() {
            self.told.insert(verb);
        }
    }
}

fn first_start_and_sessions() -> Walk {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(Arc::new(Memory::default()), endless()).unwrap();
    let blobs = Blobs::open(&dir.path().join("pictures"), endless()).unwrap();
    let mut walk = Walk::new(App::new(store, blobs, dir.path().to_owned(), Vec::new()).unwrap(), dir);
    walk.who = THE_BOX;
    let password = blocking!(walk.first_start() leaves
        ["Accounts", "log: Add company 默认公司", "log: Add user admin: +Administrator (everything)", "log: Add user prodsys: +Register devices, print labels"]);
    walk.who = ADMIN;
    let password = password.expect("it is the first");
    let wrong = verb!(walk.log_in("admin".into(), "wrong".into(), LOOPBACK, true) leaves ["log: Log-in refused: wrong password"]);
    assert!(matches!(wrong, Login::WrongPassword));
    let login = verb!(walk.log_in("admin".into(), password, LOOPBACK, true) leaves ["Accounts", "log: Log in"]);
    let Login::Welcome { secret } = login else { panic!("the first password is taken") };
    // When a session was last used is written in passing.
    let later = now() + Session::SEEN_PRECISION_MS + 1_000;
    let inside = walk.runtime.enter();
    assert!(walk.app.session_actor(&secret, later).unwrap().is_some());
    drop(inside);
    eventually("the session's last use is written", || (walk.app.store.newest_news() > walk.seen).then_some(()));
    walk.left("session_actor", &["Accounts"]);
    walk.secret = walk.log_in("admin", std::fs::read_to_string(walk.app.dir().join("initial-admin-password")).unwrap().trim());
    walk.left("log_in", &["Accounts", "log: Log in"]);
    let over = Session { user: UserId(1), began: 1, seen: 1 };
    walk.write(move |txn| {
        txn.tell(News::Accounts);
        Ok(txn.put(&SESSIONS, &[9; 32], &over)?)
    });
    assert_eq!(blocking!(walk.sweep_sessions() leaves ["Ended"]), 1);
    let other = walk.by_cookie(&secret).actor.credential;
    verb!(walk.log_out(other) leaves ["Ended"]);
    walk
}

fn companies_groups_and_users(walk: &mut Walk) {
    let company = verb!(walk.add_company(walk.by(), "乙") leaves ["log: Add company 乙"]).id;
    verb!(walk.rename_company(walk.by(), company, "乙方") leaves ["log: Rename company 乙 → 乙方"]);
    verb!(walk.delete_company(walk.by(), company) leaves ["log: Delete company 乙方"]);
    let of = PermissionSet::of;
    let group = verb!(walk.add_group(walk.by(), "组", None, of(&[Permission::LogR])) leaves ["log: Add group 组: +See the log"]).id;
    let new = NewUser {
        name: "丙".into(),
        password: "long enough".into(),
        company: None,
        group: Some(group),
        permissions: of(&[Permission::DeviceRw]),
    };
    let user = verb!(walk.add_user(walk.by(), new) leaves ["Accounts", "log: Add user 丙: +Register devices, print labels"]).id;
    verb!(walk.edit_group(walk.by(), group, Some("别组"), None) leaves ["log: Change group 组 → 别组"]);
    verb!(walk.tick_group(walk.by(), group, vec![(Permission::QueueR, true)]) leaves ["User", "log: Change group 别组: +See the queue"]);
    verb!(walk.tick_users(walk.by(), vec![(user, vec![(Permission::LogR, true)])]) leaves
        ["User", "log: Change permissions of 丙: +See the log"]);
    verb!(walk.move_user(walk.by(), user, None) leaves ["User", "log: Remove from group 丙"]);
    let lock = UserChange { locked: Some(true), ..UserChange::default() };
    verb!(walk.edit_user(walk.by(), user, lock) leaves ["User", "log: Lock user 丙"]);
    walk.who = THE_BOX;
    let password = verb!(walk.reset_from_the_box("丙".into()) leaves
        ["User", "log: Reset password (command line) 丙", "log: Unlock user 丙"]);
    walk.who = CLERK;
    let his = walk.log_in("丙", &password);
    walk.left("log_in", &["log: Log in"]);
    let by = walk.by_cookie(&his);
    verb!(walk.change_own_password(by, LOOPBACK, password, "another one".into(), Keep::default()) leaves
        ["Ended", "log: Change password of 丙"]);
    walk.who = ADMIN;
    verb!(walk.reset_password(walk.by(), user, "a third one".into(), Keep::default()) leaves ["Accounts", "log: Change password of 丙"]);
    let (token, _) = verb!(walk.add_token(walk.by(), "3 号工位", of(&[Permission::DeviceRw])) leaves
        ["log: Add token 3 号工位: +Register devices, print labels"]);
    verb!(walk.delete_token(walk.by(), token.id) leaves ["Ended", "log: Delete token 3 号工位"]);
    verb!(walk.delete_user(walk.by(), user) leaves ["Accounts", "log: Delete user 丙"]);
    verb!(walk.delete_group(walk.by(), group) leaves ["log: Delete group 别组"]);
}

fn the_box_itself(walk: &mut Walk) {
    let changes = vec![("engine_retries".to_owned(), "7".to_owned())];
    verb!(walk.change_settings(walk.by(), changes, None) leaves ["log: Change setting Retries: 3 → 7"]);
    verb!(walk.log_backup(walk.by()) leaves ["log: Download backup"]);
    let look = |name: &str| LabelLook { name: name.into(), ..LabelLook::first() };
    let (id, _) = verb!(walk.add_label_look(walk.by(), look("小")) leaves ["log: Add label 小"]);
    verb!(walk.change_label_look(walk.by(), id, |look| look.name = "大".into()) leaves ["log: Change label 大: name 小 → 大"]);
    verb!(walk.delete_label_look(walk.by(), id) leaves ["log: Delete label 大"]);
    let logo = Logo { file: "标志.png".into(), png: Vec::new() };
    verb!(walk.keep_logo(walk.by(), logo) leaves ["log: Change logo 标志.png"]);
    verb!(walk.delete_logo(walk.by()) leaves ["log: Delete logo 标志.png"]);
}

fn printers_and_batches(walk: &mut Walk) {
    let address = Address::Tcp { host: "127.0.0.1".into(), port: 9 };
    let (name, language) = ("线 1".to_owned(), Language::Zpl);
    let printer = Printer {
        name,
        language,
        address,
        dpi: 203,
        look: 0,
        offset: (0, 0),
        across: 1,
        across_gap: 0,
        prints_by_itself: false,
        has_answered: false,
    };
    let (id, _) = verb!(walk.add_printer(walk.by(), printer, false) leaves ["Printing", "log: Add printer 线 1"]);
    verb!(walk.change_printer(walk.by(), id, |printer| printer.dpi = 300) leaves ["Printing", "log: Change printer 线 1: dpi 203 → 300"]);
    verb!(walk.printer_answers(id) leaves []);
    verb!(walk.register_devices(walk.by(), vec![device("18480001", "P1"), device("18480002", "P2"), device("18480003", "P3")]) leaves ["Unprinted"]);
    let wanted = Wanted {
        printer: id,
        labels: ["18480001", "18480002", "18480003"].map(|sn| Named { sn: sn.into(), cpuid: None }).into(),
        copies: 1,
        reason: String::new(),
        seen: HashMap::new(),
    };
    let job = verb!(walk.print_labels(walk.by(), wanted) leaves ["Printing", "log: Print labels 线 1 3 labels (print job 1)"]);
    let next = |walk: &Walk| {
        let look =
            |view: &View<'_>| print_jobs::next(view, id, &walk.app.store.read(printers::all).unwrap()[0].1).unwrap().unwrap();
        walk.app.store.read(look)
    };
    let first = next(walk);
    assert!(verb!(walk.send_next_row(id, None, first) leaves ["Printing"]), "it goes out");
    verb!(walk.row_ended(id, Ended::Printed) leaves ["Printing", "Unprinted"]);
    let second = next(walk);
    verb!(walk.label_not_drawn(second) leaves ["Printing"]);
    verb!(walk.cancel_print_job(walk.by(), job) leaves ["Printing", "log: Cancel printing 线 1 1 labels (print job 1)"]);
    verb!(walk.delete_printer(walk.by(), id) leaves ["Printing", "log: Delete printer 线 1"]);
    let batch =
        Batch { name: "甲".into(), expected: 2, first: "18480001".into(), last: "18480002".into(), began: 0, closed: None };
    let (id, _) = verb!(walk.add_batch(walk.by(), batch) leaves ["Printing", "log: Add batch 甲"]);
    verb!(walk.change_batch(walk.by(), id, |batch| batch.expected = 1) leaves ["Printing", "log: Change batch 甲: number 2 → 1"]);
    verb!(walk.label_verified(walk.by(), "18480001".into(), "p1".into()) leaves []);
    verb!(walk.delete_batch(walk.by(), id) leaves ["Printing", "log: Delete batch 甲"]);
}

fn device(sn: &str, cpuid: &str) -> NewDevice {
    NewDevice { sn: Some(sn.into()), cpuid: cpuid.into() }
}

fn devices_and_labels(walk: &mut Walk) {
    let sn = || "18470001".to_owned();
    let named = || Named { sn: sn(), cpuid: None };
    verb!(walk.register_devices(walk.by(), vec![device(&sn(), "A1"), device("18470002", "A2")]) leaves ["Unprinted"]);
    verb!(walk.claim_labels(walk.by(), vec![sn()]) leaves ["Claims"]);
    verb!(walk.release_labels(walk.by(), vec![sn()]) leaves ["Claims"]);
    let over = Claim { owner: Credential::Token(TokenId(1)), user: UserId(1), user_name: "x".into(), until: Moment::default() };
    walk.write(move |txn| {
        txn.add("claims", 1)?;
        Ok(txn.put(&CLAIMS, &"18470002".to_owned(), &over)?)
    });
    assert!(verb!(walk.drop_claims_over() leaves ["Claims"]));
    verb!(walk.labels_sent(walk.by(), vec![named()], String::new(), HashMap::new()) leaves ["Unprinted"]);
    verb!(walk.labels_came_out(walk.by(), vec![(named(), Label::Printed)]) leaves ["Unprinted"]);
    verb!(walk.switch_print_state(walk.by(), vec![sn()], Some("卡纸".into()), false, HashMap::new()) leaves ["Unprinted"]);
    let wrong = "接错线".to_owned();
    verb!(walk.correct_device(walk.by(), sn(), "A9".into(), wrong.clone(), None) leaves
        ["Unprinted", "log: Correct device 18470001 A1 → A9: 接错线"]);
    // Waits for a person, with who sent it.
    walk.runtime.block_on(walk.app.register_devices(walk.by(), vec![device(&sn(), "A5")])).unwrap();
    let decision = Decision { reason: wrong.clone(), replace: false, seen: None };
    verb!(walk.settle_conflict(walk.by(), 1, decision) leaves ["log: Settle device conflict 18470001 A5 not replaced: 接错线"]);
    verb!(walk.retire_device(walk.by(), sn(), wrong, None) leaves ["Unprinted", "log: Retire device 18470001 A9: 接错线"]);
    let rows = vec![device("18470003", "A3")];
    let (import, _) = verb!(walk.import_devices(walk.by(), "d.csv".into(), rows) leaves
        ["Unprinted", "log: Import devices 1 d.csv"]);
    verb!(walk.undo_import(walk.by(), import) leaves ["Unprinted", "log: Undo import 1 d.csv"]);
    let line = PortalLine { digital: "26322000004478296111".into(), date: "2026-06-04".into(), ..PortalLine::default() };
    let list = NewList { file: "l.csv".into(), rows: 2, wrong: 1, lines: vec![line] };
    verb!(walk.take_portal_list(walk.by(), list) leaves ["log: Upload tax list l.csv: 2026-06, 1 listed, 1 wrong"]);
}

fn kept(n: u8) -> Kept {
    let shape = Shape { format: PictureFormat::Png, width: 9, height: 9, pages: 1 };
    Kept { hash: BlobHash([n; 32]), shape, bytes: 1 }
}

const AN_HOUR: Duration = Duration::from_secs(3600);

fn queues_and_recognitions(walk: &mut Walk) {
    let files = [("a.png", 1), ("b.png", 1), ("c.png", 2)].map(|(name, n)| (name.to_owned(), kept(n))).into();
    verb!(walk.queue_recognitions(walk.by(), files, Vec::new(), None) leaves
        ["Uploaded", "log: Read invoice a.png", "log: Read invoice b.png", "log: Read invoice c.png"]);
    let [one, two, three] = [1, 2, 3].map(ActionId);
    verb!(walk.pause_queues(walk.by(), "午休".into()) leaves ["log: Pause queue 午休"]);
    verb!(walk.resume_queues(walk.by()) leaves ["log: Resume queue"]);
    verb!(walk.start_action(one, AN_HOUR) leaves ["Started"]).expect("it waits");
    verb!(walk.put_action_back(one, true, EngineNumbers::new()) leaves ["PutBack"]);
    let nothing = || vec![Outcome::nothing_read(Reason::NoTemplateFits)];
    for action in [one, two] {
        verb!(walk.start_action(action, AN_HOUR) leaves ["Started"]).expect("it waits");
        verb!(walk.recognition_ended(action, nothing()) leaves ["Recognised", "Faults"]);
    }
    verb!(walk.run_action_next(walk.by(), three) leaves ["PutBack", "log: Run next task 3 (Read invoice c.png)"]);
    verb!(walk.start_action(three, Duration::ZERO) leaves ["Started"]).expect("it waits");
    assert_eq!(blocking!(walk.recover_actions("a run", true) leaves ["PutBack"]), 1);
    verb!(walk.cancel_action(walk.by(), three) leaves ["log: Cancel task 3 (Read invoice c.png)"]);
    let again =
        verb!(walk.retry_fault(walk.by(), InvoiceId(1), None) leaves ["Faults", "Uploaded", "log: Read invoice #1"]).unwrap();
    verb!(walk.cancel_action(walk.by(), again) leaves ["Faults", "log: Cancel task 4 (Read invoice a.png)"]);
    let again = verb!(walk.retry_faults(walk.by(), vec![InvoiceId(1)]) leaves ["Faults", "Uploaded", "log: Read invoice #1"]);
    verb!(walk.cancel_action(walk.by(), again[0]) leaves ["Faults", "log: Cancel task 5 (Read invoice a.png)"]);
    let half = vec![Corners([(0.0, 0.0), (50.0, 0.0), (50.0, 50.0), (0.0, 50.0)])];
    let marked =
        verb!(walk.mark_papers(walk.by(), InvoiceId(1), None, 1, half) leaves ["Faults", "Uploaded", "log: Read invoice #1"]);
    verb!(walk.cancel_action(walk.by(), marked.unwrap()) leaves ["Faults", "log: Cancel task 6 (Read invoice a.png)"]);
    verb!(walk.exported(walk.by(), "发票.xlsx".into(), vec![InvoiceId(1)]) leaves ["log: Export invoices 发票.xlsx: 1 of them"]);
    verb!(walk.printed(walk.by(), vec![InvoiceId(1)]) leaves ["log: Send to printer #1"]);
}

fn invoices(walk: &mut Walk) {
    let (one, two) = (InvoiceId(1), InvoiceId(2));
    let done = |taken: Taken| assert!(matches!(taken, Taken::Done(_)), "{taken:?}");
    let entry = Entry { fields: vec![("客户名称".into(), "甲方".into())], ..Entry::default() };
    done(verb!(walk.correct_invoice(walk.by(), one, entry) leaves ["log: Correct invoice #1: Buyer (none) → 甲方"]));
    done(verb!(walk.resolve_fault(walk.by(), one, None) leaves ["Faults", "log: Finish review #1"]));
    done(verb!(walk.decide(walk.by(), one, None, Verdict::Reopen) leaves ["Faults", "log: Send back to review #1"]));
    done(verb!(walk.review_fault(walk.by(), one, Entry::default(), 0.9) leaves ["Faults", "log: Review invoice #1"]));
    let duplicate = Verdict::Duplicate { is_duplicate: Some(true), of: Some(one) };
    done(verb!(walk.decide(walk.by(), two, None, duplicate) leaves ["log: Decide duplicate #2 is a duplicate of #1"]));
    let void = Verdict::Void { reason: "开错".into() };
    done(verb!(walk.decide(walk.by(), two, None, void) leaves ["log: Void invoice #2: 开错"]));
    done(verb!(walk.decide(walk.by(), two, None, Verdict::Restore) leaves ["log: Restore invoice #2"]));
}

fn templates(walk: &mut Walk) {
    let origin = verb!(walk.record_template_origin(walk.by(), kept(3)) leaves []);
    let drawn = |label: &str| Drawn {
        layout: Layout { label: label.into(), quota: None, areas: Vec::new() },
        json_model: "{}".into(),
        origin: Some(origin.id),
        shown: None,
        company: None,
        version: None,
    };
    // Told only at its end: nobody waits in between.
    let start = |walk: &Walk, id| walk.runtime.block_on(walk.app.start_action(id, AN_HOUR)).unwrap().expect("it waits");
    let (action, _) = verb!(walk.queue_template(walk.by(), None, drawn("票")) leaves ["log: Add template 票"]);
    start(walk, action);
    verb!(walk.template_learnt(action, Learnt::default(), "u".into()) leaves ["TemplateEnded"]);
    let known = TemplateId(1);
    let (action, _) = verb!(walk.queue_template(walk.by(), Some(known), drawn("新票")) leaves ["log: Change template 票 → 新票"]);
    start(walk, action);
    verb!(walk.template_failed(action) leaves ["TemplateEnded"]);
    let (action, _) = verb!(walk.queue_template_deletion(walk.by(), known) leaves ["log: Delete template 票"]);
    start(walk, action);
    verb!(walk.template_forgotten(action) leaves ["TemplateEnded"]);
}

fn opening() -> BTreeSet<&'static str> {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(dir.path(), &[]).unwrap();
    app.store.write_blocking(|txn| Ok(txn.put(&COUNTERS, &RESTORED_COUNTER.to_owned(), &1)?)).unwrap();
    drop(app);
    let mut walk = Walk::new(App::open(dir.path(), &[]).unwrap(), dir);
    walk.who = THE_BOX;
    walk.left("open", &["log: Restored from a backup 0 tokens, all passwords and locks are as they were then"]);
    walk.told
}

#[test]
fn every_verb_leaves_what_people_may_ask_about() {
    let mut walk = first_start_and_sessions();
    companies_groups_and_users(&mut walk);
    the_box_itself(&mut walk);
    devices_and_labels(&mut walk);
    printers_and_batches(&mut walk);
    queues_and_recognitions(&mut walk);
    invoices(&mut walk);
    templates(&mut walk);
    let mut told = walk.told.clone();
    told.extend(opening());
    let told: BTreeSet<String> = told.into_iter().map(str::to_owned).collect();
    let quiet: BTreeSet<String> = QUIET.iter().map(|(verb, _)| (*verb).to_owned()).collect();
    let known: BTreeSet<String> = told.union(&quiet).cloned().collect();
    let verbs = verbs();
    let unknown: Vec<_> = verbs.difference(&known).collect();
    assert!(unknown.is_empty(), "not called here, nor among those that are rightly quiet: {unknown:?}");
    let gone: Vec<_> = known.difference(&verbs).collect();
    assert!(gone.is_empty(), "no verbs any more: {gone:?}");
    let both: Vec<_> = told.intersection(&quiet).collect();
    assert!(both.is_empty(), "said to be quiet, and not so: {both:?}");
}

struct Function {
    name: String,
    is_public: bool,
    /// Without blanks, as calls span lines.
    body: String,
}

fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.split("#[cfg(test)]").next().unwrap().lines().collect();
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        // Not verbs.
        let open = bare.strip_prefix("pub(super) ").unwrap_or(bare);
        let head: Vec<&str> = open.split(['(', '<']).next().unwrap().split(' ').collect();
        let at = head.iter().position(|word| *word == "fn").filter(|_| !bare.starts_with("//"));
        let Some((at, name)) = at.and_then(|at| Some((at, *head.get(at + 1)?))) else { continue };
        let end = format!("{}}}", &line[..line.len() - bare.len()]);
        let length = lines[first..].iter().position(|line| **line == end).unwrap_or(0);
        let body = lines[first..=first + length].iter().flat_map(|line| line.split_whitespace()).collect();
        let is_public = head[..at].contains(&"pub");
        found.push(Function { name: name.to_owned(), is_public, body });
    }
    found
}

/// Those that write, directly or through private ones.
fn verbs() -> BTreeSet<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app");
    let functions: Vec<Function> = sources(&dir).iter().flat_map(|(_, text)| functions(text)).collect();
    let mut writing: BTreeMap<String, bool> = BTreeMap::new();
    loop {
        let before = writing.len();
        for Function { name, is_public, body } in &functions {
            // Methods are called on the app; functions get the store.
            let calls = |(callee, is_public): (&String, &bool)| {
                !is_public
                    && [format!("self.{callee}("), format!("{callee}(&store"), format!("{callee}(store")]
                        .iter()
                        .any(|call| body.contains(call))
            };
            let writes = ["self.act(", ".act(by", "store.write(", "store.write_blocking("];
            if writes.iter().any(|call| body.contains(call)) || writing.iter().any(calls) {
                writing.insert(name.clone(), *is_public);
            }
        }
        if writing.len() == before {
            break;
        }
    }
    writing.into_iter().filter(|(_, is_public)| *is_public).map(|(name, _)| name).collect()
}

#[test]
fn verbs_are_found_in_the_sources() {
    let text = "
impl App {
    pub async fn plain(&self) {
        self.act(by, verb).await
    }

    pub fn split(&self) {
        self.store
            .write_blocking(verb)
    }

    /// fn commented(
    pub fn reads<T>(&self) -> T {
        self.store.read(look)
    }

    pub(super) async fn hidden(&self) {}
}
";
    let found: Vec<(String, bool)> = functions(text).into_iter().map(|f| (f.name, f.is_public)).collect();
    let expected = [("plain", true), ("split", true), ("reads", true), ("hidden", false)];
    assert_eq!(found, expected.map(|(name, is_public)| (name.to_owned(), is_public)));
    assert!(functions(text)[1].body.contains("self.store.write_blocking("));
    // Some write through others.
    let verbs = verbs();
    for name in ["edit_group", "register_devices", "reset_password", "session_actor", "open"] {
        assert!(verbs.contains(name), "{name}");
    }
    assert!(!verbs.contains("settings") && !verbs.contains("sweep_pictures"));
}
