//! The place and the precision of tensors.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::backend::{self, BackendError};
use crate::config::{BackendConfig, Precision};

/// A burn device (which names the backend at run time) and the precision of the tensors on it.
#[derive(Debug, Clone)]
pub struct TensorDevice {
    device: Device,
    precision: Precision,
}

impl TensorDevice {
    /// The device of a configuration.
    ///
    /// # Errors
    /// A backend that is not in this binary, has no device on this machine, or cannot compute in the precision.
    pub fn new(config: BackendConfig) -> Result<Self, BackendError> {
        Ok(Self {
            device: backend::find(config)?,
            precision: config.precision,
        })
    }

    /// Whether the backend is `flex`, whose numbers lie directly in this process's memory.
    pub fn is_flex(&self) -> bool {
        self.device.clone().inner() == Device::flex()
    }

    /// The precision.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The precision as a type of burn.
    pub fn dtype(&self) -> DType {
        backend::dtype(self.precision)
    }

    /// This device with tensors that record operations for autodiff.
    pub fn autodiff(&self) -> Self {
        Self {
            device: self.device.clone().autodiff(),
            precision: self.precision,
        }
    }

    /// This device with tensors that record nothing.
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

    /// A tensor of data that already has the precision.
    pub fn tensor_of<const D: usize>(&self, data: TensorData) -> Tensor<D> {
        Tensor::from_data(data, (&self.device, self.dtype()))
    }

    /// A tensor as [`TensorDevice::tensor`] makes it, whose gradient is wanted if this device records operations.
    pub fn trainable<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        let tensor = self.tensor(values, shape);
        tensor.set_require_grad(self.device.is_autodiff())
    }

    /// A tensor of zeros.
    pub fn zeros<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::zeros(shape, (&self.device, self.dtype()))
    }
}
