//! Arrays of NumPy are read whatever their layout, or refused with the place.

use half::f16;
use lindiff::data::formats::{Array, FormatError, read_npy, read_npz};
use lindiff::data::{write_npy, write_npy_f32};
use proptest::prelude::*;

use crate::numpy::{npy, npz, with_header};

fn read(bytes: &[u8]) -> Array {
    read_npy(bytes).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(bytes: &[u8]) -> String {
    read_npy(bytes).unwrap_err().to_string()
}

/// Bytes of 1 ... 6 in some type.
macro_rules! six {
    ($to_bytes:expr) => {
        (1..=6).flat_map($to_bytes).collect::<Vec<u8>>()
    };
}

const SIX: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

#[test]
fn every_type_of_number_is_read_in_either_byte_order() {
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("<f2", six!(|x| f16::from_f32(x as f32).to_le_bytes())),
        (">f2", six!(|x| f16::from_f32(x as f32).to_be_bytes())),
        ("<f4", six!(|x| (x as f32).to_le_bytes())),
        (">f4", six!(|x| (x as f32).to_be_bytes())),
        ("<f8", six!(|x| f64::from(x).to_le_bytes())),
        (">f8", six!(|x| f64::from(x).to_be_bytes())),
        ("|i1", six!(|x: i32| (x as i8).to_le_bytes())),
        ("|u1", six!(|x: i32| (x as u8).to_le_bytes())),
        ("<i2", six!(|x: i32| (x as i16).to_le_bytes())),
        (">i2", six!(|x: i32| (x as i16).to_be_bytes())),
        ("<u2", six!(|x: i32| (x as u16).to_le_bytes())),
        (">u2", six!(|x: i32| (x as u16).to_be_bytes())),
        ("<i4", six!(|x: i32| x.to_le_bytes())),
        (">i4", six!(|x: i32| x.to_be_bytes())),
        ("<u4", six!(|x: i32| (x as u32).to_le_bytes())),
        (">u4", six!(|x: i32| (x as u32).to_be_bytes())),
        ("<i8", six!(|x: i32| i64::from(x).to_le_bytes())),
        (">i8", six!(|x: i32| i64::from(x).to_be_bytes())),
        ("<u8", six!(|x: i32| (x as u64).to_le_bytes())),
        (">u8", six!(|x: i32| (x as u64).to_be_bytes())),
    ];
    for (descr, data) in cases {
        let array = read(&npy(descr, false, "(3, 2)", &data));
        assert_eq!(
            (array.values.into_doubles().as_slice(), array.columns),
            (&SIX[..], 2),
            "{descr}"
        );
    }
}

#[test]
fn negative_numbers_and_truths_are_read() {
    let integers = read(&npy(">i2", false, "(1, 2)", &[0xff, 0xfe, 0x80, 0x00]));
    assert_eq!(integers.values.into_doubles(), [-2.0, -32768.0]);
    assert_eq!(
        read(&npy("|b1", false, "(2, 1)", &[0, 1]))
            .values
            .into_doubles(),
        [0.0, 1.0]
    );
    let halves = [f16::from_f32(-1.5), f16::from_f32(6.0e-8)].map(f16::to_le_bytes);
    let read = read(&npy("<f2", false, "(1, 2)", &halves.concat()))
        .values
        .into_doubles();
    assert_eq!(read, [-1.5, 2.0f64.powi(-24)]);
}

