//! A broker that misbehaves on purpose: whatever it sends, the client says what is wrong, soon, and takes no
//! memory it wasn't sent bytes for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{BrokerId, ListOffsetsResponse, MetadataResponse, TopicName};
use kafka_protocol::protocol::Encodable;
use lastwrites_seeker::client::{ClientError, CoordinatorClient, ErrorCode, KafkaClient, LogEnd, Partition};
use lastwrites_seeker::config::{ClientConfig, HostPort};

/// What the broker answers to the n-th request of a connection: bytes as they go on the wire.
type Script = fn(request: &[u8], nth: usize, stream: &mut TcpStream) -> bool;

/// Serves connections with a script until the test ends; `false` from the script closes the connection.
fn broker(script: Script) -> KafkaClient {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, script));
        }
    });
    let config = ClientConfig {
        request_timeout: Duration::from_millis(500),
        retry_timeout: Duration::from_millis(700),
        ..ClientConfig::plaintext(vec![HostPort { host: "127.0.0.1".to_owned(), port }])
    };
    KafkaClient::new(config)
}

fn serve(mut stream: TcpStream, script: Script) {
    for nth in 0.. {
        let mut length = [0; 4];
        if stream.read_exact(&mut length).is_err() {
            return;
        }
        let mut request = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        if stream.read_exact(&mut request).is_err() || !script(&request, nth, &mut stream) {
            return;
        }
    }
}

fn frame(request: &[u8], body: &[u8]) -> Vec<u8> {
    let correlation = request.get(4..8).unwrap();
    let length = i32::try_from(body.len() + 4).unwrap();
    [&length.to_be_bytes()[..], correlation, body].concat()
}

/// A sound ApiVersions v0 answer that offers every API below 100 in versions 0 to 20.
fn api_versions(request: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0, 0, 100];
    for key in 0..100i16 {
        body.extend(key.to_be_bytes());
        body.extend([0, 0, 0, 20]);
    }
    frame(request, &body)
}

