//! A scripted HTTP/1.1 server on a loopback socket, and the values requests are made of.

#![allow(dead_code, unreachable_pub)] // every test file is a crate that takes what it needs

pub mod contract;
pub mod http2;
pub mod oauth1;
pub mod oauth2;
pub mod raw;
pub mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::{
    Account, ActionParts, ChangeKind, Conversation, ConversationId, DeleteFor, DeleteParts,
    EncodedMessageCreateEvent, EncodedMessageEventDetail, EncodedMessageEventSignature,
    GroupCreate, Identity, KeyChange, KeyVersion, MemberAdd, MessageParts, Participant,
    PreparedDelete, PreparedKeyChange, PreparedMessage, SequenceId, Signature, Suite, UserId,
};
use sealpost_transport::{Client, ClientBuilder, Credentials, Error, RetryPolicy};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The token every test client sends. Nothing a client shows may contain it.
pub const TOKEN: &str = "planted-T0ken-4f1d";
/// The longest a bounded call may take here. Generous: it only tells bounded from unbounded.
pub const SOON: Duration = Duration::from_secs(20);

pub const ALICE: u64 = 1_215_441_834_412_953_600;
pub const BOB: u64 = 1_603_419_180_975_409_153;
const VERSION: KeyVersion = KeyVersion::new(1_767_225_600_000);

/// What the server does with one request, after it has read it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Waits, then sends these bytes and closes the connection.
    Late(Duration, Vec<u8>),
    /// Sends these bytes, then closes the connection.
    Bytes(Vec<u8>),
    /// Sends these bytes, then nothing, until the client leaves.
    Stall(Vec<u8>),
    /// Sends the first bytes, then the second again and again, until the client leaves.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends the first bytes, then single bytes of the second with a pause before each.
    Drip(Vec<u8>, Vec<u8>, Duration),
}

/// One request as it came over the socket.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn request_line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The method and the target.
    pub fn target(&self) -> (&str, &str) {
        let mut words = self.request_line().split(' ');
        (words.next().unwrap(), words.next().unwrap())
    }

    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The fields of a form, decoded, in their order.
    pub fn form(&self) -> Vec<(String, String)> {
        assert_eq!(self.header("content-type"), "application/x-www-form-urlencoded");
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The one value of a header.
    pub fn header(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all[0]
    }
}

#[derive(Default)]
struct Log {
    connections: usize,
    handshakes: Vec<tls::Handshake>,
    seen: Vec<Seen>,
}

/// What the server answers to its `n`th request, from 0.
type Script = dyn Fn(usize, &Seen) -> Answer + Send + Sync;

/// Answers by a script.
pub struct Server {
    pub address: SocketAddr,
    scheme: &'static str,
    log: Arc<Mutex<Log>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Answers every request in the same way.
    pub async fn start(answer: Answer) -> Self {
        Self::scripted(move |_, _| answer.clone()).await
    }

    pub async fn scripted(script: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&shared)));
            }
        });
        Self { address, scheme: "http", log, task }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    /// The one request there was.
    pub fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1);
        seen.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Arc<Script>,
    log: Arc<Mutex<Log>>,
) {
    let Some(seen) = read_request(&mut stream).await else {
        return;
    };
    let index = {
        let mut log = log.lock().unwrap();
        log.seen.push(seen.clone());
        log.seen.len() - 1
    };
    let answer = script(index, &seen);
    let stalls = matches!(answer, Answer::Stall(_));
    play(&mut stream, answer).await;
    if stalls {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

/// Sends an answer. A client may leave at any time; what matters is what it says then.
async fn play(stream: &mut (impl AsyncWrite + Unpin), answer: Answer) {
    let _ = match answer {
        Answer::Late(pause, bytes) => {
            tokio::time::sleep(pause).await;
            stream.write_all(&bytes).await
        }
        Answer::Bytes(bytes) | Answer::Stall(bytes) => stream.write_all(&bytes).await,
        Answer::Endless(head, chunk) => {
            let mut sent = stream.write_all(&head).await;
            while sent.is_ok() {
                sent = stream.write_all(&chunk).await;
            }
            sent
        }
        Answer::Drip(head, rest, pause) => {
            let mut sent = stream.write_all(&head).await;
            for byte in rest {
                tokio::time::sleep(pause).await;
                sent = sent.and(stream.write_all(&[byte]).await);
            }
            sent
        }
    };
}

/// Reads one request; `None` when the client leaves first.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let seen = Seen { head, body: Vec::new() };
    let length = seen.all("content-length").first().map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { body, ..seen })
}

/// A head without a length: the body ends with the connection.
pub fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Whatever\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A whole response.
pub fn response(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let length = body.len().to_string();
    let headers = [headers, &[("content-length", &*length)]].concat();
    Answer::Bytes([head(status, &headers), body.to_vec()].concat())
}

/// A whole JSON response with a request id.
pub fn json(status: u16, body: impl AsRef<[u8]>) -> Answer {
    response(
        status,
        &[("content-type", "application/json"), ("x-transaction-id", "0123456789abcdef")],
        body,
    )
}

