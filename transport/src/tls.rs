//! TLS: rustls on aws-lc-rs, the operating system's trust roots.
//!
//! The provider is named explicitly: with none named rustls looks for a process-wide one, which a
//! library may neither install nor rely on.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// What is needed to speak to https origins.
pub(crate) fn platform_trust() -> Result<ClientConfig, rustls::Error> {
    let mut config = with_provider()?.with_platform_verifier()?.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A configuration that trusts nobody, for clients that only speak plain http on this machine:
/// they must work where no trust roots are installed.
pub(crate) fn no_trust() -> Result<ClientConfig, rustls::Error> {
    Ok(with_provider()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_provider()
-> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::CryptoProvider;

    #[test]
    fn http2_comes_first_and_no_process_wide_provider_is_installed() {
        let config = platform_trust().unwrap();
        assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert!(no_trust().unwrap().alpn_protocols.is_empty());
        assert!(CryptoProvider::get_default().is_none());
    }
}
