//! A folder of images.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{ColorType, DynamicImage, ImageReader, Limits};

use super::{Array, FormatError};
use crate::data::{DataError, Values};

/// More than a byte of a PNG's compressed data can stand for: deflate reaches 1032.
const MOST_COMPRESSED: u64 = 1100;
/// What a decoder may take besides.
const DECODER_MEMORY: u64 = 1 << 20;

/// The grey values of an image, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct GreyImage {
    pub height: usize,
    pub width: usize,
    /// From 0 to 255; bytes of an image of 8 bits.
    pub values: Values,
}

/// Reads every PNG and PGM of a folder, in the order of their names, as grey values from 0 to 255. All must have
/// one size. Other files, hidden ones and folders within are passed over.
pub fn read_folder(folder: &Path) -> Result<Array, DataError> {
    let wrong = DataError::format(folder);
    let names = image_names(folder)?;
    let mut values = Values::Bytes(Vec::new());
    let mut first: Option<(&PathBuf, (usize, usize))> = None;
    for name in &names {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).map_err(DataError::io(&path))?;
        let image = read_image(&bytes).map_err(|problem| {
            let name = name.clone();
            wrong(FormatError::Image { name, problem })
        })?;
        let size = (image.height, image.width);
        let &mut (first, first_size) = first.get_or_insert((name, size));
        if size != first_size {
            return Err(wrong(FormatError::ImageSize {
                first: first.clone(),
                first_size,
                name: name.clone(),
                size,
            }));
        }
        values = values.followed_by(image.values);
    }
    let (_, (height, width)) = first.expect("there is an image");
    Ok(Array {
        values,
        columns: height * width,
        image: Some((height, width)),
    })
}

/// The names of the images in a folder, sorted.
fn image_names(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let (mut names, mut folders) = (Vec::new(), false);
    for entry in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let entry = entry.map_err(DataError::io(folder))?;
        let name = PathBuf::from(entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        let ending = name.extension().unwrap_or_default().to_ascii_lowercase();
        if entry.path().is_dir() {
            folders = true;
        } else if !hidden && (ending == "png" || ending == "pgm") {
            names.push(name);
        }
    }
    names.sort();
    match names.is_empty() {
        true => Err(DataError::format(folder)(FormatError::NoImages { folders })),
        false => Ok(names),
    }
}

/// Reads a PNG or PGM, told by its content; 16 bits are brought to the range of 8 without rounding, colours to
/// their luma, and what is transparent counts as what is beneath.
///
/// # Errors
/// What is wrong, in words: the decoder's own.
pub fn read_image(bytes: &[u8]) -> Result<GreyImage, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("it is neither PNG nor PGM".to_owned());
    }
    // A header may say any size; the file's length says what is possible.
    let mut limits = Limits::default();
    limits.max_alloc = Some(bytes.len() as u64 * MOST_COMPRESSED + DECODER_MEMORY);
    reader.limits(limits);
    let image = reader.decode().map_err(|e| e.to_string())?;
    if image.width() == 0 || image.height() == 0 {
        return Err("it has no pixels".to_owned());
    }
    Ok(GreyImage {
        height: image.height() as usize,
        width: image.width() as usize,
        values: grey(&image),
    })
}

fn grey(image: &DynamicImage) -> Values {
    let wide = matches!(
        image.color(),
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
    );
    match wide {
        true => {
            let pixels = image.to_luma16().into_raw();
            Values::Doubles(pixels.into_iter().map(|x| f64::from(x) / 257.0).collect())
        }
        false => Values::Bytes(image.to_luma8().into_raw()),
    }
}
