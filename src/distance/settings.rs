//! The settings of a distance.

/// The settings of a distance. Everything has a default.
///
/// | setting | default |
/// |---|---|
/// | `names` | "A" and "B" |
/// | `seed` | 1 |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(super) names: [String; 2],
    pub(super) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            names: ["A".to_owned(), "B".to_owned()],
            seed: 1,
        }
    }
}

impl Settings {
    /// The names of both sets of features, for sentences and errors.
    #[must_use]
    pub fn names(self, a: impl Into<String>, b: impl Into<String>) -> Self {
        let names = [a.into(), b.into()];
        Self { names, ..self }
    }

    /// The seed of the fifths of the rows that are left out for the interval.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}
