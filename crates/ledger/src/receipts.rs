use jiff::Timestamp;
use rusqlite::{Connection, Row};
use utpost_dispatch::{Entry, IncomingReceipt, LedgerFault, ReceiptKept, StoredReceipt};
use utpost_domain::{ConversationId, Digest, Environment, IdFault, LetterId, OrgNumber, ReceiptId};

use crate::events::{append, read_time, write_time};
use crate::fault::Fault;

/// Keeps a receipt and the event it gives. The caller holds the transaction.
///
/// Known is the same text with the same verdict, or once found verified. Ids are no keys: a forged
/// receipt under a genuine one's id neither shuts it out nor goes unseen, and one that waited for
/// trust counts when it verifies. An event that the fold refuses is left out; the receipt stays.
pub(crate) fn keep(
    connection: &Connection,
    environment: Environment,
    receipt: &IncomingReceipt,
    entry: Option<&Entry>,
) -> Result<ReceiptKept, Fault> {
    let digest = Digest::of(receipt.raw.as_bytes());
    let id = receipt.receipt.map(|id| id.to_string());
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM receipts WHERE digest = ?1 AND verdict IN (?2, ?3))",
        (
            digest.as_bytes(),
            &receipt.verdict,
            IncomingReceipt::VERIFIED,
        ),
        |row| row.get(0),
    )?;
    if known {
        return Ok(ReceiptKept::Known);
    }
    // After retention nothing personal comes back, not even with a late receipt.
    let raw = match receipt.letter {
        Some(letter) if is_forgotten(connection, letter)? => "",
        _ => &receipt.raw,
    };
    connection.execute(
        "INSERT INTO receipts (digest, receipt_id, conversation_id, letter, raw, received_at,
                               verdict, signer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (digest) DO UPDATE SET
             letter = excluded.letter, verdict = excluded.verdict, signer = excluded.signer",
        (
            digest.as_bytes(),
            &id,
            receipt
                .conversation
                .map(|conversation| conversation.to_string()),
            receipt.letter.map(|letter| letter.to_string()),
            raw,
            write_time(receipt.received_at),
            &receipt.verdict,
            receipt.signer.map(|signer| signer.to_string()),
        ),
    )?;
    if let Some(entry) = entry {
        let letter = receipt.letter.ok_or(LedgerFault::NotFound)?;
        match append(connection, environment, letter, entry) {
            // Evidence is kept even when the letter's life has no place for it.
            Err(Fault::Known(LedgerFault::Impossible(_))) => {}
            appended => drop(appended?),
        }
    }
    Ok(ReceiptKept::New)
}

/// Whether retention has taken what was personal of the letter.
pub(crate) fn is_forgotten(connection: &Connection, letter: LetterId) -> Result<bool, Fault> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM letters WHERE id = ?1 AND forgotten_at IS NOT NULL)",
        [letter.to_string()],
        |row| row.get(0),
    )?)
}

/// Writes down that the access point was told; only the first time counts.
pub(crate) fn acknowledge(
    connection: &Connection,
    receipt: ReceiptId,
    at: Timestamp,
) -> Result<(), Fault> {
    let known = connection.execute(
        "UPDATE receipts SET acknowledged_at = coalesce(acknowledged_at, ?2)
         WHERE receipt_id = ?1",
        (receipt.to_string(), write_time(at)),
    )?;
    if known == 0 {
        Err(LedgerFault::NotFound.into())
    } else {
        Ok(())
    }
}

/// The receipts of a letter, or of no letter here, in the order they came.
pub(crate) fn list(
    connection: &Connection,
    letter: Option<LetterId>,
) -> Result<Vec<StoredReceipt>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT receipt_id, conversation_id, letter, raw, received_at, verdict, signer,
                acknowledged_at
         FROM receipts WHERE letter IS ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([letter.map(|letter| letter.to_string())])?;
    let mut receipts = Vec::new();
    while let Some(row) = rows.next()? {
        receipts.push(read(row)?);
    }
    Ok(receipts)
}

fn read(row: &Row<'_>) -> Result<StoredReceipt, Fault> {
    let text = |column| row.get::<_, Option<String>>(column);
    let id = |_: IdFault| LedgerFault::Damaged;
    let signer = text("signer")?
        .map(|signer| OrgNumber::parse(&signer))
        .transpose();
    let receipt = IncomingReceipt {
        receipt: text("receipt_id")?
            .map(|it| ReceiptId::parse(&it))
            .transpose()
            .map_err(id)?,
        conversation: text("conversation_id")?
            .map(|it| ConversationId::parse(&it))
            .transpose()
            .map_err(id)?,
        letter: text("letter")?
            .map(|it| LetterId::parse(&it))
            .transpose()
            .map_err(id)?,
        raw: row.get("raw")?,
        received_at: read_time(&row.get::<_, String>("received_at")?)?,
        verdict: row.get("verdict")?,
        signer: signer.map_err(|_| LedgerFault::Damaged)?,
    };
    let acknowledged_at = text("acknowledged_at")?
        .map(|at| read_time(&at))
        .transpose()?;
    Ok(StoredReceipt {
        receipt,
        acknowledged_at,
    })
}
