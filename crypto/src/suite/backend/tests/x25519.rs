//! X25519 and ChaCha20-Poly1305: RFC 7748, RFC 8439 and Project Wycheproof, over every backend.

use super::super::{X25519, aead};
use super::*;
use std::borrow::ToOwned as _;
use std::string::String;

use sealpost_vectors::{
    BORINGSSL_CHACHA20_POLY1305, OPENSSL_CHACHA20_POLY1305, Tally, WYCHEPROOF_CHACHA20_POLY1305,
    WYCHEPROOF_X25519, array, expected, hex, rows,
};

use crate::suite::x25519::tests::small_order_points;

const BASE: Secret = {
    let mut base = [0; 32];
    base[0] = 9;
    base
};

#[test]
fn wycheproof_points_agree_or_are_refused() {
    for &backend in Backend::ALL {
        let mut tally = Tally::new();
        for [id, result, public, private, shared] in
            rows(WYCHEPROOF_X25519, "tcId result public private shared")
        {
            let [public, private, shared] =
                [public, private, shared].map(|text| hex(text).try_into().unwrap());
            let found = agreed::<X25519>(backend, &private, &public);
            let expected_found = (shared != [0; 32]).then_some(shared);
            assert_eq!(found, expected_found, "{backend:?}, case {id}");
            let outcome = if found.is_some() { "agrees" } else { "refused" };
            *tally.entry((expected(result), outcome)).or_default() += 1;
        }
        let all = [
            (("valid", "agrees"), 264),
            (("acceptable", "agrees"), 223),
            (("acceptable", "refused"), 31),
        ];
        assert_eq!(tally, Tally::from(all), "{backend:?}");
    }
}

#[test]
fn products_are_those_of_rfc_7748() {
    for &backend in Backend::ALL {
        let mut products = 0;
        for [scalar, u, product] in rows(sealpost_vectors::RFC7748, "INPUT_SCALAR INPUT_U OUTPUT_U")
        {
            let found = agreed::<X25519>(backend, &array(scalar), &array(u));
            assert_eq!(found, Some(array(product)), "{backend:?}");
            products += 1;
        }
        assert_eq!(products, 3);
    }
}

/// RFC 7748 section 6.1.
#[test]
fn the_exchange_is_that_of_rfc_7748() {
    let [alice, bob] = [
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    ]
    .map(array);
    let [of_alice, of_bob] = [
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    ]
    .map(array);
    let shared = array("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    for &backend in Backend::ALL {
        let group = X25519::on(backend);
        assert_eq!(group.public_key(&alice), Some(of_alice), "{backend:?}");
        assert_eq!(group.public_key(&bob), Some(of_bob), "{backend:?}");
        assert_eq!(agreed::<X25519>(backend, &alice, &of_bob), Some(shared), "{backend:?}");
        assert_eq!(agreed::<X25519>(backend, &bob, &of_alice), Some(shared), "{backend:?}");
    }
}

/// RFC 7748 section 5.2: each product is the next scalar, each scalar the next point.
fn iterated(backend: Backend, times: usize) -> Secret {
    let (mut k, mut u) = (BASE, BASE);
    for _ in 0..times {
        (u, k) = (k, agreed::<X25519>(backend, &k, &u).unwrap());
    }
    k
}

#[test]
fn iterations_are_those_of_rfc_7748() {
    for &backend in Backend::ALL {
        let once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
        assert_eq!(X25519::on(backend).public_key(&BASE), Some(array(once)), "{backend:?}");
        assert_eq!(iterated(backend, 1), array(once), "{backend:?}");
        let often = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
        assert_eq!(iterated(backend, 1_000), array(often), "{backend:?}");
    }
}

#[test]
#[ignore = "takes minutes: --ignored, with --release"]
fn a_million_iterations_are_those_of_rfc_7748() {
    let last = "7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424";
    for &backend in Backend::ALL {
        assert_eq!(iterated(backend, 1_000_000), array(last), "{backend:?}");
    }
}

#[test]
fn backends_agree() {
    agrees_with_the_pure_one::<X25519>();
}

#[test]
fn small_order_points_are_refused_at_every_place() {
    refuses_at_every_place::<X25519, 9>(&small_order_points());
}

/// One text of a vector file.
struct Text {
    id: String,
    key: Secret,
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: [u8; 16],
}

impl Text {
    fn new([id, key, nonce, aad, plaintext, ciphertext, tag]: [&str; 7]) -> Self {
        Self {
            id: id.to_owned(),
            key: array(key),
            nonce: array(nonce),
            aad: hex(aad),
            plaintext: hex(plaintext),
            ciphertext: hex(ciphertext),
            tag: array(tag),
        }
    }

    /// Whether it opens, and if so, as what it was, and is sealed to the same again.
    fn check(&self, backend: Backend) -> &'static str {
        let Self { id, key, nonce, aad, .. } = self;
        let cipher = aead(backend);
        let mut text = self.ciphertext.clone();
        if cipher.open(key, nonce, aad, &mut text, &self.tag).is_none() {
            assert!(text.iter().all(|byte| *byte == 0), "unverified text is left");
            return "refused";
        }
        assert_eq!(text, self.plaintext, "{backend:?}, case {id}");
        assert_eq!(cipher.seal(key, nonce, aad, &mut text), Some(self.tag));
        assert_eq!(text, self.ciphertext, "{backend:?}, case {id}");
        "opens"
    }
}

#[test]
fn wycheproof_texts_open_or_are_refused() {
    for &backend in Backend::ALL {
        let mut tally = Tally::new();
        for [id, result, key, iv, aad, msg, ct, tag] in
            rows(WYCHEPROOF_CHACHA20_POLY1305, "tcId result key iv aad msg ct tag")
        {
            let outcome = Text::new([id, key, iv, aad, msg, ct, tag]).check(backend);
            *tally.entry((expected(result), outcome)).or_default() += 1;
        }
        let all = [(("valid", "opens"), 256), (("invalid", "refused"), 60)];
        assert_eq!(tally, Tally::from(all), "{backend:?}");
    }
}

/// RFC 8439 section 2.8.2 and appendix A.5 are among them.
#[test]
fn texts_of_other_libraries_open_or_are_refused() {
    for &backend in Backend::ALL {
        let mut tally = Tally::new();
        for [result, key, iv, aad, plaintext, ciphertext, tag] in
            rows(OPENSSL_CHACHA20_POLY1305, "Result Key IV AAD Plaintext Ciphertext Tag")
        {
            let text = Text::new(["OpenSSL's", key, iv, aad, plaintext, ciphertext, tag]);
            *tally.entry((expected(result), text.check(backend))).or_default() += 1;
        }
        for [key, nonce, aad, plaintext, ciphertext, tag] in
            rows(BORINGSSL_CHACHA20_POLY1305, "KEY NONCE AD IN CT TAG")
        {
            let text = Text::new(["BoringSSL's", key, nonce, aad, plaintext, ciphertext, tag]);
            *tally.entry(("valid", text.check(backend))).or_default() += 1;
        }
        let all = [(("valid", "opens"), 4 + 66), (("invalid", "refused"), 1)];
        assert_eq!(tally, Tally::from(all), "{backend:?}");
    }
}
