//! Loaders of 3.7 to 3.9 read any value version, except where a struct that the schema declares inside a field says
//! no. Which structs do was read off the generated classes (`javap`, 3.7.2, 3.8.1 and 3.9.2); a 3.9.2 broker that
//! loaded a type 7 value of version 3 gave the text.

use lastwrites_records::{Coordinator, LayoutSet, LoaderRecord, decode_as};
use lastwrites_types::Release;

const TOPIC_ID: [u8; 16] = [7; 16];

/// A key of this type for group `g` and, in types 5, 7 and 8, member `m`.
fn key(record_type: u8) -> Vec<u8> {
    let member: &[u8] = if matches!(record_type, 5 | 7 | 8) { b"\0\x01m" } else { b"" };
    [&[0, record_type, 0, 1, b'g'], member].concat()
}

/// What a release makes of a value of version 3.
fn read(release: Release, record_type: u8, body: &[u8]) -> Result<(), String> {
    let layouts = LayoutSet::for_release(release, Coordinator::New);
    let value = [&[0, 3], body].concat();
    let record = decode_as(&layouts, Some(&key(record_type)), Some(&value)).map_err(|error| error.text)?;
    assert!(
        matches!(record, LoaderRecord::Known { value: Some((3, _)), .. }),
        "{release} type {record_type}: {record:?}"
    );
    Ok(())
}

fn refusal(of: &str) -> Result<(), String> {
    let text = format!(
        "Could not read record with version 3 from value's buffer due to: Can't read version 3 of {of}."
    );
    Err(text)
}

#[test]
fn a_struct_declared_inside_a_field_refuses_newer_versions() {
    // One topic without partitions or racks, and no tags anywhere.
    let topic_partitions = [&[2][..], &TOPIC_ID, &[1, 0, 0]].concat();
    let no_topics = [1, 0];
    let topics = [&[2][..], &TOPIC_ID, b"\x02t", &[0, 0, 0, 1], &[1], &[0, 0]].concat();
    for release in [Release::new(3, 8, 1), Release::new(3, 9, 2)] {
        assert_eq!(read(release, 7, &topic_partitions), refusal("TopicPartition"), "{release}");
        assert_eq!(read(release, 7, &no_topics), Ok(()), "{release}: nothing is read of the struct");
        assert_eq!(read(release, 4, &topics), refusal("TopicMetadata"), "{release}");
    }
    // 3.7: an error in front, the assignor's own bytes behind.
    let of_37 = [&[0][..], &[2], &TOPIC_ID, &[1, 0], &[0, 0, 1, 0]].concat();
    assert_eq!(read(Release::new(3, 7, 2), 7, &of_37), refusal("TopicPartition"));
}

#[test]
fn a_struct_shared_by_fields_reads_any_version() {
    let held = [&[2][..], &TOPIC_ID, &[1, 0]].concat();
    // Epochs, state, what it holds, nothing pending.
    let of_39 = [&[0, 0, 0, 1, 0, 0, 0, 1, 0][..], &held, &[1, 0]].concat();
    assert_eq!(read(Release::new(3, 9, 2), 8, &of_39), Ok(()));
    // 3.7 knows a target epoch, what is awaited, and the assignor's error and bytes.
    let of_37 = [&[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1][..], &held, &[1, 1, 0, 0, 0, 1, 0]].concat();
    assert_eq!(read(Release::new(3, 7, 2), 8, &of_37), Ok(()));
}
