//! The rows of networks that are not linear: all columns, about the mean of all rows, in one scale.
//!
//! A linear network may see its data in any orthonormal coordinates, and does not need those in which nothing varies. To
//! other networks a column is a pixel with neighbours. So nothing is rotated, and constant columns stay.

use faer::{Col, Mat, Scale};

use super::split::shuffled;
use super::truth::truth;
use super::{
    DataError, Draws, Frame, Laws, Moments, ReadRows, Rows, Table, Units, in_units, read_rows,
    row_weights,
};
use crate::config::{DataConfig, Draw, RealData, Scale as Scaling, Source};
use crate::gaussian::Gaussian;
use crate::memory::{self, bytes};

/// The matrices `[D, D]` that are held at a time.
const MATRICES: usize = 6;

/// The rows of each member of an ensemble, in the coordinates `scale (row - mean)`: the mean of all rows is 0, and the
/// mean of their variances is 1.
#[derive(Debug, Clone)]
pub struct Pixels {
    /// The laws: of all rows that were read or of the truth that is drawn from, of the training rows of all members
    /// together, and of the rows that no member trains on.
    pub laws: Laws,
    /// Height and width of a row as a picture, if the data have them.
    pub image: Option<[usize; 2]>,
    /// The number of constant columns.
    pub constant: usize,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
    members: usize,
    samples: usize,
    origin: Origin,
}

/// Where the rows come from.
#[derive(Debug, Clone)]
enum Origin {
    /// The rows at places of `order`: those of the members one after another, then the others.
    Read { rows: ReadRows, order: Vec<usize> },
    /// Draws: those of the members one after another, then any number of others.
    Drawn(Draws),
}

/// Reads or draws the rows of `members` networks. Those that are read or drawn for one network are the same, whatever
/// the number of members after it.
///
/// # Errors
/// Anything wrong with the input; more rows than there are.
pub fn pixels(config: &DataConfig, members: usize, seed: u64) -> Result<Pixels, DataError> {
    match &config.source {
        Source::Real(real) => of_rows(config, read(real)?, members, seed),
        _ => {
            let truth = truth(config)?;
            let eigenvalues = truth.spectrum.eigenvalues();
            let dim = eigenvalues.len();
            check_memory(dim)?;
            let scale = (dim as f64 / eigenvalues.iter().sum::<f64>()).sqrt();
            let scaled = eigenvalues.iter().map(|l| l * scale * scale).collect();
            let basis = Mat::identity(dim, dim);
            let seen = Seen {
                law: Gaussian::from_spectral(Col::zeros(dim), basis, scaled),
                frame: Frame {
                    scale,
                    ..Frame::identity(dim)
                },
                image: None,
                constant: 0,
                notes: truth.notes,
            };
            drawn(config, seen, members, seed)
        }
    }
}

/// A population in the coordinates of the networks.
struct Seen {
    law: Gaussian,
    frame: Frame,
    image: Option<[usize; 2]>,
    constant: usize,
    notes: Vec<String>,
}

/// A table in memory, and its units.
fn read(real: &RealData) -> Result<(Table, Units), DataError> {
    let table = read_rows(real)?;
    table.rows.check_finite()?;
    let (rows, units) = in_units(table.rows, Scaling::Trace)?;
    Ok((Table { rows, ..table }, units))
}

fn of_rows(
    config: &DataConfig,
    (table, units): (Table, Units),
    members: usize,
    seed: u64,
) -> Result<Pixels, DataError> {
    let dim = table.rows.dim();
    check_memory(dim)?;
    let Moments {
        mean, covariance, ..
    } = Moments::of_read(&table.rows);
    let variances = (0..dim).map(|j| covariance[(j, j)]);
    let constant = variances.clone().filter(|v| *v == 0.0).count();
    let trace: f64 = variances.sum();
    if trace <= 0.0 {
        let problem = "all rows are alike: there is nothing to learn";
        return Err(DataError::setting("data", problem));
    }
    let scale = (dim as f64 / trace).sqrt();
    let scaled = covariance * Scale(scale * scale);
    let seen = Seen {
        law: Gaussian::from_covariance(Col::zeros(dim), scaled.as_ref())?,
        frame: Frame {
            origin: mean,
            basis: Mat::identity(dim, dim),
            scale,
            units,
        },
        image: table.image.map(|(height, width)| [height, width]),
        constant,
        notes: table.notes.clone(),
    };
    match config.draw {
        Draw::Gaussian => drawn(config, seen, members, seed),
        Draw::Rows => taken(config, seen, table, members, seed),
    }
}

