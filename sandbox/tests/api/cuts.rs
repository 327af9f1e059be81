//! Connections that are cut: where, how, and whether the request was carried out.

use std::io::ErrorKind;
use std::time::Duration;

use sealpost_sandbox::{Fault, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::World;
use crate::support::http::Request;

const PATIENCE: Duration = Duration::from_secs(20);

/// What came before the end, and whether the end was a reset.
struct Ending {
    bytes: Vec<u8>,
    reset: bool,
}

impl Ending {
    async fn of(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let read = async {
            let mut chunk = [0; 4096];
            loop {
                match stream.read(&mut chunk).await {
                    Ok(0) => break false,
                    Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => break true,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let reset = tokio::time::timeout(PATIENCE, read).await.expect("no end in time");
        Self { bytes, reset }
    }

    /// The same where the reset may come while the connection is made, or the request written.
    async fn of_opened(opened: std::io::Result<TcpStream>) -> Self {
        match opened {
            Ok(mut stream) => Self::of(&mut stream).await,
            Err(error) => {
                let kinds = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
                assert!(kinds.contains(&error.kind()), "{error}");
                Self { bytes: Vec::new(), reset: true }
            }
        }
    }

    /// The head, if it is whole, and what came of the body.
    fn parts(&self) -> Option<(String, &[u8])> {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8(self.bytes[..end].to_vec()).unwrap().to_lowercase();
        Some((head, &self.bytes[end + 4..]))
    }

    fn declared(&self) -> usize {
        let (head, _) = self.parts().unwrap();
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
        length.unwrap().parse().unwrap()
    }
}

impl World {
    /// Alice posts a change under a fault, and reads until the connection ends.
    async fn cut(&self, version: u64, fault: Fault) -> Ending {
        let request = Request::post("/2/chat/conversations/1002/keys", self.change(version).body());
        let request = request.token(&self.alice.token).fault(fault.name());
        Ending::of_opened(self.client.open(request).await).await
    }

    async fn versions(&self) -> usize {
        self.seen(&self.bob).await.len()
    }
}

#[tokio::test]
async fn before_the_commit_nothing_comes_and_nothing_is_done() {
    let world = World::start().await;
    for fault in [Fault::ResetBeforeBody, Fault::ResetInRequestBody, Fault::ResetBeforeCommit] {
        let ending = world.cut(5, fault).await;
        assert!(ending.reset, "{fault}");
        assert_eq!(ending.bytes, b"", "{fault}");
        let entry = world.sandbox.journal().pop().unwrap();
        assert_eq!((entry.status(), entry.changed_state()), (None, false), "{fault}");
        assert_eq!(entry.fault(), Some(fault));
        assert_eq!(world.versions().await, 0, "{fault}");
    }
    assert_eq!(world.post_change(5).await.status, 200);
}

#[tokio::test]
async fn the_body_is_read_as_far_as_the_fault_says() {
    let world = World::start().await;
    let body = world.change(5).body().to_vec();
    let head = |fault: Fault| {
        format!(
            "POST /2/chat/conversations/1002/keys HTTP/1.1\r\nhost: sandbox\r\n\
             authorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nx-sandbox-fault: {fault}\r\n\r\n",
            world.alice.token,
            body.len()
        )
    };
    // The reset does not wait for more than the head.
    let mut stream = world.client.connect().await.unwrap();
    stream.write_all(head(Fault::ResetBeforeBody).as_bytes()).await.unwrap();
    assert!(Ending::of(&mut stream).await.reset);
    assert_eq!(world.sandbox.journal().last().unwrap().body(), b"");

    // The reset waits for half of the body, and not for more.
    let mut stream = world.client.connect().await.unwrap();
    let half = body.len().div_ceil(2);
    stream.write_all(head(Fault::ResetInRequestBody).as_bytes()).await.unwrap();
    stream.write_all(&body[..half - 1]).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(100), stream.read_u8()).await;
    assert!(early.is_err(), "it ended too early");
    stream.write_all(&body[half - 1..half]).await.unwrap();
    assert!(Ending::of(&mut stream).await.reset);
    assert_eq!(world.sandbox.journal().last().unwrap().body(), &body[..half]);
    assert_eq!(world.versions().await, 0);
}

#[tokio::test]
async fn after_the_commit_a_part_of_the_answer_comes() {
    let world = World::start().await;
    let faults = [
        Fault::CommitThenReset,
        Fault::ResetInHead,
        Fault::ResetAfterHead,
        Fault::ResetInBody,
        Fault::TruncatedBody,
    ];
    for (version, fault) in (5..).zip(faults) {
        let ending = world.cut(version, fault).await;
        assert_eq!(ending.reset, fault != Fault::TruncatedBody, "{fault}");
        match fault {
            Fault::CommitThenReset => assert_eq!(ending.bytes, b""),
            Fault::ResetInHead => {
                assert!(ending.bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
                assert!(ending.parts().is_none());
            }
            Fault::ResetAfterHead => {
                assert_eq!(ending.parts().unwrap().1, b"");
                assert!(ending.declared() > 0);
            }
            _ => {
                let body = ending.parts().unwrap().1;
                assert_eq!(body.len(), ending.declared() / 2, "{fault}");
                assert!(body.starts_with(b"{\"data\":"));
            }
        }
        let entry = world.sandbox.journal().pop().unwrap();
        let status = (fault != Fault::CommitThenReset).then_some(200);
        assert_eq!((entry.status(), entry.changed_state()), (status, true), "{fault}");
        let stored = usize::try_from(version - 4).unwrap();
        assert_eq!(world.versions().await, stored, "{fault}");
    }
}

#[tokio::test]
async fn a_refusal_is_cut_off_as_well() {
    let world = World::with_key().await;
    let ending = world.cut(5, Fault::ResetInBody).await;
    let (head, body) = ending.parts().unwrap();
    assert!(head.starts_with("http/1.1 409"));
    assert_eq!(body.len(), ending.declared() / 2);
    assert!(world.cut(5, Fault::CommitThenReset).await.bytes.is_empty());
    assert_eq!(world.versions().await, 1);
}

#[tokio::test]
async fn a_download_is_cut_in_the_middle() {
    let world = World::start().await;
    let upload = crate::media::Upload::begin(&world, 100_001).await;
    let media = vec![7; 100_001];
    for (step, body) in [("append", upload.segment(0, &media)), ("finalize", upload.end("1"))] {
        assert_eq!(world.post_as(&world.alice, &upload.path(step), &body).await.status, 200);
    }
    let path = format!("/2/chat/media/1002/{}", upload.key);
    let request = Request::get(&path).token(&world.alice.token).fault("truncated-body");
    let mut stream = world.client.open(request).await.unwrap();
    let ending = Ending::of(&mut stream).await;
    assert_eq!(ending.declared(), 100_001);
    assert_eq!(ending.parts().unwrap().1.len(), 50_000);
    let request = Request::get(&path).token(&world.alice.token);
    assert_eq!(world.client.send(request).await.unwrap().body(), media);
}

#[tokio::test]
async fn a_connection_is_reset_before_it_can_ask() {
    let world = World::start().await;
    world.sandbox.inject(Fault::ResetAtAccept, 2);
    world.sandbox.inject(Fault::Unavailable, 1);
    for _ in 0..2 {
        let ending = Ending::of_opened(world.client.connect().await).await;
        assert!(ending.reset && ending.bytes.is_empty());
    }
    assert_eq!(world.post_change(5).await.status, 503, "the next fault waited for a request");
    assert_eq!(world.post_change(5).await.status, 200);

    // Connections that are open already do not meet it.
    let mut open = world.client.connect().await.unwrap();
    open.write_all(b"GET / HTTP/1.1\r\nhost: sandbox\r\n\r\n").await.unwrap();
    let mut status = [0; 12];
    open.read_exact(&mut status).await.unwrap();
    world.sandbox.inject(Fault::ResetAtAccept, 1);
    open.write_all(b"GET / HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\r\n").await.unwrap();
    let ending = Ending::of(&mut open).await;
    assert!(!ending.reset);
    assert!(ending.bytes.windows(12).any(|window| window == b"HTTP/1.1 404"));
    world.sandbox.clear_faults();
    assert_eq!(world.versions().await, 1);
}

#[tokio::test]
async fn a_script_of_cuts_is_played_in_order() {
    let world = World::start().await;
    let keys = Operation::AddConversationKeys;
    world.sandbox.inject_all([
        Fault::ResetBeforeCommit.on(keys).unwrap(),
        Fault::None.on(keys).unwrap(),
        Fault::ResetAfterHead.on(keys).unwrap(),
        Fault::CommitThenUnavailable.on(keys).unwrap(),
    ]);
    let mut outcomes = Vec::new();
    for version in 1..=5 {
        let request =
            Request::post("/2/chat/conversations/1002/keys", world.change(version).body());
        let opened = world.client.open(request.token(&world.alice.token)).await;
        let ending = Ending::of_opened(opened).await;
        let status = String::from_utf8_lossy(ending.bytes.get(9..12).unwrap_or_default());
        outcomes.push((status.into_owned(), ending.reset));
    }
    let expected = [("", true), ("200", false), ("200", true), ("503", false), ("200", false)];
    let expected = expected.map(|(status, reset)| (status.to_owned(), reset));
    assert_eq!(outcomes, expected);
    assert_eq!(world.versions().await, 4);
}
