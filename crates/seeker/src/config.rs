//! How to reach a cluster: addresses, timeouts, security.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::security::{Properties, Security};

/// `host:port`; IPv6 hosts in brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The text isn't `host:port`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseHostPortError(String);

impl fmt::Display for ParseHostPortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not host:port", self.0)
    }
}

impl std::error::Error for ParseHostPortError {}

impl FromStr for HostPort {
    type Err = ParseHostPortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseHostPortError(text.to_owned());
        // Kafka allows a listener name in front: PLAINTEXT://host:port.
        let bare = text.trim().rsplit("://").next().unwrap_or_default();
        let (host, port) = bare.rsplit_once(':').ok_or_else(wrong)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().filter(|p| *p != 0).ok_or_else(wrong)?;
        if host.is_empty() { Err(wrong()) } else { Ok(Self { host: host.to_owned(), port }) }
    }
}

/// Everything needed to open connections.
#[derive(Clone)]
pub struct ClientConfig {
    /// Where to ask first.
    pub bootstrap: Vec<HostPort>,
    /// `client.id`, shown in broker logs and quotas.
    pub client_id: String,
    /// TLS and SASL.
    pub security: Security,
    /// How long one TCP connection may take to open.
    pub connect_timeout: Duration,
    /// How long one request may take, whole answer included.
    pub request_timeout: Duration,
    /// How long a request is repeated while coordinators or leaders move.
    pub retry_timeout: Duration,
}

impl ClientConfig {
    /// PLAINTEXT with Kafka's usual timeouts, shortened where a person waits.
    #[must_use]
    pub fn plaintext(bootstrap: Vec<HostPort>) -> Self {
        Self {
            bootstrap,
            client_id: "lastwrites-seek".to_owned(),
            security: Security::default(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            retry_timeout: Duration::from_secs(20),
        }
    }

    /// The same with what a properties file says.
    #[must_use]
    pub fn with_properties(self, properties: Properties) -> Self {
        Self {
            client_id: properties.client_id.unwrap_or(self.client_id),
            security: properties.security,
            connect_timeout: properties.connect_timeout.unwrap_or(self.connect_timeout),
            request_timeout: properties.request_timeout.unwrap_or(self.request_timeout),
            retry_timeout: properties.retry_timeout.unwrap_or(self.retry_timeout),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let ok = |text: &str| text.parse::<HostPort>().map(|a| (a.host, a.port)).ok();
        assert_eq!(ok("broker-1:9092"), Some(("broker-1".to_owned(), 9092)));
        assert_eq!(ok("SSL://[::1]:9093"), Some(("::1".to_owned(), 9093)));
        for wrong in ["broker-1", ":9092", "broker-1:", "broker-1:0", "broker-1:99999", ""] {
            assert_eq!(ok(wrong), None, "{wrong}");
        }
    }
}
