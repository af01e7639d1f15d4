#![no_main]

//! Tables, with columns, groups and ways of reading chosen by the first bytes.
use libfuzzer_sys::fuzz_target;
use lindiff::config::{Columns, Decimal, Delimiter, Header, Named, Reading};
use lindiff::data::formats::{Choice, read_csv};

fn one_of<T: Named>(byte: u8) -> T {
    T::NAMES[usize::from(byte) % T::NAMES.len()].1
}

fuzz_target!(|input: (u8, u8, u8, [u8; 3], &[u8])| {
    let (start, end, group, ways, bytes) = input;
    let columns = Columns::of(start.into()..end.into());
    let choice = Choice {
        columns: columns.as_ref(),
        group: (group < 128).then_some(group.into()),
        reading: Reading {
            header: one_of::<Header>(ways[0]),
            delimiter: one_of::<Delimiter>(ways[1]),
            decimal: one_of::<Decimal>(ways[2]),
            ..Reading::default()
        },
        ..Choice::default()
    };
    let _ = read_csv(bytes, choice);
});
