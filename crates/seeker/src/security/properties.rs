//! A Kafka `client.properties`: security and timeouts; what else stands in it is named and ignored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use java_properties::PropertiesIter;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;

use super::hostname::AnyName;
use super::{Login, Sasl, Secret, Security, SecurityError, Tls, jaas, stores};

const USED: &[&str] = &[
    "security.protocol",
    "sasl.mechanism",
    "sasl.jaas.config",
    "sasl.oauthbearer.token.endpoint.url",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
    "ssl.truststore.certificates",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.key.password",
    "ssl.endpoint.identification.algorithm",
    "client.id",
    "request.timeout.ms",
    "default.api.timeout.ms",
    "socket.connection.setup.timeout.ms",
];

/// What a properties file says.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    /// TLS and SASL.
    pub security: Security,
    /// `client.id`.
    pub client_id: Option<String>,
    /// `request.timeout.ms`.
    pub request_timeout: Option<Duration>,
    /// `default.api.timeout.ms`: how long to go on asking.
    pub retry_timeout: Option<Duration>,
    /// `socket.connection.setup.timeout.ms`.
    pub connect_timeout: Option<Duration>,
    /// Keys without meaning here.
    pub ignored: Vec<String>,
}

/// Reads a properties file and the stores and tokens it names.
///
/// # Errors
/// [`SecurityError`], which never repeats a secret.
pub fn read_properties(path: &Path) -> Result<Properties, SecurityError> {
    let text = read("--command-config", &path.display().to_string())?;
    let mut values = BTreeMap::new();
    PropertiesIter::new(text.as_slice())
        .read_into(|key, value| {
            values.insert(key, value);
        })
        .map_err(|e| SecurityError::Syntax { line: e.line_number() })?;
    interpret(&Values(values))
}

struct Values(BTreeMap<String, String>);

impl Values {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|v| v.trim()).filter(|v| !v.is_empty())
    }

    fn secret(&self, key: &str) -> Option<Secret> {
        self.0.get(key).filter(|v| !v.is_empty()).map(Secret::new)
    }

    fn milliseconds(&self, key: &'static str) -> Result<Option<Duration>, SecurityError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(ms) if (1..=3_600_000).contains(&ms) => Ok(Some(Duration::from_millis(ms))),
            _ => {
                Err(SecurityError::Value { key, reason: format!("{text:?} isn't 1 to 3600000 milliseconds") })
            }
        }
    }
}

fn interpret(values: &Values) -> Result<Properties, SecurityError> {
    let protocol = values.get("security.protocol").unwrap_or("PLAINTEXT").to_ascii_uppercase();
    let (tls, sasl) = match protocol.as_str() {
        "PLAINTEXT" => (false, false),
        "SSL" => (true, false),
        "SASL_PLAINTEXT" => (false, true),
        "SASL_SSL" => (true, true),
        _ => {
            let reason = format!("{protocol:?} isn't PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
            return Err(SecurityError::Value { key: "security.protocol", reason });
        }
    };
    Ok(Properties {
        security: Security {
            tls: if tls { Some(tls_config(values)?) } else { None },
            sasl: if sasl { Some(sasl_config(values)?) } else { None },
        },
        client_id: values.get("client.id").map(ToOwned::to_owned),
        request_timeout: values.milliseconds("request.timeout.ms")?,
        retry_timeout: values.milliseconds("default.api.timeout.ms")?,
        connect_timeout: values.milliseconds("socket.connection.setup.timeout.ms")?,
        ignored: ignored(&values.0),
    })
}

/// Keys without meaning here, by name. A line that is no setting at all (a piece of `sasl.jaas.config` whose
/// backslash was lost) may be a secret, and is only counted.
fn ignored(values: &BTreeMap<String, String>) -> Vec<String> {
    let unused = values.iter().filter(|(key, _)| !USED.contains(&key.as_str()));
    let (named, unnamed): (Vec<_>, Vec<_>) = unused.partition(|(key, value)| is_setting(key, value));
    let mut ignored: Vec<String> = named.into_iter().map(|(key, _)| key.clone()).collect();
    if !unnamed.is_empty() {
        ignored
            .push(format!("{} lines that are no settings (not shown, they may hold secrets)", unnamed.len()));
    }
    ignored
}

/// Kafka's settings are lower-case words with dots, but for these two.
fn is_setting(key: &str, value: &str) -> bool {
    let words =
        key.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'_'));
    !value.is_empty() && words && (key.contains('.') || matches!(key, "acks" | "retries"))
}

