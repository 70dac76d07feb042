//! Records of `__cluster_metadata` (KRaft), as far as they say who leads what.
//!
//! They have no key. A value is a frame version, the record's api key and its version, each an unsigned varint,
//! then the message (`MetadataRecordSerde`). Whoever reads that topic asks here, not [`crate::decode()`].
//! Declared after Kafka's own definitions (`common/metadata/*.json`, 3.3 to 4.3).

use lastwrites_types::{ByteText, Uuid};

use crate::record::read;
use crate::wire::{Message, Reader, WireError, message};

message! {
    /// Api key 0: a broker registers, fenced until it has caught up.
    pub struct RegisterBrokerRecord, flexible 0 {
        /// Broker id.
        broker_id: i32, 0..;
        /// 1 for a ZooKeeper broker in migration.
        is_migrating_zk_broker: i8, 2..;
        /// Id of the broker process.
        incarnation_id: Uuid, 0..;
        /// Epoch the controller gave.
        broker_epoch: i64, 0..;
        /// Where it listens.
        end_points: Vec<BrokerEndpoint>, 0..;
        /// Features it supports.
        features: Vec<BrokerFeature>, 0..;
        /// Its rack.
        rack: Option<ByteText>, 0..;
        /// 1 while it is fenced: it leads nothing then.
        fenced: i8, 0.., default 1;
        /// 1 while it shuts down in order.
        in_controlled_shutdown: i8, 1..;
        /// Its log dirs.
        log_dirs: Vec<Uuid>, 3.., tag 0 since (3, 7);
        /// Its cordoned log dirs.
        cordoned_log_dirs: Option<Vec<Uuid>>, 4.., default None, tag 1 since (4, 3);
    }

    /// One listener of a broker.
    pub struct BrokerEndpoint {
        /// Listener name.
        name: ByteText, 0..;
        /// Host.
        host: ByteText, 0..;
        /// Port.
        port: u16, 0..;
        /// Security protocol's number.
        security_protocol: i16, 0..;
    }

    /// One feature of a broker.
    pub struct BrokerFeature {
        /// Feature name.
        name: ByteText, 0..;
        /// Lowest level supported.
        min_supported_version: i16, 0..;
        /// Highest level supported.
        max_supported_version: i16, 0..;
    }

    /// Api key 1: a broker is forgotten.
    pub struct UnregisterBrokerRecord, flexible 0 {
        /// Broker id.
        broker_id: i32, 0..;
        /// Its epoch.
        broker_epoch: i64, 0..;
    }

    /// Api key 2: a topic.
    pub struct TopicRecord, flexible 0 {
        /// Topic name.
        name: ByteText, 0..;
        /// Topic id.
        topic_id: Uuid, 0..;
    }

    /// Api key 3: a partition.
    pub struct PartitionRecord, flexible 0 {
        /// Partition number.
        partition_id: i32, 0.., default -1;
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Replicas, preferred leader first.
        replicas: Vec<i32>, 0..;
        /// Replicas in sync.
        isr: Vec<i32>, 0..;
        /// Replicas on their way out.
        removing_replicas: Vec<i32>, 0..;
        /// Replicas on their way in.
        adding_replicas: Vec<i32>, 0..;
        /// Leader, -1 for none.
        leader: i32, 0.., default -1;
        /// 1 while it recovers from an unclean election.
        leader_recovery_state: i8, 0.., tag 0 since (3, 2);
        /// Leader epoch.
        leader_epoch: i32, 0.., default -1;
        /// Counts every change of the partition.
        partition_epoch: i32, 0.., default -1;
        /// Log dir of each replica.
        directories: Vec<Uuid>, 1..;
        /// Eligible leaders outside the ISR (KIP-966).
        eligible_leader_replicas: Option<Vec<i32>>, 2.., default None, tag 1 since (3, 8);
        /// Last known eligible leaders.
        last_known_elr: Option<Vec<i32>>, 2.., default None, tag 2 since (3, 8);
    }

    /// Api key 5: what changed in a partition; everything left out stays.
    pub struct PartitionChangeRecord, flexible 0 {
        /// Partition number.
        partition_id: i32, 0.., default -1;
        /// Topic id.
        topic_id: Uuid, 0..;
        /// New replicas in sync.
        isr: Option<Vec<i32>>, 0.., default None, tag 0 since (3, 0);
        /// New leader, -1 for none, -2 for no change.
        leader: i32, 0.., default -2, tag 1 since (3, 0);
        /// New replicas.
        replicas: Option<Vec<i32>>, 0.., default None, tag 2 since (3, 0);
        /// New replicas on their way out.
        removing_replicas: Option<Vec<i32>>, 0.., default None, tag 3 since (3, 0);
        /// New replicas on their way in.
        adding_replicas: Option<Vec<i32>>, 0.., default None, tag 4 since (3, 0);
        /// New recovery state, -1 for no change.
        leader_recovery_state: i8, 0.., default -1, tag 5 since (3, 2);
        /// New eligible leaders outside the ISR.
        eligible_leader_replicas: Option<Vec<i32>>, 2.., default None, tag 6 since (3, 8);
        /// New last known eligible leaders.
        last_known_elr: Option<Vec<i32>>, 2.., default None, tag 7 since (3, 8);
        /// New log dirs.
        directories: Option<Vec<Uuid>>, 1.., default None, tag 8 since (3, 7);
    }

    /// Api key 4: one config value; null deletes it.
    pub struct ConfigRecord, flexible 0 {
        /// 2 topic, 4 broker.
        resource_type: i8, 0..;
        /// Topic name or broker id.
        resource_name: ByteText, 0..;
        /// Config name.
        name: ByteText, 0..;
        /// Config value.
        value: Option<ByteText>, 0..;
    }

    /// Api keys 7 and 8: a broker is fenced or unfenced (before 3.3).
    pub struct FenceBrokerRecord, flexible 0 {
        /// Broker id.
        id: i32, 0..;
        /// Its epoch.
        epoch: i64, 0..;
    }

    /// Api key 9: a topic is deleted with all its partitions.
    pub struct RemoveTopicRecord, flexible 0 {
        /// Topic id.
        topic_id: Uuid, 0..;
    }

    /// Api key 17: what changed in a broker's registration.
    pub struct BrokerRegistrationChangeRecord, flexible 0 {
        /// Broker id.
        broker_id: i32, 0..;
        /// Its epoch.
        broker_epoch: i64, 0..;
        /// -1 unfenced, 0 no change, 1 fenced.
        fenced: i8, 0.., tag 0 since (3, 0);
        /// 1 when it shuts down in order.
        in_controlled_shutdown: i8, 1.., tag 1 since (3, 3);
        /// Its log dirs.
        log_dirs: Vec<Uuid>, 2.., tag 2 since (3, 7);
        /// Its cordoned log dirs.
        cordoned_log_dirs: Option<Vec<Uuid>>, 3.., default None, tag 3 since (4, 3);
    }

    /// Api key 28: the eligible leaders of one topic (or of all, without a name) are dropped.
    pub struct ClearElrRecord, flexible 0 {
        /// Topic name; empty means every topic.
        topic_name: ByteText, 0..;
    }
}

