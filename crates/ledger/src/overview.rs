//! What the lists show: one row for each letter that has events, a fold of them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde_json::json;
use utpost_dispatch::{
    Counts, Delivered, Entry, Filter, Found, LedgerFault, LetterRow, Listed, Query, Recorded, fold,
};
use utpost_domain::{
    ConversationId, Happening, Letter, LetterId, MessageId, NationalId, OrgNumber, RecipientName,
    Sensitive, State,
};

use crate::events::{read_time, write_time};
use crate::fault::Fault;

const KEPT: &str = "encrypted ledger";

/// Writes how the letter looks after this entry, which stands at `position` in the chain.
pub(crate) fn show(
    connection: &Connection,
    letter: &Letter,
    position: u64,
    entry: &Entry,
) -> Result<(), Fault> {
    let id = letter.id().to_string();
    let mut values = vec![Value::from(id.clone())];
    values.extend(folded(letter)?);
    values.push(write_time(entry.event.at).into());
    values.push((position as i64).into());
    connection.execute(
        "INSERT INTO overview (letter, state, stopped_for, kind, under_way, in_outbox, has_left,
                               follow_up, carrier, receiver, message_id, conversation_id, attempts,
                               notes, undo_until, delivered_at, created_at, changed_at, number)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17,
                 ?18)
         ON CONFLICT (letter) DO UPDATE SET
             state = excluded.state, stopped_for = excluded.stopped_for, kind = excluded.kind,
             under_way = excluded.under_way, in_outbox = excluded.in_outbox,
             has_left = excluded.has_left, follow_up = excluded.follow_up,
             carrier = excluded.carrier, receiver = excluded.receiver,
             message_id = excluded.message_id, conversation_id = excluded.conversation_id,
             attempts = excluded.attempts, notes = excluded.notes,
             undo_until = excluded.undo_until, delivered_at = excluded.delivered_at,
             changed_at = excluded.changed_at",
        params_from_iter(values),
    )?;
    match &entry.event.what {
        Happening::Drafted(_) => show_contents(connection, &id, &Listed::of(&entry.personal)),
        what if makes_it_go(what) => {
            connection.execute(
                "UPDATE overview SET went_at = ?2 WHERE letter = ?1",
                (id, write_time(entry.event.at)),
            )?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The columns that follow from the letter as folded, in the order of [`folded`].
const FOLDED: &str = "state, stopped_for, kind, under_way, in_outbox, has_left, follow_up, carrier,
                      receiver, message_id, conversation_id, attempts, notes, undo_until,
                      delivered_at";

/// What the columns [`FOLDED`] say of the letter.
fn folded(letter: &Letter) -> Result<[Value; 15], Fault> {
    let state = letter.state();
    let sealed = letter.sealed();
    let stopped_for = match state {
        State::Stopped(reason) => Some(serde_json::to_string(&reason)?),
        _ => None,
    };
    let carrier = letter
        .carrier()
        .map(|carrier| serde_json::to_string(&carrier))
        .transpose()?;
    let delivered_at = letter.delivered_at().filter(|_| is_delivered(state));
    Ok([
        state.name().to_owned().into(),
        stopped_for.into(),
        serde_json::to_string(&letter.kind())?.into(),
        (sealed.is_some() && !letter.is_finished()).into(),
        (state.is_unsent() || state.is_on_its_way()).into(),
        state.has_left().into(),
        letter.needs_follow_up().into(),
        carrier.into(),
        sealed.map(|sealed| sealed.receiver.to_string()).into(),
        sealed.map(|sealed| sealed.message_id.to_string()).into(),
        sealed
            .map(|sealed| sealed.conversation_id.to_string())
            .into(),
        letter.attempts().into(),
        serde_json::to_string(letter.notes())?.into(),
        letter.undo_until().map(write_time).into(),
        delivered_at.map(write_time).into(),
    ])
}

/// Whether the letter went with this, as far as doubles are concerned.
fn makes_it_go(what: &Happening) -> bool {
    matches!(
        what,
        Happening::Sealed(_) | Happening::PrintedHere | Happening::PostedHere
    )
}

/// Whether the row, every column of it, and the words that searches look in say what the letter's
/// history makes of it. Of a forgotten letter nothing personal is shown.
///
/// # Errors
/// [`LedgerFault::NotFound`] when there is no row.
pub(crate) fn is_as_written(
    connection: &Connection,
    letter: &Letter,
    history: &[Recorded],
    is_forgotten: bool,
) -> Result<bool, Fault> {
    let (Some(first), Some(last)) = (history.first(), history.last()) else {
        return Ok(false);
    };
    let drafted = history
        .iter()
        .rfind(|recorded| matches!(recorded.event.what, Happening::Drafted(_)))
        .filter(|_| !is_forgotten);
    let listed = drafted.map(|drafted| Listed::of(&drafted.personal));
    let said = listed.as_ref().map(said).unwrap_or_default();
    let words = match drafted {
        Some(_) => Some(words(said, first.event.at)?),
        None => None,
    };
    let mut expected = folded(letter)?.to_vec();
    expected.extend([
        write_time(first.event.at).into(),
        write_time(last.event.at).into(),
        (first.position as i64).into(),
    ]);
    expected.extend(said.map(|text| text.map(str::to_owned).into()));
    expected.push(words.into());

    let went: Vec<String> = history
        .iter()
        .filter(|recorded| makes_it_go(&recorded.event.what))
        .map(|recorded| write_time(recorded.event.at))
        .collect();
    let sql = format!(
        "SELECT {FOLDED}, created_at, changed_at, number, title, recipient_name, recipient, words,
                went_at
         FROM overview LEFT JOIN overview_words USING (number) WHERE letter = ?1"
    );
    let (shown, went_at) = connection.prepare_cached(&sql)?.query_row(
        [letter.id().to_string()],
        |row| -> rusqlite::Result<(Vec<Value>, Option<String>)> {
            let shown = (0..expected.len()).map(|column| row.get(column));
            Ok((shown.collect::<Result<_, _>>()?, row.get("went_at")?))
        },
    )?;
    // The upgrade from schema 1 took the greatest; since then it is the last. They differ only
    // where the clock was set back in between.
    let as_it_went = went_at.as_ref() == went.last() || went_at.as_ref() == went.iter().max();
    Ok(shown == expected && as_it_went)
}

/// Title, name and number.
fn said(listed: &Listed) -> [Option<&str>; 3] {
    [
        listed
            .title
            .as_ref()
            .map(|title| title.expose(KEPT).as_str()),
        listed.recipient_name.as_ref().map(|name| name.expose(KEPT)),
        listed.recipient.as_ref().map(|number| number.expose(KEPT)),
    ]
}

/// What searches look in.
fn words(said: [Option<&str>; 3], created_at: Timestamp) -> Result<String, Fault> {
    let said = said.into_iter().flatten().map(fold);
    let words: Vec<String> = said.chain(dates(created_at)?).collect();
    Ok(words.join("\n"))
}

/// Writes what a drafting event says of letter and recipient.
fn show_contents(connection: &Connection, id: &str, listed: &Listed) -> Result<(), Fault> {
    let said = said(listed);
    let [title, name, recipient] = said;
    let (number, created_at) = connection.query_row(
        "UPDATE overview SET title = ?2, recipient_name = ?3, recipient = ?4 WHERE letter = ?1
         RETURNING number, created_at",
        (id, title, name, recipient),
        |row| {
            Ok((
                row.get::<_, i64>("number")?,
                row.get::<_, String>("created_at")?,
            ))
        },
    )?;
    let words = words(said, read_time(&created_at)?)?;
    connection.execute(
        "INSERT INTO overview_words (number, words) VALUES (?1, ?2)
         ON CONFLICT (number) DO UPDATE SET words = excluded.words",
        (number, words),
    )?;
    Ok(())
}

/// The day in Norway as people write it.
fn dates(at: Timestamp) -> Result<[String; 3], Fault> {
    let norway = TimeZone::get("Europe/Oslo").map_err(|_| LedgerFault::Damaged)?;
    let day = at.to_zoned(norway).date();
    Ok(["%Y-%m-%d", "%d.%m.%Y", "%-d.%-m.%Y"].map(|form| day.strftime(form).to_string()))
}

/// The newest letters, newest first.
pub(crate) fn newest(connection: &Connection, limit: u32) -> Result<Vec<LetterRow>, Fault> {
    rows(connection, "TRUE", limit)
}

/// One letter.
pub(crate) fn one(connection: &Connection, letter: LetterId) -> Result<LetterRow, Fault> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM overview WHERE letter = ?1"))?
        .query_row([letter.to_string()], |row| Ok(read_row(row)))?
}

/// The letters a query asks for.
pub(crate) fn find(connection: &Connection, query: &Query) -> Result<Found, Fault> {
    let mut numbers = among(connection, query.filter)?;
    if !query.words().is_empty() {
        numbers = holding(connection, query.words(), &numbers)?;
    }
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM overview WHERE number = ?1"))?;
    let shown = numbers.iter().rev().take(query.limit as usize);
    let rows = shown
        .map(|number| statement.query_row([number], |row| Ok(read_row(row)))?)
        .collect::<Result<_, Fault>>()?;
    Ok(Found {
        rows,
        total: numbers.len() as u64,
    })
}

/// The numbers of the letters that a filter lets through, in ascending order; read from an index
/// alone.
fn among(connection: &Connection, filter: Filter) -> Result<Vec<i64>, Fault> {
    let wanted = condition(filter);
    let mut statement =
        connection.prepare_cached(&format!("SELECT number FROM overview WHERE {wanted}"))?;
    let mut rows = statement.query([])?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        numbers.push(row.get(0)?);
    }
    // An index on the state has them state by state: few runs, each in order.
    numbers.sort();
    Ok(numbers)
}

