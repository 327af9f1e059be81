//! The content of the X25519 suite, frozen: a difference here is a change of the wire format. The
//! vectors were checked by another implementation, `vectors/check_sealpost_content.py`.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use std::io::Read as _;
use std::time::Duration;

use common::{Parts, SeededRng, user};
use room::{deliver, deliver_action, message_event};
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use serde_json::{Value, json};

const VECTORS: &str = sealpost_vectors::SEALPOST_X25519_CONTENT;

/// The two users, their conversation and its key, all from one seed.
struct Scene {
    rng: SeededRng,
    alice: Account,
    bob: Account,
    group: Conversation,
    alice_ring: Keyring,
    bob_ring: Keyring,
    conversation_key: String,
}

impl Scene {
    fn new() -> Self {
        let mut rng = SeededRng::new(2027);
        let [alice, bob] = [10_000_019, 9_000_000_000_000_000_011].map(|number| {
            Identity::generate_with_rng(Suite::X25519, &mut rng)
                .unwrap()
                .registered(user(number), PublicKeyVersion::new(1_733_889_755_256))
        });
        let id = ConversationId::group(1_900_000_000_000_000_001).unwrap();
        let group = Conversation::group(id, [alice.user_id(), bob.user_id()]).unwrap();
        let (prepared, key) = KeyChange::new(&alice, &group, KeyVersion::new(1_795_333_344_318))
            .participants([bob.participant()])
            .seal_with_rng(&mut rng)
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let conversation_key = encode_base64(key.expose_secret());
        let (mut alice_ring, mut bob_ring) = (Keyring::new(id), Keyring::new(id));
        let opened = Parts::of(&prepared).event().open(&bob, &group, [alice.participant()]);
        bob_ring.adopt(opened.unwrap(), UnixMillis::new(1_795_333_344_318)).unwrap();
        alice_ring.commit(&prepared, key).unwrap();
        Self { rng, alice, bob, group, alice_ring, bob_ring, conversation_key }
    }

    /// A message, frozen; and what Bob reads.
    fn say(&mut self, number: u64, message: &Message) -> (Value, VerifiedMessage) {
        let signed = message
            .encrypt_with_rng(&self.alice, &self.group, &self.alice_ring, &mut self.rng)
            .unwrap();
        let event = deliver(&signed, number);
        let read = message_event(&event)
            .open(&self.bob, &self.group, &self.bob_ring, [self.alice.participant()])
            .unwrap();
        assert_eq!(read.content(), message.content());
        let frozen = json!({
            "message_id": signed.message_id().to_string(),
            "encoded_message_create_event": signed.encoded_message_create_event(),
            "encoded_message_event_signature": signed.encoded_message_event_signature(),
            "event": event.as_str(),
        });
        (frozen, read)
    }

    fn act(&mut self, action: Action) -> Value {
        let signed = action.clone().sign_with_rng(&self.alice, &self.group, &mut self.rng).unwrap();
        let event = deliver_action(&signed, 9);
        let ChatEvent::Action(read) = event.parse().unwrap() else { panic!("an action") };
        let read =
            read.verify(&self.group, [self.alice.participant()], ReadPolicy::strict()).unwrap();
        assert_eq!(read.action(), &action);
        assert_eq!(signed.signature_payload(), None);
        json!({
            "message_id": signed.message_id().to_string(),
            "encoded_message_event_detail": signed.encoded_message_event_detail(),
            "signature": signed.signature().to_base64_unpadded(),
        })
    }

    /// A file of so many bytes, counted up; its attachment and its ciphertext.
    fn encrypt_file(&mut self, length: u32) -> (Value, MediaAttachment) {
        let file: Vec<u8> = (0..length).map(|index| (index % 251).to_le_bytes()[0]).collect();
        let encryptor = MediaEncryptor::with_rng(&self.alice_ring, &mut self.rng).unwrap();
        let attachment =
            MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media())
                .with_file_size(length.into())
                .with_file_name("file.bin");
        let mut ciphertext = vec![];
        encryptor.reader(&file[..]).read_to_end(&mut ciphertext).unwrap();
        let mut decrypted = vec![];
        MediaDecryptor::new(&attachment, &self.bob_ring)
            .unwrap()
            .reader(&ciphertext[..])
            .read_to_end(&mut decrypted)
            .unwrap();
        assert_eq!(decrypted, file);
        let frozen = json!({
            "length": length,
            "attachment_id": attachment.id().unwrap().as_str(),
            "ciphertext": encode_base64(&ciphertext),
        });
        (frozen, attachment)
    }

    fn encrypt_field(&mut self, field: MetadataField, name: &str, text: &str) -> Value {
        let encrypted =
            EncryptedField::encrypt_with_rng(field, text, &self.alice_ring, &mut self.rng);
        let (version, encrypted) = encrypted.unwrap();
        let read = encrypted.decrypt(field, version, &self.bob_ring).unwrap();
        assert_eq!(read.claim(), text);
        json!({ "field": name, "text": text, "encrypted": encrypted.to_string() })
    }
}

fn private_keys(identity: &Identity) -> Value {
    let private = identity.dangerous_private_keys();
    let (x25519, ed25519) = private.expose_secret().split_at(32);
    json!({ "x25519": encode_base64(x25519), "ed25519": encode_base64(ed25519) })
}

