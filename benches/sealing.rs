//! The sealing hot path: generate, seal, sign and assemble one key change for N recipients, by every
//! backend and on one and two threads, and the same seals by the `hpke` crate in the same run.
//! More peers, interleaved: `cargo run --release -p sealpost-proof -- peers`.
//!
//! `cargo bench --bench sealing`; add `-- X25519/sign` for a part of it. Compare rows of one run
//! with each other, not with another machine's.
#![allow(clippy::unwrap_used, missing_docs)] // a bench

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable, OpModeS, Serializable};
use rayon::ThreadPoolBuilder;
use sealpost::*;
use sealpost_crypto::hazmat::Backend;

const VERSION: KeyVersion = KeyVersion::new(1_795_333_344_318);

/// A sender and everybody else of one conversation, keys parsed and verified.
struct Setting {
    sender: Account,
    others: Vec<Participant>,
    conversation: Conversation,
}

impl Setting {
    fn new(suite: Suite, recipients: u64) -> Self {
        let account = |number| {
            Identity::generate(suite)
                .unwrap()
                .registered(UserId::new(number).unwrap(), PublicKeyVersion::new(1_733_889_755_256))
        };
        let base = 1_215_441_834_412_953_600;
        let sender = account(base);
        let others: Vec<Participant> =
            (1..recipients).map(|number| *account(base + number).participant()).collect();
        let members = others.iter().map(Participant::user_id).chain([sender.user_id()]);
        let group = ConversationId::group(1_900_000_000_000_000_001).unwrap();
        let conversation = Conversation::group(group, members).unwrap();
        Self { sender, others, conversation }
    }

    fn draft(&self) -> KeyChange<'_> {
        KeyChange::new(&self.sender, &self.conversation, VERSION).participants(&self.others)
    }

    fn seal(&self) -> SealedKeyChange<'_> {
        self.draft().seal().unwrap()
    }
}

/// The same seals by the `hpke` crate: fresh ephemeral key, same info and AAD lengths.
struct HpkeCrate {
    keys: Vec<<Kem as hpke::Kem>::PublicKey>,
    info: [u8; 110],
    aad: [u8; 36],
}

impl HpkeCrate {
    fn new(setting: &Setting) -> Self {
        let recipients = setting.others.iter().chain([setting.sender.participant()]);
        let keys = recipients
            .map(|participant| {
                let spki = participant.identity_key().to_base64();
                let spki = crypto::encoding::decode_base64(&spki).unwrap();
                <Kem as hpke::Kem>::PublicKey::from_bytes(spki.get(12..).unwrap()).unwrap()
            })
            .collect();
        Self { keys, info: [7; 110], aad: [7; 36] }
    }

    fn seal(&self, key: &[u8; 32]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(80 * self.keys.len());
        for recipient in &self.keys {
            let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
                &OpModeS::Base,
                recipient,
                &self.info,
                key,
                &self.aad,
            )
            .unwrap();
            sealed.extend_from_slice(&enc.to_bytes());
            sealed.extend_from_slice(&ciphertext);
        }
        sealed
    }
}

fn x25519(criterion: &mut Criterion) {
    let suite = Suite::X25519;
    our_own(criterion, suite, &[2, 10, 100, 1_000, 10_000]);
    let mut group = criterion.benchmark_group(suite.to_string());
    group.sample_size(10);
    for recipients in [2, 10, 100, 1_000, 10_000] {
        let peer = HpkeCrate::new(&Setting::new(suite, recipients));
        group.throughput(Throughput::Elements(recipients));
        group.bench_function(BenchmarkId::new("seal, hpke crate", recipients), |bencher| {
            bencher.iter(|| peer.seal(black_box(&[7; 32])));
        });
    }
    group.finish();
}

fn xchat(criterion: &mut Criterion) {
    our_own(criterion, Suite::XChat, &[2, 10, 100, 1_000]);
}

fn our_own(criterion: &mut Criterion, suite: Suite, sizes: &[u64]) {
    let mut group = criterion.benchmark_group(suite.to_string());
    group.sample_size(10);
    group.bench_function("generate an identity", |bencher| {
        bencher.iter(|| Identity::generate(black_box(suite)).unwrap());
    });
    for &recipients in sizes {
        let setting = Setting::new(suite, recipients);
        group.throughput(Throughput::Elements(recipients));
        for (backend, shared, threads) in ways(suite, recipients) {
            let mode = if shared { "one ephemeral" } else { "fresh ephemerals" };
            let name = format!("generate and seal, {backend:?}, {mode}, {threads} threads");
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            // The conversation key and the message id are generated in here.
            group.bench_function(BenchmarkId::new(name, recipients), |bencher| {
                pool.install(|| {
                    bencher.iter(|| {
                        let draft = setting.draft().computed_by(backend);
                        let draft = if shared { draft.one_ephemeral_per_change() } else { draft };
                        draft.seal().unwrap()
                    });
                });
            });
        }
        group.bench_function(BenchmarkId::new("sign", recipients), |bencher| {
            bencher.iter_batched(
                || setting.seal(),
                |sealed| sealed.sign().unwrap(),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("assemble", recipients), |bencher| {
            bencher.iter_batched(
                || setting.seal().sign().unwrap(),
                SignedKeyChange::prepare,
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("whole change", recipients), |bencher| {
            bencher.iter(|| setting.seal().sign().unwrap().prepare());
        });
    }
    group.finish();
}

/// Who computes, with one ephemeral key or many, on how many threads: several are of use to large
/// groups only.
fn ways(suite: Suite, recipients: u64) -> Vec<(Backend, bool, usize)> {
    let modes: &[bool] = if suite == Suite::X25519 { &[false, true] } else { &[false] };
    let threads: &[usize] = if recipients < 1_000 { &[1] } else { &[1, 2] };
    let mut ways = Vec::new();
    for &backend in Backend::ALL {
        for &mode in modes {
            ways.extend(threads.iter().map(|&threads| (backend, mode, threads)));
        }
    }
    ways
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300));
    targets = x25519, xchat
}
criterion_main!(benches);