/// Those of the letters, in ascending order, that hold every word. One pass over all the words there
/// are, in the order they lie in, costs half of looking each letter's up.
fn holding(connection: &Connection, words: &[String], among: &[i64]) -> Result<Vec<i64>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT number, words FROM overview_words ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut among = among.iter().copied().peekable();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        while among.next_if(|next| *next < number).is_some() {}
        if among.next_if_eq(&number).is_none() {
            continue;
        }
        let text = row.get_ref(1)?.as_str().map_err(|_| LedgerFault::Damaged)?;
        if words.iter().all(|word| text.contains(word.as_str())) {
            found.push(number);
        }
    }
    Ok(found)
}

/// The states of letters on their way; the others in the outbox are unsent. A letter that was
/// stopped after it was offered is unsent and has its sealing.
const ON_THEIR_WAY: &str = "('queued', 'submitting', 'uncertain', 'at_access_point')";

/// Unsent letters, newest first.
pub(crate) fn unsent(connection: &Connection, limit: u32) -> Result<Vec<LetterRow>, Fault> {
    let unsent = format!("in_outbox = 1 AND state NOT IN {ON_THEIR_WAY}");
    rows(connection, &unsent, limit)
}

/// Letters sealed that are not yet with mailbox or print provider, newest first.
pub(crate) fn on_their_way(connection: &Connection, limit: u32) -> Result<Vec<LetterRow>, Fault> {
    let on_their_way = format!("in_outbox = 1 AND state IN {ON_THEIR_WAY}");
    rows(connection, &on_their_way, limit)
}

