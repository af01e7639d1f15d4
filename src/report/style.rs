//! Colours, dashes, markers and sizes of charts: `docs/style-of-charts.md`.

/// The font of the charts, and what stands in for it.
pub const FONT_FAMILY: &str =
    "Inter,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/// The colour of a quantity. Its theory and its measurement share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "names of colours")]
pub enum Hue {
    Blue,
    Red,
    Green,
    Purple,
    Gold,
    Sky,
    /// Black on paper, white in the dark: the truth, and limits.
    Ink,
}

impl Hue {
    /// The colour of train losses.
    pub const TRAIN: Self = Self::Blue;
    /// The colour of test losses.
    pub const TEST: Self = Self::Red;
    /// All hues but [`Self::Ink`], in the order of use.
    pub const ALL: [Self; 6] = [
        Self::Blue,
        Self::Red,
        Self::Green,
        Self::Purple,
        Self::Gold,
        Self::Sky,
    ];

    /// The hue of quantity `index`, from 0; after six they begin again.
    pub fn nth(index: usize) -> Self {
        Self::ALL[index % Self::ALL.len()]
    }
}

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "names of styles")]
pub enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    /// The lengths of dash and gap; none for a solid line.
    pub(super) fn lengths(self) -> Option<[f64; 2]> {
        match self {
            Dash::Solid => None,
            Dash::Dashed => Some([6.0, 4.0]),
            Dash::Dotted => Some([1.5, 3.5]),
        }
    }
}

/// Light paper or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names of themes")]
pub enum Theme {
    Light,
    Dark,
}

/// What a shape is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ink {
    Hue(Hue),
    Text,
    Soft,
    Grid,
    Paper,
}

impl Ink {
    pub const ALL: [Self; 10] = [
        Self::Hue(Hue::Blue),
        Self::Hue(Hue::Red),
        Self::Hue(Hue::Green),
        Self::Hue(Hue::Purple),
        Self::Hue(Hue::Gold),
        Self::Hue(Hue::Sky),
        Self::Text,
        Self::Soft,
        Self::Grid,
        Self::Paper,
    ];

    /// The name in `docs/style-of-charts.md` and in classes of SVG.
    pub fn name(self) -> &'static str {
        match self {
            Ink::Hue(Hue::Blue) => "blue",
            Ink::Hue(Hue::Red) => "red",
            Ink::Hue(Hue::Green) => "green",
            Ink::Hue(Hue::Purple) => "purple",
            Ink::Hue(Hue::Gold) => "gold",
            Ink::Hue(Hue::Sky) => "sky",
            Ink::Hue(Hue::Ink) | Ink::Text => "ink",
            Ink::Soft => "soft",
            Ink::Grid => "grid",
            Ink::Paper => "paper",
        }
    }

    /// Red, green and blue in 24 bits.
    pub fn rgb(self, theme: Theme) -> u32 {
        let (light, dark) = match self {
            Ink::Hue(Hue::Blue) => (0x0067a8, 0x3f8fe0),
            Ink::Hue(Hue::Red) => (0xc8400a, 0xff7f45),
            Ink::Hue(Hue::Green) => (0x00795a, 0x2fc08f),
            Ink::Hue(Hue::Purple) => (0xb0468a, 0xe07fbb),
            Ink::Hue(Hue::Gold) => (0xbd8a00, 0xf0cc55),
            Ink::Hue(Hue::Sky) => (0x3a9bd8, 0x8fd6ff),
            Ink::Hue(Hue::Ink) | Ink::Text => (0x22262b, 0xe6e8eb),
            Ink::Soft => (0x5b6470, 0xa3acb8),
            Ink::Grid => (0xe3e6ea, 0x2b3036),
            Ink::Paper => (0xffffff, 0x15181c),
        };
        match theme {
            Theme::Light => light,
            Theme::Dark => dark,
        }
    }

    pub fn hex(self, theme: Theme) -> String {
        format!("#{:06x}", self.rgb(theme))
    }
}

/// Rules of CSS for the colours of a theme; `root` is a selector.
pub(super) fn color_rules(root: &str, theme: Theme) -> String {
    let rule = |ink: Ink| {
        let (name, hex) = (ink.name(), ink.hex(theme));
        format!("{root} .s-{name}{{stroke:{hex}}}{root} .f-{name}{{fill:{hex}}}")
    };
    Ink::ALL.into_iter().map(rule).collect()
}

/// Rules by which charts are dark where the reader wants it so.
pub(super) fn dark_rules(root: &str) -> String {
    let rules = color_rules(root, Theme::Dark);
    format!("@media screen and (prefers-color-scheme:dark){{{rules}}}")
}

/// Advance widths of Inter for the characters from space to tilde, in 1/2048 of the size.
const WIDTHS: [u16; 95] = [
    576, 589, 954, 1297, 1314, 2011, 1319, 614, 747, 747, 1026, 1355, 590, 942, 590, 738, 1292,
    833, 1249, 1265, 1323, 1215, 1270, 1159, 1267, 1270, 590, 618, 1355, 1355, 1355, 1047, 1978,
    1413, 1340, 1496, 1478, 1231, 1209, 1528, 1522, 550, 1169, 1376, 1158, 1850, 1543, 1566, 1308,
    1566, 1318, 1314, 1322, 1524, 1413, 2018, 1397, 1390, 1288, 747, 738, 747, 965, 934, 661, 1150,
    1254, 1170, 1254, 1194, 758, 1256, 1211, 496, 496, 1124, 496, 1794, 1210, 1228, 1254, 1254,
    771, 1081, 670, 1211, 1151, 1676, 1118, 1151, 1131, 873, 681, 873, 1355,
];
/// Other sans serifs are wider by up to this factor; the widest that is common is DejaVu Sans.
const SPARE: f64 = 1.17;
/// The widest bold letters are wider than plain ones by this factor.
const BOLD: f64 = 1.06;

/// The room that a text may take.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let width = |c: char| match c as u32 {
        0xa0 => f64::from(WIDTHS[0]),
        code @ 32..=126 => f64::from(WIDTHS[code as usize - 32]),
        0x400..=0x45f => 2000.0,
        // Beyond the Latin, Greek and Cyrillic letters: as wide as high.
        0x1100.. if !('\u{2000}'..='\u{2300}').contains(&c) => 2048.0,
        _ => 1300.0,
    };
    text.chars().map(width).sum::<f64>() / 2048.0 * size * SPARE
}

/// Breaks a bold text into lines that fit.
pub(super) fn wrapped_bold(text: &str, size: f64, width: f64) -> Vec<String> {
    wrapped(text, BOLD * size, width)
}

/// Breaks a text into lines that fit, between words and after `||`, not around `=`; a long word stays whole.
pub(super) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let text = text.replace(" = ", "\u{a0}=\u{a0}");
    let words = text.split([' ', '\n']).filter(|word| !word.is_empty());
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        for (k, part) in word.split_inclusive("||").enumerate() {
            let joint = if k == 0 { " " } else { "" };
            match lines.last_mut() {
                Some(line) if text_width(&format!("{line}{joint}{part}"), size) <= width => {
                    line.push_str(joint);
                    line.push_str(part);
                }
                _ => lines.push(part.to_owned()),
            }
        }
    }
    lines
}
