//! A timing report on pure Rust, see `lanes/constant_time/timing.rs`.
//!
//! `cargo run --release --manifest-path tests/pure/Cargo.toml --example dudect -- [SAMPLES [ROUNDS]] [--json] [PART]`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // an example

#[path = "../../../crypto/tests/common/mod.rs"]
mod common;
#[path = "../../../lanes/constant_time/timing.rs"]
mod timing;

use std::hint::black_box;

use base64ct::{Base64Unpadded, Encoding as _};
use common::{SeededRng, user};
use sealpost::*;
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::rand_core::TryRng as _;
use timing::Report;

/// What is to be found: a comparison that ends at the first difference.
fn ends_early(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).all(|(one, other)| black_box(one) == black_box(other))
}

/// Of each class; public parts are as different in one as in the other.
const POOL: usize = 500;
/// What is too short for the clock is done so often.
const TIMES: usize = 64;

fn random(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    let Ok(()) = SeededRng::new(seed).try_fill_bytes(&mut bytes);
    bytes
}

fn identity(suite: Suite, seed: u64) -> Identity {
    Identity::generate_with_rng(suite, &mut SeededRng::new(seed)).unwrap()
}

fn registered(identity: Identity) -> Account {
    identity.registered(user(1), PublicKeyVersion::new(1))
}

/// Private keys with a request that holds a copy for them: of one identity, and of as many as there
/// are requests.
fn pool(suite: Suite, is_fixed: bool) -> Vec<([u8; 64], PreparedKeyChange)> {
    let bob = identity(suite, 0).registered(user(2), PublicKeyVersion::new(1));
    let conversation = Conversation::direct(user(1), user(2));
    let seeds = 1..=u64::try_from(POOL).unwrap();
    let made = seeds.map(|seed| {
        let identity = identity(suite, if is_fixed { 1 } else { seed });
        let keys = *identity.dangerous_private_keys().expose_secret();
        let account = registered(identity);
        let draft = KeyChange::new(&account, &conversation, KeyVersion::new(5));
        let sealed = draft.participants([bob.participant()]).seal().unwrap();
        (keys, sealed.sign().unwrap().prepare().0)
    });
    made.collect()
}

fn main() {
    assert_eq!(Backend::ALL, [Backend::Pure], "pure Rust is not alone");
    let report = Report::from_args();
    let conversation = Conversation::direct(user(1), user(2));
    for suite in [Suite::X25519, Suite::XChat] {
        let pools = [false, true].map(|is_fixed| pool(suite, is_fixed));
        let made = |fixed: bool, seed: u64| {
            // Made anew, so that one class is not in the cache and the other not.
            let (keys, request) = &pools[usize::from(fixed)][usize::try_from(seed).unwrap() % POOL];
            let identity = Identity::dangerous_from_private_keys(suite, keys).unwrap();
            (registered(identity), request.clone())
        };
        report.measure(&format!("{suite}: open a copy"), made, |(account, request)| {
            black_box(request.recover_key(account).unwrap());
        });
        report.measure(&format!("{suite}: sign"), made, |(account, _)| {
            let action = Action::mark_read(SequenceId::new(7), UnixMillis::new(5));
            let mut rng = SeededRng::new(1);
            let signed = action.sign_with_rng(account, &conversation, &mut rng);
            assert!(black_box(signed).is_ok());
        });
    }
    let secret = |fixed: bool, seed: u64| [random(seed), random(1)][usize::from(fixed)];
    let text = |fixed, seed| Base64Unpadded::encode_string(&secret(fixed, seed));
    report.measure("base64 of a secret, decoded", text, |text| {
        let mut bytes = [0; 32];
        for _ in 0..TIMES {
            black_box(Base64Unpadded::decode(black_box(text), &mut bytes).unwrap());
        }
    });
    report.measure("base64 of a secret, encoded", secret, |secret| {
        let mut text = [0; 43];
        for _ in 0..TIMES {
            black_box(Base64Unpadded::encode(black_box(secret), &mut text).unwrap());
        }
    });
    let key = ConversationKey::dangerous_from_bytes(&random(1));
    // Equal, or different from the first byte on.
    let other = |fixed, seed| ConversationKey::dangerous_from_bytes(&secret(fixed, seed));
    report.measure("two keys compared", other, |other| {
        for _ in 0..TIMES {
            black_box(black_box(&key) == black_box(other));
        }
    });
    report.measure("a leak: it must stand out", other, |other| {
        for _ in 0..TIMES {
            black_box(ends_early(key.expose_secret(), other.expose_secret()));
        }
    });
}
