//! How each message must end, by what practice has done with it: nothing here is asked of a sender.

use std::collections::HashMap;

use serde_json::json;

use crate::answers::{End, IssuedReceipt, MessageEnd};
use crate::books::{Books, Course, Issued, LetterKind, Offered, Transport};
use crate::providers;
use crate::world::World;

/// A row for each message that was offered.
pub(crate) fn ends(world: &World) -> Vec<MessageEnd> {
    let books = world.books();
    let copies = Copies::of(&books);
    let offered = books.offered();
    offered
        .map(|(message, offered)| {
            let course = books.course(message);
            MessageEnd {
                message,
                conversation: offered.conversation,
                fate: offered.fate.map(|fate| json!(fate)),
                met: offered.met,
                accepted_times: offered.accepted,
                refusals: offered.refusals.clone(),
                sender_at_fault: offered.sender_at_fault || course.is_some_and(is_senders_fault),
                person: course.and_then(|course| course.letter.person.clone()),
                document: course.and_then(document),
                mailbox_copies: course.map_or(0, |course| copies.of_letter(course)),
                receipts_issued: offered.receipts.iter().map(issued).collect(),
                expected_end: match course {
                    Some(course) => end(world, course, offered),
                    None => refused(offered),
                },
            }
        })
        .collect()
}

fn document(course: &Course) -> Option<String> {
    course.verdict.as_ref()?.document.clone()
}

fn issued(receipt: &Issued) -> IssuedReceipt {
    IssuedReceipt {
        receipt: receipt.receipt,
        kind: receipt.kind.clone(),
        forged: receipt.forged.clone(),
        at: receipt.at,
        read_at: receipt.read_at,
        to_be_read: receipt.forged.as_deref() != Some(providers::FOREIGN),
    }
}

/// A refusal that says the letter is wrong ends it; after any other it may come again.
fn refused(offered: &Offered) -> Option<End> {
    let last = offered.refusals.last()?;
    matches!(last, 400 | 413).then_some(End::Refused)
}

/// Whether a message that was taken in should not have been sent so, by the checks.
fn is_senders_fault(course: &Course) -> bool {
    let verdict = course.verdict.as_ref();
    verdict.is_some_and(|verdict| verdict.sender_at_fault)
        || !providers::receiver_is_registered(&course.letter)
}

/// What the true receipts and statuses say in the end: a failure stands above all others, and a
/// return above what went before it. `None` while more is to come without anybody's call.
fn end(world: &World, course: &Course, offered: &Offered) -> Option<End> {
    if course.is_unfinished() || providers::next_act(world, course, Some(offered)).is_some() {
        return None;
    }
    let has = |kind: &str| course.receipts.iter().any(|made| made == kind);
    Some(if course.has_status(Transport::Failed) || has("feil") {
        End::Failed
    } else if has("returpostkvittering") {
        End::Returned
    } else if has("aapningskvittering") {
        End::Opened
    } else if has("leveringskvittering") {
        match course.letter.kind {
            LetterKind::Digital => End::Delivered,
            LetterKind::Print => End::HandedToPost,
        }
    } else if has("mottakskvittering") {
        End::PrintAccepted
    } else {
        End::AtProvider
    })
}

/// Letters that a supplier has taken, by addressee and main document.
struct Copies<'a>(HashMap<(&'a str, &'a str), u32>);

impl<'a> Copies<'a> {
    fn of(books: &'a Books) -> Self {
        let mut copies = HashMap::new();
        for key in books.courses().filter_map(Self::key) {
            *copies.entry(key).or_default() += 1;
        }
        Self(copies)
    }

    /// How many there are of this letter, under whatever identifiers; none while it lies nowhere.
    fn of_letter(&self, course: &Course) -> u32 {
        let copies = Self::key(course).and_then(|key| self.0.get(&key));
        copies.copied().unwrap_or_default()
    }

    fn key(course: &Course) -> Option<(&str, &str)> {
        let verdict = course.verdict.as_ref().filter(|_| course.is_delivered())?;
        Some((&course.letter.addressee, verdict.document.as_deref()?))
    }
}
