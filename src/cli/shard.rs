//! `--shard I/K`

use std::str::FromStr;

/// The part I of K, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    index: usize,
    of: usize,
}

impl Shard {
    /// The index, from 0, and the number of parts.
    pub(super) fn counted_from_zero(self) -> (usize, usize) {
        (self.index - 1, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| {
            let index: usize = index.trim().parse().ok()?;
            Some((index, of.trim().parse().ok()?))
        });
        match numbers {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err(format!("{text:?} is not I/K with I from 1 to K")),
        }
    }
}
