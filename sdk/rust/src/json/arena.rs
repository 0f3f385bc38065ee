use std::cell::RefCell;

/// Texts of a question that stood in it with escapes, kept as what they mean until the call ends. All others are
/// parts of the envelope.
#[derive(Default)]
pub(crate) struct Arena(RefCell<Vec<*mut str>>);

impl Arena {
    /// Keeps a text for as long as there is the arena.
    pub(crate) fn keep(&self, text: String) -> &str {
        let text = Box::into_raw(text.into_boxed_str());
        self.0.borrow_mut().push(text);
        // SAFETY: it is freed by drop alone, which no reference outlives, and nobody writes to it.
        unsafe { &*text }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        for text in self.0.get_mut().drain(..) {
            // SAFETY: keep made it of a box, once.
            drop(unsafe { Box::from_raw(text) });
        }
    }
}
