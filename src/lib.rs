#![doc = include_str!("../README.md")]
//! # The rooms
//! Imports go one way, from a room to those above it in this list:
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
//! | [`sampling`] | reverse processes: one definition of a step, and its exact law |
//! | [`theory`] | effective ridge, losses, divergences, leave-one-out |
//! | [`forecast`] | from rows: losses, ridge, when to stop, more rows; the spectrum report |
//! | [`predict`] | from a spectrum and a number of samples: losses, divergences, what is best |
//! | `report` | charts and contact sheets |
//! | `score` | burn modules, and the drawing sampler |
//! | `training` | objective, optimiser, learner, observers, checkpoints |
//! | `run` | a run directory: set up, train, evaluate, inspect, export, compare |
//! | `sweep` | a grid of runs |
//! | `reproduce` | the figures of the paper |
//! | `cli` | arguments, one call of the library, a printed result |
//!
//! The equations behind them, with the meaning, unit and source of each symbol, are on the page of [`equations`].

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod data;
pub mod denoiser;
pub mod diffusion;
#[doc = include_str!("../docs/theory.md")]
pub mod equations {}
pub mod forecast;
pub mod gaussian;
pub mod memory;
pub mod predict;
pub mod random;
#[cfg(feature = "burn")]
pub mod report;
#[cfg(feature = "burn")]
pub mod reproduce;
#[cfg(feature = "burn")]
pub mod run;
pub mod sampling;
#[cfg(feature = "burn")]
pub mod score;
#[cfg(feature = "burn")]
pub mod sweep;
pub mod text;
pub mod theory;
#[cfg(feature = "burn")]
pub mod training;

/// The linear algebra whose matrices stand in this library's signatures.
pub use faer;
