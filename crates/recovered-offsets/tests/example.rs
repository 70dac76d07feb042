//! A document written by hand after the design's own example is read field by field and written back
//! byte for byte.

use lastwrites_recovered_offsets::{Document, GroupType, View};
use lastwrites_types::{Flag, Trust};

pub(crate) const EXAMPLE: &str = include_str!("documents/example.json");

#[test]
fn fields_arrive_where_they_belong() {
    let document = Document::from_json(EXAMPLE).unwrap();
    assert_eq!(document.created_at_ms, 1_763_848_800_000);
    assert_eq!(document.source.view, View::AsFound);
    assert_eq!(document.source.copies[0].broker_id, Some(5));
    assert_eq!(document.source.copies[0].files[0].size_bytes, 104_857);

    let group = &document.groups[0];
    assert_eq!((group.group_id.as_str(), group.group_type), (Some("my-broken-group"), GroupType::Consumer));
    assert_eq!((group.found_in, group.maps_to), (Some(28), 28));
    assert_eq!(group.missing[0].partition, 7);

    let orders = &group.offsets[0];
    assert_eq!((orders.offset, orders.leader_epoch, orders.trust), (14_921, Some(7), Trust::Intact));
    assert_eq!((orders.bound.repeated_at_most, orders.bound.skipped_at_most), (Some(4120), Some(0)));
    assert_eq!((orders.record.offset, orders.record.position), (812, 90_211));

    let odd = &group.offsets[1];
    assert_eq!(odd.topic.as_bytes(), b"orders\xff");
    assert_eq!(odd.metadata.as_str(), Some("grüße"));
    assert_eq!(odd.flags.iter().collect::<Vec<_>>(), [Flag::AboveHighWatermark, Flag::BeforeGap]);
    assert_eq!((odd.bound.repeated_at_most, odd.leader_epoch), (None, None));
    assert_eq!(odd.alternatives[0].offset, Some(11));
}

#[test]
fn written_back_it_is_the_same_file() {
    assert_eq!(Document::from_json(EXAMPLE).unwrap().to_json_pretty().unwrap(), EXAMPLE);
}

#[test]
fn order_in_the_text_does_not_matter() {
    let mut shuffled = Document::from_json(EXAMPLE).unwrap();
    shuffled.groups[0].offsets.reverse();
    assert_eq!(shuffled.to_json_pretty().unwrap(), EXAMPLE);
    let text = serde_json::to_string(&shuffled).unwrap();
    assert_eq!(Document::from_json(text).unwrap(), Document::from_json(EXAMPLE).unwrap());
}
