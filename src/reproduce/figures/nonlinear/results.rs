//! The measured numbers of the figure, without their origin.

use serde::{Deserialize, Serialize};

use crate::text::statistics::mean_and_error;

/// The rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Data {
    /// Images of digits.
    Digits,
    /// The control: Gaussian rows with the variances `1/k`.
    Gaussian,
}

impl Data {
    /// The name in series.
    pub fn name(self) -> &'static str {
        match self {
            Data::Digits => "digits",
            Data::Gaussian => "Gaussian rows",
        }
    }
}

/// A model of a training set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Model {
    /// The linear optimum.
    Linear,
    /// A trained multilayer perceptron.
    Mlp,
    /// A trained U-Net.
    UNet,
    /// The copying denoiser.
    Copying,
}

impl Model {
    /// Every model, in the order of the charts' legends.
    pub const ALL: [Self; 4] = [Self::Linear, Self::Mlp, Self::UNet, Self::Copying];

    /// The name in series.
    pub fn name(self) -> &'static str {
        match self {
            Model::Linear => "linear",
            Model::Mlp => "MLP",
            Model::UNet => "U-Net",
            Model::Copying => "copying",
        }
    }
}

/// The directions of a group, from the largest variance: their ranks from 0, and the name.
pub(super) const GROUPS: [(std::ops::Range<usize>, &str); 4] = [
    (0..4, "1-4"),
    (4..16, "5-16"),
    (16..40, "17-40"),
    (40..64, "41-64"),
];
/// The number of leading directions whose gains are measured.
pub(super) const LEADING: usize = 4;

/// Where a number was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub data: Data,
    pub model: Model,
    /// N
    pub samples: usize,
    /// The split, from 0. Numbers of one split are not independent.
    pub split: usize,
}

/// What a model does on its test rows at one noise level. Losses are per component of the clean rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cell {
    pub place: Place,
    pub sigma: f64,
    pub test_loss: f64,
    pub nonlinear: f64,
    /// The standard error of the non-linear term over the test rows of this model.
    pub nonlinear_error: f64,
    /// The mean of `|r|^2`, of what is not affine.
    pub residual: f64,
    /// For each group of directions the excess of the affine part and the non-linear term, over Wiener's loss.
    pub groups: [(f64, f64); GROUPS.len()],
    /// The mean of `1 - gain/(Wiener's gain)` over the leading directions.
    pub shrinkage: f64,
}

/// The gains of a model along the leading directions of all rows, on its own training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ended {
    pub place: Place,
    pub sigma: f64,
    pub gains: [f64; LEADING],
    /// Those of the linear optimum on these rows.
    pub optimum: [f64; LEADING],
    /// Those of Wiener's filter of all rows.
    pub wiener: [f64; LEADING],
}

/// The overlap of the samples of two models of disjoint training sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Agreeing {
    pub place: Place,
    pub overlap: f64,
}

/// A network in training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Moment {
    pub place: Place,
    pub sigma: f64,
    pub step: u64,
    /// `E|D - D_linear|^2 / Var D` on test rows.
    pub distance: f64,
    pub test_loss: f64,
}

/// The rows that linear networks are worth by their affine parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Worth {
    /// N
    pub samples: usize,
    pub ridge: f64,
    /// The estimate of N for each training set.
    pub estimates: Vec<f64>,
}

/// Everything that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Results {
    pub cells: Vec<Cell>,
    pub ended: Vec<Ended>,
    pub overlaps: Vec<Agreeing>,
    pub moments: Vec<Moment>,
    pub worth: Vec<Worth>,
}

impl Results {
    pub fn append(&mut self, mut other: Self) {
        self.cells.append(&mut other.cells);
        self.ended.append(&mut other.ended);
        self.overlaps.append(&mut other.overlaps);
        self.moments.append(&mut other.moments);
        self.worth.append(&mut other.worth);
    }

    /// The means over each split of a number of the cells of a model.
    pub fn by_split(
        &self,
        (data, model): (Data, Model),
        samples: usize,
        sigma: f64,
        value: impl Fn(&Cell) -> f64,
    ) -> Vec<f64> {
        let cells = self.cells.iter().filter(|cell| {
            let Place {
                data: d,
                model: m,
                samples: n,
                ..
            } = cell.place;
            (d, m, n, cell.sigma) == (data, model, samples, sigma)
        });
        split_means(cells.map(|cell| (cell.place.split, value(cell))))
    }

    /// The numbers N of rows that a model was measured with, without repeats.
    pub fn samples(&self, data: Data, model: Model) -> Vec<usize> {
        let cells = self.cells.iter().map(|cell| cell.place);
        let cells = cells.filter(|place| (place.data, place.model) == (data, model));
        distinct(cells.map(|place| place.samples))
    }

    /// The noise levels of the cells.
    pub fn sigmas(&self) -> Vec<f64> {
        distinct(self.cells.iter().map(|cell| cell.sigma))
    }
}

/// The values without repeats, in the order of their first places.
pub(super) fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// The mean of the values of each split.
pub(super) fn split_means(values: impl IntoIterator<Item = (usize, f64)>) -> Vec<f64> {
    let values: Vec<(usize, f64)> = values.into_iter().collect();
    let splits = distinct(values.iter().map(|(split, _)| *split));
    let mean = |split: usize| {
        let own = values.iter().filter(|(s, _)| *s == split);
        let own: Vec<f64> = own.map(|(_, value)| *value).collect();
        mean_and_error(&own).0.unwrap_or(f64::NAN)
    };
    splits.into_iter().map(mean).collect()
}
