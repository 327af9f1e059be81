//! Everything that is done with keys, in one suite.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::slice;

use sealpost::*;

use crate::common::{Parts, user};
use crate::room::{deliver, message_event};
use crate::walk::Walk;

/// Steps of one walk.
pub(crate) const STEPS: usize = 23;

pub(crate) fn walk(steps: &mut usize, suite: Suite) {
    let mut walk = Walk::new(steps, suite.to_string());
    let alice = account(&mut walk, suite, 1);
    let bob = account(&mut walk, suite, 2);
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let mut ring = Keyring::new(conversation.id());

    let draft = ring.draft(&alice, &conversation, UnixMillis::new(5)).unwrap();
    let sealed = draft.participants([bob.participant()]).seal_with_rng(&mut walk.rng).unwrap();
    let copies: Vec<u8> = sealed.copies().flat_map(|(_, copy)| copy.as_bytes().to_vec()).collect();
    walk.step("generate a key and seal it", &copies);
    walk.publish(&sealed);
    let signed = sealed.sign().unwrap();
    walk.step("sign a key change", signed.actions()[0].signature().as_bytes());
    walk.publish(&signed);
    let (prepared, key) = signed.prepare();
    walk.step("name a key by its fingerprint", prepared.key_fingerprint().as_bytes());
    walk.publish(&prepared);
    walk.publish(&key);
    let recovered = prepared.recover_key(&alice).unwrap();
    walk.step("open one's own copy again", recovered.expose_secret());
    let event = Parts::of(&prepared).event();
    let opened = event.open(&bob, &conversation, [alice.participant()]).unwrap();
    walk.step("open a copy and verify the change", opened.key().expose_secret());
    let mut tampered = Parts::of(&prepared);
    for [_, copy, _] in &mut tampered.entries {
        let copy = copy.as_mut().unwrap();
        let mut bytes = encoding::decode_base64(copy).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        *copy = encoding::encode_base64(&bytes);
    }
    tampered.event().open(&bob, &conversation, [alice.participant()]).unwrap_err();
    walk.verdict("refuse a copy that was tampered with");

    walk.publish(&opened);
    walk.publish(&recovered);
    let is_equal = u8::from(key == recovered);
    walk.step("compare two keys", slice::from_ref(&is_equal));
    // Read again: in a register it is still marked.
    assert_eq!(*black_box(&is_equal), 1);
    ring.commit(&prepared, recovered).unwrap();
    walk.verdict("take one's own key into a keyring");
    assert_eq!(ring.adopt(opened, UnixMillis::new(5)), Ok(Adoption::AlreadyKnown));
    walk.verdict("take somebody's key into a keyring that has it");
    use_key(&mut walk, &alice, &bob, &conversation, &ring);
}

/// A registered user, whose private keys come in as they do from a file.
fn account(walk: &mut Walk<'_>, suite: Suite, number: u64) -> Account {
    let identity = Identity::generate_with_rng(suite, &mut walk.rng).unwrap();
    let private_keys = identity.dangerous_private_keys();
    walk.step("generate an identity and export it", private_keys.expose_secret());
    walk.publish(&private_keys);
    let identity =
        Identity::dangerous_from_private_keys(suite, private_keys.expose_secret()).unwrap();
    let imported = identity.dangerous_private_keys();
    walk.step("import an identity", imported.expose_secret());
    walk.publish(&identity);
    let registration = identity.registration(user(number), UnixMillis::new(1));
    assert!(!registration.body().is_empty());
    walk.verdict("register an identity");
    walk.publish(&identity);
    let account = identity.registered(user(number), PublicKeyVersion::new(1));
    walk.publish(&account);
    account
}

/// Content under a key: read only as far as its authenticator, but for files. What a message says
/// is parsed like any text, with branches on it.
fn use_key(
    walk: &mut Walk<'_>,
    alice: &Account,
    bob: &Account,
    conversation: &Conversation,
    ring: &Keyring,
) {
    walk.publish(ring);
    let rng = &mut walk.rng;
    let message = Message::text("hi").encrypt_with_rng(alice, conversation, ring, rng).unwrap();
    assert!(!message.encoded_message_create_event().is_empty());
    walk.verdict("encrypt and sign a message");
    walk.publish(&message);
    let (version, _) = ring.current().unwrap();
    let other = ConversationKey::dangerous_from_bytes(&walk.rng.secret());
    let floor = Some((version, other.fingerprint()));
    let other = BTreeMap::from([(version, other)]);
    let other = Keyring::dangerous_restore(
        ring.conversation_id(),
        alice.suite(),
        floor,
        other,
        BTreeMap::new(),
    )
    .unwrap();
    walk.publish(&other);
    let event = message_event(&deliver(&message, 1));
    event.open(bob, conversation, &other, [alice.participant()]).unwrap_err();
    walk.verdict("refuse a message under another key");

    let field = MetadataField::Title;
    let (version, title) =
        EncryptedField::encrypt_with_rng(field, "title", ring, &mut walk.rng).unwrap();
    walk.verdict("encrypt a metadata field");
    walk.publish(&title);
    title.decrypt(field, version, &other).unwrap_err();
    walk.verdict("refuse a metadata field under another key");

    let mut encryptor = MediaEncryptor::with_rng(ring, &mut walk.rng).unwrap();
    let media = encryptor.media();
    let media = MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &media);
    let (mut file, mut read) = (Vec::new(), Vec::new());
    encryptor.push(&[7; 3000], &mut file);
    encryptor.finish(&mut file);
    walk.step("encrypt a file", &file);
    walk.publish(&file);
    let mut decryptor = MediaDecryptor::new(&media, ring).unwrap();
    decryptor.push(&file, &mut read).unwrap();
    decryptor.finish(&mut read).unwrap();
    walk.step("decrypt a file", &read);
    walk.publish(&read);
    *file.last_mut().unwrap() ^= 1;
    let mut decryptor = MediaDecryptor::new(&media, ring).unwrap();
    decryptor.push(&file, &mut read).unwrap();
    decryptor.finish(&mut read).unwrap_err();
    walk.verdict("refuse a file that was tampered with");

    let action = Action::mark_read(SequenceId::new(7), UnixMillis::new(5));
    let signed = action.sign_with_rng(alice, conversation, &mut walk.rng).unwrap();
    walk.step("sign an action", signed.signature().as_bytes());
}
