//! The page of `memorise-or-generalise`, and its small picture.

use super::measure::Twice;
use super::result::{MEMORISE, Memorise, SizeLosses};
use crate::report::{
    Axis, Chart, Dash, Hue, KeyOf, Looks, Numbers, Panel, Panels, Quantity, Series, Sheet, escaped,
};
use crate::reproduce::{page_figure, scrolled, whole_page};

/// The pictures in a panel of the small picture.
const IN_PANEL: usize = 3;
const TITLE: &str = "Memorise or generalise? Linear diffusion models on few and on many digits";

/// The page.
pub(super) fn html(found: &Memorise, pairs: &[Twice]) -> String {
    let mut body = format!(
        "<h1>{TITLE}</h1><p>Each number of rows has two networks, A and B, each trained on as many digits of its own, with no \
         digit in common ({} dimensions, gradient descent, 500 epochs). Both draw from the same noise. If they have learned \
         the law of digits, they must draw the same; if they have learned their rows, they cannot.</p>\n",
        found.dim
    );
    let chart = chart(found);
    body += &page_figure("losses", |part, width| chart.svg_part(part, width));
    body += &table(found);
    for pair in pairs {
        body += &section(pair);
    }
    let said = found
        .sentences
        .iter()
        .map(|text| format!("<li>{}</li>", escaped(text)));
    body += &format!(
        "<section aria-labelledby=\"said\"><h2 id=\"said\">What may be said</h2><ul>{}</ul></section>\n",
        said.collect::<String>()
    );
    body += &format!(
        "<section aria-labelledby=\"again\"><h2 id=\"again\">Again</h2><p>Made in {:.0} s by lindiff {}. The digits are the \
         test part of E. Alpaydin and C. Kaynak, <i>Optical Recognition of Handwritten Digits</i>, UCI Machine Learning \
         Repository (CC BY 4.0). Network A by itself, with all its files:</p><pre><code>lindiff demo {MEMORISE}\nlindiff train \
         configs/digits.toml --set data.samples=20</code></pre></section>\n",
        found.seconds,
        env!("CARGO_PKG_VERSION")
    );
    whole_page(TITLE, &body)
}

fn chart(found: &Memorise) -> Chart {
    let points = |of: fn(&SizeLosses) -> f64| -> Vec<(f64, f64)> {
        found
            .losses
            .iter()
            .map(|loss| (loss.rows as f64, of(loss)))
            .collect()
    };
    let ends = points(|_| 0.0)
        .into_iter()
        .map(|(rows, _)| (rows, found.oracle_loss));
    Chart::new(
        "Losses against the number of rows",
        Axis::log("rows"),
        Axis::log("loss per component"),
    )
    .with(Quantity::new("least possible", Hue::Ink).line_as(Dash::Dotted, ends))
    .with(
        Quantity::new("train", Hue::TRAIN)
            .line(points(|loss| loss.predicted_train_loss))
            .points(points(|loss| loss.train_loss)),
    )
    .with(
        Quantity::new("test", Hue::TEST)
            .line(points(|loss| loss.predicted_test_loss))
            .points(points(|loss| loss.test_loss)),
    )
    .key(
        KeyOf::Line(Dash::Solid),
        "theory, from the spectrum of the digits alone",
    )
    .key(KeyOf::Points, "network A")
}

fn table(found: &Memorise) -> String {
    let head = [
        "rows",
        "train loss",
        "predicted",
        "test loss",
        "predicted",
        "correlation of A and B",
        "distance of A and B",
        "distance to nearest row",
    ];
    let head = head.map(|title| format!("<th scope=\"col\">{title}</th>"));
    let rows = found.sizes.iter().map(|size| {
        let loss = size.losses;
        let cells = [
            loss.train_loss,
            loss.predicted_train_loss,
            loss.test_loss,
            loss.predicted_test_loss,
            size.overlap,
            size.twin_distance.median,
            size.distance.median,
        ];
        let cells = cells.map(|value| format!("<td>{value:.3}</td>"));
        format!(
            "<tr><th scope=\"row\">{}</th>{}</tr>\n",
            loss.rows,
            cells.concat()
        )
    });
    let table = format!(
        "<table><caption>Losses, and how near samples are, in units of the median distance of other digits to their nearest \
         training row</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        head.concat(),
        rows.collect::<String>()
    );
    scrolled("losses and distances", &table)
}

fn section(pair: &Twice) -> String {
    let rows = pair.size.losses.rows;
    let sheet = sheet(pair);
    let name = format!("rows-{rows}");
    format!(
        "<section aria-labelledby=\"{name}\"><h2 id=\"{name}\">{rows} rows</h2><p>{}</p>\n{}</section>\n",
        escaped(&pair.size.sentence),
        page_figure(&name, |part, width| sheet.svg_part(part, width))
    )
}

fn sheet(pair: &Twice) -> Sheet {
    let series = |name: &str, rows: &crate::data::Rows| Series {
        name: name.to_owned(),
        rows: rows.clone(),
    };
    let numbers = |name: &str, values: &[f64]| Numbers {
        name: name.to_owned(),
        values: values.to_vec(),
    };
    Sheet {
        title: format!("Networks of {} digits", pair.size.losses.rows),
        caption: "Each column is one noise. Perfect memory: the denoiser that remembers the rows of A and is not linear. Distances \
                  are in units of the median distance of other digits to their nearest training row."
            .to_owned(),
        looks: Looks::square(pair.samples.dim()).expect("digits are squares"),
        series: vec![
            series("network A", &pair.samples),
            series("network B", &pair.twins),
            series("nearest row to A", &pair.nearest),
            series("perfect memory", &pair.remembered),
        ],
        numbers: vec![
            numbers("A to B", &pair.twin_distances),
            numbers("A to nearest", &pair.distances),
        ],
    }
}

/// The small picture.
pub(super) fn picture(pairs: &[Twice]) -> Panels {
    let first: Vec<usize> = (0..IN_PANEL).collect();
    let panels = pairs.iter().map(|pair| {
        let losses = pair.size.losses;
        Panel {
            heading: format!("{} digits", losses.rows),
            rows: [&pair.samples, &pair.twins, &pair.nearest]
                .map(|rows| rows.select(&first))
                .into(),
            facts: vec![
                format!("{:.2}", pair.size.overlap),
                format!("{:.3}", losses.train_loss),
                format!("{:.3}", losses.test_loss),
                format!("{:.3}", losses.predicted_test_loss),
            ],
        }
    });
    Panels {
        title: "Memorise or generalise?".to_owned(),
        note: "Networks A and B have no digit in common and start from the same noise. On few digits each learns its own rows; \
               on many both learn the same law. They are linear, so their digits are blurs."
            .to_owned(),
        names: ["network A", "network B, same noise", "nearest row"].map(str::to_owned).into(),
        facts: ["A and B agree", "train loss", "test loss", "predicted test"].map(str::to_owned).into(),
        panels: panels.collect(),
    }
}
