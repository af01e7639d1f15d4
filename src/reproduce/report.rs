//! `report.md`, and `report.html`: one page that needs no other file.

use std::path::Path;

use super::finding::Finding;

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
}

impl About {
    fn text(&self) -> String {
        format!(
            "lindiff {} on {}, {:.0} s, seeds from 1 at each point. Losses are per component, divergences in nats per \
             dimension. Points are means over training sets with bars of one standard error; lines are theory.{}",
            env!("CARGO_PKG_VERSION"),
            self.machine,
            self.seconds,
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
        text += &format!(
            "| [{0}](#{0}) | {1} |\n",
            finding.name,
            finding.judgement.verdict.text()
        );
    }
    for finding in findings {
        text += &format!(
            "\n## {}\n\n**Claim.** {}\n\n**Measured.** {}\n\n**Verdict: {}.** Test: {}.\n\n",
            finding.name,
            finding.claim,
            finding.judgement.measured,
            finding.judgement.verdict.text(),
            finding.judgement.test
        );
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
        let name = finding.name;
        body += &format!(
            "<tr><td><a href=\"#{name}\">{name}</a></td><td>{}</td></tr>",
            finding.judgement.verdict.text()
        );
    }
    body += "</table>";
    for finding in findings {
        body += &format!(
            "<h2 id=\"{0}\">{0}</h2><p><b>Claim.</b> {1}</p><p><b>Measured.</b> {2}</p><p><b>Verdict: {3}.</b> Test: {4}.</p>",
            finding.name,
            escaped(finding.claim),
            escaped(&finding.judgement.measured),
            finding.judgement.verdict.text(),
            escaped(&finding.judgement.test)
        );
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
         sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}svg,img{{max-width:100%;height:auto}}td{{padding:0 \
         1em 0 0}}figure{{margin:1em 0}}</style><body>{body}</body></html>\n"
    ))
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
