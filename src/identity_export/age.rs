//! The age format, version 1, under a passphrase.

use std::io::{Read as _, Write as _};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use zeroize::Zeroizing;

use super::{IdentityExport, IdentityExportError};
use crate::{RandomError, SecretString};

/// scrypt with N = 2^18, as the `age` program writes, and up to 2^22, as it reads.
const WORK: u8 = 18;
const MAX_WORK: u8 = 22;
/// Far more than an export takes.
const MAX_TEXT: usize = 16 * 1024;

impl IdentityExport {
    /// Writes it out in the age format, armoured, under a passphrase: `age -d` opens it. What is
    /// inside is a line of JSON with the private keys as they are.
    ///
    /// # Errors
    /// [`IdentityExportError::Random`].
    pub fn to_age(&self, passphrase: SecretString) -> Result<String, IdentityExportError> {
        let mut recipient = scrypt::Recipient::new(passphrase);
        recipient.set_work_factor(WORK);
        let content = self.to_content()?;
        // Everything is in memory: what can fail is the generator.
        let failed = IdentityExportError::Random(RandomError);
        let recipients = iter::once(&recipient as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(|_| failed)?;
        let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor);
        let mut writer = encryptor.wrap_output(armored.map_err(|_| failed)?).map_err(|_| failed)?;
        writer.write_all(&content).map_err(|_| failed)?;
        let text = writer.finish().and_then(ArmoredWriter::finish).map_err(|_| failed)?;
        String::from_utf8(text).map_err(|_| failed)
    }

    /// Reads an export in the age format, from [`to_age`](Self::to_age) or from `age -p`.
    ///
    /// # Errors
    /// [`IdentityExportError`].
    pub fn from_age(text: &str, passphrase: SecretString) -> Result<Self, IdentityExportError> {
        if text.len() > MAX_TEXT {
            return Err(IdentityExportError::NotAnExport);
        }
        let mut identity = scrypt::Identity::new(passphrase);
        identity.set_max_work_factor(MAX_WORK);
        let decryptor = Decryptor::new(ArmoredReader::new(text.as_bytes())).map_err(refused)?;
        let identities = iter::once(&identity as &dyn age::Identity);
        let reader = decryptor.decrypt(identities).map_err(refused)?;
        // One allocation: a buffer that grows leaves its old contents behind.
        let mut content = Zeroizing::new(Vec::with_capacity(MAX_TEXT));
        let limit = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX);
        reader
            .take(limit)
            .read_to_end(&mut content)
            .map_err(|_| IdentityExportError::NotAnExport)?;
        Self::from_content(&content)
    }
}

fn refused(error: DecryptError) -> IdentityExportError {
    match error {
        DecryptError::ExcessiveWork { .. } => IdentityExportError::TooCostly,
        DecryptError::UnknownFormat => IdentityExportError::Newer,
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::InvalidMac => IdentityExportError::WrongPassphrase,
        _ => IdentityExportError::NotAnExport,
    }
}
