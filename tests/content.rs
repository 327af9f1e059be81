//! Messages, a picture and a deletion over real HTTP: what one side sends the other one reads.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

use std::io::Read as _;
use std::time::SystemTime;

use sealpost::transport::{TotalBytes, UploadOptions};
use sealpost::*;
use sealpost_sandbox::{Fault, Operation, RunningSandbox, Sandbox};

struct Side {
    client: Client,
    account: Account,
    keyring: Keyring,
    seen: SeenActions,
}

struct Stage {
    sandbox: RunningSandbox,
    alice: Side,
    bob: Side,
    conversation: Conversation,
    participants: [Participant; 2],
}

async fn side(sandbox: &RunningSandbox, number: u64, suite: Suite) -> (Client, Account) {
    let user = UserId::new(number).unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(sandbox.token(user).as_str().into()))
        .build()
        .unwrap();
    let identity = Identity::generate(suite).unwrap();
    let request = identity.registration(user, UnixMillis::new(1));
    let registered = client.add_user_public_key(&user, &request).await.unwrap();
    (client, identity.registered(user, registered.public_key_version))
}

impl Stage {
    /// Alice and Bob, with a key that both have.
    async fn new(suite: Suite) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.clock(SystemTime::now().into());
        let alice = side(&sandbox, 1, suite).await;
        let bob = side(&sandbox, 2, suite).await;
        let conversation = Conversation::direct(alice.1.user_id(), bob.1.user_id());
        let participants = [*alice.1.participant(), *bob.1.participant()];
        let side = |(client, account)| {
            let keyring = Keyring::new(conversation.id());
            Side { client, account, keyring, seen: SeenActions::default() }
        };
        let (alice, bob) = (side(alice), side(bob));
        let mut stage = Self { sandbox, alice, bob, conversation, participants };
        stage.alice.start(&stage.conversation, &stage.participants).await;
        stage.bob.read(&stage.conversation, &stage.participants).await;
        stage
    }

    async fn bob_reads(&mut self) -> Vec<Result<Received, InboxError>> {
        self.bob.read(&self.conversation, &self.participants).await
    }

    /// What Bob finds that he has not seen.
    async fn bob_finds(&mut self) -> VerifiedMessage {
        let mut new = self.bob_reads().await.into_iter().filter_map(|event| match event.unwrap() {
            Received::Message(message, Novelty::New) => Some(message),
            _ => None,
        });
        let message = new.next().unwrap();
        assert!(new.next().is_none(), "one at a time");
        message
    }

    fn encrypt(&self, message: &Message) -> PreparedMessage {
        let Side { account, keyring, .. } = &self.alice;
        message.encrypt(account, &self.conversation, keyring).unwrap().prepare(None).unwrap()
    }

    async fn say(&mut self, message: &Message) -> VerifiedMessage {
        self.alice.client.send_message(&self.encrypt(message)).await.unwrap();
        self.bob_finds().await
    }
}

impl Side {
    async fn start(&mut self, conversation: &Conversation, others: &[Participant]) {
        let Self { client, account, keyring, .. } = self;
        let draft = keyring.draft(account, conversation, SystemTime::now().into()).unwrap();
        let others = others.iter().filter(|other| other.user_id() != account.user_id());
        let (change, key) = draft.participants(others).seal().unwrap().sign().unwrap().prepare();
        client.add_conversation_keys(&change).await.unwrap();
        keyring.commit(&change, key).unwrap();
    }

    async fn read(
        &mut self,
        conversation: &Conversation,
        participants: &[Participant],
    ) -> Vec<Result<Received, InboxError>> {
        let query = EventsQuery::new().max_results(100);
        let page = self.client.conversation_events(&conversation.id(), query).await.unwrap();
        let rows = page.events.iter().rev().filter_map(|row| row.encoded_event.as_ref());
        let inbox = Inbox::new(&self.account, conversation, participants);
        inbox.read(rows, &mut self.keyring, &mut self.seen, SystemTime::now().into())
    }
}

fn text_of(message: &VerifiedMessage) -> &str {
    let Content::Text(text) = message.content() else { panic!("{message:?}") };
    text.as_str()
}

