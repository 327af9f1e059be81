//! Signatures with HMAC-SHA1 (RFC 5849 section 3.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha1::Sha1;

use super::header::Parameter;

/// Section 3.6: all that is ASCII but letters, digits and `-._~`.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'!')
    .add(b'"')
    .add(b'#')
    .add(b'$')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b'+')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Section 3.4.1. `url` is the base string URI, `parameters` are all but the signature.
pub(super) fn base_string<'a>(
    method: &str,
    url: &str,
    parameters: impl IntoIterator<Item = &'a Parameter>,
) -> String {
    let mut pairs: Vec<_> =
        parameters.into_iter().map(|(name, value)| (escaped(name), escaped(value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), escaped(url), escaped(&pairs.join("&")))
}

/// Section 3.4.2: whether this is the signature, in base64, of a base string. Compared in constant
/// time.
pub(super) fn verifies(
    signature: &str,
    base: &str,
    consumer_secret: &str,
    token_secret: &str,
) -> bool {
    let key = format!("{}&{}", escaped(consumer_secret), escaped(token_secret));
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes());
    let signature = STANDARD.decode(signature).unwrap_or_default();
    mac.is_ok_and(|mac| mac.chain_update(base).verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example credentials of X's documentation, which X marks as not valid.
    const CONSUMER_SECRET: &str = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw";
    const TOKEN_SECRET: &str = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE";

    fn parameters(more: &[(&str, &str)]) -> Vec<Parameter> {
        let own = [
            ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
            ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1318622958"),
            ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            ("oauth_version", "1.0"),
        ];
        let all = own.iter().chain(more);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const STATUS: [(&str, &str); 2] = [
        ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
        ("include_entities", "true"),
    ];

    #[test]
    fn the_documented_request_has_the_documented_base_string_and_signature() {
        let url = "https://api.x.com/1.1/statuses/update.json";
        let base = base_string("post", url, &parameters(&STATUS));
        assert_eq!(
            base,
            "POST&https%3A%2F%2Fapi.x.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26\
             oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26\
             oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26\
             oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26\
             oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26\
             oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520\
             signed%2520OAuth%2520request%2521"
        );
        let signature = "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=";
        assert!(verifies(signature, &base, CONSUMER_SECRET, TOKEN_SECRET));
        for (signature, consumer, token) in [
            ("", CONSUMER_SECRET, TOKEN_SECRET),
            ("Ls93hJiZbQ3akF3HF3x1Bz8/zU4", CONSUMER_SECRET, TOKEN_SECRET),
            ("Ls93hJiZbQ3akF3HF3x1Bz8_zU4=", CONSUMER_SECRET, TOKEN_SECRET),
            ("hCtSmYh+iHYCEqBWrE7C7hYmtUk=", CONSUMER_SECRET, TOKEN_SECRET),
            (signature, "", TOKEN_SECRET),
            (signature, CONSUMER_SECRET, ""),
            (signature, TOKEN_SECRET, CONSUMER_SECRET),
        ] {
            assert!(!verifies(signature, &base, consumer, token), "{signature}");
        }
    }

    /// The same request on X's older hosts, and calls of the Chat API: a JSON body takes no part,
    /// and a comma of a list is signed as such.
    #[test]
    fn the_other_vectors_verify() {
        let lists = [
            ("ids", "1215441834412953600,1603419180975409153"),
            (
                "public_key.fields",
                "public_key_version,public_key,signing_public_key,identity_public_key_signature",
            ),
        ];
        let keys = "https://api.x.com/2/chat/conversations/1215441834412953600/keys";
        let mut checked = 0;
        for (method, url, more, signature) in [
            (
                "POST",
                "https://api.twitter.com/1.1/statuses/update.json",
                &STATUS[..],
                "hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
            ),
            (
                "POST",
                "https://api.twitter.com/1/statuses/update.json",
                &STATUS,
                "tnnArxj06cWHq44gCs1OSKk/jLY=",
            ),
            ("POST", keys, &[], "tEHbzSvjsiTZbkm4LBAiGpFBN6k="),
            (
                "GET",
                "https://api.x.com/2/users/public_keys",
                &lists,
                "S1rIqJes+vVdJliNF+DuYKWBXLQ=",
            ),
        ] {
            let base = base_string(method, url, &parameters(more));
            assert!(verifies(signature, &base, CONSUMER_SECRET, TOKEN_SECRET), "{base}");
            checked += 1;
        }
        assert_eq!(checked, 4);
    }

    /// Section 3.4.1.3.2: sorted by name, then by value, both encoded.
    #[test]
    fn the_parameters_of_the_rfc_are_normalised() {
        let given = [
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            base_string("POST", "http://example.com/request", &given),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D\
             %25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26\
             oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26\
             oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
        assert_eq!(escaped("\u{2603}"), "%E2%98%83");
        assert_eq!(escaped("azAZ09-._~"), "azAZ09-._~");
        let ascii: String = (0..128_u8).map(char::from).collect();
        assert_eq!(escaped(&ascii).matches('%').count(), 128 - 66);
    }
}
