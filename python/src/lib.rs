//! The extension module of the Python package `lindiff`: each function is one call of the library.
//!
//! The typed functions of the package stand in front of it. They check types, broadcast, and convert arrays to what is
//! expected here: C-contiguous arrays of f64 (or u8 for rows). What comes back are arrays, or dictionaries with the keys
//! of the command line's JSON.

mod call;
mod command;
mod convert;
mod covariance;
mod denoiser;
mod distance;
mod forecast;
mod laws;
mod losses;
mod predict;
mod probe;
mod schedule;
mod words;

use pyo3::prelude::*;

#[pymodule]
mod _lindiff {
    use super::*;

    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::covariance::covariance;
    #[pymodule_export]
    use crate::denoiser::Denoiser;
    #[pymodule_export]
    use crate::distance::frechet_distance;
    #[pymodule_export]
    use crate::forecast::{forecast, leave_one_out, spectrum};
    #[pymodule_export]
    use crate::laws::{kl, wasserstein};
    #[pymodule_export]
    use crate::losses::{effective_ridge, losses};
    #[pymodule_export]
    use crate::predict::{power_law, predict};
    #[pymodule_export]
    use crate::probe::{effective_samples, probe};
    #[pymodule_export]
    use crate::schedule::Schedule;
    #[pymodule_export]
    use crate::words::in_python;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
