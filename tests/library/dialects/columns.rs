//! Columns that are no data: row numbers and labels.

use super::*;

#[test]
fn columns_of_row_numbers_are_left_out_and_told() {
    let rows = numbers();
    let shuffled = |i: usize| ((i * 17) % ROWS).to_string();
    let filtered = |i: usize| (8 + 3 * i + i % 2).to_string();
    for (name, before) in [
        ("", true),
        ("Unnamed: 0", true),
        ("id", true),
        ("Index", false),
        ("row.names", true),
        ("ID", false),
    ] {
        for cells in [
            &shuffled as &dyn Fn(usize) -> String,
            &filtered,
            &|i| i.to_string(),
            &|i| (i + 1).to_string(),
        ] {
            let table = beside(cells, &rows, before);
            let header = beside(|_| name.to_owned(), &[names("c")], before).remove(0);
            let notes = right(written(Some(&header), &table, ","));
            assert!(
                notes.contains("numbers the rows, and is left out"),
                "{notes}"
            );
        }
    }
    // Pandas' own columns without names.
    let header: Vec<String> = (0..COLUMNS).map(|n| n.to_string()).collect();
    let header = beside(|_| String::new(), &[header], true).remove(0);
    let notes = right(written(
        Some(&header),
        &beside(|i| i.to_string(), &rows, true),
        ",",
    ));
    assert!(
        notes.contains("column 0 (without a name) numbers the rows"),
        "{notes}"
    );
}

#[test]
fn a_column_that_may_number_the_rows_is_not_read_unsaid() {
    let rows = numbers();
    for cells in [
        &(|i: usize| i.to_string()) as &dyn Fn(usize) -> String,
        &|i| ((i * 17) % ROWS + 300).to_string(),
    ] {
        let table = beside(cells, &rows, true);
        refused(
            written(None, &table, ","),
            &["column 0", "data.columns=1..13", "data.columns=0..13"],
        );
        let header = beside(|_| "patient".to_owned(), &[names("c")], true).remove(0);
        let notes = read(written(Some(&header), &table, ",")).unwrap().notes;
        assert!(
            notes[0].contains("\"patient\"") && notes[0].contains("data.columns=1..13"),
            "{notes:?}"
        );
    }
    // An index of times: nameless, and no whole numbers.
    let table = beside(|i| format!("{}.5", i), &rows, true);
    let header = beside(|_| String::new(), &[names("c")], true).remove(0);
    refused(
        written(Some(&header), &table, ","),
        &["column 0 has no name", "data.columns=1..13"],
    );
    // Chosen columns are taken as they are.
    let chosen: Columns = "0..2,5".parse().unwrap();
    let choice = Choice {
        columns: Some(&chosen),
        ..Choice::default()
    };
    let cells = read_csv(written(Some(&header), &table, ",").as_bytes(), choice).unwrap();
    assert_eq!(
        (cells.columns, &cells.values[..2]),
        (3, &[0.5, rows[0][0].parse().unwrap()][..])
    );
}

#[test]
fn a_column_of_labels_is_told_with_what_leaves_it_out() {
    let rows = numbers();
    let label = |i: usize| (i % 3).to_string();
    for name in ["label", "class", "kind", "Species", "y"] {
        let table = beside(label, &rows, false);
        let header = beside(|_| name.to_owned(), &[names("c")], false).remove(0);
        let cells = read(written(Some(&header), &table, ",")).unwrap();
        let notes = cells.notes.join("\n");
        assert!(
            notes.contains("label") && notes.contains("--set data.columns=0..12"),
            "{name}: {notes}"
        );
        let left = Columns::of(0..12).unwrap();
        let choice = Choice {
            columns: Some(&left),
            ..Choice::default()
        };
        let cells = read_csv(written(Some(&header), &table, ",").as_bytes(), choice).unwrap();
        assert_eq!(cells.values, values(&rows));
    }
    // In the middle, and without a header.
    let middle: Vec<Vec<String>> = (0..ROWS)
        .map(|i| [&rows[i][..4], &[label(i)], &rows[i][4..]].concat())
        .collect();
    let notes = read(written(None, &middle, ",")).unwrap().notes;
    assert!(
        notes[0].contains("column 4") && notes[0].contains("data.columns=0..4,5..13"),
        "{notes:?}"
    );
    // Two coordinates are no label.
    let points: Vec<Vec<String>> = rows.iter().map(|row| row[..2].to_vec()).collect();
    assert_eq!(
        read(written(Some(&["x".into(), "y".into()]), &points, ","))
            .unwrap()
            .notes,
        [""; 0]
    );
    // Words are refused with the columns that are left.
    let header = beside(|_| "kind".to_owned(), &[names("c")], false).remove(0);
    let words = written(
        Some(&header),
        &beside(|_| "cat".to_owned(), &rows, false),
        ",",
    );
    refused(words, &["line 2, column 12", "--set data.columns=0..12"]);
}
