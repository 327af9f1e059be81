//! A key has one role, and a number is of one kind.

rule! {
    nobody_signs_with_a_public_key: TALK;
    "let ring = Keyring::new(talk.id());",
    holds r#"let _ = Message::text("hi").encrypt(&bob, &talk, &ring);"#,
    E0308 r#"let _ = Message::text("hi").encrypt(bob.participant(), &talk, &ring);"#
}

rule! {
    nobody_opens_with_a_public_key: EVENT;
    "let change: KeyChangeEvent = event();",
    holds "change.open(&bob, &talk, [alice.participant()]).unwrap();",
    E0308 "change.open(bob.participant(), &talk, [alice.participant()]).unwrap();"
}

rule! {
    an_identity_key_is_no_signing_key: TALK;
    "let (version, keys) = (PublicKeyVersion::new(1), bob.participant());
     let (identity, signing) = (*keys.identity_key(), *keys.signing_key());",
    holds "Participant::dangerous_restore(bob.user_id(), version, identity, signing);",
    E0308 "Participant::dangerous_restore(bob.user_id(), version, signing, identity);"
}

rule! {
    a_conversation_key_is_no_identity: KEY;
    holds "let keys = alice.dangerous_private_keys();
     Identity::dangerous_from_private_keys(Suite::X25519, keys.expose_secret()).unwrap();",
    E0308 "Identity::dangerous_from_private_keys(Suite::X25519, &key).unwrap();"
}

rule! {
    private_keys_are_no_conversation_key: TALK;
    holds "ConversationKey::dangerous_from_bytes(&[1; 32]);",
    E0308 "ConversationKey::dangerous_from_bytes(alice.dangerous_private_keys().expose_secret());"
}

rule! {
    a_bare_key_encrypts_no_message: KEY;
    holds r#"ring.commit(&request, key).unwrap();
     Message::text("hi").encrypt(&alice, &talk, &ring).unwrap();"#,
    E0308 r#"Message::text("hi").encrypt(&alice, &talk, &key).unwrap();"#
}

rule! {
    the_version_of_a_public_key_is_another: TALK;
    holds "KeyChange::new(&alice, &talk, KeyVersion::new(5));",
    E0308 "KeyChange::new(&alice, &talk, PublicKeyVersion::new(5));"
}

rule! {
    a_number_is_no_user: TALK;
    holds "Conversation::direct(UserId::new(1).unwrap(), UserId::new(2).unwrap());",
    E0308 "Conversation::direct(1_u64, 2_u64);"
}

rule! {
    a_conversation_is_more_than_its_id: TALK;
    "let ring = Keyring::new(talk.id());",
    holds r#"let _ = Message::text("hi").encrypt(&alice, &talk, &ring);"#,
    E0308 r#"let _ = Message::text("hi").encrypt(&alice, &talk.id(), &ring);"#
}

rule! {
    the_fingerprint_of_a_public_key_is_another: KEY;
    holds "let name: KeyFingerprint = key.fingerprint();",
    E0308 "let name: KeyFingerprint = alice.participant().identity_key().fingerprint();"
}

rule! {
    a_signature_is_no_sealed_key: TALK;
    r#"let text = "A".repeat(86);
     let _ = Signature::from_base64(&text);"#,
    holds "let _ = SealedKey::from_base64(Suite::X25519, &text);",
    E0308 "let signature: Signature = SealedKey::from_base64(Suite::X25519, &text).unwrap();"
}

rule! {
    a_message_id_is_no_sequence_id: EVENT;
    "let message: VerifiedMessage = event();",
    holds r#"Reaction::new(SequenceId::new(7), "x".parse().unwrap());"#,
    E0308 r#"Reaction::new(message.message_id(), "x".parse().unwrap());"#
}
