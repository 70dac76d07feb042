//! Connections kept for reuse, per address, for any number of threads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::ClientError;
use super::connection::Connection;
use super::handshake;
use crate::config::ClientConfig;

/// Idle connections by address. A thread takes one or opens one, and gives it back only after a clean answer.
pub(super) struct Pool {
    config: ClientConfig,
    idle: Mutex<HashMap<String, Vec<Connection>>>,
}

/// Whether a request may be sent a second time when an idle connection turns out to be dead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Asks only.
    Reads,
    /// Changes something: never sent twice without reading back between.
    Writes,
}

impl Pool {
    pub(super) fn new(config: ClientConfig) -> Self {
        Self { config, idle: Mutex::new(HashMap::new()) }
    }

    pub(super) fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Runs `exchange` on a connection to `host:port`.
    pub(super) fn with<T>(
        &self,
        host: &str,
        port: u16,
        effect: Effect,
        mut exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let address = format!("{host}:{port}");
        // The most recently used one first: a write follows a read of the same coordinator, so it's alive.
        if let Some(mut connection) = self.take(&address) {
            match exchange(&mut connection) {
                // The broker may have closed it while it was idle; then a new one decides.
                Err(ClientError::Closed { .. } | ClientError::Io { .. }) if effect == Effect::Reads => {}
                answer => return self.settle(address, connection, answer),
            }
        }
        let mut connection = handshake::open(&self.config, host, port).map_err(|e| match effect {
            Effect::Reads => e,
            Effect::Writes => e.unsent(),
        })?;
        let answer = exchange(&mut connection);
        self.settle(address, connection, answer)
    }

    /// Keeps the connection unless the answer left it in an unknown state.
    fn settle<T>(
        &self,
        address: String,
        connection: Connection,
        answer: Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        if !answer.as_ref().is_err_and(ClientError::spoils_connection) {
            self.give(address, connection);
        }
        answer
    }

    fn take(&self, address: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle.get_mut(address)?;
        let now = Instant::now();
        waiting.retain(|c| c.expires.is_none_or(|at| now < at));
        waiting.pop()
    }

    fn give(&self, address: String, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).entry(address).or_default().push(connection);
    }
}
