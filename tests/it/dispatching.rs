//! The dispatcher with scripted outcomes: panics and errors cost one action's tries, never the queue. Not here: ordering
//! (simulation.rs), external engines (external.rs).

use crate::support::administrator::{by, let_in};
use crate::support::{eventually, hear};
use paperline::app::{App, pictures, queues};
use paperline::dispatcher;
use paperline::domain::invoice::{BlobHash, PictureFormat};
use paperline::domain::news::News;
use paperline::domain::template::Learnt;
use paperline::engine::Trouble;
use paperline::engine::scripted::{Outcome, Scripted};
use paperline::engine::worker::MakeEngine;
use paperline::http::wire::messages::Messages;
use paperline::hub::Hub;
use paperline::store::blobs::Blobs;
use paperline::store::memory::Memory;
use paperline::store::{Store, endless};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// (action, engine in order), in order of their ends.
fn ends(outcomes: Vec<Outcome>, pictures: usize) -> Vec<(u64, bool)> {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let store = Store::new(Arc::new(Memory::default()), endless()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let settings = vec![("engine_backoff_ms".into(), "1".into())];
    let app = Arc::new(App::new(store, Blobs::open(dir.path(), endless()).unwrap(), PathBuf::from("none"), settings).unwrap());
    let messages = Messages::new(app.clone());
    let hub = Hub::new(messages.clone(), 0);
    let_in(&app);
    let (heard, awake) = (ended.clone(), hub.clone());
    let _hearing = hear(&app.store, move |number, news| {
        if let News::Recognised { action, broken, .. } = news {
            heard.lock().unwrap().push((action.0, broken.is_none()));
        }
        awake.publish(number, news, &[]);
    });

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let shape = pictures::Shape { format: PictureFormat::Png, width: 9, height: 9, pages: 1 };
    let kept = |n: u8| (format!("{n}.png"), pictures::Kept { hash: BlobHash([n; 32]), shape, bytes: 1 });
    let upload = (0..u8::try_from(pictures).unwrap()).map(kept).collect();
    runtime.block_on(app.queue_recognitions(by(), upload, Vec::new(), None)).unwrap();
    let scripted = Scripted::new(outcomes, Duration::ZERO);
    let (stop, stopped) = watch::channel(false);
    let dispatcher = runtime.spawn(dispatcher::run(app, hub, vec![MakeEngine::new(move || Box::new(scripted.clone()))], stopped));
    eventually("all have ended", || (ended.lock().unwrap().len() == pictures).then_some(()));
    stop.send_replace(true);
    runtime.block_on(dispatcher).unwrap();
    std::mem::take(&mut ended.lock().unwrap())
}

#[test]
fn an_engine_that_panics_costs_the_action_its_tries_and_the_queue_goes_on() {
    let outcomes = [vec![Outcome::Panics; 4], vec![Outcome::NoTemplateFits]].concat();
    assert_eq!(ends(outcomes, 2), [(1, false), (2, true)]);
    let once = vec![Outcome::Panics, Outcome::NoTemplateFits];
    assert_eq!(ends(once, 2), [(1, true), (2, true)], "a panic costs one try");
}

#[test]
fn trouble_is_tried_again_a_refusal_is_not_and_nobody_overtakes() {
    let broken = || Outcome::Fails(Trouble::Receive("broken".into()));
    let outcomes = vec![broken(), broken(), broken(), Outcome::NoTemplateFits, broken(), Outcome::NoTemplateFits];
    assert_eq!(ends(outcomes, 2), [(1, true), (2, true)]);
    let refused = vec![Outcome::Fails(Trouble::Refused("no picture".into())), Outcome::NoTemplateFits];
    assert_eq!(ends(refused, 3), [(1, false), (2, true), (3, true)]);
    let away = vec![Outcome::Fails(Trouble::Unreachable("away".into())); 5];
    assert_eq!(ends([away, vec![Outcome::NoTemplateFits]].concat(), 1), [(1, true)], "out of reach costs no try");
}

#[test]
fn an_end_that_does_not_fit_its_action_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(Arc::new(Memory::default()), endless()).unwrap();
    let app = App::new(store, Blobs::open(dir.path(), endless()).unwrap(), PathBuf::from("none"), Vec::new()).unwrap();
    let_in(&app);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let shape = pictures::Shape { format: PictureFormat::Png, width: 9, height: 9, pages: 1 };
    let kept = pictures::Kept { hash: BlobHash([1; 32]), shape, bytes: 1 };
    runtime.block_on(async {
        let queued = app.queue_recognitions(by(), vec![("1.png".into(), kept)], Vec::new(), None).await.unwrap();
        let id = queued.actions[0];
        app.start_action(id, Duration::from_secs(60)).await.unwrap().unwrap();
        assert!(app.template_forgotten(id).await.is_err());
        assert!(app.template_learnt(id, Learnt::default(), String::new()).await.is_err());
        let running = app.store.read(queues::running).unwrap();
        assert_eq!(running.iter().map(|action| action.id).collect::<Vec<_>>(), [id], "it is still to be read");
    });
}
