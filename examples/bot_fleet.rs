//! A fleet of bots: two worker processes of one bot account on one PostgreSQL. They work at the same
//! conversations at the same time; one of them is killed in the midst of it, and the other takes
//! its work over.
//!
//! ```sh
//! sudo apt-get install postgresql
//! cargo run --release --features postgres --example bot_fleet
//! ```
//!
//! This starts a PostgreSQL server for the run alone. With one of yours, as here one in a temporary
//! folder, started by a user who is not root:
//!
//! ```sh
//! export PATH="$PATH:$(echo /usr/lib/postgresql/*/bin)" FLEET="$(mktemp -d)"
//! initdb --username=sealpost --auth=trust --pgdata "$FLEET/data"
//! pg_ctl -D "$FLEET/data" -o "-k $FLEET -c listen_addresses=" -l "$FLEET/log" start
//! export SEALPOST_POSTGRES_URL="host=$FLEET user=sealpost dbname=postgres"
//! cargo run --release --features postgres --example bot_fleet
//! pg_ctl -D "$FLEET/data" stop
//! ```

mod fleet;
mod support;

use std::env;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fleet::{BOT, Fleet, LEASE, Server, Worker, work};
use sealpost::*;
use sealpost_sandbox::{Fault, Operation, RunningSandbox, Sandbox};
use support::*;

/// Whom the bot writes to.
const USERS: RangeInclusive<u64> = 2001..=2020;

#[tokio::main]
async fn main() -> ExitCode {
    let is_worker = env::args().nth(1).as_deref() == Some("--worker");
    exit_code(if is_worker { work().await } else { run().await })
}

async fn run() -> Outcome<()> {
    println!("sealpost: a fleet of bots\n");
    let (_server, postgres_url) = database()?;
    let sandbox = Sandbox::start().await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));
    let token = sandbox.token(UserId::new(BOT)?).to_string();
    let fleet = Fleet { postgres_url, base_url: sandbox.base_url().to_owned(), token };
    // What an earlier run may have left in a database of yours.
    fleet.vault().await?.account(UserId::new(BOT)?).erase().await?;
    let users = register_users(&sandbox).await?;

    let (mut one, mut two) = (Worker::start(&fleet)?, Worker::start(&fleet)?);
    step("workers", &format!("processes {} and {}", one.id(), two.id()));
    let (first, second) = (one.answer()?, two.answer()?);
    let registered = posted(&sandbox, Operation::AddUserPublicKey) - users.len();
    if first != second || registered != 1 {
        return Err("the workers have more than one identity".into());
    }
    more(&format!("both are user {BOT}, with one identity: whoever came first has made it"));

    step("start", "both start conversations with the same users, at the same time");
    let keys = together(&sandbox, &mut one, &mut two, "start", &users)?;
    more(&format!(
        "{} orders, {keys} keys: whoever comes second finds the one there is",
        2 * users.len()
    ));
    step("rotate", "both give each conversation a new key, at the same time");
    let keys = together(&sandbox, &mut one, &mut two, "rotate", &users)?;
    more(&format!(
        "{} orders, {keys} keys: in each conversation one after the other",
        2 * users.len()
    ));
    kill_in_the_midst(&sandbox, &mut one, &mut two, &users)?;
    take_over(&sandbox, &fleet, &mut two).await?;

    let session = fleet.session().await?;
    compare_all(&sandbox, &session, &users).await?;
    session.erase_account().await?;
    println!("\nOne worker was killed. No key was lost, and none was made twice.");
    Ok(())
}

/// The server, if one is started for this run, and the connection string.
fn database() -> Outcome<(Option<Server>, String)> {
    if let Ok(url) = env::var("SEALPOST_POSTGRES_URL") {
        step("database", "the PostgreSQL that SEALPOST_POSTGRES_URL names");
        return Ok((None, url));
    }
    let server = Server::start()?;
    step("database", &format!("PostgreSQL, for this run, in {}", server.folder().display()));
    let url = server.url();
    Ok((Some(server), url))
}

/// Those the bot writes to. All of them are in one store here, and know nothing of each other.
async fn register_users(sandbox: &RunningSandbox) -> Outcome<Vec<Session>> {
    let vault =
        Vault::open(MemoryStore::new(), StoreKey::passphrase("for this run".into())).await?;
    let mut users = Vec::new();
    for number in USERS {
        let id = UserId::new(number)?;
        let user = Session::open(&vault, sandbox_client(sandbox, id)?, id).await?;
        user.register(Suite::X25519).await?;
        users.push(user);
    }
    step("users", &format!("{} of them have registered", users.len()));
    Ok(users)
}

