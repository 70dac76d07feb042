//! Words as a POSIX shell takes them back.

/// One shell word that is exactly these bytes. Control characters and bytes that are not text need the `$'...'` of
/// bash, so that a command stays on its line.
pub(crate) fn shell_word(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let mut word = "$'".to_owned();
            for byte in bytes {
                match byte {
                    b'\'' | b'\\' => word.extend(['\\', char::from(*byte)]),
                    b' '..=b'~' => word.push(char::from(*byte)),
                    _ => word.push_str(&format!("\\x{byte:02x}")),
                }
            }
            word + "'"
        }
    }
}

/// An option with a value that may look like an option itself.
pub(crate) fn shell_option(name: &str, value: &[u8]) -> String {
    let between = if value.starts_with(b"-") { '=' } else { ' ' };
    format!("{name}{between}{}", shell_word(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_lines_stay_lines() {
        for (bytes, word) in [
            (&b"plain-1.g_x"[..], "plain-1.g_x"),
            (b"", "''"),
            (b"a'; rm -rf $HOME", r"'a'\''; rm -rf $HOME'"),
            (b"two\nlines", r"$'two\x0alines'"),
            (b"\xff'\\", r"$'\xff\'\\'"),
            ("группа".as_bytes(), "'группа'"),
        ] {
            assert_eq!(shell_word(bytes), word);
        }
        assert_eq!(shell_option("--group", b"--all"), "--group=--all");
        assert_eq!(shell_option("--group", b"g"), "--group g");
    }
}
