//! How the two terminals find each other: Alice's runs the sandbox and leaves a note for Bob's.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use sealpost::{Client, Credentials, UserId};
use sealpost_sandbox::{RunningSandbox, Sandbox};
use serde_json::{Value, json};

use crate::support::{Outcome, fresh_file, sandbox_client};

const ALICE: u64 = 1001;
const BOB: u64 = 1002;

pub(crate) struct Meeting {
    pub(crate) me: UserId,
    pub(crate) other: UserId,
    pub(crate) client: Client,
    /// Where one's own keys are kept.
    pub(crate) store: PathBuf,
    /// Alice's terminal runs it.
    _sandbox: Option<RunningSandbox>,
}

impl Meeting {
    pub(crate) async fn host() -> Outcome<Self> {
        let (me, other) = (UserId::new(ALICE)?, UserId::new(BOB)?);
        let sandbox = Sandbox::start().await?;
        sandbox.clock(SystemTime::now().into());
        let token = sandbox.token(other);
        leave_note(&json!({ "base_url": sandbox.base_url(), "token": token.as_str() }))?;
        let client = sandbox_client(&sandbox, me)?;
        let store = fresh_file("alice.sealpost")?;
        Ok(Self { me, other, client, store, _sandbox: Some(sandbox) })
    }

    pub(crate) fn join() -> Outcome<Self> {
        let note = fs::read(note()).map_err(|_| "nobody is there yet; first: chat -- alice")?;
        let note: Value = serde_json::from_slice(&note)?;
        let text =
            |name: &str| note.get(name).and_then(Value::as_str).ok_or("the note is not Alice's");
        let client = Client::builder()
            .base_url(text("base_url")?)
            .credentials(Credentials::bearer(text("token")?.into()))
            .build()?;
        let (me, other) = (UserId::new(BOB)?, UserId::new(ALICE)?);
        let store = fresh_file("bob.sealpost")?;
        Ok(Self { me, other, client, store, _sandbox: None })
    }

    pub(crate) fn other_name(&self) -> &'static str {
        name_of(self.other)
    }
}

pub(crate) fn name_of(user: UserId) -> &'static str {
    if user.as_u64() == ALICE { "alice" } else { "bob" }
}

fn note() -> PathBuf {
    std::env::temp_dir().join("sealpost-chat.json")
}

/// There is a token in it: nobody else may read it.
fn leave_note(note_of_alice: &Value) -> Outcome<()> {
    match fs::remove_file(note()) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(note())?.write_all(note_of_alice.to_string().as_bytes())?)
}
