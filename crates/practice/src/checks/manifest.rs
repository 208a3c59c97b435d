//! `manifest.xml`: who sends, to which mailbox, and what each file of the package is.

use roxmltree::{Document as Xml, Node};

use super::Takes;
use super::message::{Controller, organisation_of};
use super::package::Package;

/// Every element is in this namespace.
pub const NAMESPACE: &str = "http://begrep.difi.no/sdp/schema_v10";

pub(super) const PDF: &str = "application/pdf";

/// What a manifest says.
#[derive(Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Present in letters to mailboxes, absent from print orders.
    pub recipient: Option<Recipient>,
    /// `avsender`.
    pub sender: Controller,
    /// `hoveddokument`.
    pub main: Document,
    /// `vedlegg`, at most 200.
    pub attachments: Vec<Document>,
}

/// The person a letter is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Eleven digits; most senders leave it out.
    pub person: Option<String>,
    /// `postkasseadresse`.
    pub mailbox: String,
}

/// One document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// `href`: its file, 4 to 100 characters.
    pub href: String,
    /// `mime`.
    pub media_type: String,
    /// `tittel`, 1 to 255 characters.
    pub title: Option<Title>,
    /// `data`: href and media type of its metadata document.
    pub metadata: Option<(String, String)>,
}

/// A document's title.
#[derive(Clone, PartialEq, Eq)]
pub struct Title {
    /// Two letters, as they stand.
    pub language: String,
    /// The text.
    pub text: String,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// Not UTF-8, not well-formed, or with a document type.
    #[error("manifest is not XML")]
    NotXml,
    /// An element is missing, unknown, out of order or too many; the element it was found in.
    #[error("elements of {0}")]
    Elements(&'static str),
    /// An attribute is missing, unknown or of the wrong form; its element.
    #[error("attributes of {0}")]
    Attributes(&'static str),
    /// A text of the wrong length or form; its element.
    #[error("text of {0}")]
    Text(&'static str),
    /// The manifest names a file the package does not have.
    #[error("a document is not in the package")]
    FileMissing,
    /// The package has a file the manifest does not name.
    #[error("a file is not in the manifest")]
    FileUnnamed,
    /// A file is named twice, also when the names differ in case only.
    #[error("a file is named twice")]
    FileRepeated,
    /// Two attachments have one title, also when they differ in case only.
    #[error("attachments have equal titles")]
    TitleRepeated,
    /// A media type that is not taken; for print, anything but PDF.
    #[error("a media type is not taken")]
    MediaType,
}

impl Manifest {
    /// Reads a manifest and checks its form.
    ///
    /// # Errors
    /// The first fault in the order of the document.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| ManifestFault::NotXml)?;
        let xml = Xml::parse(text).map_err(|_| ManifestFault::NotXml)?;
        let root = xml.root_element();
        if !root.has_tag_name((NAMESPACE, "manifest")) {
            return Err(ManifestFault::Elements("manifest"));
        }
        attributes(root, "manifest", &[])?;
        let mut children = Children::of(root, "manifest")?;
        let recipient = children.optional("mottaker").map(recipient).transpose()?;
        let sender = sender(children.required("avsender")?)?;
        let main = document(children.required("hoveddokument")?, "hoveddokument")?;
        let mut attachments = Vec::new();
        while let Some(node) = children.optional("vedlegg") {
            attachments.push(document(node, "vedlegg")?);
        }
        children.end()?;
        if attachments.len() > 200 {
            return Err(ManifestFault::Elements("manifest"));
        }
        Ok(Self {
            recipient,
            sender,
            main,
            attachments,
        })
    }

    /// The main document and the attachments.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        std::iter::once(&self.main).chain(&self.attachments)
    }

    /// Name and media type of every file the manifest speaks of, itself included.
    pub(super) fn media_types(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::once(("manifest.xml", "application/xml")).chain(self.files())
    }

    /// Documents and metadata documents.
    fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documents().flat_map(|document| {
            let metadata = document.metadata.as_ref();
            let metadata = metadata.map(|(href, media_type)| (href.as_str(), media_type.as_str()));
            std::iter::once((document.href.as_str(), document.media_type.as_str())).chain(metadata)
        })
    }

