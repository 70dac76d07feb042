//! The borrowed reader of offset commits is the declared one, only faster.

use lastwrites_records::messages::{OffsetCommitKey as DeclaredKey, OffsetCommitValue as DeclaredValue};
use lastwrites_records::{DecodedKey, DecodedValue, Key, OffsetCommitKey, OffsetCommitValue, Value, decode};
use lastwrites_types::{ByteText, Uuid};
use proptest::prelude::*;

/// What the declared decoder makes of the bytes, in the borrowed reader's words.
fn declared_key(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>, i32)> {
    match decode(bytes, None, None).key {
        DecodedKey::Known(Key::OffsetCommit(key) | Key::LegacyOffsetCommit(key)) => {
            Some((key.group.as_bytes().to_vec(), key.topic.as_bytes().to_vec(), key.partition))
        }
        _ => None,
    }
}

fn declared_value(bytes: &[u8]) -> Option<(i16, DeclaredValue)> {
    match decode(&Key::OffsetCommit(DeclaredKey::default()).encode(), Some(bytes), None).value {
        DecodedValue::Known(known) if !known.unknown_tags && known.layout.is_none() => match known.value {
            Value::OffsetCommit(value) => Some((known.version, value)),
            _ => None,
        },
        _ => None,
    }
}

fn assert_equal(key: &[u8], value: &[u8]) {
    let fast = OffsetCommitKey::parse(key).map(|k| (k.group.to_vec(), k.topic.to_vec(), k.partition));
    assert_eq!(fast, declared_key(key), "{key:02x?}");
    let fast = OffsetCommitValue::parse(value).map(|v| {
        let declared = DeclaredValue {
            offset: v.offset,
            leader_epoch: v.leader_epoch,
            metadata: v.metadata.into(),
            commit_timestamp: v.commit_timestamp,
            expire_timestamp: v.expire_timestamp,
            topic_id: v.topic_id,
            unknown_tags: Vec::new(),
        };
        (v.version, declared)
    });
    assert_eq!(fast, declared_value(value), "{value:02x?}");
}

fn text(max: usize) -> impl Strategy<Value = ByteText> {
    proptest::collection::vec(any::<u8>(), 0..max).prop_map(ByteText::from)
}

prop_compose! {
    fn commit()(
        legacy in any::<bool>(), group in text(300), topic in text(40), partition in any::<i32>(), version in 0i16..5,
        offset in any::<i64>(), leader_epoch in any::<i32>(), metadata in text(400), commit_timestamp in any::<i64>(),
        expire_timestamp in any::<i64>(), id in prop_oneof![Just([0; 16]), any::<[u8; 16]>()],
    ) -> (Vec<u8>, Vec<u8>) {
        let key = DeclaredKey { group, topic, partition, unknown_tags: Vec::new() };
        let key = if legacy { Key::LegacyOffsetCommit(key) } else { Key::OffsetCommit(key) };
        let value = DeclaredValue {
            offset, leader_epoch, metadata, commit_timestamp, expire_timestamp, topic_id: Uuid(id), unknown_tags: Vec::new(),
        };
        (key.encode(), Value::OffsetCommit(value).encode(version))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equal_on_what_brokers_write((key, value) in commit()) {
        prop_assert!(OffsetCommitKey::parse(&key).is_some() && OffsetCommitValue::parse(&value).is_some());
        assert_equal(&key, &value);
    }

    #[test]
    fn equal_on_damaged_bytes(
        (mut key, mut value) in commit(), flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in 0usize..4,
    ) {
        for (index, byte) in flips {
            for bytes in [&mut key, &mut value] {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
        }
        key.truncate(key.len() - cut.min(key.len()));
        value.truncate(value.len() - cut.min(value.len()));
        assert_equal(&key, &value);
    }
}
