//! The box from start to stop: opens the store, runs the first start, listens, shuts down in order.

use crate::app::{App, accounts, clock};
use crate::config::{self, EngineChoice, Listen, Serve};
use crate::control;
use crate::engine::builtin::Builtin;
use crate::engine::paced::Paced;
use crate::engine::server::{Server, SettingsNow};
use crate::engine::worker::MakeEngine;
use crate::feed;
use crate::greeting;
use crate::http::edge::budget::Budgets;
use crate::http::edge::reach::{Bound, Reach};
use crate::http::edge::tls::{self, Tls};
use crate::http::edge::{listen, socket};
use crate::http::invoice::thumbs::Thumbs;
use crate::http::wire::messages::Messages;
use crate::http::{Edge, route};
use crate::hub::Hub;
use crate::mdns::LocalName;
use crate::os::{self, Stop, service};
use crate::trials::Trials;
use bytes::Bytes;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Set after a restart.
pub const RESTARTED: &str = "PAPERLINE_RESTARTED";

/// Opens the store and recovers everything behind the listeners.
fn open(config: &Serve) -> Result<Arc<App>, Box<dyn Error>> {
    let dir = &config.data_dir;
    let app = Arc::new(App::open(dir, &config.settings)?);
    if let Some(password) = app.first_start()? {
        // What a service prints is kept in a log, which this is not for.
        if !service::is_one() {
            println!("first start: user admin, password {password}");
        }
        println!("the password is kept in {} until it is changed", dir.join(accounts::FIRST_PASSWORD).display());
    }
    let (swept, over) = (app.sweep_pictures()?, app.sweep_sessions()?);
    let recovered = app.recover_actions(&clock::boot_id(), config.engines.contains(&EngineChoice::Builtin))?;
    tracing::info!(swept, over, recovered, "opened {}", dir.display());
    Ok(app)
}

/// With a certificate for HTTPS.
type Listener = (TcpListener, Option<Arc<Tls>>);

/// Nothing is announced where nobody else could come.
fn local_name(config: &Serve) -> Arc<LocalName> {
    let https = if let Listen::At(address) = config.https { Some(address) } else { None };
    let is_for_others = [Some(config.http), https].into_iter().flatten().any(|address| !address.ip().is_loopback());
    let wanted = match &config.mdns {
        config::LocalName::Is(name) if is_for_others => Some(name.as_str()),
        _ => None,
    };
    LocalName::open(&config.data_dir, wanted)
}

fn bind(config: &Serve, name: &Arc<LocalName>) -> Result<Vec<Listener>, Box<dyn Error>> {
    let named = |address: std::net::SocketAddr, e: io::Error| match e.kind() {
        io::ErrorKind::AddrInUse => format!(
            "端口 {0} 已被占用：请停止占用它的程序，或用 --http、--https 换一个端口\nport {0} is in use: stop the program that uses it, or choose another port with --http and --https",
            address.port()
        ),
        _ => format!("无法监听 {address}（{e}）\ncan't listen on {address}: {e}"),
    };
    let mut listeners = vec![(listen::bind(config.http).map_err(|e| named(config.http, e))?, None)];
    if let Listen::At(address) = config.https {
        let tls = Tls::open(&config.data_dir.join(tls::FOLDER), name.clone())?;
        tokio::spawn(tls.clone().keep_fresh());
        let listener = listen::bind(address).map_err(|e| named(address, e))?;
        listeners.push((listener, Some(tls)));
    }
    Ok(listeners)
}

/// Engines read the current settings.
fn engine_maker(choice: &EngineChoice, app: Arc<App>) -> MakeEngine {
    let settings: SettingsNow = Arc::new(move || app.settings());
    match choice.clone() {
        EngineChoice::Builtin => {
            MakeEngine::new(move || Box::new(Paced { engine: Builtin::default(), settings: settings.clone() }))
        }
        EngineChoice::Tcp { name, address } => {
            MakeEngine::new(move || Box::new(Server::new(name.clone(), address.clone(), settings.clone())))
        }
    }
}

/// Template tests have an engine of their own, so as not to disturb the queues. Not with an external one, which does one thing at a
/// time and has no such message.
fn trials(engines: &[EngineChoice]) -> Trials {
    Trials::new(engines.contains(&EngineChoice::Builtin).then(|| MakeEngine::new(|| Box::new(Builtin::default()))))
}

