//! What loading a classic group does with its members' subscription bytes.
//!
//! The coordinator reads the version-0 prefix of every "consumer" member's subscription to learn the
//! subscribed topics. A short buffer is caught; a bad length inside it is not (KAFKA-20570).

use super::classic::ClassicGroup;
use super::error::ReplayError;
use super::java_order::sort_as_grown_map;
use crate::rules::SubscriptionParsing;

/// Why the generated parser of `ConsumerProtocolSubscription` gave up.
enum Stop {
    /// `BufferUnderflowException`, rethrown as a `SchemaException` and caught by the coordinator.
    Underflow,
    /// Anything else: nobody catches it.
    Escaped(String),
}

/// Runs `computeSubscribedTopics` for its exceptions.
///
/// # Errors
/// The exception that escapes, where the release lets one escape.
pub(crate) fn compute_subscribed_topics(
    group: &ClassicGroup,
    parsing: SubscriptionParsing,
) -> Result<(), ReplayError> {
    if parsing == SubscriptionParsing::Caught || !group.uses_consumer_protocol() || group.protocol.is_none() {
        return Ok(());
    }
    let mut members: Vec<_> = group.members.iter().collect();
    sort_as_grown_map(&mut members, |(id, _)| *id);
    for (_, member) in members {
        match read_prefix(&member.subscription) {
            Ok(()) => {}
            Err(Stop::Underflow) => return Ok(()),
            Err(Stop::Escaped(text)) => return Err(ReplayError::Other(text)),
        }
    }
    Ok(())
}

/// Reads version, topics and user data as `ConsumerProtocol` does with version 0.
fn read_prefix(mut bytes: &[u8]) -> Result<(), Stop> {
    let _version: [u8; 2] = take(&mut bytes)?;
    let topics = i32::from_be_bytes(take(&mut bytes)?);
    let count = usize::try_from(topics)
        .map_err(|_| Stop::Escaped("non-nullable field topics was serialized as null".to_owned()))?;
    if count > bytes.len() {
        return Err(Stop::Escaped(format!(
            "Tried to allocate a collection of size {count}, but there are only {} bytes remaining.",
            bytes.len()
        )));
    }
    for _ in 0..count {
        let length = usize::try_from(i16::from_be_bytes(take(&mut bytes)?)).map_err(|_| {
            Stop::Escaped("non-nullable field topics element was serialized as null".to_owned())
        })?;
        bytes = bytes.get(length..).ok_or_else(|| {
            Stop::Escaped(format!(
                "Error reading byte array of {length} byte(s): only {} byte(s) available",
                bytes.len()
            ))
        })?;
    }
    let user_data = i32::from_be_bytes(take(&mut bytes)?);
    match usize::try_from(user_data) {
        Ok(length) if length > bytes.len() => {
            Err(Stop::Escaped(format!("newLimit > capacity: ({length} > {})", bytes.len())))
        }
        _ => Ok(()),
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Stop> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(Stop::Underflow)?;
    *bytes = rest;
    Ok(*head)
}
