//! `content`: messages, metadata and files beside X's SDK and libsodium, on the same work.
//!
//! All of them take turns in each round. What counts is the processor's time, so that a turn is not
//! longer for having been interrupted. A ratio is the peer's time by ours, taken in each round; what
//! is shown is the median of the rounds, for on a shared machine only that means something.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rustix::time::{ClockId, clock_gettime};
use sealpost::crypto::encoding::decode_base64;
use sealpost::{
    ChatEvent, Content, EncodedEvent, EncryptedField, MediaAttachment, MediaDecryptor,
    MediaEncryptor, MediaKind, Message, MetadataField, Suite,
};
use serde::Serialize;
use serde_json::json;

use crate::content_room::{KEY_VERSION, Room, deliver};
use crate::content_sdk::Sdk;
use crate::content_sodium as sodium;
use crate::media::bytes;

/// Messages and fields of one turn.
const COUNT: u32 = 100;
/// A text of this many bytes.
const TEXT: usize = 200;
/// The file.
const FILE: usize = 4 * 1024 * 1024;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Rounds; odd, so that there is one in the middle
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u64).range(1..=1001))]
    rounds: u64,
    /// A Python with `chatxdk`; without it X's SDK is left out
    #[arg(long, value_name = "PYTHON")]
    chatxdk: Option<PathBuf>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

type Turn<'a> = Box<dyn FnMut() -> Result<Duration, Box<dyn Error>> + 'a>;

/// The same work by us and by others.
struct Race<'a> {
    suite: Suite,
    work: &'static str,
    /// How many messages or fields one turn has, or how many bytes.
    amount: Amount,
    ours: Turn<'a>,
    libsodium: Option<Turn<'a>>,
    chatxdk: Option<serde_json::Value>,
}

#[derive(Clone, Copy)]
enum Amount {
    Pieces(u32),
    Bytes(usize),
}

#[derive(Serialize)]
struct Row {
    suite: String,
    work: &'static str,
    /// Microseconds for one, or MB/s.
    unit: &'static str,
    ours: f64,
    libsodium: Option<Peer>,
    chatxdk: Option<Peer>,
}

#[derive(Serialize)]
struct Peer {
    median: f64,
    /// Its time by ours: above 1 ours is faster.
    ratio: f64,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    sodium::start()?;
    let rooms = [Room::new(Suite::X25519)?, Room::new(Suite::XChat)?];
    let [modern, xchat] = &rooms;
    let mut sdk = match &arguments.chatxdk {
        Some(python) => Some(Sdk::start(python, xchat, FILE)?),
        None => {
            eprintln!("CHATXDK SKIPPED: give a Python that has chatxdk with --chatxdk");
            None
        }
    };
    let file = vec![0; FILE];
    let mut races = Vec::new();
    for room in [modern, xchat] {
        races.extend(messages(room)?);
        races.extend(fields(room)?);
        races.extend(files(room, &file)?);
    }
    let progress = ProgressBar::new(arguments.rounds * u64::try_from(races.len())?);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} turns, {eta} left")?);
    let mut rows = Vec::new();
    for race in races {
        rows.push(run(race, arguments.rounds, sdk.as_mut(), &progress)?);
    }
    progress.finish_and_clear();
    if arguments.json {
        let facts = json!({
            "rounds": arguments.rounds,
            "text_bytes": TEXT,
            "file_bytes": FILE,
            "chatxdk": if sdk.is_some() { "measured" } else { "skipped" },
            "rows": rows,
        });
        println!("{facts}");
    } else {
        rows.iter().for_each(show);
    }
    Ok(true)
}

fn show(row: &Row) {
    let peer = |name: &str, peer: &Option<Peer>| match peer {
        Some(Peer { median, ratio }) => format!("; {name} {median:.1}, ratio {ratio:.2}"),
        None => String::new(),
    };
    let Row { suite, work, unit, ours, libsodium, chatxdk } = row;
    let (libsodium, chatxdk) = (peer("libsodium", libsodium), peer("chatxdk", chatxdk));
    println!("{suite}, {work}: {ours:.1} {unit}{libsodium}{chatxdk}");
}

