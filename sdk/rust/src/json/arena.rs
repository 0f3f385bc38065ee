use std::cell::RefCell;

/// Texts of a question that stood in it with escapes, kept as what they mean until the call ends. All others are
/// parts of the envelope.
#[derive(Default)]
pub(crate) struct Arena(RefCell<Vec<String>>);

impl Arena {
    /// Keeps a text for as long as there is the arena.
    pub(crate) fn keep(&self, text: String) -> &str {
        let kept: *const str = text.as_str();
        self.0.borrow_mut().push(text);
        // SAFETY: the bytes of a String stay where they are when it is moved, and nobody changes one or takes it out.
        unsafe { &*kept }
    }
}
