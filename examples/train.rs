//! A network trained in memory, evaluated exactly, and sampled.
//!
//! `cargo run --release --example train`

use std::path::Path;

use lindiff::config::Experiment;
use lindiff::run::Setup;
use lindiff::training::RunOptions;

/// 200 vectors of 50 numbers are drawn from a Gaussian whose variances fall as 1/rank.
const EXPERIMENT: &str = r#"
[data]
source = "power-law"
dim = 50
samples = 200
[schedule]
steps = 1000
[training]
epochs = 200
ridge = 0.01
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let experiment = Experiment::from_toml(EXPERIMENT, Path::new("."), &[])?.experiment;
    let setup = Setup::new(experiment)?;

    let mut learner = setup.learner()?;
    learner.run(RunOptions::default())?;
    let network = learner.snapshot();
    let evaluation = setup.evaluate(&network)?;
    let drawn = setup.sample(&network, 1000)?;

    println!("train loss   {:.4}", evaluation.train_loss());
    let test_loss = evaluation.test_loss().ok_or("a truth to test on")?;
    let oracle_loss = evaluation.oracle_loss().ok_or("a truth")?;
    println!("test loss    {test_loss:.4}, of the oracle {oracle_loss:.4}");
    let kl = evaluation.kl.ok_or("a truth")?;
    let (there, back) = (kl.true_sampled, kl.sampled_true);
    println!("KL(true||sampled) {there:.4}, KL(sampled||true) {back:.4} nats per dimension");
    println!("{} draws of {} numbers", drawn.count(), drawn.dim());
    Ok(())
}
