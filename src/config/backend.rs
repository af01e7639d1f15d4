//! The backend and its precision.

use super::names::{named, setters};

/// The backend and its precision.
///
#[doc = include_str!("tables/backend.md")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackendConfig {
    /// The backend.
    pub name: BackendName,
    /// The type of its numbers.
    pub precision: Precision,
}

impl BackendConfig {
    setters! {
        /// The backend.
        name: BackendName,
        /// The type of its numbers.
        precision: Precision,
    }

    /// Whether the backend has exponentials and powers in that precision. Shaders have them in f32 alone (SPIR-V's
    /// GLSL.std.450: 16 or 32 bits); in f64, `wgpu` computes wrong ones without a word.
    pub fn has_exponentials(&self) -> bool {
        (self.name, self.precision) != (BackendName::Wgpu, Precision::F64)
    }
}

/// The backend of burn that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendName {
    /// CPU: burn-flex tensors with lindiff's fused loops.
    Flex,
    /// CPU: the ndarray crate.
    NdArray,
    /// A GPU, or a software renderer, by Vulkan, Metal or DirectX. Needs a binary with the feature `wgpu`.
    Wgpu,
    /// A GPU of NVIDIA. Needs a binary with the feature `cuda`.
    Cuda,
}

named!(BackendName {
    "flex": BackendName::Flex,
    "ndarray": BackendName::NdArray,
    "wgpu": BackendName::Wgpu,
    "cuda": BackendName::Cuda,
});

/// The precision of tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

named!(Precision { "f32": Precision::F32, "f64": Precision::F64 });

impl Precision {
    /// The distance from 1 to the next number.
    pub fn epsilon(self) -> f64 {
        match self {
            Precision::F32 => f32::EPSILON as f64,
            Precision::F64 => f64::EPSILON,
        }
    }

    /// The number of bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }
}
