//! What keeps the whole ledger from sending: a halt, and being brought back from a backup.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use utpost_dispatch::{Halt, Restoration};
use utpost_domain::Actor;

use crate::events::{read_time, write_time};
use crate::fault::Fault;
use crate::schema;

/// The halt that stands.
pub(crate) fn halt(connection: &Connection) -> Result<Option<Halt>, Fault> {
    let standing = connection
        .prepare_cached("SELECT code, since FROM halts WHERE lifted_at IS NULL")?
        .query_row([], |row| {
            Ok((row.get("code")?, row.get::<_, String>("since")?))
        })
        .optional()?;
    standing
        .map(|(code, since)| {
            let since = read_time(&since)?;
            Ok(Halt { code, since })
        })
        .transpose()
}

/// Stops sending, unless it is stopped already.
pub(crate) fn set_halt(connection: &Connection, halt: &Halt) -> Result<(), Fault> {
    connection.execute(
        "INSERT INTO halts (code, since) SELECT ?1, ?2
         WHERE NOT EXISTS (SELECT 1 FROM halts WHERE lifted_at IS NULL)",
        (&halt.code, write_time(halt.since)),
    )?;
    Ok(())
}

/// Lets sending go on; tells whether it was stopped.
pub(crate) fn lift_halt(connection: &Connection, by: &Actor, at: Timestamp) -> Result<bool, Fault> {
    let lifted = connection.execute(
        "UPDATE halts SET lifted_at = ?1, lifted_by = ?2 WHERE lifted_at IS NULL",
        (write_time(at), serde_json::to_string(by)?),
    )?;
    Ok(lifted > 0)
}

/// The restoration that still keeps the ledger from sending; of several, the latest.
pub(crate) fn restoration(connection: &Connection) -> Result<Option<Restoration>, Fault> {
    let at = connection
        .prepare_cached(
            "SELECT at FROM restorations WHERE ended_at IS NULL ORDER BY number DESC LIMIT 1",
        )?
        .query_row([], |row| row.get::<_, String>("at"))
        .optional()?;
    at.map(|at| {
        Ok(Restoration {
            at: read_time(&at)?,
            former_tags: former_tags(connection)?,
        })
    })
    .transpose()
}

/// Lets the ledger send again.
pub(crate) fn end_restoration(connection: &Connection, at: Timestamp) -> Result<(), Fault> {
    connection.execute(
        "UPDATE restorations SET ended_at = ?1 WHERE ended_at IS NULL",
        [write_time(at)],
    )?;
    Ok(())
}

/// The channel tags before, the newest last.
pub(crate) fn former_tags(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT former_tag FROM restorations ORDER BY number")?;
    let tags = statement.query_map([], |row| row.get("former_tag"))?;
    Ok(tags.collect::<Result<_, _>>()?)
}

/// Writes down that this ledger was brought back: it takes another channel tag, and sends nothing
/// until the statuses of what was under way have been asked.
pub(crate) fn begin_restoration(connection: &Connection, at: Timestamp) -> Result<(), Fault> {
    connection.execute(
        "INSERT INTO restorations (at, former_tag) SELECT ?1, channel_tag FROM ledger",
        [write_time(at)],
    )?;
    connection.execute(
        "UPDATE ledger SET channel_tag = ?1",
        [schema::generate_channel_tag()?],
    )?;
    Ok(())
}
