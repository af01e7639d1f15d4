//! The program as its users meet it: started as a process of its own, with files, pipes, signals and terminals.
//! `cargo test --release --test command_line resume::` runs the tests of one file.

mod beside;
mod damaged_runs;
mod defaults;
mod demo;
#[path = "../common/desk.rs"]
mod desk;
mod distances;
mod documentation;
mod extreme_scales;
mod file_safety;
mod help;
mod independent_check;
mod memory;
mod networks;
mod neural_runs;
mod parts_of_figures;
mod paths;
mod predictions;
mod probing;
#[path = "../common/python.rs"]
mod python;
mod python_exchange;
mod reproduction;
mod resume;
#[path = "../common/run_folder.rs"]
mod run_folder;
#[cfg(unix)]
mod schedulers;
#[cfg(feature = "serve")]
mod serving;
mod stopping;
mod sweeps;
#[cfg(unix)]
#[path = "../common/terminal.rs"]
mod terminal;
#[cfg(unix)]
mod terminals;
#[path = "../common/uniform.rs"]
mod uniform;
mod units;
#[cfg(target_os = "linux")]
mod without_locks;
mod wrong_input;
