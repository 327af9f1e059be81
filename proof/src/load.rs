//! `load`: many users post key changes at the same time.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sealpost::{
    Account, Client, Conversation, ConversationId, Credentials, Identity, KeyChange, KeyVersion,
    PreparedKeyChange, Suite, UnixMillis, UserId,
};
use sealpost_sandbox::{RunningSandbox, Sandbox};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::memory;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Key changes under way at the same time
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    concurrency: u64,
    /// Key changes of each user, one after the other over the same connection
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    changes: u64,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(load(arguments))
}

/// One client posts to many groups of the same two users at the same time.
async fn load(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    allow_connections(arguments.concurrency)?;
    let sandbox = Sandbox::start().await?;
    let concurrency = usize::try_from(arguments.concurrency)?.try_into()?;
    let (client, alice) = user(&sandbox, 1, concurrency).await?;
    let (_, bob) = user(&sandbox, 2, concurrency).await?;
    let progress = ProgressBar::new(arguments.concurrency);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} groups prepared")?);
    let mut groups = Vec::new();
    for number in 1..=arguments.concurrency {
        groups.push(changes(&sandbox, number, arguments.changes, &alice, &bob)?);
        progress.inc(1);
    }
    progress.finish_and_clear();

    let before = sandbox.connections();
    let barrier = Arc::new(Barrier::new(groups.len()));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for changes in groups {
        tasks.spawn(post(client.clone(), changes, Arc::clone(&barrier)));
    }
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut errors = Vec::new();
    for (latency, error) in tasks.join_all().await.into_iter().flatten() {
        latencies.record(u64::try_from(latency.as_micros())?)?;
        errors.extend(error);
    }
    let seconds = start.elapsed().as_secs_f64();
    let connections = sandbox.connections() - before;
    sandbox.stop().await;

    errors.first().inspect(|error| eprintln!("the first error: {error}"));
    let requests = latencies.len();
    let millis = |quantile| Duration::from_micros(latencies.value_at_quantile(quantile));
    let millis = |quantile| millis(quantile).as_secs_f64() * 1e3;
    let per_second = f64::from(u32::try_from(requests)?) / seconds;
    let peak = memory::peak()?;
    if arguments.json {
        let facts = json!({
            "concurrency": arguments.concurrency,
            "requests": requests,
            "errors": errors.len(),
            "connections": connections,
            "requests_per_second": per_second.round(),
            "p50_ms": millis(0.5),
            "p90_ms": millis(0.9),
            "p99_ms": millis(0.99),
            "max_ms": millis(1.0),
            "peak_memory_mib": peak,
        });
        println!("{facts}");
    } else {
        println!("{requests} key changes, {} at a time, in {seconds:.1} s", arguments.concurrency);
        println!("{} errors, {connections} connections, {per_second:.0} a second", errors.len());
        let [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1.0].map(millis);
        println!("latency: p50 {p50:.0} ms, p90 {p90:.0} ms, p99 {p99:.0} ms, max {max:.0} ms");
        println!("peak memory, client and server together: {peak} MiB");
    }
    // Connections are used again. Some more than are needed are opened while others come free.
    Ok(errors.is_empty() && connections <= 2 * arguments.concurrency)
}

async fn user(
    sandbox: &RunningSandbox,
    number: u64,
    concurrency: NonZeroUsize,
) -> Result<(Client, Account), Box<dyn Error>> {
    let user = UserId::new(number)?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(sandbox.token(user).as_str().into()))
        .concurrency(concurrency)
        .build()?;
    let identity = Identity::generate(Suite::X25519)?;
    let request = identity.registration(user, UnixMillis::new(1));
    let registered = client.add_user_public_key(&user, &request).await?;
    Ok((client, identity.registered(user, registered.public_key_version)))
}

/// The key changes of one group, one newer than the other.
fn changes(
    sandbox: &RunningSandbox,
    number: u64,
    count: u64,
    alice: &Account,
    bob: &Account,
) -> Result<Vec<PreparedKeyChange>, Box<dyn Error>> {
    let users = [alice.user_id(), bob.user_id()];
    let group = Conversation::group(ConversationId::group(number)?, users)?;
    sandbox.host(&group);
    let change = |version| {
        let draft = KeyChange::new(alice, &group, KeyVersion::new(version));
        Ok(draft.participants([bob.participant()]).seal()?.sign()?.prepare().0)
    };
    (1..=count).map(change).collect()
}

/// Posts a group's changes, the first when every other group is ready.
async fn post(
    client: Client,
    changes: Vec<PreparedKeyChange>,
    barrier: Arc<Barrier>,
) -> Vec<(Duration, Option<sealpost::Error>)> {
    barrier.wait().await;
    let mut outcomes = Vec::new();
    for change in changes {
        let start = Instant::now();
        let error = client.add_conversation_keys(&change).await.err();
        outcomes.push((start.elapsed(), error));
    }
    outcomes
}

/// Raises the limit on open files to what is needed: both ends of each connection are in here.
pub(crate) fn allow_connections(count: u64) -> Result<(), Box<dyn Error>> {
    let needed = 2 * count + 100;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < needed) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).map_err(|_| {
            format!("raise the limit on open files to {needed}: ulimit -n {needed}")
        })?;
    }
    Ok(())
}
