//! Files that exist are replaced only when the user asks, and of a folder only what the program itself wrote.

use std::fs;
use std::path::{Path, PathBuf};

use crate::desk::{Desk, program};

fn small() -> Desk {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    desk
}

/// With a finished run in `run`.
fn with_run() -> Desk {
    let desk = small();
    desk.must(&["train", "small.toml", "--out", "run"]);
    desk
}

/// Every file below a folder with its content.
fn files_below(desk: &Desk, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    collect(&desk.path(folder), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found)
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()))
        }
    }
}

const SMALL: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 6\nsamples = 30\n[schedule]\nkeep = 20\n\
                     [training]\nepochs = 8\n[sampling]\ndraws = 0\n";

const PREDICT: [&str; 7] = [
    "predict",
    "--dim",
    "10",
    "--exponent",
    "1",
    "--samples",
    "20,40",
];

#[test]
fn a_result_file_that_exists_is_replaced_with_overwrite_and_not_without() {
    let desk = with_run();
    let predict = |plot| [&PREDICT[..], &["--plot", plot]].concat();
    for (arguments, file) in [
        (
            vec!["sample", "run", "--draws", "3", "--out", "mine.npy"],
            "mine.npy",
        ),
        (vec!["sample", "run", "--draws", "3"], "samples.npy"),
        (
            vec![
                "sample", "run", "--draws", "3", "--out", "new.npy", "--image", "3", "2",
            ],
            "new.png",
        ),
        (
            vec!["export", "run", "--out", "arrays"],
            "arrays/origin.npy",
        ),
        (
            vec!["export", "run", "--out", "tables"],
            "tables/metrics.csv",
        ),
        // One that this run would not write, and that would be taken for a part of it.
        (vec!["export", "run", "--out", "stale"], "stale/down.npy"),
        (vec!["spectrum", "small.toml", "--plot", "law"], "law.svg"),
        (
            vec!["spectrum", "small.toml", "--plot", "law2.svg"],
            "law2.png",
        ),
        (predict("a.png"), "a.svg"),
        (predict("k=0.5"), "k=0.5.png"),
        (
            vec!["inspect", "run", "--plot", "spectra"],
            "spectra/step-000020.png",
        ),
    ] {
        desk.write(file, "mine");
        let before = files_below(&desk, "");
        let said = desk.refused(&arguments);
        assert!(
            said.contains(file) && said.contains("--overwrite"),
            "{said}"
        );
        assert_eq!(files_below(&desk, ""), before, "{arguments:?}");
        desk.must(&[&arguments[..], &["--overwrite"]].concat());
        let now = fs::read(desk.path(file)).ok();
        assert_ne!(now.as_deref(), Some(&b"mine"[..]), "{arguments:?}");
    }
}

#[test]
fn a_name_is_taken_as_it_is_and_only_the_ending_of_a_picture_is_cut() {
    let desk = with_run();
    for (name, stem) in [
        ("k=0.5", "k=0.5"),
        ("k=0.75", "k=0.75"),
        ("beta 1e-4.0", "beta 1e-4.0"),
        ("v1.2.png", "v1.2"),
        ("Loss.SVG", "Loss"),
        (".hidden", ".hidden"),
        ("größe.μ=0.1", "größe.μ=0.1"),
    ] {
        desk.must(&[&PREDICT[..], &["--plot", name]].concat());
        for ending in ["svg", "png"] {
            let file = format!("{stem}.{ending}");
            assert!(desk.path(&file).is_file(), "{name}: no {file}");
        }
    }
    desk.must(&["spectrum", "small.toml", "--plot", "dim.6"]);
    assert!(desk.path("dim.6.svg").is_file());
    for (out, image) in [("tau=1.5", "tau=1.5.png"), ("tau=2.5.npy", "tau=2.5.png")] {
        let arguments = [
            "sample", "run", "--draws", "2", "--image", "2", "3", "--out", out,
        ];
        desk.must(&arguments);
        assert!(
            desk.path(out).is_file() && desk.path(image).is_file(),
            "{out}"
        );
    }
    // No half-written file stays behind.
    let hidden = |(path, _): &(PathBuf, _)| path.display().to_string().contains("partial");
    assert!(!files_below(&desk, "").iter().any(hidden));
}

