//! Who computes: the one seam between the suites and the libraries beneath them.
//!
//! Bytes go in and bytes come out, many at a time, so that a library may compute several
//! recipients at once. Every backend gives the same bytes; `tests` holds the same vectors to each.
//!
//! Not behind the seam, because the libraries differ in them or offer them not at all: AES-GCM
//! with X's 16-byte nonce, the nonces of ECDSA (RFC 6979), Ed25519's verification.

#[cfg(feature = "x25519")]
mod aead;
#[cfg(feature = "lanes")]
mod lanes;
#[cfg(feature = "xchat")]
mod p256;
#[cfg(feature = "x25519")]
mod x25519;

#[cfg(feature = "x25519")]
pub(crate) use aead::aead;
#[cfg(feature = "xchat")]
pub(crate) use p256::P256;
#[cfg(feature = "x25519")]
pub(crate) use x25519::X25519;

/// A secret scalar, or a shared secret.
pub(crate) type Secret = [u8; 32];

/// Which library multiplies points and encrypts for HPKE and files. All give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub, dead_code))]
pub enum Backend {
    /// Pure Rust (dalek, p256, RustCrypto): everywhere, also without std.
    Pure,
    /// AWS-LC: about twice as fast for X25519, three times for files, six times for P-256.
    #[cfg(feature = "aws-lc")]
    AwsLc,
    /// Eight points at a time by sealpost-lanes, five times as fast as AWS-LC where the processor
    /// has AVX-512 IFMA. What is no batch goes to the fastest of the others.
    #[cfg(feature = "lanes")]
    Lanes,
}

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub, dead_code))]
impl Backend {
    /// Every backend of this build, the slowest first.
    pub const ALL: &'static [Self] = &[
        Self::Pure,
        #[cfg(feature = "aws-lc")]
        Self::AwsLc,
        #[cfg(feature = "lanes")]
        Self::Lanes,
    ];

    /// The fastest backend of this build on this processor.
    #[must_use]
    pub fn fastest() -> Self {
        #[cfg(feature = "lanes")]
        if sealpost_lanes::backend() == sealpost_lanes::Backend::Ifma {
            return Self::Lanes;
        }
        Self::one_by_one()
    }

    /// Whether what is no batch of points goes to AWS-LC.
    #[cfg(feature = "aws-lc")]
    pub(super) const fn is_on_aws_lc(self) -> bool {
        !matches!(self, Self::Pure)
    }

    /// The fastest that takes one point after the other.
    pub(super) const fn one_by_one() -> Self {
        #[cfg(feature = "aws-lc")]
        return Self::AwsLc;
        #[cfg(not(feature = "aws-lc"))]
        Self::Pure
    }
}

/// A group, and who computes in it.
pub(crate) trait Group {
    /// A point as its suite transports it.
    type Point: Copy + Send + Sync + 'static;

    /// Its place before it is written.
    const BLANK: Self::Point;

    fn on(backend: Backend) -> &'static dyn DiffieHellman<Self::Point>;

    /// The public key of a secret; `None` if it is none in this group. A library that is out of
    /// memory is not the end of it.
    fn public_key(backend: Backend, secret: &Secret) -> Option<Self::Point> {
        let public_key = Self::on(backend).public_key(secret);
        public_key.or_else(|| Self::on(Backend::Pure).public_key(secret))
    }
}

/// Diffie-Hellman in one group, by one library, for as many points as the shortest slice holds.
///
/// Both ways of agreeing tell how many points came before the first one that gives no shared
/// secret: all of them, if there is none. Beyond it nothing that was written is of use.
pub(crate) trait DiffieHellman<Point> {
    /// The public key of a secret; `None` if it is none in this group.
    fn public_key(&self, secret: &Secret) -> Option<Point>;

    /// `shared[i]` from `points[i]` and the one secret.
    #[must_use]
    fn agree(&self, secret: &Secret, points: &[Point], shared: &mut [Secret]) -> usize;

    /// `shared[i]` from `points[i]` and `secrets[i]`, whose public key is `public_keys[i]`.
    #[must_use]
    fn agree_each(
        &self,
        secrets: &[Secret],
        points: &[Point],
        public_keys: &mut [Point],
        shared: &mut [Secret],
    ) -> usize;
}

/// A library that takes one point after the other.
pub(crate) trait OneByOne {
    type Point;
    /// A secret as the library holds it; wiped on drop.
    type PrivateKey;

    fn private_key(secret: &Secret) -> Option<Self::PrivateKey>;

    fn public_key(secret: &Self::PrivateKey) -> Option<Self::Point>;

    /// `None` for a point that gives no shared secret.
    fn agree(secret: &Self::PrivateKey, point: &Self::Point, shared: &mut Secret) -> Option<()>;
}

impl<L: OneByOne> DiffieHellman<L::Point> for L {
    fn public_key(&self, secret: &Secret) -> Option<L::Point> {
        L::public_key(&L::private_key(secret)?)
    }

    fn agree(&self, secret: &Secret, points: &[L::Point], shared: &mut [Secret]) -> usize {
        let Some(secret) = L::private_key(secret) else { return 0 };
        let items = points.iter().zip(shared);
        items.map_while(|(point, shared)| L::agree(&secret, point, shared)).count()
    }

    fn agree_each(
        &self,
        secrets: &[Secret],
        points: &[L::Point],
        public_keys: &mut [L::Point],
        shared: &mut [Secret],
    ) -> usize {
        let items = secrets.iter().zip(public_keys).zip(points.iter().zip(shared));
        let agreed = items.map_while(|((secret, public_key), (point, shared))| {
            let secret = L::private_key(secret)?;
            *public_key = L::public_key(&secret)?;
            L::agree(&secret, point, shared)
        });
        agreed.count()
    }
}

#[cfg(test)]
mod tests;
