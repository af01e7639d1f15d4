//! What the checks found, in sentences.

use super::{Concentration, Copies, GroupsLeftOut, LeftOutTogether, RowChecks, RowOrder};
use crate::text::number;

/// How rows are counted.
const COUNTED: &str = "counted from 0, without the header";
/// The share of the loss below which a difference is not worth a number.
const LITTLE: f64 = 0.01;
/// The most rows that are named.
const NAMED: usize = 6;

impl RowChecks {
    /// Warnings, in sentences. `unit` is what the order is of: "rows" or "groups".
    pub(in crate::forecast) fn sentences(&self, unit: &str) -> Vec<String> {
        let mut sentences = Vec::new();
        sentences.extend(self.groups_left_out.as_ref().map(of_groups));
        if let Some(losses) = &self.blocks_left_out {
            sentences.push(of_order(&self.order, losses, unit));
        }
        if let (Some(copies), Some(losses)) = (&self.copies, &self.copies_left_out) {
            sentences.push(of_copies(copies, losses));
        }
        sentences.extend(self.of_far_rows());
        sentences.extend(of_tail(&self.concentration));
        sentences
    }

    fn of_far_rows(&self) -> Option<String> {
        let far = &self.concentration.far_rows;
        let share = 100.0 * self.concentration.far_share;
        let (found, them) = match far[..] {
            [] => return None,
            [row] => (
                format!("row {row} carries {share:.0} % of the test loss ({COUNTED})"),
                "it",
            ),
            _ => (
                format!(
                    "{} rows carry {share:.0} % of the test loss ({}; {COUNTED})",
                    far.len(),
                    listed(far)
                ),
                "them",
            ),
        };
        Some(match self.test_loss_without_far_rows {
            None => found,
            Some(loss) => format!("{found}. Without {them} the loss would be {}", number(loss)),
        })
    }
}

fn of_groups(found: &GroupsLeftOut) -> String {
    let sizes = if found.smallest == found.largest {
        found.smallest.to_string()
    } else {
        format!("{} to {}", found.smallest, found.largest)
    };
    format!(
        "with each of the {} groups (of {sizes} rows) left out as a whole the test loss is {} [{}, {}], with random groups of \
         these sizes {}. The former is the forecast for rows of new groups; other numbers of rows, ridge and time take rows for independent",
        found.groups,
        number(found.losses.test_loss),
        number(found.low),
        number(found.high),
        number(found.losses.test_loss_at_random)
    )
}

fn of_order(order: &RowOrder, losses: &LeftOutTogether, unit: &str) -> String {
    let alike = format!(
        "{unit} near each other in the file are alike (permutation test, p = {})",
        order.p_value
    );
    if let Some(little) = little(losses) {
        return format!("{alike}: {little}");
    }
    format!(
        "{alike}: with each of ten blocks of consecutive {unit} left out as a whole the test loss is {}, with random \
         tenths {}. Unless new {unit} are as near to these, expect the former",
        number(losses.test_loss),
        number(losses.test_loss_at_random)
    )
}

fn of_copies(copies: &Copies, losses: &LeftOutTogether) -> String {
    let families: Vec<String> = copies.first.iter().map(|family| listed(family)).collect();
    let more = if copies.families > families.len() {
        "; ..."
    } else {
        ""
    };
    let exact = match copies.exact {
        0 => "almost equal to others".to_owned(),
        all if all == copies.rows => "equal to others".to_owned(),
        some => format!("equal or almost equal to others ({some} equal)"),
    };
    let found = format!(
        "{} rows are {exact}, in {} ({}{more}; {COUNTED})",
        copies.rows,
        match copies.families {
            1 => "one family".to_owned(),
            count => format!("{count} families"),
        },
        families.join("; "),
    );
    match little(losses) {
        Some(little) => format!("{found}: {little}"),
        None => format!(
            "{found}: with the copies of a row left out together with it the test loss is {}, with as many other rows {}. \
             Keep one of each, or give copies one group (data.group)",
            number(losses.test_loss),
            number(losses.test_loss_at_random)
        ),
    }
}

/// A sentence if the loss changes little.
fn little(losses: &LeftOutTogether) -> Option<String> {
    let higher = losses.test_loss / losses.test_loss_at_random - 1.0;
    (higher < LITTLE).then(|| {
        format!(
            "left out together, they change the test loss by less than {:.0} %",
            100.0 * LITTLE
        )
    })
}

