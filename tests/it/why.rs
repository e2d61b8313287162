//! Why a template was chosen and others not. The box runs in this process, with an engine the test controls. Not here: the built-in
//! engine's reasons (its own tests).

use crate::external::{add_template, upload, watch};
use crate::support::{Client, eventually};
use bytes::Bytes;
use paperline::app::App;
use paperline::dispatcher;
use paperline::domain::template::{EngineNumbers, Learnt, Template};
use paperline::engine::scripted::{Outcome, Scripted};
use paperline::engine::worker::MakeEngine;
use paperline::engine::{Cancel, Draft, Engine, Event, Trouble, Verdict};
use paperline::http::Edge;
use paperline::http::edge::listen;
use paperline::http::invoice::thumbs::Thumbs;
use paperline::http::route::router;
use paperline::http::wire::messages::Messages;
use paperline::hub::Hub;
use paperline::trials::Trials;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tokio::sync::watch as news;

/// Names the template, then waits.
struct Held {
    engine: Scripted,
    go: Arc<Mutex<Receiver<()>>>,
}

impl Engine for Held {
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        let go = self.go.clone();
        let mut held = |event: Event| {
            let is_match = matches!(event, Event::Matched { .. });
            report(event);
            if is_match {
                go.lock().unwrap().recv().unwrap();
            }
        };
        self.engine.recognise(picture, templates, cancel, &mut held)
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        self.engine.learn(draft, cancel)
    }

    fn forget(&mut self, numbers: &EngineNumbers, cancel: &Cancel) -> Result<(), Trouble> {
        self.engine.forget(numbers, cancel)
    }
}

struct Here {
    url: String,
    password: String,
    go: Sender<()>,
    _stop: news::Sender<bool>,
    _runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl Here {
    fn start(outcomes: Vec<Outcome>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(&dir.path().join("data"), &[]).unwrap());
        let messages = Messages::new(app.clone());
        let hub = Hub::new(messages.clone(), 0);
        let password = app.first_start().unwrap().unwrap();
        let (go, went) = channel();
        let (scripted, went) = (Scripted::new(outcomes, std::time::Duration::ZERO), Arc::new(Mutex::new(went)));
        let make = MakeEngine::new(move || Box::new(Held { engine: scripted.clone(), go: went.clone() }));
        let (stop, stopped) = news::channel(false);
        let edge = Arc::new(Edge {
            app: app.clone(),
            hub: hub.clone(),
            unprinted: news::channel(Bytes::new()).1,
            claims: news::channel(Bytes::new()).1,
            printers: news::channel(Bytes::new()).1,
            trials: Trials::new(None),
            router: router().unwrap(),
            thumbs: Thumbs::default(),
            budgets: Default::default(),
            reach: paperline::http::edge::reach::Reach {
                bound: Vec::new(),
                name: paperline::mdns::LocalName::open(dir.path(), None),
            },
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let entered = runtime.enter();
        paperline::feed::start(app.clone(), hub.clone(), messages);
        drop(entered);
        runtime.spawn(dispatcher::run(app, hub, vec![make], stopped.clone()));
        runtime.spawn(listen::serve(listener, None, edge, stopped));
        Self { url, password, go, _stop: stop, _runtime: runtime, _dir: dir }
    }

    fn admin(&self) -> Client {
        let client = Client::new(&self.url);
        assert_eq!(client.log_in("admin", &self.password).body["reqStatus"], "sucess");
        client
    }
}

fn reads() -> Outcome {
    Outcome::Reads { text: "中山大学".into(), probability: 0.97 }
}

fn learn(admin: &Client, templates: u64) {
    for n in 1..=templates {
        add_template(admin);
        eventually("it is learnt", || (admin.get("/invoice/getAllModel").body["total"] == n).then_some(()));
    }
}

#[test]
fn why_a_template_was_taken_is_told_while_it_is_read_and_kept() {
    let here = Here::start(vec![reads()]);
    let admin = here.admin();
    learn(&admin, 7);
    assert_eq!(admin.get("/api/console").body, json!({ "running": [], "paused": null }));
    let mut console = watch(&admin, 2);
    let action = upload(&admin);
    let (matched, _) = console.until(100);
    assert_eq!(
        matched.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["msg_id", "action_id", "id", "status", "url", "model_label"],
        "the message is the interface's own"
    );
    let running = admin.get("/api/console").body["running"].clone();
    assert_eq!((running.as_array().unwrap().len(), &running[0]["action_id"]), (1, &action));
    let why = &running[0]["match"];
    assert_eq!((&why["model_id"], &why["model_label"], &why["url"]), (&matched["id"], &matched["model_label"], &matched["url"]));
    let candidates = why["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 5, "the likeliest");
    assert_eq!(candidates[0], json!({ "model_id": 7, "model_label": "票€", "score": 0.97, "reason": "匹配" }));
    assert_eq!(candidates[1]["reason"], "不匹配");

    here.go.send(()).unwrap();
    let (ended, _) = console.until(1);
    let path = format!("/api/invoices/{}", ended["invoice_id"]);
    assert_eq!(admin.get(&path).body["candidates"], why["candidates"]);
    let english = admin.clone().with_header("accept-language", "en").get(&path).body;
    assert_eq!(english["candidates"][0]["reason"], "fits");
    assert_eq!(admin.get("/api/console").body, json!({ "running": [], "paused": null }));
}

#[test]
fn when_none_fits_it_is_told_why_not_and_reading_again_tells_again() {
    let here = Here::start(vec![Outcome::NoTemplateFits, reads(), Outcome::NoTemplateFits]);
    let admin = here.admin();
    learn(&admin, 2);
    let mut console = watch(&admin, 2);
    upload(&admin);
    console.until(100);
    let why = admin.get("/api/console").body["running"][0]["match"].clone();
    assert_eq!((&why["model_id"], &why["candidates"].as_array().unwrap().len()), (&Value::Null, &2));
    here.go.send(()).unwrap();
    let invoice = console.until(1).0["invoice_id"].clone();
    let kept = || admin.get(&format!("/api/invoices/{invoice}")).body["candidates"].clone();
    assert_eq!(kept()[0]["reason"], "不匹配");

    admin.post(&format!("/api/faults/{invoice}/retry"), &json!({}));
    here.go.send(()).unwrap();
    assert_eq!(console.until(1).0["invoice_id"], invoice);
    assert_eq!(kept()[0]["reason"], "匹配");
}

#[test]
fn nobody_is_told_of_another_company_s_reading() {
    let here = Here::start(vec![reads()]);
    let admin = here.admin();
    learn(&admin, 1);
    let company = admin.post("/api/companies", &json!({ "company_name": "别家" })).body["company_id"].clone();
    let user = json!({ "user_name": "other", "passwd": "a password", "company_id": company, "permissions": [7] });
    assert_eq!(admin.post("/api/users", &user).status, 201);
    let other = Client::new(&here.url);
    other.log_in("other", "a password");
    let mut console = watch(&admin, 2);
    upload(&admin);
    console.until(100);
    assert_eq!(admin.get("/api/console").body["running"].as_array().unwrap().len(), 1);
    assert_eq!(other.get("/api/console").body, json!({ "running": [], "paused": null }));
    here.go.send(()).unwrap();
    console.until(1);
}
