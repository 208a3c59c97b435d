//! A letter's contents, as its drafting event keeps them.

use utpost_domain::{
    AddressParts, DocumentFacts, Drafted, FileName, Happening, LetterId, NationalId,
    NonSensitiveTitle, PersonalFields, PostalAddress, RecipientName, Sensitive, Title,
};

use crate::{Fault, Ledger};

/// Names of the personal fields of a drafting event. Frozen: they are hashed.
mod field {
    pub(super) const RECIPIENT: &str = "recipient";
    pub(super) const RECIPIENT_NAME: &str = "recipient_name";
    pub(super) const TITLE: &str = "title";
    pub(super) const PUBLIC_TITLE: &str = "public_title";
    pub(super) const ADDRESS: &str = "address";

    pub(super) fn document_title(which: usize) -> String {
        format!("document.{which}.title")
    }

    pub(super) fn document_name(which: usize) -> String {
        format!("document.{which}.file_name")
    }
}

/// What a letter is and for whom.
#[derive(Debug, Clone)]
pub struct Contents {
    /// The citizen.
    pub recipient: NationalId,
    /// Who that is in words, when the clerk said so.
    pub recipient_name: Option<RecipientName>,
    /// The letter's own title, seen after login.
    pub title: Title,
    /// The title anyone may see.
    pub public_title: NonSensitiveTitle,
    /// Where it goes on paper.
    pub address: Option<PostalAddress>,
    /// The main document first.
    pub documents: Vec<ListedDocument>,
    /// What is not personal about it.
    pub drafted: Drafted,
}

/// One document of a letter.
#[derive(Debug, Clone)]
pub struct ListedDocument {
    /// What the citizen sees.
    pub title: Title,
    /// The name inside the package.
    pub file_name: FileName,
    /// Digest, size and type.
    pub facts: DocumentFacts,
}

/// Reads a letter's contents from the ledger.
///
/// # Errors
/// [`Fault::Ledger`]; [`Fault::Record`] when its personal values were removed after retention.
pub fn contents(ledger: &dyn Ledger, letter: LetterId) -> Result<Contents, Fault> {
    let history = ledger.history(letter)?;
    let (drafted, personal) = history
        .iter()
        .rev()
        .find_map(|recorded| match &recorded.event.what {
            Happening::Drafted(drafted) => Some((drafted, &recorded.personal)),
            _ => None,
        })
        .ok_or(Fault::Record)?;
    Contents::from_parts(drafted, personal).ok_or(Fault::Record)
}

impl Contents {
    /// The personal fields that keep what [`Drafted`] must not say.
    pub(crate) fn personal(&self) -> Result<PersonalFields, Fault> {
        let reason = "kept in the encrypted ledger";
        let mut fields = PersonalFields::new();
        let mut put = |name: &str, value: &str| {
            fields.insert(name, Sensitive::new(value.to_owned()));
        };
        put(field::RECIPIENT, self.recipient.expose(reason));
        if let Some(name) = &self.recipient_name {
            put(field::RECIPIENT_NAME, name.expose(reason));
        }
        put(field::TITLE, self.title.expose(reason));
        put(field::PUBLIC_TITLE, self.public_title.expose(reason));
        if let Some(address) = &self.address {
            let parts = address.to_parts(reason);
            put(
                field::ADDRESS,
                &serde_json::to_string(&parts).map_err(|_| Fault::Record)?,
            );
        }
        for (which, document) in self.documents.iter().enumerate() {
            put(&field::document_title(which), document.title.expose(reason));
            put(&field::document_name(which), document.file_name.as_str());
        }
        Ok(fields)
    }

    fn from_parts(drafted: &Drafted, personal: &PersonalFields) -> Option<Self> {
        let text = |name: &str| personal.value(name).map(|value| value.expose("read back"));
        let address = match text(field::ADDRESS) {
            Some(json) => Some(address(json)?),
            None => None,
        };
        let recipient_name = match text(field::RECIPIENT_NAME) {
            Some(name) => Some(RecipientName::parse(name).ok()?),
            None => None,
        };
        let documents = drafted
            .documents
            .iter()
            .enumerate()
            .map(|(which, facts)| {
                Some(ListedDocument {
                    title: Title::parse(text(&field::document_title(which))?).ok()?,
                    file_name: FileName::parse(text(&field::document_name(which))?).ok()?,
                    facts: facts.clone(),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            recipient: NationalId::parse(text(field::RECIPIENT)?).ok()?,
            recipient_name,
            title: Title::parse(text(field::TITLE)?).ok()?,
            public_title: NonSensitiveTitle::parse(text(field::PUBLIC_TITLE)?).ok()?,
            address,
            documents,
            drafted: drafted.clone(),
        })
    }
}

fn address(json: &str) -> Option<PostalAddress> {
    let parts: AddressParts = serde_json::from_str(json).ok()?;
    PostalAddress::from_parts(&parts).ok()
}

/// What lists show of a drafting event's personal fields.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The letter's own title.
    pub title: Option<Sensitive<String>>,
    /// Who it is for, in words: as the clerk said, else as the address says.
    pub recipient_name: Option<RecipientName>,
    /// The citizen.
    pub recipient: Option<NationalId>,
}

impl Listed {
    /// Reads them; what is not there, or can't be read, is left out.
    #[must_use]
    pub fn of(personal: &PersonalFields) -> Self {
        let text = |name| personal.value(name).map(|value| value.expose("for lists"));
        let said = text(field::RECIPIENT_NAME).and_then(|name| RecipientName::parse(name).ok());
        let addressed = || Some(address(text(field::ADDRESS)?)?.recipient());
        Self {
            title: personal.value(field::TITLE).cloned(),
            recipient_name: said.or_else(addressed),
            recipient: text(field::RECIPIENT).and_then(|number| NationalId::parse(number).ok()),
        }
    }
}