fn of_tail(found: &Concentration) -> Option<String> {
    let why = match found.tail_index {
        _ if found.trust_intervals => return None,
        Some(index) if found.has_heavy_tail() => format!(
            "the losses of {} have a heavy tail (index {index:.1}; their variance is finite only above 2)",
            if found.far_rows.is_empty() {
                "the rows"
            } else {
                "the other rows"
            }
        ),
        _ => "they rest on so few rows".to_owned(),
    };
    Some(format!("do not trust the intervals: {why}"))
}

fn listed(rows: &[usize]) -> String {
    let named: Vec<String> = rows.iter().take(NAMED).map(usize::to_string).collect();
    let more = if rows.len() > NAMED { ", ..." } else { "" };
    format!("rows {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> RowChecks {
        RowChecks {
            order: RowOrder {
                random_orders: 99,
                p_value: 0.4,
                neighbours: 0.0,
                blocks: 0.0,
            },
            blocks_left_out: None,
            copies: None,
            copies_left_out: None,
            groups_left_out: None,
            concentration: Concentration::of(&[0.4, 0.5, 0.6]),
            test_loss_without_far_rows: None,
        }
    }

    fn losses(test_loss: f64) -> Option<LeftOutTogether> {
        Some(LeftOutTogether {
            test_loss,
            test_loss_at_random: 0.25,
        })
    }

    #[test]
    fn rows_that_pass_all_checks_have_no_sentence() {
        assert!(found().sentences("rows").is_empty());
    }

    #[test]
    fn each_finding_is_one_sentence_with_its_numbers() {
        let mut checks = found();
        checks.order.p_value = 0.01;
        checks.blocks_left_out = losses(0.3125);
        assert_eq!(
            checks.sentences("groups"),
            [
                "groups near each other in the file are alike (permutation test, p = 0.01): with each of ten blocks of \
                 consecutive groups left out as a whole the test loss is 0.3125, with random tenths 0.2500. Unless new \
                 groups are as near to these, expect the former"
            ]
        );
        checks.blocks_left_out = losses(0.2501);
        assert_eq!(
            checks.sentences("rows"),
            [
                "rows near each other in the file are alike (permutation test, p = 0.01): left out together, they change the test \
              loss by less than 1 %"
            ]
        );
        let mut checks = found();
        let mut losses = vec![1.0; 40];
        losses[17] = 960.0;
        checks.concentration = Concentration::of(&losses);
        checks.test_loss_without_far_rows = Some(0.354);
        let sentences = checks.sentences("rows");
        assert_eq!(
            sentences[0],
            "row 17 carries 96 % of the test loss (counted from 0, without the header). Without it the loss would be 0.3540"
        );
        assert!(
            sentences[1].starts_with("do not trust the intervals: "),
            "{sentences:?}"
        );
    }

    #[test]
    fn groups_are_counted_with_the_loss_on_new_ones() {
        let mut checks = found();
        checks.groups_left_out = Some(GroupsLeftOut {
            groups: 37,
            smallest: 3,
            largest: 5,
            losses: losses(0.4).unwrap(),
            low: 0.35,
            high: 0.45,
        });
        assert_eq!(
            checks.sentences("groups"),
            [
                "with each of the 37 groups (of 3 to 5 rows) left out as a whole the test loss is 0.4000 [0.3500, 0.4500], \
                 with random groups of these sizes 0.2500. The former is the forecast for rows of new groups; other \
                 numbers of rows, ridge and time take rows for independent"
            ]
        );
    }

    #[test]
    fn copies_are_counted_and_the_first_are_named() {
        let mut checks = found();
        checks.copies = Some(Copies {
            rows: 11,
            exact: 11,
            families: 1,
            first: vec![(0..11).collect()],
            sets: Vec::new(),
        });
        checks.copies_left_out = losses(0.5);
        let sentences = checks.sentences("rows");
        let start = "11 rows are equal to others, in one family (rows 0, 1, 2, 3, 4, 5, ...; counted from 0, without the header): ";
        assert!(sentences[0].starts_with(start), "{sentences:?}");
        checks.copies_left_out = losses(0.25);
        assert_eq!(
            checks.sentences("rows")[0][start.len()..],
            *"left out together, they change the test loss by less than 1 %"
        );
    }
}
