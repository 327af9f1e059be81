//! OAuth 1.0a computed a second time, from the bytes on the wire and RFC 5849 alone.

use std::collections::BTreeMap;

use sealpost_crypto::encoding::encode_base64;
use sha1::{Digest as _, Sha1};

use super::Seen;

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut decoded = Vec::new();
    let mut rest = bytes.as_slice();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let hex = std::str::from_utf8(&tail[..2]).unwrap();
            decoded.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            decoded.push(*first);
        }
    }
    String::from_utf8(decoded).unwrap()
}

/// RFC 2104.
fn hmac_sha1(key: &str, message: &str) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key.as_bytes());
    }
    let inner = Sha1::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message);
    let outer = Sha1::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

/// The parameters of the header, once its signature has been computed again.
pub fn verified(
    seen: &Seen,
    origin: &str,
    consumer_secret: &str,
    token_secret: &str,
) -> BTreeMap<String, String> {
    let header = seen.header("authorization").strip_prefix("OAuth ").unwrap();
    let mut parameters: BTreeMap<String, String> = header
        .split(", ")
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            assert_eq!(encode(&decode(value)), value, "only unreserved characters are bare");
            (name.to_owned(), decode(value))
        })
        .collect();
    let signature = parameters.remove("oauth_signature").unwrap();

    let (method, target) = seen.target();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut signed: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        signed.push((encode(&decode(name)), encode(&decode(value))));
    }
    signed.sort();
    let signed: Vec<String> =
        signed.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let base =
        format!("{method}&{}&{}", encode(&format!("{origin}{path}")), encode(&signed.join("&")));
    let key = format!("{}&{}", encode(consumer_secret), encode(token_secret));
    assert_eq!(signature, encode_base64(&hmac_sha1(&key, &base)), "{base}");
    parameters
}