/// Draws from the law of a population.
fn drawn(config: &DataConfig, seen: Seen, members: usize, seed: u64) -> Result<Pixels, DataError> {
    let no_number = || DataError::setting("data.samples", "draws need a number");
    let samples = config.samples.of_rows(0).ok_or_else(no_number)?;
    let weights = row_weights(config.row_weights)?;
    let all = samples.saturating_mul(members);
    let draws = Draws::new(seen.law.clone(), weights, all, seed)?;
    let train = draws.sums().moments();
    let laws = (Some(seen.law), train, None);
    Ok(Pixels {
        laws: of(laws, seen.frame),
        image: seen.image,
        constant: seen.constant,
        notes: seen.notes,
        members,
        samples,
        origin: Origin::Drawn(draws),
    })
}

/// Takes rows that were read.
fn taken(
    config: &DataConfig,
    seen: Seen,
    table: Table,
    members: usize,
    seed: u64,
) -> Result<Pixels, DataError> {
    let count = table.rows.count();
    let (samples, order, tested) = match config.samples.of_rows(count) {
        // All rows: there is no test set, and no truth.
        None => (count, (0..count).collect(), false),
        Some(samples) => (samples, shuffled(&table, samples, members, seed)?, true),
    };
    let trained = samples * members;
    let moments = |chosen: &[usize]| seen.frame.moments_of(&table.rows, chosen);
    let rest = &order[trained..];
    let test = (!rest.is_empty()).then(|| moments(rest));
    let laws = (tested.then_some(seen.law), moments(&order[..trained]), test);
    Ok(Pixels {
        laws: of(laws, seen.frame.clone()),
        image: seen.image,
        constant: seen.constant,
        notes: seen.notes,
        members,
        samples,
        origin: Origin::Read {
            rows: table.rows,
            order,
        },
    })
}

fn of((truth, train, test): (Option<Gaussian>, Moments, Option<Moments>), frame: Frame) -> Laws {
    Laws {
        truth,
        train,
        test,
        frame,
    }
}

fn check_memory(dim: usize) -> Result<(), DataError> {
    let what = format!("the covariance of {dim} columns");
    memory::check(bytes([8, MATRICES, dim, dim]), &what, || {
        "choose fewer columns (data.columns), or pool images (data.pool = 2)".to_owned()
    })?;
    Ok(())
}

impl Pixels {
    /// The number of columns d.
    pub fn dim(&self) -> usize {
        self.laws.dim()
    }

    /// The number of networks.
    pub fn members(&self) -> usize {
        self.members
    }

    /// The number of training rows of one network.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The training rows of a member, `[N, d]`.
    ///
    /// # Panics
    /// If there are not so many members.
    pub fn train(&self, member: usize) -> Rows {
        assert!(
            member < self.members,
            "{member} of {} members",
            self.members
        );
        let own = member * self.samples..(member + 1) * self.samples;
        match &self.origin {
            Origin::Read { rows, order } => self.laws.frame.trained_rows(rows, &order[own]),
            Origin::Drawn(draws) => draws.part(own),
        }
    }

    /// Whether the rows were read, not drawn.
    pub fn is_read(&self) -> bool {
        matches!(self.origin, Origin::Read { .. })
    }

    /// The place of a training row of a member among all rows that were read, or its number among the draws.
    pub fn place(&self, member: usize, row: usize) -> usize {
        let index = member * self.samples + row;
        match &self.origin {
            Origin::Read { order, .. } => order[index],
            Origin::Drawn(_) => index,
        }
    }

    /// At most `most` test rows of a member: rows of no member first, then those of the others; draws are as many as
    /// wanted. `None` if all rows are trained on.
    ///
    /// # Panics
    /// If there are not so many members.
    pub fn test(&self, member: usize, most: usize) -> Option<Rows> {
        assert!(
            member < self.members,
            "{member} of {} members",
            self.members
        );
        let own = member * self.samples..(member + 1) * self.samples;
        let all = self.samples * self.members;
        match &self.origin {
            Origin::Read { rows, order } => {
                let others = order[..own.start].iter().chain(&order[own.end..all]);
                let tested = order[all..].iter().chain(others).take(most);
                let tested: Vec<usize> = tested.copied().collect();
                let some = !tested.is_empty();
                some.then(|| self.laws.frame.trained_rows(rows, &tested))
            }
            Origin::Drawn(draws) => Some(draws.part(all..all + most)),
        }
    }
}