pub fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .credentials(Credentials::bearer(TOKEN.into()))
        .retry(RetryPolicy::never())
}

pub fn client(server: &Server) -> Client {
    builder(&server.url()).build().unwrap()
}

pub fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

/// A registered user with fresh keys.
pub fn account(id: u64) -> Account {
    Identity::generate(Suite::X25519).unwrap().registered(user(id), "7".parse().unwrap())
}

/// A key change of Alice's in the conversation with Bob, or in a group with him.
pub fn prepared_in(conversation: &Conversation) -> PreparedKeyChange {
    let alice = account(ALICE);
    finished(KeyChange::new(&alice, conversation, VERSION), &[BOB])
}

/// A new group of Alice's with Bob.
pub fn prepared_group() -> PreparedKeyChange<GroupCreate> {
    let (alice, group) = (account(ALICE), group());
    let creation = GroupCreate::new([user(ALICE)]).title("A \"title\"".parse().unwrap());
    let draft = KeyChange::new(&alice, &group, VERSION).creating_group(creation).unwrap();
    finished(draft, &[BOB])
}

/// Alice adds Bob to a group of hers.
pub fn prepared_members() -> PreparedKeyChange<MemberAdd> {
    let (alice, group) = (account(ALICE), group());
    let addition = MemberAdd::new([user(BOB)], GroupCreate::new([user(ALICE)]));
    let draft = KeyChange::new(&alice, &group, VERSION).adding_members(addition).unwrap();
    finished(draft, &[BOB])
}

/// A key change for a group with this many members.
pub fn prepared_for(members: u64) -> PreparedKeyChange {
    let others: Vec<u64> = (1..members).collect();
    let everybody = others.iter().copied().chain([ALICE]).map(user);
    let conversation = Conversation::group(group().id(), everybody).unwrap();
    let alice = account(ALICE);
    finished(KeyChange::new(&alice, &conversation, VERSION), &others)
}

fn finished<K: ChangeKind>(draft: KeyChange<'_, K>, others: &[u64]) -> PreparedKeyChange<K> {
    let others: Vec<Participant> =
        others.iter().map(|id| account(*id).record().verify(&user(*id)).unwrap()).collect();
    draft.participants(&others).seal().unwrap().sign().unwrap().prepare().0
}

pub fn direct() -> Conversation {
    Conversation::direct(user(ALICE), user(BOB))
}

pub fn group() -> Conversation {
    let id: ConversationId = "g1603419180975409999".parse().unwrap();
    Conversation::group(id, [user(ALICE), user(BOB)]).unwrap()
}

pub fn prepared() -> PreparedKeyChange {
    prepared_in(&direct())
}

/// A message of Alice's to Bob, as far as the transport looks at it.
pub fn message_parts() -> MessageParts {
    MessageParts {
        conversation_id: direct().id(),
        sender: user(ALICE),
        message_id: "1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e55".parse().unwrap(),
        event: EncodedMessageCreateEvent::from_bytes(b"ciphertext").unwrap(),
        signature: EncodedMessageEventSignature::from_bytes(b"signature").unwrap(),
        conversation_token: Some("to\"ken".parse().unwrap()),
    }
}

pub fn prepared_message() -> PreparedMessage {
    PreparedMessage::new(&message_parts()).unwrap()
}

/// Alice deletes two messages in a group.
pub fn prepared_delete() -> PreparedDelete {
    let action = ActionParts {
        message_id: message_parts().message_id,
        detail: EncodedMessageEventDetail::from_bytes(b"detail").unwrap(),
        signature: Signature::from_base64(&encode_base64(&[1; 64])).unwrap(),
        public_key_version: "7".parse().unwrap(),
        suite: Suite::X25519,
        payload: Some("MessageDeleteEvent,\"".parse().unwrap()),
    };
    let parts = DeleteParts {
        conversation_id: group().id(),
        sender: user(ALICE),
        delete_for: DeleteFor::All,
        sequence_ids: [7, 9].map(SequenceId::new).to_vec(),
        media_hash_keys: vec!["rByqeHiVlD".parse().unwrap()],
        action,
    };
    PreparedDelete::new(&parts).unwrap()
}

/// What a write ends in when it gets this answer.
pub async fn write_error(answer: Answer) -> Error {
    let server = Server::start(answer).await;
    within(client(&server).add_conversation_keys(&prepared())).await.unwrap_err()
}

/// What a read ends in when it gets this answer.
pub async fn read_error(answer: Answer) -> Error {
    let server = Server::start(answer).await;
    within(client(&server).user_public_keys(&user(BOB))).await.unwrap_err()
}

/// Fails a test whose call does not come back.
pub async fn within<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, call).await.expect("the call is bounded")
}

/// A server that answers whatever it gets without TLS.
pub async fn plain_speaker() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut received = [0; 1024];
            let _ = stream.read(&mut received).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    address
}