/// How many letters wait somewhere.
pub(crate) fn counts(connection: &Connection) -> Result<Counts, Fault> {
    let count = |wanted: &str| -> Result<u64, Fault> {
        let letters: i64 = connection
            .prepare_cached(&format!(
                "SELECT count(*) AS letters FROM overview WHERE {wanted}"
            ))?
            .query_row([], |row| row.get("letters"))?;
        Ok(letters as u64)
    };
    Ok(Counts {
        outbox: count("in_outbox = 1")?,
        follow_up: count(condition(Filter::FollowUp))?,
    })
}

/// Letters that arrived at that time or later.
pub(crate) fn delivered_since(
    connection: &Connection,
    since: Timestamp,
) -> Result<Delivered, Fault> {
    let newest = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM overview WHERE delivered_at >= ?1
             ORDER BY delivered_at DESC LIMIT 1"
        ))?
        .query_row([write_time(since)], |row| Ok(read_row(row)))
        .optional()?
        .transpose()?;
    let count = connection
        .prepare_cached("SELECT count(*) AS letters FROM overview WHERE delivered_at >= ?1")?
        .query_row([write_time(since)], |row| row.get::<_, i64>("letters"))?;
    Ok(Delivered {
        count: count as u64,
        newest,
    })
}

/// Letters sealed and not finished, oldest first.
pub(crate) fn under_way(connection: &Connection) -> Result<Vec<LetterId>, Fault> {
    ids(
        connection,
        "SELECT letter FROM overview WHERE under_way = 1 ORDER BY number",
    )
}

