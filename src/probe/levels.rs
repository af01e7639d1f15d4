//! Which draws have the same noise level?

use super::Arrays;
use crate::diffusion::NoiseLevel;

/// How far two neighbouring values of one `alpha_bar` may be from each other, relative to the larger: four roundings of
/// f32, in which arrays are often saved.
const SAME: f64 = 4.0 * f32::EPSILON as f64 / 2.0;

/// The draws of one noise level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LevelDraws {
    pub level: NoiseLevel,
    /// The draws, in order.
    pub draws: Vec<usize>,
}

/// The noise levels of the arrays, the least noise first. Sorted values that differ from their neighbour by less than
/// the rounding of f32 are one level, whose `alpha_bar` is their mean.
pub(super) fn levels(arrays: &Arrays) -> Vec<LevelDraws> {
    let value = |draw: &usize| arrays.alpha_bar[*draw];
    let mut order: Vec<usize> = (0..arrays.count()).collect();
    order.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let same = |a: &usize, b: &usize| value(a) - value(b) <= SAME * value(a);
    let of_level = |draws: &[usize]| {
        let first = value(&draws[0]);
        let apart = draws.iter().map(|draw| value(draw) - first);
        // Equal values stay what they are, to the last digit.
        let mean = first + apart.sum::<f64>() / draws.len() as f64;
        let mut draws = draws.to_vec();
        draws.sort_unstable();
        let level = NoiseLevel::from_alpha_bar(mean).expect("a mean of numbers between 0 and 1");
        LevelDraws { level, draws }
    };
    order.chunk_by(same).map(of_level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;

    fn of(alpha_bar: &[f64]) -> Vec<(f64, Vec<usize>)> {
        let rows = Rows::new(vec![0.0; alpha_bar.len()], 1);
        let arrays = Arrays::new(rows.clone(), rows, alpha_bar.to_vec()).unwrap();
        let levels = levels(&arrays).into_iter();
        levels.map(|l| (l.level.alpha_bar(), l.draws)).collect()
    }

    #[test]
    fn values_that_differ_by_a_rounding_of_f32_are_one_level_and_others_are_not() {
        let close = 0.3 * (1.0 + 1.0e-7);
        let found = of(&[0.3, 0.9, close, 0.3, 0.9]);
        assert_eq!(found[0], (0.9, vec![1, 4]));
        assert_eq!(found[1].1, [0, 2, 3]);
        assert!((found[1].0 - 0.3).abs() < 1e-7);
        assert_eq!(found.len(), 2);
        assert_eq!(of(&[0.3, 0.3 * (1.0 + 3.0e-7)]).len(), 2);
        // The first steps of a usual schedule differ by 1e-4, its last ones by a percent of a small number.
        assert_eq!(of(&[0.9999, 0.9998, 4.0e-5, 4.1e-5]).len(), 4);
    }

    #[test]
    fn the_same_numbers_in_f32_and_f64_are_one_level() {
        let numbers: Vec<f64> = (1..1000).map(|i| f64::from(i) / 1000.0).collect();
        let both: Vec<f64> = numbers
            .iter()
            .flat_map(|&x| [x, f64::from(x as f32)])
            .collect();
        assert_eq!(of(&both).len(), 999);
    }
}
