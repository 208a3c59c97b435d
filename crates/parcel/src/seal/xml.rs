//! Writing XML that is canonical as it stands.

use super::ParcelFault;

/// An element with start and end tag. Attributes are written in the order given, which must be
/// the canonical one: namespaces by prefix, then names. Values and content are written as they
/// are; whatever may hold markup has been through [`text`].
pub(super) fn element(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let attributes: String = attributes
        .iter()
        .map(|(name, value)| format!(" {name}=\"{value}\""))
        .collect();
    format!("<{name}{attributes}>{content}</{name}>")
}

/// Text as element content.
pub(super) fn text(value: &str) -> Result<String, ParcelFault> {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => out.push(letter),
            _ => return Err(ParcelFault::ForbiddenCharacter),
        }
    }
    Ok(out)
}
