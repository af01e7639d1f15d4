//! Images: IDX files, folders, and pooling.

mod idx;

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage};
use lindiff::config::{Color, Columns, Reading, RealData, RowsOrigin, Scale};
use lindiff::data::formats::{FormatError, gunzip, read_idx, read_image};
use lindiff::data::{Table, read_rows};
use proptest::prelude::*;

fn idx(kind: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn real(path: &Path) -> RealData {
    RealData {
        origin: RowsOrigin::File {
            path: path.to_owned(),
            array: None,
        },
        columns: None,
        group: None,
        reading: Reading::default(),
        pool: 1,
        scale: Scale::Trace,
        min_variance: 1e-12,
    }
}

/// What is read of a file of that name and those bytes.
fn read_as(name: &str, bytes: &[u8]) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read_rows(&real(&path)).map_err(|e| e.to_string())
}

#[test]
fn not_a_number_in_an_array_is_refused_with_its_row_and_column_if_it_is_used() {
    let bytes = idx(
        0x0D,
        &[2, 2],
        &[1.0f32, 2.0, 3.0, f32::NAN].map(f32::to_be_bytes).concat(),
    );
    let said = read_as("x.idx", &bytes).unwrap_err();
    assert!(said.contains("row 1, column 1: NaN"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    fs::write(&path, bytes).unwrap();
    let first = Columns::of(0..1);
    let table = read_rows(&RealData {
        columns: first,
        ..real(&path)
    })
    .unwrap();
    assert_eq!(
        (&*table.rows.row(0), &*table.rows.row(1)),
        (&[1.0][..], &[3.0][..])
    );
}

#[test]
fn a_folder_of_images_is_read_in_the_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    GrayImage::from_raw(2, 1, vec![5, 6])
        .unwrap()
        .save(at("b.png"))
        .unwrap();
    fs::write(at("c.PGM"), b"P5\n2 1\n255\n\x07\x08").unwrap();
    fs::write(at("a.pgm"), b"P2\n# grey\n2 1\n255\n3 4\n").unwrap();
    // Passed over: what a system or a user leaves beside them.
    fs::write(at(".b.png"), b"no image").unwrap();
    fs::write(at("notes.txt"), b"no image").unwrap();
    fs::create_dir(at("more.png")).unwrap();
    let table = read_rows(&real(folder.path())).unwrap();
    assert_eq!((table.rows.count(), table.image), (3, Some((1, 2))));
    assert_eq!([0, 1, 2].map(|i| table.rows.row(i)[0]), [3.0, 5.0, 7.0]);
}

#[test]
fn images_of_different_sizes_are_refused_with_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name, width, height| {
        GrayImage::new(width, height)
            .save(folder.path().join(name))
            .unwrap()
    };
    save("a.png", 2, 1);
    save("b.png", 1, 2);
    let said = read_rows(&real(folder.path())).unwrap_err().to_string();
    for part in ["a.png", "b.png", "2 x 1", "1 x 2"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_folder_without_images_or_with_a_broken_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = || read_rows(&real(folder.path())).unwrap_err().to_string();
    assert!(said().contains("no .png"));
    fs::create_dir(folder.path().join("cats")).unwrap();
    assert!(said().contains("only folders"));
    fs::write(folder.path().join("a.png"), b"\x89PNG\r\n\x1a\nbroken").unwrap();
    assert!(said().contains("a.png"));
}

#[test]
fn sixteen_bits_keep_their_precision_and_colours_become_grey() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.png");
    let wide: ImageBuffer<Luma<u16>, Vec<u16>> =
        ImageBuffer::from_raw(2, 1, vec![65535, 1]).unwrap();
    wide.save(&path).unwrap();
    let read = read_image(&fs::read(&path).unwrap(), Color::Grey)
        .unwrap()
        .values
        .into_doubles();
    assert_eq!(read, [255.0, 1.0 / 257.0]);
    RgbImage::from_pixel(1, 1, Rgb([10, 10, 10]))
        .save(&path)
        .unwrap();
    assert_eq!(
        read_image(&fs::read(&path).unwrap(), Color::Grey)
            .unwrap()
            .values
            .into_doubles(),
        [10.0]
    );
}

#[test]
fn what_a_folder_holds_beside_pictures_is_counted_in_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    GrayImage::from_raw(2, 1, vec![5, 6])
        .unwrap()
        .save(at("a.png"))
        .unwrap();
    assert_eq!(read_rows(&real(folder.path())).unwrap().notes, [""; 0]);
    for name in ["b.tif", "c.TIF", "d.bmp", "readme", ".hidden"] {
        fs::write(at(name), b"something").unwrap();
    }
    fs::create_dir(at("more")).unwrap();
    let notes = read_rows(&real(folder.path())).unwrap().notes;
    let expected = "4 files (1 .bmp, 2 .tif, 1 without an ending) and 1 folder left out: PNG, PGM, PPM and JPEG are read";
    assert_eq!(notes, [expected]);
    fs::remove_file(at("a.png")).unwrap();
    let said = read_rows(&real(folder.path())).unwrap_err().to_string();
    assert!(
        said.contains("no .png") && said.contains(".bmp, .tif"),
        "{said}"
    );
}