macro_rules! records {
    ($($(#[$doc:meta])* $variant:ident($message:ty) = $api_key:literal up to $newest:literal,)*) => {
        /// A record of the metadata log.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum MetadataRecord {
            $($(#[$doc])* $variant($message),)*
            /// A transaction begins (KIP-868): what follows counts only when it ends.
            BeginTransaction,
            /// The transaction's records count.
            EndTransaction,
            /// The transaction's records don't count.
            AbortTransaction,
            /// Nothing that says who leads what (quotas, ACLs, features, ...), by its api key.
            Other(i32),
            /// A record wanted here in a version newer than known.
            UnknownVersion {
                /// Its api key.
                api_key: i32,
                /// The version.
                version: i32,
            },
        }

        impl MetadataRecord {
            fn read_message(api_key: i32, version: i32, r: &mut Reader<'_>) -> Result<Self, WireError> {
                match api_key {
                    $($api_key => match i16::try_from(version) {
                        Ok(known @ 0..=$newest) => {
                            let message = read::<$message>(r, known, crate::record::NEWEST)?;
                            r.finish()?;
                            Ok(Self::$variant(message))
                        }
                        _ => Ok(Self::UnknownVersion { api_key, version }),
                    },)*
                    23 => Ok(Self::BeginTransaction),
                    24 => Ok(Self::EndTransaction),
                    25 => Ok(Self::AbortTransaction),
                    other => Ok(Self::Other(other)),
                }
            }

            /// The value as a controller of the newest release writes it, in version `version`; `None` for what
            /// is not kept.
            #[must_use]
            pub fn encode(&self, version: i16) -> Option<Vec<u8>> {
                match self {
                    $(Self::$variant(message) => Some(frame($api_key, version, message)),)*
                    _ => None,
                }
            }
        }
    };
}

records! {
    /// A broker registers.
    RegisterBroker(RegisterBrokerRecord) = 0 up to 4,
    /// A broker is forgotten.
    UnregisterBroker(UnregisterBrokerRecord) = 1 up to 0,
    /// A topic.
    Topic(TopicRecord) = 2 up to 0,
    /// A partition.
    Partition(PartitionRecord) = 3 up to 2,
    /// A config value.
    Config(ConfigRecord) = 4 up to 0,
    /// A change of a partition.
    PartitionChange(PartitionChangeRecord) = 5 up to 2,
    /// A broker is fenced.
    FenceBroker(FenceBrokerRecord) = 7 up to 0,
    /// A broker is unfenced.
    UnfenceBroker(FenceBrokerRecord) = 8 up to 0,
    /// A topic is deleted.
    RemoveTopic(RemoveTopicRecord) = 9 up to 0,
    /// A change of a broker's registration.
    BrokerRegistrationChange(BrokerRegistrationChangeRecord) = 17 up to 3,
    /// Eligible leaders are dropped.
    ClearElr(ClearElrRecord) = 28 up to 0,
}

/// Reads a value of the metadata log strictly.
///
/// # Errors
/// The bytes are not a framed record, or not the one they say.
pub fn decode_value(value: &[u8]) -> Result<MetadataRecord, WireError> {
    let mut r = Reader::strict(value);
    let frame = r.unsigned_varint()?;
    let (api_key, version) = (r.unsigned_varint()?, r.unsigned_varint()?);
    if frame != FRAME_VERSION {
        return Ok(MetadataRecord::UnknownVersion { api_key, version });
    }
    MetadataRecord::read_message(api_key, version, &mut r)
}

/// The only version of the frame (`AbstractApiMessageSerde`).
const FRAME_VERSION: i32 = 1;

/// Api keys and versions are below 128: one byte each as varints.
fn frame<M: Message>(api_key: u8, version: i16, message: &M) -> Vec<u8> {
    let mut out = vec![1, api_key, u8::try_from(version).unwrap_or_default()];
    message.write(&mut out, M::context(version, crate::record::NEWEST));
    out
}
