//! Blobs of the classic consumer protocol inside group records: subscriptions and assignments, versions 0-3.
//!
//! They stand in `GroupMetadataValue` members when the protocol type is `consumer`, and in
//! `ConsumerGroupMemberMetadataValue` for members that speak the classic protocol. Other protocol types keep
//! bytes of their own there. None of the versions is flexible.

use lastwrites_types::ByteText;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value as Json;

use crate::decode::leading_i16;
use crate::record::{NEWEST, read};
use crate::wire::{
    Context, FieldName, Form, JsonError, Message, Nullable, Reader, WireError, message, put_length,
};

/// The newest version; a blob of a later one is read as this.
pub const NEWEST_VERSION: i16 = 3;

/// Bytes that Kafka reads as a slice of the buffer, which fails with another exception than a copy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserData(pub Vec<u8>);

impl Nullable for UserData {
    fn read_nullable(r: &mut Reader<'_>, ctx: Context, _: FieldName) -> Result<Option<Self>, WireError> {
        let size = r.length(ctx.flexible)?;
        if size < 0 {
            return Ok(None);
        }
        let remaining = r.remaining();
        let bytes = r.bytes(size).map_err(|_| WireError::LimitBeyondCapacity { size, remaining })?;
        Ok(Some(Self(bytes.to_vec())))
    }
    fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context) {
        put_length(out, ctx.flexible, this.map(|data| data.0.len()));
        out.extend_from_slice(this.map_or(&[], |data| &data.0));
    }
    fn json_present(&self, ctx: Context) -> Json {
        self.0.json_present(ctx)
    }
    fn from_json_present(json: &Json, ctx: Context) -> Result<Self, JsonError> {
        Vec::from_json_present(json, ctx).map(Self)
    }
}

impl Form for UserData {
    fn form(generator: &mut SchemaGenerator) -> Schema {
        Vec::<u8>::form(generator)
    }
}

message! {
    /// What a member subscribed to (`ConsumerProtocolSubscription`).
    pub struct Subscription, flexible never {
        /// Topics.
        topics: Vec<ByteText>, 0..;
        /// The assignor's own bytes.
        user_data: Option<UserData>, 0..;
        /// Partitions it held when it joined (KIP-429).
        owned_partitions: Vec<TopicPartitions>, 1..;
        /// Generation it held them in (KIP-792).
        generation_id: i32, 2.., default -1;
        /// Rack (KIP-881).
        rack_id: Option<ByteText>, 3..;
    }

    /// What a member was assigned (`ConsumerProtocolAssignment`).
    pub struct Assignment, flexible never {
        /// Partitions by topic.
        assigned_partitions: Vec<TopicPartitions>, 0..;
        /// The assignor's own bytes.
        user_data: Option<UserData>, 0..;
    }

    /// Partitions of a topic.
    pub struct TopicPartitions {
        /// Topic name.
        topic: ByteText, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
    }
}

/// A blob that could be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob<M> {
    /// Version as stored.
    pub version: i16,
    /// Version it was read as: at most [`NEWEST_VERSION`].
    pub parsed_as: i16,
    /// The message.
    pub data: M,
    /// Bytes behind it, as a later version may have.
    pub trailing: usize,
}

impl<M: Message> Blob<M> {
    /// The form Kafka's JSON converter gives.
    #[must_use]
    pub fn json(&self) -> Json {
        self.data.json(M::context(self.parsed_as, NEWEST))
    }

    /// The bytes as stored, without trailing ones.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        self.data.write(&mut out, M::context(self.parsed_as, NEWEST));
        out
    }
}

/// Why a blob is not a subscription or an assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BlobError {
    /// No bytes at all: what a member that never synced has for an assignment.
    Empty,
    /// Fewer than two bytes, or a negative version.
    NoVersion(Option<i16>),
    /// The body doesn't parse.
    Body {
        /// Version as stored.
        version: i16,
        /// Why.
        error: WireError,
    },
}

impl std::fmt::Display for BlobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::NoVersion(None) => f.write_str("one byte, too short for a version"),
            Self::NoVersion(Some(version)) => write!(f, "version {version}, expected 0 or more"),
            Self::Body { version, error } => write!(f, "version {version}: {error}"),
        }
    }
}

impl std::error::Error for BlobError {}

/// The bytes of a subscription whose JSON a tool printed in their place. The version, which the tool leaves out, is
/// the lowest that has the fields.
///
/// # Errors
/// The JSON is no subscription.
pub fn subscription_from_json(json: &Json) -> Result<Vec<u8>, JsonError> {
    let version = match json {
        json if json.get("rackId").is_some() => 3,
        json if json.get("generationId").is_some() => 2,
        json if json.get("ownedPartitions").is_some() => 1,
        _ => 0,
    };
    from_json::<Subscription>(json, version)
}

/// The bytes of an assignment whose JSON a tool printed in their place, as version 0: all versions look alike.
///
/// # Errors
/// The JSON is no assignment.
pub fn assignment_from_json(json: &Json) -> Result<Vec<u8>, JsonError> {
    from_json::<Assignment>(json, 0)
}

fn from_json<M: Message>(json: &Json, version: i16) -> Result<Vec<u8>, JsonError> {
    let data = M::from_json(json, M::context(version, NEWEST))?;
    Ok(Blob { version, parsed_as: version, data, trailing: 0 }.encode())
}

/// Reads a subscription as a client would.
///
/// # Errors
/// See [`BlobError`].
pub fn subscription(blob: &[u8]) -> Result<Blob<Subscription>, BlobError> {
    parse(blob)
}

/// Reads an assignment as a client would.
///
/// # Errors
/// See [`BlobError`].
pub fn assignment(blob: &[u8]) -> Result<Blob<Assignment>, BlobError> {
    parse(blob)
}

fn parse<M: Message>(blob: &[u8]) -> Result<Blob<M>, BlobError> {
    if blob.is_empty() {
        return Err(BlobError::Empty);
    }
    let version = leading_i16(blob).ok_or(BlobError::NoVersion(None))?;
    if version < 0 {
        return Err(BlobError::NoVersion(Some(version)));
    }
    let parsed_as = version.min(NEWEST_VERSION);
    let mut r = Reader::lenient(blob.get(2..).unwrap_or_default());
    match read(&mut r, parsed_as, NEWEST) {
        Ok(data) => Ok(Blob { version, parsed_as, data, trailing: r.remaining() }),
        Err(error) => Err(BlobError::Body { version, error }),
    }
}

/// The topics of a classic member as a coordinator learns them while it loads a group of protocol type
/// `consumer` (`ClassicGroup.computeSubscribedTopics`, `GroupMetadata.computeSubscribedTopics`): the version
/// is skipped unseen and the body read as version 0, which every version starts with.
///
/// `Ok(None)` is a blob that ends too early: a `SchemaException`, which the coordinator catches.
///
/// # Errors
/// An exception of another kind escapes before the fix of KAFKA-20570 and fails the whole load; the error's
/// `Display` is its message.
pub fn topics_for_coordinator(blob: &[u8]) -> Result<Option<Vec<ByteText>>, WireError> {
    if leading_i16(blob).is_none() {
        return Ok(None);
    }
    match read::<Subscription>(&mut Reader::lenient(blob.get(2..).unwrap_or_default()), 0, NEWEST) {
        Ok(subscription) => Ok(Some(subscription.topics)),
        Err(WireError::Underflow) => Ok(None),
        Err(escaping) => Err(escaping),
    }
}
