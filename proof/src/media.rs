//! `media`: a large file through encryption and decryption, in memory that does not grow with it.

use std::error::Error;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sealpost::{MediaAttachment, MediaDecryptor, MediaEncryptor, MediaKind, Suite};
use serde::Serialize;
use serde_json::json;

use crate::content_room::Room;
use crate::memory::{now_kib, peak_kib};

/// What is read and written at a time.
const PIECE: usize = 64 * 1024;
/// How much more memory a file of any size may take, as the system counts it: with the pages of the
/// program itself that are touched for the first time.
const MOST_KIB: u64 = 4096;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The size of the file in GiB; a part of one is fine
    #[arg(long, default_value_t = 1.0, value_parser = gib)]
    gib: f64,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

fn gib(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(size) if (0.001..=1024.0).contains(&size) => Ok(size),
        _ => Err("a number from 0.001 to 1024".to_owned()),
    }
}

#[derive(Serialize)]
struct Passed {
    suite: String,
    encrypted_bytes: u64,
    encrypt_mb_per_second: f64,
    decrypt_mb_per_second: f64,
    /// What the process had at most.
    peak_memory_kib: u64,
    /// By how much that is more than it had before.
    growth_kib: u64,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let pieces = (arguments.gib * f64::from(1 << 14)).ceil();
    // An odd end, so that the last frame is a short one.
    let size = format!("{pieces:.0}").parse::<u64>()? * u64::try_from(PIECE)? - 7;
    let passed =
        Suite::ALL.iter().map(|suite| pass(*suite, size)).collect::<Result<Vec<_>, _>>()?;
    if arguments.json {
        println!("{}", json!({ "bytes": size, "most_growth_kib": MOST_KIB, "suites": passed }));
    } else {
        for passed in &passed {
            println!(
                "{}: {size} bytes, encrypted at {:.0} MB/s, decrypted at {:.0} MB/s; peak memory \
                 {} KiB, {} more than before",
                passed.suite,
                passed.encrypt_mb_per_second,
                passed.decrypt_mb_per_second,
                passed.peak_memory_kib,
                passed.growth_kib,
            );
        }
    }
    Ok(passed.iter().all(|passed| passed.growth_kib <= MOST_KIB))
}

/// Both ends of one file, piece by piece.
fn pass(suite: Suite, size: u64) -> Result<Passed, Box<dyn Error>> {
    let room = Room::new(suite)?;
    let encryptor = MediaEncryptor::new(&room.alice_ring)?;
    let announced = encryptor.encrypted_length(size);
    let attachment = MediaAttachment::new("Ab1".parse()?, MediaKind::Video, &encryptor.media())
        .with_file_size(size);
    let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring)?;
    let mut piece = vec![0; PIECE];
    let (mut encrypting, mut decrypting, mut encrypted) = (Duration::ZERO, Duration::ZERO, 0);
    let progress = ProgressBar::new(size);
    progress.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {eta} left")?);
    let before = now_kib()?;
    let mut upload = encryptor.reader(Noise::new().take(size));
    let mut download = decryptor.writer(Check { expected: Noise::new(), count: 0 });
    loop {
        let start = Instant::now();
        let count = upload.read(&mut piece)?;
        encrypting += start.elapsed();
        let Some(part) = piece.get(..count).filter(|part| !part.is_empty()) else { break };
        encrypted += u64::try_from(count)?;
        let start = Instant::now();
        download.write_all(part)?;
        decrypting += start.elapsed();
        progress.inc(u64::try_from(count)?);
    }
    let checked = download.finish()?.count;
    let peak = peak_kib()?;
    progress.finish_and_clear();
    if (checked, encrypted) != (size, announced) {
        return Err(format!("{checked} of {size} bytes, {encrypted} of {announced}").into());
    }
    let speed = |time: Duration| (bytes(size) / time.as_secs_f64() / 1e6).round();
    Ok(Passed {
        suite: suite.to_string(),
        encrypted_bytes: encrypted,
        encrypt_mb_per_second: speed(encrypting),
        decrypt_mb_per_second: speed(decrypting),
        peak_memory_kib: peak,
        growth_kib: peak - before,
    })
}

/// Exact up to 8 PiB.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn bytes(count: u64) -> f64 {
    count as f64
}

/// A file without an end: a block of random bytes, again and again. Its length is a prime, so that
/// no two chunks near each other are alike.
struct Noise {
    block: Vec<u8>,
    at: usize,
}

impl Noise {
    fn new() -> Self {
        let mut block = vec![0; 131_071];
        fastrand::Rng::with_seed(7).fill(&mut block);
        Self { block, at: 0 }
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at = (self.at + count) % self.block.len();
        Ok(count)
    }
}

/// Takes the file and compares it.
struct Check {
    expected: Noise,
    count: u64,
}

impl Write for Check {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let rest = self.expected.block.get(self.expected.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if rest.get(..count) != buffer.get(..count) {
            return Err(io::Error::other("other bytes came out"));
        }
        self.expected.at = (self.expected.at + count) % self.expected.block.len();
        self.count += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
