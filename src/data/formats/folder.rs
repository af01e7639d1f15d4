//! A folder of images.

use std::path::{Path, PathBuf};

use image::{ColorType, DynamicImage};

use super::Array;
use crate::data::DataError;

/// Reads every PNG and PGM of a folder, in the order of their names, as grey values from 0 to 255. All must have
/// one size.
pub fn read_folder(folder: &Path) -> Result<Array, DataError> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        let ending = path.extension().and_then(|e| e.to_str());
        if ending.is_some_and(|e| ["png", "pgm"].contains(&e.to_lowercase().as_str())) {
            paths.push(path);
        }
    }
    paths.sort();
    let first = paths
        .first()
        .ok_or_else(|| DataError::content(folder, "no .png and no .pgm in this folder"))?;
    let mut values = Vec::new();
    let mut size = None;
    for path in &paths {
        let image = image::open(path)
            .map_err(|e| DataError::content(path, format!("not an image that is read: {e}")))?;
        let this = (image.height() as usize, image.width() as usize);
        let expected = *size.get_or_insert(this);
        if this != expected {
            let (height, width) = this;
            let problem = format!(
                "{width} x {height} pixels, where {} has {} x {}",
                first.display(),
                expected.1,
                expected.0
            );
            return Err(DataError::content(path, problem));
        }
        push_grey(&image, &mut values);
    }
    let (height, width) = size.expect("there is an image");
    if height * width == 0 {
        return Err(DataError::content(first, "an image without pixels"));
    }
    Ok(Array {
        values,
        columns: height * width,
        image: Some((height, width)),
    })
}

/// The grey values of an image; 16 bits are brought to the range of 8 without rounding.
fn push_grey(image: &DynamicImage, values: &mut Vec<f64>) {
    let wide = matches!(
        image.color(),
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
    );
    match wide {
        true => values.extend(
            image
                .to_luma16()
                .into_raw()
                .iter()
                .map(|&x| f64::from(x) / 257.0),
        ),
        false => values.extend(image.to_luma8().into_raw().iter().map(|&x| f64::from(x))),
    }
}