async fn opened(config: &Serve) -> Result<Arc<App>, Box<dyn Error>> {
    loop {
        let config = config.clone();
        match tokio::task::spawn_blocking(move || open(&config).map_err(|e| e.to_string())).await? {
            Ok(opened) => return Ok(opened),
            // Nobody would start it again; the disk was writable just now, so retry.
            Err(why) if std::env::var_os(RESTARTED).is_some() => {
                tracing::error!("{why}; trying again");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            Err(why) => return Err(why.into()),
        }
    }
}

/// Waits for the end of this run; true to restart.
async fn restarts(app: &App, config: &Serve, mut stop: Stop) -> bool {
    tokio::select! {
        () = stop.asked() => false,
        () = app.restart.notified() => {
            // Let the requester be answered first.
            tokio::time::sleep(Duration::from_millis(500)).await;
            true
        }
        why = app.store.failed() => {
            eprintln!("paperline: the store failed ({why}): nothing is taken in until the disk can be written again");
            tokio::select! {
                () = stop.asked() => false,
                () = until_writable(&config.data_dir) => true,
            }
        }
    }
}

fn greet(app: &App, reach: &Reach, shows: bool) -> io::Result<()> {
    greeting::print(app, reach);
    io::stdout().flush()?;
    service::tell_ready();
    // Not again when it begins anew.
    if let (true, Some(url)) = (shows && std::env::var_os(RESTARTED).is_none(), reach.url_here())
        && let Err(e) = os::show(&url)
    {
        tracing::warn!("{url} can't be opened in a browser: {e}");
    }
    Ok(())
}

/// Serves until told to stop. `shows`: opens the page for the person who started it.
pub async fn run(config: Serve, shows: bool) -> Result<(), Box<dyn Error>> {
    config.check_engine_names()?;
    if let Err(e) = os::raise_the_limit_of_open_files() {
        tracing::warn!("the limit of open files stays as it is: {e}");
    }
    tokio::spawn(tell_alive());
    let app = opened(&config).await?;
    let messages = Messages::new(app.clone());
    let hub = Hub::new(messages.clone(), app.store.newest_news());
    feed::start(app.clone(), hub.clone(), messages);
    // Before announcing readiness: whoever reads that may send the signal.
    let asked_to_stop = Stop::new()?;
    let name = local_name(&config);
    let listeners = bind(&config, &name)?;
    let (latest, unprinted) = watch::channel(Bytes::new());
    let (latest_claims, claims) = watch::channel(Bytes::new());
    let (latest_printers, printers) = watch::channel(Bytes::new());
    let (router, thumbs, trials) = (route::router()?, Thumbs::default(), trials(&config.engines));
    let bound = |(listener, tls): &Listener| Ok(Bound { address: listener.local_addr()?, is_tls: tls.is_some() });
    let reach = Reach { bound: listeners.iter().map(bound).collect::<io::Result<_>>()?, name: name.clone() };
    let edge = Arc::new(Edge {
        app: app.clone(),
        hub: hub.clone(),
        unprinted,
        claims,
        printers,
        trials,
        router,
        thumbs,
        budgets: Budgets::default(),
        reach,
    });
    let (stop, stopped) = watch::channel(false);

    control::listen(app.clone(), &config.data_dir, place(&edge.reach)?, stopped.clone())?;
    tokio::spawn(socket::keep_unprinted(app.clone(), hub.clone(), latest));
    tokio::spawn(socket::keep_claims(app.clone(), hub.clone(), latest_claims));
    tokio::spawn(socket::keep_printers(app.clone(), latest_printers));
    tokio::spawn(nightly_backups(app.clone(), stopped.clone()));
    tokio::spawn(sweep_sessions(app.clone(), stopped.clone()));
    let engines = config.engines.iter().map(|choice| engine_maker(choice, app.clone())).collect();
    let dispatcher = tokio::spawn(crate::dispatcher::run(app.clone(), hub.clone(), engines, stopped.clone()));
    let printing = tokio::spawn(crate::printing::run(app.clone(), stopped.clone()));
    let mut serving = tokio::task::JoinSet::new();
    for (listener, tls) in listeners {
        serving.spawn(listen::serve(listener, tls, edge.clone(), stopped.clone()));
    }
    greet(&app, &edge.reach, shows)?;
    let announcement = edge.reach.for_others().and_then(|one| name.announce(one.address, one.is_tls));

    if restarts(&app, &config, asked_to_stop).await {
        // A failed store is sound once reopened, and a restored one has to be opened; both need a new process.
        tracing::info!("starting anew");
        return Err(os::begin_anew(RESTARTED).into());
    }
    tracing::info!("stopping");
    service::tell_stopping();
    if let Some(announcement) = announcement {
        announcement.close();
    }
    stop.send_replace(true);
    hub.close();
    while serving.join_next().await.is_some() {}
    sockets_closed(&hub).await;
    dispatcher.await?;
    printing.await?;
    control::close(&config.data_dir);
    Ok(())
}

/// For the command line.
fn place(reach: &Reach) -> Result<control::Place, &'static str> {
    Ok(control::Place { http: reach.here().ok_or("nothing listens")?, urls: reach.urls() })
}

/// To whoever would start this process anew if it hung: its loops turn, and work gets its thread.
async fn tell_alive() {
    let Some(every) = service::alive_every() else { return };
    while tokio::task::spawn_blocking(service::tell_alive).await.is_ok() {
        tokio::time::sleep(every).await;
    }
}

/// Expired sessions lose their sockets too.
async fn sweep_sessions(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    const SWEPT_EVERY: Duration = Duration::from_secs(600);
    while tokio::time::timeout(SWEPT_EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
        let app = app.clone();
        if let Ok(Err(refusal)) = tokio::task::spawn_blocking(move || app.sweep_sessions()).await {
            tracing::warn!("sessions that are over are still there: {refusal}");
        }
    }
}

/// A night missed while off is made up for later.
async fn nightly_backups(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    const LOOKED_FOR_EVERY: Duration = Duration::from_secs(10);
    while tokio::time::timeout(LOOKED_FOR_EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
        let app = app.clone();
        let _ = tokio::task::spawn_blocking(move || app.back_up_nightly()).await;
    }
}

/// Reads go on meanwhile.
async fn until_writable(dir: &Path) {
    const TRIED_EVERY: Duration = Duration::from_secs(2);
    let probe = || {
        let mut file = tempfile::Builder::new().prefix(".probe").tempfile_in(dir)?;
        file.write_all(&[0; 4096])?;
        file.as_file().sync_all()
    };
    while let Err(e) = probe() {
        tracing::warn!("the disk can't be written: {e}");
        tokio::time::sleep(TRIED_EVERY).await;
    }
}

/// A watcher leaves the hub once its peer has been sent the close.
async fn sockets_closed(hub: &Hub) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let began = Instant::now();
    while hub.watchers() > 0 && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
