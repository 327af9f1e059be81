//! X's SDK as a peer: a Python process that times its own work.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use sealpost::crypto::encoding::encode_base64;
use sealpost::{Account, Suite};
use serde_json::{Value, json};

use crate::content_room::{KEY_VERSION, Room};

const PROGRAM: &str = include_str!("content_sdk.py");

/// The process; it ends with this value.
pub(crate) struct Sdk {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Sdk {
    /// Starts it in a room of X's suite, with a file of zeros of this size.
    pub(crate) fn start(
        python: &Path,
        room: &Room,
        file_size: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(python)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut sdk = Self { process, input, output };
        if room.alice.suite() != Suite::XChat {
            return Err("X's SDK knows X's suite only".into());
        }
        let keys =
            |account: &Account| encode_base64(account.dangerous_private_keys().expose_secret());
        let ready = sdk.ask(&json!({
            "alice": { "user_id": room.alice.user_id(), "private_keys": keys(&room.alice) },
            "bob": { "private_keys": keys(&room.bob) },
            "version": room.alice.public_key_version(),
            "key": encode_base64(room.key.expose_secret()),
            "key_version": KEY_VERSION,
            "conversation_id": room.conversation.id(),
            "file_size": file_size,
        }))?;
        match ready.get("ready") {
            Some(_) => Ok(sdk),
            None => Err("the SDK did not start".into()),
        }
    }

    /// How long a job took there.
    pub(crate) fn time(&mut self, job: &Value) -> Result<Duration, Box<dyn Error>> {
        let answer = self.ask(job)?;
        let seconds = answer.get("seconds").and_then(Value::as_f64).ok_or("no time")?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }

    fn ask(&mut self, question: &Value) -> Result<Value, Box<dyn Error>> {
        writeln!(self.input, "{question}")?;
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            return Err("the SDK's process ended; what it said is above".into());
        }
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        // It has nothing to lose; nobody is left to tell if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
