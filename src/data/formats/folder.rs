//! A folder of images.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};

use super::csv::counted;
use super::{Array, FormatError};
use crate::config::Color;
use crate::data::{DataError, Values};

/// No byte of a PNG's compressed data stands for more bytes than this: deflate reaches 1032.
const MOST_COMPRESSED: u64 = 1100;
/// The memory that a decoder may use for itself.
const DECODER_MEMORY: u64 = 1 << 20;

const READ: [&str; 6] = ["png", "pgm", "ppm", "pnm", "jpg", "jpeg"];

/// The pixels of an image, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The height in pixels.
    pub height: usize,
    /// The width in pixels.
    pub width: usize,
    /// Numbers for each pixel: 1 (grey), or 3 (red, green, blue).
    pub channels: usize,
    /// Whether some pixel has a colour, even if it is read as grey.
    pub colored: bool,
    /// The numbers from 0 to 255; bytes if the image has 8 bits.
    pub values: Values,
}

/// Reads every PNG, PGM, PPM and JPEG of a folder, in the order of their names, as numbers from 0 to 255. All images
/// must have one size. A note counts other files and folders. Hidden files are skipped.
///
/// Under [`Color::Rgb`] every image gives three numbers for each pixel, unless all images are grey.
pub fn read_folder(folder: &Path, color: Color) -> Result<Array, DataError> {
    let wrong = DataError::format(folder);
    let (names, other) = image_names(folder)?;
    let read = |name: &PathBuf, color| {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).map_err(DataError::io(&path))?;
        read_image(&bytes, color).map_err(|problem| {
            let name = name.clone();
            wrong(FormatError::Image { name, problem })
        })
    };
    let all = |color| -> Result<(Vec<Picture>, usize), DataError> {
        let mut pictures: Vec<Picture> = Vec::with_capacity(names.len());
        for name in &names {
            let picture = read(name, color)?;
            let first = pictures.first().unwrap_or(&picture);
            let size = |picture: &Picture| (picture.height, picture.width);
            if size(first) != size(&picture) {
                return Err(wrong(FormatError::ImageSize {
                    first: names[0].clone(),
                    first_size: size(first),
                    name: name.clone(),
                    size: size(&picture),
                }));
            }
            pictures.push(picture);
        }
        let colored = pictures.iter().filter(|picture| picture.colored).count();
        Ok((pictures, colored))
    };
    let (mut pictures, colored) = all(color)?;
    let mut notes = Vec::new();
    match (color, colored) {
        (Color::Grey, 0) | (Color::Rgb, 1..) => {}
        (Color::Grey, _) => notes.push(format!(
            "{} of {} are in colour and read as grey; --set data.color=rgb keeps red, green and blue",
            colored,
            counted(names.len(), "picture")
        )),
        (Color::Rgb, 0) => {
            notes.push(
                "no picture is in colour: one number a pixel is read (data.color)".to_owned(),
            );
            pictures = all(Color::Grey)?.0;
        }
    }
    notes.extend(other);
    let Picture {
        height,
        width,
        channels,
        ..
    } = pictures[0];
    let axes = vec![pictures.len(), height, width, channels];
    let values = pictures.into_iter().map(|picture| picture.values);
    Ok(Array {
        values: values
            .reduce(Values::followed_by)
            .expect("there is a picture"),
        columns: height * width * channels,
        image: (channels == 1).then_some((height, width)),
        axes,
        notes,
    })
}

/// The names of the images in a folder, sorted, and a note on the other files.
fn image_names(folder: &Path) -> Result<(Vec<PathBuf>, Option<String>), DataError> {
    let (mut names, mut folders) = (Vec::new(), 0);
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let entry = entry.map_err(DataError::io(folder))?;
        let name = PathBuf::from(entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        let ending = name
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if hidden || name.to_string_lossy().eq_ignore_ascii_case("thumbs.db") {
            continue;
        } else if entry.path().is_dir() {
            folders += 1;
        } else if READ.contains(&ending.as_str()) {
            names.push(name);
        } else {
            let kind = if ending.is_empty() {
                "without an ending".to_owned()
            } else {
                format!(".{ending}")
            };
            *others.entry(kind).or_default() += 1;
        }
    }
    names.sort();
    if names.is_empty() {
        let others = others.into_keys().collect();
        return Err(DataError::format(folder)(FormatError::NoImages {
            folders: folders > 0,
            others,
        }));
    }
    let count: usize = others.values().sum();
    let kinds: Vec<String> = others
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let mut told = Vec::new();
    if count > 0 {
        told.push(format!("{} ({})", counted(count, "file"), kinds.join(", ")));
    }
    if folders > 0 {
        told.push(counted(folders, "folder"));
    }
    let note = format!(
        "{} left out: PNG, PGM, PPM and JPEG are read",
        told.join(" and ")
    );
    Ok((names, (!told.is_empty()).then_some(note)))
}

/// Reads a PNG, PGM, PPM or JPEG, recognised by its content. 16 bits are scaled to the range of 8 without rounding. A
/// transparent pixel counts with its colour. Photographs are turned as their camera says.
///
/// # Errors
/// The decoder's own message.
pub fn read_image(bytes: &[u8], color: Color) -> Result<Picture, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("it is neither PNG, PGM, PPM nor JPEG".to_owned());
    }
    // A header may state any size. The length of the file says what is possible.
    let mut limits = Limits::default();
    let possible = bytes.len() as u64 * MOST_COMPRESSED + DECODER_MEMORY;
    limits.max_alloc = Some(possible);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    // The decoder's limits are for its own memory, not for the pixels.
    if decoder.total_bytes() > possible {
        let (width, height) = decoder.dimensions();
        return Err(format!(
            "its header says {width} x {height} pixels, more than its {} bytes can hold",
            bytes.len()
        ));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    image.apply_orientation(orientation);
    if image.width() == 0 || image.height() == 0 {
        return Err("it has no pixels".to_owned());
    }
    let channels = match color {
        Color::Grey => 1,
        Color::Rgb => 3,
    };
    Ok(Picture {
        height: image.height() as usize,
        width: image.width() as usize,
        channels,
        colored: is_colored(&image),
        values: values(&image, color),
    })
}

fn is_colored(image: &DynamicImage) -> bool {
    let differ = |pixel: &[u8]| pixel[0] != pixel[1] || pixel[1] != pixel[2];
    image.color().has_color() && image.to_rgb8().chunks_exact(3).any(differ)
}

fn values(image: &DynamicImage, color: Color) -> Values {
    let wide = matches!(
        image.color(),
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
    );
    let doubles = |numbers: Vec<u16>| {
        Values::Doubles(numbers.into_iter().map(|x| f64::from(x) / 257.0).collect())
    };
    match (wide, color) {
        (true, Color::Grey) => doubles(image.to_luma16().into_raw()),
        (true, Color::Rgb) => doubles(image.to_rgb16().into_raw()),
        (false, Color::Grey) => Values::Bytes(image.to_luma8().into_raw()),
        (false, Color::Rgb) => Values::Bytes(image.to_rgb8().into_raw()),
    }
}
