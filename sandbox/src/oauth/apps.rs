//! The apps that are registered, and what they prove themselves with.

use std::fmt;

use super::mint::Mint;
use super::settings::{AppKind, AppSettings};
use crate::seed::Seed;

/// An app that is registered: what the developer's console would show.
///
/// It opens nothing but the sandbox that made it; `Debug` hides the secrets all the same.
#[derive(Clone, PartialEq, Eq)]
pub struct SandboxApp {
    client_id: String,
    client_secret: Option<String>,
    consumer_key: String,
    consumer_secret: String,
}

impl SandboxApp {
    /// Who the app is in OAuth 2.0.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What it proves that with; a public app has none.
    #[must_use]
    pub fn client_secret(&self) -> Option<&str> {
        self.client_secret.as_deref()
    }

    /// Who the app is in OAuth 1.0a.
    #[must_use]
    pub fn consumer_key(&self) -> &str {
        &self.consumer_key
    }

    /// What it signs with in OAuth 1.0a.
    #[must_use]
    pub fn consumer_secret(&self) -> &str {
        &self.consumer_secret
    }
}

impl fmt::Debug for SandboxApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// An app and how it is registered.
#[derive(Clone, Debug)]
pub(crate) struct RegisteredApp {
    pub(crate) known_as: SandboxApp,
    settings: AppSettings,
}

impl RegisteredApp {
    pub(crate) fn has_redirect_uri(&self, text: &str) -> bool {
        self.settings.redirect_uris.iter().any(|uri| uri.as_str() == text)
    }
}

#[derive(Debug)]
pub(crate) struct Apps {
    mint: Mint,
    registered: Vec<RegisteredApp>,
}

impl Apps {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { mint: Mint::new(seed), registered: Vec::new() }
    }

    pub(crate) fn register(&mut self, settings: AppSettings) -> SandboxApp {
        let confidential = settings.kind() == AppKind::Confidential;
        let known_as = SandboxApp {
            client_id: self.mint.text("client"),
            client_secret: confidential.then(|| self.mint.text("client-secret")),
            consumer_key: self.mint.text("consumer"),
            consumer_secret: self.mint.text("consumer-secret"),
        };
        self.registered.push(RegisteredApp { known_as: known_as.clone(), settings });
        known_as
    }

    pub(crate) fn by_client_id(&self, client_id: &str) -> Option<&RegisteredApp> {
        self.registered.iter().find(|app| app.known_as.client_id == client_id)
    }

    pub(crate) fn by_consumer_key(&self, consumer_key: &str) -> Option<&RegisteredApp> {
        self.registered.iter().find(|app| app.known_as.consumer_key == consumer_key)
    }
}
