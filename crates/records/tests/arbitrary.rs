//! Arbitrary bytes: no panic, and what is known encodes back to the bytes it came from.

use lastwrites_records::{Coordinator, DecodedKey, DecodedValue, LayoutSet, decode, decode_as, embedded};
use lastwrites_types::Release;
use proptest::prelude::*;

/// Bytes that often look like a small message: little numbers, short strings, a likely version in front.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0u8..4, 1 => any::<u8>(), 1 => Just(0xff)];
    (0i16..5, proptest::collection::vec(byte, 0..60))
        .prop_map(|(version, rest)| [&version.to_be_bytes()[..], &rest].concat())
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (-1i16..26).prop_map(|t| [&t.to_be_bytes()[..], &[0, 1, b'g', 0, 1, b'm', 0, 0, 0, 7]].concat()),
        (-1i16..26).prop_map(|t| [&t.to_be_bytes()[..], &[0, 1, b'g', 0, 1, b'm']].concat()),
        (-1i16..26).prop_map(|t| [&t.to_be_bytes()[..], &[0, 1, b'g']].concat()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_known_keys_round_trip(key in key(), value in proptest::option::of(body()), minor in 0u8..10) {
        let decoded = decode(&key, value.as_deref(), None);
        if let DecodedKey::Known(known) = &decoded.key {
            prop_assert_eq!(known.encode(), key.clone());
        }
        if let DecodedValue::Known(known) = &decoded.value {
            let json = known.value.json(known.version);
            prop_assert!(json.is_object());
            let again = known.value.encode(known.version);
            let reread = decode(&key, Some(&again), None);
            prop_assert!(matches!(reread.value, DecodedValue::Known(_)), "{:02x?} {:?}", again, reread.value);
        }
        for release in [Release::new(3, minor, 0), Release::new(4, minor, 0)] {
            for coordinator in [Coordinator::Old, Coordinator::New] {
                let layouts = LayoutSet::for_release(release, coordinator);
                let _ = decode_as(&layouts, Some(&key), value.as_deref());
            }
            let _ = decode(&key, value.as_deref(), Some(release));
        }
    }

    #[test]
    fn blobs_never_panic(blob in body()) {
        let _ = embedded::subscription(&blob);
        let _ = embedded::assignment(&blob);
        let _ = embedded::topics_for_coordinator(&blob);
    }
}
