//! How far are rows from Gaussian?

use faer::{Col, Mat, MatRef};
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::data::{Principal, ReadRows};
use crate::random::{Purpose, stream};
use crate::text::statistics::worst;

/// The number of leading eigenvectors, and of random directions, whose kurtosis is computed.
const LEADING: usize = 20;
const PROJECTIONS: usize = 200;
/// The number of random directions in memory at a time.
const TOGETHER: usize = 20;
/// The nominal probability that Gaussian rows are called not Gaussian. The tails of the normal approximation are too
/// thin: of Gaussian rows 0 to 5 % are (20 to 1000 rows in 3, 60 and 300 dimensions).
const FALSE_ALARM: f64 = 0.005;
/// From this many rows for each dimension on, Mardia's kurtosis of the rows is that of the truth.
const ROWS_A_DIMENSION: usize = 5;

/// The excess kurtosis, which is 0 for Gaussian rows.
#[derive(Debug, Clone, Serialize)]
pub struct Gaussianity {
    /// The excess kurtosis along the leading eigenvectors.
    pub leading: Vec<f64>,
    /// The median of its size over random directions.
    pub projections_median: f64,
    /// The largest size over random directions.
    pub projections_largest: f64,
    /// The coefficient m of `KL = m d/(4N)` for many samples N, from Mardia's kurtosis: `m = (E (x' Sigma^-1 x)^2 - d)/
    /// (d (d + 1))`, which is 1 for Gaussian rows. Absent for fewer than five rows a dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_coefficient: Option<f64>,
    /// What follows for predictions.
    pub sentence: String,
}

impl Gaussianity {
    /// That of rows with their principal directions. `seed` is that of the random directions.
    pub(super) fn of(rows: &ReadRows, principal: &Principal, seed: u64) -> Self {
        let variances = principal.variances();
        let floor = variances[0] * 1e-12;
        let kept = variances.iter().take_while(|v| **v > floor).count();
        let leading = principal.leading(kept.min(LEADING));
        let leading = kurtosis_along(rows, principal.mean(), leading.as_ref());
        let mut random = stream(seed, Purpose::Projections, 0);
        let mut projected = Vec::with_capacity(PROJECTIONS);
        while projected.len() < PROJECTIONS {
            let directions = Mat::from_fn(rows.dim(), TOGETHER, |_, _| {
                StandardNormal.sample(&mut random)
            });
            projected.extend(kurtosis_along(rows, principal.mean(), directions.as_ref()));
        }
        let all: Vec<f64> = leading.iter().chain(&projected).copied().collect();
        let mut sizes: Vec<f64> = projected.iter().map(|kurtosis| kurtosis.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let many = rows.count() >= ROWS_A_DIMENSION * kept;
        let kl_coefficient = many.then(|| kl_coefficient(rows, principal, kept));
        Self {
            sentence: sentence(&all, rows.count(), kl_coefficient),
            leading,
            projections_median: sizes[sizes.len() / 2],
            projections_largest: sizes[sizes.len() - 1],
            kl_coefficient,
        }
    }
}

/// Calls `visit` with the components of blocks of rows, about their mean, along each column of `directions`.
fn along(
    rows: &ReadRows,
    mean: &Col<f64>,
    directions: MatRef<'_, f64>,
    mut visit: impl FnMut(Mat<f64>),
) {
    /// The number of values that are doubles at a time.
    const NUMBERS: usize = 1 << 22;
    let together = (NUMBERS / rows.dim()).clamp(1, 4096);
    let offset = directions.transpose() * mean;
    for start in (0..rows.count()).step_by(together) {
        let part = rows.part(start..(start + together).min(rows.count()));
        let mut components = part.as_matrix() * directions;
        for k in 0..components.ncols() {
            components
                .col_mut(k)
                .iter_mut()
                .for_each(|x| *x -= offset[k]);
        }
        visit(components);
    }
}

/// `m4/m2^2 - 3` of the rows' components along each column of `directions`.
fn kurtosis_along(rows: &ReadRows, mean: &Col<f64>, directions: MatRef<'_, f64>) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); directions.ncols()];
    along(rows, mean, directions, |components| {
        for (column, (second, fourth)) in components.col_iter().zip(&mut sums) {
            for square in column.iter().map(|x| x * x) {
                *second += square;
                *fourth += square * square;
            }
        }
    });
    let count = rows.count() as f64;
    let kurtosis = |(second, fourth): (f64, f64)| fourth * count / (second * second) - 3.0;
    sums.into_iter().map(kurtosis).collect()
}

/// `(E (x' Sigma^-1 x)^2 - d)/(d (d + 1))` from the rows' own covariance. For Gaussian rows the mean of
/// `(x' C^-1 x)^2` is `d (d + 2) (N - 1)/(N + 1)`, so it is multiplied by `(N + 1)/(N - 1)`.
fn kl_coefficient(rows: &ReadRows, principal: &Principal, kept: usize) -> f64 {
    let variances = &principal.variances()[..kept];
    let mut total = 0.0;
    let directions = principal.leading(kept);
    along(rows, principal.mean(), directions.as_ref(), |components| {
        for row in components.row_iter() {
            let pairs = row.iter().zip(variances);
            total += pairs.map(|(x, v)| x * x / v).sum::<f64>().powi(2);
        }
    });
    let (count, dim) = (rows.count() as f64, kept as f64);
    let kurtosis = total / count * (count + 1.0) / (count - 1.0);
    (kurtosis - dim) / (dim * (dim + 1.0))
}

/// A normal score of an excess kurtosis of `count` Gaussian numbers (F. J. Anscombe and W. J. Glynn, Biometrika 70,
/// 1983).
fn score(excess: f64, count: usize) -> f64 {
    let n = count as f64;
    let expected = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0).powi(2) * (n + 3.0) * (n + 5.0));
    let x = (excess + 3.0 - expected) / variance.sqrt();
    let skewness = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / skewness * (2.0 / skewness + (1.0 + 4.0 / (skewness * skewness)).sqrt());
    let base = 1.0 + x * (2.0 / (a - 4.0)).sqrt();
    let root = ((1.0 - 2.0 / a) / base.abs()).cbrt().copysign(base);
    (1.0 - 2.0 / (9.0 * a) - root) / (2.0 / (9.0 * a)).sqrt()
}

