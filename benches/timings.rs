//! Seconds of one unit of a work, on one line: what `benches/compare/compare.py` sets beside PyTorch and numpy.
//!
//! `cargo bench --bench timings -- WORK [f32 | f64] [KEY=VALUE]...`, with a WORK of [`WORKS`]; without one, a line for each.
//! The keys are those of an experiment, such as `backend.name=cuda` or `data.dim=1000`.

use std::sync::OnceLock;
use std::time::Instant;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use lindiff::config::{Experiment, RateSchedule};
use lindiff::data::{ReadRows, Rows, Values};
use lindiff::gaussian::Moments;
use lindiff::gaussian::symmetric_eigen;
use lindiff::neural::{NetworkConfig, Trainer, TrainerConfig};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::run::Setup;
use lindiff::sampling::law;
use lindiff::score::Real;
use lindiff::score::{DrawOptions, draw};
use lindiff::training::observer::{Event, ObserverError};
use lindiff::training::optimizer::Adam;
use lindiff::training::{LearningRate, Observer, RunOptions};
use rayon::prelude::*;

/// The program's own allocator: with the system's, large tensors are faulted in again and again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

/// The seconds of a work in a precision.
type Work = fn(&str) -> Result<f64, Failure>;

/// The works by name.
const WORKS: [(&str, Work); 13] = [
    // In the eigenbasis, where the weights stay diagonal, and in the data's.
    ("epoch-sgd", |p| epoch(p, &["training.optimizer=sgd"])),
    ("epoch-sgd-data", |p| {
        epoch(p, &["training.optimizer=sgd", "training.basis=data"])
    }),
    ("epoch-adam", |p| epoch(p, &["training.optimizer=adam"])),
    ("step-10-adam", |p| step(p, "adam", 10)),
    ("step-10-sgd", |p| step(p, "sgd", 10)),
    ("step-1000", |p| step(p, "adam", 1000)),
    ("step-mlp", |p| neural_step(p, NetworkConfig::mlp(), 128)),
    ("step-unet", |p| {
        neural_step(p, NetworkConfig::unet([8, 8]), 64)
    }),
    ("draws", draws),
    ("moments", |_| moments()),
    ("covariance", |_| covariance()),
    ("product", |p| Ok(product(p))),
    ("copy", |_| Ok(copy())),
];

fn main() -> Result<(), Failure> {
    // Cargo adds `--bench`.
    let arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let arguments: Vec<String> = arguments.collect();
    let (work, precision, sets) = match &arguments[..] {
        [] => {
            for (name, work) in WORKS {
                println!("{name} {}", work("f32")?);
            }
            return Ok(());
        }
        [work] => (work, "f32", &[][..]),
        [work, precision, sets @ ..] => (work, precision.as_str(), sets),
    };
    SETS.set(sets.to_vec()).expect("is set once");
    let named = WORKS.iter().find(|(name, _)| name == work);
    let (_, run) = named.ok_or_else(|| format!("no work is called {work}"))?;
    println!("{}", run(precision)?);
    Ok(())
}

/// What the command line sets.
static SETS: OnceLock<Vec<String>> = OnceLock::new();

fn setup(precision: &str, sets: &[&str]) -> Result<Setup, Failure> {
    let base = [
        "data.source=power-law",
        "data.dim=200",
        "data.samples=2000",
        "sampling.draws=0",
    ];
    let mut all: Vec<String> = base.iter().chain(sets).map(|s| s.to_string()).collect();
    all.push(format!("backend.precision={precision}"));
    all.extend(SETS.get().into_iter().flatten().cloned());
    let loaded = Experiment::from_toml("", std::path::Path::new(""), &all)?;
    Ok(Setup::new(loaded.experiment)?)
}

/// An epoch of the exact objective at d = 200, T = 1000: the mean of twelve (the evaluations are not counted).
fn epoch(precision: &str, sets: &[&str]) -> Result<f64, Failure> {
    const EPOCHS: usize = 12;
    let epochs = [
        format!("training.epochs={}", EPOCHS + 1),
        format!("training.evaluate={}", EPOCHS + 1),
    ];
    let sets: Vec<&str> = sets
        .iter()
        .copied()
        .chain(epochs.iter().map(String::as_str))
        .collect();
    trained(precision, &sets, EPOCHS)
}

/// A step of the sampled objective with so many rows at d = 200, T = 100.
fn step(precision: &str, optimizer: &str, rows: usize) -> Result<f64, Failure> {
    let batch = format!("training.batch_size={rows}");
    let optimizer = format!("training.optimizer={optimizer}");
    let sets = [
        "training.objective=sampled",
        &optimizer,
        "schedule.steps=100",
        "training.epochs=2",
        "training.evaluate=2",
        &batch,
    ];
    trained(precision, &sets, 2000 / rows)
}

