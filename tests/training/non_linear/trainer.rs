//! Networks that are not linear in training.

use lindiff::config::{Precision, RateSchedule, Target};
use lindiff::data::Rows;
use lindiff::diffusion::Schedule;
use lindiff::neural::{
    Named, NetworkConfig, Networks, Trainer, TrainerConfig, TrainerError, TrainerState,
};
use lindiff::score::Numbers;
use lindiff::training::LearningRate;
use lindiff::training::optimizer::Adam;

use super::{device, mlp, normals, rows, unet};

fn config(network: NetworkConfig) -> TrainerConfig {
    TrainerConfig {
        network,
        batch_size: 8,
        optimizer: Adam::coupled(0.0),
        learning_rate: LearningRate::new(3e-3, RateSchedule::Cosine, 4),
        ema: 0.99,
    }
}

fn trainer(network: NetworkConfig, rows: Vec<Rows>, precision: Precision) -> Trainer {
    let schedule = Schedule::cosine(50).unwrap();
    Trainer::new(config(network), &schedule, rows, 5, &device(precision)).unwrap()
}

/// Every byte that training goes on from.
fn bytes(state: TrainerState) -> Vec<Vec<u8>> {
    let [first, second] = state.moments;
    let networks = [state.networks, state.average, first, second];
    let parameters = networks.iter().flat_map(Networks::parameters);
    let numbers = parameters.map(|p| p.numbers.bytes().to_vec());
    numbers
        .chain([state.steps.to_le_bytes().to_vec()])
        .collect()
}

#[test]
fn one_seed_gives_the_same_bytes_on_any_number_of_threads() {
    for (network, dim) in [(mlp(), 5), (unet([8, 8]), 64)] {
        let train = |threads: usize| {
            let pool = rayon_pool(threads);
            pool.install(|| {
                let mut trainer = trainer(network, vec![rows(20, dim, 0)], Precision::F32);
                trainer.epoch().unwrap();
                bytes(trainer.state())
            })
        };
        let once = train(1);
        assert!(
            once == train(1) && once == train(2) && once == train(3),
            "{network:?}"
        );
    }
}

#[test]
fn training_resumes_to_the_same_bytes() {
    for (network, dim) in [(mlp(), 5), (unet([4, 4]), 16)] {
        let sets = || vec![rows(20, dim, 0), rows(11, dim, 1)];
        for precision in [Precision::F32, Precision::F64] {
            let mut whole = trainer(network, sets(), precision);
            (0..9).for_each(|_| drop(whole.step().unwrap()));
            let mut first = trainer(network, sets(), precision);
            (0..4).for_each(|_| drop(first.step().unwrap()));
            let mut second = trainer(network, sets(), precision);
            second.restore(first.state()).unwrap();
            (4..9).for_each(|_| drop(second.step().unwrap()));
            assert!(bytes(whole.state()) == bytes(second.state()), "{network:?}");
        }
    }
}

#[test]
fn a_member_is_the_network_that_is_trained_alone_to_rounding() {
    for (network, dim) in [(mlp(), 5), (unet([4, 4]), 16)] {
        // Each has another number of rows; one has fewer than a batch.
        let sets = [rows(20, dim, 0), rows(5, dim, 1), rows(33, dim, 2)];
        let mut together = trainer(network, sets.to_vec(), Precision::F64);
        let losses: Vec<Vec<f64>> = (0..12).map(|_| together.step().unwrap()).collect();
        for (member, set) in sets.into_iter().enumerate() {
            let mut alone = trainer(network, vec![set], Precision::F64);
            // The rate of an epoch depends on the number of its steps.
            for losses in &losses[..alone.steps_per_epoch().min(5) as usize] {
                let loss = alone.step().unwrap()[0];
                assert!(
                    (loss - losses[member]).abs() < 1e-12,
                    "{network:?} {member}"
                );
            }
        }
    }
}

/// The first and the tenth loss of small trainings in f64. Another number means that streams, start, levels, networks or
/// optimiser are not what they were, and that runs of earlier versions do not go on as they would have.
#[test]
fn training_takes_the_path_that_it_has_always_taken() {
    for (network, dim, expected) in [
        (mlp(), 5, [0.793_851_654_808_810_4, 0.675_771_929_014_435_4]),
        (
            unet([4, 4]),
            16,
            [0.879_227_777_405_217_5, 0.922_633_622_573_297],
        ),
    ] {
        let mut trainer = trainer(network, vec![rows(20, dim, 0)], Precision::F64);
        let losses: Vec<f64> = (0..10).map(|_| trainer.step().unwrap()[0]).collect();
        for (found, expected) in [losses[0], losses[9]].iter().zip(expected) {
            // Other processors round otherwise, and Adam magnifies that.
            assert!((found - expected).abs() < 1e-8, "{network:?}: {losses:?}");
        }
    }
}

#[test]
fn the_loss_of_an_untrained_network_is_the_mean_square_of_its_target() {
    // x_0 = 1 or -1, so that the target v has the mean square 1 at every level, and eps too.
    let signs = normals(64 * 200, 7).into_iter().map(f64::signum).collect();
    let signs = Rows::new(signs, 64);
    let schedule = Schedule::cosine(50).unwrap();
    for target in [Target::V, Target::Eps] {
        let mut config = config(mlp().target(target));
        config.batch_size = 2000;
        let device = device(Precision::F32);
        let trainer = Trainer::new(config, &schedule, vec![signs.clone()], 5, &device);
        let loss = trainer.unwrap().step().unwrap()[0];
        // 128,000 squares of normals, of variance 2 at most: five deviations.
        assert!(
            (loss - 1.0).abs() < 5.0 * (2.0f64 / 128_000.0).sqrt(),
            "{loss}"
        );
    }
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let schedule = Schedule::cosine(50).unwrap();
    let attempt = |config, rows| {
        let trainer = Trainer::new(config, &schedule, rows, 5, &device(Precision::F32));
        trainer.err().unwrap()
    };
    let plain = config(mlp());
    assert_eq!(attempt(plain, vec![]), TrainerError::NoRows);
    let error = attempt(plain, vec![rows(3, 4, 0), rows(3, 5, 0)]);
    assert_eq!(
        error.to_string(),
        "the rows of member 1 have 5 numbers, those of member 0 have 4"
    );
    let no_batch = TrainerConfig {
        batch_size: 0,
        ..plain
    };
    assert_eq!(
        attempt(no_batch, vec![rows(3, 4, 0)]),
        TrainerError::NoBatch
    );
    let error = attempt(TrainerConfig { ema: 1.0, ..plain }, vec![rows(3, 4, 0)]);
    assert_eq!(error, TrainerError::Average { ema: 1.0 });
    let mut wild = trainer(mlp(), vec![rows(3, 4, 0)], Precision::F32);
    let mut state = wild.state();
    let broken = state.networks.parameters().into_iter().map(|named| Named {
        numbers: Numbers::rounded(
            Precision::F32,
            named.numbers.shape(),
            vec![1e30; named.numbers.count()],
        ),
        name: named.name,
    });
    let device = device(Precision::F32);
    let broken: Vec<Named> = broken.collect();
    state.networks = state.networks.with_parameters(&broken, &device).unwrap();
    wild.restore(state).unwrap();
    let error = wild.step().unwrap_err().to_string();
    assert!(
        error.starts_with("the loss of member 0 is inf at step 0"),
        "{error}"
    );
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap()
}
