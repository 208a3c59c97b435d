//! Taking a letter in: everything checked that can be checked without asking anybody, and the
//! documents kept under the letter's own key. From then on the original files are not needed.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use utpost_domain::{
    Actor, DocumentFacts, Drafted, Event, FileName, Happening, Language, LetterId, LetterKind,
    MediaType, NationalId, NonSensitiveTitle, OpeningReceipt, PostalAddress, RecipientName,
    SecurityLevel, Title,
};
use utpost_letters::{PdfFault, glance};
use utpost_parcel::{Limits, ParcelFault};
use utpost_wire::EnvelopeFault;

use crate::letter::{Contents, ListedDocument};
use crate::{Clock, Entry, Fault, Ledger, LedgerFault};

/// Bytes that can be read from any place.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// One file given by the clerk.
pub struct File<'a> {
    /// Its name without folders; gives an attachment its title and type.
    pub name: &'a str,
    /// Its bytes.
    pub content: &'a mut dyn ReadSeek,
}

/// A letter as the clerk gives it.
pub struct NewLetter<'a> {
    /// What it is in law.
    pub kind: LetterKind,
    /// The citizen.
    pub recipient: NationalId,
    /// Who that is in words, for lists.
    pub recipient_name: Option<RecipientName>,
    /// Its own title.
    pub title: Title,
    /// The title anyone may see.
    pub public_title: NonSensitiveTitle,
    /// The letter's language.
    pub language: Language,
    /// Login level the citizen needs.
    pub security: SecurityLevel,
    /// Whether the citizen is asked to let the opening be told.
    pub opening_receipt: OpeningReceipt,
    /// From when the citizen sees it, at most a year ahead; at once when `None`.
    pub visible_from: Option<Timestamp>,
    /// Where it goes on paper.
    pub address: Option<PostalAddress>,
    /// The letter it is made anew from.
    pub replaces: Option<LetterId>,
    /// The letter, a PDF.
    pub main: File<'a>,
    /// Attachments.
    pub attachments: Vec<File<'a>>,
}

/// Takes a letter in. Nothing leaves the machine.
///
/// # Errors
/// [`Fault`] of the families Input and Local; then nothing is kept. [`LedgerFault::NotFound`] when
/// it replaces a letter that is not in this ledger.
pub fn import(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    actor: Actor,
    limits: Limits,
    new: NewLetter<'_>,
) -> Result<LetterId, Fault> {
    let letter = LetterId::generate();
    import_as(ledger, clock, actor, limits, letter, new)?;
    Ok(letter)
}

/// [`import`] under an id of the caller's own, for one that must take each letter in once however
/// often it is ended and started anew. Gives whether the letter is new: one that is in the ledger
/// already stays as it is, whatever is given now.
///
/// # Errors
/// As [`import`].
pub fn import_as(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    actor: Actor,
    limits: Limits,
    letter: LetterId,
    mut new: NewLetter<'_>,
) -> Result<bool, Fault> {
    match ledger.letter(letter) {
        Ok(_) => return Ok(false),
        Err(LedgerFault::NotFound) => {}
        Err(fault) => return Err(fault.into()),
    }
    new.recipient.admitted_in(ledger.environment())?;
    check_visible_from(clock, new.visible_from)?;
    if let Some(earlier) = new.replaces {
        ledger.letter(earlier)?;
    }
    let listed = list(&mut new)?;

    ledger.open_letter(letter)?;
    let kept = keep(ledger, clock, actor, limits, letter, new, listed);
    if kept.is_err() {
        // What stays behind is removed when the ledger is next opened.
        if ledger.drop_letter(letter).is_err() {
            tracing::warn!(%letter, "a letter without events stays until the next start");
        }
    }
    kept.map(|()| true)
}

/// At most a year ahead, as the envelope wants it.
pub(crate) fn check_visible_from(
    clock: &dyn Clock,
    visible_from: Option<Timestamp>,
) -> Result<(), Fault> {
    match visible_from {
        Some(at) if at > a_year_after(clock.now()) => Err(EnvelopeFault::TooFarAhead.into()),
        _ => Ok(()),
    }
}

fn a_year_after(now: Timestamp) -> Timestamp {
    let later = now.to_zoned(TimeZone::UTC).checked_add(1.year());
    later.map_or(Timestamp::MAX, |later| later.timestamp())
}

/// A document before its bytes are kept.
struct Listed {
    title: Title,
    file_name: FileName,
    media_type: MediaType,
    /// Its size when it was checked: one that changes until it is kept is not taken.
    bytes: u64,
}

