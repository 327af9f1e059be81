//! Percent-encoding of secrets, without leaving copies behind.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// All but RFC 3986's unreserved characters (RFC 5849 section 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The room is reserved up front: a buffer that grows leaves its old contents behind.
pub(super) fn encode(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(3 * text.len()));
    encoded.extend(utf8_percent_encode(text, RESERVED));
    encoded
}

/// All the pieces, one after the other.
pub(super) fn concatenated(pieces: &[&str]) -> Zeroizing<String> {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.extend(pieces.iter().copied());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_leaves_only_unreserved_characters() {
        for (text, expected) in [
            ("Ladies + Gentlemen", "Ladies%20%2B%20Gentlemen"),
            ("An encoded string!", "An%20encoded%20string%21"),
            ("Dogs, Cats & Mice", "Dogs%2C%20Cats%20%26%20Mice"),
            ("\u{2603}", "%E2%98%83"),
            ("azAZ09-._~", "azAZ09-._~"),
            ("*'()!", "%2A%27%28%29%21"),
            ("1%2C2", "1%252C2"),
            ("", ""),
        ] {
            assert_eq!(encode(text).as_str(), expected);
        }
    }
}
