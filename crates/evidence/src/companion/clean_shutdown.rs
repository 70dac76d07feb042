//! `.kafka_cleanshutdown`: left at the root of a log dir by a broker that stopped in order.

use serde::Deserialize;

use super::error::CompanionError;

/// The marker's content; the file's presence alone says that the shutdown was clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanShutdown {
    /// Format version; `None` in the empty marker of releases before KIP-966.
    pub version: Option<i32>,
    /// Epoch of the broker that stopped; `None` in the empty marker.
    pub broker_epoch: Option<i64>,
}

/// Kafka ignores fields it does not know, and so does this.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    version: Option<i32>,
    broker_epoch: Option<i64>,
}

/// Reads a `.kafka_cleanshutdown` file: empty, or JSON such as `{"version":0,"brokerEpoch":7}`
/// (`CleanShutdownFileHandler`).
///
/// # Errors
/// When it is neither; a broker takes the shutdown for clean all the same.
pub fn parse_clean_shutdown(bytes: &[u8]) -> Result<CleanShutdown, CompanionError> {
    if bytes.trim_ascii().is_empty() {
        return Ok(CleanShutdown::default());
    }
    match serde_json::from_slice::<Content>(bytes) {
        Ok(content) => Ok(CleanShutdown { version: content.version, broker_epoch: content.broker_epoch }),
        Err(_) => Err(CompanionError::quoting(0, "nothing, or JSON with version and brokerEpoch", bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_empty_and_the_json_marker() {
        assert_eq!(parse_clean_shutdown(b""), Ok(CleanShutdown::default()));
        let marker = parse_clean_shutdown(br#"{"version":0,"brokerEpoch":128,"later":[1]}"#).unwrap();
        assert_eq!((marker.version, marker.broker_epoch), (Some(0), Some(128)));
        assert!(parse_clean_shutdown(b"{\"version\":").is_err());
    }
}
