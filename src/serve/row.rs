//! What the list needs of a kind of row.

use std::path::Path;

use serde::Serialize;

use super::walk::Found;

/// A row of the list, which is read from the files of a folder.
pub(super) trait Row: Serialize + PartialEq {
    /// What changes when one of these files does.
    type Stamps: PartialEq;

    fn stamps(path: &Path) -> Self::Stamps;

    fn read(found: &Found, stamps: &Self::Stamps) -> Self;
}
