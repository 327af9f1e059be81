//! One's private keys in a file, saved before they are registered: an identity that is registered
//! and not saved is lost for good.
//!
//! The file is plain text that only its owner may read. An app keeps it encrypted.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::SystemTime;

use sealpost::crypto::encoding::{decode_base64, encode_base64};
use sealpost::*;
use serde_json::{Value, json};

use crate::support::{Outcome, more, participant, show_registered, step};

/// The identity in the file, or a new one that is saved and then registered. A run that was
/// interrupted in between is taken up where it stopped.
pub(crate) async fn load_or_register(
    path: &Path,
    client: &Client,
    user: UserId,
    suite: Suite,
) -> Outcome<Account> {
    let identity = match fs::read_to_string(path) {
        Ok(text) => {
            step("identity", &format!("from {}", path.display()));
            read(&text, user, suite)?
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let identity = Identity::generate(suite)?;
            save(path, &identity, user)?;
            step("identity", &format!("new, saved in {}", path.display()));
            more("keep this file: without it nothing sealed to you can be opened");
            identity
        }
        Err(error) => return Err(format!("{}: {error}", path.display()).into()),
    };
    // Registered already, by an earlier run?
    if let Ok(known) = participant(client, &user).await
        && known.identity_key() == &identity.identity_key()
        && known.signing_key() == &identity.signing_key()
    {
        return Ok(identity.registered(user, known.public_key_version()));
    }
    let request = identity.registration(user, SystemTime::now().into());
    let registered = client.add_user_public_key(&user, &request).await?;
    show_registered("you", user, &identity, registered.public_key_version);
    Ok(identity.registered(user, registered.public_key_version))
}

fn read(text: &str, user: UserId, suite: Suite) -> Outcome<Identity> {
    let saved: Value = serde_json::from_str(text)?;
    let member = |name: &str| {
        saved.get(name).and_then(Value::as_str).ok_or(format!("{name} is missing in the file"))
    };
    if member("user_id")? != user.to_string() || member("suite")? != suite.to_string() {
        return Err("the file holds the identity of another user or suite".into());
    }
    let bytes = decode_base64(member("private_keys")?)?;
    Ok(Identity::dangerous_from_private_keys(suite, &bytes)?)
}

/// Never overwrites a file, and only its owner may read it from the first byte on.
fn save(path: &Path, identity: &Identity, user: UserId) -> Outcome<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let saved = json!({
        "user_id": user,
        "suite": identity.suite().to_string(),
        "private_keys": encode_base64(identity.dangerous_private_keys().expose_secret()),
    });
    file.write_all(saved.to_string().as_bytes())?;
    Ok(file.sync_all()?)
}
