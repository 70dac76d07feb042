//! What can go wrong between this program and a broker, in words a person can act on.
//!
//! Nothing here ever carries a password, a token or the bytes of an authentication exchange.

use std::fmt;
use std::io;

use kafka_protocol::error::ResponseError;
use lastwrites_types::escaped;

/// A Kafka error code as a broker sent it (`org.apache.kafka.common.protocol.Errors`); 0 is "no error".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i16);

impl ErrorCode {
    /// Never on the wire: this program didn't ask, because an answer couldn't matter any more.
    pub const NOT_ASKED: Self = Self(i16::MIN);
    /// No error.
    pub const NONE: Self = Self(0);
    /// The offset isn't in the log, or not any more (1).
    pub const OFFSET_OUT_OF_RANGE: Self = Self(1);
    /// The topic or partition doesn't exist (3).
    pub const UNKNOWN_TOPIC_OR_PARTITION: Self = Self(3);
    /// The partition has no leader right now (5).
    pub const LEADER_NOT_AVAILABLE: Self = Self(5);
    /// The broker asked isn't the leader any more (6).
    pub const NOT_LEADER_OR_FOLLOWER: Self = Self(6);
    /// The metadata string is longer than `offset.metadata.max.bytes` (12).
    pub const OFFSET_METADATA_TOO_LARGE: Self = Self(12);
    /// The broker couldn't be reached; Kafka's clients use this code (13) for it, brokers never send it.
    pub const NETWORK_EXCEPTION: Self = Self(13);
    /// The coordinator is still reading its partition of `__consumer_offsets` (14).
    pub const COORDINATOR_LOAD_IN_PROGRESS: Self = Self(14);
    /// No broker can answer for the group now (15).
    pub const COORDINATOR_NOT_AVAILABLE: Self = Self(15);
    /// The broker asked doesn't coordinate the group, or failed to load its shard (16).
    pub const NOT_COORDINATOR: Self = Self(16);
    /// The group has members, so an offset can't be committed from outside (25).
    pub const UNKNOWN_MEMBER_ID: Self = Self(25);
    /// A rebalance is going on (27).
    pub const REBALANCE_IN_PROGRESS: Self = Self(27);
    /// This user may not use the topic (29).
    pub const TOPIC_AUTHORIZATION_FAILED: Self = Self(29);
    /// This user may not use the group (30).
    pub const GROUP_AUTHORIZATION_FAILED: Self = Self(30);
    /// This user may not do this on the cluster (31).
    pub const CLUSTER_AUTHORIZATION_FAILED: Self = Self(31);
    /// The broker doesn't know this version of the request (35).
    pub const UNSUPPORTED_VERSION: Self = Self(35);
    /// The disk that holds the partition is offline (56).
    pub const KAFKA_STORAGE_ERROR: Self = Self(56);
    /// The group has members (68).
    pub const NON_EMPTY_GROUP: Self = Self(68);
    /// There is no such group of the kind asked for (69).
    pub const GROUP_ID_NOT_FOUND: Self = Self(69);
    /// The replica's high watermark isn't known yet, or below the offset (78).
    pub const OFFSET_NOT_AVAILABLE: Self = Self(78);
    /// A member still subscribes to the topic (86).
    pub const GROUP_SUBSCRIBED_TO_TOPIC: Self = Self(86);
    /// An open transaction holds a commit for this partition (88).
    pub const UNSTABLE_OFFSET_COMMIT: Self = Self(88);
    /// A quota leaves nothing (89).
    pub const THROTTLING_QUOTA_EXCEEDED: Self = Self(89);

    /// True for 0.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// True for the three answers that mean "ask again, perhaps elsewhere": 14, 15 and 16.
    #[must_use]
    pub const fn is_coordinator_moving(self) -> bool {
        matches!(self.0, 14..=16)
    }

