//! `report.html`: one page that needs no other file, on a phone, in print and in the dark, with a keyboard and read
//! aloud.

use super::finding::Finding;
use super::points::MeasuredPoints;
use super::report::{About, HEADER, cells, outcome};
use crate::report::{FONT_FAMILY, NARROW_WIDTH, WIDTH, escaped, page_rules};
use crate::text::base64;

/// The rules of the page. Wide charts are shown where there is room, narrow ones on a phone.
const RULES: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#22262b;--soft:#5b6470;--line:#d5d9de;--link:#00578f}\
body{font:16px/1.55 FONT;margin:0;background:var(--paper);color:var(--ink)}\
main{max-width:54rem;margin:0 auto;padding:1rem}\
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.3rem;margin:3rem 0 .5rem;border-top:1px solid var(--line);padding-top:1.5rem}\
a{color:var(--link)}:focus-visible{outline:2px solid var(--link);outline-offset:2px}\
figure{margin:1.5rem 0}figure img{max-width:100%;height:auto}\
.scroll{overflow-x:auto}.scroll td,.scroll th{min-width:5.5rem}table{border-collapse:collapse;font-size:.875rem;margin:.75rem 0}\
caption{text-align:left;color:var(--soft);padding:.25rem 0;position:sticky;left:0;max-width:calc(100vw - 2rem)}\
td,th{padding:.25rem .9rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}\
code,pre{font-size:.875rem;font-family:ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}pre{white-space:pre-wrap}\
summary{cursor:pointer;padding:.25rem 0}.narrow{display:none}\
@media screen and (max-width:37rem){.narrow{display:block}.wide{display:none}}\
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e6e8eb;--soft:#a3acb8;--line:#3a4047;--link:#8fc7ff}}\
@media print{:root{color-scheme:light}main{max-width:none;padding:0}figure,li{break-inside:avoid}h2{break-after:avoid}\
.data{display:none}a{color:inherit;text-decoration:none}\
.scroll{overflow:visible}.scroll td,.scroll th{min-width:0}caption{max-width:none}}";

/// The report as one page, its pictures inline.
pub(super) fn html(findings: &[Finding], about: &About) -> String {
    let title = "Generalisation of linear diffusion models: the paper's results";
    let mut body = format!(
        "<h1>{title}</h1><p>{}</p><pre><code>{}</code></pre>",
        with_code(&about.text()),
        escaped(&about.command)
    );
    let verdicts = findings.iter().map(|finding| {
        let (name, verdict) = (finding.name, finding.verdict().text());
        format!(
            "<tr><th scope=\"row\"><a href=\"#{name}\">{name}</a></th><td>{verdict}</td></tr>\n"
        )
    });
    body += &scrolled(
        "figures and verdicts",
        &format!(
            "<table><caption>Figures</caption><thead><tr><th scope=\"col\">figure</th><th scope=\"col\">verdict</th></tr>\
             </thead><tbody>{}</tbody></table>",
            verdicts.collect::<String>()
        ),
    );
    for finding in findings {
        body += &section(finding, about);
    }
    whole_page("lindiff: results", &body)
}

/// Text with code between backticks.
fn with_code(text: &str) -> String {
    let text = escaped(text);
    let parts = text.split('`').enumerate();
    let marked = parts.map(|(place, part)| match place % 2 {
        0 => part.to_owned(),
        _ => format!("<code>{part}</code>"),
    });
    marked.collect()
}

/// A page that needs no other file, with the rules of charts.
pub(crate) fn whole_page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n<style>{}{}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        RULES.replace("FONT", FONT_FAMILY),
        page_rules()
    )
}

/// A figure: its claim and verdict, its pictures, its data, and how it is made again.
fn section(finding: &Finding, about: &About) -> String {
    let name = finding.name;
    let tests = finding.tests();
    let tests = tests
        .iter()
        .map(|test| format!("<li>{}: {}</li>", outcome(test), escaped(&test.text)));
    let mut text = format!(
        "<section aria-labelledby=\"{name}\"><h2 id=\"{name}\">{name}</h2><p><b>Claim.</b> {}</p><p><b>Measured.</b> \
         {}</p><p><b>Verdict: {}.</b></p><ul>{}</ul>\n",
        escaped(finding.claim),
        escaped(&finding.measured()),
        finding.verdict().text(),
        tests.collect::<String>(),
    );
    text += &agreement(finding);
    for (name, chart) in &finding.charts {
        if !chart.is_empty() {
            text += &figure(name, |part, width| chart.svg_part(part, width));
        }
    }
    for (name, sheet) in &finding.sheets {
        text += &figure(name, |part, width| sheet.svg_part(part, width));
    }
    text += &data(name, &finding.points);
    text += &format!(
        "<p>Again: <code>{}</code></p></section>\n",
        escaped(&about.again(name))
    );
    text
}

/// A part that is wider than a phone: it can be scrolled, by keys too.
pub(crate) fn scrolled(name: &str, content: &str) -> String {
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">{content}</div>\n",
        escaped(name)
    )
}

/// The table of groups of points, pooled against theory.
fn agreement(finding: &Finding) -> String {
    let Some(agreement) = &finding.agreement else {
        return String::new();
    };
    let head = HEADER.map(|title| format!("<th scope=\"col\">{title}</th>"));
    let rows = agreement.groups.iter().map(|group| {
        let cells = cells(group).map(|cell| format!("<td>{}</td>", escaped(&cell)));
        format!("<tr>{}</tr>\n", cells.concat())
    });
    let name = format!("{} against theory", finding.name);
    scrolled(
        &name,
        &format!(
            "<table><caption>{name}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            head.concat(),
            rows.collect::<String>()
        ),
    )
}

/// A picture for a wide page and for a phone. `svg_part` draws it for a page, of a name and a width.
pub(crate) fn figure(name: &str, svg_part: impl Fn(&str, f64) -> String) -> String {
    format!(
        "<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div></figure>\n",
        svg_part(name, WIDTH),
        svg_part(&format!("{name}-narrow"), NARROW_WIDTH)
    )
}

/// The points as a table and as a file to keep.
fn data(name: &str, points: &MeasuredPoints) -> String {
    let titles = MeasuredPoints::TITLES.map(|title| format!("<th scope=\"col\">{title}</th>"));
    let rows = points.table().into_iter().map(|[series, cells @ ..]| {
        let cells = cells.map(|cell| format!("<td>{cell}"));
        format!(
            "<tr><th scope=\"row\">{}{}\n",
            escaped(&series),
            cells.concat()
        )
    });
    let rows: Vec<String> = rows.collect();
    let table = format!(
        "<table><caption>{name}: what was measured, and theory</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        titles.concat(),
        rows.concat()
    );
    format!(
        "<div class=\"data\"><details><summary>Table of {name}, {} points</summary>{}</details><p>Data: <a \
         download=\"{name}.csv\" href=\"data:text/csv;base64,{}\">{name}.csv</a></p></div>\n",
        rows.len(),
        scrolled(&format!("table of {name}"), &table),
        base64(&points.csv())
    )
}
