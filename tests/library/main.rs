//! What the library says without training anything: experiment files, data, laws and theory. These tests need neither burn
//! nor the command line. `cargo test --release --test library simulation::` runs the tests of one file.

mod config_errors;
mod copying;
mod covariances;
mod data_sources;
mod data_split;
mod data_truth;
mod decomposition;
mod dialects;
mod distance_input;
mod distance_simulation;
mod distances;
mod divergences;
mod effective_samples;
mod elliptical;
mod elliptical_simulation;
mod error_places;
mod expected;
mod experiment_file;
mod finite_sizes;
mod forecasts;
mod lean_build;
mod leave_one_out;
mod lens;
mod neural_experiments;
mod numpy;
mod pixels;
mod probe;
mod probe_draws;
mod probe_input;
mod probed;
#[path = "../common/python.rs"]
mod python;
mod readers_csv;
mod readers_images;
mod readers_npy;
mod readers_npz;
mod rooms;
mod row_checks;
mod row_forecasts;
mod row_weights;
mod shared;
mod simulation;
mod structured;
mod tables;
mod theory_values;
mod training_sets;
#[path = "../common/uniform.rs"]
mod uniform;
mod written_experiments;