fn sasl_config(values: &Values) -> Result<Sasl, SecurityError> {
    let mechanism = values.get("sasl.mechanism").unwrap_or("GSSAPI");
    let needed_by = || format!("sasl.mechanism {mechanism}");
    let login = || -> Result<Login, SecurityError> {
        let text = values.get("sasl.jaas.config");
        let text =
            text.ok_or_else(|| SecurityError::Missing { key: "sasl.jaas.config", needed_by: needed_by() })?;
        let jaas =
            jaas::parse(text).map_err(|reason| SecurityError::Value { key: "sasl.jaas.config", reason })?;
        let option = |key: &str| {
            jaas.get(key)
                .cloned()
                .ok_or_else(|| SecurityError::Value { key: "sasl.jaas.config", reason: format!("no {key}") })
        };
        Ok(Login { user: option("username")?.reveal().to_owned(), password: option("password")? })
    };
    match mechanism {
        "PLAIN" => Ok(Sasl::Plain(login()?)),
        "SCRAM-SHA-256" => Ok(Sasl::ScramSha256(login()?)),
        "SCRAM-SHA-512" => Ok(Sasl::ScramSha512(login()?)),
        "OAUTHBEARER" => {
            let key = "sasl.oauthbearer.token.endpoint.url";
            let url =
                values.get(key).ok_or_else(|| SecurityError::Missing { key, needed_by: needed_by() })?;
            let Some(path) = url.strip_prefix("file:") else {
                let reason = "only file: is read here: fetch a token into a file and name that".to_owned();
                return Err(SecurityError::Value { key, reason });
            };
            // file:///path, file://localhost/path and file:/path are the same place.
            let path = path.strip_prefix("//localhost").or_else(|| path.strip_prefix("//")).unwrap_or(path);
            let token = String::from_utf8(read(key, path)?)
                .map_err(|_| SecurityError::Value { key, reason: "the token isn't text".to_owned() })?;
            Ok(Sasl::OAuthBearer(Secret::new(token.trim())))
        }
        other => Err(SecurityError::Mechanism { mechanism: other.to_owned() }),
    }
}

fn tls_config(values: &Values) -> Result<Tls, SecurityError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |key, reason| SecurityError::Value { key, reason };
    let mut roots = RootCertStore::empty();
    for certificate in trust(values)? {
        roots.add(certificate).map_err(|e| unusable("ssl.truststore.location", e.to_string()))?;
    }
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable("security.protocol", e.to_string()))?;
    let builder = match endpoint_check(values)? {
        true => builder.with_root_certificates(roots),
        false => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyName(verifier(roots, provider)?))),
    };
    let config = match own_identity(values)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|e| unusable("ssl.keystore.location", e.to_string()))?,
        None => builder.with_no_client_auth(),
    };
    Ok(Tls(Arc::new(config)))
}

fn verifier(
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, SecurityError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|e| SecurityError::Value { key: "ssl.truststore.location", reason: e.to_string() })
}

/// True: the broker's name has to be in its certificate.
fn endpoint_check(values: &Values) -> Result<bool, SecurityError> {
    let key = "ssl.endpoint.identification.algorithm";
    match values.0.get(key).map(|v| v.trim().to_ascii_lowercase()).as_deref() {
        None | Some("https") => Ok(true),
        Some("") => Ok(false),
        Some(other) => {
            Err(SecurityError::Value { key, reason: format!("{other:?} is neither https nor empty") })
        }
    }
}

