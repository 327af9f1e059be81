//! Request tokens and access tokens, each with its secret.

use std::collections::BTreeMap;

use sealpost_crypto::UserId;

use super::super::mint::Mint;
use super::nonces::Nonces;
use super::refusal::Refusal;
use crate::seed::Seed;

/// A sign-in under way.
#[derive(Clone, Debug)]
pub(super) struct RequestToken {
    secret: String,
    consumer_key: String,
    /// Where the browser is sent back to; with none the user is shown a number.
    callback: Option<String>,
    /// What the user decided.
    answer: Option<(UserId, String)>,
}

/// A token and its secret. It does not expire.
#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    secret: String,
    consumer_key: String,
    user: UserId,
}

/// A token as an app is given it.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) token: String,
    pub(super) secret: String,
}

#[derive(Debug)]
pub(crate) struct SignedTokens {
    mint: Mint,
    requests: BTreeMap<String, RequestToken>,
    access: BTreeMap<String, AccessToken>,
    pub(super) nonces: Nonces,
}

impl SignedTokens {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self {
            mint: Mint::new(seed),
            requests: BTreeMap::new(),
            access: BTreeMap::new(),
            nonces: Nonces::new(),
        }
    }

    pub(super) fn request(&mut self, consumer_key: &str, callback: Option<String>) -> Pair {
        let (token, secret) = (self.mint.text("request"), self.mint.text("request-secret"));
        let consumer_key = consumer_key.to_owned();
        let request = RequestToken { secret: secret.clone(), consumer_key, callback, answer: None };
        self.requests.insert(token.clone(), request);
        Pair { token, secret }
    }

    /// The secret of a request token of an app's.
    pub(super) fn request_secret(&self, token: &str, consumer_key: &str) -> Option<&str> {
        let request = self.requests.get(token)?;
        (request.consumer_key == consumer_key).then_some(&request.secret)
    }

    /// The secret of an access token of an app's, and whose it is.
    pub(super) fn access_secret(&self, token: &str, consumer_key: &str) -> Option<(&str, UserId)> {
        let access = self.access.get(token)?;
        (access.consumer_key == consumer_key).then_some((&access.secret, access.user))
    }

    /// The app of a request token that nobody has decided on.
    pub(super) fn undecided(&self, token: &str) -> Option<&str> {
        let request = self.requests.get(token).filter(|request| request.answer.is_none())?;
        Some(&request.consumer_key)
    }

    /// The user says yes: gives the verifier, and where it is to be brought.
    pub(super) fn allow(&mut self, token: &str, user: UserId) -> Option<(String, Option<String>)> {
        let request = self.requests.get_mut(token).filter(|request| request.answer.is_none())?;
        let verifier = match &request.callback {
            Some(_) => self.mint.text("verifier"),
            None => self.mint.pin("pin"),
        };
        request.answer = Some((user, verifier.clone()));
        Some((verifier, request.callback.clone()))
    }

    /// The user says no: the request token is gone. Gives where that is to be told.
    pub(super) fn deny(&mut self, token: &str) -> Option<Option<String>> {
        self.undecided(token)?;
        self.requests.remove(token).map(|request| request.callback)
    }

    /// Trades a request token, which is gone then, for an access token. One such token in hand is
    /// not enough: it takes the verifier.
    pub(super) fn trade(&mut self, token: &str, verifier: &str) -> Result<(Pair, UserId), Refusal> {
        let request = self.requests.get(token).ok_or(Refusal::Token)?;
        let (user, expected) = request.answer.clone().ok_or(Refusal::Verifier)?;
        if verifier != expected {
            return Err(Refusal::Verifier);
        }
        let consumer_key = request.consumer_key.clone();
        self.requests.remove(token);
        // As at X, it says whose it is.
        let token = format!("{user}-{}", self.mint.digits("signed"));
        let secret = self.mint.text("signed-secret");
        let access = AccessToken { secret: secret.clone(), consumer_key, user };
        self.access.insert(token.clone(), access);
        Ok((Pair { token, secret }, user))
    }
}
