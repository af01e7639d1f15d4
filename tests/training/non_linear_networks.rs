//! Networks that are not linear: their gradients, their start, and their training in memory.

use std::path::Path;
use std::process::Command;

use crate::python::python_has;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use faer::MatRef;
use lindiff::config::{BackendConfig, Precision, RateSchedule, Target};
use lindiff::data::Rows;
use lindiff::denoiser::PointDenoiser;
use lindiff::diffusion::Schedule;
use lindiff::neural::{
    Named, NetworkConfig, NetworkConfigError, NetworkKind, Networks, Trainer, TrainerConfig,
    TrainerError, TrainerState, read_networks, write_networks,
};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::score::{Numbers, TensorDevice};
use lindiff::text::statistics::worst;
use lindiff::training::LearningRate;
use lindiff::training::optimizer::Adam;
use safetensors::tensor::{Dtype, TensorView};

fn device(precision: Precision) -> TensorDevice {
    TensorDevice::new(BackendConfig::default().precision(precision)).unwrap()
}

fn normals(count: usize, item: u64) -> Vec<f64> {
    let mut out = vec![0.0; count];
    fill_normal(&mut stream(11, Purpose::Projections, item), &mut out);
    out
}

fn mlp() -> NetworkConfig {
    NetworkConfig::new(NetworkKind::Mlp {
        width: 7,
        layers: 2,
    })
}

fn unet(image: [usize; 2]) -> NetworkConfig {
    NetworkConfig::new(NetworkKind::UNet {
        channels: 16,
        image,
    })
}

/// Networks whose every number was drawn: at the start of training the last layer is zero and hides all others.
fn drawn(config: NetworkConfig, dim: usize, members: usize, device: &TensorDevice) -> Networks {
    let start = Networks::new(config, dim, members, 3, device).unwrap();
    let redrawn = |(item, named): (usize, Named)| {
        let noise = normals(named.numbers.count(), item as u64);
        let values = named.numbers.all().into_iter().zip(noise);
        let values = values.map(|(start, noise)| start + 0.2 * noise);
        let (precision, shape) = (named.numbers.precision(), named.numbers.shape());
        Named {
            numbers: Numbers::rounded(precision, shape, values),
            name: named.name,
        }
    };
    let parameters = start.parameters().into_iter().enumerate().map(redrawn);
    let parameters: Vec<Named> = parameters.collect();
    start.with_parameters(&parameters, device).unwrap()
}

/// The noise levels of [`loss`].
const LOG_SNR: [f64; 3] = [-3.0, 0.5, 4.0];

/// Fixed vectors `[E, n, d]` for networks.
fn vectors(networks: &Networks, item: u64, device: &TensorDevice) -> Tensor<3> {
    let shape = [networks.members(), LOG_SNR.len(), networks.dim()];
    device.tensor(normals(shape.iter().product(), item), shape)
}

/// A loss of networks on fixed vectors: `sum (f - target)^2`.
fn loss(networks: &Networks, device: &TensorDevice) -> Tensor<1> {
    let output = networks.forward(vectors(networks, 101, device), &LOG_SNR);
    let error = output - vectors(networks, 102, device);
    (error.clone() * error).sum()
}

fn value(networks: &Networks, device: &TensorDevice) -> f64 {
    loss(networks, device).into_data().iter().next().unwrap()
}

/// The gradient of [`loss`], parameter by parameter.
fn gradients(networks: &Networks, device: &TensorDevice) -> Vec<Vec<f64>> {
    struct Collected(GradientsParams, Vec<Vec<f64>>);
    impl ModuleVisitor for Collected {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self
                .0
                .remove::<D>(param.id)
                .expect("every parameter has one");
            self.1.push(gradient.into_data().iter().collect());
        }
    }
    let gradients = loss(networks, device).backward();
    let gradients = GradientsParams::from_grads(gradients, networks);
    let mut collected = Collected(gradients, Vec::new());
    networks.visit(&mut collected);
    collected.1
}

/// The gradient of one number of a parameter by central differences of the fourth order.
fn difference(
    networks: &Networks,
    parameters: &[Named],
    (parameter, index): (usize, usize),
    device: &TensorDevice,
) -> f64 {
    const STEP: f64 = 1e-3;
    let moved = |by: f64| {
        let mut parameters = parameters.to_vec();
        let numbers = &parameters[parameter].numbers;
        let mut values = numbers.all();
        values[index] += by;
        let numbers = Numbers::rounded(numbers.precision(), numbers.shape(), values);
        parameters[parameter].numbers = numbers;
        let networks = networks.clone().with_parameters(&parameters, device);
        value(&networks.unwrap(), device)
    };
    let slope = |by: f64| (moved(by) - moved(-by)) / (2.0 * by);
    (4.0 * slope(STEP) - slope(2.0 * STEP)) / 3.0
}

