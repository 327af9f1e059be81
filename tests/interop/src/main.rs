//! This library as one of the parties of `tests/interop`: it makes key changes, group actions,
//! messages and files for the others to read, and reads what the others made. It judges nothing;
//! `interop.py` compares.
//!
//! `sealpost-interop make|read|say|hear INPUT.json OUTPUT.json`.
#![forbid(unsafe_code)]

mod content;
mod deeds;
mod groups;
mod hear;
mod make;
mod read;
mod say;
mod setting;

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
        ["say", input, output] => convert(input, output, say::say),
        ["hear", input, output] => convert(input, output, hear::hear),
        _ => Err("usage: sealpost-interop make|read|say|hear INPUT.json OUTPUT.json".into()),
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