fn run(
    mut race: Race<'_>,
    rounds: u64,
    mut sdk: Option<&mut Sdk>,
    progress: &ProgressBar,
) -> Result<Row, Box<dyn Error>> {
    let (mut ours, mut by_sodium, mut by_sdk) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms up.
    for round in 0..=rounds {
        let mine = (race.ours)()?;
        let sodium = race.libsodium.as_mut().map(|turn| turn()).transpose()?;
        let sdk = match (&mut sdk, &race.chatxdk) {
            (Some(sdk), Some(job)) => Some(sdk.time(job)?),
            _ => None,
        };
        if round > 0 {
            ours.push(mine);
            by_sodium.extend(sodium.map(|time| (time, mine)));
            by_sdk.extend(sdk.map(|time| (time, mine)));
            progress.inc(1);
        }
    }
    let (unit, amount) = match race.amount {
        Amount::Pieces(count) => ("us", f64::from(count)),
        Amount::Bytes(count) => ("MB/s", bytes(u64::try_from(count)?)),
    };
    let shown = |time: Duration| match race.amount {
        Amount::Pieces(_) => time.as_secs_f64() * 1e6 / amount,
        Amount::Bytes(_) => amount / time.as_secs_f64() / 1e6,
    };
    let peer = |times: Vec<(Duration, Duration)>| -> Option<Peer> {
        let ratio = |(time, mine): &(Duration, Duration)| time.as_secs_f64() / mine.as_secs_f64();
        Some(Peer {
            median: median(times.iter().map(|(time, _)| shown(*time)).collect())?,
            ratio: median(times.iter().map(ratio).collect())?,
        })
    };
    Ok(Row {
        suite: race.suite.to_string(),
        work: race.work,
        unit,
        ours: median(ours.into_iter().map(shown).collect()).ok_or("no round")?,
        libsodium: peer(by_sodium),
        chatxdk: peer(by_sdk),
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What this thread has had of a processor.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    Ok(clock_gettime(ClockId::ThreadCPUTime).try_into()?)
}

/// Times `work`, done `count` times.
fn timed<T>(
    count: u32,
    mut work: impl FnMut() -> Result<T, Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let start = processor_time()?;
    for _ in 0..count {
        black_box(work()?);
    }
    Ok(processor_time()? - start)
}

fn text() -> String {
    "x".repeat(TEXT)
}

/// Texts: encrypted and signed; verified and decrypted.
fn messages(room: &Room) -> Result<[Race<'_>; 2], Box<dyn Error>> {
    let (suite, amount) = (room.alice.suite(), Amount::Pieces(COUNT));
    let message = Message::text(text());
    let write = move || Ok(message.encrypt(&room.alice, &room.conversation, &room.alice_ring)?);
    let events: Vec<EncodedEvent> =
        (0..COUNT).map(|_| deliver(&write()?)).collect::<Result<_, Box<dyn Error>>>()?;
    let decrypt_job = json!({ "job": "decrypt_message", "text": text(), "events": &events });
    let mut next = events.into_iter().cycle();
    let mut read = move || {
        let event = next.next().ok_or("no event")?;
        let ChatEvent::Message(message) = event.parse()? else { return Err("no message".into()) };
        let signers = [room.alice.participant()];
        Ok(message.open(&room.bob, &room.conversation, &room.bob_ring, signers)?)
    };
    match read()?.content() {
        Content::Text(found) if found.as_str() == text() => {}
        _ => return Err("another text came out".into()),
    }
    let (mut sodium_write, mut sodium_read): (Option<Turn<'_>>, Option<Turn<'_>>) = (None, None);
    if suite == Suite::X25519 {
        let (signer, key) = (sodium::Signer::new()?, room.key.expose_secret());
        let message = signer.encrypt(key, text().as_bytes())?;
        let writer = sodium::Signer::new()?;
        let plain = text();
        sodium_write =
            Some(Box::new(move || timed(COUNT, || Ok(writer.encrypt(key, plain.as_bytes())?))));
        sodium_read = Some(Box::new(move || timed(COUNT, || Ok(signer.decrypt(key, &message)?))));
    }
    let write_job = json!({ "job": "encrypt_message", "text": text(), "count": COUNT });
    Ok([
        Race {
            suite,
            amount,
            work: "message: encrypt and sign",
            ours: Box::new(move || timed(COUNT, &write)),
            libsodium: sodium_write,
            chatxdk: xchat_only(suite, write_job),
        },
        Race {
            suite,
            amount,
            work: "message: verify and decrypt",
            ours: Box::new(move || timed(COUNT, &mut read)),
            libsodium: sodium_read,
            chatxdk: xchat_only(suite, decrypt_job),
        },
    ])
}

/// Metadata fields; libsodium's secretbox is the same work for X's suite.
fn fields(room: &Room) -> Result<[Race<'_>; 2], Box<dyn Error>> {
    let (suite, amount) = (room.alice.suite(), Amount::Pieces(COUNT));
    let (name, key) = (MetadataField::Title, room.key.expose_secret());
    let plain = text();
    let write = move || Ok(EncryptedField::encrypt(name, &plain, &room.alice_ring)?.1);
    let field: EncryptedField = write()?;
    let sealed = decode_base64(&field.to_string())?;
    let write_job = json!({ "job": "encrypt_field", "text": text(), "count": COUNT });
    let read_job =
        json!({ "job": "decrypt_field", "text": text(), "field": &field, "count": COUNT });
    let read = move || Ok(field.decrypt(name, KEY_VERSION, &room.bob_ring)?);
    let (mut sodium_write, mut sodium_read): (Option<Turn<'_>>, Option<Turn<'_>>) = (None, None);
    if suite == Suite::XChat {
        if sodium::decrypt_box(key, &sealed)? != text().as_bytes() {
            return Err("libsodium reads another field".into());
        }
        let plain = text();
        sodium_write = Some(Box::new(move || {
            timed(COUNT, || Ok(sodium::encrypt_box(key, plain.as_bytes())?))
        }));
        sodium_read =
            Some(Box::new(move || timed(COUNT, || Ok(sodium::decrypt_box(key, &sealed)?))));
    }
    Ok([
        Race {
            suite,
            amount,
            work: "metadata field: encrypt",
            ours: Box::new(move || timed(COUNT, &write)),
            libsodium: sodium_write,
            chatxdk: xchat_only(suite, write_job),
        },
        Race {
            suite,
            amount,
            work: "metadata field: decrypt",
            ours: Box::new(move || timed(COUNT, &read)),
            libsodium: sodium_read,
            chatxdk: xchat_only(suite, read_job),
        },
    ])
}

/// Files, at once in memory; libsodium's stream under the conversation key is the same work.
fn files<'a>(room: &'a Room, file: &'a [u8]) -> Result<[Race<'a>; 2], Box<dyn Error>> {
    let (suite, amount) = (room.alice.suite(), Amount::Bytes(file.len()));
    let key = room.key.expose_secret();
    let write = move || {
        let mut encryptor = MediaEncryptor::new(&room.alice_ring)?;
        let media = encryptor.media();
        let mut output = Vec::with_capacity(file.len() + file.len() / 50);
        encryptor.push(file, &mut output);
        encryptor.finish(&mut output);
        Ok((media, output))
    };
    let (media, encrypted) = write()?;
    let attachment = MediaAttachment::new("Ab1".parse()?, MediaKind::File, &media);
    let sodium_encrypted = sodium::encrypt_file(key, file)?;
    if suite == Suite::XChat && sodium::decrypt_file(key, &encrypted)? != file {
        return Err("libsodium reads another file".into());
    }
    let read = move |encrypted: &[u8]| -> Result<Vec<u8>, Box<dyn Error>> {
        let mut decryptor = MediaDecryptor::new(&attachment, &room.bob_ring)?;
        let mut output = Vec::with_capacity(file.len());
        decryptor.push(encrypted, &mut output)?;
        decryptor.finish(&mut output)?;
        Ok(output)
    };
    if read(&encrypted)? != file || suite == Suite::XChat && read(&sodium_encrypted)? != file {
        return Err("another file came out".into());
    }
    Ok([
        Race {
            suite,
            amount,
            work: "file: encrypt",
            ours: Box::new(move || timed(1, write)),
            libsodium: Some(Box::new(move || timed(1, || Ok(sodium::encrypt_file(key, file)?)))),
            chatxdk: xchat_only(suite, json!({ "job": "encrypt_file", "count": 1 })),
        },
        Race {
            suite,
            amount,
            work: "file: decrypt",
            ours: Box::new(move || timed(1, || read(&encrypted))),
            libsodium: Some(Box::new(move || {
                timed(1, || Ok(sodium::decrypt_file(key, &sodium_encrypted)?))
            })),
            chatxdk: xchat_only(suite, json!({ "job": "decrypt_file", "count": 1 })),
        },
    ])
}

fn xchat_only(suite: Suite, job: serde_json::Value) -> Option<serde_json::Value> {
    (suite == Suite::XChat).then_some(job)
}
