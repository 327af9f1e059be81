//! The body of `POST /2/users/{id}/public_keys`.

use sealpost_crypto::PublicKeyVersion;

use super::fields::Field;
use crate::directory::PublicKeys;
use crate::json::Json;
use crate::problem::Problem;

/// What a user registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) version: VersionChoice,
    pub(crate) keys: PublicKeys,
}

/// Who chooses the version of the registered keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionChoice {
    /// The server, from its clock.
    Server,
    /// The client.
    Client(PublicKeyVersion),
}

impl Registration {
    pub(crate) fn parse(body: &Json) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let public_key = body.required("public_key")?.object()?;
        let version = body.required("version")?.text()?.decimal()?;
        let generate =
            body.optional("generate_version").map_or(Ok(false), |field| field.boolean())?;
        for name in
            ["public_key_fingerprint", "registration_method", "signing_public_key_signature"]
        {
            public_key.optional_text(name)?;
        }
        let base64 = |name: &str| -> Result<String, Problem> {
            let text = public_key.required(name)?.text()?;
            text.base64()?;
            Ok(text.as_str().to_owned())
        };
        Ok(Self {
            version: if generate { VersionChoice::Server } else { VersionChoice::Client(version) },
            keys: PublicKeys {
                public_key: base64("public_key")?,
                signing_public_key: base64("signing_public_key")?,
                identity_public_key_signature: base64("identity_public_key_signature")?,
            },
        })
    }
}
