//! SASL over Kafka's own requests: SaslHandshake, then SaslAuthenticate until both sides are content.

use std::time::{Duration, Instant};

use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::config::SASLConfig;
use rsasl::mechname::Mechname;
use rsasl::prelude::{SASLClient, SessionError, State};
use rsasl::property::{AuthId, OAuthBearerToken, Password};

use super::ClientError;
use super::connection::Connection;
use crate::security::Sasl;

/// No mechanism here takes more; a broker that goes on asking is not one.
const MAX_STEPS: usize = 8;

struct Credentials(Sasl);

impl SessionCallback for Credentials {
    fn callback(
        &self,
        _: &SessionData,
        _: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        match &self.0 {
            Sasl::Plain(login) | Sasl::ScramSha256(login) | Sasl::ScramSha512(login) => {
                request.satisfy::<AuthId>(&login.user)?;
                request.satisfy::<Password>(login.password.reveal().as_bytes())?;
            }
            Sasl::OAuthBearer(token) => {
                request.satisfy::<OAuthBearerToken>(token.reveal())?;
            }
        }
        Ok(())
    }
}

/// Authenticates the connection and notes when that has to be renewed.
pub(super) fn authenticate(connection: &mut Connection, sasl: &Sasl) -> Result<(), ClientError> {
    let address = connection.address().to_owned();
    let refused = |reason: String| ClientError::Authentication {
        address: address.clone(),
        mechanism: sasl.mechanism().to_owned(),
        reason,
    };
    let handshake = SaslHandshakeRequest::default().with_mechanism(sasl.mechanism().into());
    let offered = connection.call(&handshake)?;
    if offered.error_code != 0 {
        let names: Vec<String> = offered.mechanisms.iter().map(ToString::to_string).collect();
        return Err(refused(format!("the listener offers {}", names.join(", "))));
    }
    // The library's errors may repeat what it was given, so only their kind is told.
    let failed = |_| refused("the exchange failed on our side".to_owned());
    let config =
        SASLConfig::builder().with_defaults().with_callback(Credentials(sasl.clone())).map_err(failed)?;
    let name = Mechname::parse(sasl.mechanism().as_bytes())
        .map_err(|_| refused("the mechanism's name is impossible".to_owned()))?;
    let mut session = SASLClient::new(config).start_suggested(&[name]).map_err(failed)?;
    let mut challenge: Option<Vec<u8>> = None;
    for _ in 0..MAX_STEPS {
        let mut message = Vec::new();
        let state = session.step(challenge.as_deref(), &mut message).map_err(|_| {
            refused("the broker's answer doesn't fit the exchange (wrong password on its side?)".to_owned())
        })?;
        if matches!(state, State::Finished(_)) && message.is_empty() && challenge.is_some() {
            return Ok(());
        }
        let answer = connection.call(&SaslAuthenticateRequest::default().with_auth_bytes(message.into()))?;
        if answer.error_code != 0 {
            let said = answer.error_message.map(|m| m.to_string()).unwrap_or_default();
            return Err(refused(sasl.hide_in(&said)));
        }
        if answer.session_lifetime_ms > 0 {
            // Renewed early: a request must not fall into the gap.
            let lifetime = Duration::from_millis(answer.session_lifetime_ms.unsigned_abs());
            connection.expires = Instant::now().checked_add(lifetime.mul_f64(0.8));
        }
        if matches!(state, State::Finished(_)) {
            return Ok(());
        }
        challenge = Some(answer.auth_bytes.to_vec());
    }
    Err(refused(format!("no end after {MAX_STEPS} steps")))
}
