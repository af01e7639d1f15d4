//! Rows with heavier tails than Gaussian ones: each row has its own scale.

mod sets;

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

/// Why there is no such law of weights.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum RowWeightsError {
    #[error("no weight: a law of weights needs at least 1")]
    Empty,
    /// A weight that is negative or not finite; `index` counts from 0, the message from 1.
    #[error("weight {} is {value}: it must be a number from 0 up", index + 1)]
    Weight { index: usize, value: f64 },
    #[error("all weights are 0: at least 1 must be above 0")]
    AllZero,
    #[error("{name} = {value}: must be {needs}")]
    Parameter {
        name: &'static str,
        value: f64,
        needs: &'static str,
    },
}

/// The law of the weights w of elliptical rows
///
/// ```text
/// x_i = m + sqrt(w_i) Sigma^(1/2) z_i,     z_i standard Gaussian, independent of w_i
/// ```
///
/// Averages over the law are sums over atoms: weights `w_a` with probabilities `p_a`. Given weights and two points are
/// such sums exactly. The two continuous laws become trapezoidal sums in `log w`, with steps as wide as their poles
/// allow. The theory of elliptical rows averages functions that are analytic for `|Im log w| < pi/2` and at most as large
/// as `w + 1/w`; these averages are within 1e-11 of the law's, as a part of those of their bounds.
///
/// | law | w | mean of w^2 |
/// |---|---|---|
/// | [`equal`](Self::equal) | 1: Gaussian rows | 1 |
/// | [`from_values`](Self::from_values) | given numbers, each as likely as the others | theirs |
/// | [`two_point`](Self::two_point) | h with probability 1/(1+h), else 1/h | h - 1 + 1/h |
/// | [`log_normal`](Self::log_normal) | exp(sigma xi - sigma^2/2), xi standard normal | exp(sigma^2) |
/// | [`student`](Self::student) | (nu - 2)/chi^2_nu: rows follow Student's law | (nu-2)/(nu-4); infinite for nu <= 4 |
///
/// The mean of w is 1, but for given numbers: their mean is that of the numbers. Past the paper
/// ([`equations`](crate::equations) section 9).
///
/// ```
/// use lindiff::gaussian::RowWeights;
///
/// let law = RowWeights::two_point(2.0)?;
/// assert_eq!(law.weights(), [0.5, 2.0]);
/// assert!((law.average(|w| w) - 1.0).abs() < 1e-15);
/// assert_eq!(law.mean_square(), 1.5);
/// # Ok::<(), lindiff::gaussian::RowWeightsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RowWeights {
    law: Law,
    weights: Vec<f64>,
    probabilities: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Law {
    Given,
    TwoPoint,
    LogNormal { deviation: f64 },
    Student { degrees: f64 },
}

/// Logarithm of what may be neglected: the error of a trapezoidal sum, and the part of the mean in its tails.
const NEGLIGIBLE: f64 = 30.0;
/// Weights above this are left out. Only Student's law with less than 2.3 degrees of freedom has a part of its mean there.
const LARGEST: f64 = 1e100;

impl RowWeights {
    /// The weight 1 for every row: Gaussian rows.
    pub fn equal() -> Self {
        Self::from_atoms(vec![(1.0, 1.0)])
    }

