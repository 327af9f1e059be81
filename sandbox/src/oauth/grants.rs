//! What users have granted: codes, and the tokens that come of them.

use std::collections::BTreeMap;

use sealpost_crypto::{UnixMillis, UserId};

use super::error::OAuthError;
use super::mint::Mint;
use super::pkce::Challenge;
use super::scope::{Scope, Scopes};
use crate::seed::Seed;

/// How long a code may be redeemed.
pub(crate) const CODE_MILLIS: u64 = 30 * 1_000;
/// How long an access token is good for.
pub(crate) const ACCESS_SECONDS: u64 = 2 * 3_600;
/// "About 6 months", as field reports have it.
pub(crate) const REFRESH_MILLIS: u64 = 182 * 24 * 3_600 * 1_000;

/// A user's answer, as far as it matters to the code that is given for it.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Challenge,
    pub(crate) user: UserId,
    pub(crate) scopes: Scopes,
}

#[derive(Debug)]
struct Code {
    consent: Consent,
    ends: UnixMillis,
    /// What it was redeemed for.
    family: Option<usize>,
}

/// All the tokens of one sign-in, which end together.
#[derive(Debug)]
struct Family {
    client_id: String,
    user: UserId,
    scopes: Scopes,
    ended: bool,
}

#[derive(Debug)]
struct Token {
    family: usize,
    ends: UnixMillis,
    /// Revoked; or, of a refresh token, traded for the next one.
    spent: bool,
}

/// What an app is given.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) scopes: Scopes,
}

#[derive(Debug)]
pub(crate) struct Grants {
    mint: Mint,
    codes: BTreeMap<String, Code>,
    families: Vec<Family>,
    access: BTreeMap<String, Token>,
    refresh: BTreeMap<String, Token>,
}

const fn later(now: UnixMillis, millis: u64) -> UnixMillis {
    UnixMillis::new(now.as_u64().saturating_add(millis))
}

