//! How far are two denoisers from each other?

use faer::MatRef;

/// `E|D - D'|^2/Var D`: how far two denoisers are from each other on the same draws `[n, d]`, as a share of the variance
/// of the first. It is 0 where both predict the same. Past the paper ([`equations`](crate::equations) section 10).
///
/// # Panics
/// If the shapes differ.
pub fn relative_distance(denoised: MatRef<'_, f64>, other: MatRef<'_, f64>) -> f64 {
    let count = denoised.nrows() as f64;
    let varying = denoised.col_iter().map(|column| {
        let mean = column.sum() / count;
        column.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    });
    (denoised - other).squared_norm_l2() / varying.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::mat;

    #[test]
    fn the_distance_is_a_share_of_the_variance_of_the_first() {
        // The variance is 4 + 1 = 5 a draw, whatever the mean; the others are off by 1 in one number a draw.
        let one = mat![[12.0, 3.0], [8.0, 1.0]];
        let other = mat![[13.0, 3.0], [8.0, 2.0]];
        let distance = relative_distance(one.as_ref(), other.as_ref());
        assert!((distance - 0.2).abs() < 1e-15, "{distance}");
        assert_eq!(relative_distance(one.as_ref(), one.as_ref()), 0.0);
    }
}
