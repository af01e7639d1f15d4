//! Several networks of one kind.

use burn::module::Module;
use burn::tensor::Tensor;

use super::config::{NetworkConfig, NetworkConfigError, NetworkKind};
use super::mlp::Mlp;
use super::parameters::{self, Named, Only, ParameterError, Zeros};
use super::start::Start;
use super::time_features::time_features;
use super::unet::UNet;
use crate::score::TensorDevice;

/// E networks, the members, whose parameters lie in common tensors with the member as first index. No member depends
/// on another one's parameters.
///
/// A network predicts its [target](NetworkConfig::target) of the noised vector `x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps`.
/// Rows of unit mean variance give inputs of unit mean variance at every noise level.
///
/// ```
/// use lindiff::config::BackendConfig;
/// use lindiff::neural::{NetworkConfig, Networks};
/// use lindiff::score::TensorDevice;
///
/// let device = TensorDevice::new(BackendConfig::default())?;
/// let networks = Networks::new(NetworkConfig::unet([8, 8]), 64, 1, 7, &device)?;
/// assert_eq!(networks.parameter_count(), 51_521);
/// let x = device.zeros([1, 5, 64]);
/// // Without training a network predicts 0.
/// let v = networks.forward(x, &[0.0; 5]);
/// assert_eq!(v.dims(), [1, 5, 64]);
/// assert_eq!(v.abs().max().into_scalar::<f32>(), 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Module, Debug)]
pub struct Networks {
    #[module(skip)]
    config: NetworkConfig,
    #[module(skip)]
    members: usize,
    body: Body,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // there are only a few of them, beside tensors
enum Body {
    Mlp(Mlp),
    UNet(UNet),
}

impl Networks {
    /// Networks at the start of training, for rows of `dim` numbers. All members start with the same parameters, which
    /// depend on the seed and not on the number of members.
    ///
    /// # Errors
    /// See [`NetworkConfig::check`].
    pub fn new(
        config: NetworkConfig,
        dim: usize,
        members: usize,
        seed: u64,
        device: &TensorDevice,
    ) -> Result<Self, NetworkConfigError> {
        config.check(dim)?;
        let mut start = Start::new(seed, members, device);
        let body = match config.kind {
            NetworkKind::Mlp { width, layers } => {
                Body::Mlp(Mlp::new(dim, width, layers, &mut start))
            }
            NetworkKind::UNet { channels, image } => {
                Body::UNet(UNet::new(image, channels, &mut start))
            }
        };
        Ok(Self {
            config,
            members,
            body,
        })
    }

    /// These networks with other parameters (those of [`Networks::parameters`]), rounded to the device's precision.
    ///
    /// # Errors
    /// A parameter that is missing or has another shape than here.
    pub fn with_parameters(
        self,
        parameters: &[Named],
        device: &TensorDevice,
    ) -> Result<Self, ParameterError> {
        parameters::replace(self, parameters, device)
    }

    /// The outputs `[E, n, d]` for noised vectors x `[E, n, d]`. Vector i of every member has the noise level with
    /// `log SNR = log(ab/(1 - ab))` of entry i; a single entry is that of all vectors.
    pub fn forward(&self, x: Tensor<3>, log_snr: &[f64]) -> Tensor<3> {
        let time = time_features(log_snr, &x.device(), x.dtype());
        match &self.body {
            Body::Mlp(net) => net.forward(x, time),
            Body::UNet(net) => net.forward(x, time),
        }
    }

    /// The kind and the target.
    pub fn config(&self) -> NetworkConfig {
        self.config
    }

    /// E, the number of members.
    pub fn members(&self) -> usize {
        self.members
    }

    /// d
    pub fn dim(&self) -> usize {
        match &self.body {
            Body::Mlp(net) => net.dim(),
            Body::UNet(net) => net.dim(),
        }
    }

    /// The number of parameters of one member.
    pub fn parameter_count(&self) -> usize {
        self.num_params() / self.members
    }

    /// The parameters with their names, in a fixed order. The first index of each is the member.
    pub fn parameters(&self) -> Vec<Named> {
        parameters::named(self)
    }

    /// These networks with zeros for all parameters.
    pub(super) fn zeros(self) -> Self {
        self.map(&mut Zeros)
    }

    /// One member by itself.
    ///
    /// # Panics
    /// If there are not so many members.
    pub fn member(&self, index: usize) -> Self {
        assert!(index < self.members, "{index} of {} members", self.members);
        let mut one = self.clone().map(&mut Only(index));
        one.members = 1;
        one
    }
}
