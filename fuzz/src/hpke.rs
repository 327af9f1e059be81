//! HPKE against the `hpke` crate: both seal to the same bytes, in any context, and of whatever bytes
//! both open the same or neither does.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use sealpost_crypto::ConversationKey;
use sealpost_crypto::hazmat::{Backend, hpke_open, hpke_seal};

use crate::input::{Input, piece};
use crate::stage::Fixed;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (secret, ikm, key) = (input.array(), input.array(), input.array());
    let (info, aad, change) = (input.piece(), input.piece(), input.piece());
    let private_key = PrivateKey::from_bytes(&secret).unwrap();
    let public_key = X25519HkdfSha256::sk_to_pk(&private_key);
    let recipient: [u8; 32] = public_key.to_bytes().into();

    let theirs = seal(&public_key, info, aad, &key, &mut Fixed(ikm));
    let ephemeral: [u8; 32] = X25519HkdfSha256::derive_keypair(&ikm).0.to_bytes().into();
    let plaintext = ConversationKey::dangerous_from_bytes(&key);
    for backend in Backend::ALL {
        let ours = hpke_seal(*backend, &ephemeral, &recipient, info, aad, &plaintext);
        assert_eq!(ours, Some(theirs), "{backend:?}");
        check(*backend, &secret, info, aad, &theirs, Some(&key));
    }

    // Something else: an enc of any kind, a flipped bit, another context.
    let mut changed = theirs;
    for (byte, change) in changed.iter_mut().zip(change) {
        *byte ^= change;
    }
    let backend = Backend::fastest();
    let expected = (changed == theirs).then_some(&key);
    check(backend, &secret, info, aad, &changed, expected);
    check(backend, &secret, aad, info, &theirs, (info == aad).then_some(&key));
}

fn seal(
    recipient: &PublicKey,
    info: &[u8],
    aad: &[u8],
    key: &[u8; 32],
    rng: &mut Fixed,
) -> [u8; 80] {
    let mode = OpModeS::Base;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&mode, recipient, info, key, aad, rng)
    .unwrap();
    [&*enc.to_bytes(), &ciphertext].concat().try_into().unwrap()
}

fn check(
    backend: Backend,
    secret: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8; 80],
    expected: Option<&[u8; 32]>,
) {
    let ours = hpke_open(backend, secret, info, aad, sealed).ok();
    let private_key = PrivateKey::from_bytes(secret).unwrap();
    let enc = EncappedKey::from_bytes(&sealed[..32]).ok();
    let theirs = enc.and_then(|enc| {
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private_key,
            &enc,
            info,
            &sealed[32..],
            aad,
        )
        .ok()
    });
    let ours = ours.as_ref().map(|key| &key.expose_secret()[..]);
    assert_eq!(ours, theirs.as_deref(), "{backend:?}");
    assert_eq!(ours, expected.map(|key| &key[..]), "{backend:?}");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |info: &[u8], aad: &[u8], change: &[u8]| {
        let keys = [[1; 32], [2; 32], [3; 32]];
        [keys.as_flattened(), &piece(info), &piece(aad), &piece(change)].concat()
    };
    vec![
        seed(b"", b"", b""),
        seed(b"info", b"aad", b"\x80"),
        seed(b"same", b"same", &[[0; 79].as_slice(), &[1]].concat()),
        seed(&[7; 200], &[8; 100], &[0, 0, 0, 0, 1]),
        Vec::new(),
    ]
}
