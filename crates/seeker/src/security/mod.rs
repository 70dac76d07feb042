//! How a connection is protected: TLS settings and SASL credentials, as a Kafka `client.properties` states them.

mod error;
mod hostname;
mod jaas;
mod properties;
mod secret;
mod stores;

pub use error::SecurityError;
pub use properties::{Properties, read_properties};
pub use secret::Secret;

use std::fmt;
use std::sync::Arc;

/// A SASL mechanism with what it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sasl {
    /// User and password in the clear (inside TLS, one hopes).
    Plain(Login),
    /// Salted challenge, SHA-256.
    ScramSha256(Login),
    /// Salted challenge, SHA-512.
    ScramSha512(Login),
    /// A token that someone else fetched.
    OAuthBearer(Secret),
}

/// User and password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

impl Sasl {
    /// The mechanism's registered name.
    #[must_use]
    pub const fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain(_) => "PLAIN",
            Self::ScramSha256(_) => "SCRAM-SHA-256",
            Self::ScramSha512(_) => "SCRAM-SHA-512",
            Self::OAuthBearer(_) => "OAUTHBEARER",
        }
    }
}

impl Sasl {
    /// A broker's words without our password or token, should it repeat them.
    #[must_use]
    pub(crate) fn hide_in(&self, text: &str) -> String {
        let secret = match self {
            Self::Plain(login) | Self::ScramSha256(login) | Self::ScramSha512(login) => &login.password,
            Self::OAuthBearer(token) => token,
        };
        match secret.reveal() {
            "" => text.to_owned(),
            secret => text.replace(secret, "(hidden)"),
        }
    }
}

/// TLS settings, ready for use.
#[derive(Clone)]
pub struct Tls(pub(crate) Arc<rustls::ClientConfig>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// What lies between the socket and the first request.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// TLS, if any.
    pub tls: Option<Tls>,
    /// SASL, if any.
    pub sasl: Option<Sasl>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_repeats_the_password_is_not_repeated() {
        let login = |password| Login { user: "u".to_owned(), password: Secret::new(password) };
        assert_eq!(Sasl::Plain(login("hunter2")).hide_in("no user with hunter2"), "no user with (hidden)");
        assert_eq!(Sasl::ScramSha512(login("")).hide_in("no"), "no");
    }
}
