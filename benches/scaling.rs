//! How cost grows with the dimension d, the number of steps T and the number of rows N: measured, fitted by powers and
//! drawn. `cargo bench --bench scaling -- FOLDER` prints tables and writes `scaling-{d,T,N}.{svg,png}` to the folder;
//! without a folder it prints alone.

use std::path::Path;
use std::time::Instant;

use lindiff::config::{
    BackendConfig, Basis, Evaluate, Experiment, Named, NoiseDraws, Objective, Optimizer, Precision,
    SamplingConfig, ScheduleConfig, Source, TrainingConfig,
};
use lindiff::data::Rows;
use lindiff::gaussian::{Moments, Spectrum, symmetric_eigen};
use lindiff::report::{Axis, Chart, ChartFiles, Hue, Quantity};
use lindiff::run::Setup;
use lindiff::sampling::law;
use lindiff::score::{DrawOptions, Snapshot, draw};
use lindiff::theory::{Ensemble, Mean};
use lindiff::training::observer::{Event, ObserverError};
use lindiff::training::{Observer, RunOptions};

/// The program's own allocator: with the system's, large tensors are faulted in again and again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Training samples, where their number does not vary.
const SAMPLES: usize = 2000;

type Failure = Box<dyn std::error::Error>;
/// Seconds at each size.
type Measured = Vec<(f64, f64)>;

/// A work at a size: d, T or N.
type Work = fn(usize) -> Result<f64, Failure>;

fn main() -> Result<(), Failure> {
    // Cargo adds `--bench`.
    let folder = std::env::args().skip(1).find(|word| word != "--bench");
    let folder = folder.as_deref().map(Path::new);
    let over_d: [(&str, Work); 6] = [
        ("epoch, exact, adam, T = 20", |d| epoch(d, 20, "adam")),
        ("epoch, exact, sgd in the eigenbasis, T = 20", |d| {
            epoch(d, 20, "sgd")
        }),
        ("exact moments, T = 20", |d| exact_moments(d, 20)),
        ("1000 draws, T = 20", |d| draws(d, 20)),
        ("eigenvectors of a covariance", eigenvectors),
        ("a prediction in closed form", prediction),
    ];
    let over_t: [(&str, Work); 4] = [
        ("epoch, exact, adam, d = 200", |t| epoch(200, t, "adam")),
        ("epoch, exact, sgd in the eigenbasis, d = 200", |t| {
            epoch(200, t, "sgd")
        }),
        ("exact moments, d = 200", |t| exact_moments(200, t)),
        ("1000 draws, d = 200", |t| draws(200, t)),
    ];
    let over_n: [(&str, Work); 2] = [
        ("moments of N rows, d = 200", moments),
        ("epoch, sampled, adam, d = 50, T = 10", sampled),
    ];
    let (d, t) = ([50, 100, 200, 400, 800, 1600], [10, 30, 100, 300, 1000]);
    let n = [100, 1000, 10_000, 100_000, 1_000_000];
    report(folder, "d", "dimension d", &over_d, &d)?;
    report(folder, "T", "steps T", &over_t, &t)?;
    report(folder, "N", "rows N", &over_n, &n)
}

fn report(
    folder: Option<&Path>,
    name: &str,
    label: &str,
    works: &[(&str, Work)],
    sizes: &[usize],
) -> Result<(), Failure> {
    let sizes_text: Vec<String> = sizes.iter().map(usize::to_string).collect();
    println!(
        "| work, s | {} | exponent | of the last three |",
        sizes_text.join(" | ")
    );
    println!("|{}", "---|".repeat(sizes.len() + 3));
    let mut quantities = Vec::new();
    for (index, (work, run)) in works.iter().enumerate() {
        let measured: Measured = sizes
            .iter()
            .map(|&size| Ok((size as f64, median_of_three(|| run(size))?)))
            .collect::<Result<_, Failure>>()?;
        let cells: Vec<String> = measured.iter().map(|(_, s)| format!("{s:.2e}")).collect();
        let (all, last) = (
            exponent(&measured),
            exponent(&measured[measured.len() - 3..]),
        );
        println!("| {work} | {} | {all:.2} | {last:.2} |", cells.join(" | "));
        let named = format!("{work}: {name}^{last:.2}");
        quantities.push(
            Quantity::new(named, Hue::nth(index))
                .points(measured)
                .joined(),
        );
    }
    println!();
    if let Some(folder) = folder {
        let title = format!("Cost against {label}");
        let chart = Chart::new(title, Axis::log(label), Axis::log("seconds"));
        let chart = chart.with_all(quantities);
        let files = ChartFiles::new(&folder.join(format!("scaling-{name}")), true)?;
        files.save(&chart)?;
    }
    Ok(())
}

