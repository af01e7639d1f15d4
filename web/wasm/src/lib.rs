//! The library for the page: questions and answers as JSON, in the memory of a WebAssembly module.
//!
//! The page writes a question, and with some questions the bytes of a file, to memory from [`allocate`], and calls [`ask`].
//! The answer lies at the returned address; its length is [`answer_length`]. An error is an answer too,
//! `{"error": "..."}`, with the message of the library. After a panic the module must not be used again: the page starts a
//! new one.
//!
//! The module imports two functions, and nothing else: one hears of the progress of a forecast, one of the message of a
//! panic.

mod live;
mod memory;
mod question;
mod rows;
mod shown;
mod truth;

use std::cell::RefCell;

pub use memory::{allocate, release};

use crate::question::{Question, answer};

thread_local! {
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Answers a question in JSON, with the bytes of a file if it takes any. Both are released.
///
/// # Safety
/// Both addresses are from [`allocate`], with these lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ask(
    question: *mut u8,
    question_length: usize,
    file: *mut u8,
    file_length: usize,
) -> *const u8 {
    memory::tell_panics();
    // Safety: as the caller says.
    let (question, file) = unsafe {
        (
            memory::taken(question, question_length),
            memory::taken(file, file_length),
        )
    };
    let answered = serde_json::from_slice::<Question>(&question)
        .map_err(|error| format!("the question: {error}"))
        .and_then(|question| answer(question, file));
    let text = answered.unwrap_or_else(|error| serde_json::json!({ "error": error }).to_string());
    ANSWER.with(|answer| {
        let mut answer = answer.borrow_mut();
        *answer = text.into_bytes();
        answer.as_ptr()
    })
}

/// The length of the latest answer, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    ANSWER.with(|answer| answer.borrow().len())
}
