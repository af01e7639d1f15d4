//! A network as a denoiser.

use faer::{Col, Mat};

use super::{Parameters, Snapshot, SnapshotError};
use crate::config::Target;
use crate::denoiser::{AffineDenoiser, Denoiser};
use crate::diffusion::{Schedule, Step, TimeBasis};

/// A network as maps to the noise at the steps of a schedule: the steps that it was trained on, or, in a basis of
/// time, any steps.
pub struct NetworkDenoiser<'a> {
    snapshot: &'a Snapshot,
    schedule: &'a Schedule,
    expansion: Option<Expansion<'a>>,
}

/// The coefficients of a network in a basis of time, ready to be summed.
struct Expansion<'a> {
    basis: TimeBasis,
    weights: Vec<Mat<f64>>,
    offsets: Vec<Vec<f64>>,
    mean: Option<&'a Col<f64>>,
}

impl Snapshot {
    /// The denoiser of this network at the steps of a schedule.
    ///
    /// # Errors
    /// A schedule with another number of steps than the network has parameters for.
    pub fn denoiser<'a>(
        &'a self,
        schedule: &'a Schedule,
    ) -> Result<NetworkDenoiser<'a>, SnapshotError> {
        self.check_steps(schedule)?;
        let expansion = match &self.parameters {
            Parameters::TimeBasis {
                basis,
                weight,
                offset,
                mean,
            } => Some(Expansion {
                basis: *basis,
                weights: (0..basis.count()).map(|k| weight.matrix(k)).collect(),
                offsets: (0..basis.count()).map(|k| offset.at(k..k + 1)).collect(),
                mean: mean.as_ref(),
            }),
            _ => None,
        };
        Ok(NetworkDenoiser {
            snapshot: self,
            schedule,
            expansion,
        })
    }
}

impl NetworkDenoiser<'_> {
    /// The network's prediction of its target at the step `index`: `W_t x + b_t`.
    pub fn output(&self, index: usize) -> AffineDenoiser {
        match &self.expansion {
            Some(expansion) => self.expanded(expansion, &self.schedule.step(index)),
            None => AffineDenoiser {
                weight: self.snapshot.step_weight(index).expect("one a step"),
                bias: self.snapshot.step_bias(index).expect("one a step"),
            },
        }
    }

    fn expanded(&self, expansion: &Expansion<'_>, step: &Step) -> AffineDenoiser {
        let phi = expansion.basis.values(&step.level());
        let dim = self.dim();
        let mut weight = Mat::zeros(dim, dim);
        for (phi, matrix) in phi.iter().zip(&expansion.weights) {
            weight += faer::Scale(*phi) * matrix;
        }
        let offsets = phi.iter().zip(&expansion.offsets);
        let offset = |i: usize| offsets.clone().map(|(phi, c)| phi * c[i]).sum::<f64>();
        let mut bias = Col::from_fn(dim, offset);
        if let Some(mean) = expansion.mean {
            bias += self.snapshot.moved_by(step, &weight, mean);
        }
        AffineDenoiser { weight, bias }
    }
}

impl Denoiser for NetworkDenoiser<'_> {
    fn dim(&self) -> usize {
        self.snapshot.dim()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        let AffineDenoiser { mut weight, bias } = self.output(index);
        let target = self.snapshot.target;
        if target == Target::Eps {
            return AffineDenoiser { weight, bias };
        }
        let to_noise = target.to_noise(&self.schedule.step(index).level());
        weight *= faer::Scale(to_noise.output);
        (0..weight.nrows()).for_each(|i| weight[(i, i)] += to_noise.input);
        let bias = faer::Scale(to_noise.output) * bias;
        AffineDenoiser { weight, bias }
    }

    fn weight_epsilon(&self) -> f64 {
        self.snapshot.precision().epsilon()
    }
}