#[test]
fn fortran_order_is_turned_into_rows() {
    // [[1, 3, 5], [2, 4, 6]], column after column.
    let array = read(&npy(
        "<f8",
        true,
        "(2, 3)",
        &six!(|x| f64::from(x).to_le_bytes()),
    ));
    assert_eq!(array.values.into_doubles(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    // a[i, j, k] is at i + 2 j + 4 k.
    let bytes: Vec<u8> = (0..8).collect();
    let array = read(&npy("|u1", true, "(2, 2, 2)", &bytes));
    assert_eq!(
        array.values.into_doubles(),
        [0.0, 4.0, 2.0, 6.0, 1.0, 5.0, 3.0, 7.0]
    );
    assert_eq!((array.columns, array.image), (4, Some((2, 2))));
}

#[test]
fn axes_after_the_first_are_flattened_and_two_of_them_are_an_image() {
    let of = |shape| {
        let array = read(&npy("|u1", false, shape, &[7; 24]));
        (array.columns, array.image)
    };
    assert_eq!(of("(2, 12)"), (12, None));
    assert_eq!(of("(2, 3, 4)"), (12, Some((3, 4))));
    assert_eq!(of("(2, 1, 3, 4)"), (12, Some((3, 4))));
    assert_eq!(of("(2, 3, 4, 1)"), (12, Some((3, 4))));
    assert_eq!(of("(1, 2, 3, 4)"), (24, None));
}

#[test]
fn pickled_structured_complex_and_other_items_are_refused_by_name() {
    let cases = [
        ("|O", "pickled Python objects"),
        ("<c16", "complex"),
        ("<U3", "text"),
        ("|S3", "text"),
        ("<M8[ns]", "dates"),
        ("|V8", "structured"),
        ("<f16", "floating-point"),
        ("<x4", "no kind of number"),
    ];
    for (descr, part) in cases {
        let text = refusal(&npy(descr, false, "(2, 3)", &[0; 96]));
        assert!(text.contains(descr) && text.contains(part), "{text}");
    }
    let record =
        "{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False, 'shape': (2, 2), }";
    assert!(refusal(&with_header(record, &[0; 48])).contains("structured"));
}

#[test]
fn an_array_of_another_shape_than_rows_and_columns_is_refused() {
    for (shape, part) in [
        ("()", "single number"),
        ("(0, 3)", "holds no numbers"),
        ("(4294967296, 4294967296, 4294967296)", "memory"),
    ] {
        let text = refusal(&npy("<f8", false, shape, &[0; 48]));
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn an_array_that_is_cut_short_or_too_long_is_refused_with_its_bytes() {
    let whole = npy("<f8", false, "(2, 3)", &[0; 48]);
    for length in [0, 3, 7, 9, 40, whole.len() - 1] {
        assert!(read_npy(&whole[..length]).is_err(), "{length}");
    }
    let start = whole.len() - 48;
    let short = refusal(&whole[..whole.len() - 1]);
    assert!(short.contains("cut short"), "{short}");
    assert!(short.contains(&whole.len().to_string()) && short.contains(&(start + 47).to_string()));
    let long = refusal(&[&whole[..], &[0]].concat());
    assert!(
        long.contains(&format!("ends at byte {}", whole.len())),
        "{long}"
    );
}

#[test]
fn a_header_that_promises_more_than_there_is_costs_no_memory() {
    let huge = npy("<f8", false, "(1000000000000, 100000)", &[0; 48]);
    assert!(matches!(read_npy(&huge), Err(FormatError::CutShort { .. })));
    // A header of 4 GB, says version 2.
    let header = [&b"\x93NUMPY\x02\x00"[..], &[0xff; 4], b"{"].concat();
    assert!(matches!(
        read_npy(&header),
        Err(FormatError::Header { byte: 8, .. })
    ));
    let nested = with_header(&"(".repeat(60_000), &[]);
    assert!(matches!(read_npy(&nested), Err(FormatError::Header { .. })));
}

#[test]
fn headers_as_other_programs_write_them_are_read() {
    for header in [
        r#"{"shape": (2,3), "descr": "<i4", "fortran_order": False}"#,
        "{'fortran_order':False,'shape':(2L,3L),'descr':'<i4'}",
        "  { 'descr' : '<i4' , 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , }  ",
    ] {
        assert_eq!(
            read(&with_header(header, &six!(|x: i32| x.to_le_bytes())))
                .values
                .into_doubles(),
            SIX
        );
    }
    for header in [
        "",
        "{}",
        "{'descr': '<f8'}",
        "[1]",
        "{'descr': '<f8', 'x': 1}",
    ] {
        assert!(matches!(
            read_npy(&with_header(header, &[])),
            Err(FormatError::Header { .. })
        ));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        columns in 1usize..6,
        values in prop::collection::vec(any::<f64>(), 0..60),
    ) {
        let rows = values.len() / columns;
        prop_assume!(rows > 0);
        let values = &values[..rows * columns];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        write_npy(&path, &[rows, columns], values).unwrap();
        let array = read(&std::fs::read(&path).unwrap());
        prop_assert_eq!(array.columns, columns);
        prop_assert!(array.values.into_doubles().iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits()));
        write_npy_f32(&path, &[1, rows, columns], values).unwrap();
        let array = read(&std::fs::read(&path).unwrap());
        prop_assert_eq!(array.image, Some((rows, columns)));
        let same = |(a, b): (&f64, &f64)| *a == f64::from(*b as f32) || b.is_nan() && a.is_nan();
        prop_assert!(array.values.into_doubles().iter().zip(values).all(same));
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0usize..200, byte: u8, shape in "[(), 0-9L]{0,40}") {
        let mut bytes = npy("<f4", true, "(2, 3)", &[1; 24]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read_npy(&bytes);
        let _ = read_npy(&npy("<f4", true, &shape, &[1; 24]));
        let mut archive = npz(&[("x", &bytes)]);
        let at = at * 7 % archive.len();
        archive[at] = byte;
        let _ = read_npz(&archive, None);
    }
}
