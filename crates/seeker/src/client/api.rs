//! The requests this program speaks: for each the codec type, the shape of its answer, the versions used.

use kafka_protocol::messages as m;
use kafka_protocol::protocol::Request;

use super::shapes::{self, Shape};

/// A request of the codec with what we know about it.
pub(super) trait Api: Request {
    /// Kafka's name of the request.
    const NAME: &'static str;
    /// Layout of its answer.
    const SHAPE: &'static Shape;
    /// Oldest version used.
    const MIN: i16;
    /// Newest version used. Below the codec's newest where a newer one changes the form of the request.
    const MAX: i16;
    /// The longest answer read, in bytes.
    const LONGEST: usize;
}

/// What comes before the broker is trusted: a few names and codes.
const SMALL: usize = 64 << 10;
/// What concerns one group, or the partitions of one document.
const MIDDLE: usize = 16 << 20;
/// What grows with the cluster: metadata of 200,000 partitions takes about 16 MiB.
const LARGE: usize = 64 << 20;

/// Stored batches: as many bytes as asked for, or one batch, however long it is.
const BATCHES: usize = 256 << 20;

macro_rules! api {
    ($($request:ident, $shape:ident, $versions:expr, $longest:expr;)*) => {$(
        impl Api for m::$request {
            const NAME: &'static str = shapes::$shape.name;
            const SHAPE: &'static Shape = &shapes::$shape;
            const MIN: i16 = $versions.0;
            const MAX: i16 = $versions.1;
            const LONGEST: usize = $longest;
        }
    )*};
}

