//! A thousand predictions (train and test loss) at d = 1000, and the seconds they took: one core, one line.
//!
//! `cargo bench --bench predictions` runs it; `benches/compare/predictions.py` sets it beside scipy's root finder.

use std::time::Instant;

use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::theory::{Ensemble, Mean};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spectrum = Spectrum::power_law(1000, 1.0)?;
    let start = Instant::now();
    let mut total = 0.0;
    for samples in (1..=20).map(|i| 100 * i) {
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Known)?;
        for i in 1..=50 {
            let level = NoiseLevel::from_alpha_bar(f64::from(i) / 51.0).ok_or("a level")?;
            total += ensemble.losses(&level, 0.0)?.test_loss;
        }
    }
    println!("{} {total}", start.elapsed().as_secs_f64());
    Ok(())
}
