//! What will losses and divergences be, before any training? This room takes a spectrum, a number of samples and the
//! network. It gives losses per component and divergences in nats per dimension, averaged over training sets.
//!
//! A [`Setting`] holds what all answers have in common, a [`Grid`] the values to try. [`predict`] answers at one
//! [`Point`] of the grid. The equations are those of [`theory`](crate::theory). Nothing here reads or prints.

mod answer;
mod error;
mod grid;
mod network;
mod setting;
mod solve;

pub use answer::{Answer, Consistency, Inputs, Kl, Loss, Optimal, Predictions, Time};
pub use error::PredictError;
pub use grid::{Grid, Point};
pub use network::theory_network;
pub use setting::Setting;
pub use solve::{Target, Wanted};

use crate::config::ScheduleConfig;
use crate::data::row_weights;
use crate::diffusion::{NoiseLevel, Schedule};
use crate::sampling::{StepRule, rules};
use crate::theory::{Ensemble, Query};

/// The prediction at one point, with the optimum that was asked for.
///
/// # Errors
/// Values outside of their range; a network that theory does not describe; see [`PredictError`].
pub fn predict(
    setting: &Setting,
    point: &Point,
    wanted: Option<Wanted>,
) -> Result<Answer, PredictError> {
    let schedule = ScheduleConfig {
        keep: point.keep,
        ..setting.schedule.clone()
    };
    predict_on(&schedule.build()?, setting, point, wanted)
}

/// As [`predict`], on a schedule in memory: that of the setting, and the kept steps of the point, do not count.
///
/// # Errors
/// The errors of [`predict`].
pub fn predict_on(
    schedule: &Schedule,
    setting: &Setting,
    point: &Point,
    wanted: Option<Wanted>,
) -> Result<Answer, PredictError> {
    let levels: Vec<NoiseLevel> = match point.alpha_bar {
        None => schedule.iter().map(|step| step.level()).collect(),
        Some(alpha_bar) => {
            let level = NoiseLevel::from_alpha_bar(alpha_bar);
            vec![level.ok_or(PredictError::AlphaBar { alpha_bar })?]
        }
    };
    let steps: Option<Vec<StepRule>> = point.sampler.map(|kind| rules(kind, schedule));
    let query = Query {
        levels: &levels,
        ridge: point.ridge,
        covariance_ridge: point.covariance_ridge,
        target: setting.model.target,
        network: setting.network(schedule, point.alpha_bar)?,
        time: point.tau,
        rules: steps.as_deref(),
    };
    let weights = row_weights(point.row_weights)?;
    let ensemble = Ensemble::new(&setting.spectrum, point.samples, setting.mean)?
        .with_row_weights(weights.as_ref());
    let prediction = ensemble.predict(&query)?;
    let optimal = wanted.map(|wanted| wanted.solve(&ensemble, &query));
    let mut answer = Answer::new(setting, point, schedule, &query, &ensemble, &prediction)?;
    answer.optimal = optimal.transpose()?;
    Ok(answer)
}
