//! What was measured, in words.

use super::result::Size;

/// Up to this ratio of test loss and train loss a network is said to generalise, and from that one on to memorise.
const GENERALISES: f64 = 1.1;
const MEMORISES: f64 = 1.5;

/// What a pair of networks shows.
pub(super) fn of(size: &Size) -> String {
    let (train, test) = (size.losses.train_loss, size.losses.test_loss);
    let ratio = test / train;
    let verdict = match ratio {
        _ if ratio >= MEMORISES => "has learned its own rows",
        _ if ratio > GENERALISES => "is between both",
        _ => "generalises",
    };
    let losses = match ratio {
        _ if ratio >= MEMORISES => format!("{ratio:.1} times its train loss"),
        _ => format!("{:.1} % above its train loss", 100.0 * (ratio - 1.0)),
    };
    let twins = match size.overlap {
        overlap if overlap < 0.8 => "makes other pictures",
        overlap if overlap < 0.97 => "makes similar pictures",
        _ => "makes almost the same pictures",
    };
    format!(
        "With {} rows the network {verdict}: its test loss, {test:.3}, is {losses}, {train:.3}. A second network, trained on {} \
         other rows, {twins} of the same noise (correlation {:.2}, distance {:.2}).",
        size.losses.rows, size.losses.rows, size.overlap, size.twin_distance.median
    )
}

/// What all of them show, and what a teacher should not say.
pub(super) fn of_all(sizes: &[Size]) -> Vec<String> {
    let [Some(few), Some(many)] = [sizes.first(), sizes.last()] else {
        return Vec::new();
    };
    let (n, most) = (few.losses.rows, many.losses.rows);
    vec![
        format!(
            "What generalises no longer depends on the rows: the correlation of twins rises from {:.2} with {n} rows to {:.2} \
             with {most}, and test and train loss meet.",
            few.overlap, many.overlap
        ),
        format!(
            "No sample here is a sharp digit. A linear network learns the mean and the covariance of its rows and nothing \
             else, so it draws from a Gaussian: its digits are blurs, with few rows and with many. With {n} rows a sample is a \
             mixture of these {n} pictures; it is no copy of one of them ({:.0} % of the samples are).",
            100.0 * few.copies
        ),
        format!(
            "Sharp pictures are no sign of learning. The last row of pictures is of a denoiser that remembers its rows \
             perfectly: the best on the training rows, if it need not be linear. Its samples are sharp because they repeat \
             what is in the rows: {:.0} % are copies with {n} rows, {:.0} % with {most}, at distances of {:.2} and {:.2}.",
            100.0 * few.remembering_copies,
            100.0 * many.remembering_copies,
            few.remembering_distance.median,
            many.remembering_distance.median
        ),
        format!(
            "The distance to the nearest training row rises from {:.2} to {:.2}. Its unit is the median distance of other \
             digits to their nearest training row, which shrinks as rows are added. Above 1 a sample is farther from all \
             digits than they are from each other.",
            few.distance.median, many.distance.median
        ),
    ]
}
