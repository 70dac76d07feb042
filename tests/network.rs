//! The offline binary can't talk to a network: by what it links, and by what it does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// HTTP, TLS and DNS clients, what they are made of, and asynchronous runtimes of other makers. Never linked.
const NEVER: &[&str] = &[
    "async-std",
    "async-io",
    "smol",
    "polling",
    "hyper",
    "hyper-util",
    "reqwest",
    "ureq",
    "curl",
    "curl-sys",
    "isahc",
    "attohttpc",
    "h2",
    "h3",
    "quinn",
    "http",
    "rustls",
    "native-tls",
    "openssl",
    "openssl-sys",
    "boring",
    "ring",
    "aws-lc-rs",
    "aws-lc-sys",
    "webpki-roots",
    "trust-dns-resolver",
    "hickory-resolver",
    "hickory-proto",
    "object_store",
    "rdkafka",
    "rdkafka-sys",
    "kafka-protocol",
    "lastwrites-seeker",
];

/// Crates that can open a socket. polars links them through its async helper and starts none of it.
const SOCKETS: &[&str] = &["tokio", "mio", "socket2"];

/// Names of everything the binary links, build scripts and tests left out.
fn linked(features: &[&str]) -> BTreeSet<String> {
    let out = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "lastwrites",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(features)
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let names: BTreeSet<String> =
        text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    // The check would pass on an empty list too.
    assert!(names.contains("lastwrites-segment") && names.contains("clap"), "{text}");
    names
}

fn found<'a>(names: &BTreeSet<String>, banned: &[&'a str]) -> Vec<&'a str> {
    banned.iter().copied().filter(|name| names.contains(*name)).collect()
}

#[test]
fn without_tables_nothing_linked_can_open_a_socket() {
    let names = linked(&["--no-default-features"]);
    assert_eq!(found(&names, NEVER), [""; 0]);
    assert_eq!(found(&names, SOCKETS), [""; 0]);
    assert!(!names.contains("polars"));
}

#[test]
fn with_tables_no_http_tls_or_dns_client_is_linked() {
    let names = linked(&[]);
    assert_eq!(found(&names, NEVER), [""; 0]);
    // The README says that polars brings these. When it no longer does, both change.
    assert_eq!(found(&names, SOCKETS), SOCKETS);
}

/// Every command on real evidence, watched: no system call of the network family. Needs `strace` (Linux); without it the
/// test says so, and fails where `CI=true`.
#[test]
fn no_command_makes_a_network_call() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "strace is required where CI=true");
        eprintln!("skipped: strace is not installed");
        return;
    }
    let evidence = Path::new(ROOT).join("fixtures/broker");
    assert!(evidence.is_dir(), "{} is missing", evidence.display());
    let dir = tempfile::tempdir().unwrap();
    let offsets = dir.path().join("recovered-offsets.json");
    for (number, (command, rest)) in commands(&evidence, &offsets).into_iter().enumerate() {
        let trace = dir.path().join(format!("trace-{number}"));
        let out = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=network", "-e", "signal=none", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_lastwrites"))
            .arg(command)
            .args(&rest)
            .output()
            .unwrap();
        // 0 and 1 are answers; 2 means the command did not run and the trace says nothing.
        let code = out.status.code();
        assert!(matches!(code, Some(0 | 1)), "{command}: {code:?}\n{}", String::from_utf8_lossy(&out.stderr));
        let calls = fs::read_to_string(&trace).unwrap();
        assert_eq!(calls, "", "{command} made network calls");
    }
}

fn commands(evidence: &Path, offsets: &Path) -> Vec<(&'static str, Vec<PathBuf>)> {
    let path = |text: &str| PathBuf::from(text);
    let all = || evidence.to_owned();
    // One cluster for what refuses to mix several.
    let one = || evidence.join("classic-4.1.2/data");
    vec![
        ("examine", vec![all()]),
        ("scan", vec![path("--json"), all()]),
        ("dump", vec![path("--json"), all()]),
        ("groups", vec![path("--json"), all()]),
        ("recover", vec![one(), path("--all-groups"), path("-o"), offsets.to_owned()]),
        ("partition-for", vec![path("my-group")]),
    ]
}