fn median_of_three(run: impl Fn() -> Result<f64, Failure>) -> Result<f64, Failure> {
    let mut times = [run()?, run()?, run()?];
    times.sort_by(f64::total_cmp);
    Ok(times[1])
}

/// The slope of `log seconds` against `log size`, by least squares.
fn exponent(measured: &[(f64, f64)]) -> f64 {
    let logs: Measured = measured.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let (x, y) = logs
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let along: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    along / logs.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

fn experiment(dim: usize, steps: usize, samples: usize, training: TrainingConfig) -> Experiment {
    Experiment::new(Source::power_law(dim, 1.0), samples)
        .schedule(ScheduleConfig::linear(steps, 1e-4, 1e-2))
        .training(training.epochs(4).evaluate(Evaluate::Every(4)))
        .sampling(SamplingConfig::default().draws(0))
}

fn setup(experiment: Experiment) -> Result<Setup, Failure> {
    Ok(Setup::new(experiment.check()?)?)
}

fn epoch(dim: usize, steps: usize, optimizer: &str) -> Result<f64, Failure> {
    let optimizer = Optimizer::named(optimizer).ok_or("an optimiser")?;
    let training = TrainingConfig::default().optimizer(optimizer);
    trained(&setup(experiment(dim, steps, SAMPLES, training))?)
}

fn sampled(rows: usize) -> Result<f64, Failure> {
    let training = TrainingConfig::default()
        .objective(Objective::Sampled(NoiseDraws::default()))
        .optimizer(Optimizer::adam(1e-3));
    trained(&setup(experiment(50, 10, rows, training))?)
}

/// An untrained network in the coordinates of the data.
fn untrained(dim: usize, steps: usize, precision: Precision) -> Result<(Setup, Snapshot), Failure> {
    let training = TrainingConfig::default().basis(Basis::Data);
    let experiment = experiment(dim, steps, SAMPLES, training);
    let setup = setup(experiment.backend(BackendConfig::default().precision(precision)))?;
    let snapshot = setup.learner()?.snapshot();
    Ok((setup, snapshot))
}

/// Seconds of an epoch, the mean of three after the first.
fn trained(setup: &Setup) -> Result<f64, Failure> {
    let mut learner = setup.learner()?;
    let mut first = FirstEpoch(0.0);
    learner.run(RunOptions::default().observer(&mut first))?;
    Ok((learner.state().seconds - first.0) / 3.0)
}

struct FirstEpoch(f64);

impl Observer for FirstEpoch {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if event.state.epoch == 1 {
            self.0 = event.state.seconds;
        }
        Ok(())
    }
}

fn exact_moments(dim: usize, steps: usize) -> Result<f64, Failure> {
    let (setup, snapshot) = untrained(dim, steps, Precision::F64)?;
    timed(|| {
        let network = snapshot.denoiser(setup.schedule())?;
        law(setup.evaluator().rules(), &network)?;
        Ok(())
    })
}

fn draws(dim: usize, steps: usize) -> Result<f64, Failure> {
    let (setup, snapshot) = untrained(dim, steps, Precision::F32)?;
    let options = DrawOptions {
        draws: 1000,
        seed: 1,
    };
    timed(|| {
        draw(
            setup.evaluator().rules(),
            &snapshot.denoiser(setup.schedule())?,
            options,
            &setup.device().inner(),
            |_, _| {},
        );
        Ok(())
    })
}

fn eigenvectors(dim: usize) -> Result<f64, Failure> {
    let values = (0..dim * dim).map(|k| ((k * k + 3 * k) % 1009) as f64 / 1009.0 - 0.5);
    let moments = Moments::of(&Rows::new(values.collect(), dim));
    timed(|| {
        symmetric_eigen(moments.covariance.as_ref())?;
        Ok(())
    })
}

fn prediction(dim: usize) -> Result<f64, Failure> {
    let spectrum = Spectrum::power_law(dim, 1.0)?;
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known)?;
    // Microseconds: many, to be seen by the clock.
    let seconds = timed(|| {
        (0..1000).for_each(|k| {
            let ridge = ensemble.effective_ridge(0.1 + 1e-6 * f64::from(k));
            let _ = std::hint::black_box(ridge);
        });
        Ok(())
    })?;
    Ok(seconds / 1000.0)
}

fn moments(rows: usize) -> Result<f64, Failure> {
    const DIM: usize = 200;
    let values = (0..rows * DIM).map(|k| ((k * 7919) % 1009) as f64);
    let rows = Rows::new(values.collect(), DIM);
    timed(|| {
        std::hint::black_box(Moments::of(&rows));
        Ok(())
    })
}

fn timed(run: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64())
}
