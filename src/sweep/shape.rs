//! The order of a grid's runs: which point, repeat and seed does each have?

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::grid::{Axis, GridPoint, places_at, values_at};
use super::identity::RunName;

/// The axes of a grid, its repeats and their seeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GridShape {
    pub axes: Vec<Axis>,
    /// The runs at each point.
    pub repeats: usize,
    /// The seed of each repeat, or of each value of the axis `seed`.
    seeds: Vec<u64>,
}

/// A sweep, as its record says it: every run with its place in the grid.
#[derive(Debug)]
pub(super) struct Sweep {
    pub shape: GridShape,
    /// The runs in the order of the grid. A run that several points share is there several times.
    pub runs: Vec<RunName>,
    /// Every key that counts and all values that it takes.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code))]
    pub settings: BTreeMap<String, BTreeSet<String>>,
}

impl GridShape {
    /// The shape of a grid with these points, in their order: the last axis varies fastest, and within each point the
    /// repeats.
    pub fn of(axes: &[Axis], points: &[GridPoint]) -> Self {
        let of_axes: usize = axes.iter().map(|axis| axis.values.len()).product();
        let repeats = points.len() / of_axes.max(1);
        let mut shape = Self {
            axes: axes.to_vec(),
            repeats,
            seeds: Vec::new(),
        };
        let seeds = match shape.axis_of_seeds() {
            Some(axis) => axes[axis].values.len(),
            None => repeats,
        };
        shape.seeds = vec![0; seeds];
        for (place, point) in points.iter().enumerate() {
            let at = shape.place_of_seed(place);
            shape.seeds[at] = point.experiment.seed;
        }
        shape
    }

    /// The number of runs.
    pub fn len(&self) -> usize {
        let axes = self.axes.iter().map(|axis| axis.values.len());
        axes.fold(self.repeats, usize::saturating_mul)
    }

    /// The values of the axes at a place in the order of the runs.
    pub fn values_of(&self, place: usize) -> Vec<String> {
        values_at(&self.axes, place / self.repeats)
    }

    /// The place of the value on an axis.
    pub fn place_on(&self, axis: usize, place: usize) -> usize {
        places_at(&self.axes, place / self.repeats)[axis]
    }

    /// The number of the repeat, from 0.
    pub fn repeat_of(&self, place: usize) -> usize {
        place % self.repeats
    }

    pub fn seed_of(&self, place: usize) -> u64 {
        self.seeds[self.place_of_seed(place)]
    }

    fn place_of_seed(&self, place: usize) -> usize {
        match self.axis_of_seeds() {
            Some(axis) => self.place_on(axis, place),
            None => self.repeat_of(place),
        }
    }

    fn axis_of_seeds(&self) -> Option<usize> {
        self.axes.iter().position(|axis| axis.key == "seed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_runs_fastest_and_repeats_faster() {
        let axes = ["a=1,2", "b=x,y,z"]
            .map(|axis| axis.parse().unwrap())
            .into();
        let shape = GridShape {
            axes,
            repeats: 2,
            seeds: vec![5, 6],
        };
        let all: Vec<String> = (0..12).map(|i| shape.values_of(i).concat()).collect();
        let expected = [
            "1x", "1x", "1y", "1y", "1z", "1z", "2x", "2x", "2y", "2y", "2z", "2z",
        ];
        assert_eq!(all, expected);
        assert_eq!(
            (shape.len(), shape.repeat_of(7), shape.seed_of(7)),
            (12, 1, 6)
        );
    }

    #[test]
    fn an_axis_of_seeds_has_its_own() {
        let axes = ["seed=8,9", "b=x,y"]
            .map(|axis| axis.parse().unwrap())
            .into();
        let shape = GridShape {
            axes,
            repeats: 1,
            seeds: vec![8, 9],
        };
        let seeds: Vec<u64> = (0..4).map(|i| shape.seed_of(i)).collect();
        assert_eq!(seeds, [8, 8, 9, 9]);
    }
}