    /// Given weights, each with the same probability: those of the rows of one training set, for example.
    ///
    /// # Errors
    /// No weight, one that is negative or not finite, and weights that are all 0.
    pub fn from_values(values: &[f64]) -> Result<Self, RowWeightsError> {
        if values.is_empty() {
            return Err(RowWeightsError::Empty);
        }
        let wrong = |w: &f64| !(w.is_finite() && *w >= 0.0);
        if let Some(index) = values.iter().position(wrong) {
            let value = values[index];
            return Err(RowWeightsError::Weight { index, value });
        }
        if values.iter().all(|w| *w == 0.0) {
            return Err(RowWeightsError::AllZero);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let equal = sorted.chunk_by(|a, b| a == b);
        let atom = |run: &[f64]| (run[0], run.len() as f64 / values.len() as f64);
        Ok(Self::from_atoms(equal.map(atom).collect()))
    }

    /// The weight `higher` with probability `1/(1 + higher)`, else `1/higher`.
    ///
    /// # Errors
    /// A higher weight below 1 or not finite.
    pub fn two_point(higher: f64) -> Result<Self, RowWeightsError> {
        if !(higher.is_finite() && higher >= 1.0) {
            return Err(RowWeightsError::Parameter {
                name: "the higher of two weights",
                value: higher,
                needs: "finite and 1 or more",
            });
        }
        let rare = 1.0 / (1.0 + higher);
        let lower = (1.0 / higher, higher * rare);
        Ok(Self::from_atoms(vec![lower, (higher, rare)]).of(Law::TwoPoint))
    }

    /// Weights whose logarithm is normal with the standard deviation `deviation` and the mean `-deviation^2/2`.
    ///
    /// # Errors
    /// A deviation that is not above 0, or above 10.
    pub fn log_normal(deviation: f64) -> Result<Self, RowWeightsError> {
        if !(deviation > 0.0 && deviation <= 10.0) {
            return Err(RowWeightsError::Parameter {
                name: "the standard deviation of the logarithm of weights",
                value: deviation,
                needs: "above 0 and at most 10",
            });
        }
        // In units of the deviation. On the line Im = y the density grows by exp(y^2/2), and nodes at distances h
        // leave exp(-2 pi y/h) of it.
        let strip = PI / 2.0 / deviation;
        let y = strip.min((2.0 * NEGLIGIBLE).sqrt());
        let step = 2.0 * PI * y / (NEGLIGIBLE + y * y / 2.0);
        // Averages weigh the density by powers of w from -2 to 2, each of which moves it by one deviation.
        let reach = (2.0 * NEGLIGIBLE + 4.0).sqrt() + 2.0 * deviation;
        let last = (reach / step).ceil() as i64;
        let atom = |k: i64| {
            let xi = k as f64 * step;
            let weight = (deviation * (xi - deviation / 2.0)).exp();
            (weight, step * (-xi * xi / 2.0).exp() / (2.0 * PI).sqrt())
        };
        let atoms = (-last..=last).map(atom).collect();
        let law = Law::LogNormal { deviation };
        Ok(Self::from_atoms(atoms).of(law))
    }

    /// Weights `(nu - 2)/chi^2_nu` with nu = `degrees`: rows of Student's law with covariance Sigma.
    ///
    /// # Errors
    /// Degrees of freedom of 2 or less (the rows have no covariance), or above 1e6.
    pub fn student(degrees: f64) -> Result<Self, RowWeightsError> {
        if !(degrees > 2.0 && degrees <= 1e6) {
            return Err(RowWeightsError::Parameter {
                name: "the degrees of freedom of Student's law",
                value: degrees,
                needs: "above 2 and at most 1e6",
            });
        }
        // The density of y = log chi^2 is exp(nu y/2 - exp(y)/2) over a constant. On the line Im = t it grows by
        // cos(t)^(-nu/2), and nodes at distances h leave exp(-2 pi t/h) of it.
        let half = degrees / 2.0;
        let step_at = |t: f64| 2.0 * PI * t / (NEGLIGIBLE - half * t.cos().ln());
        let lines = (1..400).map(|i| step_at(PI / 2.0 * (f64::from(i) / 400.0).powi(2)));
        let step = lines.fold(0.0, f64::max);
        let constant = half * 2f64.ln() + ln_gamma(half);
        let density = |y: f64| (half * y - y.exp() / 2.0 - constant).exp();
        let atom = |k: i64| {
            let y = degrees.ln() + k as f64 * step;
            ((degrees - 2.0) * (-y).exp(), step * density(y))
        };
        let small = step * (-NEGLIGIBLE).exp();
        let tail = |&(weight, probability): &(f64, f64)| {
            probability * weight.max(1.0 / weight) > small && weight < LARGEST
        };
        let mut atoms: Vec<(f64, f64)> = (0..).map(atom).take_while(tail).collect();
        atoms.reverse();
        atoms.extend((1..).map(|k| atom(-k)).take_while(tail));
        Ok(Self::from_atoms(atoms).of(Law::Student { degrees }))
    }

    /// Weights in rising order, with their probabilities up to a factor.
    fn from_atoms(atoms: Vec<(f64, f64)>) -> Self {
        let (weights, mut probabilities): (Vec<f64>, Vec<f64>) = atoms.into_iter().unzip();
        let total: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|p| *p /= total);
        Self {
            law: Law::Given,
            weights,
            probabilities,
        }
    }