api! {
    // Every broker answers v0; newer ones only add features we do not use.
    ApiVersionsRequest, API_VERSIONS, (0, 0), SMALL;
    MetadataRequest, METADATA, (4, 12), LARGE;
    // v4 takes several keys in another form; one key is all we ask for.
    FindCoordinatorRequest, FIND_COORDINATOR, (1, 3), SMALL;
    ListGroupsRequest, LIST_GROUPS, (0, 5), LARGE;
    // v6 answers 69 for an unknown group and then does not say what this user may do with the name.
    DescribeGroupsRequest, DESCRIBE_GROUPS, (0, 5), MIDDLE;
    ConsumerGroupDescribeRequest, CONSUMER_GROUP_DESCRIBE, (0, 1), MIDDLE;
    ShareGroupDescribeRequest, SHARE_GROUP_DESCRIBE, (1, 1), MIDDLE;
    // requireStable is there from v7; v10 names topics by id only.
    OffsetFetchRequest, OFFSET_FETCH, (7, 9), MIDDLE;
    ListOffsetsRequest, LIST_OFFSETS, (2, 7), MIDDLE;
    OffsetForLeaderEpochRequest, OFFSET_FOR_LEADER_EPOCH, (2, 4), MIDDLE;
    // From v4 batches of every magic come as they are stored, from v11 a follower answers too; v13 names topics by id only.
    FetchRequest, FETCH, (4, 12), BATCHES;
    // v6 brought the leader epoch; v10 names topics by id only and is unstable in 4.1.
    OffsetCommitRequest, OFFSET_COMMIT, (6, 9), MIDDLE;
    OffsetDeleteRequest, OFFSET_DELETE, (0, 0), MIDDLE;
    DescribeConfigsRequest, DESCRIBE_CONFIGS, (1, 4), MIDDLE;
    DescribeProducersRequest, DESCRIBE_PRODUCERS, (0, 0), MIDDLE;
    SaslHandshakeRequest, SASL_HANDSHAKE, (1, 1), SMALL;
    SaslAuthenticateRequest, SASL_AUTHENTICATE, (0, 2), SMALL;
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages as m;
    use kafka_protocol::protocol::{Encodable, Message};

    use super::super::walk::walk;
    use super::*;

    /// The codec's own encoding of an answer, in every version we use, is walked to its last byte, and no cut
    /// of it is accepted.
    fn every_version<R: Api>(answer: &R::Response)
    where
        R::Response: std::fmt::Debug,
    {
        for version in R::MIN..=R::MAX {
            assert!(R::VERSIONS.min <= version && version <= R::VERSIONS.max, "{} v{version}", R::NAME);
            assert!(<R::Response as Message>::VERSIONS.max >= version);
            let mut bytes = BytesMut::new();
            answer.encode(&mut bytes, version).unwrap();
            assert_eq!(walk(R::SHAPE, version, &bytes), Ok(()), "{} v{version} {answer:?}", R::NAME);
            for cut in 0..bytes.len() {
                assert!(
                    walk(R::SHAPE, version, &bytes[..cut]).is_err(),
                    "{} v{version} cut at {cut}",
                    R::NAME
                );
            }
        }
    }

    #[test]
    fn shapes_follow_the_codecs_layout() {
        use m::*;
        every_version::<ApiVersionsRequest>(
            &ApiVersionsResponse::default()
                .with_api_keys(vec![api_versions_response::ApiVersion::default(); 2]),
        );
        let partition = metadata_response::MetadataResponsePartition::default()
            .with_replica_nodes(vec![1.into(), 2.into()])
            .with_isr_nodes(vec![1.into()]);
        let topic = metadata_response::MetadataResponseTopic::default()
            .with_name(Some(TopicName("t".into())))
            .with_partitions(vec![partition; 2]);
        let broker = metadata_response::MetadataResponseBroker::default().with_host("h".into());
        every_version::<MetadataRequest>(
            &MetadataResponse::default()
                .with_brokers(vec![broker])
                .with_topics(vec![topic; 2])
                .with_cluster_id(Some("c".into())),
        );
        every_version::<FindCoordinatorRequest>(&FindCoordinatorResponse::default().with_host("host".into()));
        every_version::<ListGroupsRequest>(
            &ListGroupsResponse::default().with_groups(vec![list_groups_response::ListedGroup::default(); 3]),
        );
        let member = describe_groups_response::DescribedGroupMember::default()
            .with_member_metadata(vec![1, 2, 3].into())
            .with_client_id("c".into());
        every_version::<DescribeGroupsRequest>(&DescribeGroupsResponse::default().with_groups(vec![
            describe_groups_response::DescribedGroup::default().with_members(vec![member; 2]),
        ]));
        let assigned = consumer_group_describe_response::Assignment::default().with_topic_partitions(vec![
            consumer_group_describe_response::TopicPartitions::default().with_partitions(vec![1, 2]),
        ]);
        let member = consumer_group_describe_response::Member::default()
            .with_subscribed_topic_names(vec![TopicName("a".into())])
            .with_assignment(assigned.clone())
            .with_target_assignment(assigned);
        every_version::<ConsumerGroupDescribeRequest>(&ConsumerGroupDescribeResponse::default().with_groups(
            vec![consumer_group_describe_response::DescribedGroup::default().with_members(vec![member])],
        ));
        let member = share_group_describe_response::Member::default().with_assignment(
            share_group_describe_response::Assignment::default().with_topic_partitions(vec![
                share_group_describe_response::TopicPartitions::default().with_partitions(vec![7]),
            ]),
        );
        every_version::<ShareGroupDescribeRequest>(&ShareGroupDescribeResponse::default().with_groups(vec![
            share_group_describe_response::DescribedGroup::default().with_members(vec![member]),
        ]));
        let old = offset_fetch_response::OffsetFetchResponseTopic::default()
            .with_partitions(vec![offset_fetch_response::OffsetFetchResponsePartition::default(); 2]);
        let new = offset_fetch_response::OffsetFetchResponseTopics::default()
            .with_partitions(vec![offset_fetch_response::OffsetFetchResponsePartitions::default(); 2]);
        let group = offset_fetch_response::OffsetFetchResponseGroup::default().with_topics(vec![new]);
        let (old, new) = (
            OffsetFetchResponse::default().with_topics(vec![old]),
            OffsetFetchResponse::default().with_groups(vec![group]),
        );
        for version in OffsetFetchRequest::MIN..=OffsetFetchRequest::MAX {
            let mut bytes = BytesMut::new();
            if version < 8 { &old } else { &new }.encode(&mut bytes, version).unwrap();
            assert_eq!(walk(OffsetFetchRequest::SHAPE, version, &bytes), Ok(()), "v{version}");
        }
        every_version::<ListOffsetsRequest>(&ListOffsetsResponse::default().with_topics(vec![
            list_offsets_response::ListOffsetsTopicResponse::default()
                .with_partitions(vec![list_offsets_response::ListOffsetsPartitionResponse::default(); 2]),
        ]));
        every_version::<OffsetForLeaderEpochRequest>(&OffsetForLeaderEpochResponse::default().with_topics(
            vec![
            offset_for_leader_epoch_response::OffsetForLeaderTopicResult::default()
                .with_partitions(vec![offset_for_leader_epoch_response::EpochEndOffset::default(); 2]),
        ],
        ));
        every_version::<OffsetCommitRequest>(&OffsetCommitResponse::default().with_topics(vec![
            offset_commit_response::OffsetCommitResponseTopic::default()
                .with_partitions(vec![offset_commit_response::OffsetCommitResponsePartition::default(); 2]),
        ]));
        every_version::<OffsetDeleteRequest>(&OffsetDeleteResponse::default().with_topics(vec![
            offset_delete_response::OffsetDeleteResponseTopic::default()
                .with_partitions(vec![offset_delete_response::OffsetDeleteResponsePartition::default(); 2]),
        ]));
        let config = describe_configs_response::DescribeConfigsResourceResult::default()
            .with_synonyms(vec![describe_configs_response::DescribeConfigsSynonym::default()]);
        every_version::<DescribeConfigsRequest>(&DescribeConfigsResponse::default().with_results(vec![
            describe_configs_response::DescribeConfigsResult::default().with_configs(vec![config]),
        ]));
        every_version::<DescribeProducersRequest>(&DescribeProducersResponse::default().with_topics(vec![
            describe_producers_response::TopicResponse::default().with_partitions(vec![
                describe_producers_response::PartitionResponse::default()
                    .with_active_producers(vec![describe_producers_response::ProducerState::default()]),
            ]),
        ]));
        let batches = fetch_response::PartitionData::default()
            .with_aborted_transactions(Some(vec![fetch_response::AbortedTransaction::default(); 2]))
            .with_records(Some(vec![7; 9].into()));
        let topic = fetch_response::FetchableTopicResponse::default()
            .with_topic(TopicName("t".into()))
            .with_partitions(vec![batches; 2]);
        every_version::<FetchRequest>(&FetchResponse::default().with_responses(vec![topic]));
        every_version::<SaslHandshakeRequest>(
            &SaslHandshakeResponse::default().with_mechanisms(vec!["PLAIN".into()]),
        );
        every_version::<SaslAuthenticateRequest>(
            &SaslAuthenticateResponse::default().with_auth_bytes(vec![1, 2].into()),
        );
    }
}
