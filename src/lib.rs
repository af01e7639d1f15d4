#![doc = include_str!("../README.md")]
//! # The modules
//! Arrows go one way: `cli` -> `experiment` -> `training`, `sampling`, `theory` -> `score`, `gaussian` ->
//! `diffusion`, `data`, `config`.
//!
//! The equations behind them, with the meaning, unit and source of each symbol, are on the page of [`equations`].

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod data;
pub mod diffusion;
#[doc = include_str!("../docs/theory.md")]
pub mod equations {}
pub mod document;
#[cfg(feature = "burn")]
pub mod experiment;
pub mod gaussian;
pub mod memory;
pub mod random;
#[cfg(feature = "burn")]
pub mod report;
pub mod sampling;
#[cfg(feature = "burn")]
pub mod score;
pub mod theory;
#[cfg(feature = "burn")]
pub mod training;
