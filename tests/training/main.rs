//! Networks that are trained in memory, and what is drawn from them, against their exact solutions and against theory.
//! `cargo test --release --test training samplers::` runs the tests of one file.

mod backends;
mod combinations;
mod descent;
mod entries;
mod frozen_draws;
mod gradients;
mod network_theory;
mod networks;
mod non_linear;
mod optimisers;
#[path = "../common/python.rs"]
mod python;
mod row_weights;
mod samplers;
#[path = "../common/small_networks.rs"]
mod small_networks;
mod targets;
#[path = "../common/uniform.rs"]
mod uniform;
