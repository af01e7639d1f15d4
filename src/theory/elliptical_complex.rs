//! What the weights of elliptical rows do to the equivalents at complex ridges.

use faer::c64;

use super::Mean;
use super::elliptical::Weighted;

/// [`Shares`](super::elliptical::Shares) at a complex ridge.
pub(super) struct ComplexShares {
    pub survival: c64,
    pub filled: c64,
    pub open: c64,
    pub first: c64,
    pub second: c64,
    /// `E[b^2 rho]/E b^2`, with `rho = 1/(s + w a)` and `b = w rho`
    pub tilt: c64,
    pub mean_shift: c64,
}

impl Weighted<'_> {
    /// The shares at a complex ratio e.
    pub fn at_complex(&self, e: c64) -> ComplexShares {
        let (weights, probabilities) = self.positive();
        let zero = c64::new(0.0, 0.0);
        let (mut r, mut r2, mut wr, mut wr2, mut wr3) = ([zero; 5]).into();
        let (mut w2r2, mut w2r3) = (zero, zero);
        for (&w, &p) in weights.iter().zip(probabilities) {
            let inverse = 1.0 / (1.0 + e * w);
            let (part, kept) = (inverse * p, inverse * w);
            let (square, weighted) = (part * inverse, part * kept);
            r += part;
            r2 += square;
            wr += part * w;
            wr2 += weighted;
            wr3 += weighted * inverse;
            w2r2 += weighted * kept / inverse;
            w2r3 += weighted * kept;
        }
        let (whole, n) = (r + self.empty, self.samples);
        let (mut s, mut alpha, mut beta, mut open) = (wr, wr2, w2r2, r);
        let mut mean_shift = zero;
        if self.mean == Mean::Fitted {
            let ratio = wr2 / whole;
            let squares = r2 + self.empty;
            s -= ratio / n;
            alpha -= (wr3 * 2.0 - ratio * squares) / whole / n;
            beta -= (w2r3 * 2.0 / whole - ratio * ratio) / n;
            open -= match self.empty {
                0.0 => squares / whole / n,
                _ => (r2 - r) / whole / n,
            };
            mean_shift = s / whole / (n - 1.0);
        }
        ComplexShares {
            survival: s,
            filled: e * s,
            open,
            first: alpha / (s * s),
            second: beta / (s * s),
            tilt: w2r3 / (w2r2 * s),
            mean_shift,
        }
    }
}
