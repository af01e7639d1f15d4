//! The verdicts on a claim.

use serde::{Serialize, Serializer};

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every test is passed.
    Holds,
    /// Some tests are passed, and no difference from theory is shown.
    HoldsInPart,
    /// No test can tell.
    CannotTell,
    /// A test fails.
    DoesNotHold,
}

impl Verdict {
    /// The verdict in words.
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsInPart => "holds in part",
            Verdict::CannotTell => "cannot tell",
            Verdict::DoesNotHold => "does not hold",
        }
    }

    /// The verdict on a claim with several tests.
    pub(super) fn of(passed: impl IntoIterator<Item = bool>) -> Self {
        let passed: Vec<bool> = passed.into_iter().collect();
        match passed.iter().filter(|passed| **passed).count() {
            all if all == passed.len() => Verdict::Holds,
            0 => Verdict::DoesNotHold,
            _ => Verdict::HoldsInPart,
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}
