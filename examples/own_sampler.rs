//! Your own sampler: a rule for each step. Its law is exact, without drawing.
//!
//! `cargo run --release --example own_sampler`
//!
//! The rules are those of Song, Meng and Ermon (Denoising Diffusion Implicit Models, arXiv 2010.02502, equation 12).
//! They add eta times the noise of ancestral sampling: eta = 0 is `ddim`, eta = 1 is `ddpm` with posterior variance.

use lindiff::denoiser::CommutingDenoiser;
use lindiff::diffusion::{Schedule, Step};
use lindiff::gaussian::{Gaussian, Spectrum, kl};
use lindiff::sampling::{StepRule, law};

/// `u_(t-1) = sqrt(ab_(t-1)) (u - r_t e)/sqrt(ab_t) + sqrt(1 - ab_(t-1) - sigma^2) e + sigma xi`
fn rule(step: Step, eta: f64) -> StepRule {
    let point = (step.previous_alpha_bar / step.alpha_bar).sqrt();
    let variance = step.beta * step.previous_noise_variance / step.noise_variance;
    let sigma = eta * variance.sqrt();
    let direction = (step.previous_noise_variance - sigma * sigma)
        .max(0.0)
        .sqrt();
    StepRule {
        point,
        noise: direction - point * step.noise_scale(),
        sigma,
        corrector: None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variances = Spectrum::power_law(50, 1.0)?.eigenvalues().to_vec();
    let truth =
        Gaussian::from_spectral(faer::Col::zeros(50), faer::Mat::identity(50, 50), variances);
    println!("steps  eta  KL(true||sampled) and KL(sampled||true), nats per dimension");
    for steps in [10, 100, 1000] {
        let schedule = Schedule::linear(1000, 1e-4, 2e-2)?.keep(steps)?;
        // The oracle has no error of its own, so the error is that of the sampler.
        let oracle = CommutingDenoiser::optimum(&truth, &schedule, |_| 0.0);
        for eta in [0.0, 0.5, 1.0] {
            let rules: Vec<StepRule> = schedule.iter().map(|step| rule(step, eta)).collect();
            let apart = kl(&truth, &law(&rules, &oracle)?);
            let (there, back) = (apart.true_sampled.value(), apart.sampled_true.value());
            println!("{steps:5}  {eta:.1}  {there:.3e} and {back:.3e}");
        }
    }
    Ok(())
}
