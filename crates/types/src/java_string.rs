//! How a JVM sees bytes that Kafka stored as a string.

use std::borrow::Cow;

/// The text `new String(bytes, UTF_8)` gives: invalid sequences become U+FFFD, as in Java's decoder.
///
/// One replacement stands for a maximal ill-formed prefix, as in Rust, but for UTF-16 surrogates: Java's decoder
/// takes `ED A0..BF 80..BF` for one character before it refuses it (`String.decodeUTF8_UTF16`).
#[must_use]
pub fn java_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(chunk) = rest.utf8_chunks().next() {
        text.push_str(chunk.valid());
        rest = rest.get(chunk.valid().len()..).unwrap_or_default();
        if chunk.invalid().is_empty() {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        let refused = match rest {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] => 3,
            [0xED, 0xA0..=0xBF, ..] => 2,
            _ => chunk.invalid().len(),
        };
        rest = rest.get(refused..).unwrap_or_default();
    }
    Cow::Owned(text)
}

/// `java.lang.String.hashCode`: `31 * h + c` over UTF-16 code units, wrapping in 32 bits, from 0.
#[must_use]
pub fn java_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |h, unit| h.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values were computed with a JVM.
    #[test]
    fn hash_is_javas() {
        for (text, hash) in [
            ("", 0),
            ("payments", 1_382_682_413),
            ("my-group", -1_906_497_762),
            ("polygenelubricants", i32::MIN),
            ("group-\u{1F980}", 508_082_960),
            ("checkout-группа", 1_188_868_993),
        ] {
            assert_eq!(java_hash_code(text), hash, "{text}");
        }
    }

    // What `new String(bytes, UTF_8)` of OpenJDK 17 gives.
    #[test]
    fn malformed_bytes_are_replaced_as_java_does() {
        for (bytes, text) in [
            (&b"\x80"[..], "\u{FFFD}"),
            (&b"\xBFA"[..], "\u{FFFD}A"),
            (&b"\xC0\xAF"[..], "\u{FFFD}\u{FFFD}"),
            (&b"\xC2A"[..], "\u{FFFD}A"),
            (&b"\xC2"[..], "\u{FFFD}"),
            (&b"\xE0"[..], "\u{FFFD}"),
            (&b"\xE0\x80"[..], "\u{FFFD}\u{FFFD}"),
            (&b"\xE0\x80\x80"[..], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xE0\xA0"[..], "\u{FFFD}"),
            (&b"\xE0\xA0A"[..], "\u{FFFD}A"),
            (&b"\xE0\xA0\xFF"[..], "\u{FFFD}\u{FFFD}"),
            (&b"\xED"[..], "\u{FFFD}"),
            (&b"\xEDA"[..], "\u{FFFD}A"),
            (&b"\xED\xA0"[..], "\u{FFFD}"),
            (&b"\xED\xA0A"[..], "\u{FFFD}A"),
            (&b"\xED\xA0\x80"[..], "\u{FFFD}"),
            (&b"\xED\xA0\xC2"[..], "\u{FFFD}\u{FFFD}"),
            (&b"\xED\xBF\xBF"[..], "\u{FFFD}"),
            (&b"\xED\xA0\x80\xED\xB0\x80"[..], "\u{FFFD}\u{FFFD}"),
            (&b"\xED\x9F"[..], "\u{FFFD}"),
            (&b"\xED\x9FA"[..], "\u{FFFD}A"),
            (&b"\xED\x9F\xBF"[..], "\u{D7FF}"),
            (&b"\xEE\x80"[..], "\u{FFFD}"),
            (&b"\xEE\x80A"[..], "\u{FFFD}A"),
            (&b"\xF0"[..], "\u{FFFD}"),
            (&b"\xF0\x80\x80"[..], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xF0\x90"[..], "\u{FFFD}"),
            (&b"\xF0\x90A"[..], "\u{FFFD}A"),
            (&b"\xF0\x90\x80A"[..], "\u{FFFD}A"),
            (&b"\xF0\x90\x80"[..], "\u{FFFD}"),
            (&b"\xF0\x8F\xBF\xBF"[..], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xF4\x90\x80\x80"[..], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xF4\x8F\xBF"[..], "\u{FFFD}"),
            (&b"\xF4\x8F\xBFA"[..], "\u{FFFD}A"),
            (&b"\xF5\x80\x80\x80"[..], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xF8\x80\x80\x80"[..], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            (&b"\xFF"[..], "\u{FFFD}"),
            (&b"a\xED\xA0\x80b"[..], "a\u{FFFD}b"),
            (&b"\xED\xA0\xED\xA0\x80"[..], "\u{FFFD}\u{FFFD}"),
            (&b"gs\xED\xB0\x80A\xED\xA0"[..], "gs\u{FFFD}A\u{FFFD}"),
        ] {
            assert_eq!(java_text(bytes), text, "{bytes:02X?}");
        }
    }
}
