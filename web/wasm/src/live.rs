//! Predictions at one noise level, for the sliders: the numbers of `lindiff predict --alpha-bar`.

use std::cell::RefCell;

use lindiff::config::{Named, RowWeights as Chosen};
use lindiff::data::{DataError, row_weights};
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::{Divergence, RowWeights, Spectrum, SpectrumError};
use lindiff::theory::{
    Ensemble, Estimated, ExpectedLosses, Lens, Mean, Minimum, Network, Progress, Query,
    TheoryError, TrainedModel, minimise,
};
use serde::{Deserialize, Serialize};

use crate::truth::Truth;

/// The positions of all controls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub truth: Truth,
    pub samples: usize,
    pub alpha_bar: f64,
    /// The covariance ridge c.
    pub ridge: f64,
    /// The time of gradient flow; absent for the optimum.
    pub tau: Option<f64>,
    pub row_weights: String,
    pub row_weights_parameter: Option<f64>,
}

/// The input that varies along a chart, with its values.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    Samples(Vec<usize>),
    AlphaBar(Vec<f64>),
    Tau(Vec<f64>),
    Ridge(Vec<f64>),
}

#[derive(Debug)]
pub enum Wrong {
    Theory(TheoryError),
    Spectrum(SpectrumError),
    Data(DataError),
    AlphaBar(f64),
    RowWeights(String),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wrong::Theory(error) => write!(f, "{error}"),
            Wrong::Spectrum(error) => write!(f, "{error}"),
            Wrong::Data(error) => write!(f, "{error}"),
            Wrong::AlphaBar(value) => write!(f, "alpha_bar = {value}: must be above 0 and below 1"),
            Wrong::RowWeights(name) => write!(f, "no law of row weights is called {name}"),
        }
    }
}

impl From<TheoryError> for Wrong {
    fn from(error: TheoryError) -> Self {
        Wrong::Theory(error)
    }
}

impl From<SpectrumError> for Wrong {
    fn from(error: SpectrumError) -> Self {
        Wrong::Spectrum(error)
    }
}

impl From<DataError> for Wrong {
    fn from(error: DataError) -> Self {
        Wrong::Data(error)
    }
}

impl Setting {
    pub fn level(&self) -> Result<NoiseLevel, Wrong> {
        level(self.alpha_bar)
    }

    pub fn weights(&self) -> Result<Option<RowWeights>, Wrong> {
        let unknown = || Wrong::RowWeights(self.row_weights.clone());
        let mut chosen = Chosen::named(&self.row_weights).ok_or_else(unknown)?;
        if let Some(parameter) = self.row_weights_parameter {
            chosen = match chosen {
                Chosen::None => Chosen::None,
                Chosen::TwoPoint { .. } => Chosen::TwoPoint { higher: parameter },
                Chosen::LogNormal { .. } => Chosen::LogNormal {
                    deviation: parameter,
                },
                Chosen::Student { .. } => Chosen::Student { degrees: parameter },
            };
        }
        Ok(row_weights(chosen)?)
    }

    fn query<'a>(&self, levels: &'a [NoiseLevel], time: Option<f64>) -> Query<'a> {
        Query {
            covariance_ridge: self.ridge,
            time,
            ..Query::new(levels)
        }
    }
}

fn level(alpha_bar: f64) -> Result<NoiseLevel, Wrong> {
    NoiseLevel::from_alpha_bar(alpha_bar).ok_or(Wrong::AlphaBar(alpha_bar))
}

/// A spectrum and a law of weights that outlive their ensembles.
struct Given {
    spectrum: Spectrum,
    weights: Option<RowWeights>,
}

impl Given {
    fn of(setting: &Setting) -> Result<Self, Wrong> {
        Ok(Self {
            spectrum: setting.truth.spectrum()?,
            weights: setting.weights()?,
        })
    }

    fn ensemble(&self, samples: usize) -> Result<Ensemble<'_>, TheoryError> {
        let ensemble = Ensemble::new(&self.spectrum, samples, Mean::Known)?;
        Ok(ensemble.with_row_weights(self.weights.as_ref()))
    }
}

