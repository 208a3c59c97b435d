//! README and ARCHITECTURE name nothing that is not there. The commands of `cargo xtask` that they
//! name are checked in xtask itself.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use utpost_tests::{read, root, sources_below};

#[test]
fn every_test_named_in_the_architecture_exists() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let names: Vec<&str> = quoted(&text).filter(|name| is_test_name(name)).collect();
    assert!(names.len() > 15, "the promises name their tests");
    let all: String = ["crates", "src-tauri", "tests"]
        .iter()
        .flat_map(|folder| sources_below(root().join(folder)))
        .map(|path| read(&path))
        .collect();
    for name in names {
        assert!(
            all.contains(&format!("fn {name}(")),
            "{name} is promised and not there"
        );
    }
}

#[test]
fn every_path_named_in_the_documents_exists() {
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let readme = read(&root().join("README.md"));
    let named = quoted(&architecture).filter(|word| is_path(word));
    let links = [&architecture, &readme].map(|text| text.split("](").skip(1));
    let linked = links.into_iter().flatten();
    let linked = linked.filter_map(|rest| rest.split(')').next());
    let mut found = 0;
    for path in named.chain(linked) {
        // Of a file in a crate the table leaves out the first folder.
        let there = root().join(path).exists() || root().join("crates").join(path).exists();
        assert!(there, "{path} is named and not there");
        found += 1;
    }
    assert!(found > 8, "the documents name files");
}

#[test]
fn every_console_line_of_the_readme_fits_the_console() {
    let typed = read(&root().join("crates/cli/src/args.rs"));
    let readme = read(&root().join("README.md"));
    let lines: Vec<&str> = readme
        .split("utpost ")
        .skip(1)
        .filter_map(|rest| rest.split(['`', '#', '\n']).next())
        .collect();
    assert!(lines.len() > 5, "the README shows the console");
    for line in lines {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        if !command.starts_with('-') {
            assert!(has_variant(&typed, "Command", command), "utpost {line}");
        }
        if command == "practice" {
            let practice = words.next().unwrap_or_default();
            assert!(has_variant(&typed, "Practice", practice), "utpost {line}");
        }
        let words = line.split_whitespace();
        for option in words.filter_map(|word| word.strip_prefix("--")) {
            let field = format!("{}:", option.replace('-', "_"));
            assert!(
                option == "help" || typed.split_whitespace().any(|word| word == field),
                "utpost {line}"
            );
        }
    }
}

#[test]
fn what_is_not_there_is_found() {
    let typed = "pub(crate) enum Command {\n    Send(Send),\n    Doctor,\n}\n";
    assert!(has_variant(typed, "Command", "send"));
    assert!(has_variant(typed, "Command", "doctor"));
    assert!(!has_variant(typed, "Command", "doc"));
    assert!(!has_variant(typed, "Practice", "send"));
    assert!(is_path("practice/tests/refused.rs"));
    assert!(!is_path("DATA/ of the agency"));
    assert!(!is_path("dispatch::ports"));
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_test_name(name: &str) -> bool {
    name.len() > 20
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn is_path(word: &str) -> bool {
    word.contains('/')
        && !word.starts_with('/')
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

/// Whether the enum of this name has a variant for this command.
fn has_variant(source: &str, name: &str, command: &str) -> bool {
    let variants = source
        .split(&format!("enum {name} {{\n"))
        .nth(1)
        .and_then(|rest| rest.split("\n}").next())
        .unwrap_or_default();
    variants.lines().any(|line| {
        let variant = line.strip_prefix("    ").unwrap_or_default();
        let end = variant
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(variant.len());
        variant[..end].to_lowercase() == command
    })
}
