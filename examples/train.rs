//! A network trained in memory, evaluated exactly, and sampled.
//!
//! `cargo run --release --example train`

use lindiff::config::{Experiment, Source, TrainingConfig};
use lindiff::run::Setup;
use lindiff::training::RunOptions;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 200 vectors of 50 numbers are drawn from a Gaussian whose variances fall as 1/rank.
    let experiment = Experiment::new(Source::power_law(50, 1.0), 200)
        .training(TrainingConfig::default().epochs(200).ridge(0.01))
        .check()?;
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
