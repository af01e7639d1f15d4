//! The training rows, and the denoisers that can be made from them: the linear network at its optimum, the local filter,
//! the denoiser that copies.

use faer::{Mat, Scale};

use super::ProbeError;
use super::level::samples_of;
use super::prepared::{Denoised, Prepared};
use super::result::{LevelTraining, TrainingProbe};
use super::training::{OnTraining, ended};
use crate::config::Mean;
use crate::data::Rows;
use crate::denoiser::{
    CommutingDenoiser, Copying, Measured, PointDenoiser, Structure, Structured, TestRows,
    clean_vectors, relative_distance,
};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::gaussian::Spectrum;
use crate::theory::{Ensemble, copying_scale};

/// The side of the patch of the local filter, in pixels.
const PATCH: usize = 5;

/// The training rows with what was made from them.
pub(super) struct Trained<'a> {
    rows: TestRows<'a>,
    levels: Vec<NoiseLevel>,
    linear: CommutingDenoiser,
    /// The local filter, if rows are images.
    local: Option<Structured>,
    copying: Copying,
    /// The spectrum of the test rows, which stands for the truth's.
    spectrum: Spectrum,
    /// The noise below which these rows are copied.
    copying_sigma: f64,
}

impl<'a> Trained<'a> {
    pub fn new(
        rows: &'a Rows,
        image: Option<(usize, usize)>,
        prepared: &Prepared<'_>,
        test: &TestRows<'_>,
    ) -> Result<Self, ProbeError> {
        let rows = TestRows::new(rows.as_matrix())?;
        let levels: Vec<NoiseLevel> = prepared.levels.iter().map(|level| level.level).collect();
        let alpha_bar: Vec<f64> = levels.iter().map(NoiseLevel::alpha_bar).collect();
        let schedule =
            Schedule::from_alpha_bar(&alpha_bar).expect("falling numbers between 0 and 1");
        let local = image.map(|(height, width)| {
            let structure = Structure::Local {
                patch: PATCH,
                image: [height, width],
            };
            Structured::optimum(structure, rows.law(), &schedule, |_| 0.0)
        });
        let spectrum = Spectrum::from_eigenvalues(test.law().variances())?;
        Ok(Self {
            linear: CommutingDenoiser::optimum(rows.law(), &schedule, |_| 0.0),
            copying_sigma: copying_scale(&spectrum, rows.count() as f64)?,
            spectrum,
            local: local.transpose()?,
            copying: Copying::new(rows.rows(), &schedule),
            rows,
            levels,
        })
    }

    /// kappa of a linear network of as many rows without a ridge, at a level: its expected gains are
    /// `lambda/(lambda + kappa)`.
    pub fn kappa(&self, level: &NoiseLevel) -> Result<f64, ProbeError> {
        let ensemble = Ensemble::new(&self.spectrum, self.rows.count(), Mean::Fitted)?;
        Ok(ensemble.effective_ridge(level.noise_to_signal())?.kappa)
    }

    /// What the draws of training rows say at a level, if they are enough.
    pub fn on_training(
        &self,
        prepared: &Prepared<'_>,
        index: usize,
    ) -> Result<Option<OnTraining>, ProbeError> {
        let denoised = prepared.trained(index)?;
        let level = self.levels[index];
        denoised
            .map(|denoised| OnTraining::of(level, &self.rows, &denoised))
            .transpose()
    }

    /// The network beside what was made from its training rows, on the draws of test rows at a level.
    pub fn beside(
        &self,
        test: &TestRows<'_>,
        index: usize,
        of: &Denoised,
        on_training: Option<&OnTraining>,
    ) -> Result<LevelTraining, ProbeError> {
        let level = self.levels[index];
        let x_t = Scale(level.signal_scale()) * &of.x;
        let clean = |denoiser: &dyn PointDenoiser| {
            let noise = denoiser.predicted_noise(x_t.as_ref(), index);
            clean_vectors(x_t.as_ref(), noise.as_ref(), &level)
        };
        let from = |other: &Mat<f64>| relative_distance(of.denoised.as_ref(), other.as_ref());
        let linear = clean(&self.linear);
        Ok(LevelTraining {
            from_linear_optimum: from(&linear),
            from_local_filter: self.local.as_ref().map(|local| from(&clean(local))),
            from_copying: from(&self.copying.copy(x_t.as_ref(), &level).clean),
            linear_effective_samples: samples_of(level, test, of, &linear)?,
            train_loss: on_training.map(|found| found.train_loss),
            gain_gap: on_training.and_then(OnTraining::worst),
        })
    }

    /// What the training rows say of the whole network, with the gaps of its gains, each with its sigma.
    pub fn probe(&self, gaps: &[(f64, Measured)]) -> TrainingProbe {
        let (ended, sentence) = ended(gaps, self.rows.count());
        TrainingProbe {
            ended,
            sentence,
            copying_sigma: self.copying_sigma,
            copying_alpha_bar: 1.0 / (1.0 + self.copying_sigma.powi(2)),
        }
    }
}
