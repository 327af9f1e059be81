//! OAuth 1.0a signatures, HMAC-SHA1 (RFC 5849 section 3.4).

use std::borrow::Cow;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sealpost_crypto::encoding::encode_base64;
use secrecy::{ExposeSecret as _, SecretString};
use sha1::{Digest as _, Sha1};
use url::Url;
use zeroize::Zeroizing;

use super::OAuth1Credentials;
use super::percent::{concatenated, encode};

/// What a signature is over, apart from the parameters.
#[derive(Clone, Copy)]
pub(super) struct Occasion<'a> {
    pub(super) method: &'a str,
    /// Its query and fragment take no part; the query's parameters come as `parameters`.
    pub(super) url: &'a Url,
    pub(super) nonce: &'a str,
    /// Seconds since the Unix epoch.
    pub(super) timestamp: u64,
}

/// Who signs, and in which step of a sign-in.
#[derive(Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) consumer_key: &'a SecretString,
    pub(super) consumer_secret: &'a SecretString,
    /// A token and the secret that belongs to it. There is none in the first step of a sign-in.
    pub(super) token: Option<(&'a SecretString, &'a SecretString)>,
    /// The further parameter of a step: `oauth_callback` or `oauth_verifier`.
    pub(super) step: Option<(&'static str, &'a str)>,
}

impl<'a> Signer<'a> {
    /// What must not come back in an error.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &'a str> {
        let (token, token_secret) = self.token.unzip();
        let kept = [Some(self.consumer_key), Some(self.consumer_secret), token, token_secret];
        let kept = kept.into_iter().flatten().map(|secret| secret.expose_secret());
        kept.chain(self.step.map(|(_, value)| value))
    }
}

impl<'a> From<&'a OAuth1Credentials> for Signer<'a> {
    fn from(credentials: &'a OAuth1Credentials) -> Self {
        let OAuth1Credentials { consumer_key, consumer_secret, token, token_secret } = credentials;
        Self { consumer_key, consumer_secret, token: Some((token, token_secret)), step: None }
    }
}

/// The `Authorization` header. `parameters` are those of the query and of a form body, decoded;
/// a JSON body takes no part.
pub(super) fn authorization<'a>(
    signer: Signer<'_>,
    occasion: Occasion<'_>,
    parameters: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Zeroizing<String> {
    let timestamp = occasion.timestamp.to_string();
    let own = [
        Some(("oauth_consumer_key", signer.consumer_key.expose_secret())),
        Some(("oauth_nonce", occasion.nonce)),
        Some(("oauth_signature_method", "HMAC-SHA1")),
        Some(("oauth_timestamp", &timestamp)),
        signer.token.map(|(token, _)| ("oauth_token", token.expose_secret())),
        Some(("oauth_version", "1.0")),
        signer.step,
    ];
    let own: Vec<_> =
        own.into_iter().flatten().map(|(name, value)| (name, encode(value))).collect();
    let all = own.iter().map(|(name, value)| (encode(name), value.clone()));
    let all = all.chain(parameters.map(|(name, value)| (encode(&name), encode(&value))));
    let signature = encode(&signature(signer, &signature_base(occasion, all.collect())));

    let mut pieces = vec!["OAuth "];
    for (name, value) in &own {
        pieces.extend([*name, "=\"", value, "\", "]);
    }
    pieces.extend(["oauth_signature=\"", &*signature, "\""]);
    concatenated(&pieces)
}

/// The name and the value of a parameter, encoded.
type Parameter = (Zeroizing<String>, Zeroizing<String>);

/// RFC 5849 section 3.4.1.
fn signature_base(occasion: Occasion<'_>, mut parameters: Vec<Parameter>) -> Zeroizing<String> {
    parameters.sort_by(|one, other| {
        (one.0.as_str(), one.1.as_str()).cmp(&(other.0.as_str(), other.1.as_str()))
    });
    let mut pieces = Vec::new();
    for (name, value) in &parameters {
        let separator = if pieces.is_empty() { "" } else { "&" };
        pieces.extend([separator, name, "=", value]);
    }
    let mut bare = occasion.url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    let (url, parameters) = (encode(bare.as_str()), encode(&concatenated(&pieces)));
    concatenated(&[occasion.method, "&", &url, "&", &parameters])
}

/// RFC 5849 section 3.4.2.
fn signature(signer: Signer<'_>, base: &str) -> String {
    let consumer_secret = encode(signer.consumer_secret.expose_secret());
    let token_secret = encode(signer.token.map_or("", |(_, secret)| secret.expose_secret()));
    let key = concatenated(&[&consumer_secret, "&", &token_secret]);
    encode_base64(&hmac_sha1(key.as_bytes(), base.as_bytes()))
}

