//! `leader-epoch-checkpoint`: which leader epoch started at which offset.

use super::error::CompanionError;
use super::text::{checkpoint_lines, epoch_offset};

/// One line of `leader-epoch-checkpoint` (Kafka's `EpochEntry`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EpochEntry {
    /// Leader epoch.
    pub leader_epoch: i32,
    /// First offset written in that epoch.
    pub start_offset: i64,
}

/// The whole file, in file order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeaderEpochs {
    /// Epochs as listed; Kafka keeps both numbers ascending.
    pub entries: Vec<EpochEntry>,
    /// What a broker would refuse the file for; bounded.
    pub flaws: Vec<CompanionError>,
}

/// Reads a `leader-epoch-checkpoint` file (`LeaderEpochCheckpointFile`).
///
/// # Errors
/// Only when the first line is no version number at all.
pub fn parse_leader_epochs(bytes: &[u8]) -> Result<LeaderEpochs, CompanionError> {
    let (entries, flaws) = checkpoint_lines(bytes, "\"epoch startOffset\"", |line| {
        let (leader_epoch, start_offset) = epoch_offset(line)?;
        Some(EpochEntry { leader_epoch, start_offset })
    })?;
    Ok(LeaderEpochs { entries, flaws })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_epochs_and_reports_a_short_file() {
        let epochs = parse_leader_epochs(b"0\r\n2\r\n0 0\r\n2 913\r\n").unwrap();
        let expected =
            [(0, 0), (2, 913)].map(|(leader_epoch, start_offset)| EpochEntry { leader_epoch, start_offset });
        assert_eq!((epochs.entries.as_slice(), epochs.flaws.len()), (&expected[..], 0));
        assert_eq!(parse_leader_epochs(b"0\n2\n0 0\n").unwrap().flaws.len(), 1);
    }
}
