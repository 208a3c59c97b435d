//! What the lists show: one row for each letter that has events, a fold of them.

use rusqlite::{Connection, OptionalExtension, Row};
use utpost_dispatch::{Entry, LedgerFault, LetterRow};
use utpost_domain::{ConversationId, Letter, LetterId, MessageId, Sensitive};

use crate::events::{read_time, write_time};
use crate::fault::Fault;

/// The personal field whose latest value is shown.
const TITLE: &str = "title";

/// Writes how the letter looks after this entry.
pub(crate) fn show(connection: &Connection, letter: &Letter, entry: &Entry) -> Result<(), Fault> {
    let sealed = letter.sealed();
    connection.execute(
        "INSERT INTO overview (letter, state, under_way, carrier, message_id, conversation_id,
                               created_at, changed_at, title)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
         ON CONFLICT (letter) DO UPDATE SET
             state = excluded.state, under_way = excluded.under_way, carrier = excluded.carrier,
             message_id = excluded.message_id, conversation_id = excluded.conversation_id,
             changed_at = excluded.changed_at, title = coalesce(excluded.title, title)",
        (
            letter.id().to_string(),
            serde_json::to_string(&letter.state())?,
            sealed.is_some() && !letter.is_finished(),
            letter
                .carrier()
                .map(|carrier| serde_json::to_string(&carrier))
                .transpose()?,
            sealed.map(|sealed| sealed.message_id.to_string()),
            sealed.map(|sealed| sealed.conversation_id.to_string()),
            write_time(entry.event.at),
            entry
                .personal
                .value(TITLE)
                .map(|title| title.expose("encrypted ledger")),
        ),
    )?;
    Ok(())
}

/// The newest letters, newest first.
pub(crate) fn newest(connection: &Connection, limit: u32) -> Result<Vec<LetterRow>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT letter, state, created_at, changed_at, message_id, title
         FROM overview ORDER BY created_at DESC LIMIT ?1",
    )?;
    let mut rows = statement.query([limit])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let message: Option<String> = row.get("message_id")?;
        letters.push(LetterRow {
            letter: read_letter(row)?,
            state: serde_json::from_str(&row.get::<_, String>("state")?)?,
            created_at: read_time(&row.get::<_, String>("created_at")?)?,
            changed_at: read_time(&row.get::<_, String>("changed_at")?)?,
            message: message
                .map(|id| MessageId::parse(&id))
                .transpose()
                .map_err(|_| LedgerFault::Damaged)?,
            title: row.get::<_, Option<String>>("title")?.map(Sensitive::new),
        });
    }
    Ok(letters)
}

/// Letters sealed and not finished, oldest first.
pub(crate) fn under_way(connection: &Connection) -> Result<Vec<LetterId>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT letter FROM overview WHERE under_way = 1 ORDER BY created_at")?;
    let mut rows = statement.query([])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(read_letter(row)?);
    }
    Ok(letters)
}

/// The letter of a conversation.
pub(crate) fn letter_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<LetterId>, Fault> {
    connection
        .prepare_cached("SELECT letter FROM overview WHERE conversation_id = ?1")?
        .query_row([conversation.to_string()], |row| Ok(read_letter(row)))
        .optional()?
        .transpose()
}

/// Does a letter of this message exist?
pub(crate) fn has_message(connection: &Connection, message: MessageId) -> Result<bool, Fault> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM overview WHERE message_id = ?1)")?
        .query_row([message.to_string()], |row| row.get(0))?)
}

fn read_letter(row: &Row<'_>) -> Result<LetterId, Fault> {
    LetterId::parse(&row.get::<_, String>("letter")?).map_err(|_| LedgerFault::Damaged.into())
}
