//! Starting, stopping, and clients that misbehave.

use std::io::ErrorKind;
use std::time::Duration;

use sealpost_sandbox::{Fault, Sandbox, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::http::{Client, Request, read_to_end};
use crate::support::{World, assert_refused, id};

const BOUND: Duration = Duration::from_secs(20);

fn port(base_url: &str) -> u16 {
    base_url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(sandbox.base_url());
    let port = port(sandbox.base_url());
    let taken = Sandbox::builder().port(port).start().await.unwrap_err();
    assert_eq!(taken.code(), "sandbox.bind");
    assert!(matches!(taken, StartError::Bind { port: named, .. } if named == port));
    sandbox.stop().await;
    assert_eq!(client.connect().await.unwrap_err().kind(), ErrorKind::ConnectionRefused);

    let again = Sandbox::builder().port(port).start().await.unwrap();
    assert_eq!(client.send(Request::get("/")).await.unwrap().status, 404);
    again.stop().await;
}

#[tokio::test]
async fn a_stop_ends_idle_and_endless_connections() {
    let world = World::start().await;
    let mut idle = world.client.connect().await.unwrap();
    let request = Request::get("/2/users/1001/public_keys")
        .token(&world.alice.token)
        .fault(Fault::EndlessBody.name());
    let mut endless = world.client.open(request).await.unwrap();
    endless.read_exact(&mut [0; 4096]).await.unwrap();
    let World { sandbox, .. } = world;
    tokio::time::timeout(BOUND, sandbox.stop()).await.expect("the stop is bounded");
    assert_eq!(read_to_end(&mut idle).await.unwrap(), b"");
    // Reading on comes to an end, whichever way the connection was closed.
    let mut rest = vec![0; 1 << 16];
    while endless.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}

#[tokio::test]
async fn dropping_stops_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(sandbox.base_url());
    drop(sandbox);
    let refused = async {
        while client.connect().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(BOUND, refused).await.expect("the drop stops it");
}

#[test]
fn it_outlives_the_runtime_that_started_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime().block_on(Sandbox::start()).unwrap();
    let client = Client::new(sandbox.base_url());
    let reply = runtime().block_on(client.send(Request::get("/"))).unwrap();
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn a_client_that_stalls_is_let_go() {
    let sandbox =
        Sandbox::builder().read_timeout(Duration::from_millis(200)).start().await.unwrap();
    let client = Client::new(sandbox.base_url());
    let token = sandbox.token(id(1));

    let mut silent = client.connect().await.unwrap();
    let mut halfway = client.connect().await.unwrap();
    halfway.write_all(b"GET / HTTP/1.1\r\nhost: san").await.unwrap();
    for stream in [&mut silent, &mut halfway] {
        let ended = tokio::time::timeout(BOUND, stream.read(&mut [0; 512])).await;
        ended.expect("the connection is ended").unwrap();
    }

    let stalled = Request::new("POST", "/2/users/1/public_keys")
        .header("content-type", "application/json")
        .header("content-length", "100")
        .token(&token);
    let reply = client.send(stalled).await.unwrap();
    assert_refused("stalled body", &reply, 408, "invalid-request", "");
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let world = World::start().await;
    let mut stream = world.client.connect().await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: sandbox\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 404");
        let mut rest = vec![0; 4096];
        let mut length = 0;
        while !rest[..length].ends_with(b"}") {
            length += stream.read(&mut rest[length..]).await.unwrap();
        }
    }
}
