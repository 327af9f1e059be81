//! One life as the killing process sees it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sealpost::{ConversationId, KeyFingerprint, KeyVersion};

use super::script::Step;

/// What is known of a life that is over.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The boundaries it has passed, in order.
    pub(super) passed: Vec<String>,
    /// The steps it has begun, those that failed and were tried again more than once.
    pub(super) begun: Vec<Step>,
    /// The number of the last step it has done.
    pub(super) done: Option<usize>,
    /// What it was told that conversations had for their newest keys.
    pub(super) floors: Vec<(ConversationId, KeyVersion, KeyFingerprint)>,
    /// What was refused to it, in words.
    pub(super) errors: Vec<String>,
    /// What it should never have said.
    pub(super) complaints: Vec<String>,
    /// Whether it ran through.
    pub(super) ended: bool,
    pub(super) length: Duration,
}

impl Report {
    /// Starts the program and waits for its end, or brings it about after a time.
    pub(super) fn of(mut program: Command, kill_after: Option<Duration>) -> Self {
        let start = Instant::now();
        let mut child =
            program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child = child.as_mut().unwrap();
        let output = BufReader::new(child.stderr.take().unwrap());
        let reader = thread::spawn(move || output.lines().map_while(Result::ok).collect());
        if let Some(time) = kill_after {
            thread::sleep(time);
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        let length = start.elapsed();
        let lines: Vec<String> = reader.join().unwrap();
        let mut report = Self { length, ..Self::default() };
        lines.iter().for_each(|line| report.read(line));
        let was_killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        if !was_killed && !report.ended {
            report.complaints.push(format!("it ended by itself: {status}"));
        }
        report
    }

    fn read(&mut self, line: &str) {
        let told = line.strip_prefix('@').unwrap_or("");
        let (word, rest) = told.split_once(' ').unwrap_or((told, ""));
        match word {
            "born" => {}
            "pass" => self.passed.push(rest.to_owned()),
            "begin" => self.begun.push(serde_json::from_value(rest.into()).unwrap()),
            "done" => self.done = Some(rest.parse().unwrap()),
            "floor" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let [id, version, fingerprint] = words[..] else { panic!("{line}") };
                self.floors.push((
                    id.parse().unwrap(),
                    version.parse().unwrap(),
                    fingerprint.parse().unwrap(),
                ));
            }
            "error" => self.errors.push(rest.to_owned()),
            "end" => self.ended = true,
            _ => self.complaints.push(line.to_owned()),
        }
    }
}
