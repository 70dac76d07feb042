//! Trust stores and key stores: PEM, PKCS12 and JKS, told apart by their first bytes as Java does.

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Secret;

const JKS_MAGIC: &[u8] = &[0xfe, 0xed, 0xfe, 0xed];

/// Our own certificate chain and key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The certificates to trust.
pub(super) fn trusted(
    store: &[u8],
    password: Option<&Secret>,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = match store {
        jks if jks.starts_with(JKS_MAGIC) => {
            let store = load_jks(jks, password)?;
            let names = store.aliases();
            names
                .iter()
                .filter_map(|alias| store.get_trusted_certificate_entry(alias).ok())
                .map(|entry| CertificateDer::from(entry.certificate.content))
                .collect()
        }
        p12 if p12.first() == Some(&0x30) => load_p12(p12, password)?
            .entries()
            .filter_map(|(_, entry)| match entry {
                KeyStoreEntry::Certificate(certificate) => {
                    Some(CertificateDer::from(certificate.as_der().to_vec()))
                }
                _ => None,
            })
            .collect(),
        pem => pem_certificates(pem)?,
    };
    if certificates.is_empty() { Err("holds no trusted certificate".to_owned()) } else { Ok(certificates) }
}

/// Certificate chain and private key.
pub(super) fn identity(
    store: &[u8],
    password: Option<&Secret>,
    key_password: Option<&Secret>,
) -> Result<Identity, String> {
    if store.starts_with(JKS_MAGIC) {
        let store = load_jks(store, password)?;
        let key_password = key_password.or(password).map(Secret::reveal).unwrap_or_default();
        let names = store.aliases();
        let alias = names.iter().find(|a| store.is_private_key_entry(a)).ok_or("holds no private key")?;
        let entry = store
            .get_private_key_entry(alias, key_password.as_bytes())
            .map_err(|_| "the private key can't be opened (ssl.key.password?)".to_owned())?;
        let chain = entry.certificate_chain.into_iter().map(|c| CertificateDer::from(c.content)).collect();
        return Ok((chain, PrivatePkcs8KeyDer::from(entry.private_key).into()));
    }
    if store.first() == Some(&0x30) {
        let store = load_p12(store, password)?;
        let (_, chain) = store.private_key_chain().ok_or("holds no private key with a certificate")?;
        let certificates = chain.certs().iter().map(|c| CertificateDer::from(c.as_der().to_vec())).collect();
        return Ok((certificates, PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec()).into()));
    }
    Ok((pem_certificates(store)?, pem_key(store)?))
}

pub(super) fn pem_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| "not a PEM, PKCS12 or JKS store".to_owned())
}

pub(super) fn pem_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        "holds no unencrypted PEM private key (an encrypted one can be kept in a PKCS12 store)".to_owned()
    })
}

fn load_p12(store: &[u8], password: Option<&Secret>) -> Result<KeyStore, String> {
    KeyStore::from_pkcs12(
        store,
        password.map(Secret::reveal).unwrap_or_default(),
        Pkcs12ImportPolicy::Relaxed,
    )
    .map_err(|_| {
        "the PKCS12 store can't be opened (wrong password, or an algorithm that isn't known here)".to_owned()
    })
}

fn load_jks(store: &[u8], password: Option<&Secret>) -> Result<jks::KeyStore, String> {
    let mut loaded = jks::KeyStore::new();
    loaded
        .load(store, password.map(Secret::reveal).unwrap_or_default().as_bytes())
        .map_err(|_| "the JKS store can't be opened (wrong password?)".to_owned())?;
    Ok(loaded)
}
