//! What the page has of the bridge is generated here: its types, and the lists of codes that its
//! text files must word. `UTPOST_UPDATE_GOLDEN=1` writes the files anew.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use ts_rs::{Config, TS};
use utpost_dispatch::Code;
use utpost_domain::Reason;

use crate::bridge::*;

const HEAD: &str = "// Generated from src-tauri/src/bridge.rs by its test; do not edit.\n\n";

macro_rules! declared {
    ($($name:ident)*) => {
        fn types() -> String {
            let config = Config::new().with_large_int("number");
            let mut text = HEAD.to_owned();
            $(write!(text, "export {}\n\n", $name::decl(&config)).unwrap();)*
            text
        }

        /// Every type that has a TypeScript form.
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

declared! {
    Startup Session EnvironmentName CertificateView Preferences Tongue Theme AgencyForm Returns
    Colour PostClass Trouble FamilyName Notice ProgressStep Connection ConnectionState Closing
    LetterName Standstill HaltView RestoredView ThawView Role Composition EarlierLetter DocumentView
    PageView Remark ReadFromLetter NumberSeen LetterForm Kind LetterLanguage Security AddressForm
    NumberCheck AddressCheck AddressFaultView AddressField AddressFaultKind LookedUp DecisionView
    ChannelView Party FactsView ContactView PriceView SendOrder SendOutcome LetterRow LateView
    StepName StateName CarrierName NoteName ActionName Outbox OutboxRow Counts LetterQuery Filter
    LetterList LetterDetail DoubtedReceipt TimelineItem TimelineEvent
    TransportStatusName ReceiptName PracticePerson SampleLetter PracticeBooks MailboxLetter
    CitizenNotice NoticeChannel PrintOrder PrintStage
}

fn codes() -> String {
    let mut text = HEAD.replace("bridge.rs", "generated.rs");
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for (list, name, about, words) in [
        (
            "CODES",
            "Code",
            "Everything that can go wrong, as `Trouble.code` says it.",
            codes,
        ),
        (
            "REASONS",
            "Reason",
            "The rows of the decision table, as `DecisionView.reason` says them.",
            reasons,
        ),
    ] {
        write!(text, "/** {about} */\nexport const {list} = [\n").unwrap();
        for word in words {
            writeln!(text, "  \"{word}\",").unwrap();
        }
        write!(
            text,
            "] as const;\n\nexport type {name} = (typeof {list})[number];\n\n"
        )
        .unwrap();
    }
    text
}

fn is_kept(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../ui/src/bridge")
        .join(file);
    let text = format!("{}\n", text.trim_end());
    if std::env::var_os("UTPOST_UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(
        kept == text,
        "ui/src/bridge/{file} is not what src-tauri says: write it anew with UTPOST_UPDATE_GOLDEN=1"
    );
}

#[test]
fn the_page_has_the_types_of_the_bridge() {
    is_kept("types.ts", &types());
}

#[test]
fn the_page_has_all_codes_and_reasons() {
    is_kept("codes.ts", &codes());
}

#[test]
fn no_type_of_the_bridge_is_left_out() {
    let source = include_str!("bridge.rs");
    let defined = source.lines().filter_map(|line| {
        let rest = line.strip_prefix("pub(crate) ")?;
        let rest = rest
            .strip_prefix("struct ")
            .or(rest.strip_prefix("enum "))?;
        rest.split_whitespace().next()
    });
    let defined: Vec<_> = defined.collect();
    assert_eq!(defined, NAMES);
}

/// The words of the configuration files, where they name commands.
fn words(text: &str) -> Vec<String> {
    text.split('"')
        .filter(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-')
        })
        .map(|word| word.replace('-', "_"))
        .collect()
}

#[test]
fn every_command_is_known_to_the_build_and_allowed_to_the_page_and_nothing_else_is() {
    let main = include_str!("main.rs");
    let handled: Vec<_> = main
        .lines()
        .filter_map(|line| line.trim().strip_prefix("commands::")?.strip_suffix(','))
        .map(str::to_owned)
        .collect();
    assert!(handled.len() > 30);
    assert_eq!(words(include_str!("../build.rs")), handled);
    let capabilities: serde_json::Value =
        serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
    let allowed: Vec<_> = capabilities["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|permission| {
            let name = permission.as_str().unwrap().strip_prefix("allow-");
            name.expect("a permission of our own").replace('-', "_")
        })
        .collect();
    assert_eq!(allowed, handled);
}
