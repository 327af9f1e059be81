//! What secret types must not be able to do, and what they must not show.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, missing_docs)] // tests

mod common;

use std::fmt::{Debug, Display};
use std::mem::needs_drop;
use std::ops::Deref;

use common::{Parts, account, send};
use sealpost_crypto::*;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

assert_impl_all!(ConversationKey: ConstantTimeEq, ZeroizeOnDrop, Debug, Send, Sync);
assert_not_impl_any!(ConversationKey: Clone, Copy, Display, Deref, AsRef<[u8]>, serde::Serialize);
assert_not_impl_any!(Identity: Clone, Copy, Display, Deref, PartialEq, serde::Serialize);
assert_not_impl_any!(Account: Clone, Copy, Display, Deref, PartialEq, serde::Serialize);
assert_impl_all!(PrivateKeys: ZeroizeOnDrop, Debug, Send, Sync);
assert_not_impl_any!(PrivateKeys: Clone, Copy, Display, Deref, PartialEq, AsRef<[u8]>, serde::Serialize);
assert_not_impl_any!(Keyring: Clone, Copy, Display, Deref, PartialEq, serde::Serialize);
assert_not_impl_any!(VerifiedKeyChange: Clone, Copy, Display, PartialEq, serde::Serialize);
assert_not_impl_any!(SealedKeyChange<'static>: Clone, Copy, Display, PartialEq, serde::Serialize);
assert_not_impl_any!(SignedKeyChange: Clone, Copy, Display, PartialEq, serde::Serialize);
assert_not_impl_any!(MediaEncryptor: Clone, Copy, Display, PartialEq, serde::Serialize);
assert_not_impl_any!(MediaDecryptor: Clone, Copy, Display, PartialEq, serde::Serialize);
assert_impl_all!(PreparedKeyChange: Clone);

/// Types that hold secrets in types of other crates have them wiped when they are dropped: these are
/// all that there are, and `wiping.rs` looks at the memory itself.
#[test]
fn types_that_hold_secrets_do_something_when_they_are_dropped() {
    let needs_drop = [
        needs_drop::<Identity>(),
        needs_drop::<Account>(),
        needs_drop::<Keyring>(),
        needs_drop::<SealedKeyChange<'static>>(),
        needs_drop::<SignedKeyChange<'static>>(),
        needs_drop::<VerifiedKeyChange>(),
        needs_drop::<MediaEncryptor>(),
        needs_drop::<MediaDecryptor>(),
        needs_drop::<PrivateKeys>(),
        needs_drop::<ConversationKey>(),
    ];
    assert_eq!(needs_drop, [true; 10]);
}

/// Every way some bytes could turn up in a text.
fn forms(secret: &[u8]) -> Vec<String> {
    let base64 = encoding::encode_base64_unpadded(secret);
    vec![
        secret.iter().map(|byte| format!("{byte:02x}")).collect(),
        secret.iter().map(|byte| format!("{byte:02X}")).collect(),
        base64.replace('+', "-").replace('/', "_"),
        base64,
        format!("{secret:?}"),
        secret.iter().map(u8::to_string).collect::<Vec<_>>().join(", "),
    ]
}

#[test]
fn nothing_printable_holds_the_key() {
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let sealed = KeyChange::new(&alice, &conversation, KeyVersion::new(5))
        .participants([bob.participant()])
        .seal()
        .unwrap();
    let mut shown = vec![format!("{sealed:#?}"), format!("{alice:#?}")];
    let signed = sealed.sign().unwrap();
    shown.push(format!("{signed:#?}"));
    let (prepared, key) = signed.prepare();
    let event = Parts::of(&prepared).event();
    let verified = event.open(&bob, &conversation, [alice.participant()]).unwrap();
    shown.extend([
        format!("{prepared:#?}"),
        format!("{key:#?}"),
        format!("{event:#?}"),
        format!("{verified:#?}"),
        String::from_utf8(prepared.body().to_vec()).unwrap(),
    ]);
    // The signed event, as bytes too: the request must not hold the key in any form.
    let detail = Parts::of(&prepared).encode();
    let detail = encoding::decode_base64(detail.as_str()).unwrap();
    let raw = key.expose_secret();
    assert!(!detail.windows(32).any(|window| window == raw));
    let forms = forms(raw);
    let mut ring = Keyring::new(conversation.id());
    ring.commit(&prepared, key).unwrap();
    shown.push(format!("{ring:#?}"));
    for (form, text) in forms.iter().flat_map(|form| shown.iter().map(move |text| (form, text))) {
        assert!(!text.contains(form.as_str()), "{text}");
    }
    assert_eq!(forms.len() * shown.len(), 54);
}

#[test]
fn debug_texts_of_secret_types_are_short_and_fixed() {
    let identity = Identity::generate(Suite::X25519).unwrap();
    assert_eq!(format!("{identity:?}"), "Identity(X25519, ..)");
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let sent = send(&alice, &[&bob], &conversation, 5);
    assert_eq!(format!("{:?}", sent.key), "ConversationKey(..)");
    assert_eq!(
        format!("{:?}", Keyring::new(conversation.id())),
        "Keyring(1:2, 0 keys, floor None)"
    );
}

#[test]
fn keys_compare_by_value() {
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let (one, other) =
        (send(&alice, &[&bob], &conversation, 5), send(&alice, &[&bob], &conversation, 5));
    let same = Parts::of(&one.prepared).event().open(&bob, &conversation, [alice.participant()]);
    assert!(bool::from(one.key.ct_eq(same.unwrap().key())));
    assert!(!bool::from(one.key.ct_eq(&other.key)));
    assert_ne!(one.key, other.key);
    assert_ne!(one.key.fingerprint(), other.key.fingerprint());
}
