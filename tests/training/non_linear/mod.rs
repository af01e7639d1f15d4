//! Networks that are not linear: what they are, their training in memory, and what they learn.

mod networks;
mod science;
mod trainer;

use lindiff::config::{BackendConfig, Precision};
use lindiff::data::Rows;
use lindiff::neural::{Named, NetworkConfig, NetworkKind, Networks};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::score::{Numbers, TensorDevice};

pub fn device(precision: Precision) -> TensorDevice {
    TensorDevice::new(BackendConfig::default().precision(precision)).unwrap()
}

pub fn normals(count: usize, item: u64) -> Vec<f64> {
    let mut out = vec![0.0; count];
    fill_normal(&mut stream(11, Purpose::Projections, item), &mut out);
    out
}

pub fn mlp() -> NetworkConfig {
    NetworkConfig::new(NetworkKind::Mlp {
        width: 7,
        layers: 2,
    })
}

pub fn unet(image: [usize; 2]) -> NetworkConfig {
    NetworkConfig::new(NetworkKind::UNet {
        channels: 16,
        image,
    })
}

/// Networks whose every number was drawn: at the start of training the last layer is zero and hides all others.
pub fn drawn(config: NetworkConfig, dim: usize, members: usize, device: &TensorDevice) -> Networks {
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

/// Rows of a law that is not Gaussian.
pub fn rows(count: usize, dim: usize, item: u64) -> Rows {
    let numbers = normals(count * dim, 1000 + item).into_iter();
    Rows::new(numbers.map(|x| x.signum() * x.abs().sqrt()).collect(), dim)
}
