//! Everything that is ever done with a key, in one suite, also what is refused.
#![allow(dead_code, unreachable_pub)] // used in part by each test
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // test code

use std::collections::BTreeMap;
use std::convert::Infallible;

use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::*;

use crate::common::{Parts, SeededRng, user};
use crate::inspector::{Marker, assert_wiped, watched};
use crate::room::{deliver, deliver_action, deliver_altered, message_event};

/// A generator that knows which secrets it gave: what is asked for in pieces of 32 bytes. Ids, salts
/// and nonces are shorter.
pub struct KnownRng {
    rng: SeededRng,
    /// On the stack, where nobody looks.
    secrets: [[u8; 32]; 64],
    given: usize,
}

impl KnownRng {
    pub fn new(seed: u64) -> Self {
        Self { rng: SeededRng::new(seed), secrets: [[0; 32]; 64], given: 0 }
    }

    pub fn secrets(&self) -> &[[u8; 32]] {
        &self.secrets[..self.given]
    }
}

impl TryRng for KnownRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rng.try_fill_bytes(bytes)?;
        if bytes.len().is_multiple_of(32) {
            for secret in bytes.as_chunks().0 {
                self.secrets[self.given] = *secret;
                self.given += 1;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for KnownRng {}

/// A generator that gives as much as that, and then fails.
struct FailingRng<'a>(&'a mut KnownRng, usize);

impl TryRng for FailingRng<'_> {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.1 = self.1.checked_sub(1).ok_or(std::fmt::Error)?;
        let Ok(()) = self.0.try_fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for FailingRng<'_> {}

/// Walks with each suite and each backend: nothing is left of any identity's keys, conversation key or
/// ephemeral key.
pub fn assert_nothing_is_left() {
    for &suite in Suite::ALL {
        for &backend in Backend::ALL {
            let mut rng = KnownRng::new(99);
            let ((), blocks) = watched(|| walk(suite, backend, &mut rng));
            assert!(blocks.len() > 200, "the allocator was not in use");
            let secrets = rng.secrets().iter().enumerate();
            let name = |number| format!("{suite} by {backend:?}: secret {number}");
            let markers: Vec<Marker> =
                secrets.map(|(number, secret)| Marker::new(name(number), secret)).collect();
            assert!(markers.len() > 25, "{}", markers.len());
            assert_wiped(&markers, &blocks);
        }
    }
}

/// All of it, sealed by a backend; all else is computed by the fastest one.
fn walk(suite: Suite, backend: Backend, rng: &mut KnownRng) {
    let (alice, bob) = (account(suite, rng, 1), account(suite, rng, 2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let mut ring = Keyring::new(conversation.id());
    let (first, event) = change(&alice, &bob, &ring, backend, rng);
    assert_eq!(ring.commit(&first.0, first.1), Ok(Adoption::Current));
    let (second, later) = change(&alice, &bob, &ring, backend, rng);
    refused(&alice, &bob, &conversation, &event, &second, rng);
    read(&bob, &alice, &conversation, [&event, &later]);
    assert_eq!(ring.commit(&second.0, second.1), Ok(Adoption::Current));
    let ring = saved(&ring);
    let other = Keyring::dangerous_restore(
        ring.conversation_id(),
        suite,
        None,
        BTreeMap::new(),
        BTreeMap::from([(ring.floor().unwrap(), key(rng))]),
    );
    messages(&alice, &bob, &conversation, [&ring, &other.unwrap()], rng);
    files(&ring, rng);
}

fn key(rng: &mut KnownRng) -> ConversationKey {
    let mut bytes = [0; 32];
    let Ok(()) = rng.try_fill_bytes(&mut bytes);
    ConversationKey::dangerous_from_bytes(&bytes)
}

/// Generated, exported, imported, registered, and known to others by its record.
fn account(suite: Suite, rng: &mut KnownRng, number: u64) -> Account {
    for answers in 0..2 {
        Identity::generate_with_rng(suite, &mut FailingRng(rng, answers)).map(drop).ok();
    }
    let identity = Identity::generate_with_rng(suite, rng).unwrap();
    let _ = identity.registration(user(number), UnixMillis::new(1));
    let saved = identity.dangerous_private_keys();
    drop(identity);
    let refused = Identity::dangerous_from_private_keys(suite, &saved.expose_secret()[..63]);
    refused.unwrap_err();
    let identity = Identity::dangerous_from_private_keys(suite, saved.expose_secret()).unwrap();
    drop(saved);
    // Moved about on the heap, as an app's tasks do.
    let moved = Box::new(identity);
    let account = moved.registered(user(number), PublicKeyVersion::new(1));
    account.record().verify(&user(number)).unwrap();
    account.record().verify(&user(number + 1)).unwrap_err();
    account
}

/// A new key as its sender has it, and as the others get it.
fn change(
    alice: &Account,
    bob: &Account,
    ring: &Keyring,
    backend: Backend,
    rng: &mut KnownRng,
) -> ((PreparedKeyChange, ConversationKey), Parts) {
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let draft = || {
        let draft = ring.draft(alice, &conversation, UnixMillis::new(5)).unwrap();
        draft.participants([bob.participant()]).computed_by(backend)
    };
    // Dropped on the way, at each stage; and a generator that fails, at each of its answers.
    drop(draft().seal_with_rng(rng).unwrap());
    drop(draft().one_ephemeral_per_change().seal_with_rng(rng).unwrap().sign().unwrap());
    for answers in 0..3 {
        draft().seal_with_rng(&mut FailingRng(rng, answers)).map(drop).ok();
    }
    let (prepared, key) = draft().seal_with_rng(rng).unwrap().sign().unwrap().prepare();
    let json = serde_json::to_string(&prepared).unwrap();
    let prepared: PreparedKeyChange = serde_json::from_str(&json).unwrap();
    assert_eq!(prepared.recover_key(alice).unwrap(), key);
    prepared.recover_key(bob).unwrap_err();
    let event = Parts::of(&prepared);
    ((prepared, key), event)
}

/// What is tampered with, or meant for others.
fn refused(
    alice: &Account,
    bob: &Account,
    conversation: &Conversation,
    event: &Parts,
    (prepared, other): &(PreparedKeyChange, ConversationKey),
    rng: &mut KnownRng,
) {
    let open =
        |event: &Parts, reader| event.event().open(reader, conversation, [alice.participant()]);
    let mut cases = Vec::new();
    let mut moved = event.clone();
    moved.message_id = Some("00000000-0000-4000-8000-000000000000".to_owned());
    cases.push(moved);
    for entry in 0..2 {
        let mut tampered = event.clone();
        let copy = tampered.entries[entry][1].as_mut().unwrap();
        let mut bytes = encoding::decode_base64(copy).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        *copy = encoding::encode_base64(&bytes);
        cases.push(tampered);
    }
    let mut unsigned = event.clone();
    let later = Parts::of(prepared);
    unsigned.signature = later.signature;
    cases.push(unsigned);
    let mut refusals = 0;
    for case in &cases {
        refusals += usize::from(open(case, bob).is_err()) + usize::from(open(case, alice).is_err());
    }
    // Each reader opens the change in which only the other one's copy was tampered with.
    assert_eq!(refusals, 6);
    let stranger = account(alice.suite(), rng, 3);
    open(event, &stranger).unwrap_err();
    let mut ring = Keyring::new(conversation.id());
    let wrong = ConversationKey::dangerous_from_bytes(other.expose_secret());
    ring.commit(prepared, key(rng)).unwrap_err();
    ring.commit(prepared, wrong).unwrap();
    let old = open(event, bob).unwrap();
    ring.adopt(old, UnixMillis::new(5)).unwrap_err();
    let old = open(event, bob).unwrap();
    ring.keep_for_history(old).unwrap();
}

/// Both changes, adopted by somebody else.
fn read(bob: &Account, alice: &Account, conversation: &Conversation, events: [&Parts; 2]) {
    let mut ring = Keyring::new(conversation.id());
    for adoption in [Adoption::Current, Adoption::AlreadyKnown] {
        for event in events {
            let opened = event.event().open(bob, conversation, [alice.participant()]).unwrap();
            assert_eq!(ring.adopt(opened, UnixMillis::new(9)), Ok(adoption));
        }
    }
    let far = events[0].event().open(bob, conversation, [alice.participant()]).unwrap();
    Keyring::new(ConversationId::group(1).unwrap()).adopt(far, UnixMillis::new(5)).unwrap_err();
}

/// A keyring, taken apart and put together again.
fn saved(ring: &Keyring) -> Keyring {
    let copy = |ring: &Keyring| -> BTreeMap<KeyVersion, ConversationKey> {
        ring.keys()
            .map(|(version, key)| {
                (version, ConversationKey::dangerous_from_bytes(key.expose_secret()))
            })
            .collect()
    };
    let floor = ring.floor().zip(ring.floor_fingerprint());
    let (id, suite) = (ring.conversation_id(), ring.suite().unwrap());
    // Above the newest version there can be none.
    Keyring::dangerous_restore(id, suite, None, copy(ring), BTreeMap::new()).unwrap_err();
    Keyring::dangerous_restore(id, suite, floor, copy(ring), BTreeMap::new()).unwrap()
}

fn messages(
    alice: &Account,
    bob: &Account,
    conversation: &Conversation,
    [ring, other]: [&Keyring; 2],
    rng: &mut KnownRng,
) {
    let open = |event: &EncodedEvent, ring: &Keyring| {
        message_event(event).open(bob, conversation, ring, [alice.participant()])
    };
    let sent = Message::text("hi").encrypt_with_rng(alice, conversation, ring, rng).unwrap();
    let read = open(&deliver(&sent, 7), ring).unwrap();
    open(&deliver(&sent, 7), other).unwrap_err();
    let tampered = deliver_altered(&sent, 7, |event| {
        event.message_id = Some("8e7a9cd8-824b-4548-b926-0b6b0fd119ab")
    });
    open(&tampered, ring).unwrap_err();
    let reaction = || Reaction::new(SequenceId::new(7), "👋".parse().unwrap());
    for message in [
        Message::new(Text::new("yes").reply_to(&read)),
        Message::add_reaction(reaction()),
        Message::remove_reaction(reaction()),
        Message::edit(Edit::new(SequenceId::new(7), "hello")),
    ] {
        let sent = message.encrypt_with_rng(alice, conversation, ring, rng).unwrap();
        open(&deliver(&sent, 8), ring).unwrap();
        open(&deliver(&sent, 8), other).unwrap_err();
        message.encrypt_with_rng(alice, conversation, other, rng).unwrap_err();
    }
    for action in [
        Action::delete_for_everybody([SequenceId::new(7)]).unwrap(),
        Action::mark_read(SequenceId::new(7), UnixMillis::new(5)),
    ] {
        let signed = action.sign_with_rng(alice, conversation, rng).unwrap();
        let ChatEvent::Action(event) = deliver_action(&signed, 9).parse().unwrap() else {
            panic!("not an action");
        };
        event.verify(conversation, [alice.participant()], ReadPolicy::strict()).unwrap();
        event.verify(conversation, [bob.participant()], ReadPolicy::strict()).unwrap_err();
    }
    let field = MetadataField::Title;
    let (version, title) = EncryptedField::encrypt_with_rng(field, "title", ring, rng).unwrap();
    title.decrypt(field, version, ring).unwrap();
    title.decrypt(field, version, other).unwrap_err();
}

fn files(ring: &Keyring, rng: &mut KnownRng) {
    let encryptor = Box::new(MediaEncryptor::with_rng(ring, rng).unwrap());
    let hash_key = "Ab1".parse().unwrap();
    let attachment = MediaAttachment::new(hash_key, MediaKind::File, &encryptor.media());
    let mut file = vec![];
    // What is in the file is as secret as the keys.
    let mut plaintext = [0; 32];
    rng.try_fill_bytes(&mut plaintext).unwrap();
    let plaintext: &[u8] = plaintext.repeat(150).leak();
    std::io::copy(&mut encryptor.reader(plaintext), &mut file).unwrap();
    let decryptor = || Box::new(MediaDecryptor::new(&attachment, ring).unwrap());
    std::io::copy(&mut decryptor().reader(&file[..]), &mut std::io::sink()).unwrap();
    let mut tampered = file.clone();
    tampered[3000] ^= 1;
    std::io::copy(&mut decryptor().reader(&tampered[..]), &mut std::io::sink()).unwrap_err();
    let mut unfinished = vec![Some(decryptor())];
    // What it gives is the caller's care.
    let mut given = vec![];
    unfinished[0].as_mut().unwrap().push(&file[..2000], &mut given).unwrap();
    given.leak();
    let moved = Box::new(unfinished[0].take());
    drop((unfinished, moved));
    let mut unfinished = MediaEncryptor::with_rng(ring, rng).unwrap();
    unfinished.push(&[7; 2000], &mut vec![]);
}
