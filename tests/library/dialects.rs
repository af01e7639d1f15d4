//! Forty rows of twelve numbers, as programs and people write them: every dialect is read to the same numbers, or
//! refused with what reads it. Nothing is dropped unsaid.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::uniform::Uniform;
use lindiff::config::{Columns, Decimal, Delimiter, Header, Reading};
use lindiff::data::formats::{Cells, Choice, read_csv};
use proptest::prelude::*;

const ROWS: usize = 40;
const COLUMNS: usize = 12;

/// The numbers as text, each with four decimals.
fn numbers() -> Vec<Vec<String>> {
    let mut uniform = Uniform(7);
    let mut number = || format!("{:.4}", 4.0 * uniform.next() - 2.0);
    (0..ROWS)
        .map(|_| (0..COLUMNS).map(|_| number()).collect())
        .collect()
}

fn values(rows: &[Vec<String>]) -> Vec<f64> {
    rows.iter()
        .flatten()
        .map(|cell| cell.parse().unwrap())
        .collect()
}

fn written(header: Option<&[String]>, rows: &[Vec<String>], delimiter: &str) -> String {
    let lines = header
        .into_iter()
        .map(<[String]>::to_vec)
        .chain(rows.iter().cloned());
    lines.map(|line| line.join(delimiter) + "\n").collect()
}

fn names(prefix: &str) -> Vec<String> {
    (0..COLUMNS).map(|i| format!("{prefix}{i}")).collect()
}

fn read(text: impl AsRef<[u8]>) -> Result<Cells, String> {
    read_with(text, Reading::default())
}

fn read_with(text: impl AsRef<[u8]>, reading: Reading) -> Result<Cells, String> {
    let choice = Choice {
        reading,
        ..Choice::default()
    };
    read_csv(text.as_ref(), choice).map_err(|error| error.to_string())
}

/// The notes of a text that must be read to the forty rows.
#[track_caller]
fn right(text: impl AsRef<[u8]>) -> String {
    let cells = read(text).unwrap();
    assert_eq!((cells.columns, cells.values), (COLUMNS, values(&numbers())));
    cells.notes.join("\n")
}

