//! This library as one of the parties of `tests/interop`: it makes key changes and group actions for
//! the others to read, and reads what the others made. It judges nothing; `interop.py` compares.
//!
//! `sealpost-interop make PLAN.json OUT.json` and `sealpost-interop read INBOX.json OUT.json`.
#![forbid(unsafe_code)]

mod groups;
mod make;
mod read;

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use serde::Serialize;
use serde::de::DeserializeOwned;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["make", input, output] => convert(input, output, make::make),
        ["read", input, output] => convert(input, output, read::read),
        _ => Err("usage: sealpost-interop make|read INPUT.json OUTPUT.json".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn convert<I: DeserializeOwned, O: Serialize>(
    input: &str,
    output: &str,
    work: impl FnOnce(I) -> Outcome<O>,
) -> Outcome<()> {
    let made = work(serde_json::from_slice(&fs::read(input)?)?)?;
    Ok(fs::write(output, serde_json::to_vec(&made)?)?)
}
