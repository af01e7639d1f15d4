//! Tables as users have them are read rightly, or refused with the line and the column.

use std::sync::atomic::{AtomicUsize, Ordering};

use lindiff::config::Columns;
use lindiff::data::formats::{self, Cells, Choice, FormatError};
use proptest::prelude::*;

fn read(text: &str) -> Cells {
    read_csv(text.as_bytes(), None, None).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

/// Reads bytes of which columns and a group are chosen.
fn read_csv(
    bytes: &[u8],
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Cells, FormatError> {
    let choice = Choice {
        columns: columns.as_ref(),
        group,
        ..Choice::default()
    };
    formats::read_csv(bytes, choice)
}

fn columns(start: usize, end: usize) -> Option<Columns> {
    Columns::of(start..end)
}

fn refusal(text: &str) -> String {
    read_csv(text.as_bytes(), None, None)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_table_is_read_with_and_without_a_header() {
    for text in [
        "1,2\n3,4\n",
        "a,b\n1,2\n3,4\n",
        "\"a, b\",c\r\n1,2\r\n3,4",
        "\u{feff}a,b\n1,2\n3,4",
    ] {
        let cells = read(text);
        assert_eq!(
            (cells.values, cells.columns),
            (vec![1.0, 2.0, 3.0, 4.0], 2),
            "{text:?}"
        );
    }
}

#[test]
fn numbers_are_parted_by_commas_semicolons_tabs_or_blanks() {
    for text in [
        "1,-2\n3e2,4\n",
        "1;-2\n3e2;4\n",
        "1\t-2\n3e2\t4",
        " 1  -2\n 3.00e+02 4 \n",
        " 1 , -2 \n300, 4",
    ] {
        assert_eq!(read(text).values, [1.0, -2.0, 300.0, 4.0], "{text:?}");
    }
    assert_eq!(read("the name\n1\n2\n").values, [1.0, 2.0]);
}

#[test]
fn blank_lines_are_passed_over_and_lines_still_counted() {
    assert_eq!(
        read("\n\na,b\n\n1,2\n   \n3,4\n\n").values,
        [1.0, 2.0, 3.0, 4.0]
    );
    let text = refusal("a,b\n\n1,2\r\n\r\n   \n3,x\n");
    assert!(
        text.contains("line 6, column 1") && text.contains("\"x\""),
        "{text}"
    );
    let text = refusal("\"a\nb\",c\n1,2\n\n3\n");
    assert!(
        text.contains("line 5") && text.contains("1 cells"),
        "{text}"
    );
}

#[test]
fn a_missing_value_is_refused_with_its_place() {
    for missing in ["NA", "", "nan", "NaN", "null", "n/a", "?"] {
        let text = refusal(&format!("a,b\n1,2\n3,{missing}\n"));
        assert!(text.contains("line 3, column 1: a missing value"), "{text}");
    }
    // In a first line too, which is then no header.
    assert!(refusal("1,NA\n3,4\n").contains("line 1, column 1"));
    assert!(refusal("NA,1,2\n3,4,5\n").contains("line 1, column 0"));
}

#[test]
fn a_number_that_is_not_finite_is_refused_with_its_place() {
    for number in ["inf", "-inf", "infinity", "1e999"] {
        let text = refusal(&format!("1,2\n{number},4\n"));
        assert!(
            text.contains("line 2, column 0") && text.contains("finite"),
            "{text}"
        );
    }
}

#[test]
fn rows_of_different_lengths_are_refused_with_the_line() {
    assert!(refusal("1,2\n3,4,5\n").contains("line 2: 3 cells, where the first line has 2"));
    assert!(refusal("a,b,c\n3,4\n").contains("line 2: 2 cells"));
}

#[test]
fn a_column_of_labels_is_refused_until_it_is_left_out() {
    let table = "a,b,label\n1,2,cat\n3,4,dog\n";
    let text = refusal(table);
    assert!(
        text.contains("line 2, column 2") && text.contains("data.columns"),
        "{text}"
    );
    let cells = read_csv(table.as_bytes(), columns(0, 2), None).unwrap();
    assert_eq!((cells.values, cells.columns), (vec![1.0, 2.0, 3.0, 4.0], 2));
}

#[test]
fn a_first_line_of_numbers_and_a_label_is_a_row() {
    let cells = read_csv(b"1,2,cat\n3,4,dog\n", columns(0, 2), None).unwrap();
    assert_eq!(cells.values, [1.0, 2.0, 3.0, 4.0]);
    let cells = read_csv(b"cat,0.5\ndog,0.25\n", columns(1, 2), None).unwrap();
    assert_eq!(cells.values, [0.5, 0.25]);
}

#[test]
fn columns_that_are_numbered_beside_a_word_are_a_header() {
    let text = b"label,0,1,2\ncat,5,6,7\ndog,8,9,10\n";
    assert_eq!(
        read_csv(text, columns(1, 4), None).unwrap().values[..3],
        [5.0, 6.0, 7.0]
    );
    let text = b"7,0,1,2\n8,5,6,7\n";
    assert_eq!(
        read_csv(text, columns(1, 4), None).unwrap().values[..3],
        [0.0, 1.0, 2.0]
    );
}

#[test]
fn a_column_of_row_numbers_is_left_out_until_columns_are_chosen() {
    for (text, width) in [
        (",a,b\n0,5,6\n1,7,9\n", 2),
        ("\"\",\"a\",\"b\"\n\"1\",5,6\n\"2\",7,9\n", 2),
        (",0,1,2\n0,5,6,1\n1,7,9,1\n", 3),
    ] {
        let cells = read(text);
        assert_eq!((cells.columns, cells.values.len()), (width, 2 * width));
        let said = cells.notes.join("\n");
        assert!(
            said.contains("column 0") && said.contains("left out"),
            "{said}"
        );
        let cells = read_csv(text.as_bytes(), columns(1, 3), None).unwrap();
        assert_eq!(cells.values, [5.0, 6.0, 7.0, 9.0]);
    }
}

#[test]
fn groups_may_be_words_and_must_not_be_missing() {
    let table = "a,who,b\n1,Zo\u{eb},2\n3,Al,4\n";
    let cells = read_csv(table.as_bytes(), None, Some(1)).unwrap();
    assert_eq!(
        (cells.columns, cells.groups.unwrap()),
        (2, vec!["Zo\u{eb}".to_owned(), "Al".to_owned()])
    );
    // The first line is a row although its group is a word.
    let cells = read_csv(b"x,1,2\ny,3,4\n", columns(1, 3), Some(0)).unwrap();
    assert_eq!(cells.groups.unwrap(), ["x", "y"]);
    let error = read_csv(b"x,1\n,3\n", columns(1, 2), Some(0)).unwrap_err();
    assert!(matches!(
        error,
        FormatError::Missing {
            line: 2,
            column: 0,
            ..
        }
    ));
}

#[test]
fn labels_in_latin_1_do_no_harm() {
    let cells = read_csv(b"x,name\n1,Zo\xeb\n2,Zo\xe9\n", columns(0, 1), Some(1)).unwrap();
    assert_eq!(cells.groups.unwrap(), ["Zo\u{eb}", "Zo\u{e9}"]);
}

#[test]
fn columns_that_there_are_not_are_refused_with_those_there_are() {
    for (range, group) in [
        (columns(0, 3), None),
        (None, Some(2)),
        (columns(0, 1), Some(9)),
    ] {
        let text = read_csv(b"1,2\n3,4\n", range, group)
            .unwrap_err()
            .to_string();
        assert!(text.contains("the columns 0 to 1"), "{text}");
    }
    assert!(read_csv(b"1\n2\n", None, Some(0)).is_err());
}

#[test]
fn a_table_without_rows_is_refused() {
    for (text, part) in [
        ("", "no rows"),
        ("\n \n", "no rows"),
        ("a,b\n", "a header and no rows"),
    ] {
        assert!(refusal(text).contains(part), "{text:?}");
    }
}

#[test]
fn what_is_no_text_is_refused_as_no_format_that_is_known() {
    let text = read_csv(b"1,2\n\0\0", None, None).unwrap_err().to_string();
    assert!(text.contains("byte 4") && text.contains(".npy"), "{text}");
}

proptest! {
    #[test]
    fn a_table_that_is_written_is_read(
        width in 1usize..6,
        values in prop::collection::vec(-1e300f64..1e300, 6..60),
        header: bool,
        delimiter in prop::sample::select(vec![",", ";", "\t", " ", ", "]),
        end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
    ) {
        let rows: Vec<&[f64]> = values.chunks_exact(width).collect();
        let mut text = String::new();
        if header {
            text += &(0..width).map(|i| format!("x{i}")).collect::<Vec<_>>().join(delimiter);
            text += end;
        }
        for row in &rows {
            text += &row.iter().map(|x| format!("{x:e}")).collect::<Vec<_>>().join(delimiter);
            text += end;
        }
        let cells = read_csv(text.as_bytes(), None, None).unwrap();
        prop_assert_eq!(cells.columns, width);
        prop_assert_eq!(cells.values, rows.concat());
    }

}

const BYTES: &[u8] = b"01.e-,;\t \n\r\"'ab#\xff\xef\xbb\xbf";

/// A table of small numbers in which some bytes were replaced.
fn damaged_table() -> impl Strategy<Value = Vec<u8>> {
    let damage = prop::collection::vec(
        (any::<prop::sample::Index>(), prop::sample::select(BYTES)),
        0..3,
    );
    (1usize..5, prop::collection::vec(0u8..100, 12..40), damage).prop_map(
        |(width, cells, damage)| {
            let rows = cells.chunks_exact(width);
            let rows = rows.map(|row| row.iter().map(u8::to_string).collect::<Vec<_>>().join(","));
            let mut bytes = rows.collect::<Vec<_>>().join("\n").into_bytes();
            for (place, byte) in damage {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        },
    )
}

#[test]
fn no_bytes_panic() {
    let read = AtomicUsize::new(0);
    proptest!(|(
        bytes in prop_oneof![1 => prop::collection::vec(prop::sample::select(BYTES), 0..200), 3 => damaged_table()],
        range in prop::option::weighted(0.3, (0usize..5, 0usize..5)),
        group in prop::option::weighted(0.3, 0usize..5),
    )| {
        let range = range.and_then(|(start, end)| Columns::of(start..end));
        if let Ok(cells) = read_csv(&bytes, range, group) {
            prop_assert!(cells.values.iter().all(|x| x.is_finite()));
            prop_assert_eq!(cells.values.len() % cells.columns, 0);
            read.fetch_add(1, Ordering::Relaxed);
        }
    });
    let read = read.into_inner();
    println!("{read} of 256 were read");
    assert!(read > 20, "{read} of 256 were read");
}
