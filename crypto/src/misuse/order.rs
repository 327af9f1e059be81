//! One direction: drafted, sealed, signed, prepared, committed; each once.

rule! {
    what_is_not_sealed_is_not_signed: DRAFT;
    holds "draft.seal().unwrap().sign().unwrap();",
    E0599 "draft.sign().unwrap();"
}

rule! {
    what_is_not_signed_is_not_prepared: DRAFT;
    "let sealed = draft.seal().unwrap();",
    holds "sealed.sign().unwrap().prepare();",
    E0599 "sealed.prepare();"
}

rule! {
    what_is_not_prepared_has_no_body: DRAFT;
    "let signed = draft.seal().unwrap().sign().unwrap();",
    holds "signed.prepare().0.body();",
    E0599 "signed.body();"
}

rule! {
    a_draft_is_sealed_once: DRAFT;
    "let sealed = draft.seal().unwrap();",
    holds "",
    E0382 "let again = draft.seal().unwrap();"
}

rule! {
    a_change_is_signed_once: DRAFT;
    "let sealed = draft.seal().unwrap();
     let signed = sealed.sign().unwrap();",
    holds "",
    E0382 "let again = sealed.sign().unwrap();"
}

rule! {
    a_change_is_prepared_once: DRAFT;
    "let signed = draft.seal().unwrap().sign().unwrap();
     let (request, key) = signed.prepare();",
    holds "",
    E0382 "let again = signed.prepare();"
}

rule! {
    a_key_goes_into_one_keyring: KEY;
    "ring.commit(&request, key).unwrap();",
    holds "",
    E0382 "ring.commit(&request, key).unwrap();"
}

rule! {
    a_keyring_takes_what_was_prepared: DRAFT;
    "let mut ring = Keyring::new(talk.id());
     let signed = draft.seal().unwrap().sign().unwrap();",
    holds "let (request, key) = signed.prepare();
     ring.commit(&request, key).unwrap();",
    E0308 "let key = ConversationKey::dangerous_from_bytes(&[1; 32]);
     ring.commit(&signed, key).unwrap();"
}

rule! {
    nobody_makes_a_request_by_hand: KEY;
    holds "let other: PreparedKeyChange = request.clone();",
    E0451 "let other: PreparedKeyChange = PreparedKeyChange { body: String::new(), ..request.clone() };"
}

rule! {
    a_request_does_not_change: KEY;
    holds "assert_eq!(request.body()[0], b'{');",
    E0594 "request.body()[0] = b' ';"
}

rule! {
    a_request_for_keys_creates_no_group: KEY;
    holds "let request: PreparedKeyChange<KeysOnly> = request;",
    E0308 "let request: PreparedKeyChange<GroupCreate> = request;"
}

rule! {
    nobody_makes_a_kind_of_change: TALK;
    "fn kind<K: ChangeKind>() {}
     struct Mine;",
    holds "kind::<KeysOnly>();",
    E0277 "kind::<Mine>();"
}

rule! {
    an_identity_is_registered_once: TALK;
    "let identity = Identity::generate(Suite::X25519).unwrap();
     let carol = identity.registered(alice.user_id(), PublicKeyVersion::new(2));",
    holds "",
    E0382 "let again = identity.registered(alice.user_id(), PublicKeyVersion::new(3));"
}

rule! {
    a_file_is_encrypted_once: KEY;
    "ring.commit(&request, key).unwrap();
     let mut file = Vec::new();
     let encryptor = MediaEncryptor::new(&ring).unwrap();
     encryptor.finish(&mut file);",
    holds "",
    E0382 "encryptor.finish(&mut file);"
}

rule! {
    an_action_is_signed_once: TALK;
    "let action = Action::mark_read(SequenceId::new(7), UnixMillis::new(5));
     let signed = action.sign(&alice, &talk).unwrap();",
    holds "",
    E0382 "let again = action.sign(&alice, &talk).unwrap();"
}
