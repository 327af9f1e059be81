//! A server that speaks no protocol of its own.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Answer, play, within};

/// Takes one connection, waits for the first bytes, answers, and notes all it gets.
pub struct Raw {
    pub address: SocketAddr,
    task: JoinHandle<Vec<u8>>,
}

impl Raw {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            converse(stream, answer).await
        });
        Self { address, task }
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// What came, once the client has left.
    pub async fn received(self) -> Vec<u8> {
        within(self.task).await.unwrap()
    }
}

async fn converse(mut stream: TcpStream, answer: Answer) -> Vec<u8> {
    let (mut reader, mut writer) = stream.split();
    let mut received = Vec::new();
    if !matches!(reader.read_buf(&mut received).await, Ok(1..)) {
        return received;
    }
    let stalls = matches!(answer, Answer::Stall(_));
    let write = async {
        play(&mut writer, answer).await;
        if !stalls {
            let _ = writer.shutdown().await;
        }
    };
    let read = async { while matches!(reader.read_buf(&mut received).await, Ok(1..)) {} };
    tokio::join!(write, read);
    received
}
