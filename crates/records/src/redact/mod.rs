//! Records with pseudonyms in place of who the clients are.
//!
//! Works on a record's bytes before anything else reads them, so no later stage, and no output, ever sees an
//! original: not a table, not an exception's text, not the base64 of a value. Groups and topics keep their names unless
//! these are asked for, too (`names`).
//! Nothing else of a record changes, so replay decides as it would have, but for what hangs on the order in which Java's
//! `HashMap` lists member ids.

mod names;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use lastwrites_types::ByteText;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::decode::{DecodedKey, DecodedValue, decode};
use crate::embedded::{self, UserData};
use crate::messages::GroupMetadataValue;
use crate::record::{Key, Value};

/// What a text is, so that one word in two roles has two pseudonyms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Host of a client.
    ClientHost,
    /// Client id, or the process id of a streams member.
    ClientId,
    /// Member id.
    MemberId,
    /// `group.instance.id`.
    InstanceId,
    /// Metadata of a commit, or a client's tag.
    Metadata,
    /// Group id; only where names are asked for.
    Group,
    /// Topic name; only where names are asked for.
    Topic,
    /// A regular expression of topic names; only where names are asked for.
    Pattern,
}

impl Role {
    /// How its pseudonyms begin.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientHost => "host",
            Self::ClientId => "client",
            Self::MemberId => "member",
            Self::InstanceId => "instance",
            Self::Metadata => "metadata",
            Self::Group => "group",
            Self::Topic => "topic",
            Self::Pattern => "pattern",
        }
    }
}

/// What maps pseudonyms back.
#[derive(Serialize, JsonSchema, Debug)]
pub struct RedactMap {
    /// Always `lastwrites/redact-map`.
    pub format: &'static str,
    /// Always 1.
    pub version: u8,
    /// By role, then by pseudonym.
    pub pseudonyms: Vec<Pseudonym>,
}

/// One pseudonym.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Pseudonym {
    /// What stands in the outputs, such as `host-4f1b0c93aa`.
    pub pseudonym: String,
    /// `host`, `client`, `member`, `instance` or `metadata`; with names `group`, `topic` and `pattern`, too.
    pub role: &'static str,
    /// What it stands for.
    pub original: ByteText,
}

/// Digits of a pseudonym, in hexadecimal: 40 bits keep thousands of clients apart.
const DIGITS: usize = 10;

/// The pseudonyms of one run.
#[derive(Debug)]
pub struct Redaction {
    key: [u8; 32],
    /// Whether groups and topics have pseudonyms, too.
    names: bool,
    /// What stands for what; `None` where nobody wants to map back, and then nothing is kept.
    known: Option<Mutex<BTreeMap<(Role, String), ByteText>>>,
}

impl Redaction {
    /// A run with a key of its own, from the system's randomness; `keep` what maps back. With `names` all is kept: a
    /// group's true id decides on which partition it lives.
    #[must_use]
    pub fn new(keep: bool, names: bool) -> Self {
        let mut key = [0; 32];
        for (at, bytes) in key.chunks_mut(8).enumerate() {
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_usize(at);
            bytes.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        Self { key, names, known: (keep || names).then(Mutex::default) }
    }

    /// The pseudonym of a text: the same wherever it stands in that role. Empty stays empty.
    #[must_use]
    pub fn pseudonym(&self, role: Role, original: &ByteText) -> ByteText {
        self.pseudonym_within(role, original, "", "")
    }

    /// The same between two words that stay.
    fn pseudonym_within(&self, role: Role, original: &ByteText, begins: &str, ends: &str) -> ByteText {
        if original.is_empty() {
            return original.clone();
        }
        // The key on both sides: nobody can go on from a digest, nor try out what they guess.
        let digest = Sha256::new()
            .chain_update(self.key)
            .chain_update([role as u8])
            .chain_update(original.as_bytes())
            .chain_update(self.key)
            .finalize();
        let mut name = format!("{begins}{}-", role.as_str());
        for byte in digest.iter().take(DIGITS / 2) {
            // Writing to a string can't fail.
            let _ = write!(name, "{byte:02x}");
        }
        name.push_str(ends);
        if let Some(known) = &self.known {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry((role, name.clone())).or_insert_with(|| original.clone());
        }
        name.as_str().into()
    }

    /// True where groups and topics have pseudonyms, too.
    #[must_use]
    pub const fn has_names(&self) -> bool {
        self.names
    }

    fn original(&self, role: Role, pseudonym: &str) -> Option<ByteText> {
        let known = self.known.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(role, pseudonym.to_owned())).cloned()
    }

