//! The suite's bytes, built a second time from other parts: the `hpke` crate opens what we seal,
//! and we open and verify a change made without any code of ours. The frozen vectors were checked
//! by a third implementation.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use common::{Parts, SeededRng, account, send, user};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use sealpost_crypto::rand_core::TryRng;
use sealpost_crypto::*;
use serde_json::Value;
use sha2::Sha256;

/// `field(x)` of the wire format: a 16-bit big-endian length, then the bytes.
fn fields(list: &[&[u8]]) -> Vec<u8> {
    list.iter()
        .flat_map(|field| {
            let length = u16::try_from(field.len()).unwrap().to_be_bytes();
            [&length[..], field].concat()
        })
        .collect()
}

fn hkdf(key: &[u8], info: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    Hkdf::<Sha256>::new(None, key).expand(info, &mut output).unwrap();
    output
}

/// A user's secrets, read off the generator in the order an identity takes them.
struct Secrets {
    x25519: <Kem as hpke::Kem>::PrivateKey,
    ed25519: SigningKey,
}

fn user_with_secrets(number: u64) -> (Account, Secrets) {
    let mut bytes = [[0; 32]; 2];
    let mut rng = SeededRng::new(number);
    for secret in &mut bytes {
        rng.try_fill_bytes(secret).unwrap();
    }
    let secrets = Secrets {
        x25519: <Kem as hpke::Kem>::PrivateKey::from_bytes(&bytes[0]).unwrap(),
        ed25519: SigningKey::from_bytes(&bytes[1]),
    };
    (account(number), secrets)
}

fn seal_info(message_id: &str, sender: &str, conversation: &str, version: &str) -> Vec<u8> {
    fields(&[
        b"sealpost/1 conversation-key",
        message_id.as_bytes(),
        sender.as_bytes(),
        conversation.as_bytes(),
        version.as_bytes(),
    ])
}

#[test]
fn the_hpke_crate_opens_what_we_seal() {
    let (alice, alice_secrets) = user_with_secrets(11);
    let (bob, bob_secrets) = user_with_secrets(2);
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let sent = send(&alice, &[&bob], &conversation, 1_795_333_344_318);
    let parts = Parts::of(&sent.prepared);
    let info = seal_info(&sent.prepared.message_id().to_string(), "11", "2:11", "1795333344318");
    let mut opened = 0;
    for ([user_id, sealed, key_version], secrets) in
        parts.entries.iter().zip([&bob_secrets, &alice_secrets])
    {
        let sealed = encoding::decode_base64(sealed.as_deref().unwrap()).unwrap();
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&sealed[..32]).unwrap();
        let aad = fields(&[
            user_id.as_deref().unwrap().as_bytes(),
            key_version.as_deref().unwrap().as_bytes(),
        ]);
        let key = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secrets.x25519,
            &enc,
            &info,
            &sealed[32..],
            &aad,
        )
        .unwrap();
        assert_eq!(key, sent.key.expose_secret());
        opened += 1;
    }
    assert_eq!(opened, 2);
}

#[test]
fn we_open_and_verify_what_was_made_without_us() {
    let (alice, alice_secrets) = user_with_secrets(11);
    let (bob, _) = user_with_secrets(2);
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let (message_id, version) = ("8e7a9cd8-824b-4548-b926-0b6b0fd119ab", "1795333344318");
    let key = [0x42; 32];

    let info = seal_info(message_id, "11", "2:11", version);
    let entries = [&bob, &alice].map(|recipient| {
        let key_version = recipient.public_key_version().to_string();
        let user_id = recipient.user_id().to_string();
        let spki = recipient.participant().identity_key().to_base64();
        let public = encoding::decode_base64(&spki).unwrap();
        let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&public[12..]).unwrap();
        let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &public,
            &info,
            &key,
            &fields(&[user_id.as_bytes(), key_version.as_bytes()]),
        )
        .unwrap();
        let sealed = [&enc.to_bytes()[..], &ciphertext].concat();
        [Some(user_id), Some(encoding::encode_base64(&sealed)), Some(key_version)]
    });

    let commitment =
        hkdf(&key, &fields(&[b"sealpost/1 key-commitment", b"2:11", version.as_bytes()]));
    let transcript = fields(&[
        b"sealpost/1 key-change",
        message_id.as_bytes(),
        b"11",
        alice.public_key_version().to_string().as_bytes(),
        b"2:11",
        version.as_bytes(),
        &commitment,
    ]);
    let signature = alice_secrets.ed25519.sign(&transcript).to_bytes();
    let parts = Parts {
        sequence_id: None,
        message_id: Some(message_id.to_owned()),
        sender_id: Some("11".to_owned()),
        conversation_id: Some("2:11".to_owned()),
        version: Some(version.to_owned()),
        entries: entries.to_vec(),
        signature: Some([
            Some(encoding::encode_base64_unpadded(&signature)),
            Some(alice.public_key_version().to_string()),
            Some("1001".to_owned()),
        ]),
    };
    let received = parts.event().open(&bob, &conversation, [alice.participant()]).unwrap();
    assert_eq!(received.key().expose_secret(), &key);

    let fingerprint = hkdf(&key, &fields(&[b"sealpost/1 key-fingerprint"]));
    assert_eq!(received.key().fingerprint().as_bytes(), &fingerprint[..16]);
}

