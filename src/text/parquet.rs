//! Tables as Parquet files: columns with types, which other programs read without guessing.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result as Written};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::{FileError, write_whole_with};

/// The rows of a group. Few groups are quick to read; a column of a group is in memory while it is written.
const GROUP: usize = 1 << 17;
/// The rows of a group in a table with lists, which may have thousands of numbers each.
const GROUP_OF_LISTS: usize = 1 << 10;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// 64-bit integers.
    Whole,
    /// 64-bit floating-point numbers.
    Number,
    /// True or false.
    Flag,
    /// Text.
    Text,
    /// Lists of 64-bit floating-point numbers.
    List,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Absent,
    /// A whole number.
    Whole(i64),
    /// A number, which may be infinite.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Text.
    Text(String),
    /// A list of numbers.
    List(Vec<f64>),
}

/// A column of a table with rows that are counted from 0.
pub struct TypedColumn<'a, E> {
    /// The title.
    pub name: String,
    /// The type of its cells. A cell of another type is taken as absent.
    pub cells: CellType,
    /// The cell of a row.
    pub cell: Box<dyn Fn(usize) -> Result<Cell, E> + 'a>,
}

/// Writes a table with `rows` rows, and notes on it by their keys.
///
/// # Errors
/// A file that cannot be written, and the errors of the cells.
pub fn write_parquet<E: From<FileError>>(
    path: &Path,
    notes: &[(&str, String)],
    columns: &[TypedColumn<'_, E>],
    rows: usize,
) -> Result<(), E> {
    let failed = |error: ParquetError| E::from(FileError::io(path)(io::Error::other(error)));
    let notes = notes
        .iter()
        .map(|(key, note)| KeyValue::new(key.to_string(), note.clone()));
    write_whole_with(path, |partial| {
        let file = File::create(partial).map_err(FileError::io(path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(notes.collect()))
            .build();
        let fields = columns
            .iter()
            .map(|column| field(&column.name, column.cells).map(Arc::new));
        let fields = fields.collect::<Written<_>>().map_err(failed)?;
        let schema = Type::group_type_builder("table")
            .with_fields(fields)
            .build();
        let schema = Arc::new(schema.map_err(failed)?);
        let mut writer =
            SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed)?;
        let size = match columns.iter().any(|column| column.cells == CellType::List) {
            true => GROUP_OF_LISTS,
            false => GROUP,
        };
        for first in (0..rows).step_by(size) {
            let mut group = writer.next_row_group().map_err(failed)?;
            for column in columns {
                let cells = cells_of(column, first..rows.min(first + size))?;
                let next = group.next_column().map_err(failed)?;
                let mut next = next.expect("the schema has a column for each");
                write_cells(&mut next, column.cells, cells).map_err(failed)?;
                next.close().map_err(failed)?;
            }
            group.close().map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
    })
}

fn cells_of<E>(column: &TypedColumn<'_, E>, rows: Range<usize>) -> Result<Vec<Cell>, E> {
    rows.map(|row| (column.cell)(row)).collect()
}

fn field(name: &str, cells: CellType) -> Written<Type> {
    let optional = |physical| {
        Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL)
    };
    match cells {
        CellType::Whole => optional(Physical::INT64).build(),
        CellType::Number => optional(Physical::DOUBLE).build(),
        CellType::Flag => optional(Physical::BOOLEAN).build(),
        CellType::Text => optional(Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .build(),
        CellType::List => {
            let element = Type::primitive_type_builder("element", Physical::DOUBLE)
                .with_repetition(Repetition::REQUIRED)
                .build()?;
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(element)])
                .build()?;
            Type::group_type_builder(name)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(list)])
                .build()
        }
    }
}

fn write_cells(
    column: &mut SerializedColumnWriter<'_>,
    kind: CellType,
    cells: Vec<Cell>,
) -> Written<()> {
    match kind {
        CellType::Whole => write_optional::<Int64Type>(column, cells, |cell| match cell {
            Cell::Whole(whole) => Some(whole),
            _ => None,
        }),
        CellType::Number => write_optional::<DoubleType>(column, cells, |cell| match cell {
            Cell::Number(number) => Some(number),
            _ => None,
        }),
        CellType::Flag => write_optional::<BoolType>(column, cells, |cell| match cell {
            Cell::Flag(flag) => Some(flag),
            _ => None,
        }),
        CellType::Text => write_optional::<ByteArrayType>(column, cells, |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
            _ => None,
        }),
        CellType::List => write_lists(column, &cells),
    }
}

