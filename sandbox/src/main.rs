//! The sandbox as a program, for tests in any language.
#![forbid(unsafe_code)]

mod args;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use sealpost_sandbox::{Sandbox, StartError};

use crate::args::{Args, Command, USAGE};

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(args)) => args,
        Ok(Command::Help) => {
            return match io::stdout().write_all(USAGE.as_bytes()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        Err(error) => {
            eprintln!("sealpost-sandbox: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // A connection is an open file; where the limit cannot be raised, fewer of them fit.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
            eprintln!("sealpost-sandbox: {error}{cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), StopError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut builder =
            Sandbox::builder().contract(args.contract).seed(args.seed).port(args.port);
        if let Some((requests, window)) = args.rate_limit {
            builder = builder.rate_limit(requests, window);
        }
        let sandbox = builder.start().await?;
        let mut out = io::stdout().lock();
        writeln!(out, "base-url {}", sandbox.base_url())?;
        for user in &args.users {
            writeln!(out, "token {user} {}", sandbox.token(*user))?;
        }
        for settings in &args.apps {
            let (kind, app) = (settings.kind(), sandbox.register_app(settings.clone()));
            match app.client_secret() {
                Some(secret) => writeln!(out, "app {kind} {} {secret}", app.client_id())?,
                None => writeln!(out, "app {kind} {}", app.client_id())?,
            }
            writeln!(out, "consumer {} {}", app.consumer_key(), app.consumer_secret())?;
        }
        writeln!(out, "Press Ctrl-C to stop.")?;
        out.flush()?;
        tokio::signal::ctrl_c().await?;
        sandbox.stop().await;
        Ok(())
    })
}

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
enum StopError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot talk to the terminal or wait for Ctrl-C: {0}")]
    Io(#[from] io::Error),
}
