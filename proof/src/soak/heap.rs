//! What this process has allocated and not freed.
#![allow(unsafe_code)] // the system's own accounts are C

/// Bytes that are allocated by anybody: by Rust, by SQLite, by AWS-LC.
pub(super) fn live() -> u64 {
    // SAFETY: it has no preconditions.
    let accounts = unsafe { libc::mallinfo2() };
    u64::try_from(accounts.uordblks + accounts.hblkhd).unwrap_or(u64::MAX)
}

/// How many of them are SQLite's: pages of the stores, for the most part.
pub(super) fn of_sqlite() -> u64 {
    // SAFETY: it has no preconditions.
    let bytes = unsafe { rusqlite::ffi::sqlite3_memory_used() };
    u64::try_from(bytes).unwrap_or_default()
}