#[test]
fn a_missing_folder_or_a_folder_instead_of_a_file_is_refused_before_drawing() {
    let desk = with_run();
    fs::create_dir(desk.path("folder.npy")).unwrap();
    let before = files_below(&desk, "");
    for out in ["nowhere/samples.npy", "folder.npy"] {
        let said = desk.refused(&["sample", "run", "--out", out]);
        assert!(said.contains(out.split('/').next().unwrap()), "{said}");
    }
    let said = desk.refused(&[&PREDICT[..], &["--plot", "no/where/plot.png"]].concat());
    assert!(said.contains("no/where"), "{said}");
    // An export into a run would replace the run's own tables.
    let said = desk.refused(&["export", "run", "--out", "run", "--overwrite"]);
    assert!(said.contains("is a run directory"), "{said}");
    assert_eq!(files_below(&desk, ""), before);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_to_the_file_that_it_names_and_a_device_is_written_to() {
    use std::os::unix::fs::symlink;
    let desk = with_run();
    desk.write("elsewhere/precious.npy", "mine");
    symlink(desk.path("elsewhere/precious.npy"), desk.path("link.npy")).unwrap();
    symlink("nowhere.npy", desk.path("dangling.npy")).unwrap();
    for link in ["link.npy", "dangling.npy"] {
        let said = desk.refused(&["sample", "run", "--out", link]);
        assert!(said.contains("--overwrite"), "{said}");
    }
    assert_eq!(desk.text("elsewhere/precious.npy"), "mine");
    desk.must(&["sample", "run", "--out", "link.npy", "--overwrite"]);
    assert!(desk.path("link.npy").is_symlink());
    let drawn = fs::read(desk.path("elsewhere/precious.npy")).unwrap();
    assert!(drawn.starts_with(b"\x93NUMPY"));
    desk.must(&["sample", "run", "--out", "/dev/null"]);
}

#[test]
fn a_folder_that_no_run_made_is_refused_with_and_without_overwrite_and_stays_as_it_is() {
    let desk = small();
    for (folder, files) in [
        ("project", &["config.toml", "data.csv", ".git/HEAD"][..]),
        ("config-alone", &["config.toml"]),
        // Another program's run, with names like ours.
        (
            "other",
            &[
                "config.toml",
                "checkpoints/epoch-000010/model.safetensors",
                "summary.json",
            ],
        ),
        (
            "trainer",
            &[
                "config.toml",
                "checkpoints/epoch-000010/state.json",
                "metrics.csv",
            ],
        ),
        (
            "results",
            &["metrics.csv", "summary.json", "plots/losses.png"],
        ),
        ("locked", &[".lock", "notes.md"]),
        ("weights", &["checkpoints/epoch-000001/model.safetensors"]),
        ("hidden", &[".gitignore"]),
    ] {
        for file in files {
            desk.write(&format!("{folder}/{file}"), SMALL);
        }
        let before = files_below(&desk, folder);
        for more in [&[][..], &["--overwrite"]] {
            let said = desk.refused(&[&["train", "small.toml", "--out", folder], more].concat());
            assert!(
                said.contains(folder) && said.contains("choose another --out"),
                "{said}"
            );
            assert!(
                !said.contains("--overwrite") && !said.contains("--resume"),
                "{said}"
            );
        }
        assert_eq!(files_below(&desk, folder), before);
    }
    // The same from within, as it is typed there.
    desk.write("here/config.toml", SMALL);
    desk.write("here/data.csv", "1,2\n");
    let before = files_below(&desk, "here");
    let output = program()
        .args(["train", "config.toml", "--out", ".", "--overwrite"])
        .current_dir(desk.path("here"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files_below(&desk, "here"), before);
}

/// What a user may keep in a run directory.
const KEPT: [&str; 8] = [
    "run/notes.md",
    "run/mine.toml",
    "run/.git/config",
    "run/checkpoints/which.txt",
    "run/checkpoints/epoch-000008/why.txt",
    "run/checkpoints/epoch-9/model.safetensors",
    "run/plots/mine.png",
    "run/plots/old/losses.png",
];

#[test]
fn what_a_user_keeps_in_a_run_survives_that_it_is_overwritten_and_is_named() {
    let desk = with_run();
    for name in KEPT {
        desk.write(name, "mine");
    }
    desk.write("run/mine.toml", SMALL);
    let again = [
        "train",
        "run/mine.toml",
        "--out",
        "run",
        "--set",
        "training.epochs=3",
    ];
    let before = files_below(&desk, "run");
    let said = desk.refused(&again);
    assert!(
        said.contains("lindiff train --resume run") && said.contains("--overwrite"),
        "{said}"
    );
    assert_eq!(files_below(&desk, "run"), before);
    let said = desk.must(&[&again[..], &["--overwrite"]].concat());
    for name in KEPT {
        let kept = desk.text(name);
        assert!(
            kept == "mine" || name == "run/mine.toml" && kept == SMALL,
            "{name}"
        );
    }
    for named in [
        "run/notes.md",
        "run/.git",
        "run/plots/mine.png",
        "run/checkpoints/which.txt",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    // Of the run itself nothing is left of before.
    let why = desk.path("run/checkpoints/epoch-000008");
    assert_eq!(fs::read_dir(why).unwrap().count(), 1);
    assert!(!desk.text("run/metrics.csv").contains("\n8,"));
    desk.must(&["evaluate", "run", "--checkpoint", "3"]);
    desk.must(&["train", "--resume", "run"]);
    // Nor does a checkpoint that is made again take what lies beside its files.
    desk.write("run/checkpoints/epoch-000003/why.txt", "mine");
    fs::remove_file(desk.path("run/summary.json")).unwrap();
    desk.must(&["train", "--resume", "run", "--checkpoint", "2"]);
    assert_eq!(desk.text("run/checkpoints/epoch-000003/why.txt"), "mine");
    desk.must(&["evaluate", "run", "--checkpoint", "3"]);
}

#[test]
fn a_run_made_before_there_were_markers_is_known_by_its_checkpoints() {
    let desk = with_run();
    fs::remove_file(desk.path("run/.lindiff-run")).unwrap();
    desk.write("run/notes.md", "mine");
    desk.must(&["evaluate", "run"]);
    let said = desk.refused(&["train", "small.toml", "--out", "run"]);
    assert!(said.contains("--overwrite"), "{said}");
    desk.must(&["train", "small.toml", "--out", "run", "--overwrite"]);
    assert!(desk.path("run/.lindiff-run").is_file());
    assert_eq!(desk.text("run/notes.md"), "mine");
}

#[test]
fn what_a_new_run_reads_is_not_removed_by_it() {
    let desk = with_run();
    let overwrite = ["train", "small.toml", "--out", "run", "--overwrite"];
    let weights = "run/checkpoints/epoch-000008/model.safetensors";
    let before = files_below(&desk, "run");
    for (more, named) in [
        (&["--init", weights][..], weights),
        (
            &[
                "--set",
                "data.source=file",
                "--set",
                "data.path=run/losses_by_step.csv",
            ],
            "losses_by_step.csv",
        ),
        (
            &[
                "--set",
                "data.source=spectrum",
                "--set",
                "data.path=run/metrics.csv",
            ],
            "metrics.csv",
        ),
    ] {
        let said = desk.refused(&[&overwrite[..], more].concat());
        assert!(
            said.contains(named) && said.contains("choose another --out"),
            "{said}"
        );
        assert_eq!(files_below(&desk, "run"), before);
    }
    desk.must(&["train", "small.toml", "--out", "other", "--init", weights]);
    // A file of the user's that lies in the run is read, and stays.
    desk.write("run/law.txt", "3\n2\n1\n");
    let own = [
        "--set",
        "data.source=spectrum",
        "--set",
        "data.path=run/law.txt",
    ];
    desk.must(&[&overwrite[..], &own].concat());
    assert_eq!(desk.text("run/law.txt"), "3\n2\n1\n");
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_to_remove_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let desk = with_run();
    let overwrite = ["train", "small.toml", "--out", "run", "--overwrite"];
    for (link, target) in [
        ("run/checkpoints", "disk/checkpoints"),
        ("run/checkpoints/epoch-000008", "disk/epoch"),
        ("run/plots", "disk/plots"),
        ("run/metrics.csv", "disk/metrics.csv"),
    ] {
        fs::create_dir_all(desk.path("disk")).unwrap();
        fs::rename(desk.path(link), desk.path(target)).unwrap();
        symlink(desk.path(target), desk.path(link)).unwrap();
        let before = files_below(&desk, "");
        let said = desk.refused(&overwrite);
        assert!(said.contains(link) && said.contains("link"), "{said}");
        assert_eq!(files_below(&desk, ""), before);
        fs::remove_file(desk.path(link)).unwrap();
        fs::rename(desk.path(target), desk.path(link)).unwrap();
    }
    // A link to a run is that run.
    symlink(desk.path("run"), desk.path("link")).unwrap();
    desk.must(&["train", "small.toml", "--out", "link", "--overwrite"]);
    assert!(desk.path("link").is_symlink() && desk.path("run/summary.json").is_file());
}
