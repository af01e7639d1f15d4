//! A chart in words.

use super::model::{Axis, Chart, Quantity, Scale};

/// A few words on the axes, and on each quantity where it begins and where it ends.
pub(super) fn description(chart: &Chart) -> String {
    let mut text = format!("{}. {}.", axis("Across", &chart.x), axis("Up", &chart.y));
    for quantity in chart.quantities.iter().filter(|q| !q.name.is_empty()) {
        if let Some(course) = course(quantity) {
            text += &format!(" {}: {course}.", quantity.name);
        }
    }
    if let Some((at, meaning)) = &chart.mark {
        text += &format!(" Marked at {}: {meaning}.", short(*at));
    }
    text
}

fn axis(direction: &str, axis: &Axis) -> String {
    match &axis.scale {
        Scale::Categories(names) => format!("{direction}: {}", names.join("; ")),
        Scale::Logarithmic => format!("{direction}: {}, logarithmic", axis.label),
        Scale::Linear => format!("{direction}: {}", axis.label),
    }
}

fn course(quantity: &Quantity) -> Option<String> {
    let line = quantity.lines.iter().find(|line| !line.points.is_empty());
    let points: Vec<(f64, f64)> = match line {
        Some(line) => line.points.clone(),
        None => quantity.points.iter().map(|p| (p.x, p.y)).collect(),
    };
    let (first, last) = (points.first()?, points.last()?);
    let place = |(x, y): &(f64, f64)| format!("{} at {}", short(*y), short(*x));
    let values = points.iter().map(|p| p.1).filter(|v| v.is_finite());
    let lowest = values.fold(f64::INFINITY, f64::min);
    let least = points.iter().find(|p| p.1 == lowest);
    Some(if first == last {
        place(first)
    } else {
        let inside = least.filter(|p| p.1 < first.1.min(last.1));
        let by = inside.map_or_else(String::new, |p| format!(", lowest {}", place(p)));
        format!("from {} to {}{by}", place(first), place(last))
    })
}

/// Three digits.
pub(super) fn short(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 {
            "infinite"
        } else {
            "minus infinite"
        }
        .to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        return format!("{value:.2e}");
    }
    let whole = size.max(1e-300).log10().floor() as i32;
    let digits = (2 - whole).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
