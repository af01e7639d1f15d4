//! How far would the samples be from the law of the rows?

use crate::config::SamplerKind;
use crate::diffusion::Schedule;
use crate::gaussian::Spectrum;
use crate::gaussian::{Divergence, KlPair};
use crate::sampling::{rules, variance_along};
use crate::theory::{Ensemble, RowsSpectrum, TheoryError};

/// Both divergences of a network trained to the end on the rows, in nats per dimension, for Gaussian rows with their
/// spectrum: those due to the sampler's steps, and without a ridge those due to finitely many rows.
///
/// ```text
/// steps   KL(true || sampled) = (1/2d) sum_k [ lambda_k/h_k - 1 - log(lambda_k/h_k) ]; exchanged for the other one
///         h_k the variance that the oracle's weights r/(ab lambda_k + 1 - ab) generate
/// rows    of N samples of the Wishart law, exactly (see Ensemble::exact_wishart)
/// ```
pub(super) fn divergences(
    rows: &RowsSpectrum,
    schedule: &Schedule,
    sampler: SamplerKind,
    ridged: bool,
) -> Result<KlPair, TheoryError> {
    let rules = rules(sampler, schedule);
    let (mut forward, mut backward) = (0.0, 0.0);
    for &lambda in rows.eigenvalues().iter().filter(|lambda| **lambda > 0.0) {
        let weight = |index: usize| {
            let step = schedule.step(index);
            let noise = 1.0 - step.alpha_bar;
            noise.sqrt() / (step.alpha_bar * lambda + noise)
        };
        let ratio: f64 = lambda / variance_along(&rules, weight);
        let both = |ratio: f64| ratio - 1.0 - ratio.ln();
        forward += both(ratio);
        backward += both(1.0 / ratio);
    }
    let per_dim = 2.0 * rows.dim() as f64;
    let steps = (forward / per_dim, backward / per_dim);
    let data = if ridged {
        KlPair::ZERO
    } else {
        // Every spectrum without a zero gives the same, and the rows vary in every direction that counts.
        let white = Spectrum::power_law(rows.dim(), 0.0)?;
        Ensemble::at(&white, rows.samples(), rows.mean())?.exact_wishart()?
    };
    let plus = |divergence: Divergence, more: f64| match divergence {
        Divergence::Finite(value) => Divergence::Finite(value + more),
        infinite => infinite,
    };
    Ok(KlPair {
        true_sampled: plus(data.true_sampled, steps.0),
        sampled_true: plus(data.sampled_true, steps.1),
        of_mean: data.of_mean,
    })
}
