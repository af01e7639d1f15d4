//! The tables of a sweep in other programs, read by the lines that the documentation gives.

use std::fs;
use std::process::Command;

use super::SweepDesk;
use crate::python::python_has;

/// The first runs sample another law: their divergences are infinite.
const GRID: [&str; 6] = [
    "--grid",
    "data.samples=4,20",
    "--grid",
    "training.optimizer=closed-form,sgd",
    "--repeats",
    "2",
];

/// Says of a table `table` how many rows it has, and whether the divergences are numbers of which some are infinite.
const CHECK: &str = "
columns = list(table.columns)
rows = table.fetchall() if hasattr(table, 'fetchall') else None
values = [row[columns.index(KL)] for row in rows] if rows else list(table[KL])
assert all(isinstance(value, float) for value in values), values
assert values[0] == float('inf') and values[-1] < 1, values
print(len(values))
";

/// The documented line of a library.
fn documented(library: &str, file: &str) -> String {
    let page = fs::read_to_string("docs/files.md").unwrap();
    let mut lines = page.lines();
    let found = lines.find(|line| line.starts_with(&format!("{library}.")) && line.contains(file));
    found
        .unwrap_or_else(|| panic!("no line of {library} on {file}"))
        .to_owned()
}

fn check(desk: &SweepDesk, library: &str, file: &str) {
    let line = documented(library, file);
    let script = format!("import {library}\nKL = 'kl_true_sampled'\ntable = {line}\n{CHECK}");
    let mut python = Command::new("python3");
    let output = python
        .args(["-c", &script])
        .current_dir(desk.path("grid"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "8\n", "{line}");
}

#[test]
fn the_documented_lines_read_infinite_divergences_as_numbers() {
    let desk = SweepDesk::new();
    assert_eq!(desk.status("grid", &[&GRID[..], &["--slim"]].concat()).0, 0);
    for library in ["pandas", "polars", "duckdb"] {
        if python_has(library) {
            check(&desk, library, "results.csv");
        }
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_so_before_anything_is_run() {
    let desk = SweepDesk::new();
    let (status, said) = desk.status("grid", &[&GRID[..], &["--parquet"]].concat());
    assert!(status == 2 && said.contains("--features parquet"), "{said}");
    assert!(!desk.path("grid").exists());
    let (status, said) = desk.status("grid", &[&GRID[..], &["--columns", "spectra"]].concat());
    assert!(status == 2 && said.contains("--parquet"), "{said}");
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_has_the_cells_of_the_csv_with_types_and_lists_of_the_runs() {
    let desk = SweepDesk::new();
    let lists = ["--parquet", "--columns", "spectra,losses-by-step"];
    let (status, said) = desk.status("grid", &[&GRID[..], &lists].concat());
    assert_eq!(status, 0, "{said}");
    for library in ["pandas", "polars", "duckdb"] {
        if python_has(library) && (library != "pandas" || python_has("pyarrow")) {
            check(&desk, library, "results.parquet");
        }
    }
    if !(python_has("pyarrow") && python_has("pandas")) {
        return;
    }
    let script = "
import json, pandas, pyarrow.parquet as pq
file = pq.read_table('results.parquet')
table, csv = file.to_pandas(), pandas.read_csv('results.csv', dtype={'run': str})
for name in csv.columns:
    a, b = list(table[name]), list(csv[name])
    assert a == b or name == 'seconds' and all(abs(x - y) < 1e-3 for x, y in zip(a, b)), name
notes = {key.decode(): value.decode() for key, value in file.schema.metadata.items()}
assert json.loads(notes['lindiff.question'])['axes'][0]['values'] == ['4', '20']
assert json.loads(notes['lindiff.units'])['kl_true_sampled'] == 'nats per dimension'
assert str(file.schema.field('data.samples').type) == 'int64'
for row in range(len(table)):
    true, train = table['true_eigenvalues'][row], table['training_eigenvalues'][row]
    assert len(true) == len(train) == 8 and all(x >= y for x, y in zip(true, true[1:]))
    losses, levels = table['train_loss_by_step'][row], table['alpha_bar'][row]
    assert len(losses) == len(levels) == len(table['step'][row]) > 1
    assert abs(sum(losses) / len(losses) - table['train_loss'][row]) < 0.2
";
    let mut python = Command::new("python3");
    let output = python
        .args(["-c", script])
        .current_dir(desk.path("grid"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
