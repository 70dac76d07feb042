//! Why bytes are not the message they were read as.

use std::fmt;

/// A field as Kafka's exceptions name it: `topics`, or `topics element` for an element of an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldName {
    /// Kafka's name, camel case.
    pub name: &'static str,
    /// True for one element of the array of that name.
    pub element: bool,
}

impl FieldName {
    /// The field itself.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self { name, element: false }
    }

    /// An element of the array.
    #[must_use]
    pub const fn element(self) -> Self {
        Self { name: self.name, element: true }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.element { f.write_str(" element") } else { Ok(()) }
    }
}

/// Why a message could not be read.
///
/// For the variants that a Kafka reader has too, `Display` is the message of the exception its generated
/// classes and `ByteBufferAccessor` throw, literally (a `BufferUnderflowException` has none: `null`).
/// The last group only arises in the strict reading, where Kafka would carry on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WireError {
    /// A fixed-width number or a varint runs over the end (`BufferUnderflowException`).
    Underflow,
    /// Null where the schema allows none.
    UnexpectedNull(FieldName),
    /// A string longer than 32767 bytes.
    InvalidStringLength {
        /// Which field.
        field: FieldName,
        /// The length found.
        length: i32,
    },
    /// An array that claims more elements than bytes are left.
    CollectionTooLong {
        /// Elements claimed.
        size: i32,
        /// Bytes left.
        remaining: usize,
    },
    /// A string, bytes or tagged field that claims more bytes than are left.
    BytesTooLong {
        /// Bytes claimed.
        size: i32,
        /// Bytes left.
        remaining: usize,
    },
    /// Bytes read without copying that claim more than is left (`ByteBuffer.limit`).
    LimitBeyondCapacity {
        /// Bytes claimed.
        size: i32,
        /// Bytes left.
        remaining: usize,
    },
    /// A fifth varint byte that announces a sixth.
    VarintTooLong {
        /// What the five bytes gave.
        value: i32,
    },
    /// A struct inside a message of a version that its schema doesn't have (`UnsupportedVersionException`).
    UnsupportedVersion {
        /// Version of the message.
        version: i16,
        /// Kafka's name of the struct.
        of: &'static str,
    },
    /// A tagged field of negative size (`NegativeArraySizeException`).
    NegativeTagSize {
        /// The size found.
        size: i32,
    },
    /// Strict: bytes are left after the last field.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// Strict: a known tagged field took another number of bytes than its size says.
    TagSize {
        /// The tag.
        tag: u32,
        /// Bytes announced.
        declared: i32,
        /// Bytes its type took.
        used: usize,
    },
    /// Strict: tags not in ascending order, as no writer leaves them.
    TagOrder {
        /// The tag out of order.
        tag: u32,
    },
    /// Strict: the marker before a nullable struct is neither 1 nor -1.
    NullMarker {
        /// The byte found.
        found: i8,
    },
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Underflow => f.write_str("null"),
            Self::UnexpectedNull(field) => write!(f, "non-nullable field {field} was serialized as null"),
            Self::InvalidStringLength { field, length } => {
                write!(f, "string field {field} had invalid length {length}")
            }
            Self::CollectionTooLong { size, remaining } => write!(
                f,
                "Tried to allocate a collection of size {size}, but there are only {remaining} bytes remaining."
            ),
            Self::BytesTooLong { size, remaining } => {
                write!(f, "Error reading byte array of {size} byte(s): only {remaining} byte(s) available")
            }
            Self::LimitBeyondCapacity { size, remaining } => {
                write!(f, "newLimit > capacity: ({size} > {remaining})")
            }
            Self::VarintTooLong { value } => write!(
                f,
                "Varint is too long, the most significant bit in the 5th byte is set, converted value: {value:x}"
            ),
            Self::UnsupportedVersion { version, of } => write!(f, "Can't read version {version} of {of}"),
            Self::NegativeTagSize { size } => write!(f, "{size}"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes are left after the last field"),
            Self::TagSize { tag, declared, used } => {
                write!(f, "tagged field {tag} announces {declared} bytes, its type takes {used}")
            }
            Self::TagOrder { tag } => write!(f, "tag {tag} is not above the tag before it"),
            Self::NullMarker { found } => {
                write!(f, "marker of a nullable struct is {found}, expected 1 or -1")
            }
        }
    }
}

impl std::error::Error for WireError {}

/// Why JSON is not the message it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonError {
    /// The field, with those above it; empty for the message itself.
    path: String,
    expected: &'static str,
}

impl JsonError {
    /// At the value itself.
    pub(crate) const fn expected(expected: &'static str) -> Self {
        Self { path: String::new(), expected }
    }

    /// The same, seen from the struct that has the field.
    pub(crate) fn below(self, field: &str) -> Self {
        let path = if self.path.is_empty() { field.to_owned() } else { format!("{field}.{}", self.path) };
        Self { path, ..self }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "expected {}", self.expected),
            path => write!(f, "{path}: expected {}", self.expected),
        }
    }
}

impl std::error::Error for JsonError {}
