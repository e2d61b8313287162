//! Entry point: parses the command line, runs it, reports errors.

use clap::Parser;
use paperline::config::{Cli, Command, Serve, ServiceCommand, UserCommand};
use paperline::papers::worker;
use paperline::{agent, os, serve, service, upkeep};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Returns memory soon; the C library keeps what threads freed, tens of MiB after each password hash.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|command| command == worker::COMMAND) {
        return worker::run().map_or_else(|e| failed(&e), |()| ExitCode::SUCCESS);
    }
    let cli = Cli::parse();
    let is_clicked = cli.command.is_none() && os::is_double_clicked();
    let code = run(cli, is_clicked);
    if is_clicked && code != ExitCode::SUCCESS {
        os::hold_window();
    }
    code
}

fn run(cli: Cli, is_clicked: bool) -> ExitCode {
    let filter = EnvFilter::try_from_env("PAPERLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sled=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(os::shows_colours()).with_writer(std::io::stderr).init();
    os::make_all_for_owner();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&e),
    };
    let done = match cli.command.unwrap_or_else(|| Command::Serve(Serve::default())) {
        Command::Serve(config) => match os::kept(serve::RESTARTED) {
            Ok(None) => runtime.block_on(serve::run(config, is_clicked)),
            Ok(Some(code)) => return code,
            Err(e) => Err(e.into()),
        },
        Command::Agent(config) => runtime.block_on(agent::run(config)),
        Command::Backup { data_dir, out } => runtime.block_on(upkeep::backup(&data_dir, &out)),
        Command::Restore { data_dir, from } => upkeep::restore(&data_dir, &from),
        Command::Check { data_dir } => upkeep::check(&data_dir),
        Command::Service { command } => match command {
            ServiceCommand::Install { data_dir, writable, flags } => service::install(data_dir, writable, flags),
            ServiceCommand::Uninstall => service::uninstall(),
            ServiceCommand::Status => service::status(),
            ServiceCommand::Upgrade { file: Some(file), .. } => service::upgrade(&file),
            ServiceCommand::Upgrade { file: None, .. } => service::go_on(),
        },
        Command::User { command: UserCommand::Reset { name, data_dir } } => runtime.block_on(upkeep::reset_user(&data_dir, name)),
    };
    // Don't wait for an engine that is reading: its action is back in the queue.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => failed(&*e),
    }
}

fn failed(e: &dyn std::error::Error) -> ExitCode {
    eprintln!("paperline: {e}");
    ExitCode::FAILURE
}
