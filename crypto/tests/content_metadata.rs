//! Encrypted metadata fields over both suites.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use room::{Room, SUITES};
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;

#[test]
fn content_metadata_is_read_as_it_was_written() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let (version, title) =
            EncryptedField::encrypt(MetadataField::Title, "Team ☃", &room.alice_ring).unwrap();
        let text = title.to_string();
        let title: EncryptedField = text.parse().unwrap();
        let json = serde_json::to_string(&title).unwrap();
        assert_eq!(serde_json::from_str::<EncryptedField>(&json).unwrap(), title);
        room.rotate();
        let read = title.decrypt(MetadataField::Title, version, &room.bob_ring).unwrap();
        assert_eq!(read.claim(), "Team ☃");

        // Another version has another key.
        let (newer, _) = room.bob_ring.current().unwrap();
        assert!(room.bob_ring.versions().eq([newer, version]));
        let refused = Some(FieldError::Decrypt(DecryptError));
        assert_eq!(title.decrypt(MetadataField::Title, newer, &room.bob_ring).err(), refused);
        let version_5 = KeyVersion::new(5);
        assert_eq!(
            title.decrypt(MetadataField::Title, version_5, &room.bob_ring).err(),
            Some(FieldError::NoKey { version: version_5 })
        );
        // Our suite binds the field; X's does not.
        let swapped = title.decrypt(MetadataField::AvatarUrl, version, &room.bob_ring);
        assert_eq!(swapped.is_err(), suite == Suite::X25519, "{suite}");
        let bytes = decode_base64(&text).unwrap();
        let mut refused = 0;
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed: EncryptedField = encode_base64(&changed).parse().unwrap();
            let read = changed.decrypt(MetadataField::Title, version, &room.bob_ring);
            refused += usize::from(read.is_err());
        }
        assert_eq!(refused, bytes.len() * 8);
        for length in 0..bytes.len() {
            let short: EncryptedField = encode_base64(&bytes[..length]).parse().unwrap();
            assert!(short.decrypt(MetadataField::Title, version, &room.bob_ring).is_err());
        }
    }
}