/// Letters offered that have neither arrived nor been turned away, oldest first.
pub(crate) fn awaiting(connection: &Connection) -> Result<Vec<LetterId>, Fault> {
    ids(
        connection,
        "SELECT letter FROM overview
         WHERE under_way = 1
           AND (state IN ('submitting', 'uncertain', 'at_access_point', 'at_provider',
                          'print_accepted')
                OR state = 'queued' AND attempts > 0)
         ORDER BY number",
    )
}

fn ids(connection: &Connection, wanted: &str) -> Result<Vec<LetterId>, Fault> {
    let mut statement = connection.prepare_cached(wanted)?;
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

/// Whether the parcel of this message is kept: as long as the letter, since the evidence of what was
/// sent is the parcel itself. A key that was lost is no reason to let it go: only retention is.
pub(crate) fn keeps_parcel(connection: &Connection, message: MessageId) -> Result<bool, Fault> {
    let kept = connection
        .prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM overview JOIN letters ON letters.id = overview.letter
                 WHERE message_id = ?1 AND forgotten_at IS NULL)",
        )?
        .query_row([message.to_string()], |row| row.get(0))?;
    Ok(kept)
}

/// The messages whose parcels are kept, as [`keeps_parcel`] says. The database may be a backup of
/// schema 1, which knows retention by the key that is gone.
pub(crate) fn kept_parcels(connection: &Connection) -> Result<Vec<MessageId>, Fault> {
    let tells_retention: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM pragma_table_info('letters') WHERE name = 'forgotten_at')",
        [],
        |row| row.get(0),
    )?;
    let kept = if tells_retention {
        "forgotten_at IS NULL"
    } else {
        "document_key IS NOT NULL"
    };
    let mut statement = connection.prepare(&format!(
        "SELECT message_id FROM overview JOIN letters ON letters.id = overview.letter
         WHERE message_id IS NOT NULL AND {kept}"
    ))?;
    let mut rows = statement.query([])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get("message_id")?;
        messages.push(MessageId::parse(&id).map_err(|_| LedgerFault::Damaged)?);
    }
    Ok(messages)
}

/// The newest other letter with the same main document to the same citizen that went at `since` or
/// later and was not turned away since, and when it went. For a letter in the outbox only those
/// sealed before it.
pub(crate) fn sent_like(
    connection: &Connection,
    letter: LetterId,
    since: Timestamp,
) -> Result<Option<(LetterId, Timestamp)>, Fault> {
    let found = connection
        .prepare_cached(
            "SELECT other.letter, other.went_at
             FROM overview this
             JOIN documents main ON main.letter = this.letter AND main.number = 0
             JOIN overview other ON other.recipient = this.recipient
             JOIN documents same ON same.letter = other.letter AND same.number = 0
             WHERE this.letter = ?1 AND other.letter <> ?1 AND same.digest = main.digest
               AND other.went_at >= ?2
               AND (this.state <> 'queued'
                    OR (other.went_at, other.number) < (this.went_at, this.number))
               AND other.state IN ('queued', 'submitting', 'uncertain', 'at_access_point',
                                   'at_provider', 'print_accepted', 'delivered',
                                   'handed_to_post', 'opened', 'printed_here', 'posted_here')
             ORDER BY other.went_at DESC, other.number DESC LIMIT 1",
        )?
        .query_row((letter.to_string(), write_time(since)), |row| {
            Ok((read_letter(row), row.get::<_, String>("went_at")?))
        })
        .optional()?;
    found
        .map(|(letter, at)| Ok((letter?, read_time(&at)?)))
        .transpose()
}

