//! Archives of NumPy are read array by array, or refused with the name of the array.

use std::io::Cursor;

use lindiff::data::formats::{Npz, read_npz};

use crate::numpy::{doubles, npy, npz, npz_compressed};

#[test]
fn the_array_of_an_archive_is_the_one_named_or_the_only_one() {
    let one = npy("|u1", false, "(1, 2)", &[1, 2]);
    let two = npy("|u1", true, "(2, 2)", &[1, 2, 3, 4]);
    let single = npz(&[("x", &one)]);
    assert_eq!(
        read_npz(&single, None).unwrap().values.into_doubles(),
        [1.0, 2.0]
    );
    let several = npz(&[("x", &one), ("y", &two)]);
    assert_eq!(
        read_npz(&several, Some("y")).unwrap().values.into_doubles(),
        [1.0, 3.0, 2.0, 4.0]
    );
    let none = read_npz(&several, None).unwrap_err().to_string();
    assert!(
        none.contains(r#"["x", "y"]"#) && none.contains("data.array"),
        "{none}"
    );
    let wrong = read_npz(&several, Some("z")).unwrap_err().to_string();
    assert!(
        wrong.contains(r#""z""#) && wrong.contains(r#"["x", "y"]"#),
        "{wrong}"
    );
    assert!(read_npz(&npz(&[]), None).is_err());
}

#[test]
fn what_is_wrong_with_an_array_in_an_archive_is_said_with_its_name() {
    let archive = npz(&[("x", &npy("|O", false, "(1, 2)", b"\x80\x04."))]);
    let text = read_npz(&archive, None).unwrap_err().to_string();
    assert!(
        text.contains(r#"array "x""#) && text.contains("pickled"),
        "{text}"
    );
}

#[test]
fn an_archive_that_is_cut_short_or_altered_is_refused() {
    let numbers: Vec<u8> = (0..200).collect();
    let whole = npz(&[("x", &npy("|u1", false, "(2, 100)", &numbers))]);
    for length in 0..whole.len() {
        assert!(read_npz(&whole[..length], None).is_err(), "{length}");
    }
    let mut altered = whole.clone();
    // In the middle of the numbers, of which the archive keeps a sum.
    let at = altered.windows(3).position(|w| w == [100, 101, 102]);
    match at {
        Some(at) => altered[at] ^= 1,
        None => altered[whole.len() / 2] ^= 1,
    }
    assert!(read_npz(&altered, None).is_err());
}

#[test]
fn arrays_of_every_type_are_read_by_their_names_in_any_order() {
    let arrays: [(&str, &[u8]); 4] = [
        ("b", &doubles(&[2, 2], &[1.5, -2.0, 3.0, 4.0])),
        (
            "a",
            &npy(">i8", false, "(3,)", &[0, 0, 0, 0, 0, 0, 0, 7].repeat(3)),
        ),
        (
            "half",
            &npy("<f2", true, "(1, 2)", &[0x00, 0x3c, 0x00, 0xc0]),
        ),
        ("images", &npy("|u1", false, "(2, 1, 2, 2)", &[9; 8])),
    ];
    for bytes in [npz(&arrays), npz_compressed(&arrays)] {
        let mut archive = Npz::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(archive.names(), ["a", "b", "half", "images"]);
        let images = archive.array("images").unwrap();
        assert_eq!(
            (images.axes, images.image),
            (vec![2, 1, 2, 2], Some((2, 2)))
        );
        let half = archive.array("half").unwrap();
        assert_eq!(half.values.into_doubles(), [1.0, -2.0]);
        let whole = archive.array("a").unwrap();
        assert_eq!(
            (whole.axes, whole.values.into_doubles()),
            (vec![3], vec![7.0; 3])
        );
        let first = archive.array("b").unwrap();
        assert_eq!(first.values.into_doubles(), [1.5, -2.0, 3.0, 4.0]);
        let absent = archive.array("c").unwrap_err().to_string();
        assert_eq!(
            absent,
            r#"no array "c"; there are ["a", "b", "half", "images"]"#
        );
    }
}

#[test]
fn a_compressed_archive_that_is_cut_short_or_altered_is_refused() {
    let numbers: Vec<f64> = (0..100).map(|i| f64::from(i).sin()).collect();
    let whole = npz_compressed(&[("x", &doubles(&[10, 10], &numbers))]);
    for length in 0..whole.len() {
        assert!(read_npz(&whole[..length], None).is_err(), "{length}");
    }
    // Half way the bytes are those of the compressed numbers.
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    assert!(read_npz(&altered, None).is_err());
}

#[test]
fn a_file_that_is_no_archive_is_refused_with_what_is_expected() {
    for (bytes, part) in [
        (doubles(&[1, 1], &[1.0]), "an .npz"),
        (b"x,y\n1,2\n".to_vec(), "PK"),
        (Vec::new(), "empty"),
    ] {
        let said = Npz::new(Cursor::new(&bytes)).unwrap_err().to_string();
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn an_array_in_an_archive_that_promises_more_than_there_is_costs_no_memory() {
    let huge = npy("<f8", false, "(1000000000000, 100000)", &[0; 48]);
    for bytes in [npz(&[("x", &huge)]), npz_compressed(&[("x", &huge)])] {
        let said = read_npz(&bytes, None).unwrap_err().to_string();
        assert!(said.contains("cut short"), "{said}");
    }
}
