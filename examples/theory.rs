//! Theory alone: losses and divergences of a linear diffusion model, from a spectrum and a number of samples.
//!
//! `cargo run --release --example theory`

use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::gaussian::Spectrum;
use lindiff::theory::{Ensemble, Mean, Query};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 200 eigenvalues that fall as 1/rank, with mean 1, and a thousand noise levels.
    let spectrum = Spectrum::power_law(200, 1.0)?;
    let schedule = Schedule::linear(1000, 1e-4, 1e-2)?;
    let levels: Vec<NoiseLevel> = schedule.iter().map(|step| step.level()).collect();
    let query = Query::new(&levels);

    println!("samples  train loss  test loss  oracle  KL(true||sampled) and KL(sampled||true)");
    for samples in [100, 200, 400, 800, 1600] {
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Fitted)?;
        let found = ensemble.predict(&query)?;
        let kl = ensemble.exact_wishart()?;
        println!(
            "{samples:7}  {:10.4}  {:9.4}  {:.4}  {:.4} and {:.4} nats per dimension",
            found.loss.train_loss,
            found.loss.test_loss,
            found.oracle,
            kl.true_sampled,
            kl.sampled_true
        );
    }
    let best = Ensemble::new(&spectrum, 100, Mean::Fitted)?.best_ridge(&query)?;
    println!(
        "the best ridge for 100 samples is {:.4}: test loss {:.4}",
        best.at, best.value
    );
    Ok(())
}
