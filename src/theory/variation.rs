//! How log-determinants of training sets vary together: what all fluctuations and corrections follow from.

use super::corrections::Corrections;
use super::jet::{Jet, JetPair};
use super::numeric::{paired_sums, spectral_sums};
use super::{EffectiveRidge, Ensemble, Mean};

/// s and delta of [`Variation`] near a ridge, as functions of x and y at `z + x` and `t = y`. They depend on the spectrum
/// through df1 and df2 at `kappa = z/(s + t)` alone: `N delta = df1/(s + t)` and `N gA = df2/(s + t)^2` at equal points.
struct Local<'a> {
    at: &'a EffectiveRidge,
    survival: Jet,
    delta: Jet,
    /// `1 - gA gB` at equal points
    open: Jet,
}

impl<'a> Local<'a> {
    fn new(ensemble: &Ensemble<'_>, at: &'a EffectiveRidge) -> Self {
        let [a1, a2, b1, b2] = spectral_sums(ensemble.spectrum(), |lambda| {
            let inverse = 1.0 / (lambda + at.kappa);
            let shrinkage = lambda * inverse;
            let square = shrinkage * inverse;
            [
                square,
                square * inverse,
                square * shrinkage,
                square * shrinkage * inverse,
            ]
        });
        let samples = ensemble.samples();
        // kappa, delta and gA for a given s
        let spectral = |survival: Jet| {
            let total = (survival + Jet([0.0, 0.0, 1.0, 0.0, 0.0])).inverse();
            let mut kappa = Jet([at.ridge, 1.0, 0.0, 0.0, 0.0]) * total;
            kappa.0[0] = at.kappa;
            let df1 = kappa.into_taylor([at.df1, -a1, a2]);
            let df2 = kappa.into_taylor([at.df2, -2.0 * b1, 3.0 * b2]);
            let part = total * Jet::constant(1.0 / samples);
            (df1 * part, df2 * part * total)
        };
        let (weights, probabilities) = ensemble.atoms();
        let e = at.df1 / (samples * at.survival);
        let [r, wr, wr2, w2r2, w2r3, w3r3, w3r4, w4r4] =
            paired_sums(weights, probabilities, |w, p| {
                let r = 1.0 / (1.0 + w * e);
                let q = w * r;
                [
                    p * r,
                    p * q,
                    p * q * r,
                    p * q * q,
                    p * q * q * r,
                    p * q * q * q,
                    p * q * q * q * r,
                    p * q * q * q * q,
                ]
            });
        let kept = |delta: Jet| {
            let kept = delta.into_taylor([wr, -w2r2, w3r3]);
            match ensemble.mean() {
                Mean::Known => kept,
                Mean::Fitted => {
                    let above = delta.into_taylor([wr2, -2.0 * w2r3, 3.0 * w3r4]);
                    let below = delta.into_taylor([r, -wr2, w2r3]);
                    kept - above * below.inverse() * Jet::constant(1.0 / samples)
                }
            }
        };
        let mut survival = Jet::constant(at.survival);
        // Newton's steps with the first derivative, 1 - B df2/N. Each makes one more order right.
        let step = Jet::constant(-at.derivative / at.first);
        for _ in 0..3 {
            let mut residual = survival - kept(spectral(survival).0);
            residual.0[0] = 0.0;
            survival = survival + residual * step;
        }
        let (delta, first) = spectral(survival);
        let scale = at.survival * at.survival * at.second / w2r2;
        let second = delta.into_taylor([scale * w2r2, -2.0 * scale * w3r3, 3.0 * scale * w4r4]);
        let mut open = Jet::constant(1.0) - first * second;
        open.0[0] = at.first / at.derivative;
        Self {
            at,
            survival,
            delta,
            open,
        }
    }

    /// `(s + t) lambda + z`
    fn denominator(&self, lambda: f64) -> Jet {
        let ridge = Jet([self.at.ridge, 1.0, lambda, 0.0, 0.0]);
        Jet::constant(lambda) * self.survival + ridge
    }

    /// `1 + w delta`
    fn one_plus(&self, weight: f64) -> Jet {
        Jet::constant(1.0) + Jet::constant(weight) * self.delta
    }
}

/// The corrections for rows with weights: derivatives of `1/2 log(1 - gA gB)`.
pub(super) fn corrections(ensemble: &Ensemble<'_>, at: &EffectiveRidge) -> Corrections {
    let [log_det, by_z, by_t, by_zz, by_tz] = Local::new(ensemble, at).open.logarithm().0;
    Corrections {
        log_det: log_det / 2.0,
        resolvent: by_z / 2.0,
        square: -by_zz,
        weighted: by_t / 2.0,
        weighted_square: -by_tz / 2.0,
    }
}

