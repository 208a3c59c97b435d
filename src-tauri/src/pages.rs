//! Pictures of pages at `page://localhost/…`, drawn in the core. Nothing in an address is ever a
//! path of the file system.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use tauri::http::{Request, Response, StatusCode, Uri, header};
use utpost_domain::{Digest, LetterId};
use utpost_workplace::Failure;
use uuid::Uuid;

use crate::bridge::PageView;
use crate::letters;
use crate::office::Office;
use crate::paper::Paper;
use crate::teller::lock;

/// Pictures kept, bytes of all.
const KEPT: usize = 8_000_000;
/// Opened documents kept besides those of the letter being made.
const OPENED: usize = 2;
/// Documents whose pages are remembered.
const COUNTED: usize = 1000;
/// Pixels across: what a thumbnail needs, and what a large screen at twice its size shows.
const WIDTHS: std::ops::RangeInclusive<u32> = 40..=2400;
const USUAL_WIDTH: u32 = 800;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// A document of the letter being made, in this revision.
    Composition(u32),
    /// Of a letter in the ledger.
    Letter(LetterId),
    /// Of a letter that a simulated supplier holds.
    Practice(Uuid),
}

/// What an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    whose: Whose,
    document: u32,
    /// From 0.
    page: usize,
    width: u32,
}

/// Which picture: of which document, which page from 0, how many pixels across.
type Key = (Digest, usize, u32);

/// Pictures drawn lately.
#[derive(Default)]
pub(crate) struct Drawings {
    pictures: Mutex<VecDeque<(Key, Arc<[u8]>)>>,
    opened: Mutex<VecDeque<(Digest, Arc<Paper>)>>,
    sizes: Mutex<HashMap<Digest, Vec<PageView>>>,
}

impl Drawings {
    /// Lets go of everything.
    pub(crate) fn forget(&self) {
        lock(&self.pictures).clear();
        lock(&self.opened).clear();
    }

    /// The pages of a document, from memory where they were counted before; none where it can't be
    /// drawn.
    pub(crate) fn pages(
        &self,
        digest: Digest,
        bytes: impl FnOnce() -> Result<Arc<[u8]>, Failure>,
    ) -> Vec<PageView> {
        if let Some(known) = lock(&self.sizes).get(&digest) {
            return known.clone();
        }
        let paper = bytes().ok().and_then(|bytes| Paper::read(&bytes));
        let pages = paper.map(|paper| paper.pages()).unwrap_or_default();
        let mut sizes = lock(&self.sizes);
        if sizes.len() >= COUNTED {
            sizes.clear();
        }
        sizes.insert(digest, pages.clone());
        pages
    }

    fn picture(&self, key: Key) -> Option<Arc<[u8]>> {
        let mut pictures = lock(&self.pictures);
        let at = pictures.iter().position(|(known, _)| *known == key)?;
        let found = pictures.remove(at)?;
        let picture = Arc::clone(&found.1);
        pictures.push_back(found);
        Some(picture)
    }

    fn keep(&self, key: Key, picture: Arc<[u8]>) {
        let mut pictures = lock(&self.pictures);
        pictures.push_back((key, picture));
        let mut bytes: usize = pictures.iter().map(|(_, picture)| picture.len()).sum();
        while bytes > KEPT
            && let Some((_, oldest)) = pictures.pop_front()
        {
            bytes -= oldest.len();
        }
    }

    /// The document opened, from memory where it was opened lately.
    fn paper(
        &self,
        digest: Digest,
        bytes: impl FnOnce() -> Result<Arc<[u8]>, Failure>,
    ) -> Option<Arc<Paper>> {
        let known = lock(&self.opened)
            .iter()
            .find(|(known, _)| *known == digest)
            .map(|(_, paper)| Arc::clone(paper));
        if known.is_some() {
            return known;
        }
        let paper = Arc::new(Paper::read(&bytes().ok()?)?);
        let mut opened = lock(&self.opened);
        opened.push_back((digest, Arc::clone(&paper)));
        while opened.len() > OPENED {
            opened.pop_front();
        }
        Some(paper)
    }
}

