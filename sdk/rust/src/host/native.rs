use crate::capability::Import;
use crate::testing;

/// The host of a native test.
#[derive(Clone, Copy)]
pub struct Host<'a>(pub(crate) &'a testing::Host);

impl Host<'_> {
    pub(crate) fn input(self) -> Vec<u8> {
        self.0.envelope().into_bytes()
    }

    pub(crate) fn output(self, text: &str) -> bool {
        self.0.answer(text)
    }

    pub(crate) fn log(self, level: i32, line: &str) {
        self.0.log(level, line);
    }

    pub(crate) fn fail(self, reason: &str) {
        self.0.fail(reason);
    }

    pub(crate) fn now_ms(self) -> i64 {
        self.0.now()
    }

    pub(crate) fn deadline_ms(self) -> i64 {
        self.0.now() + 100
    }

    /// Fills the bytes with anything but random ones.
    pub(crate) fn random(self, bytes: &mut [u8]) -> bool {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = i as u8;
        }
        bytes.len() <= crate::wire::MAX_RANDOM
    }

    pub(crate) fn ask(self, i: &Import, request: &str) -> (i32, String) {
        self.0.lend(i.name, request)
    }
}
