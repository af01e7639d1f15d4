//! Memory that is shared with the page, and what the page hears in between.

use std::panic;
use std::sync::Once;

/// Memory for some bytes that the page writes.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::into_raw(vec![0u8; length].into_boxed_slice()).cast()
}

/// Gives memory back that was never passed on.
///
/// # Safety
/// The address is from [`allocate`], with this length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn release(address: *mut u8, length: usize) {
    // Safety: as the caller says.
    drop(unsafe { taken(address, length) });
}

/// The bytes that the page wrote. A null address means none.
///
/// # Safety
/// As [`release`], or null.
pub unsafe fn taken(address: *mut u8, length: usize) -> Vec<u8> {
    if address.is_null() {
        return Vec::new();
    }
    // Safety: the box that `allocate` made.
    unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length)) }.into_vec()
}

#[cfg(target_arch = "wasm32")]
mod page {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        pub fn progress(done: u32, all: u32, test_loss: f64);
        pub fn panicked(message: *const u8, length: usize);
    }
}

/// Tells the page how far a forecast has come, with its first answer, or NaN.
pub fn progress(done: usize, all: usize, test_loss: Option<f64>) {
    #[cfg(target_arch = "wasm32")]
    // Safety: three numbers are passed.
    unsafe {
        page::progress(done as u32, all as u32, test_loss.unwrap_or(f64::NAN));
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (done, all, test_loss);
}

/// Passes the message of a panic to the page before the module dies.
pub fn tell_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            let message = panic.to_string();
            #[cfg(target_arch = "wasm32")]
            // Safety: the page reads the bytes before it returns.
            unsafe {
                page::panicked(message.as_ptr(), message.len());
            }
            #[cfg(not(target_arch = "wasm32"))]
            eprintln!("{message}");
        }));
    });
}
