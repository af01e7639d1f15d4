//! How log-determinants of training sets vary together: what all fluctuations and corrections follow from.

use super::jet::{Jet, JetPair};
use super::numeric::{paired_sums, spectral_sums};
use super::{EffectiveRidge, Ensemble, Mean};

/// kappa and s + t of [`Variation`] near a ridge, as functions of x and y at `z + x` and `t = y`:
///
/// ```text
/// kappa (s + t) = z,   E b - E[rho b]/(N E rho) = 1 - t/(s + t),   rho = 1/(s + t + w a),   b = w rho,   a = df1(kappa)/N
/// ```
///
/// The second term is that of a fitted mean. In these variables nothing cancels at small ridges, and
/// `gA gB = (df2/N) E b^2` at equal points.
struct Local {
    kappa: Jet,
    total: Jet,
    /// a
    filled: Jet,
    /// `1 - gA gB` at equal points
    open: Jet,
    /// What makes gA gB exact at the point itself: B over `E b^2`.
    scale: f64,
}

impl Local {
    fn new(ensemble: &Ensemble<'_>, at: &EffectiveRidge) -> Self {
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
        let m = Moments::new(ensemble, at.survival, at.df1 / samples);
        let per_sample =
            |[value, slope, bend]: [f64; 3]| [value / samples, slope / samples, bend / samples];
        let df1 = per_sample([at.df1, -a1, a2]);
        let df2 = per_sample([at.df2, -2.0 * b1, 3.0 * b2]);
        let (mut kappa, mut total) = (Jet::constant(at.kappa), Jet::constant(at.survival));
        // Newton's steps with the first derivatives. Each makes one more order right.
        for _ in 0..3 {
            let moved = [total, kappa.into_taylor(df1)];
            let mut product = kappa * total - Jet([0.0, 1.0, 0.0, 0.0, 0.0]);
            let mut share = m.share(moved) + Jet([0.0, 0.0, 1.0, 0.0, 0.0]) * total.inverse();
            (product.0[0], share.0[0]) = (0.0, 0.0);
            let share = share * Jet::constant(1.0 / at.first);
            let step = Jet::constant(-at.derivative);
            kappa = kappa + step * (product + Jet::constant(at.kappa) * share);
            let rest = Jet::constant(at.slope) * product - Jet::constant(at.survival) * share;
            total = total + step * rest;
        }
        let filled = kappa.into_taylor(df1);
        let scale = at.second / m.b2;
        let kept = m.squares([total, filled]) * kappa.into_taylor(df2);
        let mut open = Jet::constant(1.0) - Jet::constant(scale) * kept;
        open.0[0] = at.first / at.derivative;
        Self {
            kappa,
            total,
            filled,
            open,
            scale,
        }
    }

    /// `s + t + w a`
    fn denominator(&self, weight: f64) -> Jet {
        self.total + Jet::constant(weight) * self.filled
    }
}

/// Averages over the weights of products of `rho = 1/(s + w a)` and `b = w rho`: `rho2b` is `E rho^2 b`.
struct Moments {
    /// N with a fitted mean; infinite with a known one.
    samples: f64,
    rho: f64,
    b: f64,
    rho2: f64,
    rho_b: f64,
    b2: f64,
    rho3: f64,
    rho2_b: f64,
    rho_b2: f64,
    b3: f64,
    rho3_b: f64,
    rho2_b2: f64,
    rho_b3: f64,
    b4: f64,
}

impl Moments {
    fn new(ensemble: &Ensemble<'_>, survival: f64, filled: f64) -> Self {
        let (weights, probabilities) = ensemble.atoms();
        let sums = paired_sums(weights, probabilities, |w, p| {
            let rho = 1.0 / (survival + w * filled);
            let b = w * rho;
            let (rho2, rho_b, b2) = (p * rho * rho, p * rho * b, p * b * b);
            [
                p * rho,
                p * b,
                rho2,
                rho_b,
                b2,
                rho2 * rho,
                rho2 * b,
                rho_b * b,
                b2 * b,
                rho2 * rho * b,
                rho2 * b * b,
                rho_b * b * b,
                b2 * b * b,
            ]
        });
        let [
            rho,
            b,
            rho2,
            rho_b,
            b2,
            rho3,
            rho2_b,
            rho_b2,
            b3,
            rho3_b,
            rho2_b2,
            rho_b3,
            b4,
        ] = sums;
        Self {
            samples: match ensemble.mean() {
                Mean::Known => f64::INFINITY,
                Mean::Fitted => ensemble.samples(),
            },
            rho,
            b,
            rho2,
            rho_b,
            b2,
            rho3,
            rho2_b,
            rho_b2,
            b3,
            rho3_b,
            rho2_b2,
            rho_b3,
            b4,
        }
    }