    /// What stands for what, by role and pseudonym; empty where nothing was kept.
    #[must_use]
    pub fn map(&self) -> RedactMap {
        let known = self.known.as_ref().map(|known| known.lock().unwrap_or_else(PoisonError::into_inner));
        let known = known.iter().flat_map(|known| known.iter());
        let entry = |((role, pseudonym), original): (&(Role, String), &ByteText)| Pseudonym {
            pseudonym: pseudonym.clone(),
            role: role.as_str(),
            original: original.clone(),
        };
        RedactMap { format: "lastwrites/redact-map", version: 1, pseudonyms: known.map(entry).collect() }
    }

    /// A record's key and value with pseudonyms.
    ///
    /// Bytes that no layout explains keep their length; every run of printable characters in them becomes `x`.
    #[must_use]
    pub fn record(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let decoded = decode(key.unwrap_or_default(), value, None);
        let new_key = key.map(|raw| match decoded.key {
            DecodedKey::Known(mut known) => {
                self.in_key(&mut known);
                if self.names {
                    self.names_in_key(&mut known);
                }
                known.encode()
            }
            _ => masked(raw),
        });
        let new_value = value.map(|raw| match decoded.value {
            DecodedValue::Known(mut known) => {
                let told = self.in_value(&mut known.value);
                let named = self.names && self.names_in_value(&mut known.value);
                if told || named { known.value.encode(known.version) } else { raw.to_vec() }
            }
            _ => masked(raw),
        });
        (new_key, new_value)
    }

    fn in_key(&self, key: &mut Key) {
        if let Some(member_id) = key.member_id_mut() {
            self.hide(Role::MemberId, member_id);
        }
    }

    /// False where the value holds nothing to hide.
    fn in_value(&self, value: &mut Value) -> bool {
        match value {
            Value::OffsetCommit(value) => self.hide(Role::Metadata, &mut value.metadata),
            Value::GroupMetadata(value) => self.in_classic_group(value),
            Value::ConsumerGroupMemberMetadata(value) => {
                self.in_member(&mut value.instance_id, &mut value.client_id, &mut value.client_host);
                for protocol in
                    value.classic_member_metadata.iter_mut().flat_map(|m| &mut m.supported_protocols)
                {
                    protocol.metadata = without_user_data(&protocol.metadata);
                }
            }
            Value::ConsumerGroupMemberMetadata37(value) => {
                self.in_member(&mut value.instance_id, &mut value.client_id, &mut value.client_host);
                value.assignors.iter_mut().for_each(|assignor| assignor.metadata.clear());
            }
            Value::ConsumerGroupMemberMetadata35(value) => {
                self.in_member(&mut value.instance_id, &mut value.client_id, &mut value.client_host);
                value.assignors.iter_mut().for_each(|assignor| assignor.metadata.clear());
            }
            Value::ShareGroupMemberMetadata(value) => {
                self.in_member(&mut None, &mut value.client_id, &mut value.client_host);
            }
            Value::StreamsGroupMemberMetadata(value) => {
                self.in_member(&mut value.instance_id, &mut value.client_id, &mut value.client_host);
                self.hide(Role::ClientId, &mut value.process_id);
                if let Some(endpoint) = &mut value.user_endpoint {
                    self.hide(Role::ClientHost, &mut endpoint.host);
                }
                value.client_tags.iter_mut().for_each(|tag| self.hide(Role::Metadata, &mut tag.value));
            }
            _ => return false,
        }
        true
    }

    fn in_classic_group(&self, value: &mut GroupMetadataValue) {
        let is_consumer = value.protocol_type.as_bytes() == b"consumer";
        if let Some(leader) = &mut value.leader {
            self.hide(Role::MemberId, leader);
        }
        for member in &mut value.members {
            self.hide(Role::MemberId, &mut member.member_id);
            self.in_member(&mut member.group_instance_id, &mut member.client_id, &mut member.client_host);
            if is_consumer {
                member.subscription = without_user_data(&member.subscription);
                member.assignment = assignment_without_user_data(&member.assignment);
            } else {
                // Another protocol's own bytes: Connect keeps the address of each worker there.
                member.subscription.clear();
                member.assignment.clear();
            }
        }
    }

