//! Two networks of disjoint rows, trained, sampled from the same noise, and measured.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::result::{Size, SizeLosses};
use super::sentences;
use crate::config::{Draw, Experiment, RealData, Source};
use crate::data::{Dataset, Rows};
use crate::denoiser::{Copying, mean};
use crate::run::{
    Neighbourhood, RunError, RunTheory, Setup, Solution, Twins, Typical, train_in_memory,
};
use crate::sampling::{DrawOptions, draw_points};
use crate::score::draw;
use crate::training::State;

/// The samples of a network that distances are measured on, and those that are shown.
const DRAWS: usize = 200;
const PICTURES: usize = 10;
/// The samples of the denoiser that remembers, which takes longer.
const REMEMBERED: usize = 50;

/// Two networks of N rows each, and their pictures in the coordinates that were read.
pub(super) struct Twice {
    pub size: Size,
    pub dim: usize,
    pub oracle_loss: f64,
    /// The distances of the samples that are shown.
    pub distances: Vec<f64>,
    pub twin_distances: Vec<f64>,
    /// Samples of the first network.
    pub samples: Rows,
    /// What the second makes of the same noise.
    pub twins: Rows,
    /// The training rows of the first network that are nearest to its samples.
    pub nearest: Rows,
    /// What a denoiser that remembers the rows of the first network makes of the same noise.
    pub remembered: Rows,
}

/// `configs/digits.toml` with another number of rows.
pub(super) fn experiment(rows: usize) -> Experiment {
    let digits = RealData {
        min_variance: 0.01,
        ..RealData::digits()
    };
    let mut experiment = Experiment::new(Source::from(digits), rows)
        .name("digits")
        .draw(Draw::Rows);
    experiment.seed = 1;
    experiment.training.epochs = 500;
    experiment
}

/// The setup of N rows, from a part of a larger training set.
fn of_part(rows: usize, dataset: Dataset) -> Result<Setup, RunError> {
    Setup::from_dataset(experiment(rows).check()?, dataset)
}

fn refuse_stop(interrupt: &AtomicBool) -> Result<(), RunError> {
    match interrupt.load(Ordering::Relaxed) {
        true => Err(RunError::Stopped),
        false => Ok(()),
    }
}

/// A trained network.
struct Trained {
    solution: Solution,
    state: State,
}

impl Trained {
    fn of(setup: &Setup, interrupt: &AtomicBool) -> Result<Self, RunError> {
        let trained = train_in_memory(setup, interrupt)?;
        let (solution, state) = trained.ok_or(RunError::Stopped)?;
        Ok(Self { solution, state })
    }

    /// Samples in the coordinates of the training.
    fn samples(&self, setup: &Setup) -> Result<Rows, RunError> {
        let denoiser = self.solution.denoiser(setup.schedule())?;
        let (rules, device) = (setup.evaluator().rules(), setup.device().inner());
        Ok(draw(
            rules,
            &*denoiser,
            options(setup, DRAWS),
            &device,
            |_, _| {},
        ))
    }

    fn losses(&self, setup: &Setup) -> Result<SizeLosses, RunError> {
        let denoiser = self.solution.denoiser(setup.schedule())?;
        let (train, test) = setup.evaluator().losses(&*denoiser);
        let theory = RunTheory::of(setup, false)?.expect("digits have a truth");
        let predicted = theory.losses_at(&self.state)?;
        let predicted = predicted.expect("descent is predicted");
        Ok(SizeLosses {
            rows: setup.laws().train.count,
            train_loss: mean(&train),
            test_loss: mean(&test.expect("other rows are the test set")),
            predicted_train_loss: predicted.train_loss,
            predicted_test_loss: predicted.test_loss,
        })
    }
}

fn options(setup: &Setup, draws: usize) -> DrawOptions {
    let seed = setup.experiment().seed;
    DrawOptions { draws, seed }
}

/// The losses of one network of N rows.
pub(super) fn losses(rows: usize, interrupt: &AtomicBool) -> Result<SizeLosses, RunError> {
    refuse_stop(interrupt)?;
    let setup = Setup::new(experiment(rows).check()?)?;
    Trained::of(&setup, interrupt)?.losses(&setup)
}

/// Trains two networks of N rows each and compares what they make of the same noise.
pub(super) fn trained_twice(rows: usize, interrupt: &AtomicBool) -> Result<Twice, RunError> {
    refuse_stop(interrupt)?;
    let both = Setup::new(experiment(2 * rows).check()?)?;
    let part = |range| both.dataset().part(range).expect("rows that were read");
    let first = of_part(rows, part(0..rows))?;
    let second = of_part(rows, part(rows..2 * rows))?;
    let of_first = Trained::of(&first, interrupt)?;
    let samples = of_first.samples(&first)?;
    let others = Trained::of(&second, interrupt)?.samples(&second)?;
    let near = Neighbourhood::of(&first).expect("rows that were read");
    let beside = near.beside(&samples)?;
    let twins = Twins::new(&samples, others, beside.unit);
    let remembered = remembered(&first, near.rows(), interrupt)?;
    let copies = near.beside(&remembered)?;
    let read = |rows: &Rows| {
        let shown: Vec<usize> = (0..PICTURES).collect();
        first.laws().frame.read_coordinates(&rows.select(&shown))
    };
    let mut size = Size {
        losses: of_first.losses(&first)?,
        distance: Typical::of(&beside.distances),
        copies: beside.copies,
        twin_distance: Typical::of(&twins.distances),
        overlap: twins.overlap,
        remembering_distance: Typical::of(&copies.distances),
        remembering_copies: copies.copies,
        sentence: String::new(),
    };
    size.sentence = sentences::of(&size);
    Ok(Twice {
        size,
        dim: first.laws().dim(),
        oracle_loss: mean(first.evaluator().oracle().expect("digits have a truth")),
        distances: beside.distances[..PICTURES].to_vec(),
        twin_distances: twins.distances[..PICTURES].to_vec(),
        samples: read(&samples),
        twins: read(&twins.rows),
        nearest: read(&beside.rows),
        remembered: read(&remembered),
    })
}

/// Samples of the denoiser that remembers all training rows, from the noise of the networks.
fn remembered(setup: &Setup, train: &Rows, interrupt: &AtomicBool) -> Result<Rows, RunError> {
    let copying = Copying::new(train.as_matrix(), setup.schedule());
    let rules = setup.evaluator().rules();
    let drawn = draw_points(
        rules,
        &copying,
        options(setup, REMEMBERED),
        |_, _| match interrupt.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    );
    drawn.ok_or(RunError::Stopped)
}
