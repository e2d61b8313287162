//! The command line's entry: reads what is asked, does it, and says in words what went wrong.

use clap::Parser;
use paperline::config::{Cli, Command, Serve};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("PAPERLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sled=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match cli.command.unwrap_or_else(|| Command::Serve(Serve::default())) {
        Command::Serve(config) => match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => {
                let done = runtime.block_on(paperline::serve::run(config));
                // An engine in the middle of a picture is not waited for: its action is back in the queue.
                runtime.shutdown_background();
                done
            }
            Err(e) => Err(e.into()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("paperline: {e}");
            ExitCode::FAILURE
        }
    }
}
