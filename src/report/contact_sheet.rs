//! Samples that are images, side by side in one picture.

use std::path::Path;

use image::{GrayImage, ImageFormat, Luma};

use super::PlotError;
use super::raster::range;
use crate::data::Rows;

/// The most images on a sheet.
const CONTACT_SHEET_MOST: usize = 100;
/// The gap between images, in pixels.
const GAP: usize = 2;
/// An image is magnified to about this many pixels a side.
const SIDE: usize = 64;

/// Writes the first rows, as images of `width` x `height`, into one PNG. Grey values go from the 0.5th to the 99.5th
/// percentile of the values shown.
///
/// # Panics
/// If a row does not have `width * height` numbers.
pub fn contact_sheet(
    rows: &Rows,
    width: usize,
    height: usize,
    path: &Path,
) -> Result<(), PlotError> {
    assert_eq!(rows.dim(), width * height, "numbers of an image");
    let shown = rows.count().min(CONTACT_SHEET_MOST);
    let columns = (shown as f64).sqrt().ceil().max(1.0) as usize;
    let lines = shown.div_ceil(columns).max(1);
    let zoom = (SIDE / width.max(height)).max(1);
    let (cell_width, cell_height) = (width * zoom + GAP, height * zoom + GAP);
    let sheet_width = (columns * cell_width + GAP) as u32;
    let sheet_height = (lines * cell_height + GAP) as u32;
    let mut sheet = GrayImage::from_pixel(sheet_width, sheet_height, Luma([255]));
    let (dark, light) = range((0..shown).flat_map(|i| rows.row(i)).copied());
    for index in 0..shown {
        let (left, top) = (
            GAP + index % columns * cell_width,
            GAP + index / columns * cell_height,
        );
        for (k, value) in rows.row(index).iter().enumerate() {
            let share = ((value - dark) / (light - dark)).clamp(0.0, 1.0);
            let grey = Luma([(255.0 * share).round() as u8]);
            for (dx, dy) in (0..zoom * zoom).map(|p| (p % zoom, p / zoom)) {
                let x = left + k % width * zoom + dx;
                let y = top + k / width * zoom + dy;
                sheet.put_pixel(x as u32, y as u32, grey);
            }
        }
    }
    // The format does not follow from the name of the file.
    sheet
        .save_with_format(path, ImageFormat::Png)
        .map_err(|e| PlotError::Render {
            path: path.to_owned(),
            problem: e.to_string(),
        })
}
