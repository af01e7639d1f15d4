//! What has a network learned that was trained anywhere? From its predictions on noised rows: its test loss in parts, how
//! many rows its linear part is worth, whether its training has ended, whether it copies.
//!
//! It takes a [`Question`]: [`Arrays`] of noised rows with the predictions, and the clean rows that they were made from.
//! It gives a [`Probe`]. All measures are those of [`Decomposition`](crate::denoiser::Decomposition) and
//! [`effective_samples`](crate::theory::effective_samples()) at each noise level ([`equations`](crate::equations) section
//! 10). Nothing of the network's architecture is used.

mod arrays;
mod error;
mod known;
mod level;
mod levels;
mod mismatch;
mod prepared;
mod question;
#[cfg(feature = "files")]
mod read;
mod result;
mod samples;
mod sentences;
mod target;
mod trained;
mod training;
mod units;

pub use arrays::Arrays;
pub use error::ProbeError;
pub use mismatch::Mismatch;
pub use question::Question;
#[cfg(feature = "files")]
pub use read::{FileRows, read_arrays, read_file_rows};
pub use result::{
    DirectionProbe, LevelErrors, LevelProbe, LevelTraining, Probe, SamplesProbe, TrainingProbe,
};

use self::level::Measurement;
use self::prepared::Prepared;
use self::trained::Trained;
use crate::config::Named;
use crate::data::Rows;
use crate::denoiser::TestRows;

/// Answers a question. `observer` hears how many noise levels are done, of how many.
///
/// ```
/// use lindiff::data::Rows;
/// use lindiff::probe::{Arrays, Question, probe};
/// use lindiff::random::{Purpose, fill_normal, stream};
///
/// // 200 rows of one number with the variance 1, each noised once to alpha_bar = 0.5.
/// let mut numbers = vec![0.0; 400];
/// fill_normal(&mut stream(1, Purpose::FrozenNoise, 0), &mut numbers);
/// let (clean, noise) = numbers.split_at(200);
/// let half = 0.5f64.sqrt();
/// let x_t: Vec<f64> = clean.iter().zip(noise).map(|(x, e)| half * x + half * e).collect();
/// // The best prediction of the noise.
/// let prediction = x_t.iter().map(|x| half * x).collect();
/// let arrays = Arrays::new(Rows::new(x_t, 1), Rows::new(prediction, 1), vec![0.5; 200])?;
/// let question = Question::new(arrays, Rows::new(clean.to_vec(), 1))?;
/// let found = probe(&question, &mut |_, _| ())?;
/// assert!((found.levels[0].test_loss - 0.5).abs() < 0.1);
/// assert!(found.levels[0].nonlinear.abs() < 1e-12);
/// # Ok::<(), lindiff::probe::ProbeError>(())
/// ```
///
/// # Errors
/// Draws that are not what they are said to be, too few draws at a level, predictions of another target, and draws of
/// training rows only.
pub fn probe(
    question: &Question,
    observer: &mut dyn FnMut(usize, usize),
) -> Result<Probe, ProbeError> {
    let prepared = Prepared::new(question)?;
    let test = TestRows::new(prepared.test.as_matrix())?;
    let trained = match &question.train {
        Some(rows) => Some(Trained::new(rows, question.shown(), &prepared, &test)?),
        None => None,
    };
    let (mut levels, mut directions, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for (index, draws) in prepared.levels.iter().enumerate() {
        let denoised = prepared.tested(index)?;
        let measured = Measurement::of(draws.level, &test, &denoised)?;
        let mut level = measured.level_probe();
        let mut kappa = None;
        if let Some(trained) = &trained {
            kappa = Some(trained.kappa(&draws.level)?);
            let on_training = trained.on_training(&prepared, index)?;
            if let Some(on_training) = &on_training {
                gaps.extend(on_training.gaps.iter().map(|gap| (level.sigma, *gap)));
            }
            level.training = Some(trained.beside(&test, index, &denoised, on_training.as_ref())?);
        }
        directions.extend(measured.directions(index, kappa));
        levels.push(level);
        observer(index + 1, prepared.levels.len());
    }
    let training = trained.as_ref().map(|trained| trained.probe(&gaps));
    let samples = match (&question.train, &question.samples) {
        (Some(train), Some(found)) => Some(samples::copies(found, &prepared.test, train)),
        _ => None,
    };
    let mut found = Probe {
        source: question.source.clone(),
        target: question.target.name(),
        draws: levels.iter().map(|level| level.draws).sum(),
        dim: question.arrays.dim(),
        test_rows: test.count(),
        train_rows: question.train.as_ref().map(Rows::count),
        levels,
        directions,
        training,
        samples,
        verdict: Vec::new(),
        warnings: Vec::new(),
        notes: question.notes(),
    };
    found.verdict = sentences::verdict(&found);
    found.warnings = sentences::warnings(&found, test.law().trace() / test.dim() as f64);
    Ok(found)
}