#[track_caller]
fn refused(text: impl AsRef<[u8]>, parts: &[&str]) {
    let said = read(text).unwrap_err();
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

/// With a column before the first or after the last.
fn beside(cells: impl Fn(usize) -> String, rows: &[Vec<String>], before: bool) -> Vec<Vec<String>> {
    let with = |(i, row): (usize, &Vec<String>)| {
        if before {
            [&[cells(i)], &row[..]].concat()
        } else {
            [&row[..], &[cells(i)]].concat()
        }
    };
    rows.iter().enumerate().map(with).collect()
}

#[test]
fn plain_tables_are_read_without_a_word() {
    let rows = numbers();
    for delimiter in [",", ";", "\t", " ", ", ", "   ", " ; "] {
        assert_eq!(right(written(None, &rows, delimiter)), "", "{delimiter:?}");
        assert_eq!(right(written(Some(&names("c")), &rows, delimiter)), "");
    }
    assert!(right(written(None, &rows, "|")).contains("bars"));
}

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

#[test]
fn comments_are_passed_over_and_told() {
    let rows = numbers();
    let plain = written(None, &rows, ",");
    for (text, part) in [
        (
            format!("# {}\n{plain}", names("c").join(",")),
            "1 line passed over as comments: 1",
        ),
        (
            format!("# made by a program\n#\n{plain}# end\n"),
            "3 lines passed over as comments: 1, 2, 43",
        ),
        (format!("% of Matlab\n{plain}"), "comments: 1"),
        (format!("{}#0.5,\"open\n{plain}", "\n\n"), "comments: 3"),
    ] {
        assert!(right(&text).contains(part), "{text}");
    }
    // The names of a comment count.
    let labelled = written(None, &beside(|i| (i % 2).to_string(), &rows, false), " ");
    let text = format!("# {} class\n{labelled}", names("c").join(" "));
    assert!(
        read(text)
            .unwrap()
            .notes
            .join("\n")
            .contains("(\"class\") looks like a label")
    );
    refused("# a\n# b\n", &["no rows", "comments"]);
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

#[test]
fn text_of_every_encoding_and_line_end_is_read() {
    let plain = written(Some(&names("größe ")), &numbers(), ",");
    let utf_16 = |mark: bool, bytes: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        let marked = if mark {
            format!("\u{feff}{text}")
        } else {
            text.to_owned()
        };
        marked.encode_utf16().flat_map(bytes).collect()
    };
    right(utf_16(true, u16::to_le_bytes, &plain));
    right(utf_16(true, u16::to_be_bytes, &plain));
    let ascii = written(None, &numbers(), "\t");
    right(utf_16(false, u16::to_le_bytes, &ascii));
    right(utf_16(false, u16::to_be_bytes, &ascii));
    right(plain.chars().map(|c| c as u8).collect::<Vec<u8>>());
    right(plain.replace('\n', "\r"));
    right(plain.replace('\n', "\r\n"));
    right(format!("\u{feff}\"{}", plain.replacen(',', "\",", 1)));
    let mut odd = utf_16(true, u16::to_le_bytes, &plain);
    odd.pop();
    refused(odd, &["UTF-16", "UTF-8"]);
    // Lines are counted still.
    refused(
        plain.replace('\n', "\r").replace(&numbers()[30][2], "x"),
        &["line 32, column 2"],
    );
}

#[test]
fn decimal_commas_are_read_where_nothing_else_is_meant() {
    let comma: Vec<Vec<String>> = numbers()
        .iter()
        .map(|row| row.iter().map(|n| n.replace('.', ",")).collect())
        .collect();
    for delimiter in [";", "\t", " ", "; ", "|"] {
        for header in [None, Some(&names("c")[..])] {
            let notes = right(written(header, &comma, delimiter));
            assert!(notes.contains("decimal commas"), "{notes}");
        }
    }
    let quoted: Vec<Vec<String>> = comma
        .iter()
        .map(|row| row.iter().map(|n| format!("\"{n}\"")).collect())
        .collect();
    right(written(None, &quoted, ","));
    // Between commas they cannot be told from whole numbers.
    refused(
        written(None, &comma, ","),
        &["decimal commas", "data.delimiter=,"],
    );
    refused(written(None, &comma, ", "), &["decimal commas"]);
    let cells = read_with(
        "1,5;2,3\n4,5;0,25\n",
        Reading {
            decimal: Decimal::Comma,
            ..Reading::default()
        },
    )
    .unwrap();
    assert_eq!(cells.values, [1.5, 2.3, 4.5, 0.25]);
    assert_eq!(read("1;2\n3;5\n").unwrap().values, [1.0, 2.0, 3.0, 5.0]);
}

#[test]
fn marks_between_thousands_are_refused_until_they_are_named() {
    let with = |decimal, text: &str| {
        read_with(
            text,
            Reading {
                decimal,
                ..Reading::default()
            },
        )
        .map(|cells| cells.values)
    };
    for text in [
        "1,234\t5,678\n2,500\t7,125\n",
        "\"1,234\",\"5,678\"\n\"2,500\",\"7,125\"\n",
        "1,234;5,678\n2,500;7,125\n",
    ] {
        refused(text, &["data.decimal=.", "data.decimal=,"]);
        assert_eq!(
            with(Decimal::Point, text).unwrap(),
            [1234.0, 5678.0, 2500.0, 7125.0]
        );
        assert_eq!(
            with(Decimal::Comma, text).unwrap(),
            [1.234, 5.678, 2.5, 7.125]
        );
    }
    let american = "\"1,234.5\",2\n\"12,345,678.25\",3\n";
    refused(american, &["\"1,234.5\"", "data.decimal=."]);
    assert_eq!(
        with(Decimal::Point, american).unwrap(),
        [1234.5, 2.0, 12345678.25, 3.0]
    );
    let german = "1.234,5;2\n12.345.678,25;3\n";
    refused(german, &["data.decimal=,"]);
    assert_eq!(
        with(Decimal::Comma, german).unwrap(),
        [1234.5, 2.0, 12345678.25, 3.0]
    );
    let french = "1 234,5;2\n12\u{202f}345\u{a0}678,25;3\n";
    assert_eq!(
        with(Decimal::Comma, french).unwrap(),
        [1234.5, 2.0, 12345678.25, 3.0]
    );
    // Groups of other lengths are none.
    assert!(with(Decimal::Point, "\"1,23.5\";2\n\"1,234.5\";3\n").is_err());
}

#[test]
fn what_else_programs_write_is_read() {
    let rows = numbers();
    let plain = written(None, &rows, ",");
    // Trailing delimiters, with and without in the header; Excel's empty lines and its first line.
    right(plain.replace('\n', ",\n"));
    right(format!(
        "{},\n{}",
        names("c").join(","),
        plain.replace('\n', ",\n")
    ));
    right(format!(
        "{}\n{}",
        names("c").join(","),
        plain.replace('\n', ",\n")
    ));
    let notes = right(format!("{plain}{}\n{}\n", ",".repeat(11), ",".repeat(11)));
    assert!(
        notes.contains("2 lines of empty cells passed over: 41, 42"),
        "{notes}"
    );
    right(format!("sep=;\n{}", written(None, &rows, ";")));
    right(format!(
        "\"sep=;\"\r\n{}",
        written(Some(&names("c, d ")), &rows, ";")
    ));
    // Names with the delimiter inside.
    let header: Vec<String> = names("size, mm; ")
        .into_iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    for delimiter in [",", ";", "\t"] {
        right(written(Some(&header), &rows, delimiter));
    }
    // A blank column.
    let blank: Vec<Vec<String>> = rows
        .iter()
        .map(|row| [&row[..3], &[String::new()], &row[3..]].concat())
        .collect();
    assert!(right(written(None, &blank, ",")).contains("nothing stands in column 3"));
    // Numbers of Fortran, of word processors, and aligned by blanks.
    let as_fortran: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|n| format!("{n}D+00")).collect())
        .collect();
    right(written(None, &as_fortran, " "));
    right(plain.replace('-', "\u{2212}"));
    right(
        rows.iter()
            .map(|row| row.iter().map(|n| format!("{n:>11}")).collect::<String>() + "  \n")
            .collect::<String>(),
    );
    right(plain.replacen(',', " \t,", 3));
}

