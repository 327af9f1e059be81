//! Nothing of an event is believed before it is verified.

rule! {
    a_message_is_opened_before_it_is_read: EVENT;
    "let message: MessageEvent = event();",
    holds "let content = message.open(&alice, &talk, &ring, [bob.participant()]).unwrap().content().clone();",
    E0599 "let content = message.content().clone();"
}

rule! {
    a_key_is_opened_before_it_is_used: EVENT;
    "let change: KeyChangeEvent = event();",
    holds "let fingerprint = change.open(&alice, &talk, [bob.participant()]).unwrap().key().fingerprint();",
    E0599 "let fingerprint = change.key().fingerprint();"
}

rule! {
    a_key_is_opened_before_it_is_adopted: EVENT;
    "let change: KeyChangeEvent = event();",
    holds "let change = change.open(&alice, &talk, [bob.participant()]).unwrap();
     ring.adopt(change, UnixMillis::new(5)).unwrap();",
    E0308 "ring.adopt(change, UnixMillis::new(5)).unwrap();"
}

rule! {
    a_key_is_adopted_once: EVENT;
    "let change: VerifiedKeyChange = event();
     ring.adopt(change, UnixMillis::new(5)).unwrap();",
    holds "",
    E0382 "ring.adopt(change, UnixMillis::new(5)).unwrap();"
}

rule! {
    an_action_is_verified_before_it_is_read: EVENT;
    "let action: ActionEvent = event();",
    holds "let action = action.verify(&talk, [bob.participant()], ReadPolicy::strict()).unwrap().action().clone();",
    E0599 "let action = action.action().clone();"
}

rule! {
    a_group_is_verified_before_it_is_a_conversation: EVENT;
    "let group: VerifiedGroupCreate = event();",
    holds "let conversation: &Conversation = group.conversation();",
    E0599 "let group: GroupCreateEvent = event();
     let conversation: &Conversation = group.conversation();"
}

rule! {
    an_event_is_parsed_before_it_is_opened: EVENT;
    "let received: EncodedEvent = event();",
    holds "if let ChatEvent::Message(message) = received.parse().unwrap() {
     message.open(&alice, &talk, &ring, [bob.participant()]).unwrap();
     }",
    E0599 "received.open(&alice, &talk, &ring, [bob.participant()]).unwrap();"
}

rule! {
    a_reply_quotes_what_was_verified: EVENT;
    "let original: VerifiedMessage = event();",
    holds r#"let reply = Text::new("yes").reply_to(&original);"#,
    E0308 r#"let original: MessageEvent = event();
     let reply = Text::new("yes").reply_to(&original);"#
}

rule! {
    what_nobody_signed_is_a_claim: EVENT;
    "let message: VerifiedMessage = event();",
    holds "let number: SequenceId = message.sequence_id().unwrap().into_claim();",
    E0308 "let number: SequenceId = message.sequence_id().unwrap();"
}

rule! {
    nobody_makes_a_verified_change_by_hand: EVENT;
    "let change: VerifiedKeyChange = event();",
    holds "let moved = change;",
    E0451 "let moved = VerifiedKeyChange { key: event(), ..change };"
}

rule! {
    nobody_makes_a_verified_message_by_hand: EVENT;
    "let message: VerifiedMessage = event();",
    holds "let moved = message;",
    E0451 "let moved = VerifiedMessage { content: event(), ..message };"
}

rule! {
    a_verdict_is_not_a_flag: TALK;
    "let record = bob.record();",
    holds "if record.verify(&bob.user_id()).is_ok() {}",
    E0308 "if record.verify(&bob.user_id()) {}"
}
