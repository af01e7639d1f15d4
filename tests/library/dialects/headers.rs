//! Whether the first line is a header.

use super::*;

#[test]
fn consecutive_whole_numbers_above_decimals_are_a_header_that_is_told() {
    for start in [0, 1, 1990] {
        let header: Vec<String> = (start..start + COLUMNS).map(|n| n.to_string()).collect();
        let notes = right(written(Some(&header), &numbers(), ","));
        assert!(notes.contains("line 1 is read as a header") && notes.contains("data.header=no"));
        let no = Reading {
            header: Header::No,
            ..Reading::default()
        };
        let cells = read_with(written(Some(&header), &numbers(), ","), no).unwrap();
        assert_eq!(cells.values.len(), (ROWS + 1) * COLUMNS);
    }
}

#[test]
fn a_first_line_that_may_be_either_is_refused_with_both_options() {
    let few: Vec<Vec<String>> = numbers().into_iter().map(|row| row[..3].to_vec()).collect();
    let whole: Vec<Vec<String>> = (0..ROWS)
        .map(|i| {
            (0..COLUMNS)
                .map(|j| ((i * 7 + j * j * 5) % 17).to_string())
                .collect()
        })
        .collect();
    let line = |numbers: &[&str]| numbers.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    let counted: Vec<String> = (0..COLUMNS).map(|n| n.to_string()).collect();
    let spectrum: Vec<String> = (0..COLUMNS)
        .map(|n| format!("{:.2}", 400.0 + 1.37 * n as f64))
        .collect();
    for text in [
        written(Some(&line(&["0", "1", "2"])), &few, ","),
        written(Some(&line(&["7", "3", "5"])), &few, ","),
        written(Some(&line(&["2018", "2019", "2022"])), &few, ";"),
        // Pixels.
        written(Some(&counted), &whole, ","),
        // Wavelengths.
        written(Some(&spectrum), &numbers(), "\t"),
        written(Some(&line(&["812.5", "-903.25", "777.125"])), &few, ","),
        written(Some(&line(&["pressure", "400.5", "410.5"])), &few, ","),
        written(Some(&line(&["bad", "5", "7"])), &few, ","),
    ] {
        refused(&text, &["line 1", "data.header=yes", "data.header=no"]);
        let first = text.lines().next().unwrap();
        let yes = read_with(
            &text,
            Reading {
                header: Header::Yes,
                ..Reading::default()
            },
        )
        .unwrap();
        assert_eq!(yes.values.len() / yes.columns, ROWS, "{first}");
        let no = read_with(
            &text,
            Reading {
                header: Header::No,
                ..Reading::default()
            },
        );
        if first.contains(char::is_alphabetic) {
            assert!(no.unwrap_err().contains("line 1, column 0"))
        } else {
            assert_eq!(no.unwrap().values.len() / yes.columns, ROWS + 1, "{first}")
        }
    }
}

#[test]
fn rows_that_look_like_no_header_are_rows() {
    // A ramp, ranks, counts and small tables.
    for text in [
        "0,1,2,3,4,5,6,7,8,9\n10,11,12,13,14,15,16,17,18,19\n20,21,22,23,24,25,26,27,28,29\n",
        "1,2\n3,4\n5,5\n",
        "3\n0\n7\n",
    ] {
        let cells = read(text).unwrap();
        assert_eq!(
            cells.values.len() / cells.columns,
            text.lines().count(),
            "{text}"
        );
        assert_eq!(cells.notes, [""; 0]);
    }
}

#[test]
fn a_missing_or_bounded_value_in_line_1_loses_no_row() {
    for word in [
        "#N/A", "--", "<NA>", "<0.01", "n/a", "?", "#DIV/0!", "NaT", "> 5", "BDL", "***", "1.#IND",
        "", "NULL",
    ] {
        for column in [0, 3, COLUMNS - 1] {
            let mut rows = numbers();
            rows[0][column] = word.to_owned();
            refused(
                written(None, &rows, ","),
                &[&format!("line 1, column {column}")],
            );
            // With a header the same row is line 2.
            refused(
                written(Some(&names("x")), &rows, ","),
                &[&format!("line 2, column {column}")],
            );
        }
    }
    // A single column too.
    refused("<0.01\n0.5\n0.25\n", &["line 1, column 0"]);
    // Sodium is no missing value.
    assert_eq!(
        read("Li,Na,K\n0.5,0.25,1.5\n0.25,0.75,0.5\n")
            .unwrap()
            .values
            .len(),
        6
    );
}

#[test]
fn a_word_that_is_no_name_is_refused_in_line_1() {
    let mut rows = numbers();
    rows[0][5] = "error".to_owned();
    refused(
        written(None, &rows, ","),
        &["line 1", "\"error\"", "data.header=no"],
    );
    let mut rows = numbers();
    rows[3] = names("again");
    refused(
        written(None, &rows, ","),
        &["line 4, column 0", "remove it"],
    );
}

#[test]
fn r_writes_a_header_that_is_one_cell_shorter() {
    let rows = numbers();
    let quoted = |word: String| format!("\"{word}\"");
    let header: Vec<String> = names("c").into_iter().map(quoted).collect();
    for cells in [
        &(|i: usize| format!("\"{}\"", i + 1)) as &dyn Fn(usize) -> String,
        &|i| format!("\"row {i}\""),
        &|i| format!("gene{i}"),
    ] {
        for delimiter in [" ", "\t", ","] {
            let text = written(Some(&header), &beside(cells, &rows, true), delimiter);
            assert!(right(text).contains("one cell shorter"));
        }
    }
    // A first column of decimals is none of names.
    let text = written(
        Some(&header),
        &beside(|_| "0.5".to_owned(), &rows, true),
        ",",
    );
    refused(text, &["line 2: 13 cells, where the first line has 12"]);
}
