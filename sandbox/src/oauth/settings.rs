//! Apps as a developer registers them.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// How an app is registered: its kind, and where it may have the browser sent back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSettings {
    kind: AppKind,
    pub(super) redirect_uris: Vec<RedirectUri>,
}

/// Whether an app can keep a secret (RFC 6749 section 2.1). `Display` and `FromStr` use `public`
/// and `confidential`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppKind {
    /// It cannot: X's "Native App" and "Single page App".
    Public,
    /// It can: X's "Web App" and "Automated App or Bot".
    Confidential,
}

impl AppSettings {
    /// An app that gets no client secret.
    #[must_use]
    pub fn public(redirect_uri: RedirectUri) -> Self {
        Self::new(AppKind::Public, redirect_uri)
    }

    /// An app that gets a client secret and has to prove with it who it is.
    #[must_use]
    pub fn confidential(redirect_uri: RedirectUri) -> Self {
        Self::new(AppKind::Confidential, redirect_uri)
    }

    /// An app of either kind.
    #[must_use]
    pub fn new(kind: AppKind, redirect_uri: RedirectUri) -> Self {
        Self { kind, redirect_uris: vec![redirect_uri] }
    }

    /// The app's kind.
    #[must_use]
    pub const fn kind(&self) -> AppKind {
        self.kind
    }

    /// A further address that the browser may be sent back to.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: RedirectUri) -> Self {
        self.redirect_uris.push(redirect_uri);
        self
    }
}

impl fmt::Display for AppKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        })
    }
}

impl FromStr for AppKind {
    type Err = AppSettingsError;

    fn from_str(text: &str) -> Result<Self, AppSettingsError> {
        match text {
            "public" => Ok(Self::Public),
            "confidential" => Ok(Self::Confidential),
            _ => Err(AppSettingsError::Kind),
        }
    }
}

/// Where the browser is sent back to, with the answer in the query. An app's request must name one
/// of its own letter for letter, as at X: not even a port may differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The URI as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RedirectUri {
    type Err = AppSettingsError;

    /// RFC 6749 section 3.1.2: absolute, and without a fragment. An app's own scheme is one, too.
    fn from_str(text: &str) -> Result<Self, AppSettingsError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && !text.contains('#') && Url::parse(text).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(AppSettingsError::RedirectUri)
        }
    }
}

/// An app cannot be registered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppSettingsError {
    /// The kind is none.
    #[error("an app is public or confidential")]
    Kind,
    /// The redirect URI is none.
    #[error("a redirect URI is an absolute URI of visible ASCII, without a fragment")]
    RedirectUri,
}

impl AppSettingsError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Kind => "sandbox.app.kind",
            Self::RedirectUri => "sandbox.app.redirect_uri",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_absolute_and_kept_as_it_is() {
        for text in
            ["http://127.0.0.1:8976/callback", "https://App.example", "com.example.app:/back?a=b"]
        {
            assert_eq!(text.parse::<RedirectUri>().unwrap().as_str(), text);
        }
        for text in
            ["", "/callback", "app.example/back", "https://a/#x", "https://a/ b", "https://ä/"]
        {
            assert_eq!(text.parse::<RedirectUri>(), Err(AppSettingsError::RedirectUri), "{text}");
        }
    }

    #[test]
    fn kinds_read_back() {
        for kind in [AppKind::Public, AppKind::Confidential] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("Public".parse::<AppKind>(), Err(AppSettingsError::Kind));
    }
}
