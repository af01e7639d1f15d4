//! `results.parquet`: a row for each run as in `results.csv`, with types, the units and the sweep's question.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::path::Path;
use std::rc::Rc;

use super::directory::RESULTS_PARQUET;
use super::identity::VERSION;
use super::lists;
use super::options::ListColumn;
use super::row::{COLUMNS, PATH, RunRow};
use super::rows::Rows;
use super::shape::Sweep;
use crate::run::RunError;
use crate::text::{Cell, CellType, TypedColumn, write_parquet};

type Column<'a> = TypedColumn<'a, RunError>;

/// Writes the file from the rows that are there.
pub(super) fn write(
    root: &Path,
    sweep: &Sweep,
    rows: &Rows<RunRow>,
    wanted: &[ListColumn],
) -> Result<(), RunError> {
    let axes = (0..sweep.shape.axes.len()).map(|axis| axis_column(sweep, axis));
    let columns: Vec<Column> = axes
        .chain(run_columns(sweep, rows))
        .chain(
            wanted
                .iter()
                .flat_map(|&list| list_columns(root, sweep, rows, list)),
        )
        .collect();
    let notes = [
        ("lindiff.version", VERSION.to_owned()),
        ("lindiff.question", question(sweep)),
        ("lindiff.units", units(wanted)),
    ];
    let path = root.join(RESULTS_PARQUET);
    write_parquet(&path, &notes, &columns, sweep.runs.len())
}

/// The axes, the repeats, and every key that counts with all values that it takes, as JSON.
fn question(sweep: &Sweep) -> String {
    let question = serde_json::json!({
        "axes": sweep.shape.axes,
        "repeats": sweep.shape.repeats,
        "settings": sweep.settings,
    });
    question.to_string()
}

/// The unit of each column that has one, as JSON.
fn units(wanted: &[ListColumn]) -> String {
    let measured = COLUMNS.iter().map(|column| (column.name, column.unit));
    let lists = wanted
        .iter()
        .flat_map(|&list| lists::columns(list).iter().copied());
    let units: BTreeMap<&str, &str> = measured.chain([("seconds", "s")]).chain(lists).collect();
    serde_json::to_string(&units).expect("text")
}

fn column<'a>(
    name: &str,
    cells: CellType,
    cell: impl Fn(usize) -> Option<Cell> + 'a,
) -> Column<'a> {
    Column {
        name: name.to_owned(),
        cells,
        cell: Box::new(move |place| Ok(cell(place).unwrap_or(Cell::Absent))),
    }
}

/// A varied key. Its column has the narrowest type that holds all its values.
fn axis_column(sweep: &Sweep, axis: usize) -> Column<'_> {
    let values = &sweep.shape.axes[axis].values;
    let all = |cell: fn(&str) -> Option<Cell>| -> Option<Vec<Cell>> {
        values.iter().map(|value| cell(value)).collect()
    };
    let whole = |text: &str| text.replace('_', "").parse().ok().map(Cell::Whole);
    let number = |text: &str| text.replace('_', "").parse().ok().map(Cell::Number);
    let flag = |text: &str| text.parse().ok().map(Cell::Flag);
    let text = |text: &str| Some(Cell::Text(text.trim_matches('"').to_owned()));
    let (cells, values) = None
        .or_else(|| Some((CellType::Whole, all(whole)?)))
        .or_else(|| Some((CellType::Number, all(number)?)))
        .or_else(|| Some((CellType::Flag, all(flag)?)))
        .or_else(|| Some((CellType::Text, all(text)?)))
        .expect("every value is a text");
    let name = &sweep.shape.axes[axis].key;
    let at = move |place| sweep.shape.place_on(axis, place);
    column(name, cells, move |place| Some(values[at(place)].clone()))
}

/// The columns that every sweep has.
fn run_columns<'a>(sweep: &'a Sweep, rows: &'a Rows<RunRow>) -> Vec<Column<'a>> {
    use CellType::{Number, Text, Whole};
    let shape = &sweep.shape;
    let row = move |place: usize| rows.of(sweep.runs[place]);
    let mut columns = vec![
        column("repeat", Whole, |place| {
            Some(Cell::Whole(shape.repeat_of(place) as i64))
        }),
        column("seed", Whole, |place| {
            let seed = i64::try_from(shape.seed_of(place));
            seed.ok().map(Cell::Whole)
        }),
    ];
    columns.extend(COLUMNS.iter().enumerate().map(|(at, measured)| {
        column(measured.name, Number, move |place| {
            row(place)?.measured.values[at].map(Cell::Number)
        })
    }));
    columns.extend([
        column(PATH, Text, move |place| {
            let path = row(place)?.measured.path?;
            Some(Cell::Text(path.name().to_owned()))
        }),
        column("seconds", Number, move |place| {
            Some(Cell::Number(row(place)?.seconds))
        }),
        column("status", Text, move |place| {
            let status = row(place).map_or("left", |row| row.error.as_deref().unwrap_or("done"));
            Some(Cell::Text(status.to_owned()))
        }),
        column("run", Text, |place| {
            Some(Cell::Text(sweep.runs[place].to_string()))
        }),
    ]);
    columns
}

/// Lists from the folders of the runs. A folder is read once: its lists wait until each column has taken its own. Columns
/// are written one after another for a group of rows, so few lists wait.
fn list_columns<'a>(
    root: &'a Path,
    sweep: &'a Sweep,
    rows: &'a Rows<RunRow>,
    list: ListColumn,
) -> Vec<Column<'a>> {
    let names = lists::columns(list);
    let waiting = Rc::new(RefCell::new(BTreeMap::new()));
    let read = move |place: usize| {
        let run = sweep.runs[place];
        match rows.of(run) {
            Some(_) => lists::read(root, run, list),
            None => Ok(None),
        }
    };
    let columns = names.iter().enumerate().map(move |(at, (name, _))| {
        let waiting = Rc::clone(&waiting);
        let cell = move |place| {
            let mut waiting = waiting.borrow_mut();
            let lists = match waiting.remove(&place) {
                Some(lists) => Some(lists),
                None => read(place)?,
            };
            let Some(mut lists) = lists else {
                return Ok(Cell::Absent);
            };
            let cell = Cell::List(mem::take(&mut lists[at]));
            if at + 1 < names.len() {
                waiting.insert(place, lists);
            }
            Ok(cell)
        };
        Column {
            name: name.to_string(),
            cells: CellType::List,
            cell: Box::new(cell),
        }
    });
    columns.collect()
}