    /// True for answers that a new look at the metadata may cure: 3 is not among them.
    #[must_use]
    pub const fn is_leader_moving(self) -> bool {
        // LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE, FENCED and UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE
        matches!(self.0, 5 | 6 | 9 | 74 | 75 | 78)
    }

    /// Kafka's constant name, as in `UNKNOWN_MEMBER_ID`.
    #[must_use]
    pub fn name(self) -> String {
        match ResponseError::try_from_code(self.0) {
            None => "NONE".to_owned(),
            Some(ResponseError::Unknown(_)) => "an error code this program doesn't know".to_owned(),
            Some(known) => {
                let mut name = String::new();
                for c in format!("{known:?}").chars() {
                    if c.is_ascii_uppercase() && !name.is_empty() {
                        name.push('_');
                    }
                    name.push(c.to_ascii_uppercase());
                }
                name
            }
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NOT_ASKED => f.write_str("not asked"),
            code => write!(f, "{} ({})", code.name(), code.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A request that got no usable answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// A host name that doesn't resolve.
    Resolve {
        /// `host:port` as written.
        address: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No TCP connection.
    Connect {
        /// `host:port`.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The TLS handshake failed, or the certificate isn't one we trust.
    Tls {
        /// `host:port`.
        address: String,
        /// What rustls said.
        reason: String,
    },
    /// The broker refused the credentials or offers other mechanisms.
    Authentication {
        /// `host:port`.
        address: String,
        /// The SASL mechanism.
        mechanism: String,
        /// The broker's words; never the credentials.
        reason: String,
    },
    /// Reading or writing failed on an open connection.
    Io {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The broker closed the connection before the whole answer came.
    Closed {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// Bytes of the answer that came.
        received: usize,
    },
    /// No whole answer in time.
    Timeout {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// How long was waited.
        waited_ms: u128,
    },
    /// The broker announced an answer longer than this program reads.
    FrameLength {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// The announced length.
        length: i32,
        /// The longest accepted.
        limit: usize,
    },
    /// The answer isn't what the protocol says.
    Malformed {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// The version it was asked in.
        version: i16,
        /// Which field, expected and found.
        reason: String,
    },
    /// The broker lacks the request, or every version of it that this program speaks.
    Unsupported {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// The versions this program needs.
        need: String,
        /// The versions the broker offers.
        have: String,
    },
    /// The broker answered with an error for the whole request.
    Broker {
        /// `host:port`.
        address: String,
        /// The request.
        api: &'static str,
        /// What it was about: a group, a topic.
        about: String,
        /// The error.
        code: ErrorCode,
        /// The broker's message, if any.
        message: Option<String>,
    },
    /// None of the bootstrap servers could be used; the last failure.
    NoBootstrap {
        /// How many were tried.
        tried: usize,
        /// The last failure.
        last: Box<ClientError>,
    },
    /// A broker id that the cluster's metadata doesn't list.
    UnknownBroker {
        /// The id.
        broker_id: i32,
    },
    /// A change that wasn't sent, because the group's coordinator couldn't be found.
    Unsent(Box<ClientError>),
    /// A value that can't go into a request.
    Encode {
        /// The request.
        api: &'static str,
        /// What the codec said.
        reason: String,
    },
}

impl ClientError {
    /// The broker's error code, when the broker answered with one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            Self::Unsent(why) => why.code(),
            _ => None,
        }
    }

    /// The same of a change that therefore wasn't sent.
    pub(super) fn unsent(self) -> Self {
        Self::Unsent(Box::new(self))
    }

    /// True when bytes of an answer may still be under way, so the connection can't be used again.
    pub(super) fn spoils_connection(&self) -> bool {
        matches!(
            self,
            Self::Io { .. }
                | Self::Closed { .. }
                | Self::Timeout { .. }
                | Self::FrameLength { .. }
                | Self::Malformed { .. }
        )
    }

    /// True when nothing was sent.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Connect { .. })
    }

    /// True when the same request may work on a new connection: the network failed, not the answer.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Io { .. } | Self::Closed { .. } | Self::Timeout { .. })
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { address, source } => write!(f, "can't resolve {address}: {source}"),
            Self::Connect { address, source } => write!(f, "can't connect to {address}: {source}"),
            Self::Tls { address, reason } => write!(f, "TLS with {address} failed: {reason}"),
            Self::Authentication { address, mechanism, reason } => {
                write!(
                    f,
                    "{address} refused to authenticate with {mechanism}: {}",
                    escaped(reason.as_bytes())
                )
            }
            Self::Io { address, api, source } => write!(f, "{api} to {address} failed: {source}"),
            Self::Closed { address, api, received } => write!(
                f,
                "{address} closed the connection after {received} bytes of its answer to {api} (wrong listener, or TLS/SASL settings that don't match it?)"
            ),
            Self::Timeout { address, api, waited_ms } => {
                write!(f, "{address} gave no whole answer to {api} within {waited_ms} ms")
            }
            Self::FrameLength { address, api, length, limit } => {
                write!(
                    f,
                    "{address} announced an answer to {api} of {length} bytes (accepted: 4 to {limit})"
                )?;
                match length.to_be_bytes() {
                    [0x15 | 0x16, 3, _, _] => {
                        write!(f, "; the bytes look like TLS: security.protocol should be SSL or SASL_SSL")
                    }
                    [b'H', b'T', b'T', b'P'] => {
                        write!(f, "; the bytes look like HTTP: this isn't a Kafka listener")
                    }
                    _ => Ok(()),
                }
            }
            Self::Malformed { address, api, version, reason } => {
                write!(f, "{address} answered {api} v{version} with bytes that aren't one: {reason}")
            }
            Self::Unsupported { address, api, need, have } => {
                write!(f, "{address} doesn't speak {api} as needed: need {need}, broker has {have}")
            }
            Self::Broker { address, api, about, code, message } => {
                write!(f, "{address} answered {api} of {about} with {code}")?;
                match message.as_deref() {
                    Some(message) if !message.is_empty() => write!(f, ": {}", escaped(message.as_bytes())),
                    _ => Ok(()),
                }
            }
            Self::NoBootstrap { tried, last } => {
                write!(f, "none of {tried} bootstrap servers could be used; the last: {last}")
            }
            Self::UnknownBroker { broker_id } => {
                write!(
                    f,
                    "broker {broker_id} is named as a leader or coordinator but isn't in the cluster's metadata (down?)"
                )
            }
            Self::Unsent(why) => write!(f, "not sent: {why}"),
            Self::Encode { api, reason } => write!(f, "can't write a {api} request: {reason}"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Resolve { source, .. } | Self::Connect { source, .. } | Self::Io { source, .. } => {
                Some(source)
            }
            Self::NoBootstrap { last, .. } | Self::Unsent(last) => Some(last),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kafkas_names() {
        for (code, name) in [
            (3, "UNKNOWN_TOPIC_OR_PARTITION"),
            (14, "COORDINATOR_LOAD_IN_PROGRESS"),
            (25, "UNKNOWN_MEMBER_ID"),
            (69, "GROUP_ID_NOT_FOUND"),
            (88, "UNSTABLE_OFFSET_COMMIT"),
        ] {
            assert_eq!(ErrorCode(code).name(), name);
        }
        assert_eq!(ErrorCode(25).to_string(), "UNKNOWN_MEMBER_ID (25)");
    }

    #[test]
    fn a_tls_alert_read_as_a_length_is_recognised() {
        let error = ClientError::FrameLength {
            address: "b:9093".to_owned(),
            api: "ApiVersions",
            length: i32::from_be_bytes([0x15, 3, 3, 0]),
            limit: 1024,
        };
        assert!(error.to_string().contains("look like TLS"), "{error}");
    }
}