#[test]
fn jpegs_are_read_beside_other_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let grey = GrayImage::from_pixel(8, 8, Luma([120]));
    let bytes = {
        let mut bytes = std::io::Cursor::new(Vec::new());
        grey.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    for name in ["a.jpg", "b.JPEG"] {
        fs::write(at(name), &bytes).unwrap();
    }
    grey.save(at("c.png")).unwrap();
    let table = read_rows(&real(folder.path())).unwrap();
    assert_eq!((table.rows.count(), table.image), (3, Some((8, 8))));
    // One grey is what compression keeps.
    assert!((0..3).all(|i| table.rows.row(i).iter().all(|x| (x - 120.0).abs() <= 1.0)));
    let said = read_as("x.jpg", &bytes).unwrap_err();
    assert!(said.contains("folder"), "{said}");
    fs::write(at("d.jpg"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(read_rows(&real(folder.path())).is_err());
}

#[test]
fn pictures_in_colour_become_grey_with_a_note_or_keep_their_three_channels() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    RgbImage::from_raw(2, 1, vec![200, 10, 30, 1, 2, 3])
        .unwrap()
        .save(at("a.png"))
        .unwrap();
    GrayImage::from_raw(2, 1, vec![5, 6])
        .unwrap()
        .save(at("b.png"))
        .unwrap();
    fs::write(at("c.ppm"), b"P6\n2 1\n255\n\x07\x08\x09\x0a\x0b\x0c").unwrap();
    let read = |color| {
        let reading = Reading {
            color,
            ..Reading::default()
        };
        read_rows(&RealData {
            reading,
            ..real(folder.path())
        })
        .unwrap()
    };
    let grey = read(Color::Grey);
    assert_eq!((grey.rows.dim(), grey.image), (2, Some((1, 2))));
    assert!(
        grey.notes[0].contains("2 of 3 pictures are in colour")
            && grey.notes[0].contains("data.color=rgb"),
        "{:?}",
        grey.notes
    );
    let rgb = read(Color::Rgb);
    assert_eq!((rgb.rows.dim(), rgb.image, rgb.notes.len()), (6, None, 0));
    assert_eq!(*rgb.rows.row(0), [200.0, 10.0, 30.0, 1.0, 2.0, 3.0]);
    assert_eq!(*rgb.rows.row(1), [5.0, 5.0, 5.0, 6.0, 6.0, 6.0]);
    assert_eq!(*rgb.rows.row(2), [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    // Grey pictures have one channel, whatever their files have.
    RgbImage::from_raw(2, 1, vec![7, 7, 7, 9, 9, 9])
        .unwrap()
        .save(at("a.png"))
        .unwrap();
    fs::remove_file(at("c.ppm")).unwrap();
    assert_eq!(read(Color::Grey).notes, [""; 0]);
    let rgb = read(Color::Rgb);
    assert!(rgb.rows.dim() == 2 && rgb.notes[0].contains("no picture is in colour"));
}

#[test]
fn an_image_whose_header_promises_more_than_its_file_can_hold_is_refused() {
    for header in [
        "P5\n60000 60000\n255\n",
        "P2\n60000 60000\n255\n1 2",
        "P5 65535 65535 65535 ",
    ] {
        assert!(
            read_image(header.as_bytes(), Color::Grey).is_err(),
            "{header}"
        );
    }
    // 5.8 GB of pixels in 16 bytes: refused before they are made room for.
    let error = read_image(b"P1\n6 966666610\n", Color::Grey).unwrap_err();
    assert!(
        error.contains("6 x 966666610 pixels, more than its"),
        "{error}"
    );
}

#[test]
fn a_single_image_and_an_empty_file_are_refused() {
    assert!(
        read_as("x.pgm", b"P5\n2 1\n255\n\x07\x08")
            .unwrap_err()
            .contains("folder")
    );
    assert!(read_as("x.csv", b"").unwrap_err().contains("empty"));
    let missing = read_rows(&real(Path::new("/nowhere/x.csv")))
        .unwrap_err()
        .to_string();
    assert!(missing.starts_with("/nowhere/x.csv: "), "{missing}");
}

#[test]
fn a_file_whose_content_is_not_what_its_name_says_is_refused() {
    assert!(
        read_as("x.npy", b"1,2\n3,4\n")
            .unwrap_err()
            .contains("NUMPY")
    );
    assert!(
        read_as("x.npz", b"1,2\n3,4\n")
            .unwrap_err()
            .contains("an .npz")
    );
    assert!(
        read_as("x-ubyte", b"1,2\n3,4\n")
            .unwrap_err()
            .contains("IDX")
    );
}

#[test]
fn images_are_pooled_by_means() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let pixels: Vec<u8> = (0..16).collect();
    fs::write(&path, idx(8, &[2, 2, 4], &pixels)).unwrap();
    let pooled = |pool| {
        read_rows(&RealData {
            pool,
            ..real(&path)
        })
    };
    let table = pooled(2).unwrap();
    assert_eq!(
        (&*table.rows.row(0), table.image),
        (&[2.5, 4.5][..], Some((1, 2)))
    );
    let said = pooled(4).unwrap_err().to_string();
    assert!(
        said.contains("data.pool: 4") && said.contains("4 x 2"),
        "{said}"
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), at in 0usize..64, byte: u8) {
        let _ = read_idx(&bytes);
        let _ = read_image(&bytes, Color::Rgb);
        let _ = gunzip(&bytes);
        let mut changed = idx(8, &[2, 2, 2], &bytes[..bytes.len().min(8)]);
        let at = at % changed.len();
        changed[at] = byte;
        let _ = read_idx(&changed);
        let mut zipped = gzip(&changed);
        let at = at % zipped.len();
        zipped[at] ^= byte;
        let _ = gunzip(&zipped);
    }
}
