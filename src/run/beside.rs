//! Samples of a run beside its training rows: how near are they?

use std::collections::HashSet;

use serde::Serialize;

use super::setup::refuse_pipe;
use super::{NeuralSetup, RunDirectory, RunError, Setup};
use crate::config::Checked;
use crate::data::Rows;
use crate::sampling::{
    NearestRows, nearest_rows, overlap, share_of_copies, typical_distance, typical_distance_among,
};
use crate::text::statistics::quantiles;

/// The most fresh rows that the unit of distance is taken from.
const MOST_FRESH: usize = 300;

/// The unit of distances to training rows: the median distance from a fresh row to its nearest training row, in the
/// coordinates of the training.
///
/// A sample at distance 1 is as far from the training rows as a row of the same law that was not trained on. Far below
/// 1 it is a copy. Above 1 it is unlike any row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DistanceUnit {
    /// The distance.
    pub unit: f64,
    /// Which rows are fresh.
    pub fresh: Fresh,
    /// The number of fresh rows, at most 300.
    pub fresh_rows: usize,
}

/// Rows of the law of the training rows that a network has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fresh {
    /// Rows of the test set.
    TestRows,
    /// Draws from the truth.
    Draws,
    /// Without either, the training rows themselves, each compared with the others.
    OtherTrainingRows,
}

impl Fresh {
    /// The rows in words.
    pub fn text(self) -> &'static str {
        match self {
            Fresh::TestRows => "test rows",
            Fresh::Draws => "new draws from the truth",
            Fresh::OtherTrainingRows => "training rows among each other",
        }
    }
}

/// The training rows of one network, in the coordinates of the training, and the unit of distances to them.
pub struct Neighbourhood {
    train: Rows,
    places: Vec<usize>,
    image: Option<[usize; 2]>,
    unit: DistanceUnit,
}

/// Samples beside the training rows that are nearest to them.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The nearest training row of each sample, in the coordinates of the training.
    pub rows: Rows,
    /// The place of that row in the data, from 0; for draws from the truth its number.
    pub places: Vec<usize>,
    /// The distance to that row, in [units](DistanceUnit); not a finite number if the unit is 0.
    pub distances: Vec<f64>,
    /// The share of samples that are copies: their nearest row is nearer than a third of the second nearest.
    pub copies: f64,
    /// The unit.
    pub unit: DistanceUnit,
}

impl Neighbourhood {
    /// Reads the rows of a run again; of several networks those of `member` count.
    ///
    /// # Errors
    /// Rows that cannot be read again, or are not those of the run.
    pub fn of_run(directory: &RunDirectory, member: usize) -> Result<Self, RunError> {
        match directory.any_experiment()? {
            Checked::Neural(experiment) => {
                let setup = NeuralSetup::open(directory, experiment)?;
                Ok(Self::of_neural(&setup, member))
            }
            Checked::Linear(experiment) => {
                refuse_pipe(&experiment, "--beside needs the rows again")?;
                let setup = Setup::new(experiment)?;
                setup.check_same(&directory.read_data()?.laws, directory)?;
                Ok(Self::of(&setup).expect("rows that were just read or drawn"))
            }
        }
    }

    /// `None` if the setup has moments only.
    pub fn of(setup: &Setup) -> Option<Self> {
        let rows = &setup.dataset().train_rows;
        let train = rows.rows()?;
        let places = (0..train.count()).map(|row| rows.place(row)).collect();
        let unit = unit(&train, rows.fresh(MOST_FRESH), rows.is_read());
        Some(Self {
            train,
            places,
            image: rows.image(),
            unit,
        })
    }

    /// The rows of a network that is not linear.
    pub fn of_neural(setup: &NeuralSetup, member: usize) -> Self {
        let pixels = setup.pixels();
        let places = (0..pixels.samples()).map(|row| pixels.place(member, row));
        let train = pixels.train(member);
        let unit = unit(&train, pixels.test(member, MOST_FRESH), pixels.is_read());
        Self {
            places: places.collect(),
            train,
            image: pixels.image,
            unit,
        }
    }

