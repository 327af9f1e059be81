//! Signs a user in with OAuth 2.0 and PKCE: opens the page that asks, waits for the browser to come
//! back, and shows what was granted. No token is ever printed.
//!
//! `cargo run --release --example login -- --help`

mod sign_in;
mod support;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use sealpost::transport::{
    Authorization, FileTokenStore, LoopbackListener, OAuth2Session, Scope, TokenPair,
};
use support::{Outcome, exit_code, more, step};

const HELP: &str = "\
Signs a user in and shows what was granted. No token is printed.

  login [--port N] [--scope NAME]... [--save FILE] [--no-browser]

  --port N      the port of the redirect URI http://127.0.0.1:N/callback (default 8976);
                this URI must be in the app's settings
  --scope NAME  ask for this scope, and the others named so (default: dm.read dm.write
                tweet.read users.read offline.access)
  --save FILE   keep the tokens in this file, which only you may read
  --no-browser  print the address of the page, and open it nowhere

Set X_CLIENT_ID, and for an app that can keep a secret X_CLIENT_SECRET. SEALPOST_BASE_URL names an
authorization server other than X's.";

/// How long a person may take at the sign-in page.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Outcome<()> {
    let Some(arguments) = Arguments::read(env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    let app = sign_in::app()?;
    let listener = LoopbackListener::bind(arguments.port).await?;
    let authorization = app.authorize(listener.redirect_uri(), arguments.scopes)?;

    println!("sealpost: sign in\n");
    show_page(&authorization, arguments.browser);
    step("wait", &format!("for the browser to come back to {}", listener.redirect_uri()));
    let code = listener.wait(&authorization, PATIENCE).await?;
    let pair = app.exchange(&authorization, &code).await?;
    show(&pair);

    if let Some(path) = arguments.save {
        OAuth2Session::new(app, FileTokenStore::new(&path)).sign_in(pair).await?;
        step("saved", &format!("in {}", path.display()));
        more("whoever reads this file can use the account");
    }
    Ok(())
}

/// The address is good for one sign-in, and worth nothing without what this program keeps of it.
fn show_page(authorization: &Authorization, browser: bool) {
    step("open", "this page in your browser, and allow the access");
    println!("\n{}\n", authorization.url());
    if browser && open::that_detached(authorization.url()).is_err() {
        step("browser", "none could be started; open the page yourself");
    }
}

fn show(pair: &TokenPair) {
    step("granted", "the user allowed");
    pair.scopes().iter().for_each(|scope| more(scope.as_str()));
    let left = pair.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
    let minutes = left.as_secs().div_ceil(60);
    step("expires", &format!("in {minutes} minutes"));
    match pair.refresh_token() {
        Some(_) => more("and is renewed without asking again"),
        None => more("for good: without offline.access there is no refresh token"),
    }
}

struct Arguments {
    port: u16,
    scopes: Vec<Scope>,
    save: Option<PathBuf>,
    browser: bool,
}

impl Arguments {
    /// `None` when help was asked for.
    fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Option<Self>> {
        let mut read = Self { port: 8976, scopes: Vec::new(), save: None, browser: true };
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or(format!("{argument} needs a value; try --help"));
            match argument.as_str() {
                "--port" => read.port = value()?.parse()?,
                "--scope" => read.scopes.push(value()?.parse()?),
                "--save" => read.save = Some(file_to_be(value()?)?),
                "--no-browser" => read.browser = false,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown argument {other}; try --help").into()),
            }
        }
        if read.scopes.is_empty() {
            read.scopes = Scope::CHAT.to_vec();
        }
        Ok(Some(read))
    }
}

/// Better now than when the user has signed in.
fn file_to_be(path: String) -> Outcome<PathBuf> {
    let path = PathBuf::from(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() || !folder.is_none_or(Path::is_dir) {
        return Err(
            format!("--save {}: not a file in a folder that is there", path.display()).into()
        );
    }
    Ok(path)
}
