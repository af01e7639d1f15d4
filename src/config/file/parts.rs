//! Where an experiment holds the values of keys, and how the values are written that have a form of their own.

use toml::Value;

use super::field::{Field, Misread, number, whole, written};
use super::nearest::nearest_word;
use crate::config::{
    EarlyStopping, Experiment, ModelKind, Named, NeuralConfig, NeuralKind, NoiseDraws, Objective,
    Optimizer, RealData, RowsOrigin, SamplerKind, ScheduleKind, Source,
};

pub(super) fn dim(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.data.source {
        Source::PowerLaw { dim, .. } | Source::Spiked { dim, .. } => Some(dim),
        _ => None,
    }
}

pub(super) fn exponent(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.data.source {
        Source::PowerLaw { exponent, .. } => Some(exponent),
        _ => None,
    }
}

pub(super) fn spikes(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.data.source {
        Source::Spiked { spikes, .. } => Some(spikes),
        _ => None,
    }
}

pub(super) fn real(e: &mut Experiment) -> Option<&mut RealData> {
    match &mut e.data.source {
        Source::Real(real) => Some(real),
        _ => None,
    }
}

pub(super) fn data_path(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.data.source {
        Source::Spectrum { path } => Some(path),
        Source::Real(RealData {
            origin: RowsOrigin::File { path, .. },
            ..
        }) => Some(path),
        _ => None,
    }
}

pub(super) fn array(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut real(e)?.origin {
        RowsOrigin::File { array, .. } => Some(array),
        RowsOrigin::Digits => None,
    }
}

pub(super) fn row_weights_parameter(e: &mut Experiment) -> Option<&mut dyn Field> {
    let parameter = e.data.row_weights.parameter_mut()?;
    Some(parameter)
}

pub(super) fn steps(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.schedule.kind {
        ScheduleKind::Linear { steps, .. } | ScheduleKind::Cosine { steps } => Some(steps),
        ScheduleKind::File { .. } => None,
    }
}

pub(super) fn betas(e: &mut Experiment) -> Option<(&mut f64, &mut f64)> {
    match &mut e.schedule.kind {
        ScheduleKind::Linear {
            beta_start,
            beta_end,
            ..
        } => Some((beta_start, beta_end)),
        _ => None,
    }
}

pub(super) fn schedule_path(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.schedule.kind {
        ScheduleKind::File { path } => Some(path),
        _ => None,
    }
}

/// Writes the number of steps even if all are kept.
pub(super) fn write_keep(e: &Experiment) -> Option<Value> {
    let steps = match e.schedule.kind {
        ScheduleKind::Linear { steps, .. } | ScheduleKind::Cosine { steps } => Some(steps),
        ScheduleKind::File { .. } => None,
    };
    e.schedule.keep.or(steps).write()
}

pub(super) fn basis(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.model.kind {
        ModelKind::TimeBasis { basis } => Some(basis),
        _ => None,
    }
}

pub(super) fn width(e: &mut Experiment) -> Option<&mut dyn Field> {
    match (&mut e.network, &mut e.model.kind) {
        (Some(network), _) => match &mut network.kind {
            NeuralKind::Mlp { width, .. } => Some(width),
            NeuralKind::Unet { .. } => None,
        },
        (None, ModelKind::TwoLayer { width }) => Some(width),
        (None, _) => None,
    }
}

/// Writes the word of either kind of network.
pub(super) fn write_model_kind(e: &Experiment) -> Option<Value> {
    Some(match &e.network {
        Some(network) => network.kind.name().into(),
        None => e.model.kind.name().into(),
    })
}

/// A network that is not linear also changes what the training is if nothing is said of it.
pub(super) fn read_model_kind(e: &mut Experiment, value: &Value) -> Result<(), Misread> {
    let word = value.as_str().ok_or(Misread::Type)?;
    if let Some(kind) = ModelKind::named(word) {
        (e.model.kind, e.network) = (kind, None);
        return Ok(());
    }
    let network = NeuralConfig::named(word).ok_or_else(|| {
        let linear = ModelKind::NAMES.iter().map(|(name, _)| *name);
        let nearest = nearest_word(word, linear.chain(NeuralKind::NAMES));
        Misread::Word(nearest.map(|name| format!("{name:?}")))
    })?;
    *e = e.clone().network(network);
    Ok(())
}

