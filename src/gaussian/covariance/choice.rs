//! Which covariance?

use super::given::GivenCovariance;

/// Which covariance a denoiser, or anything else, is built on.
///
/// | name | eigenvalues, from those `s_j` of the sample (`1/N`) | source |
/// |---|---|---|
/// | `empirical` | `s_j` | |
/// | `ledoit-wolf` | `(1 - rho) s_j + rho mu`, `mu = tr C/d` | Ledoit and Wolf (2004) |
/// | `oas` | as `ledoit-wolf`, with another `rho` | Chen, Wiesel, Eldar and Hero (2010) |
/// | `quadratic-inverse` | each has its own shrinkage | Ledoit and Wolf (2022) |
/// | a matrix | its own | given |
///
/// The first four share the eigenvectors of the sample. Their equations are in [`equations`](crate::equations), section
/// "Shrunk covariances".
#[derive(Debug, Clone, PartialEq)]
pub enum Covariance {
    /// The covariance of the sample, with 1/N.
    Empirical,
    /// Shrunk to a multiple of the identity; the weight is that of the least expected squared error of any rows.
    LedoitWolf,
    /// Shrunk to a multiple of the identity; the weight is that of the least expected squared error of Gaussian rows.
    Oas,
    /// Eigenvalues shrunk one by one, by the squared amplitude of a smoothed Stein shrinker of their inverses.
    QuadraticInverse,
    /// A matrix that does not depend on the rows.
    Given(GivenCovariance),
}

impl Covariance {
    /// All that are estimated from rows.
    pub const ESTIMATORS: [Self; 4] = [
        Self::Empirical,
        Self::LedoitWolf,
        Self::Oas,
        Self::QuadraticInverse,
    ];

    /// The name, such as `ledoit-wolf`.
    pub fn name(&self) -> &str {
        match self {
            Self::Empirical => "empirical",
            Self::LedoitWolf => "ledoit-wolf",
            Self::Oas => "oas",
            Self::QuadraticInverse => "quadratic-inverse",
            Self::Given(given) => given.name(),
        }
    }

    /// The estimator with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ESTIMATORS.into_iter().find(|c| c.name() == name)
    }
}
