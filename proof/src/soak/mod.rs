//! `soak`: two hundred sessions and a server that misbehaves, for half an hour.
//!
//! The sessions are in a process of their own, so that its memory is theirs. They tell all they do,
//! and all they are told, to this one, which has the sandbox and keeps the books.

mod audit;
mod contents;
mod crowd;
mod deeds;
mod expected;
mod heap;
mod ledger;
mod member;
mod observed;
mod reading;
mod report;
mod verdict;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use sealpost::{Client, ConversationId, Credentials, Suite, UserId};
use sealpost_sandbox::{Fault, RunningSandbox, Sandbox};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use audit::Log;
use ledger::Ledger;
use observed::{Cast, Observed, Person};
use report::{Report, Requests};

type Failure = Box<dyn Error + Send + Sync>;

/// How often the sandbox is asked which faults have happened: before its journal is full.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const TELL_EVERY: Duration = Duration::from_secs(60);

#[derive(Args)]
pub(crate) struct Arguments {
    /// How long everybody talks; a fraction will do
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Users with a session each: three of five in the X25519 suite, the others in XChat
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=2000))]
    sessions: u64,
    /// The same one gives the same users the same intentions, and the same faults
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Of a hundred requests, so many meet a fault
    #[arg(long, default_value_t = 5.0)]
    faults: f64,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// This process is the crowd
    #[arg(long, hide = true)]
    crowd: bool,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    // Of either end, some for each of them.
    crate::load::allow_connections(4 * arguments.sessions)?;
    run(arguments).map_err(|error| error as Box<dyn Error>)
}

fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.crowd {
        runtime.block_on(crowd::live())?;
        return Ok(true);
    }
    let folder = env::temp_dir().join(format!("sealpost-soak-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let proven = runtime.block_on(soak(arguments, &folder));
    std::fs::remove_dir_all(&folder)?;
    let report = proven?;
    report.print(arguments.json);
    Ok(report.holds())
}

async fn soak(arguments: &Arguments, folder: &Path) -> Result<Report, Failure> {
    let start = Instant::now();
    let sandbox = Sandbox::start().await?;
    sandbox.clock(SystemTime::now().into());
    let cast = cast(&sandbox, arguments, folder)?;
    let mut stage = Stage::open(&sandbox, &cast).await?;
    while !stage.listen().await? {}
    stage.requests = Requests::new(&sandbox);
    let per_mille = (arguments.faults * 10.0).round().clamp(0.0, 1000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to 1000")]
    sandbox.inject_at_random(arguments.seed, per_mille as u16, faults());

    let length = Duration::try_from_secs_f64(arguments.minutes * 60.0)?;
    let begun = Instant::now();
    let (mut look, mut tell) =
        (tokio::time::interval(LOOK_EVERY), tokio::time::interval(TELL_EVERY));
    while begun.elapsed() < length {
        tokio::select! {
            _ = look.tick() => stage.requests.look(&sandbox),
            _ = tell.tick() => stage.progress(begun.elapsed()),
            done = stage.listen() => { done?; }
            () = tokio::time::sleep(length.saturating_sub(begun.elapsed())) => {}
        }
    }
    stage.requests.look(&sandbox);
    sandbox.clear_faults();
    let talked = begun.elapsed();
    stage.tell("settle").await?;
    while !stage.listen().await? {}
    let Stage { mut ledger, requests, mut crowd, .. } = stage;
    let ended = crowd.wait().await?;
    if !ended.success() {
        return Err(format!("the sessions' process has failed: {ended}").into());
    }
    let logs = logs(&cast, &ledger).await?;
    let totals = audit::audit(&mut ledger, &logs);
    ledger.findings.show_new();
    sandbox.stop().await;
    let seconds = start.elapsed().as_secs_f64();
    Ok(Report {
        minutes: talked.as_secs_f64() / 60.0,
        sessions: cast.people.len(),
        seconds,
        ledger,
        requests,
        totals,
    })
}

/// All that can happen to a request, but for one: a directory that gives out another's keys is not
/// the weather. In the XChat suite nothing in a record names its user, so that what is seen first
/// is pinned.
fn faults() -> impl Iterator<Item = Fault> {
    let is_none = |fault: &Fault| {
        matches!(fault, Fault::None | Fault::ResetAtAccept | Fault::SwappedDirectoryRow)
    };
    Fault::ALL.into_iter().filter(move |fault| !is_none(fault))
}

fn cast(sandbox: &RunningSandbox, arguments: &Arguments, folder: &Path) -> Result<Cast, Failure> {
    let person = |number: u64| {
        let user = UserId::new(1000 + number)?;
        let suite = if number % 5 < 3 { Suite::X25519 } else { Suite::XChat };
        let token = sandbox.token(user).as_str().to_owned();
        Ok(Person { user, token, suite: suite.to_string() })
    };
    Ok(Cast {
        base_url: sandbox.base_url().to_owned(),
        seed: arguments.seed,
        folder: folder.to_owned(),
        people: (0..arguments.sessions).map(person).collect::<Result<_, Failure>>()?,
    })
}

/// What the server has, asked for by whoever knows of it.
async fn logs(cast: &Cast, ledger: &Ledger) -> Result<BTreeMap<ConversationId, Log>, Failure> {
    let mut logs = BTreeMap::new();
    for (user, at) in ledger.knows.keys() {
        let token = cast.people.iter().find(|person| person.user == *user);
        let (Some(person), false) = (token, logs.contains_key(at)) else { continue };
        let client = Client::builder()
            .base_url(&cast.base_url)
            .credentials(Credentials::bearer(person.token.as_str().into()))
            .build()?;
        // Who was removed may not read it.
        if let Ok(log) = Log::read(&client, *at).await {
            logs.insert(*at, log);
        }
    }
    Ok(logs)
}

/// The crowd's process, and what is known of it.
struct Stage {
    crowd: Child,
    orders: tokio::process::ChildStdin,
    told: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    ledger: Ledger,
    requests: Requests,
}

impl Stage {
    async fn open(sandbox: &RunningSandbox, cast: &Cast) -> Result<Self, Failure> {
        let mut crowd = Command::new(env::current_exe()?)
            .args(["soak", "--crowd", "--sessions", &cast.people.len().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = crowd.stdin.take().ok_or("no standard input")?;
        let told = BufReader::new(crowd.stdout.take().ok_or("no standard output")?).lines();
        let requests = Requests::new(sandbox);
        let mut stage = Self { crowd, orders, told, ledger: Ledger::default(), requests };
        stage.tell(&serde_json::to_string(cast)?).await?;
        Ok(stage)
    }

    async fn tell(&mut self, order: &str) -> Result<(), Failure> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        Ok(self.orders.flush().await?)
    }

    /// Takes the next thing into the books. Whether a part of it all is over: everybody is there, or
    /// everybody has told.
    async fn listen(&mut self) -> Result<bool, Failure> {
        let line = self.told.next_line().await?.ok_or("the sessions' process has ended")?;
        let observed: Observed = serde_json::from_str(&line)?;
        let is_over = matches!(observed, Observed::Ready { .. } | Observed::Done);
        self.ledger.take(observed);
        Ok(is_over)
    }

    fn progress(&mut self, elapsed: Duration) {
        self.ledger.findings.show_new();
        let (ledger, requests) = (&self.ledger, &self.requests);
        let heap = ledger.samples.last().map(|sample| sample.of_sessions_kib() / 1024);
        eprintln!(
            "{:>4.0} s: {} requests, {} faults, {} sent, {} received, {} restarts, heap {} MiB without SQLite's, {} findings",
            elapsed.as_secs_f64(),
            requests.count(),
            requests.faults(),
            ledger.sent.len(),
            ledger.receipts,
            ledger.restarts,
            heap.unwrap_or_default(),
            ledger.findings.count(),
        );
    }
}