    /// The training rows, in the coordinates of the training.
    pub fn rows(&self) -> &Rows {
        &self.train
    }

    /// Height and width of a row as a picture, if the data have them.
    pub fn image(&self) -> Option<[usize; 2]> {
        self.image
    }

    /// The unit of distances.
    pub fn unit(&self) -> DistanceUnit {
        self.unit
    }

    /// Finds the training rows nearest to samples `[n, d]` in the coordinates of the training.
    ///
    /// # Errors
    /// Samples that are not finite.
    pub fn beside(&self, samples: &Rows) -> Result<Beside, RunError> {
        if let Some(bad) = samples.values().iter().find(|x| !x.is_finite()) {
            let problem = format!("--beside: a sample has the number {bad}");
            return Err(RunError::Invalid(problem));
        }
        let nearest = nearest_rows(samples.as_matrix(), self.train.as_matrix());
        let indices: Vec<usize> = nearest.iter().map(|nearest| nearest.row).collect();
        let distance = |nearest: &NearestRows| nearest.distance / self.unit.unit;
        Ok(Beside {
            rows: self.train.select(&indices),
            places: indices.iter().map(|&row| self.places[row]).collect(),
            distances: nearest.iter().map(distance).collect(),
            copies: share_of_copies(&nearest),
            unit: self.unit,
        })
    }

    /// How many of these training rows are also among those of another network.
    pub fn shared_with(&self, other: &Self) -> usize {
        let bits = |rows: &Rows, i: usize| -> Vec<u64> {
            rows.row(i).iter().map(|x| x.to_bits()).collect()
        };
        let others: HashSet<Vec<u64>> = (0..other.train.count())
            .map(|i| bits(&other.train, i))
            .collect();
        let own = (0..self.train.count()).map(|i| bits(&self.train, i));
        own.filter(|row| others.contains(row)).count()
    }
}

fn unit(train: &Rows, fresh: Option<Rows>, is_read: bool) -> DistanceUnit {
    match &fresh {
        Some(fresh) => DistanceUnit {
            unit: typical_distance(fresh.as_matrix(), train.as_matrix()),
            fresh: if is_read {
                Fresh::TestRows
            } else {
                Fresh::Draws
            },
            fresh_rows: fresh.count(),
        },
        None => DistanceUnit {
            unit: typical_distance_among(train.as_matrix(), MOST_FRESH),
            fresh: Fresh::OtherTrainingRows,
            fresh_rows: train.count().min(MOST_FRESH),
        },
    }
}

/// Samples that two networks, trained on different rows, made from the same noise.
#[derive(Debug, Clone)]
pub struct Twins {
    /// The samples of the second network, in the coordinates of the training.
    pub rows: Rows,
    /// The distance between the two samples of each noise, in the [unit](DistanceUnit) of the first network.
    pub distances: Vec<f64>,
    /// The [correlation](overlap) of both about their means; NaN for a single sample.
    pub overlap: f64,
}

impl Twins {
    /// Compares samples `[n, d]` of the same noise.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn new(first: &Rows, second: Rows, unit: DistanceUnit) -> Self {
        let between = |i: usize| {
            let pairs = first.row(i).iter().zip(second.row(i));
            pairs.map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
        };
        Self {
            distances: (0..first.count()).map(|i| between(i) / unit.unit).collect(),
            overlap: overlap(first.as_matrix(), second.as_matrix()),
            rows: second,
        }
    }
}

/// The median of distances, and the ends of their middle half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Typical {
    /// The median.
    pub median: f64,
    /// A quarter of the distances lies below.
    pub lower_quarter: f64,
    /// A quarter of the distances lies above.
    pub upper_quarter: f64,
}

impl Typical {
    /// The typical distances of some.
    pub fn of(distances: &[f64]) -> Self {
        let [lower_quarter, median, upper_quarter] =
            quantiles(distances.to_vec(), [0.25, 0.5, 0.75]);
        Self {
            median,
            lower_quarter,
            upper_quarter,
        }
    }
}
