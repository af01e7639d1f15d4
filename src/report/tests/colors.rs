//! The colors and sizes: the documented ones; colors are far enough from the paper and from each other.

use super::super::placed::Sizes;
use super::super::style::Ink;
use super::super::*;

#[test]
fn the_colors_are_those_of_the_documented_style() {
    let text = include_str!("../../../docs/style-of-charts.md");
    for ink in Ink::ALL {
        let (light, dark) = (ink.hex(Theme::Light), ink.hex(Theme::Dark));
        let end = format!("| `{light}` | `{dark}` |");
        let is_row = |line: &&str| line.starts_with(&format!("| {} |", ink.name()));
        let row = text.lines().find(is_row).unwrap();
        assert!(row.ends_with(&end), "{row}");
    }
}

#[test]
fn the_sizes_are_those_of_the_documented_style() {
    let text = include_str!("../../../docs/style-of-charts.md").replace("\n ", "");
    for (width, page) in [(WIDTH, "In a picture"), (NARROW_WIDTH, "On a phone,")] {
        let of = Sizes::of(width);
        for sentence in [
            format!("{page} {width} wide"),
            format!(
                "lines are {} wide, markers have a radius of {}, text is {}, titles are {}.",
                of.line, of.radius, of.small, of.title
            ),
        ] {
            assert!(text.contains(&sentence), "{sentence}");
        }
    }
}

/// Linear red, green and blue.
fn linear(rgb: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| {
        let value = f64::from(rgb >> shift & 255) / 255.0;
        match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    })
}

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// CIE L*a*b* (D65).
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] = [
        [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
        [0.2126, 0.7152, 0.0722],
        [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
    ];
    let [x, y, z] = times(&XYZ, rgb.map(|v| v.clamp(0.0, 1.0))).map(|t| match t > 0.008856 {
        true => t.cbrt(),
        false => 7.787 * t + 16.0 / 116.0,
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn hues_stand_out_from_the_paper_and_from_each_other_for_color_blind_readers() {
    // Full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009).
    const KINDS: [[[f64; 3]; 3]; 3] = [
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];
    let luminance = |rgb: u32| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(rgb))[0];
    for theme in [Theme::Light, Theme::Dark] {
        let hues: Vec<u32> = Hue::ALL
            .into_iter()
            .map(|hue| Ink::Hue(hue).rgb(theme))
            .collect();
        let paper = luminance(Ink::Paper.rgb(theme));
        for hue in &hues {
            let (a, b) = (luminance(*hue), paper);
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 3.0, "{hue:06x}: {contrast}");
        }
        for kind in &KINDS {
            let seen: Vec<[f64; 3]> = hues.iter().map(|h| lab(times(kind, linear(*h)))).collect();
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen[..i].iter().enumerate() {
                    let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    assert!(
                        square.sqrt() >= 10.9,
                        "{theme:?} {i} {j}: {}",
                        square.sqrt()
                    );
                }
            }
        }
    }
}
