//! The process of the sessions: opens them all, brings them together, lets them live, and in the
//! end tells what each of them knows.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealpost::{NewGroup, Suite, UserId};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::member::Member;
use super::observed::{Cast, Observed, Person};
use super::{Failure, heap};
use crate::memory;

/// How many members groups are created with, in turn.
const GROUPS: [usize; 6] = [2, 3, 5, 8, 13, 20];
/// Groups that each user is in, on the average.
const GROUPS_EACH: usize = 2;
/// Sessions that are opened, or settled, at a time.
const AT_A_TIME: usize = 16;
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Everybody catches up in the end, at most so often: who learns of new members then reads again.
const LAST_ROUNDS: usize = 10;

pub(super) fn tell(observed: &Observed) {
    let line = serde_json::to_string(observed).unwrap_or_default();
    // Without anybody to tell there is nothing to do.
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(2);
    }
}

/// What is said to this process: the cast, and later that it is time to settle.
struct Orders(Lines<BufReader<Stdin>>);

impl Orders {
    async fn next(&mut self) -> Result<String, Failure> {
        Ok(self.0.next_line().await?.ok_or("nobody is there any more")?)
    }
}

pub(super) async fn live() -> Result<(), Failure> {
    let mut orders = Orders(BufReader::new(tokio::io::stdin()).lines());
    let cast: Cast = serde_json::from_str(&orders.next().await?)?;
    let (cast, start) = (Arc::new(cast), Instant::now());
    let members = (0..cast.people.len()).map(|number| Member::open(Arc::clone(&cast), number));
    let members: Vec<Member> = stream::iter(members).buffered(AT_A_TIME).try_collect().await?;
    let conversations = acquaint(&members).await?;
    tell(&Observed::Ready { conversations });

    let (stop, stopped) = watch::channel(());
    let mut living = JoinSet::new();
    for member in members {
        living.spawn(member.live(stopped.clone()));
    }
    drop(stopped);
    let sampling = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SAMPLE_EVERY);
        loop {
            ticks.tick().await;
            sample(start);
        }
    });
    orders.next().await?;
    sampling.abort();
    drop(stop);
    let mut members = Vec::new();
    while let Some(member) = living.join_next().await {
        members.push(member?);
    }
    settle(members).await;
    tell(&Observed::Done);
    Ok(())
}

fn sample(start: Instant) {
    tell(&Observed::Memory {
        seconds: start.elapsed().as_secs_f64(),
        heap_kib: heap::live() / 1024,
        sqlite_kib: heap::of_sqlite() / 1024,
        rss_kib: memory::now_kib().unwrap_or_default(),
    });
}

/// Everybody gets a direct conversation, and groups of several sizes. Returns how many there are.
async fn acquaint(members: &[Member]) -> Result<usize, Failure> {
    let mut count = 0;
    for suite in Suite::ALL {
        let users: Vec<&Member> =
            members.iter().filter(|member| member.suite() == *suite).collect();
        for pair in users.chunks(2) {
            if let [one, other] = pair {
                one.session().start_conversation(other.user()).await?;
                count += 1;
            }
        }
        let (mut seats, mut sizes) = (users.len() * GROUPS_EACH, GROUPS.iter().cycle());
        let mut around = users.iter().cycle();
        while let Some(size) = sizes.next().filter(|_| seats > 0) {
            let size = (*size).min(users.len());
            let group: Vec<&Member> = around.by_ref().take(size).copied().collect();
            let [creator, others @ ..] = &group[..] else { break };
            let others = others.iter().map(|other| other.user());
            creator.session().create_group(NewGroup::of(others)).await?;
            (count, seats) = (count + 1, seats.saturating_sub(size));
        }
    }
    let all = members.iter().map(|member| member.session().sync());
    let _: Vec<_> = stream::iter(all).buffered(AT_A_TIME).try_collect().await?;
    Ok(count)
}

/// Everybody catches up until there is nothing new, then tells what they know.
async fn settle(mut members: Vec<Member>) {
    for _ in 0..LAST_ROUNDS {
        let round = members.into_iter().map(|mut member| async move {
            let had_news = member.settle().await;
            (member, had_news)
        });
        let round: Vec<_> = stream::iter(round).buffered(AT_A_TIME).collect().await;
        let had_news = round.iter().any(|(_, had_news)| *had_news);
        members = round.into_iter().map(|(member, _)| member).collect();
        if !had_news {
            break;
        }
    }
    for member in &members {
        if let Err(error) = member.tell_all().await {
            member.failed("settling", &error);
        }
    }
}

/// The others of one suite.
pub(super) fn others(cast: &Cast, suite: Suite, me: UserId) -> Vec<UserId> {
    let suite = suite.to_string();
    let fitting = |person: &&Person| person.suite == suite && person.user != me;
    cast.people.iter().filter(fitting).map(|person| person.user).collect()
}
