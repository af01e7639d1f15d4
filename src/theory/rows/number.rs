//! Real and complex numbers in the same formulas.

use faer::c64;

use crate::denoiser::Scalar;

/// A real or complex number, as a list of its real parts.
pub trait Number: Scalar + Send + Sync {
    /// The number of real parts.
    const PARTS: usize;
    /// One real part.
    fn part(self, index: usize) -> f64;
    /// The number whose real parts are `part(0)`, `part(1)`.
    fn from_parts(part: impl Fn(usize) -> f64) -> Self;
    /// `1/x`
    fn inverse(self) -> Self;
}

impl Number for f64 {
    const PARTS: usize = 1;

    fn part(self, _: usize) -> f64 {
        self
    }

    fn from_parts(part: impl Fn(usize) -> f64) -> Self {
        part(0)
    }

    fn inverse(self) -> Self {
        1.0 / self
    }
}

impl Number for c64 {
    const PARTS: usize = 2;

    fn part(self, index: usize) -> f64 {
        [self.re, self.im][index]
    }

    fn from_parts(part: impl Fn(usize) -> f64) -> Self {
        c64::new(part(0), part(1))
    }

    fn inverse(self) -> Self {
        1.0 / self
    }
}
