//! Just enough BER (ITU-T X.690): low tags, definite and indefinite lengths, chunked strings.

use crate::names::tag;

/// One element: its tag byte, what is in it, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Not BER, or nested deeper than anything that belongs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotBer;

/// Reads elements that stand one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, whatever it is; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, NotBer> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let (element, rest) = split(self.0, MOST_DEPTH)?;
        self.0 = rest;
        Ok(Some(element))
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, NotBer> {
        self.next()?
            .filter(|element| element.tag == tag)
            .ok_or(NotBer)
    }

    /// The elements inside the next one, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Self, NotBer> {
        self.expect(tag).map(|element| Self(element.content))
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Result<(), NotBer> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(NotBer)
        }
    }
}

/// The bytes of a string that may be cut into chunks, tagged `primitive` or, when cut, with the
/// constructed bit set.
pub(super) fn string(element: Element<'_>, primitive: u8) -> Result<Vec<u8>, NotBer> {
    if element.tag == primitive {
        return Ok(element.content.to_vec());
    }
    if element.tag != primitive | CONSTRUCTED {
        return Err(NotBer);
    }
    let mut bytes = Vec::with_capacity(element.content.len());
    gather(element.content, &mut bytes, MOST_DEPTH)?;
    Ok(bytes)
}

const CONSTRUCTED: u8 = 0x20;
const MOST_DEPTH: u8 = 12;
const END_OF_CONTENTS: &[u8] = &[0, 0];

fn gather(content: &[u8], bytes: &mut Vec<u8>, depth: u8) -> Result<(), NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    let mut chunks = Elements(content);
    while let Some(chunk) = chunks.next()? {
        match chunk.tag {
            tag::OCTET_STRING => bytes.extend_from_slice(chunk.content),
            tag::OCTET_STRING_CONSTRUCTED => gather(chunk.content, bytes, depth)?,
            _ => return Err(NotBer),
        }
    }
    Ok(())
}

fn split(bytes: &[u8], depth: u8) -> Result<(Element<'_>, &[u8]), NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    let (&[tag, first], after) = bytes.split_first_chunk::<2>().ok_or(NotBer)?;
    // Tags over 30 take more bytes and occur nowhere in CMS; tag 0 is the end-of-contents mark.
    if tag & 0x1f == 0x1f || tag == 0 {
        return Err(NotBer);
    }
    let (content, rest) = match first {
        0..0x80 => after.split_at_checked(usize::from(first)).ok_or(NotBer)?,
        0x80 if tag & CONSTRUCTED != 0 => {
            let mut rest = after;
            while !rest.starts_with(END_OF_CONTENTS) {
                rest = split(rest, depth)?.1;
            }
            let content = after.len() - rest.len();
            (&after[..content], &rest[END_OF_CONTENTS.len()..])
        }
        0x81..=0x88 => {
            let (length, after) = after
                .split_at_checked(usize::from(first & 0x7f))
                .ok_or(NotBer)?;
            let length = length
                .iter()
                .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            let length = usize::try_from(length).map_err(|_| NotBer)?;
            after.split_at_checked(length).ok_or(NotBer)?
        }
        _ => return Err(NotBer),
    };
    let whole = &bytes[..bytes.len() - rest.len()];
    Ok((
        Element {
            tag,
            content,
            whole,
        },
        rest,
    ))
}
