//! Linear diffusion models: trained by autodiff on [burn](https://burn.dev), exact by linear algebra, predicted by
//! random-matrix theory.
//!
//! A diffusion model whose network is linear is known exactly: its optimum, the path of its training, and the law that
//! it samples. This crate gives each number in three ways. It *measures* it on a network that it trains and samples. It
//! *computes* it from the training set by linear algebra. It *predicts* it, before any training, from the spectrum of
//! the data and the number of samples.
//!
//! ```
//! use lindiff::diffusion::NoiseLevel;
//! use lindiff::gaussian::Spectrum;
//! use lindiff::theory::{Ensemble, Mean};
//!
//! // 200 dimensions, variances that fall like 1/rank, 100 samples, nine times as much signal as noise.
//! let spectrum = Spectrum::power_law(200, 1.0)?;
//! let level = NoiseLevel::from_alpha_bar(0.9).ok_or("between 0 and 1")?;
//! let ensemble = Ensemble::new(&spectrum, 100, Mean::Known)?;
//!
//! // Without a ridge the network memorises: its loss on new data is far above its training loss.
//! let losses = ensemble.losses(&level, 0.0)?;
//! assert!(losses.train_loss < 0.5 && losses.test_loss > 2.0);
//!
//! // A ridge brings the test loss down.
//! let with_ridge = ensemble.losses(&level, 0.3)?;
//! assert!(with_ridge.test_loss < losses.test_loss);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The page of [`equations`] holds the equations, with the meaning, unit and source of each symbol. The command line
//! and the file formats are described in the `README.md` and in `docs/` of the repository.
//!
//! # The rooms
//! A room imports only from rooms that stand above it in this table:
//!
//! | room | what it holds |
//! |---|---|
//! | [`text`] | numbers, tables, the JSON documents |
//! | [`random`] | one ChaCha stream a purpose |
//! | [`memory`] | what the machine's memory can hold |
//! | [`diffusion`] | noise schedules, noise levels, what a network predicts |
//! | [`config`] | checked experiments, and the files and settings that they are read from |
//! | [`gaussian`] | the Gaussian law: spectrum, moments, divergences, Wasserstein distance |
//! | [`denoiser`] | affine and commuting denoisers, regressions, optima |
//! | [`data`] | file formats, rows, splits |
//! | [`sampling`] | reverse processes: one definition of a step, its exact law, exact evaluation |
//! | [`theory`] | effective ridge, losses, divergences |
//! | [`theory`], its folder `rows` | what rows say by themselves: leave-one-out, more rows |
//! | [`forecast`] | from rows: losses, ridge, when to stop, more rows; the spectrum report |
//! | [`predict`] | from a spectrum and a number of samples: losses, divergences, what is best |
//! | [`probe`] | from a network's predictions: what it has learned, beside the linear theory |
//! | [`distance`] | from two sets of features: how far apart they are, without the bias of few rows |
//! | `report` | charts and sheets of pictures |
//! | `score` | burn modules, and the drawing sampler |
//! | `training` | objective, optimiser, learner, observers, checkpoints |
//! | `neural` | networks that are not linear, and their training in memory |
//! | `run` | a run directory: set up, train, evaluate, inspect, export, compare |
//! | `sweep` | a grid of runs |
//! | `reproduce` | the figures of the paper |
//! | `script` | scripts for the schedulers of clusters |
//! | `demo` | ready demonstrations, each one page |
//! | `serve` | runs and the page in a browser |
//! | `cli` | arguments, one call of the library, a printed result |

#![warn(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod data;
#[cfg(feature = "burn")]
pub mod demo;
pub mod denoiser;
pub mod diffusion;
pub mod distance;
#[doc = include_str!("../docs/theory.md")]
pub mod equations {}
pub mod forecast;
pub mod gaussian;
pub mod memory;
#[cfg(feature = "burn")]
pub mod neural;
mod parallel;
pub mod predict;
pub mod probe;
pub mod random;
pub mod report;
#[cfg(feature = "burn")]
pub mod reproduce;
#[cfg(feature = "burn")]
pub mod run;
pub mod sampling;
#[cfg(feature = "burn")]
pub mod score;
#[cfg(feature = "burn")]
pub mod script;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "burn")]
pub mod sweep;
pub mod text;
pub mod theory;
#[cfg(feature = "burn")]
pub mod training;

/// The linear algebra whose matrices stand in this library's signatures.
pub use faer;

/// The examples of the README and of `docs/`, run as tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
}
