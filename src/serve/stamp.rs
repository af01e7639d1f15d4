//! Has a file changed since it was read?

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The length of a file and when it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    /// The stamp of a file or folder; `None` if there is none. A link is none: it could lead out of the folder.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        (!found.is_symlink()).then(|| Self {
            length: found.len(),
            changed: found.modified().ok(),
        })
    }

    /// When it was changed, in seconds since 1970.
    pub(super) fn seconds(self) -> Option<f64> {
        self.changed.map(seconds)
    }
}

/// A time in seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}
