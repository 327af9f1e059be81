//! A certificate authority, and the scripted server over TLS.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    ClientConfig, NamedGroup, ProtocolVersion, RootCertStore, ServerConfig,
    SupportedProtocolVersion,
};
use sealpost_transport::{HttpOptions, RootCertificate};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Answer, Log, Script, Seen, Server, serve};

/// Both names of this machine.
pub const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

/// What was agreed on in one handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    pub version: ProtocolVersion,
    pub group: NamedGroup,
    pub alpn: Option<String>,
}

/// A certificate authority that nobody knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub struct Certified {
    pub certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("sealpost test authority")
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn root(&self) -> RootCertificate {
        RootCertificate::from_der(self.0.der()).unwrap()
    }

    /// Options that trust this authority beside the platform's.
    pub fn trusted(&self) -> HttpOptions {
        HttpOptions::new().root_certificates([self.root()])
    }

    /// A good certificate for these names.
    pub fn certify(&self, names: &[&str]) -> Certified {
        self.certify_with(names, |_| {})
    }

    pub fn certify_with(
        &self,
        names: &[&str],
        set: impl FnOnce(&mut CertificateParams),
    ) -> Certified {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, set).signed_by(&key, &self.0).unwrap();
        Certified::new(certificate.der(), &key)
    }
}

impl Certified {
    fn new(certificate: &CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self { certificate: certificate.clone(), key }
    }

    /// A certificate that vouches for itself.
    pub fn self_signed(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, |_| {}).self_signed(&key).unwrap();
        Self::new(certificate.der(), &key)
    }

    /// A server with it that offers these protocols, the first of them preferred.
    pub fn server(self, alpn: &[&str]) -> ServerConfig {
        self.server_with(aws_lc_rs::default_provider(), rustls::ALL_VERSIONS, alpn)
    }

    pub fn server_with(
        self,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&str],
    ) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate], self.key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

/// A client as reqwest makes it: it follows redirects, decodes, retries. It trusts these alone.
pub fn careless(authorities: &[&Authority]) -> reqwest::ClientBuilder {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.0.der().clone()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(config)
}

fn params(names: &[&str], set: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
    set(&mut params);
    params
}

impl Server {
    /// Answers every request over TLS in the same way.
    pub async fn secure(config: ServerConfig, answer: Answer) -> Self {
        let script: Arc<Script> = Arc::new(move |_, _| answer.clone());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
                let log = Arc::clone(&shared);
                tokio::spawn(async move {
                    // Whoever does not like the certificate leaves, and sends nothing.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let handshake = Handshake::of(stream.get_ref().1);
                    let http2 = handshake.alpn.as_deref() == Some("h2");
                    log.lock().unwrap().handshakes.push(handshake);
                    if http2 {
                        serve_http2(stream, script, log).await;
                    } else {
                        serve(stream, script, log).await;
                    }
                });
            }
        });
        Self { address, scheme: "https", log, task }
    }

    /// The handshakes that came to an end.
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.log.lock().unwrap().handshakes.clone()
    }
}

impl Handshake {
    fn of(connection: &rustls::ServerConnection) -> Self {
        let alpn = connection.alpn_protocol();
        Self {
            version: connection.protocol_version().unwrap(),
            group: connection.negotiated_key_exchange_group().unwrap().name(),
            alpn: alpn.map(|name| String::from_utf8(name.to_vec()).unwrap()),
        }
    }
}

/// Answers over HTTP/2 with whole answers.
async fn serve_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Arc<Script>,
    log: Arc<Mutex<Log>>,
) {
    let mut settings = h2::server::Builder::new();
    settings.max_concurrent_streams(100).initial_connection_window_size(1024 * 1024);
    let Ok(mut connection) = settings.handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (script, log) = (Arc::clone(&script), Arc::clone(&log));
        tokio::spawn(async move {
            let (parts, mut received) = request.into_parts();
            let mut head = format!("{} {} HTTP/2\r\n", parts.method, parts.uri.path());
            for (name, value) in &parts.headers {
                head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
            }
            let mut seen = Seen { head, body: Vec::new() };
            while let Some(chunk) = received.data().await {
                let chunk = chunk.unwrap();
                let _ = received.flow_control().release_capacity(chunk.len());
                seen.body.extend_from_slice(&chunk);
            }
            log.lock().unwrap().seen.push(seen.clone());
            let Answer::Bytes(answer) = script(0, &seen) else { panic!("whole answers only") };
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let mut response = http::Response::builder().status(&head[9..12]);
            let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
            // RFC 9113 section 8.2.2.
            for (name, value) in headers.filter(|(name, _)| *name != "connection") {
                response = response.header(name, value);
            }
            let response = response.body(()).unwrap();
            let mut sender = respond.send_response(response, false).unwrap();
            sender.send_data(Bytes::from(body.to_owned()), true).unwrap();
        });
    }
}