/// Answers one request for a picture.
pub(crate) fn answer(office: &Office, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let picture = (request.method() == "GET")
        .then(|| Wanted::read(request.uri()))
        .flatten()
        .and_then(|wanted| wanted.draw(office));
    let (status, body) = match picture {
        Some(picture) => (StatusCode::OK, picture.to_vec()),
        None => (StatusCode::NOT_FOUND, Vec::new()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    if status == StatusCode::OK {
        let png = header::HeaderValue::from_static("image/png");
        headers.insert(header::CONTENT_TYPE, png);
    }
    response
}

impl Wanted {
    fn read(uri: &Uri) -> Option<Self> {
        let mut parts = uri.path().strip_prefix('/')?.split('/');
        let (whose, id, document, page) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let whose = match whose {
            "compose" => Whose::Composition(number(id)?),
            "letter" => Whose::Letter(LetterId::parse(id).ok()?),
            "practice" => Whose::Practice(Uuid::parse_str(id).ok()?),
            _ => return None,
        };
        let asked = uri.query().unwrap_or_default().split('&');
        let width = asked
            .filter_map(|pair| pair.strip_prefix("width="))
            .find_map(number)
            .unwrap_or(USUAL_WIDTH);
        Some(Self {
            whose,
            document: number(document)?,
            // The first page is 1.
            page: usize::try_from(number(page)?.checked_sub(1)?).ok()?,
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
        })
    }

    fn draw(self, office: &Office) -> Option<Arc<[u8]>> {
        let (digest, paper) = self.paper(office)?;
        let key = (digest, self.page, self.width);
        let drawings = &office.drawings;
        if let Some(known) = drawings.picture(key) {
            return Some(known);
        }
        let picture: Arc<[u8]> = paper.draw(self.page, self.width)?.into();
        drawings.keep(key, Arc::clone(&picture));
        Some(picture)
    }

    fn paper(self, office: &Office) -> Option<(Digest, Arc<Paper>)> {
        let (letter, document) = match self.whose {
            Whose::Composition(revision) => {
                let composition = office.composing().filter(|now| now.revision == revision)?;
                let document = composition.documents.get(self.document as usize)?;
                return Some((document.digest, document.paper.clone()?));
            }
            Whose::Letter(letter) => (letter, self.document),
            Whose::Practice(message) => {
                let bytes = office.practice_document(message, self.document)?;
                let digest = Digest::of(&bytes);
                return Some((digest, office.drawings.paper(digest, || Ok(bytes))?));
            }
        };
        let room = office.room().ok()?;
        let contents = utpost_dispatch::contents(&room.work.ledger, letter).ok()?;
        let digest = contents.documents.get(document as usize)?.facts.digest;
        let bytes = || letters::document(&room, letter, document);
        Some((digest, office.drawings.paper(digest, bytes)?))
    }
}

/// Decimal digits only: no sign, no space.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Option<Wanted> {
        Wanted::read(&address.parse().unwrap())
    }

    #[test]
    fn an_address_names_whose_page_and_how_wide() {
        let letter = LetterId::generate();
        assert_eq!(
            read(&format!("page://localhost/letter/{letter}/1/3?width=300")),
            Some(Wanted {
                whose: Whose::Letter(letter),
                document: 1,
                page: 2,
                width: 300
            })
        );
        let usual = read("http://page.localhost/compose/7/0/1").unwrap();
        assert_eq!((usual.whose, usual.width), (Whose::Composition(7), 800));
        let vast = read("page://localhost/compose/7/0/1?width=999999").unwrap();
        assert_eq!(vast.width, 2400);
    }

    #[test]
    fn any_other_address_names_nothing() {
        for address in [
            "page://localhost/",
            "page://localhost/compose/7/0",
            "page://localhost/compose/7/0/0",
            "page://localhost/compose/7/0/1/",
            "page://localhost/compose/7/0/1/2",
            "page://localhost/compose/-1/0/1",
            "page://localhost/compose/+1/0/1",
            "page://localhost/letter/../0/1",
            "page://localhost/letter/%2e%2e/0/1",
            "page://localhost/letter/7/0/1",
            "page://localhost/file/7/0/1",
            "page://localhost//etc/passwd/0/1",
        ] {
            assert_eq!(read(address), None, "{address}");
        }
    }

    #[test]
    fn the_pictures_kept_have_a_bound() {
        let drawings = Drawings::default();
        let digest = Digest::of(b"a letter");
        for page in 0..20 {
            drawings.keep((digest, page, 800), vec![0; 1_000_000].into());
        }
        let kept = lock(&drawings.pictures).len();
        assert!((1..=8).contains(&kept), "{kept}");
        assert!(drawings.picture((digest, 19, 800)).is_some());
        assert!(drawings.picture((digest, 0, 800)).is_none());
        assert!(drawings.picture((digest, 19, 801)).is_none());
    }
}
