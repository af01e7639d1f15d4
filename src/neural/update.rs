//! The changes of parameters in a step of training: Adam's, and those of the moving average.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::training::optimizer::{Adam, move_towards};

/// One tensor for each parameter of a module, known by the parameter's identity.
pub(super) struct Tensors(GradientsParams);

impl Tensors {
    /// The gradients of a loss, or anything else that burn knows by the identity of a parameter.
    pub(super) fn new(tensors: GradientsParams) -> Self {
        Self(tensors)
    }

    /// The numbers of a module.
    pub(super) fn of(module: &impl Module) -> Self {
        let mut tensors = Self(GradientsParams::new());
        module.visit(&mut tensors);
        tensors
    }

    /// A module with these numbers.
    pub(super) fn fill<M: Module>(&self, module: M) -> M {
        module.map(&mut Filling(&self.0))
    }

    fn remove<const D: usize>(&mut self, param: &Param<Tensor<D>>) -> Tensor<D> {
        let tensor = self.0.remove(param.id);
        tensor.expect("every parameter has a tensor")
    }
}

impl ModuleVisitor for Tensors {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, param.val().inner());
    }
}

struct Filling<'a>(&'a GradientsParams);

impl ModuleMapper for Filling<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = self.0.get::<D>(param.id);
        param.map(|_| tensor.expect("every parameter has a tensor"))
    }
}

/// The moments m and v of Adam.
pub(super) struct Moments {
    pub(super) first: Tensors,
    pub(super) second: Tensors,
}

/// A step of Adam, the `count`-th, from 1.
pub(super) struct AdamStep<'a> {
    pub(super) adam: Adam,
    pub(super) rate: f64,
    pub(super) count: u64,
    pub(super) gradients: Tensors,
    pub(super) moments: &'a mut Moments,
}

impl ModuleMapper for AdamStep<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Moments { first, second } = self.moments;
        let moments = [first.remove(&param), second.remove(&param)];
        let (gradient, id) = (self.gradients.remove(&param), param.id);
        param.map(|tensor| {
            let tensor = tensor.inner();
            let advanced = self
                .adam
                .advance(self.rate, self.count, tensor, moments, gradient);
            let (tensor, [m, v]) = advanced;
            first.0.register(id, m);
            second.0.register(id, v);
            Tensor::from_inner(tensor).require_grad()
        })
    }
}

/// Moves each parameter of `average` towards that of `module`: `a <- a + share (w - a)`.
pub(super) fn average<M: Module>(average: M, module: &M, share: f64) -> M {
    let values = Tensors::of(module);
    average.map(&mut Towards { values, share })
}

struct Towards {
    values: Tensors,
    share: f64,
}

impl ModuleMapper for Towards {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = self.values.remove(&param);
        param.map(|average| move_towards(average, value, self.share))
    }
}