    /// `E b - E[rho b]/(N E rho)` at another s and a
    fn share(&self, moved: [Jet; 2]) -> Jet {
        let kept = taylor(
            moved,
            self.b,
            [-self.rho_b, -self.b2],
            [self.rho2_b, self.rho_b2, self.b3],
        );
        if self.samples.is_infinite() {
            return kept;
        }
        let above = taylor(
            moved,
            self.rho_b,
            [-2.0 * self.rho2_b, -2.0 * self.rho_b2],
            [3.0 * self.rho3_b, 3.0 * self.rho2_b2, 3.0 * self.rho_b3],
        );
        let below = taylor(
            moved,
            self.rho,
            [-self.rho2, -self.rho_b],
            [self.rho3, self.rho2_b, self.rho_b2],
        );
        kept - above * below.inverse() * Jet::constant(1.0 / self.samples)
    }

    /// `E b^2` at another s and a
    fn squares(&self, moved: [Jet; 2]) -> Jet {
        taylor(
            moved,
            self.b2,
            [-2.0 * self.rho_b2, -2.0 * self.b3],
            [3.0 * self.rho2_b2, 3.0 * self.rho_b3, 3.0 * self.b4],
        )
    }
}

/// A function of two variables: its value, its first derivatives, and the coefficients of the squares (the middle one is
/// half of that of the product).
fn taylor([first, second]: [Jet; 2], value: f64, by: [f64; 2], twice: [f64; 3]) -> Jet {
    let small = |jet: Jet| jet - Jet::constant(jet.0[0]);
    let (first, second) = (small(first), small(second));
    let times = |factor: f64, jet: Jet| Jet::constant(factor) * jet;
    let linear = times(by[0], first) + times(by[1], second);
    let mixed = times(2.0 * twice[1], first * second);
    let squares = times(twice[0], first * first) + times(twice[2], second * second);
    Jet::constant(value) + linear + squares + mixed
}

/// `log(1 - gA gB)` at equal points, as the coefficients of 1, x, y, x^2 and x y at `z + x` and `t = y`.
pub(super) fn log_open(ensemble: &Ensemble<'_>, at: &EffectiveRidge) -> [f64; 5] {
    Local::new(ensemble, at).open.logarithm().0
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
    /// `log(s + t + w a)`, which differs from `log(1 + w delta)` by what is the same for every row.
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
        let (mut first, mut second, mut whole) = ([[0.0; 5]; 5], [[0.0; 5]; 5], [[0.0; 5]; 5]);
        let inverse = local.total.inverse();
        for &lambda in ensemble.spectrum().positive() {
            let shrinkage = Jet::constant(lambda) * (Jet::constant(lambda) + local.kappa).inverse();
            add_square(&mut first, shrinkage, 1.0 / samples);
            add_square(&mut whole, shrinkage * inverse, 1.0 / samples);
        }
        for (&weight, &probability) in atoms() {
            let kept = Jet::constant(weight) * local.denominator(weight).inverse();
            add_square(&mut second, kept, probability);
        }
        let mut covered = JetPair(first).times(&JetPair(second));
        covered.0 = covered.0.map(|row| row.map(|value| -local.scale * value));
        covered.0[0][0] = at.first / at.derivative;
        let c = covered.0;
        // 1/(1 - gA gB) to first order in both x and x'
        let inverse = [
            1.0 / c[0][0],
            -c[1][0] / (c[0][0] * c[0][0]),
            2.0 * c[1][0] * c[0][1] / c[0][0].powi(3) - c[1][1] / (c[0][0] * c[0][0]),
        ];
        let weighted_squares =
            whole[0][0] * inverse[2] + 2.0 * whole[1][0] * inverse[1] + whole[1][1] * inverse[0];
        let influence = |(&weight, &probability): (&f64, &f64)| Influence {
            weight,
            probability,
            logarithm: local.denominator(weight).logarithm(),
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