fn trust(values: &Values) -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, SecurityError> {
    let password = values.secret("ssl.truststore.password");
    if let Some(pem) = values.get("ssl.truststore.certificates") {
        let key = "ssl.truststore.certificates";
        return stores::trusted(pem.as_bytes(), None).map_err(|reason| SecurityError::Value { key, reason });
    }
    let key = "ssl.truststore.location";
    match values.get(key) {
        Some(path) => stores::trusted(&read(key, path)?, password.as_ref())
            .map_err(|reason| SecurityError::Value { key, reason: format!("{path}: {reason}") }),
        // Nothing given: what the system trusts. Certificates it can't read are left out by that crate.
        None => Ok(rustls_native_certs::load_native_certs().certs),
    }
}

fn own_identity(values: &Values) -> Result<Option<stores::Identity>, SecurityError> {
    if let (Some(key), Some(chain)) =
        (values.get("ssl.keystore.key"), values.get("ssl.keystore.certificate.chain"))
    {
        let wrong = |reason| SecurityError::Value { key: "ssl.keystore.key", reason };
        let chain = stores::pem_certificates(chain.as_bytes()).map_err(wrong)?;
        return Ok(Some((chain, stores::pem_key(key.as_bytes()).map_err(wrong)?)));
    }
    let key = "ssl.keystore.location";
    let Some(path) = values.get(key) else { return Ok(None) };
    let (password, key_password) =
        (values.secret("ssl.keystore.password"), values.secret("ssl.key.password"));
    stores::identity(&read(key, path)?, password.as_ref(), key_password.as_ref())
        .map(Some)
        .map_err(|reason| SecurityError::Value { key, reason: format!("{path}: {reason}") })
}

fn read(key: &str, path: &str) -> Result<Vec<u8>, SecurityError> {
    std::fs::read(path).map_err(|source| SecurityError::Io {
        key: key.to_owned(),
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Properties, SecurityError> {
        interpret(&Values(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()))
    }

    const JAAS: &str = r#"X required username="u" password="hunter2";"#;

    #[test]
    fn what_is_understood() {
        let read = of(&[
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.jaas.config", JAAS),
            ("request.timeout.ms", "1500"),
            ("acks", "all"),
        ])
        .unwrap();
        let login = Login { user: "u".to_owned(), password: Secret::new("hunter2") };
        assert_eq!(read.security.sasl, Some(Sasl::ScramSha512(login)));
        assert_eq!(read.request_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(read.ignored, ["acks"]);
        assert!(!format!("{read:?}").contains("hunter2"));
    }

    #[test]
    fn lines_that_may_be_secrets_are_not_named() {
        // Java reads each of these lines as a key: a jaas config broken over lines without backslashes.
        let read =
            of(&[("password", "\"hunter2\";"), ("hunter2;", ""), ("aHVudGVyMg", "="), ("linger.ms", "5")]);
        let ignored = read.unwrap().ignored;
        assert_eq!(ignored, ["linger.ms", "3 lines that are no settings (not shown, they may hold secrets)"]);
    }

    #[test]
    fn unknown_mechanisms_point_to_the_stock_tool() {
        for mechanism in ["GSSAPI", "AWS_MSK_IAM"] {
            let error = of(&[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", mechanism),
                ("sasl.jaas.config", JAAS),
            ]);
            let text = error.unwrap_err().to_string();
            assert!(
                text.contains(mechanism)
                    && text.contains("kafka-consumer-groups.sh")
                    && text.contains("leader epochs"),
                "{text}"
            );
        }
    }

    #[test]
    fn wrong_values_are_named() {
        for (pairs, needle) in [
            (vec![("security.protocol", "TLS")], "security.protocol"),
            (vec![("request.timeout.ms", "soon")], "request.timeout.ms"),
            (
                vec![("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN")],
                "sasl.jaas.config is missing",
            ),
            (
                vec![("security.protocol", "SSL"), ("ssl.truststore.location", "/nowhere")],
                "ssl.truststore.location",
            ),
            (
                vec![("security.protocol", "SSL"), ("ssl.truststore.certificates", "x")],
                "no trusted certificate",
            ),
            (
                vec![("security.protocol", "SSL"), ("ssl.endpoint.identification.algorithm", "maybe")],
                "neither https",
            ),
        ] {
            let text = of(&pairs).unwrap_err().to_string();
            assert!(text.contains(needle), "{text}");
        }
    }
}
