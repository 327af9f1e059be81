//! Fresh ephemeral keys and one for a whole change: what is the same and what is not, and that
//! it does not matter who computes.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde", feature = "hazmat"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use std::collections::HashMap;

use common::{NOW, Parts, SeededRng, user};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable, OpModeR};
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::rand_core::TryRng;
use sealpost_crypto::*;

/// A group whose members `keys` says: users with one number there have one identity.
struct Group {
    members: Vec<Account>,
    conversation: Conversation,
}

impl Group {
    fn new(suite: Suite, keys: &[u64]) -> Self {
        let members: Vec<Account> = keys
            .iter()
            .zip(1..)
            .map(|(key, number)| {
                Identity::generate_with_rng(suite, &mut SeededRng::new(*key))
                    .unwrap()
                    .registered(user(number), PublicKeyVersion::new(number * 1_000_000_007))
            })
            .collect();
        let id = ConversationId::group(77).unwrap();
        let users = members.iter().map(Account::user_id);
        let conversation = Conversation::group(id, users).unwrap();
        Self { members, conversation }
    }

    /// A draft by the last member.
    fn draft(&self) -> KeyChange<'_> {
        let (sender, others) = self.members.split_last().unwrap();
        KeyChange::new(sender, &self.conversation, KeyVersion::from(NOW))
            .participants(others.iter().map(Account::participant))
    }
}

/// The ephemeral public key of each copy, by user id.
fn ephemerals(sealed: &SealedKeyChange<'_>) -> Vec<Vec<u8>> {
    sealed
        .copies()
        .map(|(_, copy)| match copy.suite() {
            Suite::X25519 => copy.as_bytes()[..32].to_vec(),
            _ => copy.as_bytes()[..65].to_vec(),
        })
        .collect()
}

fn everybody_opens(group: &Group, sealed: SealedKeyChange<'_>) {
    let (prepared, key) = sealed.sign().unwrap().prepare();
    let event = Parts::of(&prepared).event();
    let signer = group.members.last().unwrap().participant();
    for reader in &group.members {
        let opened = event.open(reader, &group.conversation, [signer]).unwrap();
        assert_eq!(opened.key(), &key);
    }
}

const DISTINCT: [u64; 9] = [101, 102, 103, 104, 105, 106, 107, 108, 109];

#[test]
fn one_ephemeral_key_serves_a_whole_change_and_no_other() {
    let group = Group::new(Suite::X25519, &DISTINCT);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let sealed = group.draft().one_ephemeral_per_change().seal().unwrap();
        let ephemerals = ephemerals(&sealed);
        assert_eq!(ephemerals.len(), 9);
        assert!(ephemerals.iter().all(|ephemeral| *ephemeral == ephemerals[0]));
        assert!(!seen.contains(&ephemerals[0]));
        seen.push(ephemerals[0].clone());
        everybody_opens(&group, sealed);
    }
}

#[test]
fn fresh_is_the_default_and_all_there_is_in_xs_suite() {
    for &suite in Suite::ALL {
        let group = Group::new(suite, &DISTINCT);
        let mut drafts = vec![group.draft()];
        if suite == Suite::XChat {
            drafts.push(group.draft().one_ephemeral_per_change());
        }
        for draft in drafts {
            let sealed = draft.seal().unwrap();
            let mut ephemerals = ephemerals(&sealed);
            ephemerals.sort();
            ephemerals.dedup();
            assert_eq!(ephemerals.len(), 9, "{suite}");
            everybody_opens(&group, sealed);
        }
    }
}

/// Equal keys of sender and recipient with another AAD would be one AEAD key and nonce for two
/// texts. Nobody is left out for it either: whoever copies a key must not block a group.
#[test]
fn an_identity_key_that_comes_again_gets_a_fresh_ephemeral_key() {
    for keys in [
        vec![1, 1],
        vec![1, 1, 1, 1],
        vec![1, 2, 1, 3, 2, 1],
        // The last one is the sender's own.
        vec![4, 9, 4, 9],
    ] {
        let group = Group::new(Suite::X25519, &keys);
        let sealed = group.draft().one_ephemeral_per_change().seal().unwrap();
        let ephemerals = ephemerals(&sealed);
        let mut pairs: HashMap<(u64, &[u8]), usize> = HashMap::new();
        let mut first_of_its_kind = 0;
        for (index, (key, ephemeral)) in keys.iter().zip(&ephemerals).enumerate() {
            *pairs.entry((*key, ephemeral)).or_default() += 1;
            let is_first = !keys[..index].contains(key);
            assert_eq!(is_first, *ephemeral == ephemerals[0], "{keys:?}, {index}");
            first_of_its_kind += usize::from(is_first);
        }
        assert!(pairs.values().all(|count| *count == 1), "a pair of keys twice in {keys:?}");
        let mut distinct = ephemerals.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), keys.len() - first_of_its_kind + 1);
        everybody_opens(&group, sealed);
    }
}

fn fields(list: &[&str]) -> Vec<u8> {
    let field =
        |text: &&str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    list.iter().flat_map(field).collect()
}