    fn in_member(&self, instance_id: &mut Option<ByteText>, client_id: &mut ByteText, host: &mut ByteText) {
        if let Some(instance_id) = instance_id {
            self.hide(Role::InstanceId, instance_id);
        }
        self.hide(Role::ClientId, client_id);
        self.hide(Role::ClientHost, host);
    }

    fn hide(&self, role: Role, text: &mut ByteText) {
        *text = self.pseudonym(role, text);
    }
}

/// A subscription without the assignor's own bytes, which hold whatever it likes: Streams keeps addresses there.
fn without_user_data(blob: &[u8]) -> Vec<u8> {
    match embedded::subscription(blob) {
        Ok(mut read) if read.trailing == 0 => {
            empty(&mut read.data.user_data);
            read.encode()
        }
        _ => masked(blob),
    }
}

/// The same of an assignment.
fn assignment_without_user_data(blob: &[u8]) -> Vec<u8> {
    match embedded::assignment(blob) {
        Ok(mut read) if read.trailing == 0 => {
            empty(&mut read.data.user_data);
            read.encode()
        }
        _ => masked(blob),
    }
}

fn empty(data: &mut Option<UserData>) {
    if let Some(data) = data {
        data.0.clear();
    }
}

/// Bytes with an `x` for every character in runs of three or more printable ones, the leading number left as it is.
fn masked(raw: &[u8]) -> Vec<u8> {
    const SHORTEST: usize = 3;
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | 0x80..);
    let (number, rest) = raw.split_at(raw.len().min(2));
    let mut out = number.to_vec();
    for run in rest.chunk_by(|a, b| is_text(a) == is_text(b)) {
        if run.len() >= SHORTEST && run.first().is_some_and(is_text) {
            out.resize(out.len() + run.len(), b'x');
        } else {
            out.extend_from_slice(run);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_are_stable_in_a_run_and_foreign_to_the_next() {
        let (one, other) = (Redaction::new(true, false), Redaction::new(false, false));
        let host = ByteText::from("/10.0.0.7");
        let name = one.pseudonym(Role::ClientHost, &host);
        assert_eq!(one.pseudonym(Role::ClientHost, &host), name);
        assert_ne!(one.pseudonym(Role::ClientId, &host).as_bytes()[5..], name.as_bytes()[5..]);
        assert_ne!(other.pseudonym(Role::ClientHost, &host), name);
        assert!(one.pseudonym(Role::Metadata, &ByteText::default()).is_empty());
        let first = &one.map().pseudonyms[0];
        assert_eq!((first.role, &first.pseudonym, &first.original), ("host", &name.to_string(), &host));
        assert!(other.map().pseudonyms.is_empty());
    }

    #[test]
    fn names_have_pseudonyms_where_they_are_asked_for() {
        let (without, with) = (Redaction::new(true, false), Redaction::new(false, true));
        let group = ByteText::from("payments");
        assert_eq!(without.group(&group), group);
        let shown = with.group(&group);
        assert!(shown.to_string().starts_with("group-"), "{shown}");
        assert_eq!(with.true_group(shown.as_bytes()), group);
        assert_eq!(with.true_group(b"group-of-another-kind"), ByteText::from("group-of-another-kind"));
        let changelog = with.topic(&ByteText::from("payments-store-changelog")).to_string();
        assert!(changelog.starts_with("topic-") && changelog.ends_with("-changelog"), "{changelog}");
        assert_eq!(with.topic(&ByteText::from("__consumer_offsets")), ByteText::from("__consumer_offsets"));
        assert_ne!(with.topic(&group).as_bytes()[6..], shown.as_bytes()[6..]);
    }

    #[test]
    fn what_is_not_understood_keeps_its_length_and_loses_its_words() {
        let redaction = Redaction::new(false, false);
        let raw = b"\x00\x63\x00\x09/10.0.0.7\x01\x02ab\x00";
        let (key, value) = redaction.record(Some(raw), None);
        assert_eq!(key.unwrap(), b"\x00\x63\x00\x09xxxxxxxxx\x01\x02ab\x00");
        assert_eq!(value, None);
    }
}
