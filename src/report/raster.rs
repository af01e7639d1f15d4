//! Rows as pixels: one scale for all pictures that are shown together.

use crate::text::statistics::quantiles;

/// A picture is magnified to about so many pixels a side, so that readers of SVG that smooth pictures leave it sharp.
const SIDE: usize = 64;

/// How rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// As pictures of `width` x `height` pixels, row by row.
    Picture {
        /// The width in pixels.
        width: usize,
        /// The height in pixels.
        height: usize,
        /// Whether a pixel has three numbers, red, green and blue, instead of one.
        is_color: bool,
    },
    /// As lines of their numbers against the column.
    Lines,
}

impl Looks {
    /// A picture of this size whose rows have `dim` numbers, grey or in colour; `None` if there is none.
    pub fn picture(width: usize, height: usize, dim: usize) -> Option<Self> {
        let pixels = width.checked_mul(height)?;
        let is_color = match dim {
            _ if dim == pixels => false,
            _ if Some(dim) == pixels.checked_mul(3) => true,
            _ => return None,
        };
        Some(Self::Picture {
            width,
            height,
            is_color,
        })
    }

    /// A square picture of `dim` numbers, grey, or in colour if it has at least 8 x 8 pixels; `None` if there is none.
    pub fn square(dim: usize) -> Option<Self> {
        const LEAST_COLORED: usize = 64;
        let side = |pixels: usize| {
            let side = pixels.isqrt();
            Self::picture(side, side, dim)
        };
        let colored = dim / 3;
        side(dim).or_else(|| side(colored).filter(|_| colored >= LEAST_COLORED))
    }
}

/// The range of a scale of greys: the 0.5th and the 99.5th percentile of all values.
pub(super) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    if values.is_empty() {
        return (0.0, 1.0);
    }
    let [dark, light] = quantiles(values, [0.005, 0.995]);
    match light > dark {
        true => (dark, light),
        false => (dark, dark + 1.0),
    }
}

/// Pixels in red, green and blue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raster {
    width: usize,
    rgb: Vec<[u8; 3]>,
}

impl Raster {
    /// A row as a picture of this width, magnified by a whole number.
    pub fn of(row: &[f64], width: usize, is_color: bool, (dark, light): (f64, f64)) -> Self {
        let level = |value: f64| {
            let share = ((value - dark) / (light - dark)).clamp(0.0, 1.0);
            (255.0 * share).round() as u8
        };
        let pixels: Vec<[u8; 3]> = match is_color {
            false => row.iter().map(|v| [level(*v); 3]).collect(),
            true => {
                let triples = row.chunks_exact(3);
                triples
                    .map(|p| [level(p[0]), level(p[1]), level(p[2])])
                    .collect()
            }
        };
        let height = pixels.len() / width;
        let zoom = (SIDE / width.max(height)).max(1);
        let lines = (0..height * zoom).flat_map(|y| {
            let line = &pixels[y / zoom * width..][..width];
            line.iter()
                .flat_map(move |pixel| std::iter::repeat_n(*pixel, zoom))
        });
        Self {
            rgb: lines.collect(),
            width: width * zoom,
        }
    }

    /// The scale of greys from black to white.
    pub fn scale() -> Self {
        let rgb = (0..=255u8).map(|level| [level; 3]).collect();
        Self { width: 256, rgb }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.rgb.len() / self.width
    }

    /// The pixels line by line.
    pub fn pixels(&self) -> impl Iterator<Item = [u8; 3]> + '_ {
        self.rgb.iter().copied()
    }

    /// A file of PNG, one byte a pixel if all are grey.
    pub fn png(&self) -> Vec<u8> {
        use image::{ExtendedColorType, ImageEncoder, codecs::png};
        let is_grey = self.rgb.iter().all(|[r, g, b]| r == g && g == b);
        let (bytes, kind): (Vec<u8>, _) = match is_grey {
            true => (
                self.rgb.iter().map(|p| p[0]).collect(),
                ExtendedColorType::L8,
            ),
            false => (self.rgb.concat(), ExtendedColorType::Rgb8),
        };
        let (width, height) = (self.width as u32, self.height() as u32);
        let mut file = Vec::new();
        png::PngEncoder::new_with_quality(
            &mut file,
            png::CompressionType::Best,
            png::FilterType::NoFilter,
        )
        .write_image(&bytes, width, height, kind)
        .expect("as many bytes as pixels, written to memory");
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_pictures_if_their_numbers_are_those_of_pixels() {
        let picture = |width, height, is_color| {
            Some(Looks::Picture {
                width,
                height,
                is_color,
            })
        };
        assert_eq!(Looks::square(64), picture(8, 8, false));
        assert_eq!(Looks::square(3 * 64), picture(8, 8, true));
        assert_eq!([65, 3 * 49].map(Looks::square), [None, None]);
        assert_eq!(Looks::picture(4, 2, 8), picture(4, 2, false));
        assert_eq!(Looks::picture(4, 2, 24), picture(4, 2, true));
        assert_eq!(Looks::picture(4, 2, 9), None);
    }

    #[test]
    fn pixels_are_where_the_numbers_are_and_keep_their_colours() {
        let raster = Raster::of(&[0.0, 1.0, 0.5, 9.0], 2, false, (0.0, 1.0));
        assert_eq!((raster.width(), raster.height()), (64, 64));
        let at = |x: usize, y: usize| raster.pixels().nth(y * 64 + x).unwrap()[0];
        assert_eq!(
            [at(0, 0), at(63, 0), at(0, 63), at(63, 63)],
            [0, 255, 128, 255]
        );
        let colored = Raster::of(&[1.0, 0.0, 0.5], 1, true, (0.0, 1.0));
        assert_eq!(colored.pixels().next(), Some([255, 0, 128]));
        let read = image::load_from_memory(&colored.png()).unwrap().to_rgb8();
        assert!(read.pixels().all(|p| p.0 == [255, 0, 128]));
    }
}
