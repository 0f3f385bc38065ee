const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Counts the bytes before the first that cannot stand in a JSON string as it is: a quote, a backslash or a control
/// character. It looks at eight at once: byte by byte is most of what a call would cost.
pub(super) fn plain(text: &[u8]) -> usize {
    let mut words = text.chunks_exact(8);
    let mut length = 0;
    for word in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        let found = ends(u64::from_le_bytes(bytes));
        if found != 0 {
            return length + (found.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = words.remainder();
    length + rest.iter().position(|c| *c < 0x20 || *c == b'"' || *c == b'\\').unwrap_or(rest.len())
}

/// Sets the high bit of the first byte that ends plain text, and perhaps of bytes above it: a subtraction borrows upwards
/// only.
fn ends(word: u64) -> u64 {
    let zero = |w: u64| w.wrapping_sub(ONES) & !w;
    let control = word.wrapping_sub(0x20 * ONES) & !word;
    (zero(word ^ 0x22 * ONES) | zero(word ^ 0x5c * ONES) | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn every_byte_everywhere() {
        for before in 0..20 {
            for c in 0..=255u8 {
                for filling in [b'a', 0xff, 0x80, 0x21, 0x23, 0x5b, 0x5d, 0x20] {
                    let mut text = vec![filling; before];
                    text.extend([c, b'"', filling, filling, filling, filling, filling, filling, filling]);
                    let want = before + usize::from(c >= 0x20 && c != b'"' && c != b'\\');
                    assert_eq!(plain(&text), want, "{:?}", text);
                }
            }
        }
        assert_eq!(plain(b"0123456789"), 10);
    }
}
