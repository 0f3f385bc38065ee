use crate::capability::Import;
use std::marker::PhantomData;
use std::panic;
use std::sync::Once;

#[link(wasm_import_module = "usher:core/v1")]
extern "C" {
    fn input_len() -> u32;
    fn input_read(dst: *mut u8, off: u32, len: u32) -> u32;
    fn output_write(src: *const u8, len: u32) -> i32;
    #[link_name = "log"]
    fn log_line(level: i32, line: *const u8, len: u32);
    fn fail(reason: *const u8, len: u32);
    fn result_read(dst: *mut u8, off: u32, len: u32) -> u32;
    fn now_ms() -> i64;
    fn deadline_ms() -> i64;
    fn random(dst: *mut u8, len: u32) -> i32;
}

/// The host that runs this guest. Every function is given memory that lives as long as it runs.
#[derive(Clone, Copy)]
pub struct Host<'a>(PhantomData<&'a ()>);

impl Host<'_> {
    /// Gives the host, and has panics tell it what happened and where before they trap.
    pub fn lent() -> Self {
        static HOOKED: Once = Once::new();
        HOOKED.call_once(|| {
            panic::set_hook(Box::new(|info| {
                let said = info.payload();
                let said = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str));
                let mut text = String::from("panic: ");
                text.push_str(said.unwrap_or("without a text"));
                if let Some(at) = info.location() {
                    text.push_str(&format!(" ({}:{})", at.file(), at.line()));
                }
                Self(PhantomData).fail(&text);
            }));
        });
        Self(PhantomData)
    }

    pub(crate) fn input(self) -> Vec<u8> {
        unsafe { read(input_len(), |dst, len| input_read(dst, 0, len)) }
    }

    pub(crate) fn output(self, text: &str) -> bool {
        unsafe { output_write(text.as_ptr(), text.len() as u32) >= 0 }
    }

    pub(crate) fn log(self, level: i32, line: &str) {
        unsafe { log_line(level, line.as_ptr(), line.len() as u32) }
    }

    pub(crate) fn fail(self, reason: &str) {
        unsafe { fail(reason.as_ptr(), reason.len() as u32) }
    }

    pub(crate) fn now_ms(self) -> i64 {
        unsafe { now_ms() }
    }

    pub(crate) fn deadline_ms(self) -> i64 {
        unsafe { deadline_ms() }
    }

    pub(crate) fn random(self, bytes: &mut [u8]) -> bool {
        unsafe { random(bytes.as_mut_ptr(), bytes.len() as u32) >= 0 }
    }

    /// Asks a capability and gives its status and its answer, which is a refusal unless the status is 0.
    pub(crate) fn ask(self, i: &Import, request: &str) -> (i32, String) {
        let result = unsafe { (i.call)(request.as_ptr(), request.len() as u32) };
        let answer = unsafe { read(result as u32, |dst, len| result_read(dst, 0, len)) };
        ((result >> 32) as i32, String::from_utf8(answer).unwrap_or_default())
    }
}

/// Reads what is at most so long. The function fills what it is given from the beginning and says how much.
unsafe fn read(len: u32, fill: impl FnOnce(*mut u8, u32) -> u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(len as usize);
    let filled = fill(bytes.as_mut_ptr(), len).min(len);
    bytes.set_len(filled as usize);
    bytes
}
