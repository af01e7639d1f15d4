//! The number types of tensors.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use burn::tensor::Element;
use faer::traits::RealField;

/// A number type of tensors: f32 or f64.
pub trait Real:
    Element
    + RealField
    + bytemuck::Pod
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + AddAssign
    + SubAssign
    + Sum
{
    /// The number nearest to `value`.
    fn rounded(value: f64) -> Self;
    /// This number in f64.
    fn widened(self) -> f64;
}

impl Real for f32 {
    #[inline(always)]
    fn rounded(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn widened(self) -> f64 {
        self as f64
    }
}

impl Real for f64 {
    #[inline(always)]
    fn rounded(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn widened(self) -> f64 {
        self
    }
}
