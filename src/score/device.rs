//! Where tensors live, and their precision.

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
    /// # Errors
    /// A backend that is not in this binary, has no device on this machine, or does not compute in the precision.
    pub fn new(config: BackendConfig) -> Result<Self, BackendError> {
        Ok(Self {
            device: backend::find(config)?,
            precision: config.precision,
        })
    }

    /// Whether tensors are `flex`'s, whose numbers lie in this process's memory as they are.
    pub fn is_flex(&self) -> bool {
        self.device.clone().inner() == Device::flex()
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn dtype(&self) -> DType {
        backend::dtype(self.precision)
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
