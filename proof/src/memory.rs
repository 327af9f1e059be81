//! What the system says of this process's memory.

use std::error::Error;

/// The peak of this process, in MiB.
pub(crate) fn peak() -> Result<u64, Box<dyn Error>> {
    Ok(peak_kib()? / 1024)
}

/// The same in KiB.
pub(crate) fn peak_kib() -> Result<u64, Box<dyn Error>> {
    status("VmHWM:")
}

/// What it has now, in KiB.
pub(crate) fn now_kib() -> Result<u64, Box<dyn Error>> {
    status("VmRSS:")
}

fn status(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no such line")?;
    Ok(kib.trim().parse()?)
}
