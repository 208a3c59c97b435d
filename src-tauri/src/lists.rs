//! What is on its way, what was sent, and what may be done with a letter there.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use utpost_dispatch::{
    Clock, Code, Filter, Ledger, LetterRow as Row, Query, check_status, evidence,
};
use utpost_domain::{LetterId, State};
use utpost_workplace::{Failure, Watching, write_evidence};

use crate::bridge::{
    self, Counts, DoubtedReceipt, LetterList, LetterQuery, LetterRow, Outbox, OutboxRow,
};
use crate::letters;
use crate::office::{Office, Room};

/// Most letters in one list.
const MOST: u32 = 500;
/// Most receipts of no letter here in one list.
const MOST_STRAYS: usize = 200;

impl Office {
    /// Ends a letter's undo window.
    ///
    /// # Errors
    /// [`Code::NotNow`] when it has none.
    pub(crate) fn send_now(&self, id: LetterId) -> Result<(), Failure> {
        let room = self.room()?;
        if room.work.ledger.letter(id)?.state() != State::Held {
            return Err(Failure::new(Code::NotNow));
        }
        // Another program's undo window is not ours to end.
        if room.engine.hurry(id) {
            Ok(())
        } else {
            Err(Failure::new(Code::NotNow))
        }
    }

    /// Tries now what would be tried later. Never sends a letter again: the engine does only what
    /// it would do when the time came.
    ///
    /// # Errors
    /// [`Code::NotNow`] for a letter that waits for nothing.
    pub(crate) fn try_now(&self, id: LetterId) -> Result<LetterRow, Failure> {
        let room = self.room()?;
        let letter = room.work.ledger.letter(id)?;
        match letter.state() {
            State::Queued | State::Uncertain | State::WaitingForRegister => {
                room.engine.know(&letter);
                room.engine.hurry(id);
                letters::row(&room, id)
            }
            _ => Err(Failure::new(Code::NotNow)),
        }
    }

    /// Asks the access point what became of a letter.
    ///
    /// # Errors
    /// [`Code::NotNow`] for one never sent; the codes of the access point.
    pub(crate) fn check_status(&self, id: LetterId) -> Result<LetterRow, Failure> {
        let room = self.room()?;
        let agency = room.work.agency();
        let progress = |progress| self.teller.progress(id, progress);
        let asked = check_status(&room.work.desk(&agency, &progress), id);
        let now = room.work.clock.now();
        match &asked {
            Ok(letter) => {
                self.teller.reached(now);
                room.engine.saw(letter);
            }
            Err(fault) => {
                self.teller.not_reached(fault.code(), now);
                room.engine.look_at_standstill();
            }
        }
        asked.map_err(|fault| Failure::from(fault).about(id))?;
        letters::row(&room, id)
    }

    /// Gives a letter up.
    ///
    /// # Errors
    /// [`Code::NotNow`] when it is too late.
    pub(crate) fn cancel(&self, id: LetterId) -> Result<LetterRow, Failure> {
        let room = self.room()?;
        let agency = room.work.agency();
        let cancelled = room.work.desk(&agency, &|_| {}).cancel(id)?;
        room.engine.saw(&cancelled);
        self.given_up(id);
        letters::row(&room, id)
    }

    /// Fetches receipts now.
    ///
    /// # Errors
    /// The codes of the access point.
    pub(crate) fn collect_receipts(&self) -> Result<u32, Failure> {
        let new = self.room()?.engine.collect()?;
        Ok(u32::try_from(new).unwrap_or(u32::MAX))
    }

    /// Writes a letter's evidence into a folder of its own in `folder`.
    ///
    /// # Errors
    /// [`Code::OutFolder`].
    pub(crate) fn write_evidence(&self, id: LetterId, folder: &Path) -> Result<PathBuf, Failure> {
        let room = self.room()?;
        let out = folder.join(format!("utpost-{id}"));
        write_evidence(&out, &evidence(&room.work.ledger, id)?)?;
        Ok(out)
    }
}

impl Office {
    /// How many letters wait somewhere.
    ///
    /// # Errors
    /// The codes of the ledger, as of all here.
    pub(crate) fn counts(&self) -> Result<Counts, Failure> {
        let counts = self.room()?.work.ledger.counts()?;
        Ok(Counts {
            outbox: number(counts.outbox),
            follow_up: number(counts.follow_up),
        })
    }

    /// What is on its way, and what has not left.
    pub(crate) fn outbox(&self) -> Result<Outbox, Failure> {
        let room = self.room()?;
        let ledger = &room.work.ledger;
        let (held, unsent): (Vec<_>, Vec<_>) = ledger
            .unsent(MOST)?
            .into_iter()
            .partition(|row| row.state == State::Held);
        let on_their_way = ledger.on_their_way(MOST)?.into_iter();
        let today = ledger.delivered_since(midnight(room.work.clock.now()))?;
        let row = |row| letters::row_of(&room, row);
        Ok(Outbox {
            held: held.into_iter().map(row).collect(),
            under_way: on_their_way
                .map(|row| under_way(&room, row))
                .collect::<Result<_, _>>()?,
            unsent: unsent.into_iter().map(row).collect(),
            delivered_today: number(today.count),
            last_delivered: today.newest.map(row),
        })
    }

    /// The letters that a search finds.
    pub(crate) fn letters(&self, query: &LetterQuery) -> Result<LetterList, Failure> {
        let room = self.room()?;
        let limit = query.limit.min(MOST);
        let search = Query::new(&query.search, query.filter.into(), limit);
        let found = room.work.ledger.find(&search)?;
        let rows = found.rows.into_iter();
        Ok(LetterList {
            rows: rows.map(|row| letters::row_of(&room, row)).collect(),
            total: number(found.total),
        })
    }
}

impl Office {
    /// The receipts that belong to no letter here, newest first.
    pub(crate) fn stray_receipts(&self) -> Result<Vec<DoubtedReceipt>, Failure> {
        let strays = self.room()?.work.ledger.receipts(None)?.into_iter().rev();
        Ok(strays.take(MOST_STRAYS).map(letters::doubted).collect())
    }
}

impl From<bridge::Filter> for Filter {
    fn from(filter: bridge::Filter) -> Self {
        match filter {
            bridge::Filter::All => Self::All,
            bridge::Filter::FollowUp => Self::FollowUp,
            bridge::Filter::Delivered => Self::Delivered,
            bridge::Filter::Opened => Self::Opened,
            bridge::Filter::NotOpened => Self::NotOpened,
            bridge::Filter::Returned => Self::Returned,
            bridge::Filter::Failed => Self::Failed,
            bridge::Filter::Cancelled => Self::Cancelled,
        }
    }
}

fn under_way(room: &Room, row: Row) -> Result<OutboxRow, Failure> {
    let letter = room.work.ledger.letter(row.letter)?;
    let going = room.engine.going(row.letter);
    Ok(OutboxRow {
        sent: going.sent,
        bytes: letter.sealed().map_or(0, |sealed| sealed.parcel_bytes),
        cause: going.trouble.map(|(code, _)| code.as_str().to_owned()),
        tried_at: going.trouble.map(|(_, at)| at.to_string()),
        next_try_at: going.next_try_at.map(|at| at.to_string()),
        row: letters::row_of(room, row),
    })
}

/// When the day began, in Norway.
fn midnight(now: Timestamp) -> Timestamp {
    let begun = TimeZone::get("Europe/Oslo").and_then(|oslo| now.to_zoned(oslo).start_of_day());
    begun.map_or(now, |begun| begun.timestamp())
}

fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
