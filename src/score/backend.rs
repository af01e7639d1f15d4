//! The backends of this binary and this machine.

use burn::tensor::{DType, Device};

use crate::config::{BackendConfig, BackendName, Named, Precision};

/// Why this binary or machine does not offer the requested backend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum BackendError {
    #[error(
        "backend {name:?} is not in this binary: build it with `cargo build --release --features {name}`; there are {there}",
        name = name.name()
    )]
    NotBuilt { name: BackendName, there: String },
    #[error("backend {name:?} finds no device on this machine; there are {there}", name = name.name())]
    NoDevice { name: BackendName, there: String },
    #[error(
        "backend {backend:?} does not compute in {precision:?}; there are {there}",
        backend = config.name.name(),
        precision = config.precision.name()
    )]
    Precision {
        config: BackendConfig,
        there: String,
    },
}

/// A backend on this machine.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The backend.
    pub name: BackendName,
    /// Whether this binary was built with it.
    pub built: bool,
    /// The name of its first device; `None` if there is no device.
    pub device: Option<String>,
    /// The precisions that it computes in.
    pub precisions: Vec<Precision>,
}

impl Offer {
    /// Every known backend, in order.
    pub fn all() -> Vec<Offer> {
        let offers = BackendName::NAMES.iter().map(|(_, name)| Self::of(*name));
        offers.collect()
    }

    fn of(name: BackendName) -> Self {
        let found = device(name);
        let devices = found.as_deref().unwrap_or_default();
        let first = devices.first();
        let works = |device: &Device| {
            let precisions = Precision::NAMES.iter().map(|(_, precision)| *precision);
            let offered = precisions.filter(|p| device.supports_dtype(dtype(*p)));
            offered.collect()
        };
        Self {
            name,
            built: found.is_some(),
            device: first.map(|device| called(name, device)),
            precisions: first.map(works).unwrap_or_default(),
        }
    }
}

/// The burn device of a configuration.
pub(super) fn find(config: BackendConfig) -> Result<Device, BackendError> {
    let name = config.name;
    let Some(devices) = device(name) else {
        let there = there();
        return Err(BackendError::NotBuilt { name, there });
    };
    let Some(device) = devices.into_iter().next() else {
        let there = there();
        return Err(BackendError::NoDevice { name, there });
    };
    if device.supports_dtype(dtype(config.precision)) {
        Ok(device)
    } else {
        let there = there();
        Err(BackendError::Precision { config, there })
    }
}

pub(super) fn dtype(precision: Precision) -> DType {
    match precision {
        Precision::F32 => DType::F32,
        Precision::F64 => DType::F64,
    }
}

/// Whether the tensors of a device lie in this process's memory.
pub fn in_memory(device: &Device) -> bool {
    let device = device.clone().inner();
    let of = |name| self::device(name).is_some_and(|devices| devices.contains(&device));
    of(BackendName::Flex) || of(BackendName::NdArray)
}

/// The devices of a backend, the best first; `None` if this binary was built without it.
#[allow(deprecated)] // burn-ndarray was asked for; it works, and goes in burn 0.23
fn device(name: BackendName) -> Option<Vec<Device>> {
    match name {
        BackendName::Flex => Some(vec![Device::flex()]),
        #[cfg(feature = "ndarray")]
        BackendName::NdArray => Some(vec![Device::ndarray()]),
        #[cfg(feature = "wgpu")]
        BackendName::Wgpu => Some(Device::enumerate(burn::tensor::DeviceType::Wgpu).into_vec()),
        #[cfg(feature = "cuda")]
        BackendName::Cuda => Some(Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec()),
        #[allow(unreachable_patterns)] // with every feature
        _ => None,
    }
}

#[allow(unused_variables)] // without a GPU's backend
fn called(name: BackendName, device: &Device) -> String {
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    if let (BackendName::Wgpu | BackendName::Cuda, Some(identity)) = (name, device.identity()) {
        return identity.name;
    }
    "processor".to_owned()
}

/// The offers, as an error lists them.
fn there() -> String {
    let offers = Offer::all()
        .into_iter()
        .filter(|offer| !offer.precisions.is_empty());
    let listed = offers.map(|offer| {
        let precisions: Vec<&str> = offer.precisions.iter().map(|p| p.name()).collect();
        format!("{} ({})", offer.name.name(), precisions.join(", "))
    });
    listed.collect::<Vec<_>>().join(", ")
}