#[test]
fn the_hpke_crate_opens_every_copy_of_a_shared_ephemeral_key() {
    // More than a chunk, with repeated keys in it.
    let keys: Vec<u64> = (0..150).map(|index| index % 140).collect();
    let group = Group::new(Suite::X25519, &keys);
    let sealed = group.draft().one_ephemeral_per_change().seal().unwrap();
    let copies: Vec<_> = sealed.copies().map(|(user, copy)| (user, copy.clone())).collect();
    let (prepared, key) = sealed.sign().unwrap().prepare();
    let info = fields(&[
        "sealpost/1 conversation-key",
        &prepared.message_id().to_string(),
        "150",
        "g77",
        &NOW.as_u64().to_string(),
    ]);
    let mut opened = 0;
    for ((user, copy), (member, key_number)) in copies.iter().zip(group.members.iter().zip(&keys)) {
        assert_eq!(*user, member.user_id());
        let mut secret = [0; 32];
        SeededRng::new(*key_number).try_fill_bytes(&mut secret).unwrap();
        let (enc, ciphertext) = copy.as_bytes().split_at(32);
        let version = member.public_key_version().to_string();
        let found = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &<Kem as hpke::Kem>::PrivateKey::from_bytes(&secret).unwrap(),
            &<Kem as hpke::Kem>::EncappedKey::from_bytes(enc).unwrap(),
            &info,
            ciphertext,
            &fields(&[&user.to_string(), &version]),
        );
        assert_eq!(found.unwrap(), key.expose_secret());
        opened += 1;
    }
    assert_eq!(opened, 150);
}

#[test]
fn every_backend_makes_the_same_bytes() {
    let mut bodies = 0;
    for &suite in Suite::ALL {
        // One, a few, more than eight, and more than a chunk.
        let lengths = if suite == Suite::X25519 { &[1, 5, 9, 131][..] } else { &[1, 5, 9] };
        for &length in lengths {
            let mut keys: Vec<u64> = (0..length).collect();
            keys[0] = length - 1;
            let group = Group::new(suite, &keys);
            let body = |backend, shared: bool| {
                let draft = group.draft().computed_by(backend);
                let draft = if shared { draft.one_ephemeral_per_change() } else { draft };
                let sealed = draft.seal_with_rng(&mut SeededRng::new(5)).unwrap();
                sealed.sign().unwrap().prepare().0.body().to_vec()
            };
            for shared in [false, true] {
                let expected = body(Backend::Pure, shared);
                for &backend in Backend::ALL {
                    assert_eq!(body(backend, shared), expected, "{suite} {length} {backend:?}");
                    bodies += 1;
                }
            }
        }
    }
    assert_eq!(bodies, (4 + 3) * 2 * Backend::ALL.len());
    assert_eq!(Backend::ALL, [Backend::Pure, Backend::AwsLc, Backend::Lanes]);
}

/// Where the processor has AVX-512 IFMA, what the other tests compare has run on it.
#[test]
fn lanes_are_the_fastest_where_the_processor_has_them() {
    #[cfg(target_arch = "x86_64")]
    let has_them = is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512dq");
    #[cfg(not(target_arch = "x86_64"))]
    let has_them = false;
    let on = has_them && std::env::var_os("SEALPOST_LANES").is_none_or(|value| value != "off");
    let (arithmetic, fastest) = match on {
        true => (sealpost_lanes::Backend::Ifma, Backend::Lanes),
        false => (sealpost_lanes::Backend::Portable, Backend::AwsLc),
    };
    assert_eq!((sealpost_lanes::backend(), Backend::fastest()), (arithmetic, fastest));
}

#[test]
fn many_threads_make_the_same_bytes_as_one() {
    let keys: Vec<u64> = (0..200).map(|index| index % 180).collect();
    let group = Group::new(Suite::X25519, &keys);
    for shared in [false, true] {
        let bodies = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let draft = group.draft();
            let draft = if shared { draft.one_ephemeral_per_change() } else { draft };
            assert!(draft.is_heavy());
            let sealed = pool.install(|| draft.seal_with_rng(&mut SeededRng::new(6)).unwrap());
            sealed.sign().unwrap().prepare().0.body().to_vec()
        });
        assert_eq!(bodies[0], bodies[1]);
    }
    assert!(!Group::new(Suite::X25519, &[1, 2]).draft().is_heavy());
}

#[test]
fn the_number_of_draws_does_not_depend_on_the_number_of_recipients() {
    /// Counts how often and how much it is asked for.
    struct Counting(SeededRng, Vec<usize>);

    impl TryRng for Counting {
        type Error = core::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("keys are drawn as bytes")
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("keys are drawn as bytes")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            self.1.push(bytes.len());
            self.0.try_fill_bytes(bytes)
        }
    }

    impl rand_core::TryCryptoRng for Counting {}

    for &suite in Suite::ALL {
        let group = Group::new(suite, &[1, 2, 3, 1]);
        for (draft, expected) in [
            (group.draft(), vec![16, 32, 128]),
            (
                group.draft().one_ephemeral_per_change(),
                if suite == Suite::X25519 { vec![16, 32, 32, 32] } else { vec![16, 32, 128] },
            ),
        ] {
            let mut rng = Counting(SeededRng::new(1), Vec::new());
            drop(draft.seal_with_rng(&mut rng).unwrap());
            assert_eq!(rng.1, expected, "{suite}");
        }
    }
}
