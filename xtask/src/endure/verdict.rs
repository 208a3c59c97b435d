//! The ledger held against practice's books.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Messages, or letters that have none, that are not as they must be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    lost: Vec<String>,
    doubled: Vec<String>,
    wrong: Vec<String>,
    stuck: Vec<String>,
    unread: Vec<String>,
}

impl Verdict {
    /// Compares the sender's letters (`utpost work --json`) with practice's messages
    /// (`utpost practice faults ends --json`).
    pub(crate) fn of(letters: &Value, messages: &Value) -> Self {
        let mut verdict = Self::default();
        let mut known: HashMap<&str, &Value> = HashMap::new();
        for message in messages.as_array().into_iter().flatten() {
            known.insert(text(message, "message"), message);
        }
        let mut ours = HashSet::new();
        for letter in letters.as_array().into_iter().flatten() {
            let id = text(letter, "message_id");
            ours.insert(id);
            verdict.judge(letter, known.get(id).copied());
        }
        for (id, message) in &known {
            let taken = message["accepted_times"].as_u64().unwrap_or(0);
            let copies = message["mailbox_copies"].as_u64().unwrap_or(0);
            // What the sender has forgotten that it sent, it has sent again under another id.
            if taken > 1 || copies > 1 || (taken > 0 && !ours.contains(id)) {
                verdict.doubled.push((*id).to_owned());
            }
            // Sender and practice agree on the end of a letter that was made wrongly. Books that do not
            // say whose fault it was are not believed.
            if message["sender_at_fault"] != false {
                verdict.wrong.push((*id).to_owned());
            }
            verdict.judge_receipts(id, message);
        }
        for (_, found) in verdict.all() {
            found.sort();
        }
        verdict.wrong.dedup();
        verdict
    }

