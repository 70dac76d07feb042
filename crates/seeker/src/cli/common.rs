//! What several commands need: the document, the client, the clock.

use std::path::Path;

use lastwrites_recovered_offsets::Document;
use lastwrites_seeker::client::KafkaClient;
use lastwrites_seeker::config::ClientConfig;
use lastwrites_seeker::security::read_properties;

use super::args::Connect;
use super::failure::Failure;
use super::output::note;

/// Milliseconds since the epoch; follows `SOURCE_DATE_EPOCH` when set.
pub(crate) fn now_ms() -> i64 {
    std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|s| s.parse::<i64>().ok())
        .map_or_else(|| jiff::Timestamp::now().as_millisecond(), |s| s.saturating_mul(1000))
}

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Failure::because(path.display(), e))
}

pub(crate) fn document(path: &Path) -> Result<Document, Failure> {
    Document::from_json(bytes(path)?).map_err(|e| Failure::because(path.display(), e))
}

pub(crate) fn client(connect: &Connect) -> Result<KafkaClient, Failure> {
    let bootstrap = connect.bootstrap_server.iter().map(|s| s.parse()).collect::<Result<Vec<_>, _>>()?;
    let mut config = ClientConfig::plaintext(bootstrap);
    if let Some(path) = &connect.command_config {
        let properties = read_properties(path).map_err(|e| Failure::because(path.display(), e))?;
        if !properties.ignored.is_empty() {
            note(&format!("{}: ignored: {}", path.display(), properties.ignored.join(", ")));
        }
        config = config.with_properties(properties);
    }
    Ok(KafkaClient::new(config))
}

/// The connection arguments again, for commands that are printed to be pasted.
pub(crate) fn connect_words(connect: &Connect) -> String {
    let mut words = format!("--bootstrap-server {}", shell_word(&connect.bootstrap_server.join(",")));
    if let Some(config) = &connect.command_config {
        words.push_str(&format!(" --command-config {}", shell_word(&config.display().to_string())));
    }
    words
}

/// A word as a POSIX shell takes it back.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_survive_a_shell() {
        for word in ["plain-1.json", "my file", "it's", "a;b", "$HOME", ""] {
            let echoed = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", super::shell_word(word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(echoed.stdout).unwrap(), word);
        }
    }
}