#[tokio::test]
async fn content_texts_replies_and_reactions_arrive_verified() {
    for suite in Suite::ALL {
        let mut stage = Stage::new(*suite).await;
        let first = stage.say(&Message::text("hello, ünïcode")).await;
        assert_eq!(text_of(&first), "hello, ünïcode");
        assert_eq!(first.sender(), stage.alice.account.user_id());

        let reply = stage.say(&Message::new(Text::new("and again").reply_to(&first))).await;
        let Some(ReplyPreview::Verified(quote)) = reply.reply() else { panic!("{reply:?}") };
        assert_eq!(quote.original().message_id(), first.message_id());

        let sequence_id = first.sequence_id().unwrap();
        let heart = Reaction::new(sequence_id.into_claim(), "❤".parse().unwrap());
        let reaction = stage.say(&Message::add_reaction(heart)).await;
        assert!(matches!(reaction.content(), Content::AddReaction(_)), "{reaction:?}");
        assert!(stage.bob_reads().await.iter().all(Result::is_ok));
    }
}

/// Sent twice by the client, because the answer was lost: one message.
#[tokio::test]
async fn content_a_message_whose_answer_is_lost_is_sent_again_and_is_one() {
    let mut stage = Stage::new(Suite::X25519).await;
    let prepared = stage.encrypt(&Message::text("once"));
    let fault = Fault::CommitThenReset.on(Operation::SendChatMessage).unwrap();
    stage.sandbox.inject(fault, 1);
    stage.alice.client.send_message(&prepared).await.unwrap();
    assert_eq!(text_of(&stage.bob_finds().await), "once");
    let posts = stage.sandbox.journal();
    let posts: Vec<_> = posts
        .iter()
        .filter(|entry| entry.operation() == Some(Operation::SendChatMessage))
        .map(|entry| entry.body().to_vec())
        .collect();
    assert_eq!(posts, [prepared.body(), prepared.body()]);
}

#[tokio::test]
async fn content_a_picture_goes_up_and_comes_down() {
    for suite in Suite::ALL {
        let mut stage = Stage::new(*suite).await;
        let picture: Vec<u8> = (0..300_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
        let encryptor = MediaEncryptor::new(&stage.alice.keyring).unwrap();
        let media = encryptor.media();
        let mut ciphertext = Vec::new();
        encryptor.reader(&*picture).read_to_end(&mut ciphertext).unwrap();

        let id = stage.conversation.id();
        let total = TotalBytes::new(u64::try_from(ciphertext.len()).unwrap());
        let client = &stage.alice.client;
        let options = UploadOptions::new();
        let uploaded = client.upload_media(&id, total, &*ciphertext, options).await.unwrap();
        let attachment = MediaAttachment::new(uploaded.media_hash_key, MediaKind::Image, &media);
        let attachment = attachment.with_file_size(300_000);
        let text = Text::new("look").with_attachment(attachment);
        let message = stage.say(&Message::new(text)).await;

        let Content::Text(text) = message.content() else { panic!("{message:?}") };
        let [Attachment::Media(attachment)] = text.attachments() else { panic!("{text:?}") };
        let download = stage.bob.client.download_media(&id, attachment.hash_key(), total);
        let ciphertext = download.await.unwrap().into_bytes().await.unwrap();
        let decryptor = MediaDecryptor::new(attachment, &stage.bob.keyring).unwrap();
        let mut opened = Vec::new();
        decryptor.reader(&*ciphertext).read_to_end(&mut opened).unwrap();
        assert!(opened == picture, "{suite}");

        let cut = &ciphertext[..ciphertext.len() - 1];
        let decryptor = MediaDecryptor::new(attachment, &stage.bob.keyring).unwrap();
        assert!(decryptor.reader(cut).read_to_end(&mut Vec::new()).is_err());
    }
}

#[tokio::test]
async fn content_a_signed_deletion_takes_a_message_away() {
    for suite in Suite::ALL {
        let mut stage = Stage::new(*suite).await;
        let message = stage.say(&Message::text("oops")).await;
        let sequence_id = message.sequence_id().unwrap().into_claim();
        let deletion = Action::delete_for_everybody([sequence_id]).unwrap();
        let signed = deletion.sign(&stage.alice.account, &stage.conversation).unwrap();
        let prepared = signed.prepare_delete([]).unwrap();
        stage.alice.client.delete_messages(&prepared).await.unwrap();
        let left = stage.bob_reads().await;
        let texts = left.iter().filter(|event| matches!(event, Ok(Received::Message(..))));
        assert_eq!(texts.count(), 0);
        let told = left.iter().filter(|event| matches!(event, Ok(Received::Action(..))));
        assert_eq!(told.count(), 1, "{left:?}");

        let read = Action::MarkRead { seen_until: sequence_id, seen_at: None };
        let read = read.sign(&stage.alice.account, &stage.conversation);
        let error = read.unwrap().prepare_delete([]).unwrap_err();
        assert_eq!(error.code(), "request.not_a_deletion");
    }
}
