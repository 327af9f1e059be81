//! Secrets do not leave their types.

rule! {
    a_conversation_key_is_not_cloned: KEY;
    holds "let moved: ConversationKey = key;",
    E0599 "let copy: ConversationKey = key.clone();"
}

rule! {
    a_conversation_key_does_not_print: KEY;
    holds r#"format!("{key:?}");"#,
    E0277 r#"format!("{key}");"#
}

rule! {
    a_conversation_key_is_not_serialised: KEY;
    "fn write(value: &impl serde::Serialize) {}",
    holds "write(&alice.user_id());",
    E0277 "write(&key);"
}

rule! {
    private_keys_are_not_cloned: TALK;
    "let keys = alice.dangerous_private_keys();",
    holds "let moved: PrivateKeys = keys;",
    E0599 "let copy: PrivateKeys = keys.clone();"
}

rule! {
    private_keys_do_not_print: TALK;
    "let keys = alice.dangerous_private_keys();",
    holds r#"format!("{keys:?}");"#,
    E0277 r#"format!("{keys}");"#
}

rule! {
    private_keys_are_not_serialised: TALK;
    "let keys = alice.dangerous_private_keys();
     fn write(value: &impl serde::Serialize) {}",
    holds "write(&alice.user_id());",
    E0277 "write(&keys);"
}

rule! {
    an_identity_is_not_cloned: TALK;
    "let identity = Identity::generate(Suite::X25519).unwrap();",
    holds "let moved: Identity = identity;",
    E0599 "let copy: Identity = identity.clone();"
}

rule! {
    an_identity_does_not_print: TALK;
    "let identity = Identity::generate(Suite::X25519).unwrap();",
    holds r#"format!("{identity:?}");"#,
    E0277 r#"format!("{identity}");"#
}

rule! {
    an_identity_is_not_serialised: TALK;
    "let identity = Identity::generate(Suite::X25519).unwrap();
     fn write(value: &impl serde::Serialize) {}",
    holds "write(&alice.user_id());",
    E0277 "write(&identity);"
}

rule! {
    an_account_is_not_cloned: TALK;
    holds "let moved: Account = alice;",
    E0599 "let copy: Account = alice.clone();"
}

rule! {
    an_account_does_not_print: TALK;
    holds r#"format!("{alice:?}");"#,
    E0277 r#"format!("{alice}");"#
}

rule! {
    an_account_is_not_serialised: TALK;
    "fn write(value: &impl serde::Serialize) {}",
    holds "write(&alice.user_id());",
    E0277 "write(&alice);"
}

rule! {
    a_keyring_is_not_cloned: KEY;
    holds "let moved: Keyring = ring;",
    E0599 "let copy: Keyring = ring.clone();"
}

rule! {
    a_keyring_does_not_print: KEY;
    holds r#"format!("{ring:?}");"#,
    E0277 r#"format!("{ring}");"#
}

rule! {
    a_keyring_is_not_serialised: KEY;
    "fn write(value: &impl serde::Serialize) {}",
    holds "write(&alice.user_id());",
    E0277 "write(&ring);"
}

rule! {
    a_sealed_change_is_not_cloned: DRAFT;
    "let sealed = draft.seal().unwrap();",
    holds "let moved: SealedKeyChange<'_> = sealed;",
    E0599 "let copy: SealedKeyChange<'_> = sealed.clone();"
}

rule! {
    a_signed_change_is_not_cloned: DRAFT;
    "let signed = draft.seal().unwrap().sign().unwrap();",
    holds "let moved: SignedKeyChange<'_> = signed;",
    E0599 "let copy: SignedKeyChange<'_> = signed.clone();"
}

rule! {
    an_opened_change_is_not_cloned: EVENT;
    "let change: VerifiedKeyChange = event();",
    holds "let moved: VerifiedKeyChange = change;",
    E0599 "let copy: VerifiedKeyChange = change.clone();"
}

rule! {
    a_file_in_the_making_is_not_cloned: KEY;
    "ring.commit(&request, key).unwrap();
     let encryptor = MediaEncryptor::new(&ring).unwrap();",
    holds "let moved: MediaEncryptor = encryptor;",
    E0599 "let copy: MediaEncryptor = encryptor.clone();"
}

rule! {
    a_conversation_key_is_not_read_from_json: TALK;
    "fn read<'a, T: serde::Deserialize<'a>>() {}",
    holds "read::<UserId>();",
    E0277 "read::<ConversationKey>();"
}

rule! {
    the_bytes_of_a_key_are_asked_for_by_name: KEY;
    holds "let bytes: &[u8; 32] = key.expose_secret();",
    E0614 "let bytes: &[u8; 32] = &*key;"
}

rule! {
    the_bytes_of_a_key_are_no_field: KEY;
    holds "let bytes = key.expose_secret();",
    E0616 "let bytes = &key.0;"
}

rule! {
    the_bytes_of_a_key_go_with_it: KEY;
    "let bytes = key.expose_secret();",
    holds "assert_ne!(bytes, &[0; 32]);
     drop(key);",
    E0505 "drop(key);
     assert_ne!(bytes, &[0; 32]);"
}

rule! {
    a_key_is_no_slice: KEY;
    "fn read(bytes: impl AsRef<[u8]>) {}",
    holds "read(key.expose_secret());",
    E0277 "read(key);"
}

rule! {
    a_key_is_not_made_from_any_bytes: TALK;
    holds "let key = ConversationKey::dangerous_from_bytes(&[1; 32]);",
    E0423 "let key = ConversationKey(Box::new([1; 32]));"
}

rule! {
    private_keys_are_not_compared: TALK;
    "let (one, other) = (alice.dangerous_private_keys(), bob.dangerous_private_keys());",
    holds "let moved = (one, other);",
    E0369 "let equal = one == other;"
}

rule! {
    keys_have_no_order: KEY;
    "let other = ConversationKey::dangerous_from_bytes(&[1; 32]);",
    holds "assert!(key != other);",
    E0369 "assert!(key < other);"
}

rule! {
    keys_have_no_hash: KEY;
    "use std::collections::HashSet;
     use std::hash::Hash;
     fn hash(value: impl Hash) {}",
    holds "hash(key.fingerprint());",
    E0277 "hash(key);"
}