/// Whether Gaussian rows would hardly have such excess kurtosis along these directions (Bonferroni's rule). Along each
/// sample eigenvector and each random direction the components of Gaussian rows have the law of Gaussian numbers.
fn is_beyond_chance(kurtosis: &[f64], count: usize) -> bool {
    let share = FALSE_ALARM / kurtosis.len() as f64;
    let limit = Normal::standard().inverse_cdf(1.0 - share / 2.0);
    kurtosis
        .iter()
        .any(|&excess| score(excess, count).abs() > limit)
}

/// What the kurtosis means for predictions, which are for Gaussian rows ([`equations`](crate::equations) section 9).
fn sentence(kurtosis: &[f64], count: usize, kl_coefficient: Option<f64>) -> String {
    /// With fewer rows no kurtosis says anything.
    const FEW: usize = 20;
    let largest = worst(kurtosis.iter().map(|excess| excess.abs()));
    let size = format!("excess kurtosis up to {largest:.2}");
    if count < FEW {
        return format!("{count} rows are too few to tell whether they are Gaussian ({size}).");
    }
    if !is_beyond_chance(kurtosis, count) {
        return format!(
            "Nothing speaks against Gaussian rows ({size}, as by chance): predictions are averages over such."
        );
    }
    let cost = match kl_coefficient {
        Some(m) => format!(
            "by Mardia's kurtosis the divergence of many samples is {m:.2} d/(4N) instead of d/(4N), so it takes {m:.2} \
             times as many samples"
        ),
        None => "`lindiff forecast` measures what that costs".to_owned(),
    };
    format!(
        "Not Gaussian ({size}, more than by chance): predictions are for Gaussian rows; {cost}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Rows, Values};
    use approx::assert_relative_eq;

    /// Rows with variances `1/(j + 1)`; every third row is `scale` times as large.
    fn rows(count: usize, dim: usize, scale: f64, seed: u64) -> ReadRows {
        let mut random = stream(seed, Purpose::Data, 0);
        let values = (0..count * dim).map(|k| {
            let normal: f64 = StandardNormal.sample(&mut random);
            let size = if (k / dim).is_multiple_of(3) {
                scale
            } else {
                1.0
            };
            normal * size / ((k % dim + 1) as f64).sqrt()
        });
        Rows::new(values.collect(), dim).into()
    }

    fn gaussianity(rows: &ReadRows) -> Gaussianity {
        Gaussianity::of(rows, &Principal::of(rows).unwrap(), 1)
    }

    #[test]
    fn the_score_is_that_of_scipy() {
        // scipy.stats.kurtosistest of 20 and 100 numbers with this kurtosis
        for (excess, count, expected) in [
            (-1.2060150375939848, 20, -1.7058104152122062),
            (9.368132547545017, 100, 5.3733111427346225),
        ] {
            assert_relative_eq!(score(excess, count), expected, max_relative = 1e-6);
        }
    }

    #[test]
    fn gaussian_rows_are_seldom_called_anything_else_and_mixtures_always() {
        let alarms = |scale: f64| {
            let sets = 0..40;
            let of_set = |seed| {
                gaussianity(&rows(70, 30, scale, seed))
                    .sentence
                    .starts_with("Not Gaussian")
            };
            sets.filter(|&seed| of_set(seed)).count()
        };
        assert!(alarms(1.0) <= 5);
        assert_eq!(alarms(5.0), 40);
    }

    #[test]
    fn mardias_kurtosis_gives_the_coefficient_of_the_divergence() {
        let coefficient = |scale| {
            gaussianity(&rows(6000, 8, scale, 3))
                .kl_coefficient
                .unwrap()
        };
        assert_relative_eq!(coefficient(1.0), 1.0, max_relative = 0.02);
        // E w^2 of weights 1, 1, 4 with mean 2
        let dim = 8.0;
        let expected = (1.5 * dim * (dim + 2.0) - dim) / (dim * (dim + 1.0));
        assert_relative_eq!(coefficient(2.0), expected, max_relative = 0.04);
        assert!(gaussianity(&rows(39, 8, 1.0, 3)).kl_coefficient.is_none());
    }

    #[test]
    fn bytes_have_the_kurtosis_of_their_doubles() {
        let bytes: Vec<u8> = (0..300u32).map(|k| (k * k * 7 % 251) as u8).collect();
        let doubles = bytes.iter().map(|&b| f64::from(b)).collect();
        let of_bytes = gaussianity(&ReadRows::new(Values::Bytes(bytes), 3));
        let of_doubles = gaussianity(&Rows::new(doubles, 3).into());
        assert_relative_eq!(
            of_bytes.leading[0],
            of_doubles.leading[0],
            max_relative = 1e-9
        );
    }
}