/// The secret keys, which only a generator with the same seed gives again.
fn secret_keys() -> Value {
    let mut rng = SeededRng::new(2027);
    let [alice, bob] =
        [(); 2].map(|()| Identity::generate_with_rng(Suite::X25519, &mut rng).unwrap());
    json!({ "10000019": private_keys(&alice), "9000000000000000011": private_keys(&bob) })
}

fn frozen() -> Value {
    let mut scene = Scene::new();
    let url = Entity::new(EntityKind::Url, 4..21).unwrap();
    let text = Text::new("see https://e.invalid ☃").with_entity(url).unwrap();
    let (plain, original) = scene.say(1, &Message::new(text));
    let hour = Duration::from_secs(3600);
    let (silent, _) = scene.say(2, &Message::text("").expires_after(hour).silent());
    let (media, attachment) = scene.encrypt_file(3000);
    let reply = Text::new("answer").with_attachment(attachment).reply_to(&original);
    let (reply, _) = scene.say(3, &Message::new(reply));
    let reaction = Reaction::new(SequenceId::new(1), "👍".parse().unwrap());
    let (reaction, _) = scene.say(4, &Message::add_reaction(reaction));
    let (edit, _) = scene.say(5, &Message::edit(Edit::new(SequenceId::new(1), "edited")));
    let (empty, _) = scene.encrypt_file(0);
    let (full, _) = scene.encrypt_file(2048);
    let version = KeyVersion::new(1_795_333_344_318);
    let users = || vec![user(7), user(9_000_000_000_000_000_011)];
    let actions = [
        Action::delete_for_everybody([SequenceId::new(11), SequenceId::new(12)]).unwrap(),
        Action::mark_read(SequenceId::new(55), UnixMillis::new(66)),
        Action::MarkRead { seen_until: SequenceId::new(55), seen_at: None },
        Action::DeleteConversation { clear_all_messages: Some(true), sort_order: None },
        Action::ChangeTitle { title: Some("Team, ☃".parse().unwrap()), key_version: version },
        Action::ChangeAvatar { avatar_url: None, key_version: version },
        Action::RemoveMembers(users()),
        Action::EnableInvite {
            url: "https://e.invalid/i".parse().unwrap(),
            expires_at: Some(UnixMillis::new(5)),
            affiliate_id: None,
        },
        Action::SetMessageTtl { ttl: hour.into(), applies_to_all: Some(Unsigned::new(true)) },
        Action::RemoveMessageTtl,
        Action::Mute(MutedConversations::new([scene.group.id()])),
        Action::SetScreenCapture { setting: ScreenCapture::Blocking, enabled: true },
    ];
    let actions: Vec<Value> = actions.into_iter().map(|action| scene.act(action)).collect();
    let metadata = [
        scene.encrypt_field(MetadataField::Title, "group_name", "Team, ☃"),
        scene.encrypt_field(MetadataField::AvatarUrl, "group_avatar_url", "https://e.invalid/a"),
        scene.encrypt_field(MetadataField::Description, "group_description", ""),
    ];
    json!({
        "secret_keys": secret_keys(),
        "sender": "10000019",
        "sender_key_version": "1733889755256",
        "conversation_id": "g1900000000000000001",
        "conversation_key": scene.conversation_key,
        "conversation_key_version": "1795333344318",
        "messages": { "text": plain, "silent": silent, "reply": reply, "reaction": reaction, "edit": edit },
        "media": [media, empty, full],
        "metadata": metadata,
        "actions": actions,
    })
}

#[test]
fn the_frozen_content_is_reproduced_byte_for_byte() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let frozen = frozen();
    for (name, value) in frozen.as_object().unwrap() {
        assert_eq!(vectors[name], *value, "{name}");
    }
    // All but what it is about.
    assert_eq!(vectors.as_object().unwrap().len(), frozen.as_object().unwrap().len() + 1);
}

/// Reading needs nothing but the frozen texts.
#[test]
fn content_the_frozen_messages_are_read() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let Scene { alice, bob, group, bob_ring, .. } = Scene::new();
    let read = |name: &str| {
        let event = vectors["messages"][name]["event"].as_str().unwrap();
        message_event(&EncodedEvent::new(event).unwrap())
            .open(&bob, &group, &bob_ring, [alice.participant()])
            .unwrap()
    };
    let silent = read("silent");
    assert_eq!(silent.should_notify(), Stated::Signed(Some(false)));
    assert_eq!(silent.ttl(), Stated::Signed(Some(Duration::from_secs(3600).into())));
    let reply = read("reply");
    let Some(ReplyPreview::Verified(quote)) = reply.reply() else { panic!("a quote") };
    assert_eq!(quote.original(), &read("text"));
    let Content::Text(text) = reply.content() else { panic!("a text") };
    let attachment = text.attachments()[0].media().unwrap();
    let ciphertext = decode_base64(vectors["media"][0]["ciphertext"].as_str().unwrap()).unwrap();
    let mut file = vec![];
    let decryptor = MediaDecryptor::new(attachment, &bob_ring).unwrap();
    decryptor.reader(&ciphertext[..]).read_to_end(&mut file).unwrap();
    assert_eq!(file.len(), 3000);
    assert!(read("edit").is_edit_of(&read("text")));
    assert_eq!(vectors["messages"].as_object().unwrap().len(), 5);
}
