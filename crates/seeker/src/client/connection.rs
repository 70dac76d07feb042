//! One connection to one broker: frames out, frames in, within a deadline and a bound.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion};

use super::ClientError;
use super::api::Api;
use super::deadline::DeadlineStream;
use super::walk::walk;

/// Memory is taken in steps of this size as bytes really arrive, never by the announced length.
const STEP_BYTES: usize = 64 << 10;

/// Plain TCP, or TLS over it.
pub(super) trait Stream: Read + Write + Send {
    /// Everything up to the next call ends by `deadline`.
    fn set_deadline(&mut self, deadline: Instant);
}

impl Stream for DeadlineStream {
    fn set_deadline(&mut self, deadline: Instant) {
        Self::set_deadline(self, deadline);
    }
}

/// An open connection. After any error it's in an unknown state and has to be dropped.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    address: String,
    client_id: String,
    timeout: Duration,
    correlation_id: i32,
    /// Versions the broker offers, by API key; empty before the handshake.
    versions: BTreeMap<i16, (i16, i16)>,
    /// When the broker wants a new authentication.
    pub(super) expires: Option<Instant>,
}

impl Connection {
    pub(super) fn new(
        stream: Box<dyn Stream>,
        address: String,
        client_id: String,
        timeout: Duration,
    ) -> Self {
        Self {
            stream,
            address,
            client_id,
            timeout,
            correlation_id: 0,
            versions: BTreeMap::new(),
            expires: None,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn learn_versions(&mut self, versions: BTreeMap<i16, (i16, i16)>) {
        self.versions = versions;
    }

    /// The newest version of a request that both sides speak.
    pub(super) fn version<R: Api>(&self) -> Result<i16, ClientError> {
        let have = self.versions.get(&R::KEY);
        have.map(|(min, max)| (R::MIN.max(*min), R::MAX.min(*max)))
            .and_then(|(min, max)| (min <= max).then_some(max))
            .ok_or_else(|| ClientError::Unsupported {
                address: self.address.clone(),
                api: R::NAME,
                need: format!("v{} to v{}", R::MIN, R::MAX),
                have: have.map_or_else(|| "none".to_owned(), |(min, max)| format!("v{min} to v{max}")),
            })
    }

    /// Sends a request in the newest common version and reads its answer.
    pub(super) fn call<R: Api>(&mut self, request: &R) -> Result<R::Response, ClientError> {
        let version = self.version::<R>()?;
        self.call_as(request, version)
    }

    /// Sends a request in a given version and reads its answer.
    pub(super) fn call_as<R: Api>(&mut self, request: &R, version: i16) -> Result<R::Response, ClientError> {
        self.correlation_id = self.correlation_id.wrapping_add(1) & i32::MAX;
        let frame = self.encode(request, version)?;
        let started = Instant::now();
        self.stream.set_deadline(started + self.timeout);
        let io_error = |address: &str, source: io::Error, received| {
            let (address, api) = (address.to_owned(), R::NAME);
            match source.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    ClientError::Timeout { address, api, waited_ms: started.elapsed().as_millis() }
                }
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => ClientError::Closed { address, api, received },
                _ => ClientError::Io { address, api, source },
            }
        };
        self.stream
            .write_all(&frame)
            .and_then(|()| self.stream.flush())
            .map_err(|e| io_error(&self.address, e, 0))?;
        let mut prefix = [0u8; 4];
        self.stream.read_exact(&mut prefix).map_err(|e| io_error(&self.address, e, 0))?;
        let announced = i32::from_be_bytes(prefix);
        let length =
            usize::try_from(announced).ok().filter(|n| (4..=R::LONGEST).contains(n)).ok_or_else(|| {
                ClientError::FrameLength {
                    address: self.address.clone(),
                    api: R::NAME,
                    length: announced,
                    limit: R::LONGEST,
                }
            })?;
        let body = read_bounded(&mut self.stream, length).map_err(|(e, n)| io_error(&self.address, e, n))?;
        self.decode::<R>(body, version)
    }

    fn encode<R: Api>(&self, request: &R, version: i16) -> Result<BytesMut, ClientError> {
        let failed = |reason: String| ClientError::Encode { api: R::NAME, reason };
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation_id)
            .with_client_id(Some(self.client_id.clone().into()));
        let mut body = BytesMut::new();
        header.encode(&mut body, R::header_version(version)).map_err(|e| failed(e.to_string()))?;
        request.encode(&mut body, version).map_err(|e| failed(e.to_string()))?;
        let length = i32::try_from(body.len()).map_err(|_| failed("longer than 2 GiB".to_owned()))?;
        let mut frame = BytesMut::with_capacity(body.len().saturating_add(4));
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&body);
        Ok(frame)
    }

    fn decode<R: Api>(&self, body: Vec<u8>, version: i16) -> Result<R::Response, ClientError> {
        let malformed = |reason: String| ClientError::Malformed {
            address: self.address.clone(),
            api: R::NAME,
            version,
            reason,
        };
        let mut bytes = Bytes::from(body);
        let header = ResponseHeader::decode(&mut bytes, R::Response::header_version(version))
            .map_err(|e| malformed(format!("header: {e}")))?;
        if header.correlation_id != self.correlation_id {
            return Err(malformed(format!(
                "correlation id {} where {} was expected",
                header.correlation_id, self.correlation_id
            )));
        }
        walk(R::SHAPE, version, &bytes).map_err(malformed)?;
        R::Response::decode(&mut bytes, version).map_err(|e| malformed(e.to_string()))
    }
}

/// Reads exactly `length` bytes; on failure also says how many came.
fn read_bounded(stream: &mut dyn Read, length: usize) -> Result<Vec<u8>, (io::Error, usize)> {
    let mut body = Vec::new();
    let mut step = vec![0u8; STEP_BYTES.min(length)];
    while body.len() < length {
        let want = step.len().min(length - body.len());
        let Some(window) = step.get_mut(..want) else { break };
        match stream.read(window) {
            Ok(0) => return Err((io::ErrorKind::UnexpectedEof.into(), body.len())),
            Ok(n) => body.extend_from_slice(step.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err((e, body.len())),
        }
    }
    Ok(body)
}