#[test]
fn tables_with_something_else_in_them_are_refused_with_its_place() {
    let rows = numbers();
    let plain = written(None, &rows, ",");
    refused(
        format!(
            "{}\n{}\n{plain}",
            names("c").join(","),
            ["mm"; 12].join(",")
        ),
        &["line 2, column 0", "remove it"],
    );
    refused(
        format!("{plain}Total{}\n", ",1.5".repeat(11)),
        &["line 41, column 0", "\"Total\""],
    );
    refused(plain.replacen(',', "%,", 1), &["line 1"]);
    refused(
        format!("Instrument: X\n{plain}"),
        &["line 2: 12 cells, where the first line has 1"],
    );
    let dated = beside(|i| format!("2024-01-{:02}", i % 28 + 1), &rows, true);
    refused(
        written(None, &dated, ","),
        &["line 1, column 0", "2024-01-01", "data.columns=1..13"],
    );
    refused(format!("{plain}\"0.5,1\n"), &["line 41"]);
    refused(
        plain.replacen(&rows[2][4], "inf", 1),
        &["line 3, column 4", "not a finite number"],
    );
    refused(
        plain.replacen(&rows[2][4], "12:30", 1),
        &["line 3, column 4"],
    );
}

#[test]
fn the_options_read_what_is_found_otherwise() {
    let reading = Reading {
        delimiter: Delimiter::Comma,
        ..Reading::default()
    };
    assert_eq!(
        read_with("0,07\n1,05\n", reading).unwrap().values,
        [0.0, 7.0, 1.0, 5.0]
    );
    let reading = Reading {
        delimiter: Delimiter::Semicolon,
        decimal: Decimal::Comma,
        ..Reading::default()
    };
    assert_eq!(
        read_with("0,07\n1,05\n", reading).unwrap().values,
        [0.07, 1.05]
    );
    let reading = Reading {
        delimiter: Delimiter::Space,
        ..Reading::default()
    };
    assert_eq!(read_with("1 2\t3\n4  5\t6\n", reading).unwrap().columns, 3);
}

