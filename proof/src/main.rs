//! Long proofs: `cargo run --release -p sealpost-proof -- SUBCOMMAND [--json]`.
//!
//! Progress goes to standard error, the result to standard output. With `--json` the result is one
//! line of JSON. A proof that fails exits with 1.

mod content;
mod content_room;
mod content_sdk;
mod content_sodium;
mod crash;
mod faults;
mod instructions;
mod load;
mod media;
mod memory;
mod peers;
mod soak;
mod sync;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Long proofs of sealpost", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Subcommand)]
enum Proof {
    /// Messages and files beside X's SDK and libsodium, on the same work.
    Content(content::Arguments),
    /// A program that is killed at every boundary and at random times: one key, nothing lost.
    Crash(crash::Arguments),
    /// A key change through every fault a server can make: one key, the same bytes, nothing leaked.
    Faults(faults::Arguments),
    /// Many key changes at once: throughput, latencies, errors, memory.
    Load(load::Arguments),
    /// A large file encrypted and decrypted: memory and throughput.
    Media(media::Arguments),
    /// How many instructions sealing takes, against the known numbers.
    Instructions(instructions::Arguments),
    /// What sealing takes us, libsodium, X's SDK and others, side by side.
    Peers(peers::Arguments),
    /// Many sessions and a server that misbehaves, for half an hour: nothing lost, memory flat.
    Soak(soak::Arguments),
    /// A session catches up with a long conversation: time and memory.
    Sync(sync::Arguments),
}

fn main() -> ExitCode {
    // A life of the program that dies.
    if crash::live() {
        return ExitCode::SUCCESS;
    }
    let holds = match Arguments::parse().proof {
        Proof::Content(arguments) => content::prove(&arguments),
        Proof::Crash(arguments) => crash::prove(&arguments),
        Proof::Faults(arguments) => faults::prove(&arguments),
        Proof::Load(arguments) => load::prove(&arguments),
        Proof::Media(arguments) => media::prove(&arguments),
        Proof::Instructions(arguments) => instructions::prove(&arguments),
        Proof::Peers(arguments) => peers::prove(&arguments),
        Proof::Soak(arguments) => soak::prove(&arguments),
        Proof::Sync(arguments) => sync::prove(&arguments),
    };
    match holds {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("sealpost-proof: {error}");
            ExitCode::from(2)
        }
    }
}
