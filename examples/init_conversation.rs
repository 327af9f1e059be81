//! Starts an encrypted conversation, step by step: generate the key, seal it, sign it, post it,
//! and let the other side open and verify it.
//!
//! `cargo run --release --example init_conversation` runs both sides against a local sandbox.
//! With `--to USER_ID` it talks to a real server instead; see the README.

mod identity_file;
mod sign_in;
mod support;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use sealpost::transport::{FileTokenStore, OAuth2Session};
use sealpost::*;
use sealpost_sandbox::Sandbox;
use serde_json::{Value, json};
use support::*;

const HELP: &str = "\
Starts an encrypted conversation and shows each step.

  init_conversation [--json]                      both sides, against a local sandbox
  init_conversation --to ID [--from ID] [...]     your side, against a real server
  init_conversation --register [--from ID] [...]  your keys alone, against a real server

  --json           print the facts as one JSON object on the last line
  --to ID          the user to start a conversation with
  --register       only make and register your keys, so that others can write to you
  --from ID        your user id (OAuth 1.0a tokens begin with it)
  --suite NAME     X25519 (default; your own apps) or XChat (X's apps)
  --identity FILE  your private keys; made and registered if the file is not there
                   (default sealpost-identity.json)

For a real server set X_ACCESS_TOKEN (OAuth 2.0); or X_TOKEN_FILE, what `login --save` wrote, which
is renewed when it expires, and X_CLIENT_ID (and X_CLIENT_SECRET) as for `login`; or
X_CONSUMER_KEY, X_CONSUMER_SECRET, X_TOKEN and X_TOKEN_SECRET (OAuth 1.0a).
SEALPOST_BASE_URL names a server other than https://api.x.com.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Outcome<()> {
    let Some(arguments) = Arguments::read(env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    println!("sealpost: start an encrypted conversation\n");
    let facts = match arguments.job {
        Job::Sandbox => between_two_sandbox_users(arguments.suite).await?,
        Job::Register => register_alone(&arguments).await?,
        Job::WriteTo(other) => with_a_real_server(&arguments, other).await?,
    };
    if arguments.json {
        println!("{facts}");
    }
    Ok(())
}

/// Alice and Bob, each with a client of their own, on a server in this process.
async fn between_two_sandbox_users(suite: Suite) -> Outcome<Value> {
    let (alice, bob) = ("1215441834412953600".parse()?, "1603419180975409153".parse()?);
    let sandbox = Sandbox::start().await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));
    more("nothing leaves this machine");
    let (alices, bobs) = (sandbox_client(&sandbox, alice)?, sandbox_client(&sandbox, bob)?);

    let alice = register(&alices, "Alice", alice, suite).await?;
    let bob = register(&bobs, "Bob", bob, suite).await?;
    let bob_as_served = verify(&alices, &bob.user_id()).await?;
    let started = start(&alices, &alice, &bob_as_served).await?;

    // Bob knows whom he talks to; he does not take the server's word for it.
    let conversation = Conversation::direct(bob.user_id(), alice.user_id());
    let keyring = receive(&bobs, &bob, &conversation, &alice.user_id()).await?;
    let received = compare("Bob", &keyring, &started.keyring)?;
    more(&format!("safety number    {}", SafetyNumber::of(alice.participant(), &bob_as_served)));
    more("                 the same for both; compare it over another channel");
    println!("\nBoth sides hold the same key, and the server has never seen it.");
    sandbox.stop().await;
    started.facts(Some(received))
}

/// A client with the credentials of the environment, and whose they are.
fn own_client(arguments: &Arguments) -> Outcome<(Client, UserId)> {
    let (credentials, token_user) = credentials()?;
    let me = arguments.from.or(token_user).ok_or("say who you are with --from YOUR_USER_ID")?;
    let mut builder = Client::builder().credentials(credentials);
    if let Ok(base_url) = env::var("SEALPOST_BASE_URL") {
        builder = builder.base_url(&base_url);
    }
    Ok((builder.build()?, me))
}

/// What somebody does who has no keys yet.
async fn register_alone(arguments: &Arguments) -> Outcome<Value> {
    let (client, me) = own_client(arguments)?;
    let account =
        identity_file::load_or_register(&arguments.identity, &client, me, arguments.suite).await?;
    println!("\nOthers can seal to you now.");
    let version = account.participant().public_key_version();
    Ok(json!({ "user_id": me, "public_key_version": version }))
}

/// One's own side, with a token from the environment.
async fn with_a_real_server(arguments: &Arguments, other: UserId) -> Outcome<Value> {
    let (client, me) = own_client(arguments)?;
    // The other side first: without their keys nothing of yours needs to be registered.
    let other = verify(&client, &other).await?;
    if other.suite() != arguments.suite {
        let suite = other.suite();
        return Err(format!(
            "user {} has keys of suite {suite}; try --suite {suite}",
            other.user_id()
        )
        .into());
    }
    let account =
        identity_file::load_or_register(&arguments.identity, &client, me, arguments.suite).await?;
    let started = start(&client, &account, &other).await?;

    // What a second device of yours would do, and what brings a key back after a crash.
    let conversation = Conversation::direct(me, other.user_id());
    let keyring = receive(&client, &account, &conversation, &me).await?;
    compare("your second device", &keyring, &started.keyring)?;
    println!("\nThe recipient opens their copy on their own device.");
    started.facts(None)
}

