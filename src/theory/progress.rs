//! How far a network has been trained.

use faer::c64;

/// How far the weights have been trained, by full batches.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// To the optimum.
    Converged,
    /// By gradient flow for a time tau.
    Flow(f64),
    /// By gradient descent.
    Descent(Descent),
}

/// Gradient descent on the whole objective, with momentum (heavy ball):
///
/// ```text
/// v <- m v + 2 (x f - mu),   f <- f - eta v,   v = 0 at the start
/// ```
///
/// so that `f - mu/x` is a polynomial in x times its start. Without momentum it is `prod (1 - 2 eta_i x)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Descent {
    /// Pairs (rate eta, number of steps), one after the other.
    pub rates: Vec<(f64, usize)>,
    /// The momentum m, from 0 to below 1; dampening is 0.
    pub momentum: f64,
}

impl Descent {
    /// Descent without momentum.
    pub fn plain(rates: Vec<(f64, usize)>) -> Self {
        Self {
            rates,
            momentum: 0.0,
        }
    }

    /// The factor by which the distance to the optimum has changed, at the curvature x.
    pub(super) fn factor(&self, x: c64) -> c64 {
        if self.momentum == 0.0 {
            let factor = |&(rate, count): &(f64, usize)| (1.0 - 2.0 * rate * x).powu(count as u32);
            return self.rates.iter().map(factor).product();
        }
        // The state is the distance e and the velocity v: e <- (1 - 2 eta x) e - eta m v, v <- 2 x e + m v.
        let (mut e, mut v) = (c64::new(1.0, 0.0), c64::new(0.0, 0.0));
        for &(rate, count) in &self.rates {
            let slope = 2.0 * x;
            let momentum = c64::new(self.momentum, 0.0);
            let step = [[1.0 - rate * slope, -rate * momentum], [slope, momentum]];
            let [[a, b], [c, d]] = power(step, count);
            (e, v) = (a * e + b * v, c * e + d * v);
        }
        e
    }
}

type Step = [[c64; 2]; 2];

/// The power of a matrix, by repeated squares.
fn power(mut base: Step, mut exponent: usize) -> Step {
    let product = |p: &Step, q: &Step| -> Step {
        std::array::from_fn(|i| std::array::from_fn(|j| p[i][0] * q[0][j] + p[i][1] * q[1][j]))
    };
    let (zero, one) = (c64::new(0.0, 0.0), c64::new(1.0, 0.0));
    let mut result = [[one, zero], [zero, one]];
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = product(&result, &base);
        }
        base = product(&base, &base);
        exponent /= 2;
    }
    result
}
