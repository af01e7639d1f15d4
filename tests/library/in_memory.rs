//! Bytes in memory are read as files are.

use std::fs;
use std::path::Path;

use lindiff::config::{CheckedExperiment, Draft, Setting};
use lindiff::data::{eigenvalues_of_bytes, read_rows, rows_of_bytes};
use lindiff::forecast;

/// A table as pandas writes it: an index without a name, a header, quotes.
fn table() -> String {
    let row = |i: usize| format!("{i},\"{}\",{}\n", i * i % 17, (i * 7 % 11) as f64 / 3.0);
    format!(",a,b\n{}", (0..40).map(row).collect::<String>())
}

fn experiment(path: &Path) -> CheckedExperiment {
    let keep = Setting::typed("schedule.keep=8").unwrap();
    Draft::of_data(path).unwrap().with(&[keep]).unwrap().experiment
}

#[test]
fn rows_and_forecasts_from_bytes_are_those_of_the_file_with_its_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    fs::write(&path, table()).unwrap();
    let of_file = experiment(&path);
    let of_name = experiment(Path::new("table.csv"));
    let bytes = table().into_bytes();
    let read = read_rows(of_file.data.source.real().unwrap()).unwrap();
    let taken = rows_of_bytes(of_name.data.source.real().unwrap(), bytes.clone()).unwrap();
    assert_eq!(read, taken);
    assert!(!read.notes.is_empty());
    let mut steps = 0;
    let mut count = |_| steps += 1;
    let from_file = forecast::forecast(&of_file, &[100], false, &[], &mut |_| ()).unwrap();
    let from_bytes = forecast::of_bytes(&of_name, bytes, &[100], false, &[], &mut count).unwrap();
    assert_eq!(format!("{from_file:?}"), format!("{from_bytes:?}"));
    assert!(steps > 4);
}

#[test]
fn what_is_wrong_with_bytes_is_said_with_the_name_and_the_place() {
    let experiment = experiment(Path::new("table.csv"));
    let real = experiment.data.source.real().unwrap();
    let wrong = b"a,b\n1,2\n3,x\n5,6\n".to_vec();
    let message = rows_of_bytes(real, wrong).unwrap_err().to_string();
    assert!(message.starts_with("table.csv: line 3"), "{message}");
    let message = eigenvalues_of_bytes("pasted", b"1\n-2\n".to_vec()).unwrap_err();
    assert!(message.to_string().starts_with("pasted: eigenvalue 2 is -2"), "{message}");
}

#[test]
fn a_curve_takes_no_divergence_away_from_a_number_of_rows_that_is_asked_for() {
    let experiment = experiment(Path::new("table.csv"));
    let of = |curve| forecast::of_bytes(&experiment, table().into_bytes(), &[5, 80], curve, &[], &mut |_| ());
    let (with, without) = (of(true).unwrap(), of(false).unwrap());
    // The curve begins at the least of these numbers.
    assert_eq!(with.curve[0].samples, 5);
    assert_eq!(format!("{:?}", with.with_samples), format!("{:?}", without.with_samples));
}
