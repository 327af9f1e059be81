//! Messages and files: encrypted and signed, verified and decrypted, in both suites.
//!
//! `cargo bench --bench content`; add `-- XChat/file` for a part of it. Compare rows of one run with
//! each other, not with another machine's. Peers on the same work: `cargo run --release -p
//! sealpost-proof -- content`.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // a bench

use std::hint::black_box;
use std::io::{self, Read as _};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto::encoding::{decode_base64, encode_base64};
use crypto::wire;
use sealpost::*;

/// Two users and a conversation whose key both have.
struct Room {
    alice: Account,
    bob: Account,
    conversation: Conversation,
    alice_ring: Keyring,
    bob_ring: Keyring,
}

impl Room {
    fn new(suite: Suite) -> Self {
        let account = |number| {
            let identity = Identity::generate(suite).unwrap();
            identity.registered(UserId::new(number).unwrap(), PublicKeyVersion::new(1))
        };
        let (alice, bob) = (account(1_215_441_834_412_953_600), account(1_215_441_834_412_953_601));
        let conversation = Conversation::direct(alice.user_id(), bob.user_id());
        let draft = KeyChange::new(&alice, &conversation, KeyVersion::new(1_795_333_344_318));
        let draft = draft.participants([bob.participant()]);
        let (change, key) = draft.seal().unwrap().sign().unwrap().prepare();
        let ring = |key| {
            let mut ring = Keyring::new(conversation.id());
            ring.commit(&change, key).unwrap();
            ring
        };
        let (alice_ring, bob_ring) = (ring(key), ring(change.recover_key(&alice).unwrap()));
        Self { alice, bob, conversation, alice_ring, bob_ring }
    }

    fn encrypt(&self, message: &Message) -> SignedMessage {
        message.encrypt(&self.alice, &self.conversation, &self.alice_ring).unwrap()
    }

    fn open(&self, event: &EncodedEvent) -> VerifiedMessage {
        let ChatEvent::Message(message) = event.parse().unwrap() else { panic!("no message") };
        let signers = [self.alice.participant()];
        message.open(&self.bob, &self.conversation, &self.bob_ring, signers).unwrap()
    }
}

/// The event that a server makes of a message.
fn deliver(signed: &SignedMessage) -> EncodedEvent {
    let create = decode_base64(signed.encoded_message_create_event()).unwrap();
    let signature = decode_base64(signed.encoded_message_event_signature()).unwrap();
    let create = wire::MessageCreateEvent::decode(&create).unwrap();
    let event = wire::MessageEvent {
        sequence_id: Some("2070276095283454003"),
        message_id: Some(&signed.message_id().to_string()),
        sender_id: Some(&signed.sender().to_string()),
        conversation_id: Some(&signed.conversation_id().to_string()),
        created_at_msec: Some("1795333344318"),
        detail: Some(wire::MessageEventDetail::MessageCreate(create)),
        message_event_signature: Some(wire::MessageEventSignature::decode(&signature).unwrap()),
        previous_sequence_id: None,
    };
    EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()
}

fn messages(criterion: &mut Criterion) {
    for &suite in Suite::ALL {
        let room = Room::new(suite);
        let mut group = criterion.benchmark_group(suite.to_string());
        for length in [20_usize, 200, 10_000] {
            let message = Message::text("x".repeat(length));
            group.bench_function(
                BenchmarkId::new("message, encrypt and sign", length),
                |bencher| {
                    bencher.iter(|| room.encrypt(black_box(&message)));
                },
            );
            let event = deliver(&room.encrypt(&message));
            let id = BenchmarkId::new("message, verify and decrypt", length);
            group.bench_function(id, |bencher| bencher.iter(|| room.open(black_box(&event))));
        }
        group.finish();
    }
}

/// Through `std::io`, as uploads and downloads are.
fn files(criterion: &mut Criterion) {
    for &suite in Suite::ALL {
        let room = Room::new(suite);
        let mut group = criterion.benchmark_group(suite.to_string());
        for length in [100_000_usize, 4_000_000] {
            let file = vec![7; length];
            group.throughput(Throughput::Bytes(length.try_into().unwrap()));
            group.bench_function(BenchmarkId::new("file, encrypt", length), |bencher| {
                bencher.iter(|| {
                    let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
                    io::copy(&mut encryptor.reader(black_box(&*file)), &mut io::sink()).unwrap()
                });
            });
            let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
            let media = encryptor.media();
            let mut encrypted = Vec::new();
            encryptor.reader(&*file).read_to_end(&mut encrypted).unwrap();
            let key = "Ab1".parse().unwrap();
            let attachment = MediaAttachment::new(key, MediaKind::File, &media);
            group.bench_function(BenchmarkId::new("file, decrypt", length), |bencher| {
                bencher.iter(|| {
                    let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
                    let mut download = decryptor.reader(black_box(&*encrypted));
                    assert_eq!(io::copy(&mut download, &mut io::sink()).unwrap(), length as u64);
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, messages, files);
criterion_main!(benches);
