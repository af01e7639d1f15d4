//! `lindiff COMMAND --help`.

use std::process::Command;

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lindiff"));
    let output = command.args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first words of the lines below a title, up to an empty line.
fn commands() -> Vec<String> {
    let text = help(&[]);
    let below = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = below.take_while(|line| !line.is_empty());
    // Further lines of a description begin with more blanks.
    let listed = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = listed.filter_map(|line| line.split_whitespace().next());
    let names: Vec<String> = names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 3, "{text}");
    names
}

#[test]
fn an_example_fits_on_80_columns_and_can_be_pasted() {
    for command in commands() {
        let text = help(&[&command]);
        let is_title = |line: &&str| ["Example:", "Examples:"].contains(line);
        let examples = text.lines().skip_while(|line| !is_title(line)).skip(1);
        let mut goes_on = false;
        for line in examples.take_while(|line| line.starts_with("  ")) {
            assert!(line.chars().count() <= 80, "{command}: {line}");
            assert_eq!(goes_on, line.starts_with("      "), "{command}: {line}");
            goes_on = line.ends_with(" \\");
        }
        assert!(!goes_on, "{command}: {text}");
    }
}
