//! TLS: rustls on aws-lc-rs or ring, trusting the operating system's roots, further ones, or both.
//!
//! The provider is named explicitly: with none named rustls looks for a process-wide one, which a
//! library may neither install nor rely on.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// A certificate that may vouch for servers: a company's own certificate authority, or a server's
/// self-signed certificate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RootCertificate(CertificateDer<'static>);

/// Why a root certificate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootCertificateError {
    /// The text is not PEM (RFC 7468).
    #[error("not PEM, a text with `-----BEGIN CERTIFICATE-----`")]
    Pem,
    /// The text has no section `CERTIFICATE`.
    #[error("no certificate in this PEM text")]
    NoCertificate,
    /// A certificate is not X.509 (RFC 5280) in DER.
    #[error("certificate {index}, counted from 0, is not X.509 in DER")]
    Certificate {
        /// Which one, counted from 0.
        index: usize,
    },
}

impl RootCertificateError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pem => "transport.root_certificate.pem",
            Self::NoCertificate => "transport.root_certificate.no_certificate",
            Self::Certificate { .. } => "transport.root_certificate.certificate",
        }
    }
}

impl RootCertificate {
    /// One certificate in DER.
    ///
    /// # Errors
    /// [`RootCertificateError::Certificate`].
    pub fn from_der(der: &[u8]) -> Result<Self, RootCertificateError> {
        Self::checked(0, CertificateDer::from(der).into_owned())
    }

    /// Every certificate of a PEM text, as in a `.pem` or `.crt` file. Sections of another kind are
    /// passed over.
    ///
    /// # Errors
    /// [`RootCertificateError`], also when there is no certificate.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Vec<Self>, RootCertificateError> {
        let certificates = CertificateDer::pem_slice_iter(pem.as_ref())
            .enumerate()
            .map(|(index, der)| Self::checked(index, der.map_err(|_| RootCertificateError::Pem)?))
            .collect::<Result<Vec<_>, _>>()?;
        if certificates.is_empty() {
            return Err(RootCertificateError::NoCertificate);
        }
        Ok(certificates)
    }

    fn checked(index: usize, der: CertificateDer<'static>) -> Result<Self, RootCertificateError> {
        match RootCertStore::empty().add(der.clone()) {
            Ok(()) => Ok(Self(der)),
            Err(_) => Err(RootCertificateError::Certificate { index }),
        }
    }
}

impl fmt::Debug for RootCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCertificate({} bytes)", self.0.len())
    }
}

/// Who may vouch for a server.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    /// Whoever the operating system trusts, and these.
    Platform(Vec<RootCertificate>),
    /// These alone.
    Only(Vec<RootCertificate>),
}

impl Trust {
    /// Nobody: for clients that only speak plain http on this machine, which must work where no
    /// trust roots are installed.
    pub(crate) const NOBODY: Self = Self::Only(Vec::new());

    pub(crate) fn roots_mut(&mut self) -> &mut Vec<RootCertificate> {
        let (Self::Platform(roots) | Self::Only(roots)) = self;
        roots
    }

    /// What is needed to speak to origins that they vouch for.
    pub(crate) fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let mut config = match self {
            Self::Platform(further) => {
                let verifier = Arc::new(platform_verifier(further, provider)?);
                builder.dangerous().with_custom_certificate_verifier(verifier)
            }
            Self::Only(roots) => {
                let mut store = RootCertStore::empty();
                roots.iter().try_for_each(|root| store.add(root.0.clone()))?;
                builder.with_root_certificates(store)
            }
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// With both features on, as another crate's choice can bring about, the post-quantum one.
fn provider() -> CryptoProvider {
    #[cfg(feature = "tls-aws-lc")]
    return rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
    return rustls::crypto::ring::default_provider();
}

fn platform_verifier(
    further: &[RootCertificate],
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    if further.is_empty() {
        return Verifier::new(provider);
    }
    #[cfg(not(target_os = "android"))]
    return Verifier::new_with_extra_roots(further.iter().map(|root| root.0.clone()), provider);
    #[cfg(target_os = "android")]
    Err(rustls::Error::General("Android's verifier takes no further roots".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> RootCertificate {
        let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        RootCertificate::from_der(generated.cert.der()).unwrap()
    }

    #[test]
    fn http2_comes_first_and_no_process_wide_provider_is_installed() {
        for trust in [Trust::Platform(vec![]), Trust::Platform(vec![root()]), Trust::NOBODY] {
            let config = trust.config().unwrap();
            assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        }
        assert!(CryptoProvider::get_default().is_none());
    }

    #[test]
    fn a_post_quantum_key_exchange_comes_first_where_there_is_one() {
        let config = Trust::NOBODY.config().unwrap();
        let first = config.crypto_provider().kx_groups.first().unwrap().name();
        let expected = if cfg!(feature = "tls-aws-lc") {
            rustls::NamedGroup::X25519MLKEM768
        } else {
            rustls::NamedGroup::X25519
        };
        assert_eq!(first, expected);
    }
}
