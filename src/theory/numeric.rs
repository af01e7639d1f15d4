//! Sums over a spectrum, and a logarithm without cancellation.

use crate::gaussian::Spectrum;

/// `sum f(x)` in four running sums, smallest eigenvalues (the last) first: vectorised, and with a fourth of
/// the rounding of one running sum.
pub(super) fn sum(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let [total] = sums(values, |x| [f(x)]);
    total
}

/// Several sums in one pass.
pub(super) fn sums<const M: usize>(values: &[f64], f: impl Fn(f64) -> [f64; M]) -> [f64; M] {
    const LANES: usize = 4;
    let mut lanes = [[0.0; LANES]; M];
    let chunks = values.rchunks_exact(LANES);
    let remainder = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let terms = f(chunk[lane]);
            for (sums, term) in lanes.iter_mut().zip(terms) {
                sums[lane] += term;
            }
        }
    }
    for &value in remainder {
        for (sums, term) in lanes.iter_mut().zip(f(value)) {
            sums[0] += term;
        }
    }
    lanes.map(|sums| sums.iter().sum())
}

/// Several sums over pairs of values in one pass, in four running sums each.
pub(super) fn paired_sums<const M: usize>(
    first: &[f64],
    second: &[f64],
    f: impl Fn(f64, f64) -> [f64; M],
) -> [f64; M] {
    const LANES: usize = 4;
    let mut lanes = [[0.0; LANES]; M];
    let (chunks, rest) = first.as_chunks::<LANES>();
    let (others, other_rest) = second.as_chunks::<LANES>();
    for (chunk, other) in chunks.iter().zip(others) {
        for lane in 0..LANES {
            let terms = f(chunk[lane], other[lane]);
            for (sums, term) in lanes.iter_mut().zip(terms) {
                sums[lane] += term;
            }
        }
    }
    for (a, b) in rest.iter().zip(other_rest) {
        for (sums, term) in lanes.iter_mut().zip(f(*a, *b)) {
            sums[0] += term;
        }
    }
    lanes.map(|sums| sums.iter().sum())
}

/// Several sums over the eigenvalues above 0 in one pass; each that occurs often is met once.
pub(super) fn spectral_sums<const M: usize>(
    spectrum: &Spectrum,
    f: impl Fn(f64) -> [f64; M],
) -> [f64; M] {
    let Some(runs) = spectrum.runs() else {
        return sums(spectrum.positive(), f);
    };
    let mut totals = [0.0; M];
    for &(value, count) in runs.iter().rev() {
        for (total, term) in totals.iter_mut().zip(f(value)) {
            *total += count * term;
        }
    }
    totals
}

impl Spectrum {
    /// Means of neighbouring eigenvalues with their numbers: groups of 1, 2, 4, 8 ... eigenvalues, or groups of equal
    /// ones.
    pub(super) fn groups(&self) -> Vec<(f64, f64)> {
        let mut groups: Vec<(f64, f64)> = Vec::with_capacity(32);
        if let Some(mut rest) = self.runs() {
            while !rest.is_empty() {
                let (group, after) = rest.split_at(rest.len().min(1 << groups.len()));
                let count: f64 = group.iter().map(|run| run.1).sum();
                let total: f64 = group.iter().map(|run| run.0 * run.1).sum();
                groups.push((total / count, count));
                rest = after;
            }
            return groups;
        }
        let mut rest = self.positive();
        while !rest.is_empty() {
            let (group, after) = rest.split_at(rest.len().min(1 << groups.len()));
            let count = group.len() as f64;
            groups.push((sums(group, |lambda| [lambda])[0] / count, count));
            rest = after;
        }
        groups
    }
}

/// `u - log(1 + u) >= 0` for `u > -1`, given both `u` and `1 + u` to all their digits.
pub(super) fn excess_over_log(u: f64, one_plus_u: f64) -> f64 {
    if u.abs() > 1e-2 {
        return u - one_plus_u.ln();
    }
    // u^2/2 - u^3/3 + ..., to u^12: the first term left out is below 1e-22 of the sum
    let tail = (2..=12).rev().fold(0.0, |sum, n| 1.0 / n as f64 - u * sum);
    u * u * tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn sums_take_every_value_once_whatever_their_number() {
        for count in 0..40 {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let [ones, total] = sums(&values, |x| [1.0, x]);
            assert_eq!(ones, f64::from(count));
            assert_eq!(total, f64::from(count * (count + 1) / 2));
        }
    }

    #[test]
    fn eigenvalues_that_occur_often_are_summed_as_if_each_were_met() {
        let mut eigenvalues = vec![3.0; 40];
        eigenvalues.extend([0.5; 60]);
        eigenvalues.extend([0.0; 7]);
        let often = Spectrum::from_eigenvalues(eigenvalues).unwrap();
        assert_eq!(often.runs().unwrap(), [(3.0, 40.0), (0.5, 60.0)]);
        let [ones, total] = spectral_sums(&often, |x| [1.0, x]);
        assert_eq!((ones, total), (100.0, 150.0));
        let different = Spectrum::power_law(100, 1.0).unwrap();
        assert_eq!(different.runs(), None);
        let [total] = spectral_sums(&different, |x| [x]);
        assert_relative_eq!(total, 100.0, max_relative = 1e-14);
    }

    #[test]
    fn the_series_meets_the_logarithm_where_it_takes_over() {
        for u in [0.0099999, -0.0099999] {
            let direct: f64 = u - f64::ln_1p(u);
            assert_relative_eq!(excess_over_log(u, 1.0 + u), direct, max_relative = 1e-11);
        }
        assert_relative_eq!(excess_over_log(1e-12, 1.0), 5e-25, max_relative = 1e-11);
        assert_relative_eq!(excess_over_log(1.0, 2.0), 1.0 - 2f64.ln());
    }
}