#[test]
fn gradients_of_both_networks_are_central_differences() {
    let (plain, autodiff) = (device(Precision::F64), device(Precision::F64).autodiff());
    for (config, dim) in [(mlp(), 5), (unet([4, 6]), 24), (unet([16, 16]), 256)] {
        let networks = drawn(config, dim, 2, &autodiff);
        let parameters = networks.parameters();
        let gradients = gradients(&networks, &autodiff);
        assert_eq!(gradients.len(), parameters.len());
        let still = networks.valid();
        let places = if dim < 100 { 2 } else { 1 };
        for (parameter, gradient) in gradients.iter().enumerate() {
            let largest = worst(gradient.iter().map(|g| g.abs()));
            for place in 0..places {
                let index = (place * 7919 + parameter * 104_729) % gradient.len();
                let expected = difference(&still, &parameters, (parameter, index), &plain);
                let error = (gradient[index] - expected).abs() / largest;
                let name = &parameters[parameter].name;
                assert!(error < 1e-8, "{config:?}, {name} {index}: off by {error:e}");
            }
        }
    }
}

/// Writes what `check_networks.py` reads beside the networks.
fn write_values(path: &Path, networks: &Networks, device: &TensorDevice) {
    let (x, wanted) = (
        vectors(networks, 101, device),
        vectors(networks, 102, device),
    );
    let output = networks.forward(x.clone(), &LOG_SNR);
    let shape = output.dims().to_vec();
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = [x, wanted, output]
        .into_iter()
        .zip(["x", "wanted", "output"])
        .map(|(tensor, name)| {
            let numbers = tensor.inner().into_data().iter().collect();
            (name.to_owned(), shape.clone(), numbers)
        })
        .collect();
    let log_snr = LOG_SNR.map(|l| l as f32).to_vec();
    tensors.push(("log_snr".to_owned(), vec![LOG_SNR.len()], log_snr));
    for (named, gradient) in networks
        .parameters()
        .iter()
        .zip(gradients(networks, device))
    {
        let gradient = gradient.into_iter().map(|g| g as f32).collect();
        let shape = named.numbers.shape().to_vec();
        tensors.push((format!("gradient.{}", named.name), shape, gradient));
    }
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name.clone(), view.unwrap())
    });
    safetensors::serialize_to_file(views, None, path).unwrap();
}

#[test]
fn outputs_and_gradients_are_pytorchs() {
    if !python_has("torch, safetensors") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let device = device(Precision::F32).autodiff();
    for (config, dim) in [
        (mlp(), 5),
        (NetworkConfig::mlp(), 64),
        (NetworkConfig::unet([8, 8]), 64),
        (unet([4, 6]), 24),
        (unet([16, 20]), 320),
    ] {
        let networks = drawn(config, dim, 2, &device);
        let [file, values] = ["networks", "values"].map(|name| folder.path().join(name));
        write_networks(&file, &networks).unwrap();
        write_values(&values, &networks, &device);
        let output = Command::new("python3")
            .arg("tests/independent/check_networks.py")
            .args([&file, &values])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{config:?}: {complained}");
        println!("{config:?}: {said}");
    }
}

#[test]
fn a_file_gives_its_networks_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("networks.safetensors");
    for (precision, config, dim) in [
        (Precision::F32, mlp().target(Target::X0), 5),
        (Precision::F64, unet([4, 6]), 24),
    ] {
        let device = device(precision);
        let networks = drawn(config, dim, 3, &device);
        write_networks(&path, &networks).unwrap();
        let read = read_networks(&path, &device).unwrap();
        assert_eq!(read.parameters(), networks.parameters());
        assert_eq!(
            (read.config(), read.members(), read.dim()),
            (config, 3, dim)
        );
        // The same file again, byte for byte.
        let bytes = std::fs::read(&path).unwrap();
        write_networks(&path, &read).unwrap();
        assert!(bytes == std::fs::read(&path).unwrap());
    }
    std::fs::write(&path, b"not a file of networks").unwrap();
    let error = read_networks(&path, &device(Precision::F32)).unwrap_err();
    assert!(
        error.to_string().contains("not a file of networks"),
        "{error}"
    );
}

#[test]
fn networks_have_as_many_parameters_as_their_sizes_say() {
    let count = |config: NetworkConfig, dim: usize, members: usize| {
        let networks = Networks::new(config, dim, members, 0, &device(Precision::F32));
        networks.unwrap().parameter_count()
    };
    // Weights and biases of 64-256-256-256-64, and a map of 32 features into each hidden layer.
    let layers = 65 * 256 + 2 * 257 * 256 + 257 * 64;
    assert_eq!(count(NetworkConfig::mlp(), 64, 3), layers + 3 * 32 * 256);
    assert_eq!(count(NetworkConfig::unet([8, 8]), 64, 2), 51_521);
}

