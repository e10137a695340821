//! A service behind TLS, as the public sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use std::path::PathBuf;
use std::sync::Arc;

use fake::play_behind;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// A certificate for localhost that no system knows, and the file that holds it.
fn certificate(directory: &TempDir) -> (TlsAcceptor, PathBuf) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, own.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

#[tokio::test]
async fn votes_are_cast_and_turnout_is_watched_by_way_of_https() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, ca) = certificate(&directory);
    let line =
        ["watch", "--voters", "100", "--rate", "2000", "--watchers", "3", "--ca", ca.to_str().unwrap()];
    let report = play_behind(tls, &line).await.unwrap();
    assert_eq!(report.differences(), [""; 0]);
    let figures = &report.to_json()["figures"];
    assert_eq!(figures["acknowledged"], 100);
    assert!(figures["frames_fewest"].as_u64().unwrap() > 0, "{figures}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (tls, _) = certificate(&tempfile::tempdir().unwrap());
    let error = play_behind(tls, &["import", "--voters", "1"]).await.err().unwrap();
    let told = format!("{error:#}");
    assert!(told.contains("certificate") && told.contains("--ca"), "{told}");
}
