//! Every source gives the truth that the documentation of `config` says, and draws have its law.

use crate::tables::*;
use lindiff::config::{DataConfig, Draw, RealData, Scale, Source};
use lindiff::data::{load, population, read_rows};
use lindiff::gaussian::Moments;

#[test]
fn the_digits_are_1797_images_with_51_directions_of_some_variance() {
    let read = read_rows(&digits()).unwrap();
    assert_eq!((read.rows.count(), read.rows.dim()), (1797, 64));
    let data = load(&rows_of(digits(), 400), 1).unwrap();
    assert_eq!((data.laws.dim(), data.dropped, data.constant), (51, 10, 3));
    assert_eq!(data.laws.test.unwrap().count, 1397);
    close(data.laws.truth.unwrap().trace(), 51.0);
}

#[test]
fn the_digits_pool_to_4_by_4() {
    let pooled = RealData {
        pool: 2,
        ..digits()
    };
    let read = read_rows(&pooled).unwrap();
    assert_eq!((read.rows.dim(), read.image), (16, Some((4, 4))));
    let whole = read_rows(&digits()).unwrap();
    let image = whole.rows.row(5);
    close(
        read.rows.row(5)[1],
        (image[2] + image[3] + image[10] + image[11]) / 4.0,
    );
}

#[test]
fn a_power_law_has_the_eigenvalues_of_its_formula() {
    let source = Source::PowerLaw {
        dim: 3,
        exponent: 2.0,
    };
    let truth = population(&drawn_from(source, 1)).unwrap();
    let sum = 1.0 + 0.25 + 1.0 / 9.0;
    let expected = [3.0 / sum, 0.75 / sum, 3.0 / 9.0 / sum];
    truth
        .law
        .variances()
        .iter()
        .zip(expected)
        .for_each(|(&a, b)| close(a, b));
    assert_eq!(truth.rows(), None);
}

#[test]
fn spikes_stand_out_of_ones_and_the_largest_comes_first() {
    let source = Source::Spiked {
        dim: 4,
        spikes: vec![3.0, 5.0],
    };
    let truth = population(&drawn_from(source, 1)).unwrap();
    assert_eq!(truth.law.variances(), [5.0, 3.0, 1.0, 1.0]);
}

#[test]
fn a_file_of_eigenvalues_is_a_truth() {
    let (_, folder) = table("# of a covariance\n0.5\n\n2\n1\n4 # the last\n");
    let path = folder.path().join("table.csv");
    let truth = population(&drawn_from(Source::Spectrum { path }, 1)).unwrap();
    assert_eq!(truth.law.variances(), [4.0, 2.0, 1.0, 0.5]);
}

fn eigenvalues(name: &str, bytes: &[u8]) -> Result<(Vec<f64>, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let population = population(&drawn_from(Source::Spectrum { path }, 1));
    let population = population.map_err(|error| error.to_string())?;
    Ok((population.law.variances(), population.notes.join("\n")))
}

#[test]
fn eigenvalues_in_lists_and_arrays_are_read() {
    let of = |name: &str, bytes: &[u8]| eigenvalues(name, bytes).unwrap().0;
    for text in [
        "4\n2\n1\n",
        "4 2 1",
        "4, 2, 1\n",
        "# of\n4 # the first\n2\n\n1",
        "4;2;1\n",
        "eigenvalue\n4\n2\n1\n",
    ] {
        assert_eq!(of("list.txt", text.as_bytes()), [4.0, 2.0, 1.0], "{text}");
    }
    let npy = |shape: &str, values: &[f64]| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let header = format!("{header:<117}\n");
        let length = (header.len() as u16).to_le_bytes();
        let values = values.iter().flat_map(|v| v.to_le_bytes());
        let start = b"\x93NUMPY\x01\x00".iter().copied().chain(length);
        start
            .chain(header.into_bytes())
            .chain(values)
            .collect::<Vec<u8>>()
    };
    for shape in ["(3,)", "(3, 1)", "(1, 3)"] {
        assert_eq!(
            of("list.npy", &npy(shape, &[1.0, 4.0, 2.0])),
            [4.0, 2.0, 1.0]
        );
    }
    let said = eigenvalues("table.npy", &npy("(2, 2)", &[1.0, 4.0, 2.0, 3.0])).unwrap_err();
    assert!(said.contains("one axis"), "{said}");
    // For rows one axis is not enough.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.npy");
    std::fs::write(&path, npy("(3,)", &[1.0, 4.0, 2.0])).unwrap();
    assert!(message(read_rows(&file(path)).unwrap_err()).contains("one axis"));
}

