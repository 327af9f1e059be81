//! Messages: what one side sends, the other receives, once, verified.

use std::future::poll_fn;
use std::io::Cursor;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use futures_util::TryStreamExt as _;
use sealpost::*;
use sealpost_sandbox::{Fault, Operation};

use tokio::io::AsyncWriteExt as _;

use crate::stage::*;

/// Alice and Bob, with a key that both have.
async fn talk(suite: Suite) -> (Stage, Session, Session, ConversationId) {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, suite).await, stage.member(2, suite).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    (stage, alice, bob, id)
}

async fn all(session: &Session, id: ConversationId, cursor: &mut ReceiveCursor) -> Vec<Received> {
    let incoming: Vec<Incoming> = session.receive(id, cursor).try_collect().await.unwrap();
    incoming.into_iter().map(|incoming| incoming.event.unwrap()).collect()
}

/// The messages that are new.
async fn new(
    session: &Session,
    id: ConversationId,
    cursor: &mut ReceiveCursor,
) -> Vec<VerifiedMessage> {
    let received = all(session, id, cursor).await.into_iter();
    received
        .filter_map(|event| match event {
            Received::Message(message, Novelty::New) => Some(message),
            _ => None,
        })
        .collect()
}

fn text_of(message: &VerifiedMessage) -> &str {
    match message.content() {
        Content::Text(text) => text.as_str(),
        Content::Edit(edit) => edit.text(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn content_of_every_kind_arrives_in_order_and_verified() {
    for suite in Suite::ALL {
        let (_stage, alice, bob, id) = talk(*suite).await;
        let (mut alices, mut bobs) = (ReceiveCursor::new(), ReceiveCursor::new());
        let sent = alice.send_text(id, "hello").await.unwrap();
        let hello = new(&bob, id, &mut bobs).await.remove(0);
        assert_eq!((text_of(&hello), hello.message_id()), ("hello", sent.message_id));
        assert_eq!(hello.sequence_id().unwrap().into_claim(), sent.sequence_id.unwrap());
        assert!(new(&bob, id, &mut bobs).await.is_empty(), "once");

        bob.reply(&hello, "hello yourself").await.unwrap();
        bob.react(&hello, "👋".parse().unwrap()).await.unwrap();
        bob.take_back_reaction(&hello, "👋".parse().unwrap()).await.unwrap();
        let received = new(&alice, id, &mut alices).await;
        let [own, reply, added, removed] = &received[..] else { panic!("{received:?}") };
        assert_eq!(own.message_id(), sent.message_id, "one's own are there, too");
        let Some(ReplyPreview::Verified(quote)) = reply.reply() else { panic!("{reply:?}") };
        assert_eq!(quote.original().message_id(), sent.message_id);
        // On its own page, too, where nothing else of the quoted user is.
        let again = new(&bob, id, &mut bobs).await;
        assert!(matches!(again[0].reply(), Some(ReplyPreview::Verified(_))), "{again:?}");
        assert!(matches!(added.content(), Content::AddReaction(_)));
        assert!(matches!(removed.content(), Content::RemoveReaction(_)));

        alice.edit(own, "hello, Bob").await.unwrap();
        assert_eq!(bob.edit(own, "no").await.unwrap_err().code(), "session.not_own_message");
        let edited = new(&bob, id, &mut bobs).await;
        let edit = edited.last().unwrap();
        assert!(edit.is_edit_of(&hello));
        assert_eq!(text_of(edit), "hello, Bob");

        alice.delete(id, &[own], DeleteFor::All).await.unwrap();
        let deleted = all(&bob, id, &mut bobs).await;
        assert!(matches!(
            &deleted[..],
            [Received::Action(action, Novelty::New)]
                if matches!(action.action(), Action::DeleteMessages(_))
        ));
    }
}

#[tokio::test]
async fn content_goes_to_all_members_and_to_none_who_is_gone() {
    for suite in Suite::ALL {
        let stage = Stage::new().await;
        let (alice, bob, carol) = (
            stage.member(1, *suite).await,
            stage.member(2, *suite).await,
            stage.member(3, *suite).await,
        );
        let group = NewGroup::of([bob.user_id(), carol.user_id()]);
        let id = alice.create_group(group).await.unwrap().id();
        let (mut bobs, mut carols) = (ReceiveCursor::new(), ReceiveCursor::new());
        alice.send_text(id, "to all").await.unwrap();
        for (session, cursor) in [(&bob, &mut bobs), (&carol, &mut carols)] {
            let texts = new(session, id, cursor).await;
            assert_eq!(texts.iter().map(text_of).collect::<Vec<_>>(), ["to all"]);
        }
        alice.remove_member(id, carol.user_id()).await.unwrap();
        alice.send_text(id, "to two").await.unwrap();
        assert_eq!(text_of(&new(&bob, id, &mut bobs).await[0]), "to two");
        let receiving: Result<Vec<Incoming>, _> =
            carol.receive(id, &mut carols).try_collect().await;
        assert!(receiving.is_err());
    }
}

#[tokio::test]
async fn content_is_received_from_where_one_was() {
    let (_stage, alice, bob, id) = talk(Suite::X25519).await;
    // More than one page, with a key change in between.
    for number in 0..120 {
        alice.send_text(id, number.to_string()).await.unwrap();
    }
    alice.rotate(id).await.unwrap();
    for number in 120..230 {
        alice.send_text(id, number.to_string()).await.unwrap();
    }
    let mut cursor = ReceiveCursor::new();
    let mut texts = Vec::new();
    // Broken off again and again, in the middle of pages.
    loop {
        let before = cursor.after;
        let mut stream = bob.receive(id, &mut cursor);
        for _ in 0..37 {
            let Some(incoming) = stream.try_next().await.unwrap() else { break };
            if let Received::Message(message, novelty) = incoming.event.unwrap() {
                assert_eq!(novelty, Novelty::New, "nothing is handed out twice");
                texts.push(text_of(&message).to_owned());
            }
        }
        drop(stream);
        if cursor.after == before {
            break;
        }
    }
    assert_eq!(texts, (0..230).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn content_that_may_not_have_arrived_is_sent_again_as_the_same_message() {
    let mut checked = 0;
    for (fault, arrives) in [
        (Fault::CommitThenReset, true),
        (Fault::ResetBeforeCommit, false),
        (Fault::InternalError, false),
        (Fault::RateLimited, false),
        (Fault::Unauthorized, false),
        (Fault::AcceptedWithErrors, true),
    ] {
        let (stage, alice, bob, id) = talk(Suite::X25519).await;
        let mut cursor = ReceiveCursor::new();
        new(&bob, id, &mut cursor).await;
        stage.sandbox.inject(fault.on(Operation::SendChatMessage).unwrap(), 4);
        let error = alice.send_text(id, "only once").await.unwrap_err();
        assert!(matches!(error, SessionError::MessageUnsettled { .. }), "{fault:?}: {error}");
        stage.sandbox.clear_faults();
        let there = new(&bob, id, &mut cursor).await;
        assert_eq!(there.len(), usize::from(arrives), "{fault:?}");
        // Another start of the program.
        let again = Session::open(alice.vault().vault(), alice.client().clone(), alice.user_id());
        let again = again.await.unwrap();
        assert!(again.vault().outgoing().await.unwrap().is_empty(), "{fault:?}");
        let late = new(&bob, id, &mut cursor).await;
        assert_eq!(there.len() + late.len(), 1, "{fault:?}");
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[tokio::test]
async fn content_that_is_refused_is_not_sent_again() {
    let (stage, alice, bob, id) = talk(Suite::X25519).await;
    stage.sandbox.inject(Fault::Empty404.on(Operation::SendChatMessage).unwrap(), 1);
    let error = alice.send_text(id, "no").await.unwrap_err();
    assert!(matches!(error, SessionError::Call(_)), "{error}");
    assert!(alice.vault().outgoing().await.unwrap().is_empty());
    assert_eq!(alice.sync().await.unwrap(), []);
    assert!(new(&bob, id, &mut ReceiveCursor::new()).await.is_empty());
    // Nor is what cannot be encrypted at all.
    let unknown = ConversationId::direct(alice.user_id(), user(77));
    let error = alice.send_text(unknown, "no").await.unwrap_err();
    assert_eq!(error.code(), "encrypt.no_key");
    let group = ConversationId::group(9).unwrap();
    let error = alice.send_text(group, "no").await.unwrap_err();
    assert_eq!(error.code(), "session.unknown_conversation");
    assert_eq!(stage.count("POST", "/messages"), 1);
}

/// The server took it and could not say so; asked again, it knew nothing of the address.
#[tokio::test]
async fn content_that_may_have_arrived_is_not_refused_by_what_comes_after() {
    for suite in Suite::ALL {
        let (stage, alice, bob, id) = talk(*suite).await;
        for fault in [Fault::CommitThenInternalError, Fault::Empty404] {
            stage.sandbox.inject(fault.on(Operation::SendChatMessage).unwrap(), 1);
        }
        let error = alice.send_text(id, "there").await.unwrap_err();
        let SessionError::MessageUnsettled { message_id, error, .. } = error else {
            panic!("{error}")
        };
        assert!(error.may_have_been_applied(), "{error}");
        assert_eq!(stage.count("POST", "/messages"), 2);

        alice.sync().await.unwrap();
        assert!(alice.vault().outgoing().await.unwrap().is_empty());
        let received = new(&bob, id, &mut ReceiveCursor::new()).await;
        let ids: Vec<MessageId> = received.iter().map(VerifiedMessage::message_id).collect();
        assert_eq!(ids, [message_id]);
    }
}

/// The message waits in the journal, and by then the conversation has another key.
#[tokio::test]
async fn content_that_waited_and_was_refused_is_told_whatever_is_started_anew() {
    for suite in Suite::ALL {
        let (stage, alice, bob, id) = talk(*suite).await;
        stage.sandbox.inject(Fault::ResetBeforeCommit.on(Operation::SendChatMessage).unwrap(), 100);
        let error = alice.send_text(id, "too late").await.unwrap_err();
        let SessionError::MessageUnsettled { message_id, .. } = error else { panic!("{error}") };
        stage.sandbox.clear_faults();
        bob.sync().await.unwrap();
        bob.rotate(id).await.unwrap();

        let again = || {
            let (vault, client) = (alice.vault().vault(), alice.client().clone());
            Session::open(vault, client, alice.user_id())
        };
        // Refused, and over before anybody has heard of it; then a reading that fails.
        drop(again().await.unwrap());
        let last = again().await.unwrap();
        let directory = Operation::GetUsersPublicKey;
        stage.sandbox.inject(Fault::CreditsDepleted.on(directory).unwrap(), 1);
        assert!(last.sync().await.is_err());
        let events = last.sync().await.unwrap();
        let told = |event: &&SessionEvent| matches!(event, SessionEvent::MessageRefused { message_id: told, .. } if *told == message_id);
        assert_eq!(events.iter().filter(told).count(), 1, "{events:?}");
        assert!(last.vault().outgoing().await.unwrap().is_empty());
        assert!(!last.sync().await.unwrap().iter().any(|event| told(&event)));
        assert!(new(&bob, id, &mut ReceiveCursor::new()).await.is_empty());
    }
}

#[tokio::test]
async fn content_that_was_refused_is_told_wherever_the_call_that_tells_is_dropped() {
    for suite in Suite::ALL {
        let (stage, alice, bob, id) = talk(*suite).await;
        stage.sandbox.inject(Fault::ResetBeforeCommit.on(Operation::SendChatMessage).unwrap(), 100);
        alice.send_text(id, "too late").await.unwrap_err();
        stage.sandbox.clear_faults();
        bob.sync().await.unwrap();
        bob.rotate(id).await.unwrap();

        let vault = alice.vault();
        let open = || Session::open(vault.vault(), alice.client().clone(), alice.user_id());
        let (mut dropped, mut told) = (0, 0);
        // Twice: whoever has told it can be gone before anybody looked.
        while told < 2 {
            let session = open().await.unwrap();
            let mut call = pin!(session.sync());
            let mut polls = 0;
            let events = poll_fn(|context| match call.as_mut().poll(context) {
                Poll::Ready(events) => Poll::Ready(Some(events.unwrap())),
                Poll::Pending if polls == dropped => Poll::Ready(None),
                Poll::Pending => {
                    polls += 1;
                    Poll::Pending
                }
            });
            match events.await {
                Some(events) => {
                    let refused = |event: &&SessionEvent| {
                        matches!(event, SessionEvent::MessageRefused { .. })
                    };
                    assert_eq!(events.iter().filter(refused).count(), 1, "{events:?}");
                    told += 1;
                }
                None => dropped += 1,
            }
            let waiting = vault.outgoing().await.unwrap().len();
            assert_eq!(waiting + vault.refused().await.unwrap().len(), 1, "after {dropped}");
        }
        assert!(dropped > 3, "{dropped}");
        let session = open().await.unwrap();
        session.sync().await.unwrap();
        session.sync().await.unwrap();
        assert!(vault.refused().await.unwrap().is_empty());
    }
}

/// Somebody else has rotated, and the sender has not heard of it.
#[tokio::test]
async fn content_is_sent_under_the_newest_key_also_if_that_is_news() {
    for suite in Suite::ALL {
        let (stage, alice, bob, id) = talk(*suite).await;
        let mut cursor = ReceiveCursor::new();
        new(&bob, id, &mut cursor).await;
        bob.rotate(id).await.unwrap();
        alice.send_text(id, "under which key?").await.unwrap();
        let received = new(&bob, id, &mut cursor).await;
        let [message] = &received[..] else { panic!("{received:?}") };
        assert_eq!(message.key_version(), key(&bob, id).await.0);
        assert_eq!(stage.count("POST", "/messages"), 2, "the first one was refused");
        assert!(alice.vault().outgoing().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn content_media_goes_up_and_comes_down_in_pieces() {
    for suite in Suite::ALL {
        let (_stage, alice, bob, id) = talk(*suite).await;
        let picture: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
        let length = picture.len() as u64;
        let media = MediaToSend::new(MediaKind::Image, length).file_name("cat.png").text("look");
        let steps = Mutex::new(Vec::new());
        let told = |progress: MediaProgress| steps.lock().unwrap().push(progress.done);
        alice.send_media(id, media, &picture[..], told).await.unwrap();
        let steps = steps.into_inner().unwrap();
        assert!(steps.len() > 10 && steps.is_sorted() && *steps.last().unwrap() == length);

        let message = new(&bob, id, &mut ReceiveCursor::new()).await.remove(0);
        let Content::Text(text) = message.content() else { panic!("{message:?}") };
        let [Attachment::Media(attachment)] = text.attachments() else { panic!("{text:?}") };
        assert_eq!((text.as_str(), attachment.file_name()), ("look", Some("cat.png")));
        let mut file = Cursor::new(Vec::new());
        let done = bob.download_media(id, attachment, length, &mut file, |_| {}).await.unwrap();
        assert_eq!(done, length);
        assert!(file.into_inner() == picture, "{suite}");
        // A key that comes while the file is on its way makes it old: it is told so.
        let (mut end, file) = tokio::io::duplex(64 * 1024);
        let (sent, ()) = tokio::join!(
            alice.send_media(id, MediaToSend::new(MediaKind::Image, length), file, |_| {}),
            async {
                end.write_all(&picture[..1_000_000]).await.unwrap();
                alice.rotate(id).await.unwrap();
                end.write_all(&picture[1_000_000..]).await.unwrap();
                drop(end);
            }
        );
        assert_eq!(sent.unwrap_err().code(), "session.key_rotated");
        // Not more than one is ready to take.
        let small = bob.download_media(id, attachment, 1000, Vec::new(), |_| {}).await.unwrap_err();
        assert_eq!(small.code(), "transport.body_too_large");
        // The announced length is what is uploaded, or nothing is sent.
        let media = MediaToSend::new(MediaKind::File, 10);
        let error = alice.send_media(id, media, &[1; 11][..], |_| {}).await.unwrap_err();
        assert!(matches!(error, SessionError::Upload(_)), "{error}");
        let error =
            alice.send_media(id, MediaToSend::new(MediaKind::File, 10), &[1; 9][..], |_| {});
        assert!(matches!(error.await.unwrap_err(), SessionError::Upload(_)));
        assert_eq!(new(&bob, id, &mut ReceiveCursor::new()).await.len(), 1);
    }
}

/// A message that another member signed is theirs alone: the server cannot put it elsewhere.
#[tokio::test]
async fn content_of_another_conversation_does_not_count() {
    let (_stage, alice, bob, id) = talk(Suite::XChat).await;
    alice.send_text(id, "for Bob").await.unwrap();
    let page = bob.client().conversation_events(&id, EventsQuery::new()).await.unwrap();
    let event = page.events[0].encoded_event.clone().unwrap();
    let noticed = bob.ingest(&[event.clone(), event]).await.unwrap();
    assert!(noticed.iter().all(|event| matches!(event, SessionEvent::KeyAdopted { .. })));
}