/// The losses after a finite time, at several times or levels of one training set's size. All share their lenses, which
/// take most of the time. The numbers are those of [`Ensemble::predict`], because the lenses are.
struct Stopped<'a> {
    ensemble: Ensemble<'a>,
    lenses: RefCell<Vec<Lens>>,
}

impl<'a> Stopped<'a> {
    /// The numbers of nodes of the lenses, from the first of [`TrainedModel::refined`] to its last.
    const NODES: [usize; 6] = [200, 400, 800, 1600, 3200, 6400];
    const ENOUGH: f64 = 1e-9;

    fn new(ensemble: Ensemble<'a>) -> Self {
        let lenses = RefCell::new(Vec::new());
        Self { ensemble, lenses }
    }

    fn losses(
        &self,
        level: NoiseLevel,
        ridge: f64,
        time: f64,
    ) -> Result<ExpectedLosses, TheoryError> {
        let model = TrainedModel {
            steps: vec![(level, level.alpha_bar() * ridge)],
            target: Query::new(&[]).target,
            network: Network::PerStep { init: 0.0 },
            progress: Progress::Flow(time),
        };
        model.check()?;
        let mut lenses = self.lenses.borrow_mut();
        for (index, nodes) in Self::NODES.into_iter().enumerate() {
            if lenses.len() == index {
                lenses.push(Lens::new(&self.ensemble, nodes)?);
            }
            let Estimated { value, error } =
                model.expected_losses(&self.ensemble, &lenses[index])?;
            if error <= Self::ENOUGH || nodes == Self::NODES[5] {
                return Ok(value);
            }
        }
        unreachable!("the finest lens is returned from")
    }
}

/// Losses along an input, per component.
#[derive(Default, Serialize)]
pub struct Losses {
    train_loss: Vec<f64>,
    test_loss: Vec<f64>,
    oracle_loss: Vec<f64>,
}

impl Losses {
    fn push(&mut self, expected: &ExpectedLosses, oracle: f64) {
        self.train_loss.push(expected.losses.train_loss);
        self.test_loss.push(expected.losses.test_loss);
        self.oracle_loss.push(oracle);
    }
}

pub fn losses(setting: &Setting, vary: &Vary) -> Result<Losses, Wrong> {
    let given = Given::of(setting)?;
    let own = setting.level()?;
    let mut found = Losses::default();
    match vary {
        Vary::Samples(values) => {
            let levels = [own];
            let query = setting.query(&levels, setting.tau);
            for &samples in values {
                let losses = given.ensemble(samples)?.query_losses(&query)?;
                found.push(&losses, given.spectrum.oracle_loss(&own));
            }
        }
        Vary::AlphaBar(values) => {
            let ensemble = given.ensemble(setting.samples)?;
            let stopped = Stopped::new(ensemble);
            for &alpha_bar in values {
                let level = level(alpha_bar)?;
                let losses = match setting.tau {
                    None => ensemble.query_losses(&setting.query(&[level], None))?,
                    Some(time) => stopped.losses(level, setting.ridge, time)?,
                };
                found.push(&losses, given.spectrum.oracle_loss(&level));
            }
        }
        Vary::Tau(values) => {
            let stopped = Stopped::new(given.ensemble(setting.samples)?);
            for &time in values {
                let losses = stopped.losses(own, setting.ridge, time)?;
                found.push(&losses, given.spectrum.oracle_loss(&own));
            }
        }
        Vary::Ridge(values) => {
            let ensemble = given.ensemble(setting.samples)?;
            let (stopped, levels) = (Stopped::new(ensemble), [own]);
            for &ridge in values {
                let query = Query {
                    covariance_ridge: ridge,
                    ..Query::new(&levels)
                };
                let losses = match setting.tau {
                    None => ensemble.query_losses(&query)?,
                    Some(time) => stopped.losses(own, ridge, time)?,
                };
                found.push(&losses, given.spectrum.oracle_loss(&own));
            }
        }
    }
    Ok(found)
}

