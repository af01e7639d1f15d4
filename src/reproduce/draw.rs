//! Charts of figures: what lines and points are, places between points, and the lowest point of a curve.

use super::lab::samples;
use crate::report::{Axis, Chart, Dash, KeyOf};

/// A chart of theory and of means over training sets.
pub(super) fn theory_and_means(title: impl Into<String>, x: Axis, y: Axis) -> Chart {
    Chart::new(title, x, y)
        .key(KeyOf::Line(Dash::Solid), "theory")
        .key(KeyOf::Bars, "mean over training sets, ± 1 standard error")
}

/// Values between two, evenly in their logarithms, for smooth lines.
pub(super) fn between(low: f64, high: f64, count: usize) -> impl Iterator<Item = f64> {
    let step = (high / low).ln() / (count + 1) as f64;
    (1..=count).map(move |i| low * (step * i as f64).exp())
}

/// Whole numbers of samples between those of neighbouring ratios N/d, each once.
pub(super) fn samples_between(dim: usize, ratios: &[f64], count: usize) -> Vec<usize> {
    let pairs = ratios.windows(2);
    let fine = pairs.flat_map(|pair| between(pair[0], pair[1], count));
    let mut found: Vec<usize> = fine.map(|ratio| samples(dim, ratio)).collect();
    let measured: Vec<usize> = ratios.iter().map(|ratio| samples(dim, *ratio)).collect();
    found.retain(|samples| !measured.contains(samples));
    found.dedup();
    found
}

/// The minimum of the parabola in log x through the lowest point and its neighbours; the lowest point itself where it
/// is the first or the last.
pub(super) fn lowest(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let best = (0..points.len()).min_by(|&a, &b| points[a].1.total_cmp(&points[b].1))?;
    let (Some(left), Some(right)) = (best.checked_sub(1).map(|i| points[i]), points.get(best + 1))
    else {
        return Some(points[best]);
    };
    let (x, y) = points[best];
    let (a, b) = ((left.0 / x).ln(), (right.0 / x).ln());
    let (p, q) = ((left.1 - y) / a, (right.1 - y) / b);
    // y + slope u + bend u^2 goes through all three points; u is the log of x over the lowest point's.
    let bend = (q - p) / (b - a);
    let slope = p - bend * a;
    Some(if bend > 0.0 {
        let at = x * (-slope / (2.0 * bend)).exp();
        (at, y - slope * slope / (4.0 * bend))
    } else {
        (x, y)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_point_of_a_parabola_in_the_logarithm_is_found() {
        let parabola = |x: f64| 2.0 + (x.ln() - 0.3).powi(2);
        let points = [0.5, 1.0, 2.0, 4.0].map(|x| (x, parabola(x)));
        let (x, y) = lowest(&points).unwrap();
        assert!((x.ln() - 0.3).abs() < 1e-12 && (y - 2.0).abs() < 1e-12);
        assert_eq!(lowest(&[(1.0, 1.0), (2.0, 2.0)]), Some((1.0, 1.0)));
    }
}
