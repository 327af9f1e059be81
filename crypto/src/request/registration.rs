//! The body that registers an identity.

use alloc::string::String;

use crate::identity::Identity;
use crate::json::JsonWriter;
use crate::sign::Signature;
use crate::{PublicKeyFingerprint, UnixMillis};

/// The body of `POST /2/users/{id}/public_keys`: finished JSON. It holds public keys only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRequest {
    body: String,
    fingerprint: PublicKeyFingerprint,
}

impl RegistrationRequest {
    pub(crate) fn new(
        identity: &Identity,
        binding: Signature,
        reverse: Option<Signature>,
        now: UnixMillis,
    ) -> Self {
        let identity_key = identity.identity_key();
        let fingerprint = identity_key.fingerprint();
        let mut json = JsonWriter::with_capacity(512);
        json.object(|json| {
            json.object_member("public_key", |json| {
                json.member("public_key", identity_key);
                json.member("signing_public_key", identity.signing_key());
                json.member("identity_public_key_signature", binding.to_base64());
                if let Some(signature) = reverse {
                    json.member("signing_public_key_signature", signature.to_base64());
                }
                json.member("public_key_fingerprint", fingerprint);
                // What X's own SDK sends; the other value it knows is `ManagedPin`.
                json.member("registration_method", "CustomPin");
            });
            json.member("version", now);
            json.true_member("generate_version");
        });
        Self { body: json.finish(), fingerprint }
    }

    /// The body's bytes: UTF-8 JSON.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    /// The fingerprint of the identity key that is registered.
    #[must_use]
    pub const fn fingerprint(&self) -> PublicKeyFingerprint {
        self.fingerprint
    }
}
