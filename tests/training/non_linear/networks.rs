//! Networks that are not linear: their gradients, their parameters, their files, beside PyTorch's.

use std::path::Path;
use std::process::Command;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use faer::MatRef;
use lindiff::config::{Precision, Target};
use lindiff::denoiser::PointDenoiser;
use lindiff::diffusion::Schedule;
use lindiff::neural::{
    Named, NetworkConfig, NetworkConfigError, NetworkKind, Networks, read_networks, write_networks,
};
use lindiff::score::{Numbers, TensorDevice};
use lindiff::text::statistics::worst;
use safetensors::tensor::{Dtype, TensorView};

use super::{device, drawn, mlp, normals, unet};
use crate::python::python_has;

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
        error.to_string().contains("not a network's weights"),
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
