//! What is wrong with the security settings. Names keys and files, never their secret contents.

use std::fmt;
use std::io;

/// A `client.properties` that can't be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecurityError {
    /// A file can't be read.
    Io {
        /// The property that names it, or the properties file itself.
        key: String,
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Not a properties file.
    Syntax {
        /// Where.
        line: Option<usize>,
    },
    /// A key without which the others make no sense.
    Missing {
        /// The key.
        key: &'static str,
        /// What needs it.
        needed_by: String,
    },
    /// A value that can't be used.
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong, without the value where it's secret.
        reason: String,
    },
    /// A mechanism this program doesn't speak.
    Mechanism {
        /// Its name.
        mechanism: String,
    },
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { key, path, source } => write!(f, "{key}: can't read {path}: {source}"),
            Self::Syntax { line: Some(line) } => write!(f, "not a properties file: line {line}"),
            Self::Syntax { line: None } => write!(f, "not a properties file"),
            Self::Missing { key, needed_by } => write!(f, "{key} is missing; {needed_by} needs it"),
            Self::Value { key, reason } => write!(f, "{key}: {reason}"),
            Self::Mechanism { mechanism } => write!(
                f,
                "sasl.mechanism {mechanism} isn't spoken here (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are). \
                 Where no other listener can be had, let `lastwrites recover --format kafka-consumer-groups` write the CSV for kafka-consumer-groups.sh \
                 --reset-offsets --from-file and use that: it loses leader epochs, metadata, the topic id check and the rollback \
                 file, and moves offsets outside the log to its end with a mere warning"
            ),
        }
    }
}

impl std::error::Error for SecurityError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
