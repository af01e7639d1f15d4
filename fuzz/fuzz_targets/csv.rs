#![no_main]

//! Tables, with columns and groups chosen by the first bytes.
use libfuzzer_sys::fuzz_target;
use lindiff::config::Columns;
use lindiff::data::formats::read_csv;

fuzz_target!(|input: (u8, u8, u8, &[u8])| {
    let (start, end, group, bytes) = input;
    let columns = (start < end).then_some(Columns {
        start: start.into(),
        end: end.into(),
    });
    let group = (group < 128).then_some(group.into());
    let _ = read_csv(bytes, columns, group);
});
