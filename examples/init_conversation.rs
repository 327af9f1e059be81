//! Starts an encrypted conversation, step by step: generate the key, seal it, sign it, post it,
//! and let the other side open and verify it.
//!
//! `cargo run --release --example init_conversation` runs both sides against a local sandbox.
//! With `--to USER_ID` it talks to a real server instead; see the README.
#![allow(clippy::print_stdout)] // it is a program

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use sealpost::*;
use sealpost_sandbox::Sandbox;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const HELP: &str = "\
Starts an encrypted conversation and shows each step.

  init_conversation [--json]                        both sides, against a local sandbox
  init_conversation --from ID --to ID [--json]      your side, against a real server

  --json      print the facts as one JSON object on the last line
  --from ID   your user id
  --to ID     the user to start a conversation with

For a real server set X_ACCESS_TOKEN (OAuth 2.0), or X_CONSUMER_KEY, X_CONSUMER_SECRET, X_TOKEN
and X_TOKEN_SECRET (OAuth 1.0a). SEALPOST_BASE_URL names a server other than https://api.x.com.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Outcome<()> {
    let Some(arguments) = Arguments::read(env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    println!("sealpost: start an encrypted conversation\n");
    let facts = match arguments.users {
        None => between_two_sandbox_users().await?,
        Some((me, other)) => with_a_real_server(me, other).await?,
    };
    if arguments.json {
        println!("{facts}");
    }
    Ok(())
}

/// Alice and Bob, each with a client of their own, on a server in this process.
async fn between_two_sandbox_users() -> Outcome<Value> {
    let (alice, bob) = ("1215441834412953600".parse()?, "1603419180975409153".parse()?);
    let sandbox = Sandbox::start().await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));
    more("nothing leaves this machine");
    let client = |user| {
        let token = Credentials::bearer(sandbox.token(user).as_str().into());
        Client::builder().base_url(sandbox.base_url()).credentials(token).build()
    };
    let (alices_client, bobs_client) = (client(alice)?, client(bob)?);

    let alice = register(&alices_client, "Alice", alice).await?;
    let bob = register(&bobs_client, "Bob", bob).await?;
    let started = start(&alices_client, &alice, bob.user_id()).await?;

    // Bob knows whom he talks to; he does not take the server's word for it.
    let conversation = Conversation::direct(bob.user_id(), alice.user_id());
    let keyring = receive(&bobs_client, &bob, &conversation, &alice.user_id()).await?;
    let (_, received) = keyring.current().ok_or("the key change did not reach Bob")?;
    step("receive", "Bob read the event, opened his own copy and verified Alice's signature");
    more(&format!("Bob's key        {}", received.fingerprint()));
    more(&format!("Alice's key      {}", started.key()?.fingerprint()));
    if received != started.key()? {
        return Err("the two sides hold different keys".into());
    }
    println!("\nBoth sides hold the same key, and the server has never seen it.");
    sandbox.stop().await;
    started.facts(Some(received))
}

/// One's own side, with a token from the environment.
async fn with_a_real_server(me: UserId, other: UserId) -> Outcome<Value> {
    let mut builder = Client::builder().credentials(credentials()?);
    if let Ok(base_url) = env::var("SEALPOST_BASE_URL") {
        builder = builder.base_url(&base_url);
    }
    let client = builder.build()?;
    eprintln!("note: this registers a new identity for user {me} and forgets it at the end\n");
    let account = register(&client, "you", me).await?;
    let started = start(&client, &account, other).await?;

    // What a second device of yours would do, and what brings a key back after a crash.
    let conversation = Conversation::direct(me, other);
    let keyring = receive(&client, &account, &conversation, &me).await?;
    let own = keyring.get(started.request.key_version());
    let own = own.ok_or("the key change did not come back from the server")?;
    step("receive", "your own copy came back from the server, opened and verified");
    more(&format!("key              {}", own.fingerprint()));
    if own != started.key()? {
        return Err("the server's copy holds another key".into());
    }
    println!("\nThe recipient opens their copy on their own device.");
    started.facts(None)
}

/// Makes an identity and registers its public keys.
async fn register(client: &Client, name: &str, user: UserId) -> Outcome<Account> {
    let identity = Identity::generate(Suite::X25519)?;
    let request = identity.registration(user, SystemTime::now().into());
    // A real app saves the identity here: registered but not saved, it would be lost.
    let registered = client.add_user_public_key(&user, &request).await?;
    step("register", &format!("{name}, user {user}"));
    more(&format!("suite            {}", identity.suite()));
    more(&format!("fingerprint      {} of the identity key", request.fingerprint()));
    more(&format!("key version      {}, assigned by the server", registered.public_key_version));
    Ok(identity.registered(user, registered.public_key_version))
}

/// A conversation that the server has accepted.
struct Started {
    request: PreparedKeyChange,
    keyring: Keyring,
    accepted: Accepted,
    participants: Vec<UserId>,
    sealing: Duration,
}

