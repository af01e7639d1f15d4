//! `report.md`, and what it shares with `report.html`.

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
    /// The flags with which each figure is made again by itself.
    pub flags: String,
    pub seconds: f64,
    pub machine: String,
    pub quick: bool,
    /// How many networks of each point are trained.
    pub trained: usize,
}

impl About {
    /// The command that makes one figure again, with the flags that were used.
    pub fn again(&self, name: &str) -> String {
        format!("lindiff reproduce {name}{}", self.flags)
    }

    pub fn text(&self) -> String {
        let trained = match self.trained {
            1 => "first of each point trains".to_owned(),
            many => format!("first {many} of each point train"),
        };
        format!(
            "lindiff {} on {}, {:.0} s. Losses are per component, divergences in nats per dimension. Points are means over \
             training sets with bars of one standard error; lines are theory. Each case has training sets of its own. The \
             {trained} a network by autodiff, the others follow the exact law of descent. In the tables \
             `measured = (1 + b) predicted`, pooled over the points of a group: theory holds where the interval of b lies \
             inside the margin, and where the control, which is wrong, does not hold by the same test.{}",
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
    let charts = finding.charts.iter().map(|(name, _)| name);
    let sheets = finding.sheets.iter().map(|(name, _)| name);
    charts.chain(sheets).map(|name| format!("{name}.svg"))
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
            "Data: [{0}.csv]({0}.csv). Again: `{1}`\n",
            finding.name,
            about.again(finding.name)
        );
    }
    text
}

/// The columns of the table of groups.
pub(super) const HEADER: [&str; 7] = [
    "quantity",
    "regime",
    "points x training sets",
    "b [95 %], in %",
    "margin",
    "control: its b",
    "verdict",
];

/// A group as a row of the table.
pub(super) fn cells(group: &GroupResult) -> [String; 7] {
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

pub(super) fn outcome(test: &Test) -> &'static str {
    if test.passed { "passed" } else { "failed" }
}
