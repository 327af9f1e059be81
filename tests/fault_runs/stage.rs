//! A sandbox, and users of it.

use std::time::{Duration, SystemTime};

use sealpost::*;
use sealpost_sandbox::{RunningSandbox, Sandbox, SandboxToken};

/// A sandbox whose clock is the client's.
pub struct Stage {
    pub sandbox: RunningSandbox,
}

/// A user with registered keys.
pub struct User {
    pub client: Client,
    pub account: Account,
    pub token: SandboxToken,
}

impl Stage {
    pub async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.clock(SystemTime::now().into());
        Self { sandbox }
    }

    pub async fn user(&self, number: u64, suite: Suite) -> User {
        let user = UserId::new(number).unwrap();
        let token = self.sandbox.token(user);
        let client = client(self.sandbox.base_url(), &token);
        let identity = Identity::generate(suite).unwrap();
        let request = identity.registration(user, UnixMillis::new(1));
        let registered = client.add_user_public_key(&user, &request).await.unwrap();
        User { client, account: identity.registered(user, registered.public_key_version), token }
    }
}

/// A client that does not wait long for a server that stalls.
pub fn client(base_url: &str, token: &SandboxToken) -> Client {
    Client::builder()
        .base_url(base_url)
        .credentials(Credentials::bearer(token.as_str().into()))
        .response_head_timeout(Duration::from_millis(250))
        .response_body_timeout(Duration::from_millis(50))
        .whole_request_timeout(Duration::from_secs(5))
        .max_response_body(256 * 1024)
        .build()
        .unwrap()
}
