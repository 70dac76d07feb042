//! Text that came from evidence and may hold any bytes.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A string as stored: usually UTF-8, but nothing is promised.
///
/// Ordered and compared by raw bytes. In JSON a valid UTF-8 value is a string and any other value is
/// `{"base64": "..."}`; on a terminal control characters and invalid bytes are escaped, so a hostile
/// group id can neither move a cursor nor forge a line. Cloning shares the bytes: a topic's name stands beside every offset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteText(Arc<[u8]>);

impl ByteText {
    /// The bytes as stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, when the bytes are valid UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// True for the empty string, which Kafka accepts as a group id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&[u8]> for ByteText {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Arc<[u8]>> for ByteText {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for ByteText {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for ByteText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl std::borrow::Borrow<[u8]> for ByteText {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ByteText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escaped(&self.0))
    }
}

impl fmt::Debug for ByteText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", escaped(&self.0))
    }
}

impl Serialize for ByteText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &STANDARD.encode(&self.0))?;
                map.end()
            }
        }
    }
}

/// Reads what [`Serialize`] writes: a string, or `{"base64": "..."}` and nothing beside it.
impl<'de> Deserialize<'de> for ByteText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> de::Visitor<'de> for Text {
            type Value = ByteText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a string or {"base64": "..."}"#)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteText, E> {
                Ok(text.into())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<ByteText, A::Error> {
                match map.next_key::<String>()? {
                    Some(key) if key == "base64" => {}
                    Some(key) => return Err(de::Error::unknown_field(&key, &["base64"])),
                    None => return Err(de::Error::missing_field("base64")),
                }
                let bytes = STANDARD.decode(map.next_value::<String>()?).map_err(de::Error::custom)?;
                match map.next_key::<String>()? {
                    Some(key) => Err(de::Error::unknown_field(&key, &[])),
                    None => Ok(bytes.into()),
                }
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// Renders bytes for a terminal: printable text as it is, control characters, bidirectional overrides and
/// invalid UTF-8 as `\u{..}` or `\xNN`.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || is_invisible_or_reordering(c) {
                out.extend(c.escape_unicode());
            } else if c == '\\' {
                out.push_str("\\\\");
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Characters that change how the rest of a line is shown (Trojan-source class) or show as nothing at all.
fn is_invisible_or_reordering(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_reach_a_terminal_raw() {
        assert_eq!(escaped(b"a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert_eq!(escaped(b"ok\xff\xfe"), "ok\\xff\\xfe");
        assert_eq!(escaped("caf\u{e9}\u{202e}".as_bytes()), "caf\u{e9}\\u{202e}");
    }

    #[test]
    fn json_is_a_string_or_base64() {
        assert_eq!(serde_json::to_string(&ByteText::from("grüße")).unwrap(), "\"grüße\"");
        assert_eq!(serde_json::to_string(&ByteText::from(&b"\xff\x00"[..])).unwrap(), r#"{"base64":"/wA="}"#);
    }

    #[test]
    fn json_reads_back_and_nothing_else_does() {
        for bytes in [&b""[..], "gr\u{fc}\u{df}e".as_bytes(), b"\xff\x00", b"\x00"] {
            let text = ByteText::from(bytes);
            assert_eq!(
                serde_json::from_str::<ByteText>(&serde_json::to_string(&text).unwrap()).unwrap(),
                text
            );
        }
        for wrong in
            ["{}", "7", "null", r#"{"base64":"/wA"}"#, r#"{"base64":"/wA=","x":1}"#, r#"{"text":"a"}"#]
        {
            assert!(serde_json::from_str::<ByteText>(wrong).is_err(), "{wrong}");
        }
    }
}