pub(super) fn layers(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.network.as_mut()?.kind {
        NeuralKind::Mlp { layers, .. } => Some(layers),
        NeuralKind::Unet { .. } => None,
    }
}

pub(super) fn channels(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.network.as_mut()?.kind {
        NeuralKind::Unet { channels, .. } => Some(channels),
        NeuralKind::Mlp { .. } => None,
    }
}

pub(super) fn write_image(e: &Experiment) -> Option<Value> {
    match e.network?.kind {
        NeuralKind::Unet { image, .. } => {
            let sides = image?.map(|side| written(side as u64));
            Some(Value::Array(sides.to_vec()))
        }
        NeuralKind::Mlp { .. } => None,
    }
}

pub(super) fn read_image(e: &mut Experiment, value: &Value) -> Result<(), Misread> {
    let sides = value.as_array().ok_or(Misread::Type)?;
    let side = |side| usize::try_from(whole(side)?).map_err(|_| Misread::Type);
    let [height, width] = &sides[..] else {
        return Err(Misread::Type);
    };
    let read = [side(height)?, side(width)?];
    if let Some(NeuralConfig {
        kind: NeuralKind::Unet { image, .. },
        ..
    }) = &mut e.network
    {
        *image = Some(read);
    }
    Ok(())
}

pub(super) fn target(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.network {
        Some(network) => Some(&mut network.target),
        None => Some(&mut e.model.target),
    }
}

pub(super) fn ema(e: &mut Experiment) -> Option<&mut dyn Field> {
    Some(&mut e.network.as_mut()?.ema)
}

pub(super) fn ensemble(e: &mut Experiment) -> Option<&mut dyn Field> {
    Some(&mut e.network.as_mut()?.ensemble)
}

pub(super) fn draws(e: &mut Experiment) -> Option<&mut NoiseDraws> {
    match &mut e.training.objective {
        Objective::Exact => None,
        Objective::Sampled(draws) | Objective::Frozen(draws) => Some(draws),
    }
}

/// Writes 0 for all rows.
pub(super) fn write_batch(e: &Experiment) -> Option<Value> {
    match e.training.objective {
        Objective::Exact => None,
        Objective::Sampled(draws) | Objective::Frozen(draws) => {
            draws.batch_size.unwrap_or(0).write()
        }
    }
}

pub(super) fn read_batch(e: &mut Experiment, value: &Value) -> Result<(), Misread> {
    let mut rows = 0;
    rows.read(value)?;
    if let Some(draws) = draws(e) {
        draws.batch_size = Some(rows).filter(|rows| *rows > 0);
    }
    Ok(())
}

pub(super) fn momentum(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.training.optimizer {
        Optimizer::Sgd { momentum, .. } => Some(momentum),
        _ => None,
    }
}

/// Writes "auto" if sgd has no rate.
pub(super) fn write_rate(e: &Experiment) -> Option<Value> {
    match e.training.optimizer {
        Optimizer::Sgd { learning_rate, .. } => {
            Some(learning_rate.map_or("auto".into(), Value::from))
        }
        Optimizer::Adam { learning_rate } | Optimizer::AdamW { learning_rate } => {
            Some(learning_rate.into())
        }
        Optimizer::ClosedForm => None,
    }
}

pub(super) fn read_rate(e: &mut Experiment, value: &Value) -> Result<(), Misread> {
    let given = match value.as_str() {
        Some("auto") => None,
        Some(_) => return Err(Misread::Word(None)),
        None => Some(number(value)?),
    };
    match (&mut e.training.optimizer, given) {
        (Optimizer::Sgd { learning_rate, .. }, given) => *learning_rate = given,
        (Optimizer::Adam { learning_rate } | Optimizer::AdamW { learning_rate }, Some(given)) => {
            *learning_rate = given;
        }
        (Optimizer::Adam { .. } | Optimizer::AdamW { .. }, None) => {
            return Err(Misread::Because(
                "is the stability bound of sgd: adam and adamw need a number, or no learning_rate at all, which is 1e-3",
            ));
        }
        (Optimizer::ClosedForm, _) => {}
    }
    Ok(())
}

pub(super) fn stopping(e: &mut Experiment) -> Option<&mut EarlyStopping> {
    e.training.early_stopping.as_mut()
}

pub(super) fn variance(e: &mut Experiment) -> Option<&mut dyn Field> {
    match &mut e.sampling.kind {
        SamplerKind::Ddpm(variance) => Some(variance),
        _ => None,
    }
}
