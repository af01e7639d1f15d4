//! `lindiff backends`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::config::{BackendName, Named};
use crate::score::Offer;
use crate::text::Table;

/// What this binary and machine can compute on
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff backends
  lindiff train configs/digits.toml --backend ndarray
  cargo build --release --features wgpu,cuda    # a binary that has them too")]
pub(super) struct Backends {}

#[derive(Serialize)]
struct Offered {
    backends: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    name: &'static str,
    about: &'static str,
    /// Whether this binary was built with the backend.
    built: bool,
    /// The name of the device; absent if the machine has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    precisions: Vec<&'static str>,
}

impl Backends {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let backends = Offer::all().into_iter().map(Shown::from).collect();
        let offered = Offered { backends };
        output.result(&offered, |page| {
            let mut table = Table::new(["backend", "precision", "device", "what it is"]);
            for offer in &offered.backends {
                let device = match (&offer.device, offer.built) {
                    (Some(device), _) => device.clone(),
                    (None, true) => "none on this machine".to_owned(),
                    (None, false) => format!("not built in: --features {}", offer.name),
                };
                let precisions = match offer.precisions.as_slice() {
                    [] => "-".to_owned(),
                    precisions => precisions.join(", "),
                };
                table.row([
                    offer.name.to_owned(),
                    precisions,
                    device,
                    offer.about.to_owned(),
                ]);
            }
            table.on(page)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl From<Offer> for Shown {
    fn from(offer: Offer) -> Self {
        let precisions = offer.precisions.into_iter();
        Self {
            name: offer.name.name(),
            about: match offer.name {
                BackendName::Flex => "all cores; the default",
                BackendName::NdArray => "the ndarray crate",
                BackendName::Wgpu => "GPUs by Vulkan, Metal or DirectX",
                BackendName::Cuda => "NVIDIA's GPUs",
            },
            built: offer.built,
            device: offer.device,
            precisions: precisions.map(|precision| precision.name()).collect(),
        }
    }
}
