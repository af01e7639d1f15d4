//! Tables as text.

use crate::config::Columns;

/// Words that stand for a missing number.
const MISSING: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "?", "-", "."];

/// The chosen cells of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// `[rows, columns]`, row-major
    pub values: Vec<f64>,
    pub columns: usize,
    /// What stands in the group column, by row.
    pub groups: Option<Vec<String>>,
}

/// Reads a table with or without a header, its cells parted by commas, semicolons or tabs; blank lines are passed
/// over. Numbers are needed in the columns `columns` (of none given: all but the `group`) only.
///
/// A first line is a header if it has a word, other than one for a missing number, in a chosen column, or where
/// the next line has a number.
pub fn read_csv(
    bytes: &[u8],
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Cells, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()].split(|b| *b == b'\n').count();
        format!("line {line}: not text in UTF-8; no format that is known (.npy, .npz, .csv, IDX, or a gzip of one)")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        // A line of blanks is one empty cell.
        if record.len() > 1 || !record[0].is_empty() {
            records.push(record);
        }
    }
    let first = records.first().ok_or("it has no rows")?;
    let width = first.len();
    let chosen = chosen_columns(width, columns, group)?;
    let skip = usize::from(is_header(first, records.get(1), &chosen));
    let rows = &records[skip..];
    if rows.is_empty() {
        return Err("it has a header and no rows".to_owned());
    }
    let mut values = Vec::with_capacity(rows.len() * chosen.len());
    for record in rows {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != width {
            let got = record.len();
            return Err(format!(
                "line {line}: {got} cells, where the first line has {width}"
            ));
        }
        for &column in &chosen {
            values.push(number(&record[column], line, column)?);
        }
    }
    let groups = group.map(|group| rows.iter().map(|row| row[group].to_owned()).collect());
    Ok(Cells {
        values,
        columns: chosen.len(),
        groups,
    })
}

/// The one of `,;` and tab that the first line with any has most of.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().find(|line| !line.trim().is_empty());
    let count = |d: &u8| {
        let line = line.unwrap_or_default();
        line.bytes().filter(|b| b == d).count()
    };
    // Of equals the last wins: the comma.
    b"\t;,".iter().copied().max_by_key(count).unwrap_or(b',')
}

fn chosen_columns(
    width: usize,
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Vec<usize>, String> {
    if let Some(group) = group.filter(|group| *group >= width) {
        return Err(format!(
            "data.group = {group}: there are the columns 0 to {}",
            width - 1
        ));
    }
    match columns {
        None => Ok((0..width).filter(|c| Some(*c) != group).collect()),
        Some(Columns { start, end }) if end <= width && start < end => Ok((start..end).collect()),
        Some(Columns { start, end }) => Err(format!(
            "data.columns = \"{start}..{end}\": there are the columns 0 to {} (\"0..{width}\" is all)",
            width - 1
        )),
    }
}

fn is_header(
    first: &csv::StringRecord,
    second: Option<&csv::StringRecord>,
    chosen: &[usize],
) -> bool {
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    first.iter().enumerate().any(|(column, cell)| {
        let below = second
            .and_then(|row| row.get(column))
            .is_some_and(is_number);
        let missing = MISSING.contains(&cell.to_lowercase().as_str());
        !is_number(cell) && !missing && (chosen.contains(&column) || below)
    })
}

fn number(cell: &str, line: u64, column: usize) -> Result<f64, String> {
    let place = format!("line {line}, column {column}");
    if MISSING.contains(&cell.to_lowercase().as_str()) {
        return Err(format!("{place}: a missing value ({cell:?})"));
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("{place}: {cell:?} is no finite number")),
        Err(_) => Err(format!(
            "{place}: {cell:?} is no number (choose columns with data.columns, the last one not included)"
        )),
    }
}