/// RFC 2104. A key longer than a block is hashed first; the constructor that does so itself has an
/// error which cannot happen.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = Zeroizing::new([0; 64]);
    let hashed: Zeroizing<[u8; 20]>;
    let key = if key.len() > block.len() {
        hashed = Zeroizing::new(Sha1::digest(key).into());
        &hashed[..]
    } else {
        key
    };
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    Hmac::<Sha1>::new((&*block).into()).chain_update(message).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example credentials of X's documentation; X marks them as not valid.
    fn credentials() -> OAuth1Credentials {
        OAuth1Credentials {
            consumer_key: "xvz1evFS4wEEPTGEFPHBog".into(),
            consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw".into(),
            token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb".into(),
            token_secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE".into(),
        }
    }

    const NONCE: &str = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg";
    const TIMESTAMP: u64 = 1_318_622_958;

    fn header(method: &str, url: &str, parameters: &[(&str, &str)]) -> String {
        let url = Url::parse(url).unwrap();
        let occasion = Occasion { method, url: &url, nonce: NONCE, timestamp: TIMESTAMP };
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        authorization((&credentials()).into(), occasion, parameters).to_string()
    }

    fn signature_of(header: &str) -> String {
        let encoded = header.split("oauth_signature=\"").nth(1).unwrap().trim_end_matches('"');
        percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap().into_owned()
    }

    const STATUS: [(&str, &str); 2] = [
        ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
        ("include_entities", "true"),
    ];

    #[test]
    fn the_five_vectors_have_their_signatures() {
        /// Method, URL, parameters, signature.
        type Vector =
            (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);
        let vectors: [Vector; 5] = [
            // X's documentation, "creating a signature".
            (
                "POST",
                "https://api.x.com/1.1/statuses/update.json?include_entities=true",
                &STATUS,
                "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=",
            ),
            // The same page when the host was api.twitter.com, and before version 1.1.
            (
                "POST",
                "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
                &STATUS,
                "hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
            ),
            (
                "POST",
                "https://api.twitter.com/1/statuses/update.json?include_entities=true",
                &STATUS,
                "tnnArxj06cWHq44gCs1OSKk/jLY=",
            ),
            // The same credentials on the calls of this crate: a JSON body, and a comma list.
            (
                "POST",
                "https://api.x.com/2/chat/conversations/1215441834412953600/keys",
                &[],
                "tEHbzSvjsiTZbkm4LBAiGpFBN6k=",
            ),
            (
                "GET",
                "https://api.x.com/2/users/public_keys",
                &[
                    ("ids", "1215441834412953600,1603419180975409153"),
                    (
                        "public_key.fields",
                        "public_key_version,public_key,signing_public_key,identity_public_key_signature",
                    ),
                ],
                "S1rIqJes+vVdJliNF+DuYKWBXLQ=",
            ),
        ];
        for (method, url, parameters, expected) in vectors {
            assert_eq!(signature_of(&header(method, url, parameters)), expected, "{method} {url}");
        }
    }

    #[test]
    fn the_base_string_is_the_documented_one() {
        let url = Url::parse("https://api.x.com/1.1/statuses/update.json?include_entities=true#x");
        let url = url.unwrap();
        let occasion = Occasion { method: "POST", url: &url, nonce: NONCE, timestamp: TIMESTAMP };
        let own = [
            ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
            ("oauth_nonce", NONCE),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1318622958"),
            ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            ("oauth_version", "1.0"),
        ];
        let all = own.iter().chain(&STATUS).map(|(name, value)| (encode(name), encode(value)));
        assert_eq!(
            signature_base(occasion, all.collect()).as_str(),
            "POST&https%3A%2F%2Fapi.x.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26\
             oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26\
             oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26\
             oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26\
             oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26\
             oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520\
             signed%2520OAuth%2520request%2521"
        );
    }

    #[test]
    fn the_header_has_the_documented_form() {
        assert_eq!(
            header("POST", "https://api.x.com/1.1/statuses/update.json", &STATUS),
            "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", \
             oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", \
             oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", \
             oauth_version=\"1.0\", oauth_signature=\"Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D\""
        );
    }

    #[test]
    fn every_part_of_the_occasion_changes_the_signature() {
        let url = "https://api.x.com/2/users/public_keys";
        let plain = signature_of(&header("GET", url, &[]));
        assert_ne!(plain, signature_of(&header("POST", url, &[])));
        assert_ne!(
            plain,
            signature_of(&header("GET", "https://api.x.com/2/users/1/public_keys", &[]))
        );
        assert_ne!(plain, signature_of(&header("GET", url, &[("ids", "1")])));
        let url = Url::parse(url).unwrap();
        for (nonce, timestamp) in [("other", TIMESTAMP), (NONCE, TIMESTAMP + 1)] {
            let occasion = Occasion { method: "GET", url: &url, nonce, timestamp };
            let header = authorization((&credentials()).into(), occasion, std::iter::empty());
            assert_ne!(plain, signature_of(&header));
        }
    }

    #[test]
    fn parameters_are_sorted_after_encoding() {
        // "é" encodes to "%C3%A9", which sorts before "z"; equal names sort by value.
        let one =
            header("GET", "https://api.x.com/", &[("z", "1"), ("é", "1"), ("a", "2"), ("a", "1")]);
        let two =
            header("GET", "https://api.x.com/", &[("a", "1"), ("a", "2"), ("é", "1"), ("z", "1")]);
        assert_eq!(one, two);
    }

    /// RFC 2202 section 3: short keys, keys longer than a block.
    #[test]
    fn hmac_sha1_follows_rfc_2202() {
        let hex = |bytes: [u8; 20]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        for (key, message, expected) in [
            (&[0x0b; 20][..], &b"Hi There"[..], "b617318655057264e28bc0b6fb378c8ef146be00"),
            (b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (&[0xaa; 20], &[0xdd; 50], "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
            (
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112",
            ),
        ] {
            assert_eq!(hex(hmac_sha1(key, message)), expected);
        }
    }
}
