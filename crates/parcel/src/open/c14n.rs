//! Canonical XML of one element where it stands in its document.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::names::{C14N, C14N_1_1, C14N_EXCLUSIVE};

/// The two ways to treat namespaces that the element inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// All of them are written (Canonical XML 1.0 and 1.1, which differ only in `xml:` attributes
    /// inherited from outside; elements that inherit any are refused here).
    Inclusive,
    /// Only those in use are written (Exclusive XML Canonicalization 1.0, without a prefix list).
    Exclusive,
}

impl Form {
    pub(super) fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            C14N | C14N_1_1 => Some(Self::Inclusive),
            C14N_EXCLUSIVE => Some(Self::Exclusive),
            _ => None,
        }
    }
}

/// The canonical form of `apex` and everything in it, without comments. `None` when it cannot be
/// told: an `xml:` attribute further out, or absurd depth.
pub(super) fn canonical(apex: Node<'_, '_>, form: Form) -> Option<String> {
    let inherits = apex
        .ancestors()
        .skip(1)
        .flat_map(|outer| outer.attributes())
        .any(|attribute| attribute.namespace() == Some(XML_NS));
    if inherits {
        return None;
    }
    let mut out = String::new();
    element(apex, form, &BTreeMap::new(), &mut out, MOST_DEPTH)?;
    Some(out)
}

const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";
const MOST_DEPTH: usize = 64;

/// Prefix to namespace; the default namespace has the prefix "".
type Scope<'a> = BTreeMap<&'a str, &'a str>;

fn element<'a>(
    node: Node<'a, 'a>,
    form: Form,
    written: &Scope<'a>,
    out: &mut String,
    depth: usize,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let source = node.document().input_text();
    let name = source.get(node.range())?.strip_prefix('<')?;
    let name = name
        .split(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')
        .next()?;
    let prefix = |name: &'a str| name.split_once(':').map_or("", |(prefix, _)| prefix);

    let mut attributes: Vec<_> = node.attributes().collect();
    attributes.sort_by_key(|one| (one.namespace().unwrap_or_default(), one.name()));
    let names: Vec<&'a str> = attributes
        .iter()
        .map(|one| source.get(one.range_qname()))
        .collect::<Option<_>>()?;

    let scope: Scope<'a> = node
        .namespaces()
        .map(|one| (one.name().unwrap_or_default(), one.uri()))
        .filter(|(prefix, uri)| *prefix != "xml" && !uri.is_empty())
        .collect();
    let in_use = |wanted: &str| {
        form == Form::Inclusive
            || prefix(name) == wanted
            || (!wanted.is_empty() && names.iter().any(|name| prefix(name) == wanted))
    };

    let mut written = written.clone();
    out.push('<');
    out.push_str(name);
    if !scope.contains_key("") && in_use("") && written.remove("").is_some() {
        out.push_str(" xmlns=\"\"");
    }
    for (prefix, uri) in &scope {
        if in_use(prefix) && written.insert(prefix, uri) != Some(uri) {
            out.push_str(" xmlns");
            if !prefix.is_empty() {
                out.push(':');
                out.push_str(prefix);
            }
            out.push_str("=\"");
            attribute_value(uri, out);
            out.push('"');
        }
    }
    for (name, attribute) in names.iter().zip(&attributes) {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        attribute_value(attribute.value(), out);
        out.push('"');
    }
    out.push('>');
    for child in node.children() {
        if child.is_element() {
            element(child, form, &written, out, depth)?;
        } else if let Some(instruction) = child.pi() {
            out.push_str("<?");
            out.push_str(instruction.target);
            if let Some(value) = instruction.value {
                out.push(' ');
                out.push_str(value);
            }
            out.push_str("?>");
        } else if child.is_text() {
            text(child.text()?, out);
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    Some(())
}

fn text(value: &str, out: &mut String) {
    for letter in value.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(letter),
        }
    }
}

fn attribute_value(value: &str, out: &mut String) {
    for letter in value.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use bergshamra_c14n::{C14nMode, canonicalize};

    use super::*;

    #[test]
    fn another_implementation_gives_the_same_canonical_form() {
        for xml in [
            "<a/>",
            "<a b='2' a=\"1\" c=\"&lt;&quot;'&#9;&#10;&#13;\" >x&amp;&lt;&gt;\r\n&#13;<![CDATA[<&>]]></a >",
            "<p:a xmlns:p='urn:1' xmlns='urn:2' p:z='1' z='2' xmlns:b='urn:0' b:y='3'><c xmlns=''/></p:a>",
            "<a xmlns='urn:1'><b xmlns='urn:1'><c xmlns=''><d/><e xmlns='urn:1'/></c></b></a>",
            "<a xmlns:x='urn:1' xmlns:y='urn:1'><x:b y:i='1'/><y:b x:i='1'/></a>",
            "<a xmlns:x='urn:1'><b xmlns:x='urn:2'><x:c/></b><x:c/></a>",
            "<a><!-- out --><?pi  data ?><?empty?>t<b></b></a>",
            "<æ xml:lang='nb' ø='å&#x1F511;'>\u{a0}</æ>",
        ] {
            let document = roxmltree::Document::parse(xml).unwrap();
            for (form, mode) in [
                (Form::Inclusive, C14nMode::Inclusive),
                (Form::Exclusive, C14nMode::Exclusive),
            ] {
                let theirs = canonicalize::<&str>(xml, mode, None, &[]).unwrap();
                let ours = canonical(document.root_element(), form).unwrap();
                assert_eq!(
                    ours,
                    String::from_utf8(theirs).unwrap(),
                    "{form:?} of {xml}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        let inherits = "<a xml:space='preserve'><b/></a>";
        let document = roxmltree::Document::parse(inherits).unwrap();
        let inner = document.root_element().first_child().unwrap();
        assert_eq!(canonical(inner, Form::Inclusive), None);

        let deep = "<a>".repeat(5000) + &"</a>".repeat(5000);
        let document = roxmltree::Document::parse(&deep).unwrap();
        assert_eq!(canonical(document.root_element(), Form::Inclusive), None);
    }
}
