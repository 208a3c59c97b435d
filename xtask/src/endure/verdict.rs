//! The ledger held against practice's books.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// A line of the plan, as far as others must agree with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planned {
    pub(crate) key: String,
    /// The citizen's person number.
    pub(crate) to: String,
    /// SHA-256 of the main document's file, hexadecimal.
    pub(crate) document: String,
    /// The key of a letter that was given up, in whose place this one goes.
    pub(crate) replaces: Option<String>,
}

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
    /// Compares the plan and the sender's letters (`utpost work --json`) with practice's messages
    /// (`utpost practice faults ends --json`).
    pub(crate) fn of(plan: &[Planned], letters: &Value, messages: &Value) -> Self {
        let mut verdict = Self::default();
        let replaced: HashSet<&str> = plan
            .iter()
            .filter_map(|planned| planned.replaces.as_deref())
            .collect();
        let mut rows: HashMap<&str, &Value> = HashMap::new();
        for letter in letters.as_array().into_iter().flatten() {
            rows.insert(text(letter, "key"), letter);
        }
        let mut known: HashMap<&str, &Value> = HashMap::new();
        for message in messages.as_array().into_iter().flatten() {
            known.insert(text(message, "message"), message);
        }
        let mut ours = HashSet::new();
        for planned in plan {
            let Some(letter) = rows.get(planned.key.as_str()).copied() else {
                verdict.lost.push(format!("line {}", planned.key));
                continue;
            };
            let id = text(letter, "message_id");
            ours.insert(id);
            let message = known.get(id).copied();
            let given_up = replaced.contains(planned.key.as_str());
            verdict.judge(letter, message, given_up);
            if let Some(message) = message {
                verdict.judge_contents(planned, message);
                verdict.judge_kept(letter, message);
            }
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
        verdict.lost.dedup();
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

    fn judge(&mut self, letter: &Value, message: Option<&Value>, given_up: bool) {
        let name = match text(letter, "message_id") {
            "" => format!("letter {}", text(letter, "letter")),
            id => id.to_owned(),
        };
        let state = &letter["state"];
        let expected = message.map_or(&Value::Null, |message| &message["expected_end"]);
        let taken = message.and_then(|message| message["accepted_times"].as_u64());
        let said = state.as_str().unwrap_or_default();
        // Never taken in, and another goes in its place.
        if said == "cancelled" && given_up && taken.unwrap_or(0) == 0 {
            return;
        }
        if state.is_null() || (SENT.contains(&said) && taken.unwrap_or(0) == 0) {
            self.lost.push(name);
        } else if expected.is_null() || (state != expected && !ENDS.contains(&said)) {
            self.stuck.push(name);
        } else if state != expected {
            self.wrong.push(name);
        }
    }

    /// Whether what practice took in is for the citizen of the plan, and what its supplier opened is
    /// the plan's document. A letter that failed need not have been opened.
    fn judge_contents(&mut self, planned: &Planned, message: &Value) {
        if message["accepted_times"].as_u64().unwrap_or(0) == 0 {
            return;
        }
        let opened = &message["document"];
        let unopened =
            opened.is_null() && matches!(message["expected_end"].as_str(), None | Some("failed"));
        let same = *opened == planned.document.as_str() || unopened;
        if message["person"] != planned.to.as_str() || !same {
            self.wrong.push(text(message, "message").to_owned());
        }
    }

    /// Whether the ledger keeps every receipt that it marked as read. There it is gone for good.
    fn judge_kept(&mut self, letter: &Value, message: &Value) {
        let kept = letter["receipt_ids"].as_array();
        let kept: HashSet<&str> = kept
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let issued = message["receipts_issued"].as_array();
        let read = issued
            .into_iter()
            .flatten()
            .filter(|receipt| receipt["to_be_read"] == true && !receipt["read_at"].is_null());
        for receipt in read {
            if !kept.contains(text(receipt, "receipt")) {
                self.lost.push(text(message, "message").to_owned());
            }
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
            "person": "06925115949",
            "document": "d1",
            "receipts_issued": [{
                "receipt": "r",
                "to_be_read": true,
                "read_at": "2026-11-02T08:00:00Z",
            }],
            "expected_end": end,
        })
    }

    fn letter(state: impl Into<Value>) -> Value {
        let state: Value = state.into();
        json!({ "key": "1", "letter": "l", "message_id": "m", "state": state, "receipt_ids": ["r"] })
    }

    fn unsealed(state: Value) -> Value {
        json!({ "key": "1", "letter": "l", "state": state, "receipt_ids": [] })
    }

    fn planned() -> Planned {
        Planned {
            key: "1".to_owned(),
            to: "06925115949".to_owned(),
            document: "d1".to_owned(),
            replaces: None,
        }
    }

    fn verdict(letters: Value, messages: Value) -> Verdict {
        Verdict::of(&[planned()], &letters, &messages)
    }

    fn counts(letters: Value, messages: Value) -> [usize; 5] {
        counted(&verdict(letters, messages))
    }

    fn counted(verdict: &Verdict) -> [usize; 5] {
        verdict.counted().map(|(_, found)| found.len())
    }

    const CLEAN: [usize; 5] = [0; 5];
    const LOST: [usize; 5] = [1, 0, 0, 0, 0];
    const DOUBLED: [usize; 5] = [0, 1, 0, 0, 0];
    const WRONG: [usize; 5] = [0, 0, 1, 0, 0];
    const STUCK: [usize; 5] = [0, 0, 0, 1, 0];
    const UNREAD: [usize; 5] = [0, 0, 0, 0, 1];

    #[test]
    fn a_letter_as_practice_has_it_is_in_order() {
        let messages = json!([message("m", Some("delivered"))]);
        assert!(verdict(json!([letter("delivered")]), messages).is_clean());
        // A refused letter was never taken in, and nobody opened it.
        let mut refused = message("m", Some("refused"));
        refused["accepted_times"] = json!(0);
        refused["person"] = Value::Null;
        refused["document"] = Value::Null;
        assert!(verdict(json!([letter("refused")]), json!([refused])).is_clean());
        // Nobody opened what was not handed over.
        let mut failed = message("m", Some("failed"));
        failed["document"] = Value::Null;
        assert!(verdict(json!([letter("failed")]), json!([failed])).is_clean());
    }

    #[test]
    fn a_letter_the_sender_made_wrongly_is_wrong_though_both_agree_on_its_end() {
        for (end, taken) in [("failed", 1), ("refused", 0)] {
            let letters = json!([letter(end)]);
            let mut row = message("m", Some(end));
            row["accepted_times"] = json!(taken);
            row["mailbox_copies"] = json!(0);
            // The citizen's own row in practice may have it so.
            assert!(verdict(letters.clone(), json!([row])).is_clean());
            row["sender_at_fault"] = json!(true);
            assert_eq!(verdict(letters.clone(), json!([row])).wrong, ["m"]);
            assert_eq!(counts(letters.clone(), json!([row])), WRONG);
            row["fate"] = json!({ "kind": "failed_early", "times": 0 });
            assert_eq!(counts(letters.clone(), json!([row])), WRONG);
            // Practice does not say.
            row["sender_at_fault"] = Value::Null;
            assert_eq!(counts(letters, json!([row])), WRONG);
        }
    }

    #[test]
    fn a_letter_that_came_to_another_citizen_is_wrong() {
        for person in [json!("27914108158"), Value::Null] {
            let mut row = message("m", Some("delivered"));
            row["person"] = person;
            assert_eq!(counts(json!([letter("delivered")]), json!([row])), WRONG);
        }
    }

    #[test]
    fn a_letter_that_came_with_anothers_document_is_wrong() {
        // Delivered, it must have been opened; failed, it may have been.
        for (end, document) in [
            ("delivered", json!("d2")),
            ("delivered", Value::Null),
            ("failed", json!("d2")),
        ] {
            let mut row = message("m", Some(end));
            row["document"] = document;
            assert_eq!(counts(json!([letter(end)]), json!([row])), WRONG);
        }
    }

    #[test]
    fn a_receipt_that_was_marked_as_read_and_is_not_kept_is_lost() {
        let messages = json!([message("m", Some("delivered"))]);
        // As many are kept, but not this one.
        for kept in [json!([]), json!(["other"]), Value::Null] {
            let mut letter = letter("delivered");
            letter["receipt_ids"] = kept;
            assert_eq!(counts(json!([letter]), messages.clone()), LOST);
        }
    }

    #[test]
    fn a_line_of_the_plan_that_the_sender_does_not_tell_of_is_lost() {
        assert_eq!(counts(json!([]), json!([])), LOST);
        let mut other = letter("delivered");
        other["key"] = json!("2");
        // Its message then belongs to no line.
        let messages = json!([message("m", Some("delivered"))]);
        assert_eq!(counts(json!([other]), messages), [1, 1, 0, 0, 0]);
    }

    #[test]
    fn a_letter_given_up_is_in_order_only_when_it_was_not_taken_and_another_goes_in_its_place() {
        let mut row = message("m", None);
        row["accepted_times"] = json!(0);
        row["mailbox_copies"] = json!(0);
        row["receipts_issued"] = json!([]);
        let given_up = letter("cancelled");
        let mut second = letter("delivered");
        second["key"] = json!("1 again");
        second["message_id"] = json!("n");
        let letters = json!([given_up, second]);
        let again = Planned {
            key: "1 again".to_owned(),
            replaces: Some("1".to_owned()),
            ..planned()
        };
        let plan = [planned(), again.clone()];
        let messages = json!([row, message("n", Some("delivered"))]);
        assert_eq!(counted(&Verdict::of(&plan, &letters, &messages)), CLEAN);
        // Nobody wrote it anew.
        let unrelated = Planned {
            replaces: None,
            ..again
        };
        let alone = [planned(), unrelated];
        assert_eq!(counted(&Verdict::of(&alone, &letters, &messages)), STUCK);
        // It was taken all the same.
        row["accepted_times"] = json!(1);
        row["expected_end"] = json!("delivered");
        let taken = json!([row, message("n", Some("delivered"))]);
        assert_eq!(counted(&Verdict::of(&plan, &letters, &taken)), WRONG);
    }

    #[test]
    fn each_way_to_be_wrong_is_counted() {
        let delivered = json!([letter("delivered")]);
        let good = message("m", Some("delivered"));
        let changed = |member: &str, value: Value| {
            let mut message = good.clone();
            message[member] = value;
            json!([message])
        };
        assert_eq!(counts(delivered.clone(), json!([])), LOST);
        assert_eq!(counts(json!([unsealed(Value::Null)]), json!([])), LOST);
        for member in ["accepted_times", "mailbox_copies"] {
            let twice = changed(member, json!(2));
            assert_eq!(counts(delivered.clone(), twice), DOUBLED);
        }
        let forgotten = json!([good, message("other", Some("delivered"))]);
        assert_eq!(counts(delivered.clone(), forgotten), DOUBLED);
        let failed = changed("expected_end", json!("failed"));
        assert_eq!(counts(delivered.clone(), failed), WRONG);
        assert_eq!(counts(json!([letter("uncertain")]), json!([good])), STUCK);
        let stopped = unsealed(json!({ "stopped": "sent_before" }));
        assert_eq!(counts(json!([stopped]), json!([])), STUCK);
        let unread = json!([{ "receipt": "r", "to_be_read": true, "read_at": null }]);
        let unread = changed("receipts_issued", unread);
        assert_eq!(counts(delivered.clone(), unread), UNREAD);
        let at = "2026-11-02T08:00:00Z";
        let taken = json!([{ "receipt": "r", "to_be_read": false, "read_at": at }]);
        let taken = changed("receipts_issued", taken);
        assert_eq!(counts(delivered, taken), WRONG);
    }
}
