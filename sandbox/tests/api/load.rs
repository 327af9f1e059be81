//! Many connections at once.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{World, rows};

/// As many as fit under the usual limit of 1,024 open files, both ends being in this process.
const CONNECTIONS: u64 = 400;

#[tokio::test]
async fn many_connections_stay_open_and_are_all_served() {
    let world = World::start().await;
    let address = world.sandbox.base_url().strip_prefix("http://").unwrap().to_owned();
    let mut connections = tokio::task::JoinSet::new();
    for version in 1..=CONNECTIONS {
        let (address, token) = (address.clone(), world.alice.token.clone());
        // Versions come in any order, so each is for a conversation of its own group.
        let group = sealpost_crypto::ConversationId::group(version).unwrap();
        let members = [world.alice.account.user_id(), world.bob.account.user_id()];
        let group = sealpost_crypto::Conversation::group(group, members).unwrap();
        world.sandbox.host(&group);
        let change = sealpost_crypto::KeyChange::new(
            &world.alice.account,
            &group,
            sealpost_crypto::KeyVersion::new(version),
        )
        .participants([world.bob.account.participant()]);
        let (change, _) = change.seal().unwrap().sign().unwrap().prepare();
        connections.spawn(async move {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            let head = format!(
                "POST /2/chat/conversations/g{version}/keys HTTP/1.1\r\nhost: sandbox\r\n\
                 authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n",
                change.body().len()
            );
            let mut statuses = Vec::new();
            for _ in 0..2 {
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(change.body()).await.unwrap();
                statuses.push(status(&mut stream).await);
            }
            (stream, statuses)
        });
    }
    // The connections stay open until the last one is served.
    let served = connections.join_all().await;
    assert_eq!(served.len(), usize::try_from(CONNECTIONS).unwrap());
    for (_, statuses) in &served {
        assert_eq!(statuses, &["200", "409"], "the second time it is a conflict");
    }
    let list = "/2/chat/conversations?max_results=100";
    let page = world.get(list, &world.bob.token).await.json();
    assert_eq!(rows(&page["data"]).len(), 100);
    drop(served);
}

/// The status of the next response; its head and body are read off.
async fn status(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "the connection ended");
        seen.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&seen).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.unwrap().parse::<usize>().unwrap() {
            return head[9..12].to_owned();
        }
    }
}
