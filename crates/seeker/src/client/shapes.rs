//! The layout of every answer this program reads, field by field in wire order.
//!
//! Taken from Kafka's message definitions (`*Response.json`); used only by [`super::walk`], which refuses an
//! answer whose counts and lengths can't be true. The codec reads the values. A test encodes each answer in
//! each version with the codec and expects the walk to end on the last byte.

/// One field; absent outside `since..=until`.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) since: i16,
    pub(super) until: i16,
    pub(super) kind: Kind,
}

/// How a field lies on the wire. Text, bytes and arrays may be null.
pub(super) enum Kind {
    /// So many bytes: numbers, booleans, uuids.
    Fixed(usize),
    Text,
    Bytes,
    /// A struct inside; has its own tagged fields in flexible versions.
    Group(&'static [Field]),
    Array(&'static Kind),
}

/// One answer.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// First version with compact lengths and tagged fields.
    pub(super) flexible_from: i16,
    pub(super) fields: &'static [Field],
}

const NEVER: i16 = i16::MAX;
const I8: Kind = Kind::Fixed(1);
const BOOL: Kind = Kind::Fixed(1);
const I16: Kind = Kind::Fixed(2);
const I32: Kind = Kind::Fixed(4);
const I64: Kind = Kind::Fixed(8);
const UUID: Kind = Kind::Fixed(16);
const TEXT: Kind = Kind::Text;
const I32S: Kind = Kind::Array(&Kind::Fixed(4));
const TEXTS: Kind = Kind::Array(&Kind::Text);

const fn f(name: &'static str, kind: Kind) -> Field {
    Field { name, since: 0, until: i16::MAX, kind }
}

const fn since(since: i16, name: &'static str, kind: Kind) -> Field {
    Field { name, since, until: i16::MAX, kind }
}

const fn between(since: i16, until: i16, name: &'static str, kind: Kind) -> Field {
    Field { name, since, until, kind }
}

pub(super) const API_VERSIONS: Shape = Shape {
    name: "ApiVersions",
    flexible_from: 3,
    fields: &[
        f("error_code", I16),
        f(
            "api_keys",
            Kind::Array(&Kind::Group(&[f("api_key", I16), f("min_version", I16), f("max_version", I16)])),
        ),
        since(1, "throttle_time_ms", I32),
    ],
};

pub(super) const METADATA: Shape = Shape {
    name: "Metadata",
    flexible_from: 9,
    fields: &[
        since(3, "throttle_time_ms", I32),
        f(
            "brokers",
            Kind::Array(&Kind::Group(&[
                f("node_id", I32),
                f("host", TEXT),
                f("port", I32),
                since(1, "rack", TEXT),
            ])),
        ),
        since(2, "cluster_id", TEXT),
        since(1, "controller_id", I32),
        f(
            "topics",
            Kind::Array(&Kind::Group(&[
                f("error_code", I16),
                f("name", TEXT),
                since(10, "topic_id", UUID),
                since(1, "is_internal", BOOL),
                f(
                    "partitions",
                    Kind::Array(&Kind::Group(&[
                        f("error_code", I16),
                        f("partition_index", I32),
                        f("leader_id", I32),
                        since(7, "leader_epoch", I32),
                        f("replica_nodes", I32S),
                        f("isr_nodes", I32S),
                        since(5, "offline_replicas", I32S),
                    ])),
                ),
                since(8, "topic_authorized_operations", I32),
            ])),
        ),
        between(8, 10, "cluster_authorized_operations", I32),
        since(13, "error_code", I16),
    ],
};

pub(super) const FIND_COORDINATOR: Shape = Shape {
    name: "FindCoordinator",
    flexible_from: 3,
    fields: &[
        since(1, "throttle_time_ms", I32),
        between(0, 3, "error_code", I16),
        between(1, 3, "error_message", TEXT),
        between(0, 3, "node_id", I32),
        between(0, 3, "host", TEXT),
        between(0, 3, "port", I32),
        since(
            4,
            "coordinators",
            Kind::Array(&Kind::Group(&[
                f("key", TEXT),
                f("node_id", I32),
                f("host", TEXT),
                f("port", I32),
                f("error_code", I16),
                f("error_message", TEXT),
            ])),
        ),
    ],
};

pub(super) const LIST_GROUPS: Shape = Shape {
    name: "ListGroups",
    flexible_from: 3,
    fields: &[
        since(1, "throttle_time_ms", I32),
        f("error_code", I16),
        f(
            "groups",
            Kind::Array(&Kind::Group(&[
                f("group_id", TEXT),
                f("protocol_type", TEXT),
                since(4, "group_state", TEXT),
                since(5, "group_type", TEXT),
            ])),
        ),
    ],
};

pub(super) const DESCRIBE_GROUPS: Shape = Shape {
    name: "DescribeGroups",
    flexible_from: 5,
    fields: &[
        since(1, "throttle_time_ms", I32),
        f(
            "groups",
            Kind::Array(&Kind::Group(&[
                f("error_code", I16),
                since(6, "error_message", TEXT),
                f("group_id", TEXT),
                f("group_state", TEXT),
                f("protocol_type", TEXT),
                f("protocol_data", TEXT),
                f(
                    "members",
                    Kind::Array(&Kind::Group(&[
                        f("member_id", TEXT),
                        since(4, "group_instance_id", TEXT),
                        f("client_id", TEXT),
                        f("client_host", TEXT),
                        f("member_metadata", Kind::Bytes),
                        f("member_assignment", Kind::Bytes),
                    ])),
                ),
                since(3, "authorized_operations", I32),
            ])),
        ),
    ],
};

const ASSIGNMENT: Kind = Kind::Group(&[f(
    "topic_partitions",
    Kind::Array(&Kind::Group(&[f("topic_id", UUID), f("topic_name", TEXT), f("partitions", I32S)])),
)]);

pub(super) const CONSUMER_GROUP_DESCRIBE: Shape = Shape {
    name: "ConsumerGroupDescribe",
    flexible_from: 0,
    fields: &[
        f("throttle_time_ms", I32),
        f(
            "groups",
            Kind::Array(&Kind::Group(&[
                f("error_code", I16),
                f("error_message", TEXT),
                f("group_id", TEXT),
                f("group_state", TEXT),
                f("group_epoch", I32),
                f("assignment_epoch", I32),
                f("assignor_name", TEXT),
                f(
                    "members",
                    Kind::Array(&Kind::Group(&[
                        f("member_id", TEXT),
                        f("instance_id", TEXT),
                        f("rack_id", TEXT),
                        f("member_epoch", I32),
                        f("client_id", TEXT),
                        f("client_host", TEXT),
                        f("subscribed_topic_names", TEXTS),
                        f("subscribed_topic_regex", TEXT),
                        f("assignment", ASSIGNMENT),
                        f("target_assignment", ASSIGNMENT),
                        since(1, "member_type", I8),
                    ])),
                ),
                f("authorized_operations", I32),
            ])),
        ),
    ],
};

pub(super) const SHARE_GROUP_DESCRIBE: Shape = Shape {
    name: "ShareGroupDescribe",
    flexible_from: 0,
    fields: &[
        f("throttle_time_ms", I32),
        f(
            "groups",
            Kind::Array(&Kind::Group(&[
                f("error_code", I16),
                f("error_message", TEXT),
                f("group_id", TEXT),
                f("group_state", TEXT),
                f("group_epoch", I32),
                f("assignment_epoch", I32),
                f("assignor_name", TEXT),
                f(
                    "members",
                    Kind::Array(&Kind::Group(&[
                        f("member_id", TEXT),
                        f("rack_id", TEXT),
                        f("member_epoch", I32),
                        f("client_id", TEXT),
                        f("client_host", TEXT),
                        f("subscribed_topic_names", TEXTS),
                        f("assignment", ASSIGNMENT),
                    ])),
                ),
                f("authorized_operations", I32),
            ])),
        ),
    ],
};

const FETCHED_PARTITIONS: Kind = Kind::Array(&Kind::Group(&[
    f("partition_index", I32),
    f("committed_offset", I64),
    since(5, "committed_leader_epoch", I32),
    f("metadata", TEXT),
    f("error_code", I16),
]));

pub(super) const OFFSET_FETCH: Shape = Shape {
    name: "OffsetFetch",
    flexible_from: 6,
    fields: &[
        since(3, "throttle_time_ms", I32),
        between(
            0,
            7,
            "topics",
            Kind::Array(&Kind::Group(&[f("name", TEXT), f("partitions", FETCHED_PARTITIONS)])),
        ),
        between(2, 7, "error_code", I16),
        since(
            8,
            "groups",
            Kind::Array(&Kind::Group(&[
                f("group_id", TEXT),
                f(
                    "topics",
                    Kind::Array(&Kind::Group(&[
                        between(8, 9, "name", TEXT),
                        since(10, "topic_id", UUID),
                        f("partitions", FETCHED_PARTITIONS),
                    ])),
                ),
                f("error_code", I16),
            ])),
        ),
    ],
};

pub(super) const LIST_OFFSETS: Shape = Shape {
    name: "ListOffsets",
    flexible_from: 6,
    fields: &[
        since(2, "throttle_time_ms", I32),
        f(
            "topics",
            Kind::Array(&Kind::Group(&[
                f("name", TEXT),
                f(
                    "partitions",
                    Kind::Array(&Kind::Group(&[
                        f("partition_index", I32),
                        f("error_code", I16),
                        f("timestamp", I64),
                        f("offset", I64),
                        since(4, "leader_epoch", I32),
                    ])),
                ),
            ])),
        ),
    ],
};

pub(super) const OFFSET_FOR_LEADER_EPOCH: Shape = Shape {
    name: "OffsetForLeaderEpoch",
    flexible_from: 4,
    fields: &[
        since(2, "throttle_time_ms", I32),
        f(
            "topics",
            Kind::Array(&Kind::Group(&[
                f("topic", TEXT),
                f(
                    "partitions",
                    Kind::Array(&Kind::Group(&[
                        f("error_code", I16),
                        f("partition", I32),
                        since(1, "leader_epoch", I32),
                        f("end_offset", I64),
                    ])),
                ),
            ])),
        ),
    ],
};

pub(super) const FETCH: Shape = Shape {
    name: "Fetch",
    flexible_from: 12,
    fields: &[
        since(1, "throttle_time_ms", I32),
        since(7, "error_code", I16),
        since(7, "session_id", I32),
        f(
            "responses",
            Kind::Array(&Kind::Group(&[
                between(0, 12, "topic", TEXT),
                since(13, "topic_id", UUID),
                f(
                    "partitions",
                    Kind::Array(&Kind::Group(&[
                        f("partition_index", I32),
                        f("error_code", I16),
                        f("high_watermark", I64),
                        since(4, "last_stable_offset", I64),
                        since(5, "log_start_offset", I64),
                        since(
                            4,
                            "aborted_transactions",
                            Kind::Array(&Kind::Group(&[f("producer_id", I64), f("first_offset", I64)])),
                        ),
                        since(11, "preferred_read_replica", I32),
                        f("records", Kind::Bytes),
                    ])),
                ),
            ])),
        ),
    ],
};

const PARTITION_ERRORS: Kind = Kind::Array(&Kind::Group(&[f("partition_index", I32), f("error_code", I16)]));

pub(super) const OFFSET_COMMIT: Shape = Shape {
    name: "OffsetCommit",
    flexible_from: 8,
    fields: &[
        since(3, "throttle_time_ms", I32),
        f(
            "topics",
            Kind::Array(&Kind::Group(&[
                between(0, 9, "name", TEXT),
                since(10, "topic_id", UUID),
                f("partitions", PARTITION_ERRORS),
            ])),
        ),
    ],
};

pub(super) const OFFSET_DELETE: Shape = Shape {
    name: "OffsetDelete",
    flexible_from: NEVER,
    fields: &[
        f("error_code", I16),
        f("throttle_time_ms", I32),
        f("topics", Kind::Array(&Kind::Group(&[f("name", TEXT), f("partitions", PARTITION_ERRORS)]))),
    ],
};

pub(super) const DESCRIBE_CONFIGS: Shape = Shape {
    name: "DescribeConfigs",
    flexible_from: 4,
    fields: &[
        f("throttle_time_ms", I32),
        f(
            "results",
            Kind::Array(&Kind::Group(&[
                f("error_code", I16),
                f("error_message", TEXT),
                f("resource_type", I8),
                f("resource_name", TEXT),
                f(
                    "configs",
                    Kind::Array(&Kind::Group(&[
                        f("name", TEXT),
                        f("value", TEXT),
                        f("read_only", BOOL),
                        f("config_source", I8),
                        f("is_sensitive", BOOL),
                        f(
                            "synonyms",
                            Kind::Array(&Kind::Group(&[f("name", TEXT), f("value", TEXT), f("source", I8)])),
                        ),
                        since(3, "config_type", I8),
                        since(3, "documentation", TEXT),
                    ])),
                ),
            ])),
        ),
    ],
};

pub(super) const DESCRIBE_PRODUCERS: Shape = Shape {
    name: "DescribeProducers",
    flexible_from: 0,
    fields: &[
        f("throttle_time_ms", I32),
        f(
            "topics",
            Kind::Array(&Kind::Group(&[
                f("name", TEXT),
                f(
                    "partitions",
                    Kind::Array(&Kind::Group(&[
                        f("partition_index", I32),
                        f("error_code", I16),
                        f("error_message", TEXT),
                        f(
                            "active_producers",
                            Kind::Array(&Kind::Group(&[
                                f("producer_id", I64),
                                f("producer_epoch", I32),
                                f("last_sequence", I32),
                                f("last_timestamp", I64),
                                f("coordinator_epoch", I32),
                                f("current_txn_start_offset", I64),
                            ])),
                        ),
                    ])),
                ),
            ])),
        ),
    ],
};

pub(super) const SASL_HANDSHAKE: Shape = Shape {
    name: "SaslHandshake",
    flexible_from: NEVER,
    fields: &[f("error_code", I16), f("mechanisms", TEXTS)],
};

pub(super) const SASL_AUTHENTICATE: Shape = Shape {
    name: "SaslAuthenticate",
    flexible_from: 2,
    fields: &[
        f("error_code", I16),
        f("error_message", TEXT),
        f("auth_bytes", Kind::Bytes),
        since(1, "session_lifetime_ms", I64),
    ],
};
