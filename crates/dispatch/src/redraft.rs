//! Changing an unsent letter.

use jiff::Timestamp;
use utpost_domain::{
    Action, Event, Happening, Language, Letter, LetterId, LetterKind, NonSensitiveTitle,
    OpeningReceipt, PostalAddress, RecipientName, SecurityLevel, State, Title,
};

use crate::import::check_visible_from;
use crate::letter::{Contents, contents};
use crate::{Desk, Entry, Fault};

/// What may be changed about a letter. Another recipient or other documents make another letter.
#[derive(Debug, Clone)]
pub struct Changes {
    /// What it is in law.
    pub kind: LetterKind,
    /// Who it is for, in words.
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
}

impl Changes {
    /// None: the letter as it is.
    #[must_use]
    pub fn none(contents: &Contents) -> Self {
        let drafted = &contents.drafted;
        Self {
            kind: drafted.kind,
            recipient_name: contents.recipient_name.clone(),
            title: contents.title.clone(),
            public_title: contents.public_title.clone(),
            language: drafted.language,
            security: drafted.security,
            opening_receipt: drafted.opening_receipt,
            visible_from: drafted.visible_from,
            address: contents.address.clone(),
        }
    }

    fn apply_to(self, contents: &mut Contents) {
        contents.recipient_name = self.recipient_name;
        contents.title = self.title;
        contents.public_title = self.public_title;
        contents.address = self.address;
        // The citizen sees the letter itself under the letter's title.
        if let Some(main) = contents.documents.first_mut() {
            main.title = contents.title.clone();
        }
        let drafted = &mut contents.drafted;
        drafted.kind = self.kind;
        drafted.language = self.language;
        drafted.security = self.security;
        drafted.opening_receipt = self.opening_receipt;
        drafted.visible_from = self.visible_from;
    }
}

/// Takes an unsent letter back to a draft that looks like this. The register is asked anew before
/// it can be sent, and what was said yes to before counts no more.
///
/// # Errors
/// [`Fault::NotNow`] in the undo window, with another clerk, and from sealing on;
/// [`Fault::Envelope`] for a day too far ahead; [`Fault::Ledger`].
pub fn redraft(desk: &Desk<'_>, letter: LetterId, changes: Changes) -> Result<Letter, Fault> {
    check_visible_from(desk.clock, changes.visible_from)?;
    let before = desk.ledger.letter(letter)?;
    let reopens = before.next_actions().contains(&Action::Reopen);
    if !reopens && before.state() != State::Draft {
        return Err(Fault::NotNow(before.state()));
    }
    let mut contents = contents(desk.ledger, letter)?;
    changes.apply_to(&mut contents);
    let personal = contents.personal()?;
    if reopens {
        desk.record(letter, Happening::Reopened)?;
    }
    let event = Event {
        at: desk.clock.now(),
        actor: desk.actor.clone(),
        what: Happening::Drafted(contents.drafted),
    };
    Ok(desk.ledger.record(letter, &Entry { event, personal })?)
}

/// Gives an unsent letter another address.
///
/// # Errors
/// Those of [`redraft`].
pub fn readdress(
    desk: &Desk<'_>,
    letter: LetterId,
    address: PostalAddress,
) -> Result<Letter, Fault> {
    let contents = contents(desk.ledger, letter)?;
    let changes = Changes {
        address: Some(address),
        ..Changes::none(&contents)
    };
    redraft(desk, letter, changes)
}