/// The error of a metadata request, which has to come within seconds.
fn error(script: Script) -> String {
    let client = broker(script);
    let started = Instant::now();
    let error = client.metadata(None).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{error} took {:?}", started.elapsed());
    assert!(matches!(error, ClientError::NoBootstrap { .. } | ClientError::Broker { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn garbage() {
    let text = error(|_, _, s| s.write_all(&[0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]).is_ok());
    assert!(text.contains("correlation id 16909060"), "{text}");
    let text = error(|r, _, s| s.write_all(&frame(r, &[0, 0, 0, 0, 0, 7, 1])).is_ok());
    assert!(text.contains("ApiVersions.api_keys"), "{text}");
    let text = error(|_, _, s| s.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_ok());
    assert!(text.contains("isn't a Kafka listener"), "{text}");
    let text = error(|_, _, s| s.write_all(&[0x15, 3, 3, 0, 2, 2, 40]).is_ok());
    assert!(text.contains("security.protocol should be SSL"), "{text}");
}

#[test]
fn stalls() {
    let text = error(|_, _, _| true);
    assert!(text.contains("no whole answer to ApiVersions within"), "{text}");
}

#[test]
fn trickles() {
    // A byte now and then keeps every socket timeout at bay; the deadline of the whole answer still holds.
    let text = error(|_, _, s| {
        let _ = s.write_all(&[0, 0, 1, 0]);
        (0..100).all(|_| {
            std::thread::sleep(Duration::from_millis(50));
            s.write_all(&[0]).is_ok()
        })
    });
    assert!(text.contains("no whole answer"), "{text}");
}

#[test]
fn closes() {
    let text = error(|_, _, _| false);
    assert!(text.contains("closed the connection after 0 bytes"), "{text}");
    let text = error(|_, _, s| {
        let _ = s.write_all(&[0, 0, 1, 0, 0, 0]);
        false
    });
    assert!(text.contains("closed the connection after 2 bytes"), "{text}");
}

#[test]
fn huge_lengths() {
    // 2 GiB, a negative length, and a megabyte where a broker that nobody trusts yet has a few hundred bytes to say.
    for announce in [
        (|_, _, s| s.write_all(&[0x7f, 0xff, 0xff, 0xff]).is_ok()) as Script,
        |_, _, s| s.write_all(&[0xff, 0xff, 0xff, 0xff]).is_ok(),
        |_, _, s| s.write_all(&[0, 0x10, 0, 0]).is_ok(),
    ] {
        let text = error(announce);
        assert!(text.contains("announced an answer to ApiVersions of"), "{text}");
    }
    // 60 MiB of Metadata announced, nothing sent: the buffer grows with what arrives, so this is only a timeout.
    let text = error(|r, nth, s| match nth {
        0 => s.write_all(&api_versions(r)).is_ok(),
        _ => s.write_all(&[3, 0xc0, 0, 0]).is_ok(),
    });
    assert!(text.contains("no whole answer"), "{text}");
}

#[test]
fn huge_counts_inside_a_small_answer() {
    // Metadata v12: tagged fields, throttle time, then brokers: 2^32 - 2 of them.
    let text = error(|r, nth, s| {
        let answer = match nth {
            0 => api_versions(r),
            _ => frame(r, &[0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        };
        s.write_all(&answer).is_ok()
    });
    assert!(text.contains("Metadata.brokers: announces 4294967294 elements"), "{text}");
}

#[test]
fn a_coordinator_that_never_settles_is_given_up() {
    // FindCoordinator v3: throttle, error 15, null message, node -1, empty host, port -1.
    let client = broker(|r, nth, s| {
        let answer = match nth {
            0 => api_versions(r),
            _ => frame(r, &[0, 0, 0, 0, 0, 0, 15, 0, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff, 0]),
        };
        s.write_all(&answer).is_ok()
    });
    let started = Instant::now();
    let error = client.find_coordinator("g").unwrap_err();
    assert_eq!(error.code().map(|c| c.0), Some(15), "{error}");
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(3)).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
}

/// An answer of the codec in the newest version that the client uses, behind a header with tagged fields.
fn encoded(request: &[u8], answer: &impl Encodable, version: i16) -> Vec<u8> {
    let mut body = vec![0];
    answer.encode(&mut body, version).unwrap();
    frame(request, &body)
}

#[test]
fn a_leader_that_never_settles_is_given_up() {
    // One partition led by the broker itself, which says NOT_LEADER_OR_FOLLOWER whenever it's asked.
    let client = broker(|r, nth, s| {
        let port = s.local_addr().unwrap().port();
        let topic = || TopicName("t".into());
        let answer = match (nth, r.first_chunk::<2>().unwrap()) {
            (0, _) => api_versions(r),
            (_, [0, 3]) => {
                let broker = MetadataResponseBroker::default()
                    .with_node_id(BrokerId(1))
                    .with_host("127.0.0.1".into())
                    .with_port(i32::from(port));
                let partition = MetadataResponsePartition::default().with_leader_id(BrokerId(1));
                let topics = vec![
                    MetadataResponseTopic::default()
                        .with_name(Some(topic()))
                        .with_partitions(vec![partition]),
                ];
                let metadata = MetadataResponse::default().with_brokers(vec![broker]).with_topics(topics);
                encoded(r, &metadata, 12)
            }
            _ => {
                let partition = ListOffsetsPartitionResponse::default().with_error_code(6);
                let topics = vec![
                    ListOffsetsTopicResponse::default().with_name(topic()).with_partitions(vec![partition]),
                ];
                encoded(r, &ListOffsetsResponse::default().with_topics(topics), 7)
            }
        };
        s.write_all(&answer).is_ok()
    });
    let started = Instant::now();
    let cluster = client.metadata(Some(&["t".to_owned()])).unwrap();
    let partition = Partition::new("t", 0);
    let ends = client.list_offsets(&cluster, std::slice::from_ref(&partition), LogEnd::Latest).unwrap();
    assert_eq!(ends.get(&partition), Some(&Err(ErrorCode::NOT_LEADER_OR_FOLLOWER)));
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(3)).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
}
