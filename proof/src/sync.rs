//! `sync`: a session catches up with a long conversation, in a process of its own.

use std::env;
use std::error::Error;
use std::process::Command;
use std::time::{Instant, SystemTime};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sealpost::{
    Client, Credentials, Keyring, MemoryStore, Message, Session, SqliteStore, StoreKey, Suite,
    UserId, Vault,
};
use sealpost_sandbox::{RunningSandbox, Sandbox};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::memory;

/// A key change comes after this many messages.
const MESSAGES_PER_KEY: u32 = 1000;
/// Messages under way at the same time.
const SENDERS: usize = 64;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Events of the conversation: messages, and a key change for every thousand
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    events: u32,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// This process is the reader
    #[arg(long, hide = true)]
    reader: bool,
}

/// What the reader tells.
#[derive(Serialize, Deserialize)]
struct Reading {
    seconds: f64,
    again_seconds: f64,
    keys: usize,
    peak_memory_mib: u64,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.reader {
        let reading = runtime.block_on(read())?;
        println!("{}", serde_json::to_string(&reading)?);
        return Ok(true);
    }
    runtime.block_on(sync(arguments))
}

fn alice() -> Result<UserId, Box<dyn Error>> {
    Ok(UserId::new(1)?)
}

fn bob() -> Result<UserId, Box<dyn Error>> {
    Ok(UserId::new(2)?)
}

async fn sync(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    sandbox.clock(SystemTime::now().into());
    let folder = env::temp_dir().join(format!("sealpost-sync-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let path = folder.join("bob.sealpost");
    let keys = write(&sandbox, &path, arguments.events).await?;

    let reader = Command::new(env::current_exe()?)
        .args(["sync", "--reader"])
        .env("SEALPOST_SYNC_URL", sandbox.base_url())
        .env("SEALPOST_SYNC_TOKEN", sandbox.token(bob()?).as_str())
        .env("SEALPOST_SYNC_STORE", &path)
        .stderr(std::process::Stdio::inherit())
        .output();
    let output = tokio::task::spawn_blocking(move || reader).await??;
    std::fs::remove_dir_all(&folder)?;
    let reading: Reading = serde_json::from_slice(&output.stdout)?;
    let events = arguments.events;
    if arguments.json {
        let mut facts = serde_json::to_value(&reading)?;
        if let Some(facts) = facts.as_object_mut() {
            facts.insert("events".to_owned(), events.into());
        }
        println!("{facts}");
    } else {
        let Reading { seconds, again_seconds, keys, peak_memory_mib } = &reading;
        println!(
            "{events} events with {keys} keys: {seconds:.2} s, peak memory {peak_memory_mib} MiB"
        );
        println!("once more, with nothing new: {again_seconds:.3} s");
    }
    Ok(reading.keys == keys)
}

/// Alice writes a long conversation. Returns how many keys it has.
async fn write(
    sandbox: &RunningSandbox,
    bobs: &std::path::Path,
    events: u32,
) -> Result<usize, Box<dyn Error>> {
    let progress = ProgressBar::new(events.into());
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} events written")?);
    {
        let bob = session(sandbox, bob()?, SqliteStore::open(bobs).await?).await?;
        bob.register(Suite::X25519).await?;
    }
    let alice = session(sandbox, alice()?, MemoryStore::new()).await?;
    alice.register(Suite::X25519).await?;
    let account = alice.export_identity().await?.into_own_identity();
    let account = account.into_account(alice.user_id()).map_err(|_| "not registered")?;
    let mut keys = 0;
    let id = alice.start_conversation(bob()?).await?.id();
    let mut left = events;
    while left > 0 {
        if keys > 0 {
            alice.rotate(id).await?;
        }
        (keys, left) = (keys + 1, left - 1);
        let state = alice.conversation(id).await?;
        let members = state.members()?.ok_or("no members")?;
        let mut sending = JoinSet::new();
        for _ in 0..left.min(MESSAGES_PER_KEY - 1) {
            let keyring: &Keyring = state.keyring();
            let message = Message::text("About as long as what people write to each other.")
                .encrypt(&account, &members, keyring)?
                .prepare(None)?;
            if sending.len() >= SENDERS {
                sending.join_next().await.ok_or("nothing is under way")???;
            }
            let client = alice.client().clone();
            sending.spawn(async move { client.send_message(&message).await.map(drop) });
            left -= 1;
            progress.inc(1);
        }
        while let Some(sent) = sending.join_next().await {
            sent??;
        }
    }
    progress.finish_and_clear();
    Ok(keys)
}

/// Bob, who has been away all the time.
async fn read() -> Result<Reading, Box<dyn Error>> {
    let client = Client::builder()
        .base_url(&env::var("SEALPOST_SYNC_URL")?)
        .credentials(Credentials::bearer(env::var("SEALPOST_SYNC_TOKEN")?.into()))
        .build()?;
    let store = SqliteStore::open(env::var("SEALPOST_SYNC_STORE")?).await?;
    let vault = Vault::open(store, StoreKey::from_bytes(&[1; 32])).await?;
    let session = Session::open(&vault, client, bob()?).await?;
    let start = Instant::now();
    session.sync().await?;
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    session.sync().await?;
    let again_seconds = start.elapsed().as_secs_f64();
    let id = session.conversations().await?.first().copied().ok_or("nothing was read")?;
    let keys = session.conversation(id).await?.keyring().keys().count();
    Ok(Reading { seconds, again_seconds, keys, peak_memory_mib: memory::peak()? })
}

async fn session(
    sandbox: &RunningSandbox,
    user: UserId,
    store: impl sealpost::Store,
) -> Result<Session, Box<dyn Error>> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(sandbox.token(user).as_str().into()))
        .build()?;
    let vault = Vault::open(store, StoreKey::from_bytes(&[1; 32])).await?;
    Ok(Session::open(&vault, client, user).await?)
}