/// The condition of a filter; each has an index that begins with it.
fn condition(filter: Filter) -> &'static str {
    match filter {
        Filter::All => "has_left = 1",
        Filter::FollowUp => "follow_up = 1",
        Filter::Delivered => "state IN ('delivered', 'opened', 'handed_to_post')",
        Filter::Opened => "state = 'opened'",
        Filter::NotOpened => "state = 'delivered'",
        Filter::Returned => "state = 'returned'",
        Filter::Failed => "state IN ('failed', 'refused')",
        Filter::Cancelled => "state = 'cancelled'",
    }
}

fn is_delivered(state: State) -> bool {
    matches!(
        state,
        State::Delivered | State::Opened | State::HandedToPost
    )
}

const COLUMNS: &str = "letter, state, stopped_for, kind, carrier, receiver, title, recipient_name,
                       recipient, created_at, changed_at, message_id, notes, follow_up, undo_until,
                       attempts";

/// The newest letters for which the condition holds.
fn rows(connection: &Connection, wanted: &str, limit: u32) -> Result<Vec<LetterRow>, Fault> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM overview WHERE {wanted} ORDER BY number DESC LIMIT ?1"
    ))?;
    let mut rows = statement.query([limit])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(read_row(row)?);
    }
    Ok(letters)
}

fn read_row(row: &Row<'_>) -> Result<LetterRow, Fault> {
    let text = |column| row.get::<_, Option<String>>(column);
    let damaged = || LedgerFault::Damaged;
    let message = text("message_id")?.map(|id| MessageId::parse(&id));
    let receiver = text("receiver")?.map(|number| OrgNumber::parse(&number));
    let name = text("recipient_name")?.map(|name| RecipientName::parse(&name));
    let recipient = text("recipient")?.map(|number| NationalId::parse(&number));
    Ok(LetterRow {
        letter: read_letter(row)?,
        state: read_state(row)?,
        kind: serde_json::from_str(&row.get::<_, String>("kind")?)?,
        carrier: text("carrier")?
            .map(|carrier| serde_json::from_str(&carrier))
            .transpose()?,
        receiver: receiver.transpose().map_err(|_| damaged())?,
        title: text("title")?.map(Sensitive::new),
        recipient_name: name.transpose().map_err(|_| damaged())?,
        recipient: recipient.transpose().map_err(|_| damaged())?,
        created_at: read_time(&row.get::<_, String>("created_at")?)?,
        changed_at: read_time(&row.get::<_, String>("changed_at")?)?,
        message: message.transpose().map_err(|_| damaged())?,
        notes: serde_json::from_str(&row.get::<_, String>("notes")?)?,
        follow_up: row.get("follow_up")?,
        undo_until: text("undo_until")?.map(|at| read_time(&at)).transpose()?,
        attempts: row.get("attempts")?,
    })
}

fn read_state(row: &Row<'_>) -> Result<State, Fault> {
    let name: String = row.get("state")?;
    let state = match row.get::<_, Option<String>>("stopped_for")? {
        Some(reason) => State::Stopped(serde_json::from_str(&reason)?),
        None => serde_json::from_value(json!(name))?,
    };
    Ok(state)
}

pub(crate) fn read_letter(row: &Row<'_>) -> Result<LetterId, Fault> {
    LetterId::parse(&row.get::<_, String>("letter")?).map_err(|_| LedgerFault::Damaged.into())
}
