//! The largest entry of a difference.

use faer::Mat;
use faer::mat::AsMatRef;
use lindiff::text::statistics::worst;

/// The largest absolute value of a matrix, NaN if it has one: `norm_max` drops it.
pub fn worst_entry(matrix: &impl AsMatRef<T = f64, Rows = usize, Cols = usize>) -> f64 {
    let matrix = matrix.as_mat_ref();
    let places = (0..matrix.ncols()).flat_map(|j| (0..matrix.nrows()).map(move |i| (i, j)));
    worst(places.map(|(i, j)| matrix[(i, j)].abs()))
}

#[test]
fn the_worst_entry_of_a_matrix_is_nan_if_any_is() {
    let of = |x: f64| Mat::from_fn(9, 7, |i, j| if (i, j) == (3, 5) { x } else { -1.5 });
    assert_eq!(worst_entry(&of(1.0)), 1.5);
    assert_eq!(worst_entry(&of(-2.0)), 2.0);
    assert!(worst_entry(&of(f64::NAN)).is_nan());
}
