// A guest that walks through all of its question and answers with what it counted: through trait objects and a
// recursion, with 64 and 128 bit numbers and floats. What is no JSON fails; what is nested too deeply panics.
#![no_std]
#![no_main]

#[link(wasm_import_module = "usher:core/v1")]
extern "C" {
    fn input_len() -> u32;
    fn input_read(dst: *mut u8, off: u32, len: u32) -> u32;
    fn output_write(src: *const u8, len: u32) -> i32;
    fn fail(reason: *const u8, len: u32);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Visit is told of each value in its order.
trait Visit {
    fn text(&mut self, text: &[u8]);
    fn number(&mut self, value: f64);
    fn report(&self) -> u64;
}

/// Digest mixes texts as FNV-1a does, and numbers by a product of twice their width.
struct Digest(u64);

impl Visit for Digest {
    fn text(&mut self, text: &[u8]) {
        self.0 = text.iter().fold(self.0, |sum, c| (sum ^ u64::from(*c)).wrapping_mul(0x100_0000_01b3));
    }
    fn number(&mut self, value: f64) {
        let product = u128::from(value.to_bits() | 1) * u128::from(self.0 | 1);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
    fn report(&self) -> u64 {
        self.0.rotate_left(self.0.count_ones()) ^ u64::from(self.0.leading_zeros())
    }
}

/// Mean is of all numbers and of the lengths of texts.
struct Mean(f64, f64);

impl Visit for Mean {
    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as f64 / 3.0);
    }
    fn number(&mut self, value: f64) {
        self.1 += 1.0;
        self.0 += (value - self.0) / self.1;
    }
    fn report(&self) -> u64 {
        (self.0 * 1e6) as i64 as u64
    }
}

const DEEPEST: usize = 6;

struct Walker<'a> {
    rest: &'a [u8],
    visitors: [&'a mut dyn Visit; 2],
    values: [u32; DEEPEST], // by depth
}

type Walked = Result<(), &'static [u8]>;

impl<'a> Walker<'a> {
    fn next(&mut self) -> Result<u8, &'static [u8]> {
        let (first, rest) = self.rest.split_first().ok_or(&b"the question ends too early"[..])?;
        self.rest = rest;
        Ok(*first)
    }

    fn value(&mut self, depth: usize) -> Walked {
        self.values[depth] += 1; // out of bounds where it is nested too deeply
        match self.next()? {
            b'{' => self.members(depth),
            b'[' => self.elements(depth),
            b'"' => {
                let text = self.text()?;
                self.visitors.iter_mut().for_each(|v| v.text(text));
                Ok(())
            }
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            c @ (b'-' | b'0'..=b'9') => self.number(c),
            _ => Err(b"no value begins like this"),
        }
    }

    fn members(&mut self, depth: usize) -> Walked {
        if self.rest.first() == Some(&b'}') {
            return self.next().map(drop);
        }
        loop {
            if self.next()? != b'"' {
                return Err(b"a member has no name");
            }
            let name = self.text()?;
            if self.next()? != b':' {
                return Err(b"a member has no value");
            }
            if name == b"call_id" {
                self.next()?;
                self.text()?; // it differs from call to call
            } else {
                self.value(depth + 1)?;
            }
            match self.next()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(b"members stand one beside the other"),
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Walked {
        if self.rest.first() == Some(&b']') {
            return self.next().map(drop);
        }
        loop {
            self.value(depth + 1)?;
            match self.next()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(b"elements stand one beside the other"),
            }
        }
    }

    fn text(&mut self) -> Result<&'a [u8], &'static [u8]> {
        let all = self.rest;
        let mut length = 0;
        loop {
            match self.next()? {
                b'"' => return Ok(&all[..length]),
                b'\\' => {
                    self.next()?;
                    length += 2;
                }
                _ => length += 1,
            }
        }
    }

    fn number(&mut self, first: u8) -> Walked {
        let (mut value, mut scale) = (if first == b'-' { 0.0 } else { f64::from(first - b'0') }, 1.0);
        while let Some(c @ (b'0'..=b'9' | b'.')) = self.rest.first() {
            self.rest = &self.rest[1..];
            match (*c, scale < 1.0) {
                (b'.', true) => return Err(b"a number has two points"),
                (b'.', false) => scale = 0.1,
                (digit, false) => value = value * 10.0 + f64::from(digit - b'0'),
                (digit, true) => {
                    value += scale * f64::from(digit - b'0');
                    scale /= 10.0;
                }
            }
        }
        let value = if first == b'-' { -value } else { value };
        self.visitors.iter_mut().for_each(|v| v.number(value));
        Ok(())
    }

    fn word(&mut self, rest: &[u8]) -> Walked {
        self.rest = self.rest.strip_prefix(rest).ok_or(&b"a word is none"[..])?;
        Ok(())
    }
}

static mut QUESTION: [u8; 1 << 16] = [0; 1 << 16];

#[no_mangle]
pub extern "C" fn usher_signup_validate() -> i32 {
    // One call at a time has the instance, and with it the buffer.
    let question = unsafe {
        let length = input_read(core::ptr::addr_of_mut!(QUESTION).cast(), 0, input_len().min(1 << 16));
        core::slice::from_raw_parts(core::ptr::addr_of!(QUESTION).cast::<u8>(), length as usize)
    };
    let (mut digest, mut mean) = (Digest(0xcbf2_9ce4_8422_2325), Mean(0.0, 0.0));
    let mut walker = Walker { rest: question, visitors: [&mut digest, &mut mean], values: [0; DEEPEST] };
    if let Err(reason) = walker.value(0) {
        unsafe { fail(reason.as_ptr(), reason.len() as u32) };
        return 1;
    }
    write(br#"{"outcome":"continue","data":{"metadata":{"values":""#);
    for count in walker.values {
        hexadecimal(u64::from(count));
    }
    write(br#"","digest":""#);
    hexadecimal(digest.report());
    write(br#"","mean":""#);
    hexadecimal(mean.report());
    write(br#""}}}"#);
    0
}

fn write(text: &[u8]) {
    unsafe { output_write(text.as_ptr(), text.len() as u32) };
}

fn hexadecimal(value: u64) {
    let mut digits = [0u8; 16];
    for (i, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(value >> (60 - 4 * i)) as usize & 15];
    }
    write(&digits);
}
