//! The squared lengths of rows in the metric of the others, with rows of nearly the same length taken together.

/// The value x of some rows, with its derivative to z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Energy {
    pub x: f64,
    /// `dx/dz`
    pub slope: f64,
    /// The rows that have it, as a share of all.
    pub share: f64,
}

/// With more rows than this, those with nearly the same x are taken together.
const MANY: usize = 4096;
/// The number of intervals of `log x` then. A mean over rows changes by less than 1e-6 of itself.
const INTERVALS: usize = 4096;

/// The mean over rows of `f(x, dx/dz)`.
pub(super) fn mean_of<const K: usize>(
    energies: &[Energy],
    f: impl Fn(f64, f64) -> [f64; K],
) -> [f64; K] {
    let mut means = [0.0; K];
    for energy in energies {
        for (mean, term) in means.iter_mut().zip(f(energy.x, energy.slope)) {
            *mean += energy.share * term;
        }
    }
    means
}

/// The energies of rows from x and its slope. Of very many rows, those in the same small interval of `log x` become
/// one, with the mean of x and of its slope.
pub(super) fn energies(x: &[f64], slope: &[f64]) -> Vec<Energy> {
    let share = 1.0 / x.len() as f64;
    let low = x.iter().fold(f64::INFINITY, |a, &b| a.min(b)).ln();
    let high = x.iter().fold(0.0, |a: f64, &b| a.max(b)).ln();
    let rows = x.iter().zip(slope);
    if x.len() <= MANY || !(high - low).is_finite() || high == low {
        return rows
            .map(|(&x, &slope)| Energy { x, slope, share })
            .collect();
    }
    let none = Energy {
        x: 0.0,
        slope: 0.0,
        share: 0.0,
    };
    let mut sums = vec![none; INTERVALS];
    let scale = INTERVALS as f64 / (high - low);
    for (&x, &slope) in rows {
        let interval = ((x.ln() - low) * scale) as usize;
        let sum = &mut sums[interval.min(INTERVALS - 1)];
        sum.x += share * x;
        sum.slope += share * slope;
        sum.share += share;
    }
    sums.retain(|sum| sum.share > 0.0);
    for sum in &mut sums {
        sum.x /= sum.share;
        sum.slope /= sum.share;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn means_over_rows_that_are_taken_together_are_those_over_all() {
        let x: Vec<f64> = (0..20_000)
            .map(|i| (f64::from(i) * 0.7).sin().exp() * 3.0)
            .collect();
        let slope: Vec<f64> = x.iter().map(|x| -x * x).collect();
        let together = energies(&x, &slope);
        assert!(together.len() <= INTERVALS);
        let f = |x: f64, slope: f64| {
            [
                1.0,
                x,
                slope,
                x / (0.1 + x / 3.0),
                slope / (0.1 + x / 3.0).powi(2),
            ]
        };
        let means = mean_of(&together, f);
        let rows = x.iter().zip(&slope).map(|(&x, &slope)| f(x, slope));
        let all = rows.fold([0.0; 5], |mut sums, terms| {
            sums.iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term / x.len() as f64);
            sums
        });
        for (mean, all) in means.into_iter().zip(all) {
            assert_relative_eq!(mean, all, max_relative = 1e-6);
        }
    }
}
