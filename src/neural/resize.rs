//! The way of pictures to the next resolution and back.

use burn::tensor::Tensor;

use super::fused;
use super::pictures::Pictures;

/// The means of 2 x 2 pixels of pictures `[E, n height width, channels]`.
pub(super) fn halve(x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
    if let Some(value) = fused::halve(&x, pictures) {
        return value;
    }
    let [members, vectors, channels] = x.dims();
    let half = pictures.halved();
    let rows = members * pictures.count * half.height;
    let x: Tensor<5> = x.reshape([rows, 2, half.width, 2, channels]);
    let means = x.mean_dim(1).mean_dim(3);
    means.reshape([members, vectors / 4, channels])
}

/// Pictures x of half the resolution with each pixel repeated 2 x 2 times, and behind their channels those of y, whose
/// size `pictures` is.
pub(super) fn double_and_join(x: Tensor<3>, y: Tensor<3>, pictures: Pictures) -> Tensor<3> {
    if let Some(value) = fused::double_and_join(&x, &y, pictures) {
        return value;
    }
    let [members, vectors, channels] = x.dims();
    let half = pictures.halved();
    let rows = members * half.count * half.height;
    let x: Tensor<5> = x.reshape([rows, 1, half.width, 1, channels]);
    let doubled = x.expand([rows, 2, half.width, 2, channels]);
    let doubled = doubled.reshape([members, 4 * vectors, channels]);
    Tensor::cat(vec![doubled, y], 2)
}