    fn of(self, law: Law) -> Self {
        Self { law, ..self }
    }

    /// The atoms `w_a`, smallest first.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The probabilities `p_a` of [`weights`](Self::weights). They add up to 1.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// `E f(w)`
    pub fn average(&self, f: impl Fn(f64) -> f64) -> f64 {
        let atoms = self.weights.iter().zip(&self.probabilities);
        atoms.map(|(w, p)| p * f(*w)).sum()
    }

    /// `E w`
    pub fn mean(&self) -> f64 {
        match self.law {
            // Exactly 1 where the weights differ from 1 by as much in both directions.
            Law::Given | Law::TwoPoint => 1.0 + self.average(|w| w - 1.0),
            _ => 1.0,
        }
    }

    /// `E w^2`; infinite for Student's law with 4 degrees of freedom or less.
    pub fn mean_square(&self) -> f64 {
        match self.law {
            Law::Given | Law::TwoPoint => self.average(|w| w * w),
            Law::LogNormal { deviation } => (deviation * deviation).exp(),
            Law::Student { degrees } if degrees > 4.0 => (degrees - 2.0) / (degrees - 4.0),
            Law::Student { .. } => f64::INFINITY,
        }
    }

    /// Whether the weights differ between training sets: not if they are [given](Self::from_values).
    pub fn is_drawn(&self) -> bool {
        self.law != Law::Given
    }

