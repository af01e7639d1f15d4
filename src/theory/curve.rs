//! Integrals along the effective ridge.

use super::numeric::sums;
use super::{EffectiveRidge, Ensemble};

/// The points q above an effective ridge kappa, with the ridge z(q) that each belongs to.
///
/// ```text
/// s(q) = 1 - (df1(q) + delta)/N = s(kappa) + (q - kappa) (1/N) sum lambda/((lambda + q)(lambda + kappa))
/// z(q) = q s(q)
/// ```
///
/// A walk in q needs no root finding. The sum has positive terms only, so nothing cancels near kappa.
pub(super) struct Curve<'a> {
    ensemble: &'a Ensemble<'a>,
    base: EffectiveRidge,
}

/// A point of a [`Curve`].
pub(super) struct Point {
    /// q
    pub kappa: f64,
    /// s(q)
    pub survival: f64,
    /// ds/dq
    pub slope: f64,
    /// dz/dq
    pub ridge_slope: f64,
    /// `u = sqrt(z)`
    pub root_ridge: f64,
}

impl<'a> Curve<'a> {
    pub fn above(ensemble: &'a Ensemble<'a>, base: &EffectiveRidge) -> Self {
        Self {
            ensemble,
            base: *base,
        }
    }

    fn at(&self, offset: f64) -> Point {
        let kappa = self.base.kappa + offset;
        let [risen, slope] = sums(self.ensemble.spectrum().positive(), |lambda| {
            let shrinkage = lambda / (lambda + kappa);
            [
                shrinkage / (lambda + self.base.kappa),
                shrinkage / (lambda + kappa),
            ]
        });
        let samples = self.ensemble.samples();
        let survival = self.base.survival + offset * risen / samples;
        let slope = slope / samples;
        Point {
            kappa,
            survival,
            slope,
            ridge_slope: survival + kappa * slope,
            root_ridge: (kappa * survival).sqrt(),
        }
    }

    /// Calls `visit(point, dq)` at the nodes of `int_kappa^inf ... dq`. The rule is the trapezoidal one in `log(q -
    /// kappa)`. It converges exponentially, because the integrand is analytic for |Im| < pi. The nodes reach `margin`
    /// e-folds past the scales of the spectrum on both sides: 40 for integrands that vary as q at both ends, 80 for
    /// their roots.
    pub fn integrate(&self, margin: f64, mut visit: impl FnMut(&Point, f64)) {
        const STEP: f64 = 0.35;
        let positive = self.ensemble.spectrum().positive();
        let smallest = positive[positive.len() - 1] + self.base.kappa;
        // s has a zero below kappa; s stops rising above the largest eigenvalue.
        let zero = self.base.survival / self.base.slope;
        let low = if zero > 0.0 {
            smallest.min(zero)
        } else {
            smallest
        };
        let risen = self.ensemble.spectrum().trace() / self.ensemble.samples();
        let high = (positive[0] + self.base.kappa).max(risen);
        let (start, end) = (low.ln() - margin, high.ln() + margin);
        let nodes = ((end - start) / STEP).ceil() as usize;
        for node in 0..=nodes {
            let offset = (start + node as f64 * STEP).exp();
            let point = self.at(offset);
            // Far below eigenvalues of 1e-300 a point is 0 in f64, and adds nothing.
            if point.root_ridge > 0.0 {
                visit(&point, offset * STEP);
            }
        }
    }
}
