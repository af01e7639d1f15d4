//! Networks in closed form.

use faer::{Col, Mat};

use super::{Numbers, Parameters, Snapshot};
use crate::config::{ModelConfig, ModelKind, Precision};
use crate::denoiser::{ClosedForm, Matrices};
use crate::diffusion::{Schedule, TimeBasis};

impl Snapshot {
    /// The network of a model with weights in closed form, in f64, centred on `mean`.
    ///
    /// # Panics
    /// If the weights are not those of the model and the schedule.
    pub fn of_closed_form(
        weights: ClosedForm,
        model: &ModelConfig,
        schedule: &Schedule,
        mean: &Col<f64>,
    ) -> Self {
        let dim = mean.nrows();
        let zeros = |count: usize| vec![Col::zeros(dim); count];
        let (bias, offset) = (vectors(&zeros(schedule.len())), weights.offsets.as_deref());
        let parameters = match (weights.matrices, model.kind) {
            (Matrices::Full(matrices), ModelKind::TimeBasis { basis }) => Parameters::TimeBasis {
                basis: TimeBasis::new(basis, schedule.log_snr_range()),
                weight: by_rows(&matrices),
                offset: offset.map_or_else(|| vectors(&zeros(basis)), vectors),
                mean: None,
            },
            (Matrices::Full(matrices), _) => Parameters::PerStep {
                weight: by_rows(&matrices),
                diagonal: None,
                bias,
                offset: offset.map(vectors),
            },
            (Matrices::Layers(layers), _) => {
                let (down, up): (Vec<_>, Vec<_>) = layers.into_iter().map(|[a, b]| (a, b)).unzip();
                Parameters::TwoLayer {
                    down: by_rows(&down),
                    up: by_rows(&up),
                    bias,
                    offset: offset.map(vectors),
                }
            }
        };
        let target = model.target;
        Self { target, parameters }.with_biases(schedule, mean)
    }
}

/// Vectors as a tensor, one a row.
fn vectors(vectors: &[Col<f64>]) -> Numbers {
    let shape = [vectors.len(), vectors[0].nrows()];
    let values = vectors.iter().flat_map(|c| c.iter().copied());
    Numbers::rounded(Precision::F64, &shape, values)
}

/// Matrices of one shape as a tensor, row by row.
fn by_rows(matrices: &[Mat<f64>]) -> Numbers {
    let (rows, columns) = matrices[0].shape();
    let shape = [matrices.len(), rows, columns];
    let values = matrices
        .iter()
        .flat_map(|matrix| (0..rows * columns).map(move |k| matrix[(k / columns, k % columns)]));
    Numbers::rounded(Precision::F64, &shape, values)
}
