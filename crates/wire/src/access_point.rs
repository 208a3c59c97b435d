//! What the access point (corner 2) answers: statuses, inbox, problems.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use utpost_domain::{Sensitive, TransportStatus};

/// An answer of success that is not of its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an answer of the access point")]
pub struct AnswerFault;

/// One transport status as told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// What it says; `None` for a word not known.
    pub status: Option<TransportStatus>,
    /// The time as written, since it may lack an offset; empty when there is none.
    pub stamp: String,
    /// Free text of the access point.
    pub description: Option<Sensitive<String>>,
}

/// Reads the statuses of a message, in the order told. An empty body (204) is no status; elements
/// that are no status are passed over.
///
/// # Errors
/// [`AnswerFault`] when the body is no JSON array.
pub fn parse_statuses(body: &[u8]) -> Result<Vec<StatusLine>, AnswerFault> {
    Ok(elements(body)?
        .iter()
        .filter_map(|element| {
            let word = element.get("status")?.as_str()?;
            Some(StatusLine {
                status: match word {
                    "OPPRETTET" => Some(TransportStatus::Created),
                    "SENDT" => Some(TransportStatus::Sent),
                    "FEILET" => Some(TransportStatus::Failed),
                    _ => None,
                },
                stamp: text(element, "timestamp").unwrap_or_default(),
                description: text(element, "beskrivelse").map(Sensitive::new),
            })
        })
        .collect())
}

/// One element of the inbox.
#[derive(Clone, PartialEq, Eq)]
pub enum InboxItem {
    /// A receipt as received, a compact JWS.
    Receipt(String),
    /// An element without a message: there is nothing to read and nothing to mark.
    Empty,
}

impl fmt::Debug for InboxItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Receipt(_) => "Receipt([redacted])",
            Self::Empty => "Empty",
        })
    }
}

/// Reads one page of the inbox. An empty body (204) is an empty page. Every element of the page
/// gives one item, so that a full page can be told from the last one.
///
/// # Errors
/// [`AnswerFault`] when the body is no JSON array.
pub fn parse_inbox(body: &[u8]) -> Result<Vec<InboxItem>, AnswerFault> {
    Ok(elements(body)?
        .iter()
        .map(|element| {
            text(element, "forretningsmelding").map_or(InboxItem::Empty, InboxItem::Receipt)
        })
        .collect())
}

fn elements(body: &[u8]) -> Result<Vec<Value>, AnswerFault> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(body).map_err(|_| AnswerFault)
}

fn text(element: &Value, member: &str) -> Option<String> {
    let text = element.get(member)?.as_str()?;
    if text.trim().is_empty() {
        None
    } else {
        Some(text.to_owned())
    }
}

/// A refusal with its reason (problem details, RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is recognised of it.
    pub kind: ProblemKind,
    /// The status the body states, which need not be that of the answer. Number or digits.
    pub stated_status: Option<u16>,
    /// Title and detail in the service's own words, at most 2000 characters. May hold ids.
    pub detail: Option<Sensitive<String>>,
}

/// The refusals that mean something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The message id is known already. After a lost answer this means: received.
    DuplicateMessage,
    /// The bytes that arrived do not have the digest that was signed.
    FingerprintDiffers,
    /// Anything else.
    Other,
}

