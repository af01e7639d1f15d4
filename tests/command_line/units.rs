//! Tables whose columns have different units: each column to variance 1 makes the answer independent of them, samples come
//! back in the units that were read, and where the units decide the answer it is said.

use crate::desk::Desk;
use serde_json::Value;

const COLUMNS: usize = 5;
const ROWS: usize = 60;

/// Rows that vary in every direction, each column times its unit and away from 0.
fn table(units: [f64; COLUMNS]) -> String {
    let mut state = 7_u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut text = "a,b,c,d,e\n".to_owned();
    for _ in 0..ROWS {
        let common = uniform();
        let cells = units.map(|unit| format!("{:e}", unit * (3.0 + common + uniform())));
        text += &(cells.join(",") + "\n");
    }
    text
}

const SAME: [f64; COLUMNS] = [1.0; COLUMNS];
const MIXED: [f64; COLUMNS] = [1.0, 1e4, 1e-3, 2.5e7, 30.0];
const EXTREME: [f64; COLUMNS] = [1e-200, 1e180, 1.0, 4e-30, 1e90];

fn desk(units: [f64; COLUMNS]) -> Desk {
    let desk = Desk::new();
    desk.write("rows.csv", table(units));
    desk.write(
        "mine.toml",
        "[data]\nsource = \"file\"\npath = \"rows.csv\"\nsamples = 40\n[schedule]\nkeep = 20\n[training]\nepochs = 200\n[sampling]\n\
         draws = 0\n[backend]\nprecision = \"f64\"\n",
    );
    desk
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

fn near(a: f64, b: f64, relative: f64, what: &str) {
    assert!((a - b).abs() <= relative * b.abs(), "{what}: {a} and {b}");
}

#[test]
fn with_columns_of_variance_one_no_answer_depends_on_the_units() {
    let answers = |units| {
        let desk = desk(units);
        let set = ["--set", "data.scale=columns"];
        let keep = ["--set", "schedule.keep=20"];
        let ask = |words: &[&str]| desk.json(&[words, &set].concat());
        let forecast = desk.json(&[&["forecast", "rows.csv"][..], &set, &keep].concat());
        let spectrum = ask(&["spectrum", "mine.toml"]);
        let predicted = ask(&["predict", "mine.toml"]);
        let trained = ask(&["train", "mine.toml", "--out", "run"]);
        assert_eq!(forecast["warnings"], Value::Array(Vec::new()));
        [
            number(&forecast["now"]["test_loss"]["value"]),
            number(&forecast["oracle_loss"]["value"]),
            number(&spectrum["eigenvalues"][0]),
            number(&spectrum["eigenvalues"][4]),
            number(&spectrum["trace"]) / COLUMNS as f64,
            number(&predicted["test_loss"]),
            number(&trained["last"]["test_loss"]),
            number(&trained["last"]["kl_true_sampled"]),
        ]
    };
    let same = answers(SAME);
    near(same[4], 1.0, 1e-12, "the mean variance of a column");
    for units in [MIXED, EXTREME] {
        for (k, (a, b)) in answers(units).into_iter().zip(same).enumerate() {
            near(a, b, 1e-6, &format!("{units:?}, answer {k}"));
        }
    }
}

/// Of the columns of a CSV with a header: mean and standard deviation.
fn moments(text: &str) -> Vec<(f64, f64)> {
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let count = rows.len() as f64;
    let of = |j: usize| {
        let mean = rows.iter().map(|row| row[j]).sum::<f64>() / count;
        let squares: f64 = rows.iter().map(|row| (row[j] - mean).powi(2)).sum();
        (mean, (squares / count).sqrt())
    };
    (0..COLUMNS).map(of).collect()
}

#[test]
fn samples_come_back_in_the_units_that_were_read() {
    for mean in ["fitted", "known"] {
        let desk = desk(MIXED);
        let mean = format!("data.mean={mean}");
        let sets = ["--set", "data.scale=columns", "--set", &mean];
        desk.must(&[&["train", "mine.toml", "--out", "run"][..], &sets].concat());
        desk.must(&["sample", "run", "--draws", "4000", "--out", "samples.csv"]);
        let read = moments(&desk.text("rows.csv"));
        let drawn = moments(&desk.text("samples.csv"));
        for (j, (read, drawn)) in read.into_iter().zip(drawn).enumerate() {
            // 40 of the 60 rows: the mean is off by 0.1, the deviation by a tenth, each with room.
            assert!(
                (drawn.0 - read.0).abs() < 0.5 * read.1,
                "column {j}: {drawn:?} {read:?}"
            );
            assert!(
                (drawn.1 / read.1 - 1.0).abs() < 0.4,
                "column {j}: {drawn:?} {read:?}"
            );
        }
    }
}

/// The numbers of an `.npy` of f64 that this program wrote.
fn npy(bytes: &[u8], count: usize) -> Vec<f64> {
    let numbers = bytes[bytes.len() - 8 * count..].chunks_exact(8);
    numbers
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// What was read is `origin + basis x / scale`, for the mean of all rows too.
#[test]
fn the_frame_that_is_written_leads_back_to_the_rows_that_were_read() {
    for scale in ["columns", "trace", "none"] {
        let desk = desk(MIXED);
        let set = format!("data.scale={scale}");
        let all = [
            "--set",
            &set,
            "--set",
            "data.samples=all",
            "--set",
            "data.min_variance=0",
        ];
        desk.must(&[&["train", "mine.toml", "--out", "run"][..], &all].concat());
        desk.must(&["export", "run", "--out", "arrays"]);
        let array = |name: &str, count| npy(&desk.bytes(&format!("arrays/{name}.npy")), count);
        let (origin, basis) = (array("origin", COLUMNS), array("basis", COLUMNS * COLUMNS));
        let (mean, scale) = (array("train_mean", COLUMNS), array("scale", 1)[0]);
        for (j, (expected, _)) in moments(&desk.text("rows.csv")).into_iter().enumerate() {
            let along: f64 = (0..COLUMNS).map(|k| basis[j * COLUMNS + k] * mean[k]).sum();
            near(
                origin[j] + along / scale,
                expected,
                1e-9,
                &format!("column {j}"),
            );
        }
    }
}

#[test]
fn units_that_decide_the_answer_are_warned_of_and_no_verdict_praises_what_is_sampled() {
    let mixed = desk(MIXED);
    let paste = "--set data.scale=columns";
    let said = mixed.must(&["train", "mine.toml", "--out", "run"]);
    assert!(said.contains(paste), "{said}");
    let trained = mixed.json(&["train", "mine.toml", "--out", "again"]);
    let verdict = trained["verdict"].to_string();
    assert!(
        !verdict.contains("generalises") && verdict.contains("far from the truth"),
        "{trained}"
    );
    let forecast = mixed.json(&["forecast", "rows.csv"]);
    assert!(
        forecast["warnings"].to_string().contains(paste),
        "{forecast}"
    );
    let verdict = forecast["verdict"].to_string();
    assert!(!verdict.contains("You have enough rows"), "{verdict}");
    assert!(verdict.contains("another law"), "{verdict}");
    assert!(
        mixed.json(&["spectrum", "rows.csv"])["warnings"]
            .to_string()
            .contains(paste)
    );
    let same = desk(SAME);
    assert!(
        !same
            .must(&["train", "mine.toml", "--out", "run"])
            .contains("data.scale")
    );
    assert!(
        !same
            .must(&[
                "train",
                "mine.toml",
                "--out",
                "n",
                "--set",
                "data.scale=none"
            ])
            .contains("data.scale")
    );
    assert!(
        !same.json(&["spectrum", "digits"])["warnings"]
            .to_string()
            .contains("data.scale")
    );
}

#[test]
fn a_column_that_does_not_vary_stays_what_it_is_and_group_columns_are_no_coordinates() {
    let desk = Desk::new();
    let rows = table(MIXED);
    let with = |more: fn(usize) -> String| {
        let lines = rows.lines().enumerate();
        let line = |(i, line): (usize, &str)| match i {
            0 => format!("{line},f\n"),
            _ => format!("{line},{}\n", more(i)),
        };
        lines.map(line).collect::<String>()
    };
    desk.write("constant.csv", with(|_| "7.5".to_owned()));
    desk.write("groups.csv", with(|i| format!("{}", 1000 * (i / 4))));
    let ask = |words: &[&str]| {
        let sets = ["--set", "schedule.keep=20", "--set", "data.scale=columns"];
        desk.json(&[words, &sets].concat())
    };
    desk.write("rows.csv", rows.as_str());
    let plain = ask(&["forecast", "rows.csv"]);
    let test = |found: &Value| number(&found["now"]["test_loss"]["value"]);
    let constant = ask(&["forecast", "constant.csv"]);
    near(
        test(&constant),
        test(&plain),
        1e-9,
        "with a constant column",
    );
    // Whole groups are left out of the test loss now, so it is another.
    let grouped = ask(&["forecast", "groups.csv", "--set", "data.group=5"]);
    near(
        number(&grouped["train_loss"]),
        number(&plain["train_loss"]),
        1e-9,
        "with a group column",
    );
    assert_eq!(grouped["dim"], plain["dim"]);
    desk.write("mine.toml", "[data]\nsource = \"file\"\npath = \"constant.csv\"\nscale = \"columns\"\n[schedule]\nkeep = 5\n[training]\nepochs = 5\n[sampling]\ndraws = 0\n");
    desk.must(&["train", "mine.toml", "--out", "run"]);
    desk.must(&["sample", "run", "--draws", "3", "--out", "samples.csv"]);
    let text = desk.text("samples.csv");
    assert!(
        text.lines().skip(1).all(|line| line.ends_with(",7.5")),
        "{text}"
    );
}

/// A mean of many deviations: 3.3 of its own here. In its own units each column has the mean 0.
#[test]
fn a_mean_that_sampling_misses_is_warned_of_and_columns_in_their_own_units_have_none() {
    let far = SAME.map(|unit| 300.0 * unit);
    let desk = Desk::new();
    let shifted: String = table(far)
        .lines()
        .enumerate()
        .map(|(i, line)| match i {
            0 => format!("{line}\n"),
            _ => {
                let cells = line
                    .split(',')
                    .map(|cell| cell.parse::<f64>().unwrap() + 1e5);
                cells.map(|x| x.to_string()).collect::<Vec<_>>().join(",") + "\n"
            }
        })
        .collect();
    desk.write("rows.csv", shifted);
    desk.write(
        "mine.toml",
        "[data]\nsource = \"file\"\npath = \"rows.csv\"\n[schedule]\nkeep = 50\n[training]\noptimizer = \
         \"closed-form\"\n[sampling]\ndraws = 0\n[backend]\nprecision = \"f64\"\n",
    );
    let train = |out: &str, scale: &str| {
        let set = format!("data.scale={scale}");
        desk.json(&["train", "mine.toml", "--out", out, "--set", &set])
    };
    let missed = train("trace", "trace");
    let warnings = missed["last"]["warnings"].to_string();
    assert!(warnings.contains("miss the mean"), "{missed}");
    assert!(
        !missed["verdict"].to_string().contains("It generalises"),
        "{missed}"
    );
    let own = train("columns", "columns");
    let warnings = own["last"]["warnings"].to_string();
    assert!(!warnings.contains("miss the mean"), "{own}");
    assert!(
        number(&own["last"]["ladder"][0]["kl_true_sampled"]) < 0.1,
        "{own}"
    );
    desk.must(&[
        "sample",
        "columns",
        "--draws",
        "4000",
        "--out",
        "samples.csv",
    ]);
    let read = moments(&desk.text("rows.csv"));
    for (read, drawn) in read.into_iter().zip(moments(&desk.text("samples.csv"))) {
        assert!(
            (drawn.0 - read.0).abs() < 0.5 * read.1,
            "{drawn:?} {read:?}"
        );
    }
}

/// At 1e9 deviations from 0 the bias of f32 weights is rounded by tens: the numbers are then those of another network.
#[test]
fn weights_that_cannot_hold_a_far_mean_are_told_and_no_other_cause_is() {
    let desk = Desk::new();
    let rows = table(SAME);
    let far = rows.lines().enumerate().map(|(i, line)| match i {
        0 => format!("{line}\n"),
        _ => {
            let cells = line
                .split(',')
                .map(|cell| cell.parse::<f64>().unwrap() + 1e9);
            cells.map(|x| x.to_string()).collect::<Vec<_>>().join(",") + "\n"
        }
    });
    desk.write("rows.csv", far.collect::<String>());
    desk.write(
        "mine.toml",
        "[data]\nsource = \"file\"\npath = \"rows.csv\"\n[schedule]\nkeep = 20\n[training]\nepochs = 50\n[sampling]\n\
         draws = 0\n",
    );
    let rounded = desk.json(&["train", "mine.toml", "--out", "rounded"]);
    let verdict = rounded["verdict"].to_string();
    assert!(
        verdict.contains("rounded too much") && !verdict.contains("learned nothing"),
        "{verdict}"
    );
    let warned = |answer: &Value| {
        answer["last"]["warnings"]
            .to_string()
            .contains("saved weights in f32")
    };
    assert!(warned(&rounded), "{rounded}");
    for set in ["backend.precision=f64", "data.scale=columns"] {
        let right = desk.json(&["train", "mine.toml", "--out", set, "--set", set]);
        let verdict = right["verdict"].to_string();
        assert!(
            !verdict.contains("rounded") && !warned(&right),
            "{set}: {right}"
        );
        assert!(number(&right["last"]["test_loss"]) < 0.9, "{set}: {right}");
    }
}