/// Verify, generate, seal, sign, post.
async fn start(client: &Client, account: &Account, other: UserId) -> Outcome<Started> {
    let rows = client.user_public_keys(&other).await?;
    let other = newest_participant(&other, &rows)?;
    step("verify", &format!("the public keys of user {}", other.user_id()));
    more("bound together, and made for that user: now they can be sealed to");

    let conversation = Conversation::direct(account.user_id(), other.user_id());
    let mut keyring = Keyring::new(conversation.id());
    let version = keyring.next_version(SystemTime::now().into())?;
    let clock = Instant::now();
    let sealed = KeyChange::new(account, &conversation, version).participants([&other]).seal()?;
    let sealing = clock.elapsed();
    let participants = sealed.copies().map(|(user, _)| user).collect();
    let copies: Vec<String> = sealed
        .copies()
        .map(|(user, copy)| format!("user {user:<20} {} bytes", copy.as_bytes().len()))
        .collect();
    let signed = sealed.sign()?;
    let (message_id, signature_version) = (signed.message_id(), signed.signature_version());
    let (request, key) = signed.prepare();

    step("generate", &format!("a conversation key of {} random bytes", ConversationKey::LENGTH));
    more(&format!("fingerprint      {}, the key itself is never shown", key.fingerprint()));
    more(&format!("key version      {version}"));
    step("seal", &format!("to each participant, in {:.2} ms", sealing.as_secs_f64() * 1e3));
    copies.iter().for_each(|copy| more(copy));
    step("sign", "the key change, as the sender");
    more(&format!("message id       {message_id}"));
    more(&format!("signature        version {signature_version}"));

    step("post", &format!("POST /2/chat/conversations/{}/keys", request.path()));
    for line in serde_json::to_string_pretty(&shortened(request.body())?)?.lines() {
        more(line);
    }
    more(&format!("({} bytes; long values are shortened here)", request.body().len()));
    let accepted = client.add_conversation_keys(&request).await?;
    keyring.commit(&request, key)?;
    step("accepted", &format!("conversation {}", accepted.conversation_id));
    more(&format!("sequence id      {}", accepted.sequence_id));
    Ok(Started { request, keyring, accepted, participants, sealing })
}

/// Reads the events of a conversation and adopts the keys that `sender` made for it.
async fn receive(
    client: &Client,
    reader: &Account,
    conversation: &Conversation,
    sender: &UserId,
) -> Outcome<Keyring> {
    let sender = newest_participant(sender, &client.user_public_keys(sender).await?)?;
    let page = client.conversation_events(&conversation.id(), EventsQuery::new()).await?;
    let mut keyring = Keyring::new(conversation.id());
    for event in &page.key_events {
        let ChatEvent::KeyChange(change) = event.parse()? else { continue };
        match change.open(reader, conversation, [&sender]) {
            Ok(opened) => drop(keyring.adopt(opened, SystemTime::now().into())),
            // For instance a change from before this identity was registered.
            Err(error) => eprintln!("note: key version {} skipped: {error}", change.key_version()),
        }
    }
    Ok(keyring)
}

impl Started {
    fn key(&self) -> Outcome<&ConversationKey> {
        let key = self.keyring.get(self.request.key_version());
        Ok(key.ok_or("the new key is not in the keyring")?)
    }

    fn facts(&self, received: Option<&ConversationKey>) -> Outcome<Value> {
        Ok(json!({
            "conversation_id": self.accepted.conversation_id,
            "sequence_id": self.accepted.sequence_id,
            "suite": self.request.suite().to_string(),
            "participants": self.participants,
            "message_id": self.request.message_id(),
            "conversation_key_version": self.request.key_version(),
            "seal_microseconds": self.sealing.as_micros(),
            "body_bytes": self.request.body().len(),
            "key_fingerprint_sender": self.key()?.fingerprint().to_string(),
            "key_fingerprint_recipient": received.map(|key| key.fingerprint().to_string()),
        }))
    }
}

struct Arguments {
    json: bool,
    /// Oneself and the other, for a real server.
    users: Option<(UserId, UserId)>,
}

impl Arguments {
    /// `None` when help was asked for.
    fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Option<Self>> {
        let (mut json, mut from, mut to) = (false, None, None);
        while let Some(argument) = arguments.next() {
            let mut user = || -> Outcome<UserId> {
                let text = arguments.next().ok_or(format!("{argument} needs a user id"))?;
                Ok(text.parse()?)
            };
            match argument.as_str() {
                "--json" => json = true,
                "--from" => from = Some(user()?),
                "--to" => to = Some(user()?),
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown argument {other}; try --help").into()),
            }
        }
        let users = match (from, to) {
            (None, None) => None,
            (Some(from), Some(to)) => Some((from, to)),
            _ => return Err("--from and --to go together; try --help".into()),
        };
        Ok(Some(Self { json, users }))
    }
}

fn credentials() -> Outcome<Credentials> {
    let secret = |name: &str| env::var(name).ok().map(SecretString::from);
    if let Some(token) = secret("X_ACCESS_TOKEN") {
        return Ok(Credentials::bearer(token));
    }
    let names = ["X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_TOKEN", "X_TOKEN_SECRET"];
    let [Some(consumer_key), Some(consumer_secret), Some(token), Some(token_secret)] =
        names.map(secret)
    else {
        return Err(format!("set X_ACCESS_TOKEN, or {}", names.join(", ")).into());
    };
    Ok(Credentials::oauth1(OAuth1Credentials {
        consumer_key,
        consumer_secret,
        token,
        token_secret,
    }))
}

/// A body for the screen: the same members, long texts cut.
fn shortened(body: &[u8]) -> Outcome<Value> {
    fn cut(value: &mut Value) {
        match value {
            Value::String(text) if text.len() > 48 => {
                let start: String = text.chars().take(32).collect();
                *text = format!("{start}… ({} characters)", text.len());
            }
            Value::Array(values) => values.iter_mut().for_each(cut),
            Value::Object(members) => members.values_mut().for_each(cut),
            _ => {}
        }
    }
    let mut body = serde_json::from_slice(body)?;
    cut(&mut body);
    Ok(body)
}

fn step(name: &str, text: &str) {
    println!("{name:>9}  {text}");
}

fn more(text: &str) {
    println!("{:>9}  {text}", "");
}
