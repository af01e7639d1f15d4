//! The parameters of a network on the host: these are evaluated, sampled, saved and loaded.

use faer::{Col, Mat};

use super::Numbers;
use crate::config::{Mean, ModelKind, Precision, Target};
use crate::diffusion::{Schedule, Step, TimeBasis};

/// Why numbers cannot be the parameters of a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum SnapshotError {
    #[error("the weights are for {got} steps, the schedule has {expected}")]
    Steps { got: usize, expected: usize },
}

/// The parameters of a network in the precision in which they were trained, and its target.
///
/// The network maps the noised vector x (not centred) to its target: `f(x, t) = W_t x + b_t`.
///
/// ```
/// use lindiff::config::{Mean, ModelConfig, ModelKind, Penalties};
/// use lindiff::denoiser::{Denoiser, ModelOptimum};
/// use lindiff::diffusion::Schedule;
/// use lindiff::gaussian::Gaussian;
/// use lindiff::score::Snapshot;
///
/// // The optimum of a network on a Gaussian in two dimensions, as a network.
/// let law = Gaussian::from_spectral(faer::Col::zeros(2), faer::Mat::identity(2, 2), vec![4.0, 1.0]);
/// let (schedule, model) = (Schedule::cosine(10)?, ModelConfig::new(ModelKind::PerStep));
/// let optimum = ModelOptimum::new(&law, &schedule, &model, Penalties::NONE);
/// let weights = optimum.weights(Mean::Known);
/// let network = Snapshot::of_closed_form(weights, &model, &schedule, law.mean());
/// assert_eq!(network.parameter_count(), 10 * 2 * 2);
/// // Its denoiser predicts the noise from the noised vector, at every step.
/// assert_eq!(network.denoiser(&schedule)?.at(0).weight.nrows(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// What the network predicts.
    pub target: Target,
    /// Its tensors.
    pub parameters: Parameters,
}

/// The tensors of each kind of network. A bias belongs to the map of x. It follows from the trained offset c, the
/// mean m of the training set and the coefficient q of the data in the target: `b_t = c_t - sqrt(ab_t) W_t m + q_t
/// m`.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// One affine map for each step.
    PerStep {
        /// W, `[T, d, d]`
        weight: Numbers,
        /// The diagonal weights `[T, d]`, if the network was trained in the eigenbasis.
        diagonal: Option<Numbers>,
        /// b, `[T, d]`
        bias: Numbers,
        /// c, `[T, d]`; `None` if the mean is known.
        offset: Option<Numbers>,
    },
    /// `W_t = sum_k phi_k(t) A_k`, and c_t likewise. The bias is not such a sum, so the mean is stored beside it.
    TimeBasis {
        /// The functions phi_k.
        basis: TimeBasis,
        /// A, `[K, d, d]`
        weight: Numbers,
        /// c, `[K, d]`; 0 if the mean is known.
        offset: Numbers,
        /// m, `[d]`; `None` means the mean of the run that uses the network.
        mean: Option<Col<f64>>,
    },
    /// `W_t = B_t A_t`
    TwoLayer {
        /// A, `[T, width, d]`
        down: Numbers,
        /// B, `[T, d, width]`
        up: Numbers,
        /// b, `[T, d]`
        bias: Numbers,
        /// c, `[T, d]`; `None` if the mean is known.
        offset: Option<Numbers>,
    },
}

impl Snapshot {
    /// This network with the biases that follow from its offsets and the mean, rounded to the precision of the
    /// weights.
    pub fn with_biases(mut self, schedule: &Schedule, mean: &Col<f64>) -> Self {
        let biases = self.by_step(schedule, |index, step, weight| {
            let moved = self.moved_by(&step, weight, mean);
            match self.offset_at(index) {
                Some(offset) => Col::from_fn(moved.nrows(), |i| moved[i] + offset[i]),
                None => moved,
            }
        });
        match (&mut self.parameters, biases) {
            (
                Parameters::PerStep { bias, .. } | Parameters::TwoLayer { bias, .. },
                Some(biases),
            ) => {
                *bias = biases;
            }
            (Parameters::TimeBasis { mean: own, .. }, _) => *own = Some(mean.clone()),
            _ => {}
        }
        self
    }