    pub(super) fn check_documents(
        &self,
        package: &Package,
        takes: Takes,
    ) -> Result<(), ManifestFault> {
        let names: Vec<&str> = self.files().map(|(href, _)| href).collect();
        ensure(
            !repeats(names.iter().map(|name| name.to_lowercase())),
            ManifestFault::FileRepeated,
        )?;
        for name in &names {
            ensure(package.file(name).is_some(), ManifestFault::FileMissing)?;
        }
        for file in &package.files {
            ensure(
                names.contains(&file.name.as_str()),
                ManifestFault::FileUnnamed,
            )?;
        }
        let titles = self
            .attachments
            .iter()
            .filter_map(|attachment| attachment.title.as_ref());
        let titles = titles.map(|title| title.text.to_lowercase());
        ensure(!repeats(titles), ManifestFault::TitleRepeated)?;
        for document in self.documents() {
            let media_type = document.media_type.as_str();
            let taken = match takes {
                Takes::Digital => DOCUMENTS.contains(&media_type),
                Takes::Print => media_type == PDF,
            };
            ensure(taken, ManifestFault::MediaType)?;
            let metadata = document.metadata.as_ref();
            let taken = metadata.is_none_or(|(_, taken)| METADATA.contains(&taken.as_str()));
            ensure(taken, ManifestFault::MediaType)?;
        }
        Ok(())
    }
}

const DOCUMENTS: [&str; 17] = [
    PDF,
    "text/html",
    "text/plain",
    "application/ehf+xml",
    "application/octet-stream",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.graphics",
    "application/vnd.oasis.opendocument.formula",
    "image/gif",
    "image/jpeg",
    "image/png",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

const METADATA: [&str; 3] = [
    "application/vnd.difi.dpi.lenke+xml",
    "application/vnd.difi.dpi.bevis+xml",
    "application/vnd.difi.dpi.arrangement+xml",
];

fn recipient(node: Node<'_, '_>) -> Result<Recipient, ManifestFault> {
    attributes(node, "mottaker", &[])?;
    let mut children = Children::of(node, "mottaker")?;
    let person = children.required("person")?;
    children.end()?;
    attributes(person, "person", &[])?;
    let mut children = Children::of(person, "person")?;
    let number = children.optional("personidentifikator").map(|node| {
        let digits = plain_text(node, "personidentifikator", 11, 11)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        ensure(all, ManifestFault::Text("personidentifikator")).map(|()| digits)
    });
    let number = number.transpose()?;
    let mailbox = plain_text(
        children.required("postkasseadresse")?,
        "postkasseadresse",
        1,
        255,
    )?;
    children.end()?;
    Ok(Recipient {
        person: number,
        mailbox,
    })
}

fn sender(node: Node<'_, '_>) -> Result<Controller, ManifestFault> {
    attributes(node, "avsender", &[])?;
    let mut children = Children::of(node, "avsender")?;
    let organisation = children.required("organisasjon")?;
    let values = attributes(organisation, "organisasjon", &["authority"])?;
    let authority = values
        .first()
        .copied()
        .flatten()
        .unwrap_or("iso6523-actorid-upis");
    ensure(
        authority == "iso6523-actorid-upis",
        ManifestFault::Attributes("organisasjon"),
    )?;
    let organisation = organisation_of(&text(organisation, "organisasjon", 1, 40)?)
        .ok_or(ManifestFault::Text("organisasjon"))?;
    let mut optional = |name: &'static str, longest| {
        children
            .optional(name)
            .map(|node| plain_text(node, name, 1, longest))
            .transpose()
    };
    let unit = optional("avsenderidentifikator", 100)?;
    let invoice_reference = optional("fakturaReferanse", 40)?;
    children.end()?;
    Ok(Controller {
        organisation,
        unit,
        invoice_reference,
    })
}

fn document(node: Node<'_, '_>, name: &'static str) -> Result<Document, ManifestFault> {
    let (href, media_type) = file(node, name)?;
    let mut children = Children::of(node, name)?;
    let title = children.optional("tittel").map(title).transpose()?;
    let metadata = match children.optional("data") {
        None => None,
        Some(node) => {
            Children::of(node, "data")?.end()?;
            Some(file(node, "data")?)
        }
    };
    children.end()?;
    Ok(Document {
        href,
        media_type,
        title,
        metadata,
    })
}