#[test]
fn the_binding_is_the_signature_of_the_wire_format() {
    let (alice, secrets) = user_with_secrets(11);
    let keys = [
        alice.participant().identity_key().to_base64(),
        alice.participant().signing_key().to_base64(),
    ];
    let spki = keys.each_ref().map(|key| encoding::decode_base64(key).unwrap());
    let transcript = fields(&[b"sealpost/1 key-binding", b"11", &spki[0], &spki[1]]);
    let signature = encoding::encode_base64(&secrets.ed25519.sign(&transcript).to_bytes());
    let record = PublicKeyRecord::from(PublicKeyRow {
        user_id: None,
        public_key: Some(&keys[0]),
        signing_public_key: Some(&keys[1]),
        identity_public_key_signature: Some(&signature),
        signing_public_key_signature: None,
        public_key_version: Some("5"),
    });
    assert!(record.verify(&user(11)).is_ok());
    assert!(record.verify(&user(12)).is_err());
    let (_, public) = Kem::gen_keypair();
    assert_ne!(public.to_bytes().as_slice(), &spki[0][12..]);
}

/// One whole change with a seeded generator. A difference here is a change of the wire format.
#[test]
fn the_frozen_vector_is_reproduced_byte_for_byte() {
    let vector: Value = serde_json::from_str(sealpost_vectors::SEALPOST_X25519).unwrap();
    let mut rng = SeededRng::new(2026);
    let [alice, bob] = [10_000_019, 9_000_000_000_000_000_011].map(|number| {
        let identity = Identity::generate_with_rng(Suite::X25519, &mut rng).unwrap();
        let request = identity.registration(user(number), UnixMillis::new(1_733_889_755_256));
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body, vector["registrations"][number.to_string()]);
        identity.registered(user(number), PublicKeyVersion::new(1_733_889_755_256))
    });
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let (prepared, key) = KeyChange::new(&alice, &conversation, KeyVersion::new(1_795_333_344_318))
        .participants([bob.participant()])
        .seal_with_rng(&mut rng)
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    let body: Value = serde_json::from_slice(prepared.body()).unwrap();
    assert_eq!(body, vector["request_body"]);
    assert_eq!(vector["conversation_id"], prepared.conversation_id().to_string());
    assert_eq!(vector["conversation_key"], encoding::encode_base64(key.expose_secret()));
    assert_eq!(vector["key_fingerprint"], key.fingerprint().to_string());
    let safety_number = SafetyNumber::of(alice.participant(), bob.participant());
    assert_eq!(vector["safety_number"], safety_number.to_string());
    let safety_code = SafetyCode::of(alice.participant(), bob.participant());
    assert_eq!(vector["safety_code"], safety_code.to_string());
    let group = ConversationId::group(1_900_000_000_000_000_001).unwrap();
    let members = [alice.user_id(), bob.user_id()];
    let group = Conversation::group(group, members).unwrap();
    let draft = || {
        KeyChange::new(&alice, &group, KeyVersion::new(1_795_333_344_319))
            .participants([bob.participant()])
    };
    let details = GroupCreate::new([alice.user_id()]).title("Team, hello ☃".parse().unwrap());
    let creation = draft().creating_group(details.clone()).unwrap();
    let creation = creation.seal_with_rng(&mut rng).unwrap().sign().unwrap().prepare().0;
    let creation: Value = serde_json::from_slice(creation.body()).unwrap();
    assert_eq!(creation, vector["group_create_body"]);
    let details = MemberAdd::new([bob.user_id()], details).screen_capture_blocking(true);
    let addition = draft().adding_members(details).unwrap();
    let addition = addition.seal_with_rng(&mut rng).unwrap().sign().unwrap().prepare().0;
    let addition: Value = serde_json::from_slice(addition.body()).unwrap();
    assert_eq!(addition, vector["member_add_body"]);

    let event = Parts::of(&prepared).encode();
    assert_eq!(vector["event"], event.as_str());
    let ChatEvent::KeyChange(event) = event.parse().unwrap() else {
        unreachable!("a key change was encoded")
    };
    for reader in [&alice, &bob] {
        let opened = event.open(reader, &conversation, [alice.participant()]).unwrap();
        assert_eq!(opened.key(), &key);
    }
}