/// A step of a network that is not linear on rows of 64 numbers, its moving average included: the mean of those of half
/// a second or more.
fn neural_step(precision: &str, network: NetworkConfig, batch_size: usize) -> Result<f64, Failure> {
    let sets = ["data.dim=64", "schedule.steps=1000"];
    let setup = setup(precision, &sets)?;
    let config = TrainerConfig {
        network,
        batch_size,
        optimizer: Adam::coupled(0.0),
        learning_rate: LearningRate::new(1e-3, RateSchedule::Constant, 1),
        ema: 0.999,
    };
    let mut numbers = vec![0.0; 2000 * 64];
    fill_normal(&mut stream(1, Purpose::Data, 0), &mut numbers);
    let rows = vec![Rows::new(numbers, 64)];
    let mut trainer = Trainer::new(config, setup.schedule(), rows, 1, setup.device())?;
    (0..5).try_for_each(|_| trainer.step().map(drop))?;
    let (start, mut steps) = (seconds_now(), 0);
    while seconds_now() - start < 0.5 || steps < 20 {
        trainer.step()?;
        steps += 1;
    }
    Ok((seconds_now() - start) / f64::from(steps))
}

/// Seconds of a clock that runs evenly; with CLOCK=processor those that this process has computed, which other processes
/// do not lengthen.
fn seconds_now() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    #[cfg(unix)]
    if std::env::var_os("CLOCK").is_some_and(|clock| clock == "processor") {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the call writes into `time`, which lives until it returns.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
        return time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64;
    }
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Seconds of an epoch after the first, over `units`.
fn trained(precision: &str, sets: &[&str], units: usize) -> Result<f64, Failure> {
    let setup = setup(precision, sets)?;
    let mut learner = setup.learner()?;
    let mut first = FirstEpoch::default();
    learner.run(RunOptions::default().observer(&mut first))?;
    Ok((learner.state().seconds - first.seconds) / units as f64)
}

/// What the first epoch took, in which memory is taken that is used again.
#[derive(Default)]
struct FirstEpoch {
    seconds: f64,
}

impl Observer for FirstEpoch {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if event.state.epoch == 1 {
            self.seconds = event.state.seconds;
        }
        Ok(())
    }
}

/// Ten thousand draws by the reverse process at d = 200, T = 1000.
fn draws(precision: &str) -> Result<f64, Failure> {
    let setup = setup(precision, &["training.epochs=1"])?;
    let snapshot = setup.learner()?.snapshot();
    let options = DrawOptions {
        draws: 10_000,
        seed: 1,
    };
    let start = Instant::now();
    let rows = draw(
        setup.evaluator().rules(),
        &snapshot.denoiser(setup.schedule())?,
        options,
        &setup.device().inner(),
        |_, _| {},
    );
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(rows.count(), 10_000);
    Ok(seconds)
}

/// The exact moments of the sampler at d = 200, T = 1000, in f64.
fn moments() -> Result<f64, Failure> {
    let setup = setup("f64", &["training.epochs=1"])?;
    let snapshot = setup.learner()?.snapshot();
    let start = Instant::now();
    let sampled = law(
        setup.evaluator().rules(),
        &snapshot.denoiser(setup.schedule())?,
    )?;
    let seconds = start.elapsed().as_secs_f64();
    assert!(sampled.is_finite());
    Ok(seconds)
}

/// Mean, covariance and eigenvalues of 60,000 rows of 784 bytes.
fn covariance() -> Result<f64, Failure> {
    let (rows, dim) = (60_000, 784);
    let mut state = 1u64;
    let bytes = (0..rows * dim).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    let rows = ReadRows::new(Values::Bytes(bytes.collect()), dim);
    let start = Instant::now();
    let moments = Moments::of_read(&rows);
    let (values, _) = symmetric_eigen(moments.covariance.as_ref())?;
    let seconds = start.elapsed().as_secs_f64();
    assert!(values[0] > 0.0);
    Ok(seconds)
}

/// A product of two matrices of 2000 x 2000, the median of five: a limit of the machine.
fn product(precision: &str) -> f64 {
    fn seconds<E: Real>() -> f64 {
        let matrix = Mat::from_fn(2000, 2000, |i, j| E::rounded(((i * 7 + j * 3) % 11) as f64));
        let mut out = Mat::<E>::zeros(2000, 2000);
        let one = E::rounded(1.0);
        median(|| {
            matmul(
                &mut out,
                Accum::Replace,
                &matrix,
                &matrix,
                one,
                Par::rayon(0),
            )
        })
    }
    match precision {
        "f32" => seconds::<f32>(),
        _ => seconds::<f64>(),
    }
}

/// A copy of 160 MB, the median of five: another.
fn copy() -> f64 {
    let from = vec![1.0f32; 40_000_000];
    let mut to = vec![0.0f32; from.len()];
    const CHUNK: usize = 1 << 20;
    median(|| {
        let chunks = to.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK));
        chunks.for_each(|(to, from)| to.copy_from_slice(from));
    })
}

fn median(mut work: impl FnMut()) -> f64 {
    let mut times = [0.0; 5];
    for time in &mut times {
        let start = Instant::now();
        work();
        *time = start.elapsed().as_secs_f64();
    }
    times.sort_by(f64::total_cmp);
    times[2]
}
