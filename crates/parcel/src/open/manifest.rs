//! `manifest.xml`, read.

use roxmltree::Node;
use utpost_domain::{MailboxAddress, OrgNumber, Sensitive};

use super::parse_xml;
use crate::names::{MANIFEST_NS, ORGANISATION_AUTHORITY};
use crate::seal::Sender;

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The citizen's mailbox address; a letter for print has none.
    pub mailbox: Option<MailboxAddress>,
    /// On whose behalf it was sent.
    pub sender: Sender,
    /// The main document.
    pub main: ListedDocument,
    /// The attachments, in the order written.
    pub attachments: Vec<ListedDocument>,
}

/// One document as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Name of its entry in the container.
    pub file_name: String,
    /// Its type as given.
    pub media_type: String,
    /// Its title, and the two letters of the title's language.
    pub title: Option<(Sensitive<String>, String)>,
    /// Name of the entry that holds its metadata document.
    pub metadata: Option<String>,
}

impl Manifest {
    /// The entries named, documents and their metadata.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.main)
            .chain(&self.attachments)
            .flat_map(|document| {
                std::iter::once(document.file_name.as_str()).chain(document.metadata.as_deref())
            })
    }
}

/// Why a manifest is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// Not XML, or not the elements a manifest has.
    #[error("manifest is not formed as it must be")]
    Structure,
    /// The sender's organisation number is not valid.
    #[error("manifest names no valid organisation")]
    Organisation,
    /// The mailbox address is not valid.
    #[error("manifest holds no valid mailbox address")]
    Mailbox,
    /// A document is listed that is not in the container.
    #[error("manifest lists a file that is not there")]
    FileMissing,
    /// A file is in the container that is not listed.
    #[error("package holds a file that the manifest does not list")]
    FileUnlisted,
}

use ManifestFault as Fault;

/// Reads a manifest (namespace `http://begrep.difi.no/sdp/schema_v10`).
pub(super) fn parse(bytes: &[u8]) -> Result<Manifest, Fault> {
    let document = parse_xml(bytes).ok_or(Fault::Structure)?;
    let root = document.root_element();
    if !root.has_tag_name((MANIFEST_NS, "manifest")) {
        return Err(Fault::Structure);
    }
    let mailbox = optional(root, "mottaker")?
        .map(|recipient| {
            let address = required(required(recipient, "person")?, "postkasseadresse")?;
            MailboxAddress::parse(&text_of(address)).map_err(|_| Fault::Mailbox)
        })
        .transpose()?;
    let sender = required(root, "avsender")?;
    let organisation = required(sender, "organisasjon")?;
    if organisation.attribute("authority") != Some(ORGANISATION_AUTHORITY) {
        return Err(Fault::Organisation);
    }
    Ok(Manifest {
        mailbox,
        sender: Sender {
            organisation: OrgNumber::parse_iso6523(&text_of(organisation))
                .map_err(|_| Fault::Organisation)?,
            unit: optional(sender, "avsenderidentifikator")?.map(text_of),
            invoice_reference: optional(sender, "fakturaReferanse")?.map(text_of),
        },
        main: listed(required(root, "hoveddokument")?)?,
        attachments: children(root, "vedlegg")
            .map(listed)
            .collect::<Result<_, _>>()?,
    })
}

fn listed(node: Node<'_, '_>) -> Result<ListedDocument, Fault> {
    let attribute = |node: Node<'_, '_>, name| {
        node.attribute(name)
            .map(str::to_owned)
            .ok_or(Fault::Structure)
    };
    Ok(ListedDocument {
        file_name: attribute(node, "href")?,
        media_type: attribute(node, "mime")?,
        title: optional(node, "tittel")?
            .map(|title| Ok((Sensitive::new(text_of(title)), attribute(title, "lang")?)))
            .transpose()?,
        metadata: optional(node, "data")?
            .map(|data| attribute(data, "href"))
            .transpose()?,
    })
}

fn required<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> Result<Node<'a, 'i>, Fault> {
    optional(parent, name)?.ok_or(Fault::Structure)
}

fn optional<'a, 'i>(
    parent: Node<'a, 'i>,
    name: &'static str,
) -> Result<Option<Node<'a, 'i>>, Fault> {
    let mut found = children(parent, name);
    match (found.next(), found.next()) {
        (found, None) => Ok(found),
        _ => Err(Fault::Structure),
    }
}

fn children<'a, 'i>(
    parent: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    parent
        .children()
        .filter(move |child| child.has_tag_name((MANIFEST_NS, name)))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.text()).collect()
}
