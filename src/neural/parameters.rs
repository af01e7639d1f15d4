//! The parameters of networks by name.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use crate::config::Precision;
use crate::score::{Numbers, TensorDevice};

/// A parameter of networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The fields on the way to it, joined by dots: `hidden.0.linear.weight`.
    pub name: String,
    /// Its numbers. The first index is the member.
    pub numbers: Numbers,
}

/// Why tensors are not the parameters of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ParameterError {
    #[error("there is no tensor {name}")]
    Missing { name: String },
    #[error("{name} has shape {found:?}, not {expected:?}")]
    Shape {
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },
}

/// The parameters of a module in their order.
pub(super) fn named(module: &impl Module) -> Vec<Named> {
    let mut listing = Listing::default();
    module.visit(&mut listing);
    listing.found
}

#[derive(Default)]
struct Listing {
    path: Vec<String>,
    found: Vec<Named>,
}

impl ModuleVisitor for Listing {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.push(Named {
            name: name(&self.path),
            numbers: numbers(param.val().inner().into_data()),
        });
    }

    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

/// The name of a parameter, without `body` and the kind of network, which every path has in front.
fn name(path: &[String]) -> String {
    path[2..].join(".")
}

fn numbers(data: TensorData) -> Numbers {
    let precision = match data.dtype() {
        burn::tensor::DType::F64 => Precision::F64,
        _ => Precision::F32,
    };
    let shape = data.shape().to_vec();
    Numbers::from_bytes(precision, &shape, data.as_bytes().to_vec())
        .expect("as many bytes as the shape says")
}

/// A module with other numbers.
pub(super) fn replace<M: Module>(
    module: M,
    parameters: &[Named],
    device: &TensorDevice,
) -> Result<M, ParameterError> {
    let mut replacement = Replacement {
        path: Vec::new(),
        parameters,
        device,
        problem: None,
    };
    let module = module.map(&mut replacement);
    match replacement.problem {
        None => Ok(module),
        Some(problem) => Err(problem),
    }
}

struct Replacement<'a> {
    path: Vec<String>,
    parameters: &'a [Named],
    device: &'a TensorDevice,
    problem: Option<ParameterError>,
}

impl Replacement<'_> {
    fn found(&self, expected: &[usize]) -> Result<&Numbers, ParameterError> {
        let name = name(&self.path);
        match self.parameters.iter().find(|named| named.name == name) {
            None => Err(ParameterError::Missing { name }),
            Some(named) if named.numbers.shape() != expected => Err(ParameterError::Shape {
                name,
                found: named.numbers.shape().to_vec(),
                expected: expected.to_vec(),
            }),
            Some(named) => Ok(&named.numbers),
        }
    }
}

impl ModuleMapper for Replacement<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.dims();
        let values = match self.found(&shape) {
            Ok(numbers) => numbers.all(),
            Err(problem) => {
                self.problem.get_or_insert(problem);
                return param;
            }
        };
        param.map(|_| self.device.trainable(values, shape))
    }

    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

/// Keeps one index of the first dimension of every parameter.
pub(super) struct Only(pub(super) usize);

impl ModuleMapper for Only {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.narrow(0, self.0, 1))
    }
}

/// Sets every number to zero.
pub(super) struct Zeros;

impl ModuleMapper for Zeros {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.zeros_like())
    }
}
