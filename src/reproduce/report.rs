//! `report.md`, and `report.html`: one page that needs no other file.

use std::path::Path;

use super::agreement::{GroupResult, percent};
use super::finding::{Finding, Test};

/// The names of the report's files.
pub(super) const MARKDOWN: &str = "report.md";
pub(super) const HTML: &str = "report.html";

/// The first line of `report.md`.
pub(super) const TITLE: &str = "# Generalisation of linear diffusion models: the paper's results";

/// How the report was made, for readers who want to make it again.
pub(super) struct About {
    pub command: String,
    pub seconds: f64,
    pub machine: String,
    pub quick: bool,
    /// How many networks of each point are trained.
    pub trained: usize,
}

impl About {
    fn text(&self) -> String {
        format!(
            "lindiff {} on {}, {:.0} s. Losses are per component, divergences in nats per dimension. Points are means over \
             training sets with bars of one standard error; lines are theory. Each case has training sets of its own. The \
             first {} of each point train a network by autodiff, the others follow the exact law of descent. In the tables \
             `measured = (1 + b) predicted`, pooled over the points of a group: theory holds where the interval of b lies \
             inside the margin, and where the control, which is wrong, does not hold by the same test.{}",
            env!("CARGO_PKG_VERSION"),
            self.machine,
            self.seconds,
            self.trained,
            if self.quick {
                " This is the quick set: d = 40 and few epochs."
            } else {
                ""
            }
        )
    }
}

/// The files of a figure's pictures.
fn images(finding: &Finding) -> impl Iterator<Item = String> {
    let charts = finding.charts.iter().map(|(name, _)| format!("{name}.svg"));
    charts.chain(finding.sheets.iter().map(|sheet| sheet.file.clone()))
}

/// The report as Markdown, with links to the pictures beside it.
pub(super) fn markdown(findings: &[Finding], about: &About) -> String {
    let mut text = format!("{TITLE}\n\n{}\n\n", about.text());
    text += &format!(
        "```sh\n{}\n```\n\n| figure | verdict |\n|---|---|\n",
        about.command
    );
    for finding in findings {
        let verdict = finding.verdict().text();
        text += &format!("| [{0}](#{0}) | {verdict} |\n", finding.name);
    }
    for finding in findings {
        text += &format!(
            "\n## {}\n\n**Claim.** {}\n\n**Measured.** {}\n\n**Verdict: {}.**\n\n",
            finding.name,
            finding.claim,
            finding.measured(),
            finding.verdict().text(),
        );
        for test in finding.tests() {
            text += &format!("- {}: {}\n", outcome(&test), test.text);
        }
        if let Some(agreement) = &finding.agreement {
            let row = |cells: [String; 7]| format!("| {} |\n", cells.join(" | "));
            text += "\n";
            text += &row(HEADER.map(str::to_owned));
            text += &row(HEADER.map(|_| "---".to_owned()));
            // Two bars of a divergence would begin a cell each.
            let cells = |group| cells(group).map(|cell| cell.replace('|', "\\|"));
            text.extend(agreement.groups.iter().map(|group| row(cells(group))));
        }
        text += "\n";
        for image in images(finding) {
            text += &format!("![{}]({image})\n\n", finding.name);
        }
        text += &format!(
            "Data: [{0}.csv]({0}.csv). Again: `lindiff reproduce {0}`\n",
            finding.name
        );
    }
    text
}

/// The columns of the table of groups.
const HEADER: [&str; 7] = [
    "quantity",
    "regime",
    "points x training sets",
    "b [95 %], in %",
    "margin",
    "control: its b",
    "verdict",
];

/// A group as a row of the table.
fn cells(group: &GroupResult) -> [String; 7] {
    [
        group.group.quantity.clone(),
        group.group.regime.text().to_owned(),
        format!("{} x {}", group.points, group.repeats),
        percent(&group.slope),
        format!("{} %", 100.0 * group.group.margin),
        format!("{}: {}", group.group.control, percent(&group.control_slope)),
        group.verdict.text().to_owned(),
    ]
}

fn outcome(test: &Test) -> &'static str {
    if test.passed { "passed" } else { "failed" }
}

/// The report as one page, its pictures inline.
///
/// # Errors
/// A picture that cannot be read.
pub(super) fn html(findings: &[Finding], about: &About, folder: &Path) -> std::io::Result<String> {
    let mut body = format!(
        "<h1>Generalisation of linear diffusion models: the paper's results</h1><p>{}</p><pre>{}</pre><table>",
        escaped(&about.text()),
        escaped(&about.command)
    );
    for finding in findings {
        let (name, verdict) = (finding.name, finding.verdict().text());
        body += &format!("<tr><td><a href=\"#{name}\">{name}</a></td><td>{verdict}</td></tr>");
    }
    body += "</table>";
    for finding in findings {
        body += &section(finding);
        for image in images(finding) {
            let bytes = std::fs::read(folder.join(&image))?;
            body += &if image.ends_with(".svg") {
                format!("<figure>{}</figure>", String::from_utf8_lossy(&bytes))
            } else {
                format!(
                    "<figure><img alt=\"{image}\" src=\"data:image/png;base64,{}\"></figure>",
                    base64(&bytes)
                )
            };
        }
        body += &format!(
            "<p>Again: <code>lindiff reproduce {}</code></p>",
            finding.name
        );
    }
    Ok(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>lindiff: results</title><style>body{{font:16px/1.5 \
         sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}svg,img{{max-width:100%;height:auto}}td,th{{padding:0 \
         1em 0 0;text-align:left}}figure{{margin:1em 0}}</style><body>{body}</body></html>\n"
    ))
}

/// A figure's text and tables.
fn section(finding: &Finding) -> String {
    let mut text = format!(
        "<h2 id=\"{0}\">{0}</h2><p><b>Claim.</b> {1}</p><p><b>Measured.</b> {2}</p><p><b>Verdict: {3}.</b></p><ul>",
        finding.name,
        escaped(finding.claim),
        escaped(&finding.measured()),
        finding.verdict().text(),
    );
    for test in finding.tests() {
        text += &format!("<li>{}: {}</li>", outcome(&test), escaped(&test.text));
    }
    text += "</ul>";
    if let Some(agreement) = &finding.agreement {
        let row = |cells: [String; 7], tag: &str| {
            let cells = cells.map(|cell| format!("<{tag}>{}</{tag}>", escaped(&cell)));
            format!("<tr>{}</tr>", cells.concat())
        };
        let groups = agreement.groups.iter();
        text += &format!(
            "<table>{}{}</table>",
            row(HEADER.map(str::to_owned), "th"),
            groups
                .map(|group| row(cells(group), "td"))
                .collect::<String>()
        );
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |all, b| all << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for k in 0..4 {
            text.push(if k <= chunk.len() {
                LETTERS[(group >> (18 - 6 * k)) as usize & 63] as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_that_of_the_standard() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in pairs {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}
