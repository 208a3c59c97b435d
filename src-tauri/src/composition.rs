//! The letter being made, before and after it is in the ledger: files taken in, checked and held
//! in memory, so that it does not matter what becomes of the originals.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use utpost_dispatch::{Fault, ListedDocument};
use utpost_domain::{Decided, Digest, LetterId, MediaType, Title};
use utpost_letters::{PdfFault, glance};
use utpost_parcel::ParcelFault;

use crate::bridge::{DocumentView, LetterForm, PageView, ReadFromLetter, Remark, Role};
use crate::paper::Paper;

/// Some access points are said to take no more than this. Bytes of all documents.
const LARGE: u64 = 30_000_000;

/// The most attachments a letter may have.
const MOST_ATTACHMENTS: usize = 200;

/// The letter being made.
#[derive(Clone)]
pub(crate) struct Composition {
    /// Another number after each change, and never one used before.
    pub(crate) revision: u32,
    /// The letter itself first.
    pub(crate) documents: Vec<Document>,
    pub(crate) read: ReadFromLetter,
    /// Its place in the ledger, once it has one.
    pub(crate) draft: Option<Draft>,
    /// What the form begins with, when it comes from another letter.
    pub(crate) form: Option<LetterForm>,
    /// The letter this one is made anew from.
    pub(crate) replaces: Option<LetterId>,
}

/// What the ledger has of the letter.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) letter: LetterId,
    /// What it was drafted with.
    pub(crate) form: LetterForm,
    /// The documents it was drafted with, by content and title.
    pub(crate) documents: Vec<(Digest, String)>,
    /// Where it goes, as the clerk was shown.
    pub(crate) decision: Option<Shown>,
}

/// A decision as shown, with what the clerk has to do about it.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) decided: Decided,
    /// The register's own words, while this program has them.
    pub(crate) full: Option<utpost_domain::Decision>,
}

/// One document.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) file_name: String,
    pub(crate) title: String,
    pub(crate) kind: MediaType,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: Digest,
    pub(crate) paper: Option<Arc<Paper>>,
}

/// A file as given: its name and all its bytes.
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
}

impl Document {
    /// Checks a file that is to be document number `which`.
    ///
    /// # Errors
    /// [`Fault`] with that number.
    pub(crate) fn check(which: usize, given: Given) -> Result<Self, Fault> {
        let path = Path::new(&given.name);
        let ending = path.extension().and_then(|end| end.to_str());
        let kind = match ending.and_then(MediaType::from_extension) {
            // The letter is a PDF whatever it is called.
            _ if which == 0 => MediaType::Pdf,
            Some(kind) => kind,
            None => return Err(Fault::Type { which }),
        };
        if given.bytes.is_empty() {
            return Err(ParcelFault::EmptyDocument { which }.into());
        }
        if kind == MediaType::Pdf {
            glance(Cursor::new(&given.bytes)).map_err(|source| match source {
                PdfFault::Unreadable(source) => Fault::Unreadable { which, source },
                source => Fault::Pdf { which, source },
            })?;
        } else if !kind.matches(given.bytes.get(..1024).unwrap_or(&given.bytes)) {
            return Err(Fault::Type { which });
        }
        let title = match which {
            0 => stem(&given.name).to_owned(),
            _ => attachment_title(which, stem(&given.name))?,
        };
        Ok(Self::kept(given.name, title, kind, given.bytes))
    }

    /// A document that has been checked before.
    pub(crate) fn kept(
        file_name: String,
        title: String,
        kind: MediaType,
        bytes: Arc<[u8]>,
    ) -> Self {
        let is_pdf = kind == MediaType::Pdf;
        Self {
            digest: Digest::of(&bytes),
            paper: is_pdf.then(|| Paper::read(&bytes)).flatten().map(Arc::new),
            file_name,
            title,
            kind,
            bytes,
        }
    }

    /// The name it is imported under, which gives an attachment its title.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.title, self.kind.extension())
    }

    pub(crate) fn view(&self, number: usize) -> DocumentView {
        DocumentView {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            file_name: self.file_name.clone(),
            title: self.title.clone(),
            kind: self.kind.extension().to_owned(),
            bytes: self.bytes.len() as u64,
            pages: self.pages(),
            remarks: self.remarks(),
        }
    }

    fn pages(&self) -> Vec<PageView> {
        self.paper
            .as_ref()
            .map(|paper| paper.pages())
            .unwrap_or_default()
    }

    fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if self.bytes.len() as u64 > LARGE {
            remarks.push(Remark::Large);
        }
        if self.kind == MediaType::Pdf && self.paper.is_none() {
            remarks.push(Remark::NoPreview);
        }
        if self.pages().iter().any(|page| !is_a4(page)) {
            remarks.push(Remark::NotA4);
        }
        remarks
    }
}

impl Composition {
    /// A letter of documents that were checked before.
    pub(crate) fn of(documents: Vec<Document>) -> Self {
        let mut new = Self {
            revision: 0,
            documents,
            read: ReadFromLetter::default(),
            draft: None,
            form: None,
            replaces: None,
        };
        new.read_letter();
        new
    }

    /// A new letter of these files, or nothing of them at all.
    ///
    /// # Errors
    /// [`Fault`] of the first file that can't be taken.
    pub(crate) fn begin(given: Vec<Given>) -> Result<Self, Fault> {
        Ok(Self::of(check_all(0, given, &[])?))
    }

