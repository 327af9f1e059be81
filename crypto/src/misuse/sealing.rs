//! Who is sealed to.

rule! {
    a_record_is_verified_before_it_is_sealed_to: TALK;
    "let record = bob.record();",
    holds "let bob = record.verify(&bob.user_id()).unwrap();
     KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([&bob]);",
    E0271 "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([&record]);"
}

rule! {
    a_public_key_alone_is_nobody: TALK;
    holds "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([bob.participant()]);",
    E0271 "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([bob.participant().identity_key()]);"
}

rule! {
    a_user_id_alone_is_nobody: TALK;
    holds "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([bob.participant()]);",
    E0271 "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([&bob.user_id()]);"
}

rule! {
    nobody_makes_a_participant_by_hand: TALK;
    "let Participant { .. } = *bob.participant();",
    holds "let carol = *bob.participant();",
    E0451 "let carol = Participant { user_id: UserId::new(3).unwrap(), ..*bob.participant() };"
}

rule! {
    an_identity_seals_once_it_is_registered: TALK;
    "let identity = Identity::generate(Suite::X25519).unwrap();",
    holds "let carol = identity.registered(alice.user_id(), PublicKeyVersion::new(2));
     KeyChange::new(&carol, &talk, KeyVersion::new(5));",
    E0308 "KeyChange::new(&identity, &talk, KeyVersion::new(5));"
}

rule! {
    a_record_is_verified_for_a_user: TALK;
    holds "bob.record().verify(&bob.user_id()).unwrap();",
    E0061 "bob.record().verify().unwrap();"
}

rule! {
    no_participants_is_no_batch_of_nobody: TALK;
    holds "KeyChange::new(&alice, &talk, KeyVersion::new(5)).participants([bob.participant()]);",
    E0308 "KeyChange::new(&alice, talk.id(), KeyVersion::new(5)).participants([bob.participant()]);"
}
