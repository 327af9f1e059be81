//! X's official SDK, in a Python process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::{Account, SealedKey};
use serde_json::{Value, json};

use super::Failure;
use super::setting::Setting;

const PROGRAM: &str = include_str!("sdk.py");

pub(super) struct Sdk {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Sdk {
    /// Starts `python`, which has the package `chatxdk`.
    pub(super) fn start(python: &Path) -> Result<Self, Failure> {
        let mut process = Command::new(python)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", python.display()))?;
        let orders = process.stdin.take().ok_or("no standard input")?;
        let answers = process.stdout.take().map(BufReader::new).ok_or("no standard output")?;
        Ok(Self { process, orders, answers })
    }

    /// From now on changes are those of this setting.
    pub(super) fn set(&mut self, setting: &Setting) -> Result<(), Failure> {
        let public_keys: Vec<Value> = setting
            .members()
            .map(|member| {
                json!({
                    "user_id": member.user_id().to_string(),
                    "public_key": member.participant().identity_key().to_base64(),
                    "key_version": member.public_key_version().to_string(),
                })
            })
            .collect();
        let sender = setting.sender();
        self.ask(&json!({
            "do": "set",
            "private_keys": private_keys(sender),
            "version": sender.public_key_version().to_string(),
            "user_id": sender.user_id().to_string(),
            "conversation_id": setting.conversation().id().to_string(),
            "public_keys": public_keys,
        }))
        .map(drop)
    }

    /// What a whole signed change takes.
    pub(super) fn change(&mut self, repetitions: u32) -> Result<Duration, Failure> {
        seconds(&self.ask(&json!({ "do": "change", "repetitions": repetitions }))?)
    }

    /// Opens a copy, and what that takes.
    pub(super) fn open(
        &mut self,
        reader: &Account,
        sealed: &SealedKey,
        repetitions: u32,
    ) -> Result<(Vec<u8>, Duration), Failure> {
        let answer = self.ask(&json!({
            "do": "open",
            "private_keys": private_keys(reader),
            "version": reader.public_key_version().to_string(),
            "sealed": sealed.to_base64(),
            "repetitions": repetitions,
        }))?;
        let key = answer.get("key").and_then(Value::as_str).ok_or("no key")?;
        Ok((decode_base64(key)?, seconds(&answer)?))
    }

    fn ask(&mut self, order: &Value) -> Result<Value, Failure> {
        writeln!(self.orders, "{order}")?;
        self.orders.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err("X's SDK gave no answer, see above".into());
        }
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        // It also ends by itself, with its standard input.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn private_keys(account: &Account) -> String {
    encode_base64(account.dangerous_private_keys().expose_secret())
}

fn seconds(answer: &Value) -> Result<Duration, Failure> {
    let seconds = answer.get("seconds").and_then(Value::as_f64).ok_or("no time")?;
    Ok(Duration::try_from_secs_f64(seconds)?)
}
