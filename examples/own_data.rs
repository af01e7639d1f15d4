//! A denoiser of your own, on rows of your own: its exact losses and the exact law that it samples.
//!
//! `cargo run --release --example own_data`

use lindiff::config::{SamplerKind, Variance};
use lindiff::data::Rows;
use lindiff::denoiser::{CommutingDenoiser, Denoiser, mean};
use lindiff::diffusion::Schedule;
use lindiff::gaussian::{MomentSums, kl};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::sampling::{law, rules};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 400 rows of 20 numbers: the first 100 to train on, the others stand for the truth.
    let mut numbers = vec![0.0; 400 * 20];
    fill_normal(&mut stream(1, Purpose::Data, 0), &mut numbers);
    let rows = Rows::new(numbers, 20);
    let of = |rows: Rows| MomentSums::of(&rows).moments();
    let train = of(rows.select(&(0..100).collect::<Vec<_>>()));
    let truth = of(rows.select(&(100..400).collect::<Vec<_>>()));
    let (fitted, true_law) = (train.law()?, truth.law()?);

    let schedule = Schedule::linear(1000, 1e-4, 1e-2)?;
    let steps = rules(SamplerKind::Ddpm(Variance::Beta), &schedule);
    println!("ridge  train loss  test loss  KL(true||sampled) and KL(sampled||true)");
    for ridge in [0.0, 0.01, 0.1, 1.0] {
        // Any `Denoiser` will do, such as one that holds your own weights.
        let denoiser = CommutingDenoiser::optimum(&fitted, &schedule, |_| ridge);
        let laws = [&train, &truth].map(|m| (&m.mean, m.covariance.as_ref()));
        let by_step = denoiser.losses(&schedule, &laws);
        let sampled = law(&steps, &denoiser)?;
        let apart = kl(&true_law, &sampled);
        println!(
            "{ridge:5}  {:10.4}  {:9.4}  {:.4} and {:.4} nats per dimension",
            mean(&by_step[0]),
            mean(&by_step[1]),
            apart.true_sampled,
            apart.sampled_true
        );
    }
    Ok(())
}
