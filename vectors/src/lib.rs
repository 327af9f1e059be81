//! Test vectors of others and of ours, and what reads them. Their origins: `README.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // for tests only
#![allow(clippy::missing_panics_doc)] // a test that reads wrongly is to fail

use std::collections::BTreeMap;

macro_rules! files {
    ($($(#[doc = $what:literal])+ $name:ident = $file:literal;)+) => {
        $($(#[doc = $what])+ pub const $name: &str = include_str!(concat!("../data/", $file));)+

        /// Every file by its name.
        pub const ALL: &[(&str, &str)] = &[$(($file, $name)),+];
    };
}

files! {
    /// `tcId result public private shared`: X25519.
    WYCHEPROOF_X25519 = "wycheproof-x25519.txt";
    /// `tcId result pk msg sig`: Ed25519.
    WYCHEPROOF_ED25519 = "wycheproof-ed25519.txt";
    /// `tcId result public private shared`: ECDH on P-256, keys in SPKI.
    WYCHEPROOF_P256_SPKI = "wycheproof-ecdh-secp256r1.txt";
    /// `tcId result public private shared`: ECDH on P-256, keys as points of SEC 1.
    WYCHEPROOF_P256_POINTS = "wycheproof-ecdh-secp256r1-ecpoint.txt";
    /// `tcId result publicKeyDer msg sig`: ECDSA on P-256 with SHA-256, signatures `r || s`.
    WYCHEPROOF_ECDSA = "wycheproof-ecdsa-secp256r1-sha256-p1363.txt";
    /// `tcId result key iv aad msg ct tag`: AES-128-GCM with nonces of 16 bytes.
    WYCHEPROOF_AES_GCM = "wycheproof-aes-128-gcm-iv128.txt";
    /// `tcId result key iv aad msg ct tag`: ChaCha20-Poly1305.
    WYCHEPROOF_CHACHA20_POLY1305 = "wycheproof-chacha20-poly1305.txt";
    /// `tcId result key iv aad msg ct tag`: XChaCha20-Poly1305.
    WYCHEPROOF_XCHACHA20_POLY1305 = "wycheproof-xchacha20-poly1305.txt";
    /// `tcId result ikm salt info size okm`: HKDF with SHA-256.
    WYCHEPROOF_HKDF = "wycheproof-hkdf-sha256.txt";
    /// `tcId result key msg tag`: HMAC with SHA-256; tags of 16 bytes are the first half.
    WYCHEPROOF_HMAC = "wycheproof-hmac-sha256.txt";
    /// `INPUT_SCALAR INPUT_U OUTPUT_U`: RFC 7748 section 5.2.
    RFC7748 = "rfc7748-x25519.txt";
    /// `secret public message signature`: Ed25519, messages of 0 to 1,023 bytes.
    ED25519_SIGN_INPUT = "ed25519-sign-input.txt";
    /// `KEY NONCE INITIAL_BLOCK_COUNTER PLAINTEXT CIPHERTEXT`: RFC 8439 appendix A.2.
    RFC8439_CHACHA20 = "rfc8439-chacha20.txt";
    /// `KEY MSG TAG`: RFC 8439 appendix A.3.
    RFC8439_POLY1305 = "rfc8439-poly1305.txt";
    /// `Result Key IV AAD Plaintext Ciphertext Tag`: RFC 8439 appendix A.5 and more.
    OPENSSL_CHACHA20_POLY1305 = "openssl-chacha20-poly1305.txt";
    /// `KEY NONCE AD IN CT TAG`: RFC 8439 section 2.8.2 and more.
    BORINGSSL_CHACHA20_POLY1305 = "boringssl-chacha20-poly1305.txt";
    /// `IKM salt info L PRK OKM`: RFC 5869 appendix A.
    RFC5869 = "rfc5869-hkdf-sha256.txt";
    /// `Key Msg MD`: RFC 4231 section 4; the fifth tag is cut to 16 bytes.
    RFC4231 = "rfc4231-hmac-sha256.txt";
    /// `Qx Qy Result`: public keys on P-256 and beside it.
    NIST_P256_PKV = "nist-p256-pkv.txt";
    /// `Msg Qx Qy R S Result`: ECDSA on P-256 with SHA-256.
    NIST_P256_SIGVER = "nist-p256-sha256-sigver.txt";
    /// `QsCAVSx QsCAVSy dsIUT CAVSHashZZ Result`: key agreement on P-256.
    NIST_P256_KAS = "nist-p256-kas.txt";
    /// `COUNT Z SharedInfo key_data`: the KDF of ANSI X9.63.
    ANSX963 = "ansx963-2001-sha256.txt";
    /// RFC 9180, the base-mode set of the X25519 suite.
    RFC9180 = "rfc9180-x25519-sha256-chacha20poly1305-base.json";
    /// A key change of X's suite, by X's SDK.
    XCHAT_KEY_CHANGE = "xchat-key-change.json";
    /// X's suite, case by case, by X's SDK.
    XCHAT = "xchat-vectors.json";
    /// A key change of the X25519 suite.
    SEALPOST_X25519 = "sealpost-x25519.json";
    /// Messages, metadata, media and actions of the X25519 suite.
    SEALPOST_X25519_CONTENT = "sealpost-x25519-content.json";
}

/// The rows of a `.txt` file, whose columns must be these.
pub fn rows<'a, const N: usize>(
    file: &'a str,
    columns: &str,
) -> impl Iterator<Item = [&'a str; N]> {
    let mut lines = file.lines();
    assert_eq!(lines.next().unwrap().strip_prefix("# ").unwrap(), columns);
    lines.map(|line| line.split(' ').collect::<Vec<_>>().try_into().unwrap())
}

/// Bytes of a row; `-` stands for none.
#[must_use]
pub fn hex(text: &str) -> Vec<u8> {
    let text = if text == "-" { "" } else { text };
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Bytes of a row that are this many.
#[must_use]
pub fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

/// How often each outcome came with each result that the vectors ask for.
pub type Tally = BTreeMap<(&'static str, &'static str), usize>;

/// The result a row asks for, as a key for the tally.
#[must_use]
pub fn expected(result: &str) -> &'static str {
    ["valid", "acceptable", "invalid"].into_iter().find(|known| *known == result).unwrap()
}