fn file(node: Node<'_, '_>, name: &'static str) -> Result<(String, String), ManifestFault> {
    let values = attributes(node, name, &["href", "mime"])?;
    let [Some(href), Some(media_type)] = values[..] else {
        return Err(ManifestFault::Attributes(name));
    };
    let fits = (4..=100).contains(&href.chars().count())
        && (1..=100).contains(&media_type.chars().count());
    ensure(fits, ManifestFault::Attributes(name))?;
    Ok((href.to_owned(), media_type.to_owned()))
}

fn title(node: Node<'_, '_>) -> Result<Title, ManifestFault> {
    let values = attributes(node, "tittel", &["lang"])?;
    let language = values.first().copied().flatten().unwrap_or_default();
    let letters = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    ensure(letters, ManifestFault::Attributes("tittel"))?;
    Ok(Title {
        language: language.to_owned(),
        text: text(node, "tittel", 1, 255)?,
    })
}

/// The child elements of a node that has no text of its own, taken in order.
struct Children<'a, 'input> {
    of: &'static str,
    rest: std::iter::Peekable<std::vec::IntoIter<Node<'a, 'input>>>,
}

impl<'a, 'input> Children<'a, 'input> {
    fn of(node: Node<'a, 'input>, name: &'static str) -> Result<Self, ManifestFault> {
        let mut elements = Vec::new();
        for child in node.children() {
            if child.is_element() {
                elements.push(child);
            } else if child
                .text()
                .is_some_and(|text| child.is_text() && !text.trim().is_empty())
            {
                return Err(ManifestFault::Elements(name));
            }
        }
        Ok(Self {
            of: name,
            rest: elements.into_iter().peekable(),
        })
    }

    fn optional(&mut self, name: &str) -> Option<Node<'a, 'input>> {
        self.rest
            .next_if(|node| node.has_tag_name((NAMESPACE, name)))
    }

    fn required(&mut self, name: &str) -> Result<Node<'a, 'input>, ManifestFault> {
        self.optional(name).ok_or(ManifestFault::Elements(self.of))
    }

    fn end(&mut self) -> Result<(), ManifestFault> {
        ensure(self.rest.next().is_none(), ManifestFault::Elements(self.of))
    }
}

/// The values of the known attributes, in their order; no other attribute may be there but those of
/// XML Schema's instance namespace.
fn attributes<'a>(
    node: Node<'a, '_>,
    name: &'static str,
    known: &[&str],
) -> Result<Vec<Option<&'a str>>, ManifestFault> {
    let all_known = node
        .attributes()
        .all(|attribute| match attribute.namespace() {
            None => known.contains(&attribute.name()),
            Some(namespace) => namespace == "http://www.w3.org/2001/XMLSchema-instance",
        });
    ensure(all_known, ManifestFault::Attributes(name))?;
    Ok(known.iter().map(|name| node.attribute(*name)).collect())
}

fn plain_text(
    node: Node<'_, '_>,
    name: &'static str,
    shortest: usize,
    longest: usize,
) -> Result<String, ManifestFault> {
    attributes(node, name, &[])?;
    text(node, name, shortest, longest)
}

fn text(
    node: Node<'_, '_>,
    name: &'static str,
    shortest: usize,
    longest: usize,
) -> Result<String, ManifestFault> {
    ensure(
        !node.children().any(|child| child.is_element()),
        ManifestFault::Elements(name),
    )?;
    let text: String = node
        .children()
        .filter(Node::is_text)
        .filter_map(|child| child.text())
        .collect();
    let fits = (shortest..=longest).contains(&text.chars().count());
    ensure(
        fits && !text.chars().any(char::is_control),
        ManifestFault::Text(name),
    )?;
    Ok(text)
}

fn repeats(values: impl Iterator<Item = String>) -> bool {
    let mut values: Vec<String> = values.collect();
    values.sort_unstable();
    values.windows(2).any(|pair| pair.first() == pair.last())
}

fn ensure(holds: bool, fault: ManifestFault) -> Result<(), ManifestFault> {
    if holds { Ok(()) } else { Err(fault) }
}