    /// A vector for each step, `[T, d]`, computed from its weight; `None` in a basis of time.
    fn by_step(
        &self,
        schedule: &Schedule,
        vector: impl Fn(usize, Step, &Mat<f64>) -> Col<f64>,
    ) -> Option<Numbers> {
        let shape = [self.steps()?, self.dim()];
        let mut values = Vec::with_capacity(shape[0] * shape[1]);
        for (index, step) in schedule.iter().enumerate() {
            values.extend(vector(index, step, &self.step_weight(index)?).iter());
        }
        Some(Numbers::rounded(self.precision(), &shape, values))
    }

    /// `W_t` at the step `index`, if the step has its own parameters.
    pub fn step_weight(&self, index: usize) -> Option<Mat<f64>> {
        match &self.parameters {
            Parameters::PerStep { weight, .. } => Some(weight.matrix(index)),
            Parameters::TwoLayer { down, up, .. } => Some(up.matrix(index) * down.matrix(index)),
            Parameters::TimeBasis { .. } => None,
        }
    }

    /// `b_t` at the step `index`, if the step has its own parameters.
    pub(super) fn step_bias(&self, index: usize) -> Option<Col<f64>> {
        match &self.parameters {
            Parameters::PerStep { bias, .. } | Parameters::TwoLayer { bias, .. } => {
                let bias = bias.at(index..index + 1);
                Some(Col::from_fn(bias.len(), |i| bias[i]))
            }
            Parameters::TimeBasis { .. } => None,
        }
    }

    /// The difference `b - c = q m - sqrt(ab) W m`.
    pub(super) fn moved_by(&self, step: &Step, weight: &Mat<f64>, mean: &Col<f64>) -> Col<f64> {
        let data = self.target.parts(&step.level()).data;
        data * mean - step.signal_scale() * (weight * mean)
    }

    fn offset_at(&self, index: usize) -> Option<Vec<f64>> {
        match &self.parameters {
            Parameters::PerStep { offset, .. } | Parameters::TwoLayer { offset, .. } => {
                offset.as_ref().map(|c| c.at(index..index + 1))
            }
            Parameters::TimeBasis { .. } => None,
        }
    }

    /// This network centred on `mean`, as training starts from it. With a fitted mean it has offsets to train.
    ///
    /// Per-step and two-layer networks stay the same map: `c = b + sqrt(ab) W m - q m`. A stored offset equal to this
    /// up to rounding is kept as it is, because it was not rounded twice. Time-basis networks have no such offset in
    /// general: their coefficients are read as centred on this mean.
    pub fn centred_on(
        mut self,
        mean: &Col<f64>,
        schedule: &Schedule,
        kind: Mean,
    ) -> Result<Self, SnapshotError> {
        self.check_steps(schedule)?;
        let centred = self.by_step(schedule, |index, step, weight| {
            let bias = self
                .step_bias(index)
                .expect("a step with a weight has a bias");
            bias - self.moved_by(&step, weight, mean)
        });
        match &mut self.parameters {
            Parameters::PerStep { offset, bias, .. }
            | Parameters::TwoLayer { offset, bias, .. } => {
                *offset = match (kind, offset.take(), centred) {
                    (Mean::Fitted, Some(stored), Some(centred)) => {
                        let largest = bias.all().into_iter().fold(1.0, |a: f64, b| a.max(b.abs()));
                        let rounding = bias.precision().epsilon() * bias.shape()[1] as f64;
                        let near = stored.differs(&centred) <= rounding * largest;
                        Some(if near { stored } else { centred })
                    }
                    (Mean::Fitted, None, centred) => centred,
                    _ => None,
                };
            }
            Parameters::TimeBasis {
                mean: own, offset, ..
            } => {
                if kind == Mean::Known {
                    let zeros = vec![0.0; offset.count()];
                    let shape = offset.shape().to_vec();
                    *offset = Numbers::rounded(offset.precision(), &shape, zeros);
                }
                *own = Some(mean.clone());
            }
        }
        Ok(self)
    }

