//! Integrals along the effective ridge.

use super::elliptical::Weighted;
use super::numeric::sums;
use super::{EffectiveRidge, Ensemble, TheoryError};

/// The points q above an effective ridge kappa, with the ridge z(q) that each belongs to.
///
/// ```text
/// s(q) = 1 - (df1(q) + delta)/N = s(kappa) + (q - kappa) (1/N) sum lambda/((lambda + q)(lambda + kappa))
/// z(q) = q s(q)
/// ```
///
/// A walk in q needs no root finding. The sum has positive terms only, so nothing cancels near kappa.
///
/// With weights s(q) may have branch points near the real axis. As functions of z all integrands are analytic but for
/// z < 0, so there the walk is in z, and each root is found from the one before.
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
    /// A
    pub first: f64,
    /// B
    pub second: f64,
    /// dB/dq
    pub second_slope: f64,
}

/// The distance of the nodes, in e-folds.
const STEP: f64 = 0.35;

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
            first: self.base.first,
            second: self.base.second,
            second_slope: 0.0,
        }
    }

    /// The point at a ridge z > 0 of rows with weights, and log e there; `near` is log e at a ridge near by.
    fn at_ridge(&self, weighted: &Weighted<'_>, z: f64, near: f64) -> Option<(Point, f64)> {
        let spectrum = self.ensemble.spectrum();
        let shares = weighted.root_near(spectrum, z, near)?;
        let kappa = z / shares.survival;
        let [fall] = sums(spectrum.positive(), |lambda| {
            let inverse = 1.0 / (lambda + kappa);
            [lambda * inverse * inverse]
        });
        let fall = fall / self.ensemble.samples();
        let slope = shares.second / shares.first * fall;
        let point = Point {
            kappa,
            survival: shares.survival,
            slope,
            ridge_slope: shares.survival + kappa * slope,
            root_ridge: z.sqrt(),
            first: shares.first,
            second: shares.second,
            // a falls while q rises.
            second_slope: -weighted.second_slope(&shares) * fall,
        };
        Some((point, shares.ratio.ln()))
    }

    /// Calls `visit(point, dq)` at the nodes of `int_kappa^inf ... dq`. The rule is the trapezoidal one in `log(q -
    /// kappa)`, or `log(z - z(kappa))` with weights. It converges exponentially, because the integrand is analytic for
    /// |Im| < pi. The nodes reach `margin` e-folds past the scales of the spectrum on both sides: 40 for integrands
    /// that vary as q at both ends, 80 for their roots.
    ///
    /// # Errors
    /// No effective ridge at some node, with weights.
    pub fn integrate(
        &self,
        margin: f64,
        mut visit: impl FnMut(&Point, f64),
    ) -> Result<(), TheoryError> {
        let (low, high) = self.scales();
        match self.ensemble.weighted() {
            None => {
                for offset in nodes(low, high, margin, margin) {
                    let point = self.at(offset);
                    // Far below eigenvalues of 1e-300 a point is 0 in f64, and adds nothing.
                    if point.root_ridge > 0.0 {
                        visit(&point, offset * STEP);
                    }
                }
            }
            Some(weighted) => {
                let EffectiveRidge {
                    survival, slope, ..
                } = self.base;
                let low = low * (survival + (self.base.kappa + low) * slope);
                // At N_0 = rank q is as the root of z.
                let edge = survival == 0.0 && self.base.kappa == 0.0;
                let below = if edge { 2.0 * margin } else { margin };
                let (mut near, mut before) = (None, None);
                for offset in nodes(low, high, below, margin) {
                    let z = self.base.ridge + offset;
                    let found = match near {
                        None => weighted
                            .root(self.ensemble.spectrum(), z)
                            .map(|s| s.ratio.ln()),
                        // log e is nearly linear in the number of the node.
                        Some(near) => Some(2.0 * near - before.unwrap_or(near)),
                    };
                    let found = found.and_then(|near| self.at_ridge(&weighted, z, near));
                    let (point, ratio) = found.ok_or(TheoryError::Root {
                        ridge: z,
                        kappa: f64::NAN,
                        residual: f64::NAN,
                    })?;
                    (before, near) = (near, Some(ratio));
                    visit(&point, offset * STEP / point.ridge_slope);
                }
            }
        }
        Ok(())
    }

    /// The smallest and the largest distance from kappa at which something changes.
    fn scales(&self) -> (f64, f64) {
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
        (low, (positive[0] + self.base.kappa).max(risen))
    }
}

/// Nodes from `below` e-folds below `low` to `above` e-folds above `high`.
fn nodes(low: f64, high: f64, below: f64, above: f64) -> impl Iterator<Item = f64> {
    let (start, end) = (low.ln() - below, high.ln() + above);
    let count = ((end - start) / STEP).ceil() as usize;
    (0..=count).map(move |node| (start + node as f64 * STEP).exp())
}