/// The second-order behaviour of `L(z, t) = log det(Sigma_N + z + t Sigma)` near a ridge z and t = 0:
///
/// ```text
/// delta = (1/N) sum lambda/((s + t) lambda + z),   s = E[w/(1 + w delta)]
/// gA = (1/N) sum lambda^2/(((s + t) lambda + z)((s' + t') lambda + z')),   gB = E w^2/((1 + w delta)(1 + w delta'))
/// Cov(L, L') = -2 log(1 - gA gB),   bias of L = (1/2) log(1 - gA gB)
/// influence of a row on L: log(1 + w delta)
/// ```
///
/// A prime marks another point (z', t'). Gaussian rows are w = 1. A fitted mean takes its terms of order 1/N from s,
/// as in the [`EffectiveRidge`]; gA gB is scaled so that it is exact at the point itself.
pub(super) struct Variation {
    /// `log(1 - gA gB)`
    logarithm: [[f64; 5]; 5],
    /// `d^2/dz dz' tr Sigma G Sigma G' = tr Sigma G^2 Sigma G^2`
    pub weighted_squares: f64,
    influences: Vec<Influence>,
    samples: f64,
}

/// What a row of a weight does to L.
struct Influence {
    weight: f64,
    probability: f64,
    /// `log(1 + w delta)`
    logarithm: Jet,
}

/// A linear functional of the coefficients of `1, x, y, x^2, x y`, at `z + x` and `t = y`.
pub(super) type Functional = [f64; 5];

impl Variation {
    pub fn new(ensemble: &Ensemble<'_>, at: &EffectiveRidge) -> Self {
        let local = Local::new(ensemble, at);
        let samples = ensemble.samples();
        let (weights, probabilities) = ensemble.atoms();
        let atoms = || weights.iter().zip(probabilities);
        let (mut first, mut second) = ([[0.0; 5]; 5], [[0.0; 5]; 5]);
        for &lambda in ensemble.spectrum().positive() {
            let shrinkage = Jet::constant(lambda) * local.denominator(lambda).inverse();
            add_square(&mut first, shrinkage, 1.0 / samples);
        }
        for (&weight, &probability) in atoms() {
            let kept = Jet::constant(weight) * local.one_plus(weight).inverse();
            add_square(&mut second, kept, probability);
        }
        let scale = at.survival * at.survival * at.second / second[0][0];
        let mut covered = JetPair(first).times(&JetPair(second));
        covered.0 = covered.0.map(|row| row.map(|value| -scale * value));
        covered.0[0][0] = at.first / at.derivative;
        let c = covered.0;
        // 1/(1 - gA gB) to first order in both x and x'
        let inverse = [
            1.0 / c[0][0],
            -c[1][0] / (c[0][0] * c[0][0]),
            2.0 * c[1][0] * c[0][1] / c[0][0].powi(3) - c[1][1] / (c[0][0] * c[0][0]),
        ];
        let weighted_squares =
            first[0][0] * inverse[2] + 2.0 * first[1][0] * inverse[1] + first[1][1] * inverse[0];
        let influence = |(&weight, &probability): (&f64, &f64)| Influence {
            weight,
            probability,
            logarithm: local.one_plus(weight).logarithm(),
        };
        Self {
            logarithm: covered.logarithm().0,
            weighted_squares: samples * weighted_squares,
            influences: atoms().map(influence).collect(),
            samples,
        }
    }

    /// The covariance between training sets of two functionals of L, with the weights as they are.
    pub fn covariance(&self, first: &Functional, second: &Functional) -> f64 {
        -2.0 * dot(&self.logarithm.map(|row| dot(&row, second)), first)
    }

    /// The standard deviation of a functional of L plus `linear sum w`, because the weights are drawn.
    pub fn of_weights(&self, functional: &Functional, linear: f64) -> f64 {
        let average = |f: &dyn Fn(f64) -> f64| -> f64 {
            let term = |row: &Influence| {
                row.probability * f(dot(&row.logarithm.0, functional) + linear * row.weight)
            };
            self.influences.iter().map(term).sum()
        };
        let mean = average(&|value| value);
        (self.samples * average(&|value| (value - mean).powi(2))).sqrt()
    }
}

fn add_square(sum: &mut [[f64; 5]; 5], jet: Jet, factor: f64) {
    for (row, first) in sum.iter_mut().zip(jet.0) {
        for (sum, second) in row.iter_mut().zip(jet.0) {
            *sum += factor * first * second;
        }
    }
}

fn dot(a: &[f64; 5], b: &[f64; 5]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