    pub(super) fn check_steps(&self, schedule: &Schedule) -> Result<(), SnapshotError> {
        match self.steps() {
            Some(got) if got != schedule.len() => Err(SnapshotError::Steps {
                got,
                expected: schedule.len(),
            }),
            _ => Ok(()),
        }
    }

    /// The kind of network.
    pub fn kind(&self) -> ModelKind {
        match &self.parameters {
            Parameters::PerStep { .. } => ModelKind::PerStep,
            Parameters::TimeBasis { basis, .. } => ModelKind::TimeBasis {
                basis: basis.count(),
            },
            Parameters::TwoLayer { down, .. } => ModelKind::TwoLayer {
                width: down.shape()[1],
            },
        }
    }

    fn main_weight(&self) -> &Numbers {
        match &self.parameters {
            Parameters::PerStep { weight, .. } | Parameters::TimeBasis { weight, .. } => weight,
            Parameters::TwoLayer { down, .. } => down,
        }
    }

    /// The precision of the parameters.
    pub fn precision(&self) -> Precision {
        self.main_weight().precision()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.main_weight().shape()[2]
    }

    /// The number of steps that it has parameters for; `None` in a basis of time.
    pub fn steps(&self) -> Option<usize> {
        match &self.parameters {
            Parameters::TimeBasis { .. } => None,
            _ => Some(self.main_weight().shape()[0]),
        }
    }

    /// The diagonal weights in the eigenbasis, `[T, d]`.
    pub fn diagonal(&self) -> Option<&Numbers> {
        match &self.parameters {
            Parameters::PerStep { diagonal, .. } => diagonal.as_ref(),
            _ => None,
        }
    }

    /// The tensors, with their names in files.
    pub fn tensors(&self) -> Vec<(&'static str, &Numbers)> {
        let mut tensors = Vec::new();
        let mut optional = Vec::new();
        match &self.parameters {
            Parameters::PerStep {
                weight,
                diagonal,
                bias,
                offset,
            } => {
                tensors.extend([("weight", weight), ("bias", bias)]);
                optional.extend([("diagonal", diagonal), ("offset", offset)]);
            }
            Parameters::TimeBasis { weight, offset, .. } => {
                tensors.extend([("basis_weight", weight), ("basis_bias", offset)]);
            }
            Parameters::TwoLayer {
                down,
                up,
                bias,
                offset,
            } => {
                tensors.extend([("down", down), ("up", up), ("bias", bias)]);
                optional.push(("offset", offset));
            }
        }
        let there = optional.into_iter();
        tensors.extend(there.filter_map(|(name, tensor)| Some((name, tensor.as_ref()?))));
        tensors
    }

    /// The number of parameters: weights, and biases if the mean is fitted.
    pub fn parameter_count(&self) -> usize {
        let offset = |offset: &Option<Numbers>| offset.as_ref().map_or(0, Numbers::count);
        match &self.parameters {
            Parameters::PerStep {
                weight, offset: c, ..
            } => weight.count() + offset(c),
            Parameters::TimeBasis { weight, offset, .. } => weight.count() + offset.count(),
            Parameters::TwoLayer {
                down,
                up,
                offset: c,
                ..
            } => down.count() + up.count() + offset(c),
        }
    }

    /// The name of the first tensor with a number that is not finite, and the step or function of the basis (from 0).
    pub fn first_non_finite(&self) -> Option<(&'static str, usize)> {
        self.first_beyond(self.precision())
    }

    /// As [`Snapshot::first_non_finite`], for numbers that are not finite in another precision.
    pub fn first_beyond(&self, precision: Precision) -> Option<(&'static str, usize)> {
        let tensors = self.tensors().into_iter();
        let broken = tensors.filter_map(|(name, t)| Some((name, t.first_beyond(precision)?)));
        broken.min_by_key(|(_, index)| *index)
    }
}