/// Checks each file's name, type and skeleton.
fn list(new: &mut NewLetter<'_>) -> Result<Vec<Listed>, Fault> {
    if new.attachments.len() > 200 {
        return Err(ParcelFault::TooManyAttachments.into());
    }
    let bytes = check_pdf(0, &mut new.main)?;
    let mut names = vec![FileName::derive(new.main.name, &[])];
    let mut listed = vec![Listed {
        title: new.title.clone(),
        file_name: names[0].clone(),
        media_type: MediaType::Pdf,
        bytes,
    }];
    let mut seen: Vec<String> = Vec::new();
    for (index, file) in new.attachments.iter_mut().enumerate() {
        let which = index + 1;
        let path = Path::new(file.name);
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        let media_type = MediaType::from_extension(extension).ok_or(Fault::Type { which })?;
        let bytes = match media_type {
            MediaType::Pdf => check_pdf(which, file)?,
            other => check_type(which, file, other)?,
        };
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let title =
            Title::parse(stem).map_err(|source| Fault::AttachmentTitle { which, source })?;
        let folded = title.expose("compared with other titles").to_lowercase();
        if seen.contains(&folded) {
            return Err(Fault::SameName { which });
        }
        seen.push(folded);
        let file_name = FileName::derive(file.name, &names);
        names.push(file_name.clone());
        listed.push(Listed {
            title,
            file_name,
            media_type,
            bytes,
        });
    }
    Ok(listed)
}

/// Gives the file's size, as the next does.
fn check_pdf(which: usize, file: &mut File<'_>) -> Result<u64, Fault> {
    let unreadable = |source| Fault::Unreadable { which, source };
    let seen = glance(&mut *file.content).map_err(|source| match source {
        PdfFault::Unreadable(source) => unreadable(source),
        source => Fault::Pdf { which, source },
    })?;
    file.content.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(seen.bytes)
}

fn check_type(which: usize, file: &mut File<'_>, expected: MediaType) -> Result<u64, Fault> {
    let unreadable = |source| Fault::Unreadable { which, source };
    let mut first = Vec::new();
    (&mut *file.content)
        .take(1024)
        .read_to_end(&mut first)
        .map_err(unreadable)?;
    let bytes = file.content.seek(SeekFrom::End(0)).map_err(unreadable)?;
    file.content.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if bytes == 0 {
        return Err(ParcelFault::EmptyDocument { which }.into());
    }
    if expected.matches(&first) {
        Ok(bytes)
    } else {
        Err(Fault::Type { which })
    }
}

fn keep(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    actor: Actor,
    limits: Limits,
    letter: LetterId,
    new: NewLetter<'_>,
    listed: Vec<Listed>,
) -> Result<(), Fault> {
    let files = std::iter::once(new.main).chain(new.attachments);
    let mut room = limits.bytes;
    let mut documents = Vec::new();
    for (number, (file, listed)) in (0u32..).zip(files.zip(listed)) {
        let unreadable = |source| Fault::Unreadable {
            which: documents.len(),
            source,
        };
        let kept = match ledger.keep_document(letter, number, file.content, room) {
            Err(LedgerFault::SourceUnreadable(source)) => return Err(unreadable(source)),
            kept => kept?,
        };
        if kept.bytes != listed.bytes {
            return Err(unreadable(io::ErrorKind::InvalidData.into()));
        }
        room = room.saturating_sub(kept.bytes);
        documents.push(ListedDocument {
            title: listed.title,
            file_name: listed.file_name,
            facts: DocumentFacts {
                digest: kept.digest,
                bytes: kept.bytes,
                media_type: listed.media_type,
            },
        });
    }
    let drafted = Drafted {
        environment: ledger.environment(),
        kind: new.kind,
        documents: documents
            .iter()
            .map(|document| document.facts.clone())
            .collect(),
        security: new.security,
        language: new.language,
        opening_receipt: new.opening_receipt,
        visible_from: new.visible_from,
        replaces: new.replaces,
    };
    let contents = Contents {
        recipient: new.recipient,
        recipient_name: new.recipient_name,
        title: new.title,
        public_title: new.public_title,
        address: new.address,
        documents,
        drafted: drafted.clone(),
    };
    let event = Event {
        at: clock.now(),
        actor,
        what: Happening::Drafted(drafted),
    };
    ledger.record(
        letter,
        &Entry {
            event,
            personal: contents.personal()?,
        },
    )?;
    Ok(())
}