/// Both workers get the same orders, and carry them out. Returns how many keys that made.
fn together(
    sandbox: &RunningSandbox,
    one: &mut Worker,
    two: &mut Worker,
    what: &str,
    users: &[Session],
) -> Outcome<usize> {
    let before = posted(sandbox, Operation::AddConversationKeys);
    one.tell_each(what, users)?;
    two.tell_each(what, users)?;
    one.answers(users.len())?;
    two.answers(users.len())?;
    Ok(posted(sandbox, Operation::AddConversationKeys) - before)
}

/// Another key for everybody. Worker 1 is killed at its first.
fn kill_in_the_midst(
    sandbox: &RunningSandbox,
    one: &mut Worker,
    two: &mut Worker,
    users: &[Session],
) -> Outcome<()> {
    let (last, others) = users.split_last().ok_or("there are no users")?;
    // The server takes the change, and its answer comes a byte at a time.
    sandbox.inject(Fault::SlowBody.on(Operation::AddConversationKeys)?, 1);
    one.tell_each("rotate", std::slice::from_ref(last))?;
    while !sandbox.journal().iter().any(|entry| entry.fault() == Some(Fault::SlowBody)) {
        std::thread::sleep(Duration::from_millis(5));
    }
    two.tell_each("rotate", others)?;
    two.answer()?;
    one.kill()?;
    step("kill -9", &format!("ends worker 1 while it gives user {} a new key", last.user_id()));
    more("the server has taken the key, and the worker has not heard of it");
    two.answers(others.len() - 1)?;
    more(&format!("worker 2 goes on, and gives the {} others theirs", others.len()));
    Ok(())
}

async fn take_over(sandbox: &RunningSandbox, fleet: &Fleet, two: &mut Worker) -> Outcome<()> {
    let account = fleet.vault().await?.account(UserId::new(BOT)?);
    if account.unfinished().await?.len() != 1 {
        return Err("worker 1 has left no unfinished change".into());
    }
    let before = posted(sandbox, Operation::AddConversationKeys);
    let clock = Instant::now();
    two.tell("resume")?;
    two.answer()?;
    let waited = clock.elapsed().as_secs_f64();
    step("take over", "worker 2 waits until worker 1's lease on the conversation is over:");
    more(&format!(
        "{waited:.1} s more of {} s; then it has the change from the journal",
        LEASE.as_secs()
    ));
    more("that both share, and finds on the server that it has arrived");
    let again = posted(sandbox, Operation::AddConversationKeys) - before;
    if again != 0 || !account.unfinished().await?.is_empty() {
        return Err("the change was posted again, or is still unfinished".into());
    }
    Ok(())
}

/// Everybody asks the server, and compares with what the fleet has.
async fn compare_all(sandbox: &RunningSandbox, fleet: &Session, users: &[Session]) -> Outcome<()> {
    let posted = posted(sandbox, Operation::AddConversationKeys);
    for user in users {
        let id = ConversationId::direct(fleet.user_id(), user.user_id());
        user.sync().await?;
        let keys = keys(user, id).await?;
        // One for its start, two when both workers rotated, one with worker 1's end.
        if keys != self::keys(fleet, id).await? || keys.len() != 4 {
            return Err(format!("user {} has other keys than the fleet", user.user_id()).into());
        }
    }
    if posted != 4 * users.len() {
        return Err(format!("{posted} changes were posted, four for each user were ordered").into());
    }
    step("check", &format!("{posted} keys were posted, 4 for each conversation, as ordered;"));
    more(&format!("each of the {} users has the same 4 as the fleet", users.len()));
    Ok(())
}

async fn keys(session: &Session, id: ConversationId) -> Outcome<Vec<(KeyVersion, KeyFingerprint)>> {
    let state = session.conversation(id).await?;
    Ok(state.keyring().keys().map(|(version, key)| (version, key.fingerprint())).collect())
}

/// How many requests of this kind came in, whatever became of them.
fn posted(sandbox: &RunningSandbox, operation: Operation) -> usize {
    let journal = sandbox.journal();
    journal.iter().filter(|entry| entry.operation() == Some(operation)).count()
}
