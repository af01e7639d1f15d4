//! A file of networks: `safetensors`, for this program and any other.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::config::{NetworkConfig, NetworkConfigError, NetworkKind};
use super::networks::Networks;
use super::parameters::{Named as NamedTensor, ParameterError};
use crate::config::{Named, Precision, Target};
use crate::score::{ModelFileError, Numbers, TensorDevice};

/// What the metadata `network` of a file says, as JSON.
#[derive(Serialize, Deserialize)]
struct Described {
    #[serde(flatten)]
    kind: NetworkKind,
    target: String,
    dim: usize,
    members: usize,
}

/// Writes networks. Each parameter is a tensor whose first index is the member; the metadata `network` says in JSON
/// what they are: `kind` with its sizes, `target`, `dim` and `members`.
///
/// A linear layer computes `x weight + bias`, with the input's index of the weight before the output's. Entry
/// `(3 i + j) inputs + c` of a filter is the tap at row `i - 1` and column `j - 1` of channel c.
///
/// # Errors
/// Those of the file system.
pub fn write_networks(path: &Path, networks: &Networks) -> Result<(), ModelFileError> {
    let config = networks.config();
    let described = Described {
        kind: config.kind,
        target: config.target.name().to_owned(),
        dim: networks.dim(),
        members: networks.members(),
    };
    let described = serde_json::to_string(&described).expect("plain numbers and words");
    let parameters = networks.parameters();
    let tensors = parameters.iter().map(|named| {
        let numbers = &named.numbers;
        let dtype = match numbers.precision() {
            Precision::F32 => Dtype::F32,
            Precision::F64 => Dtype::F64,
        };
        let view = TensorView::new(dtype, numbers.shape().to_vec(), numbers.bytes());
        (
            named.name.as_str(),
            view.expect("as many bytes as the shape says"),
        )
    });
    // Only one key: several have no fixed order, and equal networks must have equal bytes.
    let metadata = HashMap::from([("network".to_owned(), described)]);
    let bytes = safetensors::serialize(tensors.collect::<Vec<_>>(), Some(metadata));
    let bytes = bytes.map_err(|error| ModelFileError::malformed(path, error))?;
    fs::write(path, bytes).map_err(ModelFileError::io(path))
}

/// Reads a file of [`write_networks`], in the precision of the device.
///
/// # Errors
/// A file that cannot be read, or that does not hold such networks.
pub fn read_networks(path: &Path, device: &TensorDevice) -> Result<Networks, ModelFileError> {
    let bytes = fs::read(path).map_err(ModelFileError::io(path))?;
    read(&bytes, device).map_err(|problem| ModelFileError::malformed(path, problem))
}

fn read(bytes: &[u8], device: &TensorDevice) -> Result<Networks, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| said(&e))?;
    let metadata = header.metadata().as_ref();
    let described = metadata
        .and_then(|metadata| metadata.get("network"))
        .ok_or("its metadata have no network")?;
    let described: Described = serde_json::from_str(described).map_err(|e| said(&e))?;
    let target = Target::named(&described.target)
        .ok_or_else(|| format!("unknown target {:?}", described.target))?;
    let config = NetworkConfig::new(described.kind).target(target);
    let file = SafeTensors::deserialize(bytes).map_err(|e| said(&e))?;
    let tensor = |(name, view): (String, TensorView<'_>)| {
        let precision = match view.dtype() {
            Dtype::F32 => Precision::F32,
            Dtype::F64 => Precision::F64,
            other => return Err(format!("{name} is {other:?}, not F32 or F64")),
        };
        let numbers = Numbers::from_bytes(precision, view.shape(), view.data().to_vec());
        let numbers = numbers.expect("safetensors has checked the number of bytes");
        Ok(NamedTensor { name, numbers })
    };
    let tensors: Vec<NamedTensor> = file
        .tensors()
        .into_iter()
        .map(tensor)
        .collect::<Result<_, _>>()?;
    let made = |error: NetworkConfigError| said(&error);
    let networks = Networks::new(config, described.dim, described.members, 0, device);
    let networks = networks.map_err(made)?;
    let filled = networks.with_parameters(&tensors, device);
    filled.map_err(|error: ParameterError| said(&error))
}
