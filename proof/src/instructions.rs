//! `instructions`: how many instructions sealing takes, counted by callgrind, against the numbers in
//! `instructions.txt`. A count does not depend on what else the machine does, as a time would.
//!
//! Valgrind shows the same processor to the program on every machine: AVX2, without AVX-512 and
//! SHA extensions. Lanes are therefore not counted.
#![allow(unsafe_code)] // a name that callgrind can be told

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::process::Command;

use clap::Args;
use sealpost_crypto::Suite;
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use serde_json::json;

use crate::peers::{Mode, Setting};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");
const SIZES: [u64; 2] = [1, 64];
const BACKENDS: [Backend; 2] = [Backend::Pure, Backend::AwsLc];
/// By how much a count may be above the number in the file, in percent.
const TOLERANCE: f64 = 3.0;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the counts into the file in place of comparing with it
    #[arg(long)]
    update: bool,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Seal once, to be counted: `SUITE BACKEND RECIPIENTS`, as in the file
    #[arg(long, hide = true, num_args = 3)]
    seal: Option<Vec<String>>,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    if let Some(what) = &arguments.seal {
        return seal(what).map(|()| true);
    }
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    let (mut counts, mut compared, mut more) = (String::new(), 0, 0);
    for suite in Suite::ALL {
        for backend in BACKENDS {
            for size in SIZES {
                let what = format!("{suite} {backend:?} {size}");
                let count = count(&what)?;
                // Writing to a String cannot fail.
                let _ = writeln!(counts, "{what} {count}");
                if arguments.update {
                    continue;
                }
                let known = committed.lines().find_map(|line| line.strip_prefix(&what));
                let known: f64 = known.ok_or(format!("no number for {what}"))?.trim().parse()?;
                let percent = 100.0 * (f64::from(u32::try_from(count)?) / known - 1.0);
                eprintln!("{what:<16} {count:>10} instructions, {percent:+.1} % of what is known");
                compared += 1;
                more += u32::from(percent > TOLERANCE);
            }
        }
    }
    if arguments.update {
        fs::write(FILE, counts)?;
        return Ok(true);
    }
    if arguments.json {
        println!("{}", json!({ "compared": compared, "more": more }));
    } else {
        println!("{compared} counts compared, {more} more than {TOLERANCE} % above what is known");
    }
    Ok(more == 0)
}

/// Runs this program under callgrind.
fn count(what: &str) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=sealpost_counted")
        .arg(env::current_exe()?)
        .args(["instructions", "--seal"])
        .args(what.split(' '))
        .output()
        .map_err(|error| format!("cannot run valgrind (Debian's package valgrind): {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    match collected {
        Some((_, count)) if output.status.success() => Ok(count.trim().parse()?),
        _ => Err(format!("{what} was not counted:\n{said}").into()),
    }
}

fn seal(what: &[String]) -> Result<(), Box<dyn Error>> {
    let [suite, backend, size] = what else { return Err("three words".into()) };
    let suite = Suite::ALL.iter().find(|known| known.to_string() == *suite);
    let backend = BACKENDS.iter().find(|known| format!("{known:?}") == *backend);
    let (Some(&suite), Some(&backend)) = (suite, backend) else { return Err("unknown".into()) };
    let setting = Setting::new(suite, size.parse()?).map_err(|error| error as Box<dyn Error>)?;
    // On one thread, and not the first time, when the processor is looked at.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| {
        sealing(&setting, backend);
        sealpost_counted(&setting, backend);
    });
    Ok(())
}

fn sealing(setting: &Setting, backend: Backend) {
    let sealed = setting.draft(Mode::Fresh, backend).seal_with_rng(&mut Numbers(1));
    black_box(sealed.is_ok());
}

// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
#[inline(never)]
fn sealpost_counted(setting: &Setting, backend: Backend) {
    sealing(setting, backend);
}

/// The same numbers each time (splitmix64): for counting, not for keys.
struct Numbers(u64);

impl TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let number = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(number ^ (number >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.iter_mut().zip(number).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}
