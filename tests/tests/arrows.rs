//! Who may use whom: the dependency arrows between the crates, which of them may touch the network,
//! the ledger's database and OpenSSL, where `unsafe` may stand, and that no client code speaks
//! plain HTTP. Each rule is also shown a breach that it must find.

#![allow(clippy::expect_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use utpost_tests::{read, root, sources_below};

/// Our crates, and what each may use of ours when it is built for the product.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("pki", &["domain"]),
    ("parcel", &["domain", "pki"]),
    ("wire", &["domain", "pki", "parcel"]),
    ("letters", &["domain"]),
    ("dispatch", &["domain", "pki", "parcel", "wire", "letters"]),
    ("access", &["dispatch", "wire", "parcel", "pki", "domain"]),
    ("ledger", &["dispatch", "domain"]),
    ("platform", &["dispatch", "pki"]),
    // Checks what the others make with code of its own, so it may share only numbers with them.
    ("practice", &["domain"]),
    (
        "workplace",
        &[
            "domain", "pki", "parcel", "wire", "letters", "dispatch", "access", "ledger",
            "platform", "practice",
        ],
    ),
    ("cli", SHELL),
    ("desktop", SHELL),
];

/// What the programs themselves may use: all but each other.
const SHELL: &[&str] = &[
    "domain",
    "pki",
    "parcel",
    "wire",
    "letters",
    "dispatch",
    "access",
    "ledger",
    "platform",
    "practice",
    "workplace",
];

/// Foreign crates that only these of ours may use when built for the product.
const ONLY: &[(&str, &[&str])] = &[
    // The workplace talks to the practice environment's control interface.
    ("reqwest", &["access", "workplace"]),
    ("rusqlite", &["ledger"]),
    ("openssl", &["practice"]),
    ("openssl-sys", &["platform"]),
    ("axum", &["practice"]),
    ("keyring", &["platform"]),
    ("clap", &["cli"]),
    ("tracing-subscriber", &["workplace"]),
];

/// Members of the workspace that are no part of the product.
const TOOLS: &[&str] = &["utpost-tests", "xtask"];

#[test]
fn every_arrow_between_crates_is_allowed() {
    assert_eq!(arrow_breaches(&metadata()), Vec::<String>::new());
}

#[test]
fn an_arrow_against_the_table_is_found() {
    let breach = |from: &str, to: &str, kind: Value| {
        arrow_breaches(&json!({"packages": [
            {"name": from, "dependencies": [{"name": to, "kind": kind}]}
        ]}))
    };
    assert_eq!(breach("utpost-domain", "utpost-pki", Value::Null).len(), 1);
    assert_eq!(
        breach("utpost-practice", "utpost-parcel", json!("build")).len(),
        1
    );
    assert_eq!(
        breach("utpost-practice", "utpost-parcel", json!("dev")).len(),
        0
    );
    assert_eq!(breach("utpost-pki", "utpost-domain", Value::Null).len(), 0);
    assert_eq!(
        breach("utpost-cli", "utpost-workplace", Value::Null).len(),
        0
    );
    assert_eq!(breach("utpost-desktop", "utpost-cli", Value::Null).len(), 1);
    assert_eq!(
        breach("utpost-workplace", "utpost-cli", Value::Null).len(),
        1
    );
    assert_eq!(breach("utpost-unheard-of", "serde", Value::Null).len(), 1);
}

#[test]
fn what_touches_the_world_is_used_in_its_own_crate_only() {
    assert_eq!(foreign_breaches(&metadata()), Vec::<String>::new());
}

#[test]
fn a_foreign_crate_in_the_wrong_place_is_found() {
    let breach = |from: &str, to: &str| {
        foreign_breaches(&json!({"packages": [
            {"name": from, "dependencies": [{"name": to, "kind": null}]}
        ]}))
    };
    assert_eq!(breach("utpost-dispatch", "reqwest").len(), 1);
    assert_eq!(breach("utpost-pki", "openssl").len(), 1);
    assert_eq!(breach("utpost-domain", "tauri").len(), 1);
    assert_eq!(breach("utpost-letters", "tauri-plugin-fs").len(), 1);
    assert_eq!(breach("utpost-workplace", "tauri").len(), 1);
    assert_eq!(breach("utpost-desktop", "tauri").len(), 0);
    assert_eq!(breach("utpost-desktop", "reqwest").len(), 1);
    assert_eq!(breach("utpost-access", "reqwest").len(), 0);
}

