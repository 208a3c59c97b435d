//! How results are shown: sentences for people, one JSON object for scripts.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use utpost_dispatch::{
    Collected, LetterRow, Progress, StoredReceipt, Thaw, TimelineEntry, why_stopped,
};
use utpost_domain::{Carrier, Channel, Decision, Environment, Letter, Reason, State};
use utpost_workplace::{Failure, receipt_json, timeline_json};

use crate::args::Common;
use crate::commands::progress_words;
use crate::failure::Worded;
use crate::sentences::{
    environment_words, event_words, note_words, reason_sentence, receipt_word, state_words,
};
use crate::words::Language;

/// What a command shows.
pub(crate) struct Shown {
    /// For `--json`.
    pub(crate) json: Value,
    /// For people, ending in a line feed.
    pub(crate) text: String,
}

/// Writes progress on standard error, on one line, where a person looks.
pub(crate) fn progress(common: &Common) -> impl Fn(Progress) + Send + Sync + use<> {
    let language = common.language;
    let wanted = !common.json && std::io::stderr().is_terminal();
    let last = Mutex::new(String::new());
    move |progress| {
        if !wanted {
            return;
        }
        let words = progress_words(progress, language);
        let Ok(mut last) = last.lock() else { return };
        if *last != words {
            // A terminal that is gone must not stop a letter.
            let _ = write!(std::io::stderr(), "\r\x1b[K{words} …\r");
            *last = words;
        }
    }
}

/// Tells the decision before anything is sent.
pub(crate) fn decision_line(common: &Common, decision: &Decision) {
    if !common.json {
        let sentence = reason_sentence(decision, common.language);
        // On a terminal a line of progress may stand there.
        let clear = if std::io::stderr().is_terminal() {
            "\r\x1b[K"
        } else {
            ""
        };
        let _ = writeln!(std::io::stderr(), "{clear}{sentence}");
    }
}

/// A decision alone.
pub(crate) fn decision(common: &Common, decision: &Decision) -> Shown {
    let sentence = reason_sentence(decision, common.language);
    Shown {
        json: json!({
            "channel": decision.channel.name(),
            "reason": decision.reason.code(),
            "sentence": sentence,
            "supplier": supplier(decision),
            "confirm": decision.confirm,
            "facts": decision.facts,
        }),
        text: format!("{sentence}\n"),
    }
}

fn supplier(decision: &Decision) -> Option<String> {
    match &decision.channel {
        Channel::Digital(route) => Some(route.supplier.to_string()),
        Channel::Print | Channel::Stop | Channel::Wait => None,
    }
}

/// One letter as it stands.
pub(crate) fn letter(common: &Common, letter: &Letter, decision: Option<&Decision>) -> Shown {
    let mut json = letter_json(letter);
    let mut text = String::new();
    if let Some(decision) = decision {
        json["channel"] = json!(decision.channel.name());
        json["reason"] = json!(decision.reason.code());
        json["sentence"] = json!(reason_sentence(decision, common.language));
    }
    let language = common.language;
    let state = state_words(letter.state(), language);
    let environment = environment_words(letter.environment(), language);
    text.push_str(&format!("{environment} · {state}  {}\n", letter.id()));
    text.push_str(&way_out(letter, language));
    Shown { json, text }
}

/// Adds that the letter is larger than some access points take.
pub(crate) fn warn_of_size(common: &Common, shown: &mut Shown) {
    shown.json["warnings"] = json!(["OVER_30_MB"]);
    shown.text.push_str(match common.language {
        Language::Nb => "  ! Over 30 MB: noen mottakere tar ikke imot så store brev. Følg med på kvitteringen.\n",
        Language::En => "  ! Over 30 MB: some receivers do not take letters so large. Watch for the receipt.\n",
    });
}

fn letter_json(letter: &Letter) -> Value {
    let mut json = json!({
        "letter": letter.id().to_string(),
        "environment": letter.environment(),
        "state": letter.state(),
        "reason": letter.reason().map(Reason::code),
        "notes": letter.notes(),
        "attempts": letter.attempts(),
        "actions": letter.next_actions(),
    });
    if let Some(carrier) = letter.carrier() {
        json["channel"] = json!(match carrier {
            Carrier::Digital => "DIGITAL",
            Carrier::Print => "PRINT",
        });
    }
    if let Some(sealed) = letter.sealed() {
        json["message_id"] = json!(sealed.message_id.to_string());
        json["conversation_id"] = json!(sealed.conversation_id.to_string());
        json["receiver"] = json!(sealed.receiver.to_string());
        json["fingerprint"] = json!(sealed.parcel.base64());
        json["parcel_bytes"] = json!(sealed.parcel_bytes);
    }
    json
}

/// All letters, newest first.
pub(crate) fn letters(common: &Common, environment: Environment, rows: &[LetterRow]) -> Shown {
    let json = rows
        .iter()
        .map(|row| {
            json!({
                "letter": row.letter.to_string(),
                "state": row.state,
                "created_at": row.created_at,
                "changed_at": row.changed_at,
                "message_id": row.message.map(|message| message.to_string()),
            })
        })
        .collect::<Vec<_>>();
    let mut text = format!("{}\n", environment_words(environment, common.language));
    for row in rows {
        let title = row
            .title
            .as_ref()
            .map_or("–", |title| title.expose("shown to the clerk"));
        text.push_str(&format!(
            "{}  {}  {:<28}  {title}\n",
            row.letter,
            local(row.created_at),
            state_words(row.state, common.language),
        ));
    }
    if rows.is_empty() {
        text.push_str(match common.language {
            Language::Nb => {
                "Ingen brev ennå. «utpost send BREV.pdf --to - --title TITTEL» sender det første.\n"
            }
            Language::En => {
                "No letters yet. “utpost send LETTER.pdf --to - --title TITLE” sends the first.\n"
            }
        });
    }
    Shown {
        json: json!({ "environment": environment, "letters": json }),
        text,
    }
}