/// Divergences in nats per dimension; `null` where they are infinite.
#[derive(Default, Serialize)]
pub struct Divergences {
    kl_true_sampled: Vec<Option<f64>>,
    kl_sampled_true: Vec<Option<f64>>,
}

fn finite(divergence: Divergence) -> Option<f64> {
    Some(divergence.value()).filter(|value| value.is_finite())
}

/// The divergences of the ideal sampler after training to the end.
pub fn divergences(setting: &Setting, samples: &[usize]) -> Result<Divergences, Wrong> {
    let given = Given::of(setting)?;
    let mut found = Divergences::default();
    for &samples in samples {
        let kl = given
            .ensemble(samples)?
            .expected_divergences(setting.ridge)?
            .kl;
        found.kl_true_sampled.push(finite(kl.true_sampled));
        found.kl_sampled_true.push(finite(kl.sampled_true));
    }
    Ok(found)
}

/// The lowest test loss along an input.
#[derive(Serialize)]
pub struct Best {
    /// Absent where the end of training is best.
    at: Option<f64>,
    test_loss: f64,
}

/// Everything at one setting, under the names of `lindiff predict --json`.
#[derive(Serialize)]
pub struct Point {
    dim: usize,
    train_loss: f64,
    test_loss: f64,
    oracle_loss: f64,
    /// How far off the test loss may be.
    loss_remainder: f64,
    kl_true_sampled: Option<f64>,
    kl_sampled_true: Option<f64>,
    /// Why KL(true || sampled) is infinite.
    kl_reason: Option<String>,
    effective_ridge: f64,
    df1: f64,
    df2: f64,
    /// The covariance ridge of the lowest test loss, trained to the end.
    best_ridge: Best,
    /// The time of the lowest test loss, with the ridge as it is.
    best_time: Best,
    /// The test loss at the end of training.
    test_loss_at_end: f64,
}

pub fn point(setting: &Setting) -> Result<Point, Wrong> {
    let given = Given::of(setting)?;
    let ensemble = given.ensemble(setting.samples)?;
    let level = setting.level()?;
    let levels = [level];
    let found = ensemble.predict(&setting.query(&levels, setting.tau))?;
    let kl = ensemble.expected_divergences(setting.ridge)?.kl;
    let ridge = ensemble.best_ridge(&Query::new(&levels))?;
    let end = ensemble
        .query_losses(&setting.query(&levels, None))?
        .losses
        .test_loss;
    let time = best_time(&given, ensemble, level, setting.ridge)?;
    let stop = time.value < end;
    Ok(Point {
        dim: given.spectrum.dim(),
        train_loss: found.loss.train_loss,
        test_loss: found.loss.test_loss,
        oracle_loss: found.oracle,
        loss_remainder: found.loss_remainder,
        kl_true_sampled: finite(kl.true_sampled),
        kl_sampled_true: finite(kl.sampled_true),
        kl_reason: kl.true_sampled.reason().map(|reason| reason.to_string()),
        effective_ridge: found.effective_ridge.kappa,
        df1: found.effective_ridge.df1,
        df2: found.effective_ridge.df2,
        best_ridge: Best {
            at: Some(ridge.at / level.alpha_bar()),
            test_loss: ridge.value,
        },
        best_time: Best {
            at: stop.then_some(time.at),
            test_loss: if stop { time.value } else { end },
        },
        test_loss_at_end: end,
    })
}

/// As [`Ensemble::best_time`], on shared lenses.
fn best_time(
    given: &Given,
    ensemble: Ensemble<'_>,
    level: NoiseLevel,
    ridge: f64,
) -> Result<Minimum, TheoryError> {
    let stopped = Stopped::new(ensemble);
    let scale = 1.0 / (1.0 + given.spectrum.trace() / given.spectrum.dim() as f64);
    let test = |time| Ok(stopped.losses(level, ridge, time)?.losses.test_loss);
    minimise(test, 1e-3 * scale, 1e6 * scale)
}
