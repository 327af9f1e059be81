//! The file: who may open it, and what it must look like before SQLite does.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::error::file_failed;
use crate::store::{SCHEMA_VERSION, StoreError};

/// `application_id` of the file's header: "Seal".
pub(super) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"Seal");

/// The part of SQLite's file header that is looked at, and how it begins
/// (<https://www.sqlite.org/fileformat2.html>, section 1.3).
const HEADER: usize = 72;
/// SQLite's default, which a store never changes.
pub(super) const PAGE: u32 = 4096;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A store's file, which this process owns for as long as this lives.
pub(super) struct OwnedFile {
    pub(super) path: PathBuf,
    /// A file of its own: the locks that SQLite has on the store's would end as soon as anything
    /// else in this process closed it.
    lock: File,
}

impl Drop for OwnedFile {
    /// Closing the file is not enough: a process that another thread starts at this moment holds
    /// a copy of it, and so the lock, until it has become another program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl OwnedFile {
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let path = real(path)?;
        let lock = private().truncate(false).create(true).open(beside(&path, "-lock"));
        let lock = lock.map_err(file_failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(file_failed(error)),
        }
    }

    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }

    /// Whether there is a store to open, checked without SQLite: a file of somebody else's, or of a
    /// newer program, must not be touched at all.
    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.nothing_is_there(),
            file => file.map_err(file_failed)?,
        };
        if !file.metadata().map_err(file_failed)?.is_file() {
            return Err(StoreError::NotAStore);
        }
        let mut header = Vec::with_capacity(HEADER);
        file.by_ref().take(HEADER as u64).read_to_end(&mut header).map_err(file_failed)?;
        if header.is_empty() {
            // A store is never empty: it gets its name when it is finished.
            return Err(StoreError::Damaged { problem: "the file is empty" });
        }
        let number = |at: usize| {
            let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_be_bytes)
        };
        match (header.starts_with(MAGIC), number(60), number(68)) {
            (true, Some(version), Some(APPLICATION_ID)) => check_version(version)?,
            (true, None, _) | (true, _, None) => {
                return Err(StoreError::Damaged { problem: "the file ends in its header" });
            }
            _ => return Err(StoreError::NotAStore),
        }
        self.check_length(&file)?;
        make_private(&file)?;
        // SQLite would open it all the same, and name another reason when it first has to write.
        private().open(&self.path).map_err(file_failed)?;
        Ok(true)
    }

    /// SQLite would take what is missing of the last page for zeros.
    fn check_length(&self, file: &File) -> Result<(), StoreError> {
        // The last page may be in the log, and half of it here after a crash.
        let has_log = fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0);
        let length = file.metadata().map_err(file_failed)?.len();
        if has_log || length.is_multiple_of(PAGE.into()) {
            return Ok(());
        }
        Err(StoreError::Damaged { problem: "the file ends in the midst of a page" })
    }

    /// SQLite would take a log that was left over for one of the new store's.
    fn nothing_is_there(&self) -> Result<bool, StoreError> {
        if self.beside("-wal").exists() {
            return Err(StoreError::Damaged { problem: "its log is there and the file is gone" });
        }
        Ok(false)
    }

    /// An empty file for a new store, under a name of its own until it is finished.
    pub(super) fn draft(&self) -> Result<PathBuf, StoreError> {
        let draft = self.beside("-new");
        // Of an earlier attempt that was broken off.
        for left_over in [beside(&draft, "-journal"), draft.clone()] {
            match fs::remove_file(left_over) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(file_failed(error));
                }
                _ => {}
            }
        }
        private().create_new(true).open(&draft).map_err(file_failed)?;
        Ok(draft)
    }

    /// Gives a finished draft the store's name.
    pub(super) fn finish(&self, draft: &Path) -> Result<(), StoreError> {
        fs::rename(draft, &self.path).map_err(file_failed)?;
        // The rename outlasts a crash only once the folder is written.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_failed)?;
        }
        Ok(())
    }
}

pub(super) fn check_version(version: u32) -> Result<(), StoreError> {
    match version {
        SCHEMA_VERSION => Ok(()),
        0 => Err(StoreError::NotAStore),
        found => Err(StoreError::NewerSchema { found, supported: SCHEMA_VERSION }),
    }
}

/// The path without links, so that two ways to one file are one lock. A folder gets no lock beside
/// it.
fn real(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(path) = fs::canonicalize(path) {
        return if path.is_dir() { Err(StoreError::NotAStore) } else { Ok(path) };
    }
    let name = path.file_name().ok_or(StoreError::NotAStore)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or_else(|| Path::new("."))).map_err(file_failed)?;
    Ok(folder.join(name))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Readable by its owner alone from the first byte on; SQLite gives what it puts beside a file the
/// file's own mode.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A store that somebody has copied may have got another mode.
fn make_private(file: &File) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = file.metadata().map_err(file_failed)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions).map_err(file_failed)?;
        }
    }
    Ok(())
}