/// A value is defined at level 1.
fn write_optional<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    cells: Vec<Cell>,
    value: impl Fn(Cell) -> Option<T::T>,
) -> Written<()> {
    let values: Vec<Option<T::T>> = cells.into_iter().map(value).collect();
    let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    column
        .typed::<T>()
        .write_batch(&values, Some(&levels), None)?;
    Ok(())
}

/// A list is defined at level 1, an element at level 2. The first element begins a list (repetition 0), the others go on
/// with it (repetition 1).
fn write_lists(column: &mut SerializedColumnWriter<'_>, cells: &[Cell]) -> Written<()> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        match cell {
            Cell::List(list) if !list.is_empty() => {
                values.extend_from_slice(list);
                defined.extend(list.iter().map(|_| 2));
                repeated.extend((0..list.len()).map(|at| i16::from(at > 0)));
            }
            empty => {
                defined.push(matches!(empty, Cell::List(_)).into());
                repeated.push(0);
            }
        }
    }
    let writer = column.typed::<DoubleType>();
    writer.write_batch(&values, Some(&defined), Some(&repeated))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;

    fn column(cells: CellType, rows: &[Cell]) -> TypedColumn<'_, FileError> {
        TypedColumn {
            name: format!("{cells:?}.x"),
            cells,
            cell: Box::new(|row| Ok(rows[row % rows.len()].clone())),
        }
    }

    fn read(path: &Path) -> SerializedFileReader<File> {
        SerializedFileReader::new(File::open(path).unwrap()).unwrap()
    }

    #[test]
    fn cells_of_each_type_are_read_as_they_were_written_absent_and_infinite_ones_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let wholes = [Cell::Whole(i64::MIN), Cell::Absent, Cell::Whole(3)];
        let numbers = [
            Cell::Absent,
            Cell::Number(f64::INFINITY),
            Cell::Number(0.1 + 0.2),
        ];
        let flags = [Cell::Flag(true), Cell::Absent, Cell::Flag(false)];
        let texts = [
            Cell::Text("a \"b\",\n".to_owned()),
            Cell::Text(String::new()),
            Cell::Absent,
        ];
        let lists = [Cell::List(vec![1.0, 2.5]), Cell::List(vec![]), Cell::Absent];
        let columns = [
            column(CellType::Whole, &wholes),
            column(CellType::Number, &numbers),
            column(CellType::Flag, &flags),
            column(CellType::Text, &texts),
            column(CellType::List, &lists),
        ];
        write_parquet(&path, &[("question", "why?".to_owned())], &columns, 3).unwrap();
        let file = read(&path);
        let notes = file
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .unwrap();
        assert_eq!(
            notes[0],
            KeyValue::new("question".to_owned(), "why?".to_owned())
        );
        let rows: Vec<String> = file
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        let expected = [
            "{Whole.x: -9223372036854775808, Number.x: null, Flag.x: true, Text.x: \"a \"b\",\n\", List.x: [1.0, 2.5]}",
            "{Whole.x: null, Number.x: inf, Flag.x: null, Text.x: \"\", List.x: []}",
            "{Whole.x: 3, Number.x: 0.30000000000000004, Flag.x: false, Text.x: null, List.x: null}",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_table_of_several_groups_has_every_row_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let rows = GROUP + 5;
        let column = TypedColumn::<FileError> {
            name: "n".to_owned(),
            cells: CellType::Whole,
            cell: Box::new(|row| Ok(Cell::Whole(row as i64))),
        };
        write_parquet(&path, &[], &[column], rows).unwrap();
        let file = read(&path);
        assert_eq!(file.num_row_groups(), 2);
        let read = file.get_row_iter(None).unwrap();
        for (row, found) in read.enumerate() {
            assert_eq!(found.unwrap().to_string(), format!("{{n: {row}}}"));
        }
        assert_eq!(file.metadata().file_metadata().num_rows(), rows as i64);
    }
}
