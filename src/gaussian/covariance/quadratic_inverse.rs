//! Quadratic-inverse shrinkage: O. Ledoit and M. Wolf, *Quadratic shrinkage for large covariance matrices* (2022),
//! Bernoulli 28, 1519-1547.

use super::sample::SampleCovariance;

/// The shrunk variances along the eigenvectors, and in all other directions. With n degrees of freedom (N - 1 with a
/// fitted mean), `c = d/n`, the eigenvalues `lambda_i` of the covariance with 1/n, `x_i = 1/lambda_i`, and means over
/// the `min(d, n)` eigenvalues above 0,
///
/// ```text
/// h = (min(c^2, 1/c^2)/d)^0.35,   D_ij = (x_j - x_i)^2 + h^2 x_j^2
/// theta_i = mean_j x_j (x_j - x_i)/D_ij,   eta_i = mean_j h x_j^2/D_ij,   A_i = theta_i^2 + eta_i^2
/// 1/delta_i = x_i [ (1 - c)^2 + 2 c (1 - c) theta_i + c^2 A_i ]                         (d <= n)
/// 1/delta_i = x_i A_i,   1/delta_0 = (c - 1) mean_j x_j in the other d - n directions   (d > n)
/// ```
///
/// All are multiplied by one number, so that the trace is that of the covariance with 1/n. Rows that vary in only
/// `r < min(d, n)` directions are taken as n rows in r dimensions, and have no variance in the others (our rule: the
/// paper has none).
pub(super) fn shrunk(sample: &SampleCovariance) -> (Vec<f64>, f64) {
    let rank = sample.eigenvalues.len();
    if rank == 0 {
        return (Vec::new(), 0.0);
    }
    let n = sample.degrees;
    let dim = if rank < sample.dim().min(n) {
        rank
    } else {
        sample.dim()
    };
    let growth = sample.count as f64 / n as f64;
    let lambda: Vec<f64> = sample.eigenvalues.iter().map(|s| growth * s).collect();
    let inverse: Vec<f64> = lambda.iter().map(|l| 1.0 / l).collect();
    let c = dim as f64 / n as f64;
    let smoothing = c.min(1.0 / c).powf(0.7) / (dim as f64).powf(0.35);
    let mut shrunk: Vec<f64> = inverse
        .iter()
        .map(|&x| {
            let (theta, eta) = stein(x, &inverse, smoothing);
            let amplitude = theta * theta + eta * eta;
            let weight = if dim <= n {
                (1.0 - c).powi(2) + 2.0 * c * (1.0 - c) * theta + c * c * amplitude
            } else {
                amplitude
            };
            1.0 / (x * weight)
        })
        .collect();
    let mut rest = if dim > n {
        1.0 / ((c - 1.0) * inverse.iter().sum::<f64>() / rank as f64)
    } else {
        0.0
    };
    let total = shrunk.iter().sum::<f64>() + (dim - rank) as f64 * rest;
    let factor = lambda.iter().sum::<f64>() / total;
    shrunk.iter_mut().for_each(|v| *v *= factor);
    rest *= factor;
    (shrunk, rest)
}

/// `theta` and `eta` at x. Both depend on the ratios `x/x_j` alone.
fn stein(x: f64, inverse: &[f64], smoothing: f64) -> (f64, f64) {
    let (mut theta, mut eta) = (0.0, 0.0);
    for other in inverse {
        let away = 1.0 - x / other;
        let square = away * away + smoothing * smoothing;
        theta += away / square;
        eta += smoothing / square;
    }
    let share = 1.0 / inverse.len() as f64;
    (share * theta, share * eta)
}
