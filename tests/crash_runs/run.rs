//! One run: lives that end before their time, what each leaves, and the last one.

use std::process::Command;
use std::time::Duration;

use sealpost::*;

use super::check::check;
use super::death::Report;
use super::file::{Floors, Remains};
use super::fuse::{Boundary, DeathAt};
use super::life::{Life, VARIABLE};
use super::plan::{Death, Explored, Plan, RunPlan, after};
use super::script::{FULL, Step};
use super::stage::{Folder, Stage};
use super::tally::{Deaths, Tally};

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    pub tally: Tally,
    pub deaths: Deaths,
    /// Whether the program died first at the place that this run is for.
    pub met: bool,
    /// What is wrong, in words.
    pub findings: Findings,
}

/// What is wrong, in words.
#[derive(Debug, Default)]
pub struct Findings {
    pub lost: Vec<String>,
    pub divergent: Vec<String>,
    pub floor_regressions: Vec<String>,
    pub unreadable: Vec<String>,
}

/// Everybody in a run.
pub(super) struct Cast {
    pub(super) suite: Suite,
    /// Whose program it is that dies.
    pub(super) alice: UserId,
    pub(super) bob: Session,
    pub(super) carol: Session,
    pub(super) dave: Session,
}

/// What all lives of a run together have done.
#[derive(Default)]
pub(super) struct Past {
    pub(super) begun: Vec<Step>,
    done: usize,
    pub(super) floors: Floors,
    identity: Option<IdentityPublicKey>,
    /// Whether Bob has changed the key of the conversation with him.
    pub(super) had_rival: bool,
}

/// Looks where the whole script can be killed.
pub(super) async fn explore(stage: &Stage) -> Plan {
    let mut explored = Vec::new();
    for (index, suite) in Suite::ALL.iter().enumerate() {
        let name = format!("explore-{suite}");
        let (folder, cast) = (stage.folder(&name), Cast::new(stage, index as u64, *suite).await);
        let life = cast.life(stage, &folder, &FULL, 0, DeathAt::default());
        let Report { passed, length, complaints, errors, .. } = Report::of(life, None);
        assert!(complaints.is_empty() && errors.is_empty(), "{complaints:?} {errors:?}");
        explored.push(Explored { passed, length });
    }
    Plan::new(explored)
}

/// Makes the run that `seed` stands for. The same seed always gives the same script, the same
/// boundaries and the same faults; a time is wherever the program is by then.
pub(super) async fn run(stage: &Stage, plan: &Plan, seed: u64) -> Outcome {
    let plan = plan.of_run(seed);
    let (folder, mut outcome) = (stage.folder(&seed.to_string()), Outcome::default());
    let cast = Cast::new(stage, 1 + seed, plan.suite).await;
    let mut past = Past::default();
    stage.sandbox.clear_journal();
    // The last life has no death before it.
    for life in 0..=plan.deaths.len() {
        if plan.rival == Some(life) {
            past.had_rival |= cast.rival(&mut outcome.findings).await;
        }
        stage.sandbox.inject_all(plan.faults[life].iter().copied());
        let death = plan.deaths.get(life);
        let report = cast.live(stage, &folder, &plan, &past, death);
        stage.sandbox.clear_faults();
        let remains = Remains::read(&folder, cast.alice).await;
        past.take(&report, remains, &plan, &mut outcome.findings);
        if report.ended {
            break;
        }
        let (place, is_exact) = place(&report, death);
        outcome.deaths.add(&place);
        outcome.met |= life == 0 && plan.has_place && is_exact;
    }
    if past.done == plan.script.len() {
        check(stage, &folder, &cast, &plan, &past, &mut outcome.findings).await;
    } else {
        outcome.findings.lost.push(format!("no life ran through: {} steps done", past.done));
    }
    outcome.tally = outcome.findings.tally();
    outcome
}

/// Where a life ended, and whether it was to the point.
fn place(report: &Report, death: Option<&Death>) -> (String, bool) {
    let last = report.passed.last().map_or("the start", String::as_str);
    match death {
        Some(Death::At(DeathAt { boundary, micros })) => {
            let name = match boundary {
                Boundary::Named(name, _) => Some(name),
                Boundary::Of(number) => report
                    .passed
                    .iter()
                    .zip(1..)
                    .find_map(|(name, passed)| (passed == *number).then_some(name)),
                Boundary::Nowhere => None,
            };
            let name = name.map_or(last, String::as_str);
            (if *micros == 0 { name.to_owned() } else { after(name) }, true)
        }
        _ => (after(last), false),
    }
}