/// Reads the body of a refusal. Any body at all is taken: problem details, other JSON, plain text,
/// HTML from something in between (whose text is not kept), or nothing.
pub fn parse_problem(body: &[u8]) -> Problem {
    let stated: Stated = serde_json::from_slice(body).unwrap_or_default();
    let words: Vec<&str> = [&stated.title, &stated.detail]
        .into_iter()
        .filter_map(Value::as_str)
        .collect();
    let detail = if words.is_empty() {
        plain_text(body)
    } else {
        words.join(": ")
    };
    let lower = detail.to_lowercase();
    let kind = if lower.contains("duplicate key value") && lower.contains("unique_message_uuid") {
        ProblemKind::DuplicateMessage
    } else if lower.contains("sha-256 digest of dokumentpakke") {
        ProblemKind::FingerprintDiffers
    } else {
        ProblemKind::Other
    };
    let detail: String = detail.chars().take(2000).collect();
    Problem {
        kind,
        stated_status: match &stated.status {
            Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            Value::String(digits) => digits.trim().parse().ok(),
            _ => None,
        },
        detail: Some(detail)
            .filter(|text| !text.is_empty())
            .map(Sensitive::new),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stated {
    title: Value,
    status: Value,
    detail: Value,
}

fn plain_text(body: &[u8]) -> String {
    match str::from_utf8(body) {
        Ok(text) if !text.trim_start().starts_with(['<', '{', '[']) => text.trim().to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vectors::conformance;

    #[test]
    fn the_answers_recorded_from_access_points_are_read() {
        let Some(folder) = conformance("dpi/corner2") else {
            return;
        };
        let statuses = |name: &str| {
            let lines = parse_statuses(&fs::read(folder.join(name)).unwrap()).unwrap();
            lines.iter().map(|line| line.status).collect::<Vec<_>>()
        };
        let (created, sent) = (Some(TransportStatus::Created), Some(TransportStatus::Sent));
        assert_eq!(statuses("message_statuses.json"), [created, sent]);
        assert_eq!(
            statuses("statuses-failed-local-timestamps.json"),
            [created, Some(TransportStatus::Failed)]
        );
        let problem = fs::read(folder.join("problem-duplicate-message-id.json")).unwrap();
        let problem = parse_problem(&problem);
        assert_eq!(problem.kind, ProblemKind::DuplicateMessage);
        assert_eq!(problem.stated_status, Some(400));
    }

    #[test]
    fn a_status_not_known_is_kept_and_a_time_without_offset_is_shown_as_it_is() {
        let lines = parse_statuses(
            br#"[{"status":"OPPRETTET","timestamp":"2022-03-30T09:20:59","beskrivelse":"x"},
                {"status":"VURDERES"},null,{"timestamp":"y"}]"#,
        )
        .unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].status, Some(TransportStatus::Created));
        assert_eq!(lines[0].stamp, "2022-03-30T09:20:59");
        assert_eq!(lines[1].status, None);
        assert_eq!(parse_statuses(b""), Ok(Vec::new()));
        assert_eq!(parse_statuses(b"{}"), Err(AnswerFault));
    }

    #[test]
    fn a_null_message_takes_its_place_on_the_page() {
        let page = br#"[{"forretningsmelding":null},{"downloadurl":"x"},null,
            {"forretningsmelding":"a.b.c","downloadurl":null}]"#;
        let items = parse_inbox(page).unwrap();
        assert_eq!(items.len(), 4);
        assert_eq!(items[3], InboxItem::Receipt("a.b.c".to_owned()));
        assert!(items[..3].iter().all(|item| *item == InboxItem::Empty));
        assert_eq!(parse_inbox(b" \n"), Ok(Vec::new()));
        assert_eq!(parse_inbox(b"<html>"), Err(AnswerFault));
    }

    #[test]
    fn a_problem_is_recognised_in_every_wrapping() {
        let fingerprint = r#"{"title":"Bad Request","status":"400","detail":"Upload was not accepted, SHA-256 digest of dokumentpakke was abc"}"#;
        let problem = parse_problem(fingerprint.as_bytes());
        assert_eq!(problem.kind, ProblemKind::FingerprintDiffers);
        assert_eq!(problem.stated_status, Some(400));
        assert!(
            problem
                .detail
                .unwrap()
                .expose("test")
                .starts_with("Bad Request: Upload")
        );

        for (body, kept) in [
            ("", None),
            ("<html><body>Bad Gateway</body></html>", None),
            (r#"{"status":{},"title":null}"#, None),
            (r#"[1]"#, None),
            ("upstream timed out\n", Some("upstream timed out")),
        ] {
            let problem = parse_problem(body.as_bytes());
            assert_eq!(problem.kind, ProblemKind::Other, "{body}");
            assert_eq!(problem.stated_status, None, "{body}");
            assert_eq!(
                problem
                    .detail
                    .as_ref()
                    .map(|text| text.expose("test").as_str()),
                kept
            );
        }
        assert_eq!(parse_problem(&[0xff, 0xfe]).detail, None);
    }
}
