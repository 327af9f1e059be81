//! X's seal against a second implementation: of whatever bytes both open the same or neither does.

use sealpost_crypto::ConversationKey;
use sealpost_crypto::hazmat::{Backend, ecies_open, ecies_seal};

use crate::input::{Input, piece};
use crate::textbook;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (secret, ephemeral, key) = (input.array(), input.array(), input.array());
    let recipient = public_key(&secret);
    let plaintext = ConversationKey::dangerous_from_bytes(&key);
    let sealed = recipient.map(|recipient| {
        let seal = |backend: &Backend| ecies_seal(*backend, &ephemeral, &recipient, &plaintext);
        let mut sealed = Backend::ALL.iter().map(seal);
        let first = sealed.next().unwrap();
        sealed.for_each(|other| assert_eq!(other, first));
        assert_eq!(first.is_some(), public_key(&ephemeral).is_some());
        first
    });
    let Some(Some(sealed)) = sealed else { return };
    check(&secret, &sealed, Some(&key));

    let mut changed = sealed;
    let at = usize::from(input.byte());
    for (byte, change) in changed.iter_mut().skip(at).zip(input.piece()) {
        *byte ^= change;
    }
    check(&secret, &changed, (changed == sealed).then_some(&key));
}

fn check(secret: &[u8; 32], sealed: &[u8; 113], expected: Option<&[u8; 32]>) {
    let theirs = textbook::open(secret, sealed);
    assert_eq!(theirs.as_ref(), expected);
    for backend in Backend::ALL {
        let ours = ecies_open(*backend, secret, sealed).ok();
        assert_eq!(ours.as_ref().map(ConversationKey::expose_secret), expected, "{backend:?}");
    }
}

/// `None` for what is no secret of P-256: zero, and the group's order and more.
fn public_key(secret: &[u8; 32]) -> Option<[u8; 65]> {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    let private_key = PrivateKey::from_private_key(&ECDH_P256, secret).ok()?;
    private_key.compute_public_key().ok()?.as_ref().try_into().ok()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |ephemeral: u8, at: u8, change: &[u8]| {
        let keys = [[1; 32], [ephemeral; 32], [3; 32]];
        [keys.as_flattened(), &[at], &piece(change)].concat()
    };
    vec![
        seed(2, 0, b""),
        seed(9, 112, b"\x80"),
        seed(9, 70, b"\x01\x00\xff"),
        seed(9, 0, b"\x06"),
        seed(9, 64, b"\x01"),
        seed(0xff, 0, b""),
        Vec::new(),
    ]
}
