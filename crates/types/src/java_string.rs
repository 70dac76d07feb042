//! How a JVM sees bytes that Kafka stored as a string.

/// The text `new String(bytes, UTF_8)` gives: invalid sequences become U+FFFD, as in Java's decoder.
///
/// Rust's lossy conversion follows the same Unicode recommendation (one replacement per maximal
/// ill-formed prefix), which is what the JDK implements.
#[must_use]
pub fn java_text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
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
}
