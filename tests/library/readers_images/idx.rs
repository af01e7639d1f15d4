//! IDX files.

use super::*;

#[test]
fn images_in_idx_are_read_from_a_file_or_a_gzip_of_any_name() {
    let bytes = idx(8, &[2, 2, 3], &[0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11]);
    for (name, bytes) in [
        ("t10k-images-idx3-ubyte", bytes.clone()),
        ("t10k-images-idx3-ubyte.gz", gzip(&bytes)),
        ("images", bytes.clone()),
        ("images.bin", gzip(&bytes)),
    ] {
        let table = read_as(name, &bytes).unwrap();
        assert_eq!((table.rows.count(), table.image), (2, Some((2, 3))));
        assert_eq!(*table.rows.row(0), [0.0, 1.0, 2.0, 3.0, 4.0, 255.0]);
    }
}

#[test]
fn every_type_of_number_in_idx_is_read() {
    let of = |kind, data: &[u8]| {
        read_idx(&idx(kind, &[1, 2], data))
            .unwrap()
            .values
            .into_doubles()
    };
    assert_eq!(of(0x08, &[1, 255]), [1.0, 255.0]);
    assert_eq!(of(0x09, &[1, 255]), [1.0, -1.0]);
    assert_eq!(of(0x0B, &[1, 0, 0xff, 0xff]), [256.0, -1.0]);
    assert_eq!(
        of(0x0C, &[0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff]),
        [256.0, -1.0]
    );
    assert_eq!(
        of(
            0x0D,
            &[1.5f32.to_be_bytes(), (-2.0f32).to_be_bytes()].concat()
        ),
        [1.5, -2.0]
    );
    assert_eq!(
        of(
            0x0E,
            &[1.5f64.to_be_bytes(), (-2.0f64).to_be_bytes()].concat()
        ),
        [1.5, -2.0]
    );
    assert!(
        read_idx(&idx(0x0A, &[1, 2], &[0, 0]))
            .unwrap_err()
            .to_string()
            .contains("0x0a")
    );
}

#[test]
fn labels_instead_of_images_are_refused_as_such() {
    let said = read_as("t10k-labels-idx1-ubyte", &idx(8, &[4], &[1, 2, 3, 4])).unwrap_err();
    assert!(
        said.contains("labels") && said.contains("t10k-labels-idx1-ubyte"),
        "{said}"
    );
}

#[test]
fn an_idx_that_is_cut_short_or_too_long_or_empty_is_refused() {
    let whole = idx(8, &[2, 2, 2], &[7; 8]);
    for length in 4..whole.len() {
        let error = read_idx(&whole[..length]).unwrap_err();
        assert!(matches!(error, FormatError::CutShort { got, .. } if got == length as u64));
    }
    let error = read_idx(&[&whole[..], &[1, 2]].concat()).unwrap_err();
    assert!(matches!(
        error,
        FormatError::TooLong {
            end: 24,
            extra: 2,
            ..
        }
    ));
    assert!(read_idx(&idx(8, &[0, 2, 2], &[])).is_err());
    assert!(read_idx(&idx(0x0E, &[u32::MAX; 3], &[0; 8])).is_err());
    assert!(read_idx(&idx(8, &[u32::MAX, u32::MAX], &[0; 8])).is_err());
}

#[test]
fn a_gzip_that_is_cut_short_or_followed_by_something_is_refused_with_the_place() {
    let whole = gzip(b"1,2\n3,4\n5,6\n");
    assert_eq!(read_as("x.csv.gz", &whole).unwrap().rows.count(), 3);
    for length in 2..whole.len() {
        let said = read_as("x.csv.gz", &whole[..length]).unwrap_err();
        assert!(
            said.contains("x.csv.gz") && said.contains("cut short"),
            "{said}"
        );
    }
    let mut altered = whole.clone();
    let crc = whole.len() - 6;
    altered[crc] ^= 1;
    assert!(matches!(
        gunzip(&altered),
        Err(FormatError::Gzip {
            decompressed: 12,
            ..
        })
    ));
    assert!(gunzip(&[&whole[..], b"more"].concat()).is_err());
    assert_eq!(gunzip(&[&whole[..], &whole].concat()).unwrap().len(), 24);
}