    /// Each kind by its name.
    pub(crate) fn counted(&self) -> [(&'static str, &[String]); 5] {
        [
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("wrong", &self.wrong),
            ("stuck", &self.stuck),
            ("unread", &self.unread),
        ]
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.counted().iter().all(|(_, found)| found.is_empty())
    }

    fn all(&mut self) -> [(&'static str, &mut Vec<String>); 5] {
        [
            ("lost", &mut self.lost),
            ("doubled", &mut self.doubled),
            ("wrong", &mut self.wrong),
            ("stuck", &mut self.stuck),
            ("unread", &mut self.unread),
        ]
    }

    fn judge(&mut self, letter: &Value, message: Option<&Value>) {
        let name = match text(letter, "message_id") {
            "" => format!("letter {}", text(letter, "letter")),
            id => id.to_owned(),
        };
        let state = &letter["state"];
        let expected = message.map_or(&Value::Null, |message| &message["expected_end"]);
        let taken = message.and_then(|message| message["accepted_times"].as_u64());
        let said = state.as_str().unwrap_or_default();
        if state.is_null() || (SENT.contains(&said) && taken.unwrap_or(0) == 0) {
            self.lost.push(name);
        } else if expected.is_null() || (state != expected && !ENDS.contains(&said)) {
            self.stuck.push(name);
        } else if state != expected {
            self.wrong.push(name);
        }
    }

    fn judge_receipts(&mut self, id: &str, message: &Value) {
        let receipts = message["receipts_issued"].as_array();
        for receipt in receipts.into_iter().flatten() {
            match (receipt["to_be_read"] == true, receipt["read_at"].is_null()) {
                (true, true) => self.unread.push(id.to_owned()),
                // Somebody else's receipt, taken from them.
                (false, false) => self.wrong.push(id.to_owned()),
                _ => {}
            }
        }
    }
}

/// States that say that the access point has the letter.
const SENT: [&str; 8] = [
    "at_access_point",
    "at_provider",
    "print_accepted",
    "delivered",
    "handed_to_post",
    "opened",
    "returned",
    "failed",
];

/// States from which nothing more is to come unasked.
const ENDS: [&str; 7] = [
    "delivered",
    "handed_to_post",
    "opened",
    "returned",
    "failed",
    "refused",
    "cancelled",
];

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(id: &str, end: Option<&str>) -> Value {
        json!({
            "message": id,
            "accepted_times": 1,
            "mailbox_copies": 1,
            "fate": null,
            "sender_at_fault": false,
            "receipts_issued": [{ "to_be_read": true, "read_at": "2026-11-02T08:00:00Z" }],
            "expected_end": end,
        })
    }

    fn counts(letters: Value, messages: Value) -> [usize; 5] {
        Verdict::of(&letters, &messages)
            .counted()
            .map(|(_, found)| found.len())
    }

    #[test]
    fn a_letter_as_practice_has_it_is_in_order() {
        let letters = json!([{ "letter": "l", "message_id": "m", "state": "delivered" }]);
        let messages = json!([message("m", Some("delivered"))]);
        assert!(Verdict::of(&letters, &messages).is_clean());
        // A refused letter was never taken in.
        let letters = json!([{ "letter": "l", "message_id": "m", "state": "refused" }]);
        let mut refused = message("m", Some("refused"));
        refused["accepted_times"] = json!(0);
        assert!(Verdict::of(&letters, &json!([refused])).is_clean());
    }

    #[test]
    fn a_letter_the_sender_made_wrongly_is_wrong_though_both_agree_on_its_end() {
        for (end, taken) in [("failed", 1), ("refused", 0)] {
            let letters = json!([{ "letter": "l", "message_id": "m", "state": end }]);
            let mut row = message("m", Some(end));
            row["accepted_times"] = json!(taken);
            row["mailbox_copies"] = json!(0);
            // The citizen's own row in practice may have it so.
            assert!(Verdict::of(&letters, &json!([row])).is_clean());
            row["sender_at_fault"] = json!(true);
            let verdict = Verdict::of(&letters, &json!([row]));
            assert_eq!(verdict.wrong, ["m"]);
            assert_eq!(counts(letters.clone(), json!([row])), [0, 0, 1, 0, 0]);
            row["fate"] = json!({ "kind": "failed_early", "times": 0 });
            assert_eq!(counts(letters.clone(), json!([row])), [0, 0, 1, 0, 0]);
            // Practice does not say.
            row["sender_at_fault"] = Value::Null;
            assert_eq!(counts(letters, json!([row])), [0, 0, 1, 0, 0]);
        }
    }

    #[test]
    fn each_way_to_be_wrong_is_counted() {
        let delivered = json!([{ "letter": "l", "message_id": "m", "state": "delivered" }]);
        let good = message("m", Some("delivered"));
        let changed = |member: &str, value: Value| {
            let mut message = good.clone();
            message[member] = value;
            json!([message])
        };
        assert_eq!(counts(delivered.clone(), json!([])), [1, 0, 0, 0, 0]);
        let gone = json!([{ "letter": "l", "state": null }]);
        assert_eq!(counts(gone, json!([])), [1, 0, 0, 0, 0]);
        for member in ["accepted_times", "mailbox_copies"] {
            let twice = changed(member, json!(2));
            assert_eq!(counts(delivered.clone(), twice), [0, 1, 0, 0, 0]);
        }
        let forgotten = json!([good, message("other", Some("delivered"))]);
        assert_eq!(counts(delivered.clone(), forgotten), [0, 1, 0, 0, 0]);
        let failed = changed("expected_end", json!("failed"));
        assert_eq!(counts(delivered.clone(), failed), [0, 0, 1, 0, 0]);
        let waiting = json!([{ "letter": "l", "message_id": "m", "state": "uncertain" }]);
        assert_eq!(counts(waiting, json!([good])), [0, 0, 0, 1, 0]);
        let stopped = json!([{ "letter": "l", "state": { "stopped": "sent_before" } }]);
        assert_eq!(counts(stopped, json!([])), [0, 0, 0, 1, 0]);
        let unread = json!([{ "to_be_read": true, "read_at": null }]);
        let unread = changed("receipts_issued", unread);
        assert_eq!(counts(delivered.clone(), unread), [0, 0, 0, 0, 1]);
        let taken = json!([{ "to_be_read": false, "read_at": "2026-11-02T08:00:00Z" }]);
        let taken = changed("receipts_issued", taken);
        assert_eq!(counts(delivered, taken), [0, 0, 1, 0, 0]);
    }
}
