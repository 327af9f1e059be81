//! The walk in X's own suite: what this seals, X's apps open.
//!
//! Two conversations on a local sandbox: Alice and Bob, then a group of three that Alice creates,
//! with a title that everybody verifies.
//!
//! `cargo run --release --example xchat_conversation`

mod support;

use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use sealpost::*;
use sealpost_sandbox::Sandbox;
use support::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

/// A user with a client of their own.
struct Member {
    name: &'static str,
    client: Client,
    account: Account,
}

async fn run() -> Outcome<()> {
    println!("sealpost: conversations in X's own suite\n");
    let sandbox = Sandbox::start().await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));
    let mut members = Vec::new();
    for (name, id) in
        [("Alice", "1215441834412953600"), ("Bob", "1603419180975409153"), ("Carol", "2244994945")]
    {
        let user = id.parse()?;
        let client = sandbox_client(&sandbox, user)?;
        let account = register(&client, name, user, Suite::XChat).await?;
        members.push(Member { name, client, account });
    }
    let [alice, others @ ..] = &members[..] else { return Err("nobody is there".into()) };

    println!("\n-- Alice and Bob\n");
    let [bob, ..] = others else { return Err("Bob is not there".into()) };
    let conversation = Conversation::direct(alice.account.user_id(), bob.account.user_id());
    let bobs_keys = participant(&alice.client, &bob.account.user_id()).await?;
    let mut keyring = Keyring::new(conversation.id());
    let draft = keyring.draft(&alice.account, &conversation, SystemTime::now().into())?;
    let (request, key) = seal_and_sign(draft.participants([&bobs_keys]))?;
    show_request(&format!("/2/chat/conversations/{}/keys", request.path()), request.body())?;
    let accepted = alice.client.add_conversation_keys(&request).await?;
    keyring.commit(&request, key)?;
    step("accepted", &format!("conversation {}", accepted.conversation_id));
    everybody_reads(alice, &[bob], &conversation, &keyring).await?;

    println!("\n-- a group of three\n");
    let id = alice.client.initialize_group().await?;
    step("group", &format!("{id}, an id that the server has minted"));
    let users = members.iter().map(|member| member.account.user_id());
    let conversation = Conversation::group(id, users)?;
    let mut participants = Vec::new();
    for other in others {
        participants.push(participant(&alice.client, &other.account.user_id()).await?);
    }
    let mut keyring = Keyring::new(id);
    let draft = keyring
        .draft(&alice.account, &conversation, SystemTime::now().into())?
        .participants(&participants)
        .creating_group(
            GroupCreate::new([alice.account.user_id()]).title("Friends of P-256".parse()?),
        )?;
    let (request, key) = seal_and_sign(draft)?;
    show_request("/2/chat/conversations/group", request.body())?;
    let created = alice.client.create_group(&request).await?;
    keyring.commit(&request, key)?;
    step("accepted", &format!("group {}", created.conversation_id));
    let others: Vec<&Member> = others.iter().collect();
    everybody_reads(alice, &others, &conversation, &keyring).await?;

    println!("\nEverybody holds the keys they should, and X's own apps would, too.");
    sandbox.stop().await;
    Ok(())
}

fn seal_and_sign<K: ChangeKind>(
    draft: KeyChange<'_, K>,
) -> Outcome<(PreparedKeyChange<K>, ConversationKey)> {
    let clock = Instant::now();
    let sealed = draft.seal()?;
    let sealing = clock.elapsed();
    let copies = copy_lines(&sealed);
    let signed = sealed.sign()?;
    let summary = Summary::new(copies, sealing, &signed);
    let (request, key) = signed.prepare();
    summary.show(&request);
    Ok((request, key))
}

/// Everybody but the sender reads the conversation: the key, and the group if it is one.
async fn everybody_reads(
    sender: &Member,
    readers: &[&Member],
    conversation: &Conversation,
    sent: &Keyring,
) -> Outcome<()> {
    let sender_id = sender.account.user_id();
    for reader in readers {
        let keyring = receive(&reader.client, &reader.account, conversation, &sender_id).await?;
        compare(reader.name, &keyring, sent)?;
        let signer = participant(&reader.client, &sender_id).await?;
        let page =
            reader.client.conversation_events(&conversation.id(), EventsQuery::new()).await?;
        for event in page.events.iter().filter_map(|row| row.encoded_event.as_ref()) {
            if let Ok(ChatEvent::GroupCreate(group)) = event.parse() {
                let group = group.verify(conversation.id(), [&signer], ReadPolicy::strict())?;
                let title = group.title().map_or("no title", GroupTitle::as_str);
                more(&format!("group            \"{title}\", signed by {}", sender.name));
            }
        }
    }
    Ok(())
}
