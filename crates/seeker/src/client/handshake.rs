//! Opens a connection and makes it ready: TCP, TLS, ApiVersions, SASL.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Instant;

use kafka_protocol::messages::ApiVersionsRequest;

use super::authenticate::authenticate;
use super::connection::{Connection, Stream};
use super::deadline::DeadlineStream;
use super::{ClientError, ErrorCode, tls};
use crate::config::ClientConfig;

/// Opens a connection to `host:port` that is ready for requests.
pub(super) fn open(config: &ClientConfig, host: &str, port: u16) -> Result<Connection, ClientError> {
    let address = format!("{host}:{port}");
    let tcp = dial(config, host, port, &address)?;
    let plain = DeadlineStream::new(tcp, Instant::now() + config.request_timeout);
    let stream: Box<dyn Stream> = match &config.security.tls {
        Some(tls) => Box::new(tls::wrap(plain, tls, host, &address)?),
        None => Box::new(plain),
    };
    let mut connection = Connection::new(stream, address, config.client_id.clone(), config.request_timeout);
    negotiate(&mut connection)?;
    if let Some(sasl) = &config.security.sasl {
        authenticate(&mut connection, sasl)?;
    }
    Ok(connection)
}

fn dial(config: &ClientConfig, host: &str, port: u16, address: &str) -> Result<TcpStream, ClientError> {
    let resolve = |source| ClientError::Resolve { address: address.to_owned(), source };
    let mut last = None;
    for socket in (host, port).to_socket_addrs().map_err(resolve)? {
        match TcpStream::connect_timeout(&socket, config.connect_timeout) {
            Ok(tcp) => {
                // Requests are small and answered one by one; without this each waits for the last one's ACK.
                tcp.set_nodelay(true)
                    .map_err(|source| ClientError::Connect { address: address.to_owned(), source })?;
                return Ok(tcp);
            }
            Err(e) => last = Some(e),
        }
    }
    Err(match last {
        Some(source) => ClientError::Connect { address: address.to_owned(), source },
        None => resolve(io::Error::new(io::ErrorKind::NotFound, "no address")),
    })
}

fn negotiate(connection: &mut Connection) -> Result<(), ClientError> {
    let answer = connection.call_as(&ApiVersionsRequest::default(), 0)?;
    let code = ErrorCode(answer.error_code);
    if !code.is_none() {
        return Err(ClientError::Broker {
            address: connection.address().to_owned(),
            api: "ApiVersions",
            about: "this client".to_owned(),
            code,
            message: None,
        });
    }
    let versions = answer.api_keys.iter().map(|k| (k.api_key, (k.min_version, k.max_version))).collect();
    connection.learn_versions(versions);
    Ok(())
}
