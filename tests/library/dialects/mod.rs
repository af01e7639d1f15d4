//! Forty rows of twelve numbers, as programs and people write them: every dialect is read to the same numbers, or
//! refused with what reads it. Nothing is dropped unsaid.

mod columns;
mod headers;
mod spellings;

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