    /// Whether every row has the same weight 1: Gaussian rows.
    pub fn is_equal(&self) -> bool {
        self.weights.iter().all(|w| *w == 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn laws() -> Vec<RowWeights> {
        vec![
            RowWeights::equal(),
            RowWeights::from_values(&[3.0, 0.0, 0.5, 0.5]).unwrap(),
            RowWeights::two_point(2.0).unwrap(),
            RowWeights::log_normal(0.05).unwrap(),
            RowWeights::log_normal(0.8).unwrap(),
            RowWeights::log_normal(3.0).unwrap(),
            RowWeights::student(2.5).unwrap(),
            RowWeights::student(5.0).unwrap(),
            RowWeights::student(300.0).unwrap(),
        ]
    }

    #[test]
    fn probabilities_add_up_to_one_and_weights_to_their_mean() {
        for law in laws() {
            assert_relative_eq!(law.average(|_| 1.0), 1.0, max_relative = 1e-14);
            assert_relative_eq!(law.average(|w| w), law.mean(), max_relative = 1e-11);
            assert!(law.weights().is_sorted(), "{law:?}");
        }
        let five = RowWeights::student(5.0).unwrap();
        assert_eq!((five.mean(), five.mean_square()), (1.0, 3.0));
        let square = |law: RowWeights| (law.average(|w| w * w), law.mean_square());
        let (summed, wanted) = square(RowWeights::log_normal(0.8).unwrap());
        assert_relative_eq!(summed, wanted, max_relative = 1e-11);
        let (summed, wanted) = square(RowWeights::two_point(3.0).unwrap());
        assert_relative_eq!(summed, wanted, max_relative = 1e-14);
    }

    /// What the theory averages: `w/(s + w a)`, its square, and `log(1 + w e)`, for every ratio of s and a.
    #[test]
    fn averages_over_atoms_are_those_of_many_more_nodes() {
        let normal = |xi: f64| (-xi * xi / 2.0).exp() / (2.0 * PI).sqrt();
        let log_normal = |deviation: f64| -> Vec<(f64, f64)> {
            let node = |k: i32| f64::from(k) * 2e-3;
            let weight = |xi: f64| (deviation * (xi - deviation / 2.0)).exp();
            let nodes = (-6000..=8000).map(node);
            nodes.map(|xi| (weight(xi), 2e-3 * normal(xi))).collect()
        };
        let student = |degrees: f64| -> Vec<(f64, f64)> {
            let half = degrees / 2.0;
            let constant = half * 2f64.ln() + ln_gamma(half);
            let node = |k: i32| degrees.ln() + f64::from(k) * 2e-3;
            let density = |y: f64| (half * y - y.exp() / 2.0 - constant).exp();
            let nodes = (-60_000..=4000).map(node);
            let atom = |y: f64| ((degrees - 2.0) * (-y).exp(), 2e-3 * density(y));
            nodes.map(atom).collect()
        };
        for (law, fine) in [
            (RowWeights::log_normal(0.05).unwrap(), log_normal(0.05)),
            (RowWeights::log_normal(0.8).unwrap(), log_normal(0.8)),
            (RowWeights::log_normal(3.0).unwrap(), log_normal(3.0)),
            (RowWeights::student(2.5).unwrap(), student(2.5)),
            (RowWeights::student(5.0).unwrap(), student(5.0)),
            (RowWeights::student(300.0).unwrap(), student(300.0)),
        ] {
            for exponent in -12..=12 {
                let ratio = 10f64.powi(exponent);
                let functions: [&dyn Fn(f64) -> f64; 4] = [
                    &|w| w / (1.0 + w * ratio),
                    &|w| w / (1.0 + w * ratio).powi(2),
                    &|w| (w * ratio / (1.0 + w * ratio)).powi(2),
                    &|w| (w * ratio).ln_1p(),
                ];
                for (kind, f) in functions.iter().enumerate() {
                    let wanted: f64 = fine.iter().map(|(w, p)| p * f(*w)).sum();
                    let got = law.average(f);
                    // The square is below w times the ratio.
                    let scale = if kind == 2 { ratio.min(1.0) } else { wanted };
                    assert!(
                        (got - wanted).abs() <= 1e-11 * scale,
                        "{kind} at {ratio:e}: {got} for {wanted} with {} atoms, {:?}",
                        law.weights().len(),
                        law.law
                    );
                }
            }
        }
    }

    #[test]
    fn draws_follow_the_law_and_typical_sets_are_its_quantiles() {
        const MANY: usize = 20_000;
        for law in laws() {
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let bounded = |w: f64| w / (1.0 + w);
            let wanted = law.average(bounded);
            let drawn: f64 = (0..MANY).map(|_| bounded(law.draw(&mut random))).sum();
            // The standard deviation of a number from 0 to 1 is at most 1/2.
            let allowed = 4.0 * 0.5 / (MANY as f64).sqrt();
            assert!((drawn / MANY as f64 - wanted).abs() < allowed, "{law:?}");
            let typical = law.typical(2000);
            assert!(typical.is_sorted());
            let mean: f64 = typical.iter().map(|w| bounded(*w)).sum::<f64>() / 2000.0;
            assert_relative_eq!(mean, wanted, epsilon = 1e-4);
        }
        let values = RowWeights::from_values(&[3.0, 0.0, 0.5, 0.5]).unwrap();
        assert_eq!(values.typical(4), [0.0, 0.5, 0.5, 3.0]);
    }

    #[test]
    fn laws_without_a_mean_and_weights_below_zero_are_refused_by_name() {
        let message = |law: Result<RowWeights, RowWeightsError>| law.unwrap_err().to_string();
        assert_eq!(
            message(RowWeights::from_values(&[1.0, -2.0])),
            "weight 2 is -2: it must be a number from 0 up"
        );
        assert!(message(RowWeights::from_values(&[0.0])).contains("all weights are 0"));
        assert!(RowWeights::from_values(&[]).is_err());
        assert!(RowWeights::two_point(0.5).is_err());
        assert!(RowWeights::log_normal(f64::NAN).is_err());
        assert_eq!(
            message(RowWeights::student(2.0)),
            "the degrees of freedom of Student's law = 2: must be above 2 and at most 1e6"
        );
    }
}
