//! Every byte of a file accounted for: decoded, empty or damaged.

use lastwrites_types::ByteRange;

/// Damage entries kept per file: a hostile file could have one per byte. Bytes are counted all the same.
pub(super) const MAX_DAMAGE: usize = 1000;

/// What was read of one file (or one unit of it).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Batches that could be framed.
    pub batches: u64,
    /// Records read, control records included.
    pub records: u64,
    /// Bytes of batches whose records were all read.
    pub decoded_bytes: u64,
    /// Zero fill after the last batch.
    pub empty_bytes: u64,
    /// All other bytes.
    pub damaged_bytes: u64,
    /// Batches whose checksum is wrong, whether their records could be read or not.
    pub wrong_checksums: u64,
    /// Batches whose base offset their place contradicts; read with another one.
    pub moved: u64,
    /// Where and what the damage is, at most a thousand entries.
    pub damage: Vec<Damage>,
    /// Damage entries beyond those.
    pub damage_left_out: u64,
}

/// A damaged stretch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The bytes.
    pub range: ByteRange,
    /// What is wrong, in words.
    pub what: String,
    /// What became of the records.
    pub kind: DamageKind,
}

/// What damage did to the records of its stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DamageKind {
    /// They could not be read.
    Unreadable,
    /// They were read although the checksum disagrees.
    WrongChecksum,
    /// They were read at another offset than their batch says: its place contradicts that.
    Moved,
}

impl DamageKind {
    /// The records were read all the same.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        !matches!(self, Self::Unreadable)
    }
}

impl Tally {
    /// Adds damage; readable damage counts as decoded bytes elsewhere.
    pub fn damaged(&mut self, range: ByteRange, what: String, kind: DamageKind) {
        if !kind.is_readable() {
            self.damaged_bytes += range.len();
        }
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(Damage { range, what, kind });
        } else {
            self.damage_left_out += 1;
        }
    }

    /// Adds the tally of the next unit of the same file.
    pub fn add(&mut self, other: Self) {
        self.batches += other.batches;
        self.records += other.records;
        self.decoded_bytes += other.decoded_bytes;
        self.empty_bytes += other.empty_bytes;
        self.damaged_bytes += other.damaged_bytes;
        self.wrong_checksums += other.wrong_checksums;
        self.moved += other.moved;
        self.damage_left_out += other.damage_left_out;
        let room = MAX_DAMAGE.saturating_sub(self.damage.len());
        self.damage_left_out += other.damage.len().saturating_sub(room) as u64;
        self.damage.extend(other.damage.into_iter().take(room));
    }

    /// Bytes accounted for; equals the file's size once every unit was added.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.decoded_bytes + self.empty_bytes + self.damaged_bytes
    }
}
