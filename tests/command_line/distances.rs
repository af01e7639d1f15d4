//! `lindiff distance`, as its users meet it: with arrays that Python wrote.

use std::process::Command;

use serde_json::Value;

use crate::desk::Desk;
use crate::python::python_has;

/// Features of 20 and of 16 rows, the statistics of the latter, and wrong files.
const MAKE: &str = r#"
import numpy as np
rng = np.random.default_rng(5)
scale = 1 / np.sqrt(np.arange(1, 6))
a = rng.standard_normal((20, 5)) * scale
turn = np.linalg.qr(rng.standard_normal((5, 5)))[0]
b = rng.standard_normal((16, 5)) * scale * 1.4 @ turn + 0.9
np.save("a.npy", a)
np.save("b.npy", b)
np.savez("b.npz", mu=b.mean(0), sigma=np.cov(b, rowvar=False))
np.savez_compressed("square.npz", mu=b.mean(0), sigma=np.ones((4, 5)))
np.savetxt("a.csv", a, delimiter=",", header="one,two,three,four,five", comments="")
np.savetxt("four.csv", a[:, :4], delimiter=",")
np.save("few.npy", b[:8])
np.save("nan.npy", np.where(np.arange(80).reshape(16, 5) == 42, np.nan, b))
"#;

fn run_python(desk: &Desk, arguments: &[&str]) -> String {
    let mut python = Command::new("python3");
    let python = python.args(arguments).current_dir(desk.path(""));
    let output = python.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn desk() -> Option<Desk> {
    python_has("numpy").then(|| {
        let desk = Desk::new();
        run_python(&desk, &["-c", MAKE]);
        desk
    })
}

#[test]
fn an_independent_program_computes_the_same() {
    let Some(desk) = desk() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/distance.py");
    for other in ["b.npy", "b.npz"] {
        let found = desk.json(&["distance", "a.npy", other]);
        let wanted = run_python(&desk, &[script, "a.npy", other]);
        let wanted: Value = serde_json::from_str(&wanted).unwrap();
        for (key, tolerance) in [
            ("plain", 1e-9),
            ("mean_difference", 1e-12),
            ("trace_root", 1e-7),
            ("value", 1e-6),
        ] {
            let number = |of: &Value| of[key].as_f64().unwrap();
            let (found, wanted) = (number(&found), number(&wanted));
            assert!(
                (found - wanted).abs() < tolerance,
                "{other}, {key}: {found}, numpy has {wanted}"
            );
        }
        let rows = if other == "b.npy" {
            Value::from(16)
        } else {
            Value::Null
        };
        assert_eq!(found["b"]["rows"], rows);
        assert_eq!(found["a"]["source"], "a.npy");
    }
}

#[test]
fn a_table_and_an_array_of_the_same_rows_have_the_same_distance() {
    let Some(desk) = desk() else { return };
    let array = desk.json(&["distance", "a.npy", "b.npy"]);
    let table = desk.json(&["distance", "a.csv", "b.npy"]);
    let difference = array["value"].as_f64().unwrap() - table["value"].as_f64().unwrap();
    assert!(difference.abs() < 1e-12);
    let some = ["distance", "a.npy", "b.npy", "--set", "data.columns=0..4"];
    assert_eq!(desk.json(&some)["dim"], 4);
}

#[test]
fn the_text_has_a_table_and_says_what_the_distance_is_and_how_much_of_the_plain_one_is_bias() {
    let Some(desk) = desk() else { return };
    let output = desk.type_in(&["distance", "a.npy", "b.npy"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "a.npy and b.npy: 5 dimensions",
        "without bias",
        "plain (FID)",
        "of a.npy (20 rows) and b.npy (16 rows) is",
        "is bias",
        "from about",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let output = desk.type_in(&["distance", "a.npy", "a.npy"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("No difference is seen"), "{text}");
    assert!(
        text.contains("20 of 20 rows of a.npy also stand in a.npy"),
        "{text}"
    );
}

#[test]
fn files_without_a_distance_are_refused_with_their_names() {
    let Some(desk) = desk() else { return };
    for (a, b, parts) in [
        (
            "a.npy",
            "four.csv",
            &["a.npy has 5 columns and four.csv has 4"][..],
        ),
        ("a.npy", "few.npy", &["few.npy has 8 rows", "at least 10"]),
        ("a.npy", "nan.npy", &["nan.npy", "row 8, column 2"]),
        ("a.npy", "square.npz", &["square.npz", "[4, 5]"]),
        ("a.npy", "absent.npy", &["absent.npy"]),
    ] {
        let said = desk.refused(&["distance", a, b]);
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
    desk.write(
        "law.toml",
        "[data]\nsource = \"power-law\"\ndim = 5\nexponent = 1.0\nsamples = 10\n",
    );
    let said = desk.refused(&["distance", "a.npy", "law.toml"]);
    assert!(said.contains("synthetic spectrum"), "{said}");
}
