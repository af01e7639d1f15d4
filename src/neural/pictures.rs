//! The sizes of pictures.

/// The size of the pictures in a tensor `[E, n height width, channels]`: vector `(i height + y) width + x` of a member
/// has the channels of the pixel (y, x) of picture i.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pictures {
    /// n, the number of pictures of a member.
    pub count: usize,
    /// The height in pixels.
    pub height: usize,
    /// The width in pixels.
    pub width: usize,
}

impl Pictures {
    /// The number of pixels of a picture.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The size after 2 x 2 pixels became one.
    pub fn halved(self) -> Self {
        Self {
            height: self.height / 2,
            width: self.width / 2,
            ..self
        }
    }
}