/// Why a stopped letter is stopped, and what to do now.
fn way_out(letter: &Letter, language: Language) -> String {
    let Some(fault) = why_stopped(letter) else {
        return String::new();
    };
    let (what, todo) = Failure::from(fault).sentences(language);
    format!("  {what}\n  → {todo}\n")
}

/// One letter with all that happened to it.
pub(crate) fn timeline(
    common: &Common,
    letter: &Letter,
    timeline: &[TimelineEntry],
    receipts: &[StoredReceipt],
) -> Shown {
    let mut json = letter_json(letter);
    json["timeline"] = timeline.iter().map(timeline_json).collect();
    json["receipts"] = receipts.iter().map(receipt_json).collect();
    let language = common.language;
    let mut text = format!(
        "{} · {}
",
        environment_words(letter.environment(), language),
        state_words(letter.state(), language)
    );
    text.push_str(&way_out(letter, language));
    for entry in timeline {
        let said = match &entry.detail {
            Some(detail) => format!(" – «{}»", detail.expose("shown to the clerk")),
            None => String::new(),
        };
        text.push_str(&format!(
            "  {}  {}{said}\n",
            local(entry.event.at),
            event_words(&entry.event.what, language)
        ));
    }
    for note in letter.notes() {
        text.push_str(&format!("  ! {}\n", note_words(*note, language)));
    }
    Shown { json, text }
}

/// What a collection of receipts brought.
pub(crate) fn receipts(common: &Common, collected: &Collected) -> Shown {
    let json = collected
        .receipts
        .iter()
        .map(|receipt| {
            json!({
                "letter": receipt.letter.map(|letter| letter.to_string()),
                "receipt": receipt.receipt.map(|receipt| receipt.to_string()),
                "kind": receipt.kind,
                "verdict": receipt.verdict,
                "acknowledged": receipt.acknowledged,
            })
        })
        .collect::<Vec<_>>();
    let mut text = String::new();
    for receipt in &collected.receipts {
        let letter = receipt
            .letter
            .map_or("–".to_owned(), |letter| letter.to_string());
        let kind = receipt.kind.map_or("–", receipt_word);
        text.push_str(&format!("{letter}  {kind:<28}  {}\n", receipt.verdict));
    }
    if collected.receipts.is_empty() {
        text.push_str(match common.language {
            Language::Nb => "Ingen nye kvitteringer.\n",
            Language::En => "No new receipts.\n",
        });
    }
    Shown {
        json: json!({
            "receipts": json,
            "empty": collected.empty,
            "not_marked": collected.not_marked,
        }),
        text,
    }
}

/// What became of the letters in the outbox.
pub(crate) fn outbox(common: &Common, rows: &[(Letter, Letter)]) -> Shown {
    let mut text = String::new();
    for (before, after) in rows {
        let state = |state: State| state_words(state, common.language);
        text.push_str(&format!("{}  {}", after.id(), state(before.state())));
        if before.state() != after.state() {
            text.push_str(&format!(" → {}", state(after.state())));
        }
        text.push('\n');
        text.push_str(&way_out(after, common.language));
    }
    if rows.is_empty() {
        text.push_str(match common.language {
            Language::Nb => "Utboksen er tom.\n",
            Language::En => "The outbox is empty.\n",
        });
    }
    Shown {
        json: json!({ "letters": outbox_rows(rows) }),
        text,
    }
}

/// Adds what came of asking about the letters of a restored ledger.
pub(crate) fn thawed(common: &Common, shown: &mut Shown, thaw: Thaw) {
    let Thaw { asked, unanswered } = thaw;
    shown.json["restored"] = json!({ "asked": asked, "unanswered": unanswered });
    let stands_still = unanswered > 0;
    let words = match common.language {
        Language::Nb if stands_still => format!(
            "Protokollen er hentet fra en sikkerhetskopi. Brev det er spurt om: {asked}. Uten svar: {unanswered}.\n→ Utboksen står stille til alle er besvart. Kjør «utpost outbox» igjen senere.\n"
        ),
        Language::Nb => format!(
            "Protokollen er hentet fra en sikkerhetskopi. Brev det er spurt om: {asked}. Alle er besvart, og utboksen går igjen.\n"
        ),
        Language::En if stands_still => format!(
            "The ledger was restored from a backup. Letters asked about: {asked}. Without an answer: {unanswered}.\n→ The outbox stands still until all are answered. Run “utpost outbox” again later.\n"
        ),
        Language::En => format!(
            "The ledger was restored from a backup. Letters asked about: {asked}. All are answered, and the outbox goes on.\n"
        ),
    };
    shown.text.insert_str(0, &words);
}

fn outbox_rows(rows: &[(Letter, Letter)]) -> Value {
    rows.iter()
        .map(|(before, after)| {
            let mut json = letter_json(after);
            json["before"] = json!(before.state());
            json
        })
        .collect()
}

/// An instant as clocks in Norway show it.
fn local(at: Timestamp) -> String {
    in_norway(at, "%Y-%m-%d %H:%M:%S")
}

/// The day of an instant in Norway.
pub(crate) fn day(at: Timestamp) -> String {
    in_norway(at, "%Y-%m-%d")
}

fn in_norway(at: Timestamp, form: &str) -> String {
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime(form).to_string()
}
