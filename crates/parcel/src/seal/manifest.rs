//! `manifest.xml`: who sends what to whom, inside the signature.

use utpost_domain::MailboxAddress;

use super::xml::{element, text};
use super::{Document, ParcelFault, Sender};
use crate::names::{MANIFEST_NS, ORGANISATION_AUTHORITY};

/// Writes the manifest. The elements come in the order of the published schema:
///
/// ```text
/// manifest (mottaker(person(postkasseadresse)))?,
///          avsender(organisasjon, avsenderidentifikator?, fakturaReferanse?),
///          hoveddokument(tittel), vedlegg(tittel)*
/// ```
///
/// The citizen's national identity number is left out: the mailbox does not need it.
pub(super) fn write(
    sender: &Sender,
    mailbox: Option<&MailboxAddress>,
    documents: &[Document<'_>],
) -> Result<String, ParcelFault> {
    let mut content = String::new();
    if let Some(mailbox) = mailbox {
        let address = text(mailbox.expose("addressing the package"))?;
        let person = element("person", &[], &element("postkasseadresse", &[], &address));
        content += &element("mottaker", &[], &person);
    }
    content += &element("avsender", &[], &identity(sender)?);
    for (which, document) in documents.iter().enumerate() {
        let name = if which == 0 {
            "hoveddokument"
        } else {
            "vedlegg"
        };
        let title = text(document.title.expose("titling the document for its reader"))?;
        content += &element(
            name,
            &[
                ("href", document.file_name.as_str()),
                ("mime", document.media_type.as_str()),
            ],
            &element("tittel", &[("lang", document.language.as_str())], &title),
        );
    }
    let declaration = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
    Ok(declaration.to_owned() + &element("manifest", &[("xmlns", MANIFEST_NS)], &content))
}

fn identity(sender: &Sender) -> Result<String, ParcelFault> {
    let number = sender.organisation.iso6523();
    let mut content = element(
        "organisasjon",
        &[("authority", ORGANISATION_AUTHORITY)],
        &number,
    );
    if let Some(unit) = &sender.unit {
        let unit = text(within(unit, 100).ok_or(ParcelFault::SenderUnit)?)?;
        content += &element("avsenderidentifikator", &[], &unit);
    }
    if let Some(reference) = &sender.invoice_reference {
        let reference = text(within(reference, 40).ok_or(ParcelFault::InvoiceReference)?)?;
        content += &element("fakturaReferanse", &[], &reference);
    }
    Ok(content)
}

fn within(value: &str, most: usize) -> Option<&str> {
    (1..=most).contains(&value.chars().count()).then_some(value)
}
