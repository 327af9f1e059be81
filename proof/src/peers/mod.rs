//! `peers`: what sealing takes us and others, in one process, round after round.
//!
//! Everybody takes a turn in every round, and a ratio is that of two turns of one round: what else
//! the machine does then hits both. Given is the median of the rounds' ratios, with p10 and p90.

mod contender;
mod opened;
mod plot;
mod report;
mod sdk;
mod setting;
mod x25519;
mod xchat;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sealpost_crypto::Suite;
use sealpost_crypto::hazmat::Backend;

use contender::{Contender, Part, Times, Who};
use report::Table;
use sdk::Sdk;
pub(crate) use setting::{Mode, Setting};

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Interleaved rounds; a third of them where there are more recipients than a change has
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Numbers of recipients. Beyond 10,000, which is what one change has, everybody seals and no
    /// more: ours is then as many changes as it takes, none of them signed or assembled
    #[arg(long, value_delimiter = ',', default_values_t = [2, 10, 100, 1_000, 10_000, 100_000])]
    sizes: Vec<u64>,
    /// Numbers of threads
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// A Python that has the package `chatxdk`: X's official SDK. Without it that peer is missing
    #[arg(long, value_name = "PYTHON")]
    chatxdk: Option<PathBuf>,
    /// Print each row as a line of JSON
    #[arg(long)]
    json: bool,
    /// Write a plot of the cost per recipient
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    compare(arguments).map_err(|error| error as Box<dyn Error>)
}

fn compare(arguments: &Arguments) -> Result<bool, Failure> {
    let mut sdk = match &arguments.chatxdk {
        Some(python) => Some(Sdk::start(python)?),
        None => {
            eprintln!("PEER SKIPPED: X's SDK, because no --chatxdk PYTHON was given");
            None
        }
    };
    let machine = machine();
    eprintln!("{machine}; backends {:?}, fastest {:?}", Backend::ALL, Backend::fastest());
    let mut table = Table::new(arguments.json);
    for &suite in Suite::ALL {
        for &size in &arguments.sizes {
            let settings = Setting::of_all(suite, size)?;
            let rounds = match &settings[..] {
                [setting] => {
                    if let Some(sdk) = sdk.as_mut().filter(|_| suite == Suite::XChat) {
                        sdk.set(setting)?;
                    }
                    arguments.rounds
                }
                _ => arguments.rounds.div_ceil(3),
            };
            for &threads in &arguments.threads {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
                let measured = measure(&settings, suite, &pool, rounds, sdk.as_mut())?;
                table.add(suite, size, threads, &measured)?;
            }
            let mut opened = 0;
            for (mode, backend) in ways(suite) {
                for setting in &settings {
                    let step = settings.len();
                    opened += opened::by_others(setting, mode, backend, step, sdk.as_mut())?;
                }
            }
            eprintln!("{suite}, {size} recipients: {opened} copies opened by others");
        }
    }
    if let Some(sdk) = &mut sdk {
        table.add_opening(&opened::times(sdk, arguments.rounds)?);
    }
    if let Some(file) = &arguments.svg {
        fs::write(file, plot::svg(table.lines(), &machine))?;
    }
    Ok(true)
}

/// In how many ways we seal.
fn ways(suite: Suite) -> impl Iterator<Item = (Mode, Backend)> {
    let modes: &[Mode] = match suite {
        Suite::X25519 => &[Mode::Fresh, Mode::Shared],
        _ => &[Mode::Fresh],
    };
    modes.iter().flat_map(|&mode| Backend::ALL.iter().map(move |&backend| (mode, backend)))
}

fn measure<'a>(
    settings: &'a [Setting],
    suite: Suite,
    pool: &ThreadPool,
    rounds: u32,
    sdk: Option<&'a mut Sdk>,
) -> Result<Vec<Contender<'a>>, Failure> {
    const SEAL: Part = Part::Seal;
    let mut contenders: Vec<Contender<'a>> =
        ways(suite).map(|(mode, backend)| Contender::ours(settings, mode, backend)).collect();
    match suite {
        Suite::X25519 => contenders.extend([
            Contender::peer(
                x25519::Libsodium::new(settings)?,
                &[("libsodium", SEAL), ("libsodium+ed25519", Part::Change)],
            ),
            Contender::peer(x25519::Hpke::new(settings)?, &[("hpke", SEAL)]),
            Contender::peer(x25519::CryptoBox::new(settings)?, &[("crypto_box", SEAL)]),
            Contender::peer(x25519::AwsLcBlocks::new(settings)?, &[("aws-lc-blocks", SEAL)]),
        ]),
        _ => {
            contenders.extend([
                Contender::peer(xchat::P256::new(settings)?, &[("p256-0.13", SEAL)]),
                Contender::peer(xchat::AwsLcBlocks::new(settings)?, &[("aws-lc-blocks", SEAL)]),
            ]);
            // It has no threads to offer: the same figure stands beside any number of ours. It makes
            // whole changes.
            contenders.extend(sdk.filter(|_| settings.len() == 1).map(|sdk| {
                let measure = |repetitions| {
                    let change = sdk.change(repetitions)? / repetitions;
                    Ok(Times { seal: change, change })
                };
                Contender::new(Who::Peer(&[("chatxdk", Part::Change)]), Box::new(measure))
            }));
        }
    }
    // So often in one turn that a clock's tick, and a cold start, do not count.
    let size =
        u32::try_from(settings.iter().map(|setting| setting.members().len()).sum::<usize>())?;
    let repetitions = (300 / size).max(1);
    pool.install(|| {
        for round in 0..rounds {
            eprint!("\r{suite}, {size} recipients, round {} of {rounds} ", round + 1);
            contenders.iter_mut().try_for_each(|contender| contender.take_turn(repetitions))?;
        }
        eprintln!();
        Ok::<(), Failure>(())
    })?;
    Ok(contenders)
}

/// What the figures are of.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let text = |name| field(name).unwrap_or_else(|| "?".to_owned());
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    format!(
        "{} (family {}, model {}), {cores} cores",
        text("model name"),
        text("cpu family"),
        text("model")
    )
}
