use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use utpost_dispatch::{ChainReport, Entry, LedgerFault, Recorded};
use utpost_domain::{
    CHAIN_START, Digest, Environment, Event, FieldDigests, Letter, LetterId, PersonalFields, Salt,
    Sensitive, hash_event,
};

use crate::fault::Fault;
use crate::overview;

/// Folds the event, extends the chain and updates the overview. Writes nothing when the fold
/// refuses. The caller holds the transaction.
pub(crate) fn append(
    connection: &Connection,
    environment: Environment,
    id: LetterId,
    entry: &Entry,
) -> Result<Letter, Fault> {
    let salt: Option<[u8; 32]> = connection.query_row(
        "SELECT salt FROM letters WHERE id = ?1",
        [id.to_string()],
        |row| row.get("salt"),
    )?;
    let letter = fold_with(connection, id, &entry.event)?;
    if letter.environment() != environment {
        return Err(LedgerFault::OtherEnvironment.into());
    }
    // After retention nothing personal comes back, not even with a late receipt.
    let (personal, digests) = match salt.map(Salt::from_bytes) {
        Some(salt) => (
            write_personal(&entry.personal)?,
            entry.personal.digests(&salt),
        ),
        None => (None, FieldDigests::default()),
    };
    let (last, previous) = head(connection)?;
    let position = last + 1;
    let hash = hash_event(&previous, id, position, &entry.event, &digests)
        .map_err(|fault| LedgerFault::Database(Box::new(fault)))?;
    connection.execute(
        "INSERT INTO events (position, letter, at, body, personal, field_digests, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            position as i64,
            id.to_string(),
            write_time(entry.event.at),
            serde_json::to_string(&entry.event)?,
            personal
                .as_ref()
                .map(|text| text.expose("encrypted ledger")),
            serde_json::to_string(&digests)?,
            previous.as_bytes(),
            hash.as_bytes(),
        ),
    )?;
    connection.execute(
        "UPDATE letters SET begun = 1 WHERE id = ?1 AND begun = 0",
        [id.to_string()],
    )?;
    overview::show(connection, &letter, position, entry)?;
    Ok(letter)
}

/// The letter as folded from its events.
pub(crate) fn fold(connection: &Connection, id: LetterId) -> Result<Letter, Fault> {
    let events = bodies(connection, id)?;
    if events.is_empty() {
        return Err(LedgerFault::NotFound.into());
    }
    Letter::from_events(id, &events).map_err(|_| LedgerFault::Damaged.into())
}

/// The letter's events, oldest first.
pub(crate) fn history(connection: &Connection, id: LetterId) -> Result<Vec<Recorded>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT position, body, personal, hash FROM events WHERE letter = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([id.to_string()])?;
    let mut history = Vec::new();
    while let Some(row) = rows.next()? {
        history.push(Recorded {
            position: row.get::<_, i64>("position")? as u64,
            event: read_event(row)?,
            personal: read_personal(row)?.unwrap_or_default(),
            hash: Digest::from_bytes(row.get("hash")?),
        });
    }
    Ok(history)
}