    /// This letter with more files.
    ///
    /// # Errors
    /// As [`Self::begin`]; the letter is as it was.
    pub(crate) fn with(&self, given: Vec<Given>, role: Role) -> Result<Self, Fault> {
        let mut changed = self.clone();
        match role {
            Role::Letter => return Self::begin(given),
            Role::Attachments => {
                let more = check_all(self.documents.len(), given, &self.documents)?;
                changed.documents.extend(more);
            }
            Role::Replacement => {
                let new = check_all(0, given.into_iter().take(1).collect(), &[])?;
                changed.documents.splice(..1, new);
                changed.read_letter();
            }
        }
        Ok(changed)
    }

    /// Without one attachment. The letter itself stays.
    pub(crate) fn without(&self, document: usize) -> Option<Self> {
        if document == 0 || document >= self.documents.len() {
            return None;
        }
        let mut changed = self.clone();
        changed.documents.remove(document);
        Some(changed)
    }

    /// With another title on one document.
    ///
    /// # Errors
    /// [`Fault::AttachmentTitle`] and [`Fault::SameName`].
    pub(crate) fn renamed(&self, document: usize, title: &str) -> Result<Self, Fault> {
        let mut changed = self.clone();
        let title = attachment_title(document, title)?;
        if let Some(document) = changed.documents.get_mut(document) {
            document.title = title;
        }
        no_title_twice(&changed.documents)?;
        Ok(changed)
    }

    /// Contents and titles, by which a letter in the ledger is known to be this one still. The
    /// letter's own title stands in the form.
    pub(crate) fn fingerprint(&self) -> Vec<(Digest, String)> {
        (0..)
            .zip(&self.documents)
            .map(|(number, document)| match number {
                0 => (document.digest, String::new()),
                _ => (document.digest, document.title.clone()),
            })
            .collect()
    }

    /// The draft in the ledger, where its documents are still those of this letter.
    pub(crate) fn unchanged_draft(&self) -> Option<&Draft> {
        let draft = self.draft.as_ref()?;
        (draft.documents == self.fingerprint()).then_some(draft)
    }

    pub(crate) fn views(&self) -> Vec<DocumentView> {
        let mut views: Vec<_> = (0..)
            .zip(&self.documents)
            .map(|(number, document)| document.view(number))
            .collect();
        // Of many files none need be large.
        if let Some(letter) = views.first_mut()
            && bytes(&self.documents) > LARGE
            && !letter.remarks.contains(&Remark::Large)
        {
            letter.remarks.push(Remark::Large);
        }
        views
    }

    /// Bytes of all documents.
    pub(crate) fn bytes(&self) -> u64 {
        bytes(&self.documents)
    }

    /// Bytes of all documents but the letter itself.
    pub(crate) fn attachment_bytes(&self) -> u64 {
        bytes(self.documents.get(1..).unwrap_or_default())
    }

    fn read_letter(&mut self) {
        let Some(letter) = self.documents.first() else {
            return;
        };
        self.read = letter
            .paper
            .as_ref()
            .map(|paper| paper.suggestions())
            .unwrap_or_default();
        let title = self
            .read
            .title
            .get_or_insert_with(|| stem(&letter.file_name).to_owned());
        title.truncate(title.floor_char_boundary(200));
    }
}

/// The documents as a draft in the ledger has them.
pub(crate) fn fingerprint_of(documents: &[ListedDocument]) -> Vec<(Digest, String)> {
    (0..)
        .zip(documents)
        .map(|(number, document)| match number {
            0 => (document.facts.digest, String::new()),
            _ => {
                let title = document.title.expose("compared with the letter being made");
                (document.facts.digest, title.to_owned())
            }
        })
        .collect()
}

fn check_all(first: usize, given: Vec<Given>, beside: &[Document]) -> Result<Vec<Document>, Fault> {
    if first + given.len() > MOST_ATTACHMENTS + 1 {
        return Err(ParcelFault::TooManyAttachments.into());
    }
    let mut documents = beside.to_vec();
    for (which, given) in (first..).zip(given) {
        documents.push(Document::check(which, given)?);
        no_title_twice(&documents)?;
    }
    Ok(documents.split_off(beside.len()))
}

/// A title as it will be sent. Attachments are named by their titles, and a name has no folders.
fn attachment_title(which: usize, text: &str) -> Result<String, Fault> {
    let text = text.replace(['/', '\\'], "-");
    let title = Title::parse(&text).map_err(|source| Fault::AttachmentTitle { which, source })?;
    Ok(title.expose("shown in the list of documents").to_owned())
}

/// Attachments are told apart by their titles.
fn no_title_twice(documents: &[Document]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (which, document) in documents.iter().enumerate().skip(1) {
        if !seen.insert(document.title.to_lowercase()) {
            return Err(Fault::SameName { which });
        }
    }
    Ok(())
}

fn bytes(documents: &[Document]) -> u64 {
    documents
        .iter()
        .map(|document| document.bytes.len() as u64)
        .sum()
}

/// The file's name without its ending.
fn stem(name: &str) -> &str {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    stem.unwrap_or(name)
}

/// Upright or lying, within what a printer does not notice.
fn is_a4(page: &PageView) -> bool {
    let near = |a: f32, b: f32| (a - b).abs() <= 3.0;
    let (short, long) = (
        page.width_mm.min(page.height_mm),
        page.width_mm.max(page.height_mm),
    );
    near(short, 210.0) && near(long, 297.0)
}