impl Grants {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self {
            mint: Mint::new(seed),
            codes: BTreeMap::new(),
            families: Vec::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
        }
    }

    /// A code for a consent.
    pub(crate) fn code(&mut self, consent: Consent, now: UnixMillis) -> String {
        let text = self.mint.text("code");
        let code = Code { consent, ends: later(now, CODE_MILLIS), family: None };
        self.codes.insert(text.clone(), code);
        text
    }

    /// Redeems a code. A second try ends what the first one gave (RFC 6749 section 4.1.2).
    pub(crate) fn redeem(
        &mut self,
        client_id: &str,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        now: UnixMillis,
    ) -> Result<Issued, OAuthError> {
        let code = self.codes.get_mut(code).ok_or_else(OAuthError::code)?;
        let consent = &code.consent;
        if consent.client_id != client_id {
            return Err(OAuthError::code());
        }
        if let Some(family) = code.family {
            self.end(family);
            return Err(OAuthError::code());
        }
        if code.ends <= now {
            return Err(OAuthError::code());
        }
        if consent.redirect_uri != redirect_uri {
            return Err(OAuthError::redirect_uri());
        }
        if !consent.challenge.is_of(verifier) {
            return Err(OAuthError::verifier());
        }
        let family = self.families.len();
        code.family = Some(family);
        let Consent { client_id, user, scopes, .. } = consent.clone();
        self.families.push(Family { client_id, user, scopes: scopes.clone(), ended: false });
        Ok(self.issue(family, scopes, now))
    }

    /// Trades a refresh token for new tokens. One that was traded before ends its whole family: it
    /// may have been stolen.
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        token: &str,
        now: UnixMillis,
    ) -> Result<Issued, OAuthError> {
        let token = self.refresh.get_mut(token).ok_or_else(OAuthError::token)?;
        let number = token.family;
        let family = self.families.get_mut(number).ok_or_else(OAuthError::token)?;
        if family.client_id != client_id || family.ended || token.ends <= now {
            return Err(OAuthError::token());
        }
        if token.spent {
            family.ended = true;
            return Err(OAuthError::token());
        }
        token.spent = true;
        let scopes = family.scopes.clone();
        Ok(self.issue(number, scopes, now))
    }

    fn issue(&mut self, family: usize, scopes: Scopes, now: UnixMillis) -> Issued {
        let token = |millis| Token { family, ends: later(now, millis), spent: false };
        let access_token = self.mint.text("access");
        self.access.insert(access_token.clone(), token(ACCESS_SECONDS * 1_000));
        let refresh_token = scopes.contains(&Scope::OFFLINE_ACCESS).then(|| {
            let text = self.mint.text("refresh");
            self.refresh.insert(text.clone(), token(REFRESH_MILLIS));
            text
        });
        Issued { access_token, refresh_token, scopes }
    }

    /// Whose access token it is and what for, as long as it is good.
    pub(crate) fn access(&self, token: &str, now: UnixMillis) -> Option<(UserId, &Scopes)> {
        let token = self.access.get(token).filter(|token| !token.spent && now < token.ends)?;
        let family = self.families.get(token.family).filter(|family| !family.ended)?;
        Some((family.user, &family.scopes))
    }

    /// Makes a token of an app's invalid: an access token alone, a refresh token with all tokens of
    /// its sign-in. A token that is none of the app's is none to it (RFC 7009 section 2).
    pub(crate) fn revoke(&mut self, client_id: &str, token: &str) {
        let is_own = |family: &usize| {
            self.families.get(*family).is_some_and(|family| family.client_id == client_id)
        };
        if let Some(token) = self.access.get_mut(token)
            && is_own(&token.family)
        {
            token.spent = true;
        }
        let of_refresh = self.refresh.get(token).map(|token| token.family).filter(is_own);
        if let Some(family) = of_refresh {
            self.end(family);
        }
    }

    fn end(&mut self, family: usize) {
        if let Some(family) = self.families.get_mut(family) {
            family.ended = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const NOW: UnixMillis = UnixMillis::new(1_000_000);
    const BACK: &str = "https://app.example/back";

    fn grants(scopes: &[Scope]) -> (Grants, String) {
        let mut grants = Grants::new(Seed::new(0));
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let consent = Consent {
            client_id: "app".to_owned(),
            redirect_uri: BACK.to_owned(),
            challenge: Challenge::parse("S256", challenge).unwrap(),
            user: UserId::new(7).unwrap(),
            scopes: scopes.iter().copied().collect(),
        };
        let code = grants.code(consent, NOW);
        (grants, code)
    }

    fn signed_in() -> (Grants, Issued) {
        let (mut grants, code) = grants(&[Scope::DM_READ, Scope::OFFLINE_ACCESS]);
        let issued = grants.redeem("app", &code, BACK, VERIFIER, NOW).unwrap();
        (grants, issued)
    }

    fn is_good(grants: &Grants, issued: &Issued) -> bool {
        grants.access(&issued.access_token, NOW).is_some()
    }

    #[test]
    fn a_code_lives_thirty_seconds() {
        for (after, good) in [(0, true), (29_999, true), (30_000, false), (u64::MAX, false)] {
            let (mut grants, code) = grants(&[Scope::DM_READ]);
            let issued = grants.redeem("app", &code, BACK, VERIFIER, later(NOW, after));
            assert_eq!(issued.is_ok(), good, "{after}");
        }
    }

    #[test]
    fn a_code_is_for_one_app_one_address_and_one_verifier() {
        let (mut grants, code) = grants(&[Scope::DM_READ]);
        for (client_id, code, back, verifier, error) in [
            ("other", &*code, BACK, VERIFIER, OAuthError::code()),
            ("app", "sandbox-code-0", BACK, VERIFIER, OAuthError::code()),
            ("app", &code, "https://app.example/", VERIFIER, OAuthError::redirect_uri()),
            ("app", &code, BACK, "x", OAuthError::verifier()),
            ("app", &code, BACK, "", OAuthError::verifier()),
        ] {
            let refused = grants.redeem(client_id, code, back, verifier, NOW).unwrap_err();
            assert_eq!(refused, error);
        }
        let issued = grants.redeem("app", &code, BACK, VERIFIER, NOW).unwrap();
        assert_eq!(issued.refresh_token, None, "offline.access was not granted");
    }

    #[test]
    fn a_code_that_comes_twice_ends_what_the_first_one_gave() {
        let (mut grants, code) = grants(&[Scope::DM_READ]);
        let issued = grants.redeem("app", &code, BACK, VERIFIER, NOW).unwrap();
        assert!(is_good(&grants, &issued));
        grants.redeem("other", &code, BACK, VERIFIER, NOW).unwrap_err();
        assert!(is_good(&grants, &issued), "another app cannot end it");
        grants.redeem("app", &code, BACK, VERIFIER, NOW).unwrap_err();
        assert!(!is_good(&grants, &issued));
    }

    #[test]
    fn an_access_token_lives_two_hours_and_a_refresh_outlives_it() {
        let (mut grants, issued) = signed_in();
        let access = |at| grants.access(&issued.access_token, later(NOW, at)).is_some();
        assert!(access(7_199_999) && !access(7_200_000));
        let refresh = issued.refresh_token.unwrap();
        let late = later(NOW, REFRESH_MILLIS);
        assert_eq!(grants.refresh("app", &refresh, late).unwrap_err(), OAuthError::token());
        assert!(grants.refresh("app", &refresh, later(NOW, REFRESH_MILLIS - 1)).is_ok());
    }

    #[test]
    fn a_refresh_token_works_once_and_its_replay_ends_the_family() {
        let (mut grants, first) = signed_in();
        let used = first.refresh_token.clone().unwrap();
        let second = grants.refresh("app", &used, NOW).unwrap();
        assert_ne!(second.refresh_token, first.refresh_token);
        assert!(is_good(&grants, &first) && is_good(&grants, &second));
        assert!(grants.refresh("other", &used, NOW).is_err());
        assert!(is_good(&grants, &second), "another app cannot end it");
        assert_eq!(grants.refresh("app", &used, NOW).unwrap_err(), OAuthError::token());
        assert!(!is_good(&grants, &first) && !is_good(&grants, &second));
        let newest = second.refresh_token.unwrap();
        assert_eq!(grants.refresh("app", &newest, NOW).unwrap_err(), OAuthError::token());
    }

    #[test]
    fn revoking_ends_a_token_or_a_sign_in_and_only_ones_own() {
        let (mut grants, first) = signed_in();
        let refresh = first.refresh_token.clone().unwrap();
        for token in ["", "sandbox-access-0", &first.access_token, &refresh] {
            grants.revoke("other", token);
        }
        assert!(is_good(&grants, &first));
        grants.revoke("app", &first.access_token);
        assert!(!is_good(&grants, &first));
        let second = grants.refresh("app", &refresh, NOW).unwrap();
        assert!(is_good(&grants, &second));
        grants.revoke("app", &second.refresh_token.clone().unwrap());
        assert!(!is_good(&grants, &second));
    }
}
