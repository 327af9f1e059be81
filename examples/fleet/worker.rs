//! Worker processes, as the one that started them sees them.

use std::env;
use std::io::{self, BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sealpost::Session;

use super::Fleet;
use crate::support::Outcome;

/// A worker process. It is killed when this is dropped.
pub(crate) struct Worker {
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts a worker: this program once more.
    pub(crate) fn start(fleet: &Fleet) -> Outcome<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("--worker").env("SEALPOST_POSTGRES_URL", &fleet.postgres_url);
        command.env("SEALPOST_BASE_URL", &fleet.base_url).env("X_ACCESS_TOKEN", &fleet.token);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (orders, answers) = pipes.ok_or("a worker has no pipes")?;
        Ok(Self { process, orders, answers: BufReader::new(answers).lines() })
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn tell(&mut self, order: &str) -> io::Result<()> {
        writeln!(self.orders, "{order}")
    }

    /// The same order for each user.
    pub(crate) fn tell_each(&mut self, order: &str, users: &[Session]) -> io::Result<()> {
        users.iter().try_for_each(|user| self.tell(&format!("{order} {}", user.user_id())))
    }

    /// What the worker says next.
    pub(crate) fn answer(&mut self) -> Outcome<String> {
        Ok(self.answers.next().ok_or("a worker has ended, and says why above")??)
    }

    /// Waits until that many orders are carried out.
    pub(crate) fn answers(&mut self, count: usize) -> Outcome<()> {
        for _ in 0..count {
            self.answer()?;
        }
        Ok(())
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
