//! A sandbox, the other users, and a folder for the program's files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealpost::*;
use sealpost_sandbox::{RunningSandbox, Sandbox};

/// Where runs take place, one at a time.
pub(super) struct Stage {
    pub(super) sandbox: RunningSandbox,
    /// This executable, to be started so that it calls [`live`](super::live).
    pub(super) program: fn() -> Command,
    folder: PathBuf,
}

impl Stage {
    /// With a folder of its own, which is made, and removed in the end.
    pub(super) async fn new(folder: &Path, program: fn() -> Command) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        Self { sandbox, program, folder: folder.to_owned() }
    }

    /// An empty folder for one run.
    pub(super) fn folder(&self, name: &str) -> Folder {
        let path = self.folder.join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(super) fn client(&self, user: UserId) -> Client {
        client(self.sandbox.base_url(), self.sandbox.token(user).as_str())
    }

    /// A user with a session in this process.
    pub(super) async fn member(&self, user: UserId, suite: Suite) -> Session {
        let store = Arc::new(MemoryStore::new());
        let vault = Vault::open(store, StoreKey::from_bytes(&[1; 32])).await.unwrap();
        let session = Session::open(&vault, self.client(user), user).await.unwrap();
        session.register(suite).await.unwrap();
        session
    }

    /// The clock of the sandbox and those of the sessions are one.
    pub(super) fn set_clock(&self) {
        self.sandbox.clock(SystemTime::now().into());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removed with all that is in it when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A client that does not wait long before it tries again.
pub(super) fn client(base_url: &str, token: &str) -> Client {
    Client::builder()
        .base_url(base_url)
        .credentials(Credentials::bearer(token.into()))
        .retry(
            RetryPolicy::new()
                .delays(Duration::from_millis(1), Duration::from_millis(4))
                .deadline(Duration::from_secs(5)),
        )
        .build()
        .unwrap()
}