/// How a program writes a table.
#[derive(Debug, Clone)]
struct Writer {
    delimiter: &'static str,
    comma: bool,
    quoted: bool,
    header: bool,
    index: bool,
    end: &'static str,
    comment: bool,
    trailing: bool,
}

impl Writer {
    fn write(&self, rows: &[&[f64]]) -> String {
        let quote = |cell: String| {
            if self.quoted {
                format!("\"{cell}\"")
            } else {
                cell
            }
        };
        let number = |value: &f64| {
            let text = format!("{value:?}");
            quote(if self.comma {
                text.replace('.', ",")
            } else {
                text
            })
        };
        let line = |cells: Vec<String>| {
            cells.join(self.delimiter) + if self.trailing { self.delimiter } else { "" } + self.end
        };
        let mut text = String::new();
        if self.comment {
            text += &format!("# a comment; of, words{}", self.end);
        }
        let index = |name: String| self.index.then_some(quote(name));
        if self.header {
            let names = (0..rows[0].len()).map(|i| quote(format!("name{i}")));
            text += &line(index("id".into()).into_iter().chain(names).collect());
        }
        for (i, row) in rows.iter().enumerate() {
            text += &line(
                index((i + 5).to_string())
                    .into_iter()
                    .chain(row.iter().map(number))
                    .collect(),
            );
        }
        text
    }
}

fn writer() -> impl Strategy<Value = Writer> {
    let ends = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]);
    let delimiters = prop::sample::select(vec![",", ";", "\t", "|", " ", ", "]);
    (delimiters, any::<[bool; 6]>(), ends).prop_map(|(delimiter, flags, end)| {
        let [comma, quoted, header, index, comment, trailing] = flags;
        let trailing = trailing && delimiter != " " && delimiter != ", ";
        Writer {
            delimiter,
            comma,
            quoted,
            header,
            index: index && header,
            end,
            comment,
            trailing,
        }
    })
}

#[test]
fn a_table_of_any_writer_is_read_exactly_or_refused() {
    let read_right = AtomicUsize::new(0);
    proptest!(|(
        writer in writer(),
        width in 1usize..14,
        values in prop::collection::vec(prop_oneof![-1e3f64..1e3, -1e-3f64..1e-3, (-50i32..50).prop_map(f64::from), (-900i32..900).prop_map(|n| f64::from(n) / 8.0)], 14..90),
    )| {
        // Decimal commas that nothing tells from those between cells.
        let alone = width == 1 && !writer.index;
        prop_assume!(!writer.comma || writer.quoted || !(alone || writer.delimiter.starts_with(',')));
        let rows: Vec<&[f64]> = values.chunks_exact(width).collect();
        let text = writer.write(&rows);
        if let Ok(cells) = read(&text) {
            let right = cells.columns == width && cells.values == rows.concat();
            prop_assert!(right, "{text}\nwas read as {cells:?}");
            read_right.fetch_add(1, Ordering::Relaxed);
        }
    });
    let read_right = read_right.into_inner();
    println!("{read_right} of 256 were read");
    assert!(read_right > 128, "{read_right} of 256 were read");
}