#[test]
fn unsafe_stands_in_platform_only() {
    for (name, _) in ARROWS.iter().filter(|(name, _)| *name != "platform") {
        for file in sources(name) {
            assert!(!has_unsafe(&read(&file)), "{}", file.display());
        }
    }
}

#[test]
fn unsafe_and_leave_to_use_it_are_found() {
    assert!(has_unsafe("fn f() { unsafe { g() } }"));
    assert!(has_unsafe("#![allow(unsafe_code)]"));
    assert!(!has_unsafe("/// Nothing unsafe here.\nfn f() {} // unsafe"));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (name, _) in ARROWS {
        let manifest = read(&folder(name).join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}");
    }
    assert!(read(&root().join("Cargo.toml")).contains("unsafe_code = \"deny\""));
}

#[test]
fn client_code_has_no_plain_http() {
    for name in ["access", "workplace"] {
        let files = sources(name);
        for file in &files {
            assert!(!has_plain_http(&read(file)), "{}", file.display());
        }
        assert!(
            files
                .iter()
                .any(|file| product_code(&read(file)).contains(".https_only(true)")),
            "the client of {name} itself must refuse any address but https"
        );
    }
}

#[test]
fn plain_http_is_found() {
    assert!(has_plain_http("let base = \"http://example.com\";"));
    assert!(has_plain_http("client.https_only(false)"));
    assert!(!has_plain_http(
        "// http:// is refused\nlet base = \"https://example.com\";"
    ));
    assert!(!has_plain_http(
        "#[cfg(test)]\nmod tests { const BAD: &str = \"http://x\"; }"
    ));
}

fn arrow_breaches(metadata: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    for (package, name) in product_packages(metadata) {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            breaches.push(format!("{name} is not in the table"));
            continue;
        };
        for used in product_dependencies(package) {
            if let Some(ours) = used.strip_prefix("utpost-")
                && !allowed.contains(&ours)
            {
                breaches.push(format!("{name} uses {ours}"));
            }
        }
    }
    breaches
}

fn foreign_breaches(metadata: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    for (package, name) in product_packages(metadata) {
        for used in product_dependencies(package) {
            let is_window = used == "tauri" || used.starts_with("tauri-");
            let is_elsewhere = ONLY
                .iter()
                .any(|(guarded, homes)| *guarded == used && !homes.contains(&name));
            if (is_window && name != "desktop") || is_elsewhere {
                breaches.push(format!("{name} uses {used}"));
            }
        }
    }
    breaches
}

/// The packages of the product, each with its name without `utpost-`.
fn product_packages(metadata: &Value) -> impl Iterator<Item = (&Value, &str)> {
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let name = package["name"].as_str()?;
            (!TOOLS.contains(&name))
                .then(|| (package, name.strip_prefix("utpost-").unwrap_or(name)))
        })
}

/// What a package uses when it is built for the product: all but its tests' own.
fn product_dependencies(package: &Value) -> BTreeSet<&str> {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| dependency["kind"] != "dev")
        .filter_map(|dependency| dependency["name"].as_str())
        .collect()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata answers with JSON")
}

fn has_unsafe(source: &str) -> bool {
    without_comments(source)
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "unsafe" || word == "unsafe_code")
}

fn has_plain_http(source: &str) -> bool {
    let code = product_code(source);
    code.contains("http://") || code.contains("https_only(false)")
}

/// The source without comments, and without the unit tests, which stand last.
fn product_code(source: &str) -> String {
    let code = without_comments(source);
    code.split("#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Drops what follows `//`, except within an address.
fn without_comments(source: &str) -> String {
    let mut code = String::new();
    for line in source.lines() {
        let comment = line.match_indices("//").map(|(at, _)| at);
        let end = comment
            .into_iter()
            .find(|at| !line[..*at].ends_with(':'))
            .unwrap_or(line.len());
        code.push_str(&line[..end]);
        code.push('\n');
    }
    code
}

fn sources(name: &str) -> Vec<PathBuf> {
    sources_below(folder(name).join("src"))
}

/// Where a crate lies: the window apart from the others, as its tools want it.
fn folder(name: &str) -> PathBuf {
    match name {
        "desktop" => root().join("src-tauri"),
        name => root().join("crates").join(name),
    }
}
