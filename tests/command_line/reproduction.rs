//! `lindiff reproduce --quick`: every figure with its data, picture and verdict.

use std::fs::{self, File};
use std::path::Path;

use lindiff::reproduce::{Agreement, Measurements, Verdict};

use crate::desk::program;

const FIGURES: [&str; 13] = [
    "spectra",
    "losses-vs-n",
    "losses-vs-noise",
    "ridge",
    "early-stopping",
    "kl-vs-n",
    "kl-universality",
    "directions",
    "consistency",
    "rows",
    "copying",
    "structured",
    "nonlinear",
];

/// The figures of the quick set for which theory must hold.
const OF_QUICK: [&str; 6] = [
    "losses-vs-n",
    "losses-vs-noise",
    "ridge",
    "early-stopping",
    "kl-vs-n",
    "kl-universality",
];

/// The agreement of a figure's saved measurements with predictions that are wrong by a factor.
fn judged_again(folder: &Path, figure: &str, factor: f64) -> Agreement {
    let file = File::open(folder.join(format!("{figure}-repeats.csv"))).unwrap();
    let measurements = Measurements::read(file).unwrap();
    let wrong = measurements.with_predictions_times(factor);
    wrong.agreement().unwrap()
}

#[test]
fn the_quick_set_makes_every_figure_and_theory_agrees_unless_its_predictions_are_5_percent_off() {
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
            let file = out.join(format!("{name}.{ending}"));
            assert!(file.metadata().unwrap().len() > 0);
        }
        assert!(report.contains(&format!("## {name}")) && page.contains(&format!("id=\"{name}\"")));
    }
    // Whole in itself: pictures inline, nothing from elsewhere.
    assert!(page.contains("<svg") && page.contains("data:image/png;base64,"));
    let eigenvectors = fs::read_to_string(out.join("spectra-digits-eigenvectors.svg")).unwrap();
    let title = "Leading eigenvectors of the covariance: digits";
    assert!(eigenvectors.contains(title) && page.contains(title));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    check_page(&page);
    check_agreement(&out, told, &OF_QUICK);
}

/// Checks that a page is for every reader: on a phone, on paper, in the dark, by keys and by ear.
fn check_page(page: &str) {
    assert!(page.len() < 3_000_000, "{}", page.len());
    for part in [
        "<html lang=\"en\">",
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">",
        "@media print",
        "prefers-color-scheme:dark",
        "<code>measured = (1 + b) predicted</code>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let sections: Vec<&str> = page.split("<section ").skip(1).collect();
    assert_eq!(sections.len(), FIGURES.len());
    for (section, name) in sections.into_iter().zip(FIGURES) {
        let command = format!("<code>lindiff reproduce {name} --quick</code>");
        assert!(section.contains(&command), "{name}");
        let link = format!("download=\"{name}.csv\" href=\"data:text/csv;base64,");
        assert!(section.contains(&link), "{name}");
        let table = section.split_once("<details>").unwrap().1;
        assert!(
            table.contains("<caption>") && table.matches("<tr>").count() > 5,
            "{name}"
        );
    }
    // Every chart is there for a wide and for a narrow page, with names of its own.
    let mut names = std::collections::BTreeSet::new();
    let charts: Vec<&str> = page.split("<svg ").skip(1).collect();
    assert!(charts.len() > 2 * FIGURES.len() && charts.len().is_multiple_of(2));
    for chart in charts {
        let chart = format!("<svg {}", chart.split_once("</svg>").unwrap().0) + "</svg>";
        let document = roxmltree::Document::parse(&chart).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert!(root.attribute("viewBox").is_some() && root.attribute("width").is_none());
        assert!(names.insert(root.attribute("aria-labelledby").unwrap().to_owned()));
    }
    let mut images = page.split("<img ").skip(1);
    assert!(images.all(|image| image.starts_with("alt=\"")));
}

/// The full set, at d = 200.
#[test]
#[ignore = "the full set is long: cargo test --release --test command_line reproduction:: -- --include-ignored"]
fn in_the_full_set_theory_agrees_unless_its_predictions_are_5_percent_off() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paper");
    let output = program()
        .args(["reproduce", "--json", "--quiet", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success());
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Three figures do not pool comparisons with theory.
    let apart = ["spectra", "nonlinear", "copying"];
    let compared: Vec<&str> = FIGURES
        .into_iter()
        .filter(|name| !apart.contains(name))
        .collect();
    check_agreement(&out, &told["figures"], &compared);
    for name in &apart[1..] {
        let index = FIGURES.iter().position(|figure| figure == name).unwrap();
        assert_eq!(told["figures"][index]["verdict"], "holds", "{name}");
    }
}

/// Checks that each of the figures agrees with theory by its saved measurements as it was told, and that none does with
/// predictions that are 5 % too high or too low.
fn check_agreement(folder: &Path, told: &serde_json::Value, figures: &[&str]) {
    for &name in figures {
        let index = FIGURES.iter().position(|figure| *figure == name).unwrap();
        let told = &told[index];
        let again = judged_again(folder, name, 1.0);
        assert_eq!(again.verdict(), Verdict::Holds, "{name}: {}", again.text());
        assert!(
            told["verdict"] == "holds" || name == "kl-universality",
            "{told}"
        );
        let groups = told["agreement"]["groups"].as_array().unwrap();
        assert_eq!(again.groups.len(), groups.len());
        for (again, told) in again.groups.iter().zip(groups) {
            let b = told["slope"]["mean"].as_f64().unwrap();
            assert!((again.slope.mean - b).abs() < 1e-12, "{name}: {told}");
        }
        for factor in [1.05, 1.0 / 1.05] {
            let wrong = judged_again(folder, name, factor);
            assert_eq!(
                wrong.verdict(),
                Verdict::DoesNotHold,
                "{name}: {}",
                wrong.text()
            );
        }
    }
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
        "spectra-digits-eigenvectors.svg",
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
    // Without the record nothing tells whose a file is, not even a report.
    fs::remove_file(out.join(".lindiff-reproduce")).unwrap();
    assert_eq!(reproduce(&[]).0, Some(2));
    assert_eq!(reproduce(&["--overwrite"]).0, Some(0));
    assert_eq!(reproduce(&[]).0, Some(0));
}
