//! Signing in as a new user does: the program, a browser, and what comes of the saved tokens.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use sealpost::transport::{
    ExposeSecret as _, FileTokenStore, OAuth2App, OAuth2Session, TokenStore,
};
use sealpost::*;
use sealpost_sandbox::{AppKind, AppSettings, RunningSandbox, Sandbox, SandboxApp};
use support::{answer, get, post};

const ALICE: &str = "user_id=1001&decision=allow";

/// A sandbox with an app of one kind, and a folder of this test alone.
struct Stage {
    sandbox: RunningSandbox,
    app: SandboxApp,
    port: u16,
    folder: PathBuf,
}

/// A port that nobody listens on: below those that the system gives out by itself.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::SeqCst) % 100;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

impl Stage {
    async fn new(kind: AppKind) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let port = free_port();
        let back = format!("http://127.0.0.1:{port}/callback");
        let app = sandbox.register_app(AppSettings::new(kind, back.parse().unwrap()));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.join(format!("login-{}-{port}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self { sandbox, app, port, folder }
    }

    fn token_file(&self) -> PathBuf {
        self.folder.join("tokens.json")
    }

    /// An example, with the app in its environment and nothing else.
    fn example(&self, name: &str) -> Command {
        let mut command = example(name);
        command
            .env("X_CLIENT_ID", self.app.client_id())
            .env("SEALPOST_BASE_URL", self.sandbox.base_url());
        if let Some(secret) = self.app.client_secret() {
            command.env("X_CLIENT_SECRET", secret);
        }
        command
    }

    fn login(&self) -> Command {
        let mut command = self.example("login");
        command.args(["--no-browser", "--port", &self.port.to_string()]);
        command
    }

    fn pass(&self, seconds: u64) {
        self.sandbox.clock(UnixMillis::new(self.sandbox.now().as_u64() + seconds * 1_000));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// `cargo test` has built the examples beside this test.
fn example(name: &str) -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join(name));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A program that waits for the browser.
struct Waiting {
    child: Child,
    out: BufReader<ChildStdout>,
    said: String,
    page: String,
}

/// What a program that has ended said.
struct Ended {
    success: bool,
    out: String,
    err: String,
}

impl Waiting {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let page = loop {
            let start = said.len();
            assert!(out.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            let line = said[start..].trim_end();
            if line.starts_with("http://") {
                break line.to_owned();
            }
        };
        Self { child, out, said, page }
    }

    fn end(mut self) -> Ended {
        self.out.read_to_string(&mut self.said).unwrap();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Ended { success: self.child.wait().unwrap().success(), out: self.said, err }
    }

    /// The user answers, and the browser goes where it is sent: what it is shown there, and what
    /// the program says.
    fn answered(self, form: &str) -> (String, Ended) {
        let shown = get(&answer(&self.page, form));
        (shown.text, self.end())
    }
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    Ended { success: output.status.success(), out, err }
}

/// Nothing that the program said or the browser was shown holds a secret.
fn assert_silent(texts: &[&str], secrets: &[&str]) {
    for secret in secrets {
        for text in texts {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

async fn load(path: &Path) -> transport::TokenPair {
    FileTokenStore::new(path).load().await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saved_tokens_serve_a_client_and_are_renewed_once() {
    for kind in [AppKind::Public, AppKind::Confidential] {
        let stage = Stage::new(kind).await;
        let path = stage.token_file();
        let waiting = Waiting::start(stage.login().arg("--save").arg(&path));
        let (shown, ended) = waiting.answered(ALICE);
        assert!(ended.success, "{}", ended.err);
        assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("go back to the program"));
        for part in ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access"] {
            assert!(ended.out.lines().any(|line| line.trim() == part), "{part}: {}", ended.out);
        }
        assert!(ended.out.contains("in 120 minutes"), "{}", ended.out);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let pair = load(&path).await;
        let mut secrets = vec![
            pair.access_token().expose_secret(),
            pair.refresh_token().unwrap().expose_secret(),
        ];
        secrets.extend(stage.app.client_secret());
        assert_silent(&[&ended.out, &ended.err, &shown], &secrets);

        // Another program, two hours later, with many calls at the same time.
        let builder = match stage.app.client_secret() {
            Some(secret) => OAuth2App::confidential(stage.app.client_id(), secret.into()),
            None => OAuth2App::public(stage.app.client_id()),
        };
        let app = builder.base_url(stage.sandbox.base_url()).build().unwrap();
        let session = OAuth2Session::new(app, FileTokenStore::new(&path));
        let client = Client::builder()
            .base_url(stage.sandbox.base_url())
            .credentials(Credentials::oauth2(session))
            .build()
            .unwrap();
        let user = "1001".parse().unwrap();
        client.user_public_keys(&user).await.unwrap();
        stage.pass(2 * 3600);
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.user_public_keys(&user).await.map(drop) })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let renewed = load(&path).await;
        assert_ne!(renewed.access_token().expose_secret(), pair.access_token().expose_secret());
        assert!(!renewed.refresh_begun());
    }
}

#[tokio::test]
async fn the_main_job_runs_on_saved_tokens() {
    let stage = Stage::new(AppKind::Public).await;
    let path = stage.token_file();
    let waiting = Waiting::start(stage.login().arg("--save").arg(&path));
    assert!(waiting.answered(ALICE).1.success);
    // The other user only registers keys, with a token that the sandbox gave out.
    let token = stage.sandbox.token("1002".parse().unwrap());
    let mut command = stage.example("init_conversation");
    command.args(["--register", "--from", "1002", "--json", "--identity"]);
    command.arg(stage.folder.join("other.json")).env("X_ACCESS_TOKEN", token.as_str());
    let registered = ended(&mut command);
    assert!(registered.success, "{}", registered.err);
    assert!(registered.out.lines().last().unwrap().contains("\"user_id\":\"1002\""));

    let first = load(&path).await;
    for hours in [0, 2] {
        stage.pass(hours * 3600);
        let mut command = stage.example("init_conversation");
        command.args(["--from", "1001", "--to", "1002", "--identity"]);
        command.arg(stage.folder.join("identity.json")).env("X_TOKEN_FILE", &path);
        let ended = ended(&mut command);
        assert!(ended.success, "{}", ended.err);
        assert!(ended.out.contains("accepted"), "{}", ended.out);
        let same = load(&path).await.access_token().expose_secret()
            == first.access_token().expose_secret();
        assert_eq!(same, hours == 0);
        assert_silent(&[&ended.out, &ended.err], &[first.access_token().expose_secret()]);
    }
    let mut command = stage.example("init_conversation");
    command.args(["--from", "1001", "--to", "1002"]).env("X_TOKEN_FILE", "nowhere.json");
    let ended = ended(&mut command);
    assert!(!ended.success && ended.err.contains("sign in"), "{}", ended.err);
}

#[tokio::test]
async fn a_user_who_says_no_is_believed() {
    for kind in [AppKind::Public, AppKind::Confidential] {
        let stage = Stage::new(kind).await;
        let path = stage.token_file();
        let waiting = Waiting::start(stage.login().arg("--save").arg(&path));
        let (shown, ended) = waiting.answered("decision=deny");
        assert!(shown.starts_with("HTTP/1.1 400 ") && shown.contains("Not signed in"), "{shown}");
        assert!(!ended.success && ended.err.contains("the user did not allow the access"));
        assert!(!ended.out.contains("granted") && !path.exists());
    }
}

#[tokio::test]
async fn scopes_that_are_missing_are_named_and_nothing_is_saved() {
    let stage = Stage::new(AppKind::Public).await;
    let path = stage.token_file();
    let waiting = Waiting::start(stage.login().arg("--save").arg(&path));
    let form = format!("{ALICE}&withhold=dm.write&withhold=users.read");
    let (_, ended) = waiting.answered(&form);
    assert!(!ended.success && !path.exists());
    assert!(ended.err.contains("does not cover dm.write, users.read"), "{}", ended.err);
}

#[tokio::test]
async fn only_the_scopes_that_are_named_are_asked_for() {
    let stage = Stage::new(AppKind::Public).await;
    let waiting =
        Waiting::start(stage.login().args(["--scope", "dm.read", "--scope", "users.read"]));
    assert!(waiting.page.contains("&scope=dm.read%20users.read&"), "{}", waiting.page);
    let (_, ended) = waiting.answered(ALICE);
    assert!(ended.success, "{}", ended.err);
    assert!(!ended.out.contains("dm.write") && ended.out.contains("for good"), "{}", ended.out);
}

#[tokio::test]
async fn somebody_else_s_answer_is_refused() {
    let stage = Stage::new(AppKind::Public).await;
    let waiting = Waiting::start(&mut stage.login());
    let back = answer(&waiting.page, ALICE);
    let forged = back.replace("state=", "state=x");
    assert!(get(&forged).text.starts_with("HTTP/1.1 400 "));
    let ended = waiting.end();
    assert!(!ended.success && ended.err.contains("does not belong to this sign-in"));
}

#[tokio::test]
async fn an_app_that_is_set_up_wrongly_is_told_apart() {
    let stage = Stage::new(AppKind::Confidential).await;
    // The wrong secret: the user has consented already.
    let waiting = Waiting::start(stage.login().env("X_CLIENT_SECRET", "planted-secret"));
    let (_, ended) = waiting.answered(ALICE);
    assert!(!ended.success && ended.err.contains("Missing valid authorization header"));
    assert_silent(&[&ended.out, &ended.err], &["planted-secret"]);
    // An unknown client id, and another port: the page says so, and nobody comes back.
    for (name, value, reason) in [
        ("X_CLIENT_ID", "sandbox-client-0", "client_id is not that of an app"),
        ("", "", "redirect_uri is not one of those"),
    ] {
        let mut command = stage.login();
        match name {
            "" => command.args(["--port", &free_port().to_string()]),
            name => command.env(name, value),
        };
        let mut waiting = Waiting::start(&mut command);
        for page in [get(&waiting.page), post(&waiting.page, ALICE)] {
            assert_eq!((page.status, page.location), (400, None));
            assert!(page.text.contains(reason), "{}", page.text);
        }
        waiting.child.kill().unwrap();
        waiting.child.wait().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_page_is_opened_in_the_browser_unless_there_is_none_or_none_is_wanted() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new(AppKind::Public).await;
    // What the system's launcher is called with.
    let (launcher, opened) = (stage.folder.join("xdg-open"), stage.folder.join("opened"));
    let script = format!("#!/bin/sh\nprintf %s \"$1\" > '{}'\n", opened.display());
    fs::write(&launcher, script).unwrap();
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755)).unwrap();

    let (port, path) = (stage.port.to_string(), &stage.folder);
    let waiting = Waiting::start(stage.example("login").args(["--port", &port]).env("PATH", path));
    let page = waiting.page.clone();
    let (_, ended) = waiting.answered(ALICE);
    assert!(ended.success, "{}", ended.err);
    let mut tries = 0;
    while fs::read_to_string(&opened).unwrap_or_default() != page {
        tries += 1;
        assert!(tries < 1_000, "no browser was started");
        std::thread::sleep(Duration::from_millis(10));
    }
    fs::remove_file(&opened).unwrap();

    let waiting = Waiting::start(stage.login().env("PATH", path));
    assert!(waiting.answered(ALICE).1.success);
    assert!(!opened.exists());

    let nothing = stage.folder.join("nothing");
    let waiting =
        Waiting::start(stage.example("login").args(["--port", &port]).env("PATH", nothing));
    let (_, ended) = waiting.answered(ALICE);
    assert!(ended.success && ended.out.contains("open the page yourself"), "{}", ended.out);
}

#[tokio::test]
async fn what_cannot_work_is_said_before_anybody_signs_in() {
    let stage = Stage::new(AppKind::Public).await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, stage.port)).unwrap();
    let said = ended(&mut stage.login());
    assert!(!said.success && said.err.contains(&format!("port {}", stage.port)), "{}", said.err);
    drop(taken);
    let missing = stage.folder.join("missing").join("tokens.json");
    for path in [&missing, &stage.folder] {
        let said = ended(stage.login().arg("--save").arg(path));
        assert!(!said.success && said.err.contains("--save"), "{}", said.err);
        assert!(!said.out.contains("http"), "{}", said.out);
    }
    for (arguments, hint) in [
        (&["--port"][..], "--port needs a value"),
        (&["--port", "x"], "invalid digit"),
        (&["--scope", "a b"], "a scope is one word"),
        (&["--browser"], "unknown argument --browser"),
    ] {
        let said = ended(stage.login().args(arguments));
        assert!(!said.success && said.err.contains(hint), "{arguments:?}: {}", said.err);
    }
    let said = ended(&mut example("login"));
    assert!(!said.success && said.err.contains("set X_CLIENT_ID"), "{}", said.err);
    let said = ended(example("login").env("X_CLIENT_ID", "a b"));
    assert!(!said.success && said.err.contains("client id"), "{}", said.err);
    let said = ended(example("login").arg("--help"));
    assert!(said.success && said.out.contains("SEALPOST_BASE_URL"));
}
