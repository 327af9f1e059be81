//! Tokens in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::pkce::random_text;
use super::store::{StoreError, StoreFuture, TokenStore};
use super::token_json::{MAX_JSON, TokenJsonError};
use super::token_pair::TokenPair;

/// Keeps tokens in a JSON file that only its owner may read, from its first byte on. It is replaced
/// as a whole, so that a crash leaves the old pair or the new one.
///
/// # Security
/// The file is plain text. Where the system has a keychain, a [`TokenStore`] on that is better.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

impl FileTokenStore {
    /// Keeps the tokens in this file, which need not exist yet; its folder must.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> StoreFuture<'_, Option<TokenPair>> {
        let path = self.path.clone();
        Box::pin(blocking(move || load(&path)))
    }

    fn save<'a>(&'a self, pair: &'a TokenPair) -> StoreFuture<'a, ()> {
        let (path, pair) = (self.path.clone(), pair.clone());
        Box::pin(blocking(move || save(&path, &pair)))
    }
}

/// Files block; a task that waits for them must not hold up others.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(StoreError::new),
        Err(error) => Err(StoreError::new(error)),
    }
}

fn invalid(error: TokenJsonError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

fn load(path: &Path) -> io::Result<Option<TokenPair>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    // One allocation: a buffer that grows leaves its old contents behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_JSON + 2));
    let limit = u64::try_from(MAX_JSON + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| invalid(TokenJsonError::Form))?;
    TokenPair::from_json(text).map(Some).map_err(invalid)
}

fn save(path: &Path, pair: &TokenPair) -> io::Result<()> {
    let text = pair.to_json().map_err(invalid)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // A name nobody can lie in wait under; created anew, so never through somebody's link.
    let unique = random_text().map_err(|error| io::Error::other(error.to_string()))?;
    let mut draft = name.to_owned();
    draft.push(".");
    draft.push(unique.expose_secret());
    let draft = folder.join(draft);
    let done =
        write(&draft, text.expose_secret().as_bytes()).and_then(|()| fs::rename(&draft, path));
    if done.is_err() {
        let _ = fs::remove_file(&draft);
    }
    done?;
    // The rename itself outlasts a crash only once the folder is written.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
