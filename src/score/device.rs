//! Where tensors live, and their precision.

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::config::{BackendConfig, BackendName, Precision};

/// This binary or machine does not offer what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("backend {backend:?} does not compute in {precision:?}")]
pub struct BackendError {
    pub backend: BackendName,
    pub precision: Precision,
}

/// A burn device (which names the backend at run time) and the precision of the tensors on it.
#[derive(Debug, Clone)]
pub struct TensorDevice {
    device: Device,
    precision: Precision,
}

impl TensorDevice {
    #[allow(deprecated)] // burn-ndarray was asked for; it works, and goes in burn 0.23
    pub fn new(config: BackendConfig) -> Result<Self, BackendError> {
        let device = match config.name {
            BackendName::Flex => Device::flex(),
            BackendName::NdArray => Device::ndarray(),
        };
        let new = Self {
            device,
            precision: config.precision,
        };
        if new.device.supports_dtype(new.dtype()) {
            Ok(new)
        } else {
            Err(BackendError {
                backend: config.name,
                precision: config.precision,
            })
        }
    }

    /// Whether tensors are `flex`'s, whose numbers lie in this process's memory as they are.
    pub fn is_flex(&self) -> bool {
        self.device.clone().inner() == Device::flex()
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn dtype(&self) -> DType {
        match self.precision {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        }
    }

    /// The same device, whose tensors record what is done to them.
    pub fn autodiff(&self) -> Self {
        Self {
            device: self.device.clone().autodiff(),
            precision: self.precision,
        }
    }

    /// The same device, whose tensors do not.
    pub fn inner(&self) -> Self {
        Self {
            device: self.device.clone().inner(),
            precision: self.precision,
        }
    }

    /// A tensor of `shape` from numbers in row-major order, rounded to the precision.
    pub fn tensor<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        let data = match self.precision {
            Precision::F32 => {
                let rounded: Vec<f32> = values.into_iter().map(|x| x as f32).collect();
                TensorData::new(rounded, shape)
            }
            Precision::F64 => TensorData::new(values, shape),
        };
        self.tensor_of(data)
    }

    /// A tensor of data that is already in the precision.
    pub fn tensor_of<const D: usize>(&self, data: TensorData) -> Tensor<D> {
        Tensor::from_data(data, (&self.device, self.dtype()))
    }

    pub fn zeros<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::zeros(shape, (&self.device, self.dtype()))
    }
}
