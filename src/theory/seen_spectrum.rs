//! Sums over the eigenvalues of the truth, from the eigenvalues of rows.

use super::numeric::sums;

/// The most Newton steps.
const MAX_STEPS: usize = 100;

/// The eigenvalues s of the covariance (1/M) of M rows about their own mean. They are more spread than those of the
/// truth, lambda. Read backwards, the equation of the effective ridge says what the truth's sums are:
///
/// ```text
/// df1(kappa) = sum lambda/(lambda + kappa)   = sum s/(s + zeta),   zeta = kappa (1 - (df1(kappa) + 1)/M)
/// s1(kappa)  = sum lambda/(lambda + kappa)^2 = -d df1/d kappa      = sum s/(s + zeta)^2  dzeta/dkappa
/// ```
///
/// Errors are of order 1/M^2, or 1/(M d). Past the paper ([`equations`](crate::equations) section 10).
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenSpectrum<'a> {
    /// s
    pub eigenvalues: &'a [f64],
    /// M
    pub rows: f64,
}

/// Sums over the truth's eigenvalues at one kappa.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TruthAt {
    /// kappa
    pub kappa: f64,
    /// zeta: the covariance of the rows with this ridge acts as the truth with the ridge kappa.
    pub ridge: f64,
    /// `sum lambda/(lambda + kappa)`
    pub df1: f64,
    /// `sum lambda/(lambda + kappa)^2`
    pub weighted: f64,
    /// `sum 1/(lambda + kappa)`
    pub inverse: f64,
}

impl TruthAt {
    /// `sum (lambda/(lambda + kappa))^2`
    pub fn df2(&self) -> f64 {
        self.df1 - self.kappa * self.weighted
    }

    /// `sum 1/(lambda + kappa)^2`
    pub fn inverse_square(&self) -> f64 {
        (self.inverse - self.weighted) / self.kappa
    }
}

impl SeenSpectrum<'_> {
    /// The sums at `kappa > 0`. `None` if the rows are too few to show them, which is so for small kappa and fewer rows
    /// than directions.
    pub fn at(&self, kappa: f64) -> Option<TruthAt> {
        // f(zeta) = zeta - kappa + kappa (sum s/(s + zeta) + 1)/M is convex, and above 0 at kappa: Newton's steps from
        // there fall to the largest root.
        let share = kappa / self.rows;
        let mut ridge = kappa;
        for _ in 0..MAX_STEPS {
            let [df1, seen] = sums(self.eigenvalues, |s| {
                let inverse = 1.0 / (s + ridge);
                [s * inverse, s * inverse * inverse]
            });
            let slope = 1.0 - share * seen;
            let step = (ridge - kappa + share * (df1 + 1.0)) / slope;
            if !(slope > 0.0 && step < ridge) {
                return None;
            }
            ridge -= step;
            if step.abs() <= 1e-9 * ridge {
                let derivative = (1.0 - (df1 + 1.0) / self.rows) / slope;
                return Some(TruthAt {
                    kappa,
                    ridge,
                    df1,
                    weighted: seen * derivative,
                    inverse: (self.eigenvalues.len() as f64 - df1) / kappa,
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use approx::assert_relative_eq;

    #[test]
    fn infinitely_many_rows_show_the_truth() {
        let spectrum = Spectrum::power_law(40, 1.0).unwrap();
        let lambda = spectrum.eigenvalues();
        let seen = SeenSpectrum {
            eigenvalues: lambda,
            rows: 1e12,
        };
        let at = seen.at(0.3).unwrap();
        let sum = |f: &dyn Fn(f64) -> f64| lambda.iter().map(|&l| f(l)).sum::<f64>();
        assert_relative_eq!(at.df1, sum(&|l| l / (l + 0.3)), max_relative = 1e-9);
        assert_relative_eq!(
            at.weighted,
            sum(&|l| l / (l + 0.3).powi(2)),
            max_relative = 1e-9
        );
        assert_relative_eq!(
            at.df2(),
            sum(&|l| (l / (l + 0.3)).powi(2)),
            max_relative = 1e-9
        );
        assert_relative_eq!(at.inverse, sum(&|l| 1.0 / (l + 0.3)), max_relative = 1e-9);
        assert_relative_eq!(
            at.inverse_square(),
            sum(&|l| (l + 0.3).powi(-2)),
            max_relative = 1e-9
        );
    }

    #[test]
    fn the_derivative_of_df1_is_that_of_the_sums() {
        let spectrum = Spectrum::power_law(40, 1.0).unwrap();
        let seen = SeenSpectrum {
            eigenvalues: spectrum.eigenvalues(),
            rows: 100.0,
        };
        let [low, mid, high] = [0.3 - 1e-5, 0.3, 0.3 + 1e-5].map(|kappa| seen.at(kappa).unwrap());
        let slope = (low.df1 - high.df1) / 2e-5;
        assert_relative_eq!(mid.weighted, slope, max_relative = 1e-7);
        assert_relative_eq!(
            mid.ridge,
            0.3 * (1.0 - (mid.df1 + 1.0) / 100.0),
            max_relative = 1e-9
        );
    }

    #[test]
    fn fewer_rows_than_the_sum_counts_show_nothing() {
        let seen = |rows| SeenSpectrum {
            eigenvalues: &[1.0; 40],
            rows,
        };
        assert_eq!(seen(20.0).at(0.01), None);
        assert!(seen(20.0).at(10.0).is_some());
    }
}
