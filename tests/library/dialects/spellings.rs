//! Comments, encodings, decimal marks, and what else programs write.

use super::*;

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