#[test]
fn the_column_of_eigenvalues_is_taken_by_its_name_or_the_file_is_refused() {
    let of = |text: &str| eigenvalues("table.csv", text.as_bytes());
    for text in [
        "rank,value\n1,12.5\n2,6\n3,3.25\n",
        "component;eigenvalue;share\n1;12.5;0.6\n2;6;0.3\n3;3.25;0.1\n",
        "nu\tLambda\n1\t12.5\n2\t6\n3\t3.25\n",
        // pandas' own index.
        ",0\n0,12.5\n1,6\n2,3.25\n",
    ] {
        let (values, notes) = of(text).unwrap();
        assert_eq!(values, [12.5, 6.0, 3.25], "{text}");
        assert!(
            notes.contains("value")
                || notes.contains("numbers the rows")
                || notes.contains("Lambda"),
            "{notes}"
        );
        assert!(!notes.contains("--set"), "{notes}");
    }
    for text in [
        "1,12.5\n2,6\n3,3.25\n",
        "1 12\n2 6\n",
        "a,b\n1,12.5\n2,6\n",
        "value,lambda\n1,2\n3,4\n",
        "12,5\n6,25\n",
        "12,5 6,25 1,5\n3,5 2,5 1,25\n",
    ] {
        let said = of(text).unwrap_err();
        assert!(said.contains("one eigenvalue a line"), "{text}: {said}");
    }
}

#[test]
fn eigenvalues_below_zero_or_none_at_all_are_refused() {
    for (text, part) in [
        ("1 -2", "eigenvalue 2"),
        ("# none", "no eigenvalue"),
        ("1\nx", "line 2"),
    ] {
        let (_, folder) = table(text);
        let path = folder.path().join("table.csv");
        let error = population(&drawn_from(Source::Spectrum { path }, 1))
            .err()
            .unwrap();
        assert!(message(error).contains(part), "{text}");
    }
}

#[test]
fn draws_have_the_truth_s_law_and_fewer_are_a_prefix_of_more() {
    let source = Source::PowerLaw {
        dim: 4,
        exponent: 1.0,
    };
    let many = load(&drawn_from(source.clone(), 40_000), 3).unwrap();
    let few = load(&drawn_from(source, 100), 3).unwrap();
    let (first, all) = (training_rows(&few), training_rows(&many));
    (0..100).for_each(|i| assert_eq!(first.row(i), all.row(i)));
    let (truth, drawn) = (
        many.laws.truth.unwrap().covariance(),
        many.laws.train.covariance,
    );
    for (i, j) in (0..16).map(|k| (k / 4, k % 4)) {
        // Six standard errors: the covariance of N draws has variance at most 2 lambda_i lambda_j / N.
        let error = 6.0 * (2.0 * truth[(i, i)] * truth[(j, j)] / 40_000.0).sqrt();
        assert!((truth[(i, j)] - drawn[(i, j)]).abs() < error);
    }
}

#[test]
fn draws_do_not_depend_on_the_number_of_threads() {
    let config = drawn_from(Source::Real(digits()), 300);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let data = pool.build().unwrap().install(|| load(&config, 1).unwrap());
        (training_rows(&data), data.laws.train.covariance)
    };
    assert!(with(1) == with(3));
}

#[test]
fn draws_from_real_data_have_its_mean_and_covariance() {
    let (mut real, _folder) = plane();
    real.scale = Scale::None;
    let data = load(&drawn_from(Source::Real(real.clone()), 20_000), 5).unwrap();
    let drawn = Moments::of(&data.laws.frame.read_coordinates(&training_rows(&data)));
    let read = Moments::of(&doubles(&real));
    for i in 0..3 {
        let variance = read.covariance[(i, i)];
        assert!((drawn.mean[i] - read.mean[i]).abs() < 6.0 * (variance / 20_000.0).sqrt());
        assert!(
            (drawn.covariance[(i, i)] / variance - 1.0).abs() < 6.0 * (2.0f64 / 20_000.0).sqrt()
        );
    }
}

#[test]
fn a_synthetic_source_has_no_rows() {
    let source = Source::PowerLaw {
        dim: 3,
        exponent: 1.0,
    };
    let config = DataConfig {
        draw: Draw::Rows,
        ..drawn_from(source, 10)
    };
    assert!(message(load(&config, 1).unwrap_err()).starts_with("data.draw"));
}

#[test]
fn images_that_do_not_divide_are_refused() {
    let (real, _folder) = table("1,2,3,4\n5,6,7,8\n");
    let pooled = |pool| {
        read_rows(&RealData {
            pool,
            ..real.clone()
        })
    };
    assert_eq!(*pooled(2).unwrap().rows.row(0), [2.5]);
    assert_eq!(*pooled(2).unwrap().rows.row(1), [6.5]);
    assert!(message(pooled(3).unwrap_err()).contains("2 x 2"));
    let (real, _folder) = table("1,2,3\n5,6,7\n");
    assert!(message(read_rows(&RealData { pool: 2, ..real }).unwrap_err()).contains("square"));
}
