//! A forecast from a matrix in memory: are these rows enough, which ridge, what would more rows bring?
//!
//! `cargo run --release --example forecast`

use lindiff::data::Rows;
use lindiff::faer::Mat;
use lindiff::forecast::{self, ForecastError, Settings};
use lindiff::random::{Purpose, fill_normal, stream};

fn main() -> Result<(), ForecastError> {
    // 150 rows of 60 numbers, of variance 1/j in column j; yours come from anywhere.
    let (rows, columns) = (150, 60);
    let mut normals = vec![0.0; rows * columns];
    fill_normal(&mut stream(1, Purpose::Data, 0), &mut normals);
    let matrix = Mat::from_fn(rows, columns, |i, j| {
        normals[i * columns + j] / ((j + 1) as f64).sqrt()
    });

    let settings = Settings::default().samples(&[300, 1500]);
    let found = forecast::of_rows(Rows::from(&matrix), &settings)?;

    println!("rows  test loss  [95 %]");
    for with in std::iter::once(&found.now).chain(&found.with_samples) {
        let test = with.test_loss;
        println!(
            "{:4}  {:.4}     [{:.4}, {:.4}]",
            with.samples, test.value, test.low, test.high
        );
    }
    println!("\n{}", found.verdict.join("\n"));
    Ok(())
}