/// Reads every page of the database, then the whole chain up to the first place where it does not
/// hold.
pub(crate) fn check_chain(connection: &Connection) -> Result<ChainReport, Fault> {
    let pages: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if pages != "ok" {
        return Err(LedgerFault::Damaged.into());
    }
    let mut statement = connection.prepare(
        "SELECT position, letter, at, body, personal, field_digests, previous, hash, salt
         FROM events LEFT JOIN letters ON letters.id = events.letter ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let (mut events, mut previous) = (0, CHAIN_START);
    while let Some(row) = rows.next()? {
        match link(row, events + 1, &previous)? {
            Some(hash) => (events, previous) = (events + 1, hash),
            None => {
                return Ok(ChainReport {
                    events,
                    broken_at: Some(events + 1),
                });
            }
        }
    }
    // SQLite itself remembers the highest position ever given, so a cut end is seen too.
    let given: Option<i64> = connection
        .query_row(
            "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let cut = given.is_some_and(|given| given as u64 != events);
    Ok(ChainReport {
        events,
        broken_at: cut.then_some(events + 1),
    })
}

/// The hash of this row when it follows on `previous` and is as it was written.
fn link(row: &Row<'_>, position: u64, previous: &Digest) -> Result<Option<Digest>, Fault> {
    let hash = Digest::from_bytes(row.get("hash")?);
    let (Ok(letter), Ok(event), Ok(digests), Ok(personal)) = (
        LetterId::parse(row.get_ref("letter")?.as_str().unwrap_or_default()),
        read_event(row),
        serde_json::from_str::<FieldDigests>(&row.get::<_, String>("field_digests")?),
        read_personal(row),
    ) else {
        return Ok(None);
    };
    let salt = row
        .get::<_, Option<[u8; 32]>>("salt")?
        .map(Salt::from_bytes);
    let personal_as_written = match (personal, salt) {
        (None, _) => true,
        (Some(personal), Some(salt)) => personal.digests(&salt) == digests,
        (Some(_), None) => false,
    };
    let as_written = personal_as_written
        && row.get::<_, i64>("position")? as u64 == position
        && row.get::<_, String>("at")? == write_time(event.at)
        && row.get::<_, [u8; 32]>("previous")? == *previous.as_bytes()
        && hash_event(previous, letter, position, &event, &digests).is_ok_and(|made| made == hash);
    Ok(as_written.then_some(hash))
}

fn fold_with(connection: &Connection, id: LetterId, event: &Event) -> Result<Letter, Fault> {
    match fold(connection, id) {
        Ok(mut letter) => {
            letter.apply(event)?;
            Ok(letter)
        }
        Err(Fault::Known(LedgerFault::NotFound)) => Ok(Letter::from_events(id, [event])?),
        Err(fault) => Err(fault),
    }
}

/// The letter's events without their personal values, oldest first.
pub(crate) fn bodies(connection: &Connection, id: LetterId) -> Result<Vec<Event>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM events WHERE letter = ?1 ORDER BY position")?;
    let mut rows = statement.query([id.to_string()])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read_event(row)?);
    }
    Ok(events)
}

/// Last position and hash; 0 and the start of the chain in an empty ledger.
fn head(connection: &Connection) -> Result<(u64, Digest), Fault> {
    let last = connection
        .prepare_cached("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((row.get::<_, i64>("position")?, row.get("hash")?))
        })
        .optional()?;
    Ok(last.map_or((0, CHAIN_START), |(position, hash)| {
        (position as u64, Digest::from_bytes(hash))
    }))
}

/// Nine decimals, so that times sort as text.
pub(crate) fn write_time(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(crate) fn read_time(text: &str) -> Result<Timestamp, Fault> {
    text.parse().map_err(|_| LedgerFault::Damaged.into())
}

fn read_event(row: &Row<'_>) -> Result<Event, Fault> {
    Ok(serde_json::from_str(&row.get::<_, String>("body")?)?)
}

fn write_personal(personal: &PersonalFields) -> Result<Option<Sensitive<String>>, Fault> {
    if personal.is_empty() {
        return Ok(None);
    }
    let fields: BTreeMap<&str, &str> = personal
        .iter()
        .map(|(name, value)| (name, value.expose("encrypted ledger").as_str()))
        .collect();
    Ok(Some(Sensitive::new(serde_json::to_string(&fields)?)))
}

/// `None` when there were none or retention has taken them.
fn read_personal(row: &Row<'_>) -> Result<Option<PersonalFields>, Fault> {
    let Some(text) = row
        .get::<_, Option<String>>("personal")?
        .map(Sensitive::new)
    else {
        return Ok(None);
    };
    let fields: BTreeMap<String, String> = serde_json::from_str(text.expose("ledger"))?;
    Ok(Some(
        fields
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    ))
}
