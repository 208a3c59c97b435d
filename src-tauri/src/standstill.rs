//! What keeps every letter from being sent, and how that ends: by an administrator's word, or by
//! asking what became of a restored ledger's letters.

use std::sync::atomic::{AtomicU32, Ordering};

use utpost_dispatch::{
    Choice, Code, Ledger, LetterRow as Row, Progress, access_restored, confirm, thaw,
};
use utpost_domain::{LetterId, State, StopReason};
use utpost_workplace::Failure;

use crate::bridge::{HaltView, LetterRow, Notice, RestoredView, Standstill, ThawView};
use crate::letters;
use crate::office::{Office, Room};

/// Letters looked at.
const MOST: u32 = 10_000;

impl Office {
    /// What keeps every letter from being sent.
    ///
    /// # Errors
    /// The codes of the ledger, as of all here.
    pub(crate) fn standstill(&self) -> Result<Standstill, Failure> {
        let ledger = &self.room()?.work.ledger;
        let (halt, restoration) = (ledger.halt()?, ledger.restoration()?);
        if halt.is_none() && restoration.is_none() {
            return Ok(Standstill {
                halt: None,
                restored: None,
            });
        }
        let rows = ledger.on_their_way(MOST)?;
        let queued = rows.iter().filter(|row| row.state == State::Queued);
        let waiting = number(queued.count());
        Ok(Standstill {
            halt: halt.map(|halt| HaltView {
                code: halt.code,
                since: halt.since.to_string(),
                waiting,
            }),
            restored: restoration.map(|restoration| RestoredView {
                at: restoration.at.to_string(),
                under_way: number(rows.len()),
            }),
        })
    }

    /// The clerk has an administrator's word that access is there again: what waits is sent.
    pub(crate) fn access_restored(&self) -> Result<Standstill, Failure> {
        let room = self.room()?;
        let agency = room.work.agency();
        access_restored(&room.work.desk(&agency, &|_| {}))?;
        room.engine.go_on();
        self.teller.tell(Notice::StandstillChanged);
        self.standstill()
    }

    /// Asks what became of a restored ledger's letters. The page is told after each.
    pub(crate) fn thaw(&self) -> Result<ThawView, Failure> {
        let room = self.room()?;
        let agency = room.work.agency();
        let asked = AtomicU32::new(0);
        let told = |progress| {
            if matches!(progress, Progress::Asking) {
                let asked = asked.fetch_add(1, Ordering::Relaxed) + 1;
                self.teller.tell(Notice::Thawing { asked });
            }
        };
        let before = letters_in_question(&room)?;
        let thawed = thaw(&room.work.desk(&agency, &told));
        // Also where it broke off in the middle.
        for id in before {
            if let Ok(letter) = room.work.ledger.letter(id) {
                room.engine.saw(&letter);
            }
        }
        self.teller.tell(Notice::StandstillChanged);
        let thawed = thawed?;
        if room.work.ledger.restoration()?.is_none() {
            room.engine.go_on();
        }
        let unsent = room.work.ledger.unsent(MOST)?;
        Ok(ThawView {
            asked: number(thawed.asked),
            unanswered: number(thawed.unanswered),
            unsealed: number(unsent.iter().filter(|row| is_doubted(row.state)).count()),
        })
    }

    /// The clerk's word that a letter of a restored ledger was not sent by other ways.
    ///
    /// # Errors
    /// [`Code::NotNow`] for a letter that does not wait for that.
    pub(crate) fn confirm_unsent(&self, id: LetterId) -> Result<LetterRow, Failure> {
        let room = self.room()?;
        let letter = room.work.ledger.letter(id)?;
        if !is_doubted(letter.state()) {
            return Err(Failure::new(Code::NotNow));
        }
        let agency = room.work.agency();
        let desk = room.work.desk(&agency, &|_| {});
        let confirmed =
            confirm(&desk, &letter, Choice::Yes).map_err(|fault| Failure::from(fault).about(id))?;
        room.engine.saw(&confirmed);
        letters::row(&room, id)
    }
}

/// Waits for the clerk to say that it was not sent after the backup was taken.
fn is_doubted(state: State) -> bool {
    state == State::Stopped(StopReason::Restored)
}

/// Letters whose state asking may change.
fn letters_in_question(room: &Room) -> Result<Vec<LetterId>, Failure> {
    let ledger = &room.work.ledger;
    let unsent = ledger.unsent(MOST)?.into_iter();
    let rows = unsent.chain(ledger.on_their_way(MOST)?);
    Ok(rows.map(|row: Row| row.letter).collect())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
