//! `lindiff backends`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::config::{BackendConfig, BackendName, Precision};
use crate::experiment::RunError;
use crate::report::Table;
use crate::score::TensorDevice;

/// What this binary and machine can compute on
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lindiff train configs/digits.toml --backend ndarray")]
pub(super) struct Backends {}

#[derive(Serialize)]
struct Offer {
    name: &'static str,
    about: &'static str,
    precisions: Vec<&'static str>,
}

impl Backends {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, RunError> {
        let offers = [
            offer(BackendName::Flex, "flex", "CPU, all cores; the default"),
            offer(BackendName::NdArray, "ndarray", "CPU, the ndarray crate"),
        ];
        output.result(&offers, || {
            let mut table = Table::new(["backend", "precision", "what it is"]);
            for offer in &offers {
                table.row([
                    offer.name.to_owned(),
                    offer.precisions.join(", "),
                    offer.about.to_owned(),
                ]);
            }
            table.to_string()
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn offer(backend: BackendName, name: &'static str, about: &'static str) -> Offer {
    let works = |precision| {
        TensorDevice::new(BackendConfig {
            name: backend,
            precision,
        })
        .is_ok()
    };
    let precisions = [(Precision::F32, "f32"), (Precision::F64, "f64")];
    let precisions = precisions.into_iter().filter(|(p, _)| works(*p));
    Offer {
        name,
        about,
        precisions: precisions.map(|(_, name)| name).collect(),
    }
}
