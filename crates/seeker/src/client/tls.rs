//! TLS around a connection.

use std::io;
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::ClientError;
use super::connection::Stream;
use super::deadline::DeadlineStream;
use crate::security::Tls;

impl Stream for StreamOwned<ClientConnection, DeadlineStream> {
    fn set_deadline(&mut self, deadline: Instant) {
        self.sock.set_deadline(deadline);
    }
}

/// Completes the handshake, so that a certificate problem is told as one.
pub(super) fn wrap(
    mut plain: DeadlineStream,
    tls: &Tls,
    host: &str,
    address: &str,
) -> Result<StreamOwned<ClientConnection, DeadlineStream>, ClientError> {
    let failed = |reason: String| ClientError::Tls { address: address.to_owned(), reason };
    let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(e.to_string()))?;
    let mut session = ClientConnection::new(tls.0.clone(), name).map_err(|e| failed(e.to_string()))?;
    while session.is_handshaking() {
        session.complete_io(&mut plain).map_err(|e| match e.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                failed("no whole handshake in time".to_owned())
            }
            io::ErrorKind::UnexpectedEof => {
                failed("the broker closed the connection (is this a TLS listener?)".to_owned())
            }
            _ => failed(e.to_string()),
        })?;
    }
    Ok(StreamOwned::new(session, plain))
}