async fn verify(client: &Client, user: &UserId) -> Outcome<Participant> {
    let participant = participant(client, user).await?;
    step("verify", &format!("the public keys of user {user}"));
    match participant.suite() {
        Suite::X25519 => more("bound together, and made for that user: now they can be sealed to"),
        _ => more("bound together: now they can be sealed to"),
    }
    Ok(participant)
}

/// A conversation that the server has accepted.
struct Started {
    request: PreparedKeyChange,
    keyring: Keyring,
    accepted: Accepted,
    participants: Vec<UserId>,
    sealing: Duration,
}

/// Generate, seal, sign, post.
async fn start(client: &Client, account: &Account, other: &Participant) -> Outcome<Started> {
    let conversation = Conversation::direct(account.user_id(), other.user_id());
    let mut keyring = Keyring::new(conversation.id());
    let draft = keyring.draft(account, &conversation, SystemTime::now().into())?;
    let clock = Instant::now();
    let sealed = draft.participants([other]).seal()?;
    let sealing = clock.elapsed();
    let participants = sealed.copies().map(|(user, _)| user).collect();
    let copies = copy_lines(&sealed);
    let signed = sealed.sign()?;
    let summary = Summary::new(copies, sealing, &signed);
    let (request, key) = signed.prepare();
    summary.show(&request);
    // An app saves the request here: after a crash it sends the same bytes again.
    show_request(&format!("/2/chat/conversations/{}/keys", request.path()), request.body())?;
    let accepted = client.add_conversation_keys(&request).await?;
    keyring.commit(&request, key)?;
    step("accepted", &format!("conversation {}", accepted.conversation_id));
    more(&format!("sequence id      {}", accepted.sequence_id));
    Ok(Started { request, keyring, accepted, participants, sealing })
}

impl Started {
    fn facts(&self, received: Option<KeyFingerprint>) -> Outcome<Value> {
        Ok(json!({
            "conversation_id": self.accepted.conversation_id,
            "sequence_id": self.accepted.sequence_id,
            "suite": self.request.suite().to_string(),
            "participants": self.participants,
            "message_id": self.request.message_id(),
            "conversation_key_version": self.request.key_version(),
            "seal_microseconds": self.sealing.as_micros(),
            "body_bytes": self.request.body().len(),
            "key_fingerprint_sender": self.request.key_fingerprint().to_string(),
            "key_fingerprint_recipient": received.map(|fingerprint| fingerprint.to_string()),
        }))
    }
}

struct Arguments {
    json: bool,
    from: Option<UserId>,
    job: Job,
    suite: Suite,
    identity: PathBuf,
}

#[derive(Clone, Copy, PartialEq)]
enum Job {
    /// Both sides, in this process.
    Sandbox,
    /// One's own keys.
    Register,
    /// A conversation with this user.
    WriteTo(UserId),
}

impl Arguments {
    /// `None` when help was asked for.
    fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Option<Self>> {
        let mut read = Self {
            json: false,
            from: None,
            job: Job::Sandbox,
            suite: Suite::X25519,
            identity: "sealpost-identity.json".into(),
        };
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or(format!("{argument} needs a value; try --help"));
            match argument.as_str() {
                "--json" => read.json = true,
                "--from" => read.from = Some(value()?.parse()?),
                "--to" => read.job = Job::WriteTo(value()?.parse()?),
                "--register" => read.job = Job::Register,
                "--identity" => read.identity = value()?.into(),
                "--suite" => read.suite = suite_named(&value()?)?,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown argument {other}; try --help").into()),
            }
        }
        if read.from.is_some() && read.job == Job::Sandbox {
            return Err("--from says who you are; --to USER_ID says whom to write to".into());
        }
        Ok(Some(read))
    }
}

fn suite_named(name: &str) -> Outcome<Suite> {
    let found = Suite::ALL.iter().find(|suite| suite.to_string().eq_ignore_ascii_case(name));
    Ok(*found.ok_or(format!("there is no suite {name}; there are X25519 and XChat"))?)
}

/// The credentials in the environment, and whose they are where the token says so.
fn credentials() -> Outcome<(Credentials, Option<UserId>)> {
    if let Ok(token) = env::var("X_ACCESS_TOKEN") {
        return Ok((Credentials::bearer(token.into()), None));
    }
    if let Ok(path) = env::var("X_TOKEN_FILE") {
        let session = OAuth2Session::new(sign_in::app()?, FileTokenStore::new(path));
        return Ok((Credentials::oauth2(session), None));
    }
    let names = ["X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_TOKEN", "X_TOKEN_SECRET"];
    let [Ok(consumer_key), Ok(consumer_secret), Ok(token), Ok(token_secret)] = names.map(env::var)
    else {
        let names = names.join(", ");
        return Err(format!("set X_ACCESS_TOKEN, or X_TOKEN_FILE, or {names}").into());
    };
    // An OAuth 1.0a access token begins with its user's id and a hyphen.
    let user = token.split_once('-').and_then(|(user, _)| user.parse().ok());
    let credentials = Credentials::oauth1(OAuth1Credentials {
        consumer_key: consumer_key.into(),
        consumer_secret: consumer_secret.into(),
        token: token.into(),
        token_secret: token_secret.into(),
    });
    Ok((credentials, user))
}