#[test]
fn parameters_have_the_names_of_their_places() {
    let names = |config: NetworkConfig, dim: usize| -> Vec<String> {
        let networks = Networks::new(config, dim, 2, 0, &device(Precision::F32)).unwrap();
        let named = networks.parameters().into_iter();
        named
            .map(|p| format!("{} {:?}", p.name, p.numbers.shape()))
            .collect()
    };
    assert_eq!(
        names(mlp(), 5),
        [
            "hidden.0.linear.weight [2, 5, 7]",
            "hidden.0.linear.bias [2, 7]",
            "hidden.0.time [2, 32, 7]",
            "hidden.1.linear.weight [2, 7, 7]",
            "hidden.1.linear.bias [2, 7]",
            "hidden.1.time [2, 32, 7]",
            "output.weight [2, 7, 5]",
            "output.bias [2, 5]",
        ]
    );
    let unet = names(unet([8, 8]), 64);
    assert_eq!(unet[..2], ["input.weight [2, 9, 16]", "input.bias [2, 16]"]);
    assert!(
        unet.contains(&"up.0.skip.weight [2, 48, 16]".to_owned()),
        "{unet:?}"
    );
}

#[test]
fn sizes_out_of_range_are_refused() {
    let check = |kind, dim| NetworkConfig::new(kind).check(dim);
    let unet = |channels, image| NetworkKind::UNet { channels, image };
    for (kind, message) in [
        (
            NetworkKind::Mlp {
                width: 0,
                layers: 3,
            },
            "width = 0: must be from 1 to 65536",
        ),
        (
            NetworkKind::Mlp {
                width: 8,
                layers: 0,
            },
            "layers = 0: must be from 1 to 64",
        ),
        (
            unet(12, [8, 8]),
            "channels = 12: must be a multiple of 8 from 8 to 512",
        ),
        (
            unet(16, [7, 8]),
            "an image of 7 x 8 pixels: each side must be an even number from 4 to 256",
        ),
        (
            unet(16, [8, 8]),
            "an image of 8 x 8 pixels has 64, and a row has 60 numbers",
        ),
    ] {
        assert_eq!(check(kind, 60).unwrap_err().to_string(), message);
    }
    assert_eq!(
        check(unet(16, [6, 10]), 60),
        Ok::<(), NetworkConfigError>(())
    );
}

/// Rows of a law that is not Gaussian.
fn rows(count: usize, dim: usize, item: u64) -> Rows {
    let numbers = normals(count * dim, 1000 + item).into_iter();
    Rows::new(numbers.map(|x| x.signum() * x.abs().sqrt()).collect(), dim)
}

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

#[test]
fn a_denoiser_is_the_output_of_its_member_turned_into_noise() {
    let device = device(Precision::F64);
    let schedule = Schedule::cosine(50).unwrap();
    for (config, dim) in [(mlp().target(Target::X0), 5), (unet([4, 4]), 16)] {
        let networks = drawn(config, dim, 2, &device);
        // More points than go through the network together.
        let points = normals(300 * dim, 8);
        let x = MatRef::from_row_major_slice(&points, 300, dim);
        let level = schedule.step(20).level();
        let tensor = device.tensor::<3>([&points[..], &points[..]].concat(), [2, 300, dim]);
        let outputs = networks
            .forward(tensor, &[level.log_snr(); 300])
            .into_data();
        let outputs: Vec<f64> = outputs.iter().collect();
        let to_noise = config.target.to_noise(&level);
        for member in 0..2 {
            let denoiser = networks.denoiser(member, &schedule, &device);
            let noise = denoiser.predicted_noise(x, 20);
            let outputs = &outputs[member * points.len()..];
            for (k, point) in points.iter().enumerate() {
                let expected = to_noise.output * outputs[k] + to_noise.input * point;
                let found = noise[(k / dim, k % dim)];
                assert!((found - expected).abs() < 1e-12, "{config:?} {member} {k}");
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
fn all_members_start_with_the_same_numbers() {
    let networks = Networks::new(unet([8, 8]), 64, 3, 3, &device(Precision::F32)).unwrap();
    let alone = Networks::new(unet([8, 8]), 64, 1, 3, &device(Precision::F32)).unwrap();
    for member in 0..3 {
        assert_eq!(networks.member(member).parameters(), alone.parameters());
    }
    let other = Networks::new(unet([8, 8]), 64, 1, 4, &device(Precision::F32)).unwrap();
    assert_ne!(other.parameters(), alone.parameters());
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
