//! `lindiff reproduce --quick`: every figure with its data, picture and verdict.

use crate::desk::program;
use std::fs;

const FIGURES: [&str; 9] = [
    "spectra",
    "losses-vs-n",
    "losses-vs-noise",
    "ridge",
    "early-stopping",
    "kl-vs-n",
    "kl-universality",
    "directions",
    "consistency",
];

#[test]
fn the_quick_set_makes_every_figure_and_theory_agrees_with_what_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paper");
    let output = program()
        .args(["reproduce", "--quick", "--json", "--quiet", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = &told["figures"];
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for (index, name) in FIGURES.into_iter().enumerate() {
        assert_eq!(told[index]["figure"], name);
        for ending in ["csv", "svg", "png"] {
            assert!(
                out.join(format!("{name}.{ending}"))
                    .metadata()
                    .unwrap()
                    .len()
                    > 0
            );
        }
        assert!(report.contains(&format!("## {name}")) && page.contains(&format!("id=\"{name}\"")));
        let mut table = csv::Reader::from_path(out.join(format!("{name}.csv"))).unwrap();
        let agrees = table
            .headers()
            .unwrap()
            .iter()
            .position(|h| h == "agrees")
            .unwrap();
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let tested = rows.iter().filter(|row| !row[agrees].is_empty()).count();
        assert!(
            name == "spectra" || tested >= 14,
            "{name}: {tested} comparisons"
        );
        assert!(
            rows.iter().all(|row| &row[agrees] != "false"),
            "{name}: {}",
            told[index]["measured"]
        );
    }
    // Whole in itself: pictures inline, nothing from elsewhere.
    assert!(page.contains("<svg") && page.contains("data:image/png;base64,"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
}

#[test]
fn a_figure_that_there_is_not_and_data_that_are_missing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paper");
    for arguments in [&["no-figure"][..], &["spectra", "--data", "missing.npy"]] {
        let output = program()
            .arg("reproduce")
            .args(arguments)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!out.exists());
    }
}

#[test]
fn its_own_files_are_made_again_and_a_user_s_are_not_replaced_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paper");
    let reproduce = |more: &[&str]| {
        let output = program()
            .args(["reproduce", "spectra", "--quick", "--quiet", "--out"])
            .arg(&out)
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    fs::create_dir(&out).unwrap();
    for name in [
        "report.md",
        "report.html",
        "spectra.csv",
        "spectra.svg",
        "spectra-digits-eigenvectors.png",
    ] {
        fs::write(out.join(name), "mine").unwrap();
        let (status, said) = reproduce(&[]);
        assert!(
            status == Some(2) && said.contains(name) && said.contains("--overwrite"),
            "{said}"
        );
        assert_eq!(read(name), "mine");
        assert_eq!(
            fs::read_dir(&out).unwrap().count(),
            1,
            "{name}: something was written"
        );
        fs::remove_file(out.join(name)).unwrap();
    }
    // A name that is not its own is in nobody's way.
    fs::write(out.join("notes.md"), "mine").unwrap();
    assert_eq!(reproduce(&[]).0, Some(0));
    assert_eq!(reproduce(&[]).0, Some(0), "its own report is in its way");
    let command = "lindiff reproduce spectra --quick --quiet --out ";
    assert!(read("report.md").contains(command), "{}", read("report.md"));
    // One that was edited since is the user's.
    let edited = read("report.md") + "\nI do not believe this.\n";
    fs::write(out.join("report.md"), &edited).unwrap();
    let (status, said) = reproduce(&[]);
    assert!(status == Some(2) && said.contains("report.md"), "{said}");
    assert_eq!(read("report.md"), edited);
    assert_eq!(reproduce(&["--overwrite"]).0, Some(0));
    assert!(read("report.md") != edited && read("notes.md") == "mine");
    // A folder that was made before there was a record is known by its report.
    fs::remove_file(out.join(".lindiff-reproduce")).unwrap();
    assert_eq!(reproduce(&[]).0, Some(0));
    assert_eq!(reproduce(&[]).0, Some(0));
}
