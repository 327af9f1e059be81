//! What the examples share: the steps of the walk, each printed as it happens.
#![allow(dead_code)] // used in part by each example

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use sealpost::*;
use sealpost_sandbox::{RunningSandbox, Sandbox};
use serde_json::Value;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// What `main` makes of an outcome: the error and its causes, one a line.
pub(crate) fn exit_code(outcome: Outcome<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// A client of one user of the sandbox.
pub(crate) fn sandbox_client(sandbox: &RunningSandbox, user: UserId) -> Outcome<Client> {
    let token = Credentials::bearer(sandbox.token(user).as_str().into());
    Ok(Client::builder().base_url(sandbox.base_url()).credentials(token).build()?)
}

/// A sandbox that this user has registered on.
pub(crate) async fn sandbox_with(user: UserId, suite: Suite) -> Outcome<RunningSandbox> {
    let sandbox = Sandbox::start().await?;
    let request = Identity::generate(suite)?.registration(user, SystemTime::now().into());
    sandbox_client(&sandbox, user)?.add_user_public_key(&user, &request).await?;
    Ok(sandbox)
}

/// The path of a file in the system's folder for temporary ones that is not there yet.
pub(crate) fn fresh_file(name: &str) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("sealpost-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// Makes an identity and registers its public keys.
pub(crate) async fn register(
    client: &Client,
    name: &str,
    user: UserId,
    suite: Suite,
) -> Outcome<Account> {
    let identity = Identity::generate(suite)?;
    let request = identity.registration(user, SystemTime::now().into());
    let registered = client.add_user_public_key(&user, &request).await?;
    show_registered(name, user, &identity, registered.public_key_version);
    Ok(identity.registered(user, registered.public_key_version))
}

pub(crate) fn show_registered(
    name: &str,
    user: UserId,
    identity: &Identity,
    version: PublicKeyVersion,
) {
    step("register", &format!("{name}, user {user}"));
    more(&format!("suite            {}", identity.suite()));
    more(&format!(
        "fingerprint      {} of the identity key",
        identity.identity_key().fingerprint()
    ));
    more(&format!("key version      {version}, assigned by the server"));
}

/// A user's newest public keys, verified.
pub(crate) async fn participant(client: &Client, user: &UserId) -> Outcome<Participant> {
    let listing = client.user_public_keys(user).await?;
    if !listing.is_complete() {
        return Err(format!("the server could not list all keys of user {user}; try again").into());
    }
    Ok(newest_participant(user, &listing.records)?)
}

/// What was generated, to whom it was sealed, and what was signed.
pub(crate) struct Summary {
    copies: Vec<String>,
    sealing: Duration,
    actions: Vec<MessageId>,
    signature_version: &'static str,
}

impl Summary {
    pub(crate) fn new<K: ChangeKind>(
        copies: Vec<String>,
        sealing: Duration,
        signed: &SignedKeyChange<'_, K>,
    ) -> Self {
        let actions = signed.actions().iter().map(ActionSignature::message_id).collect();
        Self { copies, sealing, actions, signature_version: signed.signature_version() }
    }

    pub(crate) fn show<K>(&self, request: &PreparedKeyChange<K>) {
        let bytes = ConversationKey::LENGTH;
        step("generate", &format!("a conversation key of {bytes} random bytes"));
        more(&format!("fingerprint      {}", request.key_fingerprint()));
        more("                 the key itself is never shown, and never leaves this machine");
        more(&format!("key version      {}", request.key_version()));
        let millis = self.sealing.as_secs_f64() * 1e3;
        step("seal", &format!("to each participant, in {millis:.2} ms"));
        self.copies.iter().for_each(|copy| more(copy));
        step("sign", "as the sender");
        self.actions.iter().for_each(|id| more(&format!("message id       {id}")));
        more(&format!("signature        version {}", self.signature_version));
    }
}

/// One line for each sealed copy.
pub(crate) fn copy_lines<K: ChangeKind>(sealed: &SealedKeyChange<'_, K>) -> Vec<String> {
    sealed
        .copies()
        .map(|(user, copy)| format!("user {user:<20} {} bytes", copy.as_bytes().len()))
        .collect()
}

/// A request on the screen: method, path, and the body with its long values cut.
pub(crate) fn show_request(path: &str, body: &[u8]) -> Outcome<()> {
    step("post", &format!("POST {path}"));
    let mut shown = serde_json::from_slice(body)?;
    shorten(&mut shown);
    for line in serde_json::to_string_pretty(&shown)?.lines() {
        more(line);
    }
    more(&format!("({} bytes; long values are shortened here)", body.len()));
    Ok(())
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > 48 => {
            let start: String = text.chars().take(32).collect();
            *text = format!("{start}… ({} characters)", text.len());
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Reads the events of a conversation and adopts the keys that `sender` made for it. Whatever is
/// refused is named, and does not keep the rest from being read.
pub(crate) async fn receive(
    client: &Client,
    reader: &Account,
    conversation: &Conversation,
    sender: &UserId,
) -> Outcome<Keyring> {
    let sender = participant(client, sender).await?;
    let page = client.conversation_events(&conversation.id(), EventsQuery::new()).await?;
    let mut keyring = Keyring::new(conversation.id());
    for event in &page.key_events {
        let change = match event.parse() {
            Ok(ChatEvent::KeyChange(change)) => change,
            Ok(_) => continue,
            Err(error) => {
                eprintln!("note: an event was not read: {error} ({})", error.code());
                continue;
            }
        };
        let version = change.key_version();
        match change.open(reader, conversation, [&sender]) {
            Ok(opened) => {
                if let Err(error) = keyring.adopt(opened, SystemTime::now().into()) {
                    eprintln!("note: key {version} was not adopted: {error} ({})", error.code());
                }
            }
            Err(error) => eprintln!("note: key {version} was refused: {error} ({})", error.code()),
        }
    }
    Ok(keyring)
}

/// Says that a reader got a key, and fails if it is not the sender's.
pub(crate) fn compare(reader: &str, received: &Keyring, sent: &Keyring) -> Outcome<KeyFingerprint> {
    let (_, sent) = sent.current().ok_or("the sender has no key")?;
    let (version, received) =
        received.current().ok_or(format!("the key change did not reach {reader}"))?;
    step("receive", &format!("{reader} opened their own copy and verified the sender's signature"));
    more(&format!("key              {} (version {version})", received.fingerprint()));
    if received != sent {
        return Err(format!("{reader} holds another key than the sender").into());
    }
    Ok(received.fingerprint())
}

pub(crate) fn step(name: &str, text: &str) {
    println!("{name:>9}  {text}");
}

pub(crate) fn more(text: &str) {
    println!("{:>9}  {text}", "");
}
