//! Values between those that were asked for, so that the lines of a chart are smooth.

use crate::predict::Grid;

/// About so many values of the input that varies.
const FINE: usize = 60;

/// The grid with values between those of the first input that varies, and without those that were asked for. Kept steps
/// and laws of rows have nothing between them.
pub(super) fn between(grid: &Grid) -> Option<Grid> {
    let mut fine = grid.clone();
    if grid.keep.len() > 1 {
        return None;
    }
    if let Some(values) = whole(&grid.samples) {
        fine.samples = values;
    } else if let Some(values) = evenly(&grid.alpha_bar) {
        fine.alpha_bar = values;
    } else if let Some(values) = logarithmically(&grid.ridge) {
        fine.ridge = values;
    } else if let Some(values) = logarithmically(&grid.covariance_ridge) {
        fine.covariance_ridge = values;
    } else if let Some(values) = logarithmically(&grid.tau) {
        fine.tau = values;
    } else {
        return None;
    }
    Some(fine)
}

/// The ends of several values.
fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low < high).then_some((low, high))
}

fn evenly(values: &[f64]) -> Option<Vec<f64>> {
    let (low, high) = ends(values)?;
    let at = |i: usize| low + (high - low) * i as f64 / FINE as f64;
    Some((1..FINE).map(at).collect())
}

/// Values that a logarithmic axis shows evenly; from the least positive one.
fn logarithmically(values: &[f64]) -> Option<Vec<f64>> {
    let positive: Vec<f64> = values.iter().copied().filter(|v| *v > 0.0).collect();
    let logs: Vec<f64> = positive.iter().map(|v| v.ln()).collect();
    match evenly(&logs) {
        Some(logs) => Some(logs.into_iter().map(f64::exp).collect()),
        // Zero and one positive value, of which an axis shows one.
        None => ends(values).map(|_| positive),
    }
}

fn whole(values: &[usize]) -> Option<Vec<usize>> {
    let values: Vec<f64> = values.iter().map(|n| *n as f64).collect();
    let mut fine: Vec<usize> = logarithmically(&values)?
        .into_iter()
        .map(|n| n.round() as usize)
        .collect();
    fine.dedup();
    Some(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_lie_inside_the_ends_and_ascend() {
        let grid = Grid {
            samples: vec![100, 50, 400],
            ridge: vec![0.1, 0.2],
            ..Grid::default()
        };
        let fine = between(&grid).unwrap();
        assert_eq!(fine.ridge, grid.ridge);
        assert!(fine.samples.len() > 30);
        assert!(fine.samples.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(fine.samples[0] > 50 && *fine.samples.last().unwrap() < 400);
    }

    #[test]
    fn one_value_of_each_input_has_nothing_between() {
        let grid = Grid {
            samples: vec![100],
            ..Grid::default()
        };
        assert!(between(&grid).is_none());
    }
}
