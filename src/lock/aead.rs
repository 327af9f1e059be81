//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce in front.

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

use crate::RandomError;

const TAG: usize = 16;
const NONCE: usize = 24;

/// Bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, RandomError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|_| RandomError)?;
    // The answer of a generator that is not running. In one pass over all bytes: where the first
    // non-zero one stands is a secret.
    if bytes.iter().fold(0, |all, byte| all | byte) == 0 { Err(RandomError) } else { Ok(bytes) }
}

/// Parts, each with its length before it, so that no two lists of parts give the same bytes.
pub(crate) fn fields<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// `prefix || nonce || ciphertext || tag`.
pub(crate) fn seal(
    key: &[u8; 32],
    aad: &[u8],
    prefix: &[u8],
    content: &[u8],
) -> Result<Vec<u8>, RandomError> {
    let nonce = random::<NONCE>()?;
    // One allocation: a buffer that grows would leave the content behind.
    let mut sealed = Vec::with_capacity(prefix.len() + NONCE + content.len() + TAG);
    sealed.extend_from_slice(prefix);
    sealed.extend_from_slice(&*nonce);
    sealed.extend_from_slice(content);
    let (_, text) = sealed.split_at_mut(prefix.len() + NONCE);
    let tag = XChaCha20Poly1305::new(key.into()).encrypt_inout_detached(
        (&*nonce).into(),
        aad,
        text.into(),
    );
    match tag {
        Ok(tag) => {
            sealed.extend_from_slice(&tag);
            Ok(sealed)
        }
        // Only for more than 256 GiB.
        Err(_) => Err(RandomError),
    }
}

/// What was sealed, of `nonce || ciphertext || tag`; `None` if any of it, the key or `aad` is not
/// what it was.
pub(crate) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
    let (text, tag) = rest.split_last_chunk::<TAG>()?;
    let mut content = Zeroizing::new(text.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, (&mut content[..]).into(), tag.into())
        .ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn it_is_xchacha20_poly1305() {
        let mut key = [0; 32];
        (0x80..).zip(&mut key).for_each(|(number, byte)| *byte = number);
        let mut sealed = Vec::new();
        sealed.extend((0x40..0x58).collect::<Vec<u8>>());
        sealed.extend(hex(concat!(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb",
            "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
            "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9",
            "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780a",
            "cf49",
        )));
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip \
            for the future, sunscreen would be it.";
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        assert_eq!(&**open(&key, &aad, &sealed).unwrap(), text);
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn nothing_opens_but_what_was_sealed() {
        let sealed = seal(&KEY, b"aad", b"prefix", b"content").unwrap();
        let rest = sealed.strip_prefix(b"prefix").unwrap();
        assert_eq!(&**open(&KEY, b"aad", rest).unwrap(), b"content");
        assert!(open(&KEY, b"", rest).is_none());
        assert!(open(&[8; 32], b"aad", rest).is_none());
        let mut refused = 0;
        for at in 0..rest.len() {
            let mut damaged = rest.to_vec();
            damaged[at] ^= 1;
            assert!(open(&KEY, b"aad", &damaged).is_none(), "{at}");
            assert!(open(&KEY, b"aad", &rest[..at]).is_none(), "{at}");
            refused += 1;
        }
        assert_eq!(refused, NONCE + "content".len() + TAG);
        assert_ne!(sealed, seal(&KEY, b"aad", b"prefix", b"content").unwrap());
    }

    #[test]
    fn fields_cannot_be_shifted() {
        let lists: [&[&[u8]]; 6] =
            [&[], &[b""], &[b"", b""], &[b"ab"], &[b"a", b"b"], &[b"", b"ab"]];
        let all: std::collections::BTreeSet<Vec<u8>> =
            lists.iter().map(|parts| fields(parts.iter().copied())).collect();
        assert_eq!(all.len(), lists.len());
    }
}