impl Cast {
    async fn new(stage: &Stage, number: u64, suite: Suite) -> Self {
        stage.set_clock();
        let user = |role| UserId::new(10 * number + role).unwrap();
        Self {
            suite,
            alice: user(1),
            bob: stage.member(user(2), suite).await,
            carol: stage.member(user(3), suite).await,
            dave: stage.member(user(4), suite).await,
        }
    }

    pub(super) fn direct(&self) -> ConversationId {
        ConversationId::direct(self.alice, self.bob.user_id())
    }

    fn life(
        &self,
        stage: &Stage,
        folder: &Folder,
        script: &[Step],
        done: usize,
        death: DeathAt,
    ) -> Command {
        let others = [&self.bob, &self.carol, &self.dave].map(Session::user_id);
        let life = Life {
            store: folder.file("store"),
            base_url: stage.sandbox.base_url().to_owned(),
            token: stage.sandbox.token(self.alice).as_str().to_owned(),
            suite: self.suite.to_string(),
            users: [self.alice, others[0], others[1], others[2]],
            script: script.to_vec(),
            done,
            death,
        };
        let mut program = (stage.program)();
        program.env(VARIABLE, serde_json::to_string(&life).unwrap());
        program
    }

    fn live(
        &self,
        stage: &Stage,
        folder: &Folder,
        plan: &RunPlan,
        past: &Past,
        death: Option<&Death>,
    ) -> Report {
        let (at, after): (DeathAt, Option<Duration>) = match death {
            None => (DeathAt::default(), None),
            Some(Death::At(at)) => (at.clone(), None),
            Some(Death::After(time)) => (DeathAt::default(), Some(*time)),
        };
        Report::of(self.life(stage, folder, &plan.script, past.done, at), after)
    }

    /// Bob starts the conversation with Alice, if there is none yet, and gives it a new key.
    /// Returns whether he could: not before she has registered.
    async fn rival(&self, findings: &mut Findings) -> bool {
        match self.bob.start_conversation(self.alice).await {
            Err(SessionError::Record(_)) => return false,
            Err(error) => findings.divergent.push(format!("Bob could not start: {error}")),
            Ok(_) => {}
        }
        if let Err(error) = self.bob.rotate(self.direct()).await {
            findings.divergent.push(format!("Bob could not rotate: {error}"));
        }
        true
    }
}

impl Past {
    /// Takes in a life and what it has left.
    fn take(
        &mut self,
        report: &Report,
        remains: Result<Remains, String>,
        plan: &RunPlan,
        findings: &mut Findings,
    ) {
        self.begun.extend(&report.begun);
        self.done = report.done.map_or(self.done, |done| done + 1);
        findings.lost.extend(report.complaints.iter().cloned());
        // With faults a step may fail, and is tried again.
        if plan.faults.iter().all(Vec::is_empty) || !report.complaints.is_empty() {
            findings.lost.extend(report.errors.iter().cloned());
        }
        // What the program was told is in the file counts as if it had been seen there.
        for (id, version, fingerprint) in &report.floors {
            self.floors.insert(*id, (*version, *fingerprint));
        }
        match remains {
            Ok(remains) => self.compare(remains, findings),
            Err(error) => findings.unreadable.push(error),
        }
    }

    fn compare(&mut self, remains: Remains, findings: &mut Findings) {
        if self.identity.is_some() && self.identity != remains.identity {
            findings.lost.push("the identity is another, or gone".to_owned());
        }
        if self.done > 0 && !remains.is_registered {
            findings.lost.push("the identity is not registered any more".to_owned());
        }
        self.identity = remains.identity;
        for (id, (version, fingerprint)) in &self.floors {
            match remains.floors.get(id) {
                Some((now, other)) if now == version && other != fingerprint => {
                    findings.divergent.push(format!("{id}: two keys of version {version}"));
                }
                Some((now, _)) if now >= version => {}
                now => {
                    let now = now.map(|(version, _)| version);
                    findings.floor_regressions.push(format!("{id}: from {version} to {now:?}"));
                }
            }
        }
        self.floors = remains.floors;
    }

    /// How often a step was begun.
    pub(super) fn begun(&self, step: Step) -> usize {
        self.begun.iter().filter(|begun| **begun == step).count()
    }
}

impl Findings {
    fn tally(&self) -> Tally {
        let any = |findings: &[String]| u64::from(!findings.is_empty());
        Tally {
            runs: 1,
            lost: any(&self.lost),
            divergent: any(&self.divergent),
            floor_regressions: any(&self.floor_regressions),
            unreadable: any(&self.unreadable),
        }
    }
}
