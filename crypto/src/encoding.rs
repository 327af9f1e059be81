//! Base64 as X's clients write and read it (RFC 4648 section 4).
//!
//! Written with padding; read with full padding or none. URL-safe characters, white space,
//! partial or excess padding and non-zero unused bits are refused, so that one value has at most
//! two spellings.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG.with_encode_padding(false));

/// Text is not strict standard base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not standard base64 (RFC 4648 section 4, padded or unpadded, no white space)")]
pub struct EncodingError;

impl EncodingError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "encoding.base64"
    }
}

/// Writes bytes as padded standard base64.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    PADDED.encode(bytes)
}

/// Writes bytes as standard base64 without padding, the form of a signature.
#[must_use]
pub fn encode_base64_unpadded(bytes: &[u8]) -> String {
    UNPADDED.encode(bytes)
}

/// Appends bytes as padded standard base64. For ciphertexts and the like: the time it takes may
/// depend on the bytes.
pub(crate) fn append_base64(bytes: &[u8], text: &mut String) {
    engine().encode_string(bytes, text);
}

/// The same for short bytes, into a buffer; empty if it is too short.
pub(crate) fn write_base64<'b>(bytes: &[u8], buffer: &'b mut [u8]) -> &'b str {
    let length = PADDED.encode_slice(bytes, buffer).unwrap_or_default();
    buffer.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
}

/// The length of so many bytes in padded base64.
pub(crate) const fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// The fastest engine for long texts.
#[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> &'static impl base64::Engine {
    use base64::engine::Simd;
    use std::sync::LazyLock;

    // Looks once for what the processor can do.
    static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(CONFIG));
    &*ENGINE
}

/// The fastest engine for long texts.
#[cfg(not(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn engine() -> &'static impl base64::Engine {
    static ENGINE: GeneralPurpose = PADDED;
    &ENGINE
}

/// Reads standard base64 with full padding or none.
///
/// # Errors
/// [`EncodingError`] for everything else. The text is not part of the error.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, EncodingError> {
    refuse_partial_padding(text)?;
    PADDED.decode(text).map_err(|_| EncodingError)
}

/// Reads base64 of exactly `N` bytes into an array, without allocating.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], DecodeArrayError> {
    refuse_partial_padding(text).map_err(|_| DecodeArrayError::Encoding)?;
    let mut bytes = [0; N];
    match PADDED.decode_slice(text, &mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        Ok(length) => Err(DecodeArrayError::Length(length)),
        Err(base64::DecodeSliceError::OutputSliceTooSmall) => {
            // Only now is the true length worth an allocation; texts are capped before they get here.
            let length = decode_base64(text).map_err(|_| DecodeArrayError::Encoding)?.len();
            Err(DecodeArrayError::Length(length))
        }
        Err(base64::DecodeSliceError::DecodeError(_)) => Err(DecodeArrayError::Encoding),
    }
}

/// Why a fixed-size value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeArrayError {
    Encoding,
    Length(usize),
}

/// The engine takes any amount of padding up to the right one; we take the right one or none.
fn refuse_partial_padding(text: &str) -> Result<(), EncodingError> {
    if text.ends_with('=') && !text.len().is_multiple_of(4) { Err(EncodingError) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_canonical_spellings_are_read() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("AA==", &[0]),
            ("AA", &[0]),
            ("AAA=", &[0, 0]),
            ("AAA", &[0, 0]),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
        ] {
            assert_eq!(decode_base64(text).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "AA=", "AA===", "A", "A===", "AAAA=", "=", "====", "AB==", "AAB=", "-_-_", "AA\n",
            " AA", "AA==AA==", "AA=A", "ÀÀ", "AAAAA",
        ] {
            assert_eq!(decode_base64(text), Err(EncodingError), "{text}");
            assert!(decode_array::<1>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn appended_is_what_is_encoded() {
        let bytes: Vec<u8> = (0..1_000_u32).flat_map(u32::to_le_bytes).collect();
        for length in [0, 1, 2, 3, 80, 113, 127, 128, 129, 767, 768, 769, 3_000, 4_000] {
            let expected = encode_base64(&bytes[..length]);
            assert_eq!(expected.len(), base64_length(length));
            let mut text = String::from("before");
            append_base64(&bytes[..length], &mut text);
            assert_eq!(text.strip_prefix("before"), Some(&*expected), "{length}");
            let mut buffer = [0; 6_000];
            assert_eq!(write_base64(&bytes[..length], &mut buffer), expected, "{length}");
        }
        assert_eq!(write_base64(&bytes[..80], &mut [0; 107]), "");
    }

    #[test]
    fn an_array_wants_its_exact_length() {
        assert_eq!(decode_array::<2>("AAE"), Ok([0, 1]));
        assert_eq!(decode_array::<2>("AA"), Err(DecodeArrayError::Length(1)));
        assert_eq!(decode_array::<2>("AAAA"), Err(DecodeArrayError::Length(3)));
        assert_eq!(decode_array::<2>("AAAAAAAA"), Err(DecodeArrayError::Length(6)));
        assert_eq!(decode_array::<2>("AAF"), Err(DecodeArrayError::Encoding));
    }
}
