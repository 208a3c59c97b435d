//! Letters to be read and drawn, and foreign programs to compare with.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "a test's own code; not each test uses all of it"
)]

use std::path::Path;
use std::process::Command;

use utpost_letters::sample::{Part, SampleLetter};

pub(crate) const NUMBER: &str = "20914695016";

const LONG: &str = "Fjellstyret har lagt vekt på at beitet tåler flere dyr, og at tallet ikke er høyere \
                    enn det eiendommen kan vinterfôre. To naboer har uttalt seg. Ingen av dem har \
                    merknader til beitetallet – men den ene ber om at dyrene slippes etter 10. juni.";

const BODY: [Part<'static>; 9] = [
    Part::Paragraph("Vi viser til søknaden din av 2. oktober 2026 om beiterett for 45 sauer."),
    Part::Heading("Vedtak"),
    Part::Paragraph(LONG),
    Part::Heading("Begrunnelse"),
    Part::Paragraph(LONG),
    Part::Paragraph(LONG),
    Part::Heading("Du kan klage"),
    Part::Paragraph("Du kan klage på vedtaket innen tre uker (konto 1234.56.78903)."),
    Part::Paragraph(LONG),
];

pub(crate) fn letter() -> SampleLetter<'static> {
    SampleLetter {
        agency: "Øvre Fjelldal fjellstyre",
        agency_address: "Fjelldalsvegen 412, 2698 FJELLDAL",
        contact: "Telefon 00 00 00 00",
        recipient: "Liv Fjellheim",
        address: &["Bakkevegen 7", "2698 FJELLDAL"],
        number: Some(NUMBER),
        date: "24. november 2026",
        case: "2026/118",
        caseworker: "Ingrid Solbakk",
        title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
        body: &BODY,
    }
}

/// A letter of two pages.
pub(crate) fn long_body() -> Vec<Part<'static>> {
    BODY.repeat(2)
}

/// Runs a foreign program on a file holding `pdf`: what it prints. `None`, said aloud, where the
/// program is missing; in CI it must be there.
#[allow(
    clippy::print_stderr,
    reason = "a check that was left out must be seen"
)]
pub(crate) fn run(tool: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.pdf");
    std::fs::write(&file, pdf).unwrap();
    match Command::new(tool)
        .args(before)
        .arg(&file)
        .args(after)
        .output()
    {
        Ok(output) => {
            assert!(output.status.success(), "{tool}: {output:?}");
            Some(output.stdout)
        }
        Err(_) => {
            assert!(std::env::var_os("CI").is_none(), "{tool} is missing");
            eprintln!("{tool} not found: its check not run");
            None
        }
    }
}

/// `pdf` as qpdf rewrites it.
pub(crate) fn rewritten(pdf: &[u8], options: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pdf");
    run("qpdf", options, pdf, &[path(&out)])?;
    Some(std::fs::read(out).unwrap())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file of the given objects, numbered from 1; the first is the catalogue.
pub(crate) fn file_of(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{} 0 obj\n", index + 1).into_bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let at = pdf.len();
    let size = objects.len() + 1;
    pdf.extend(
        format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n")
            .into_bytes(),
    );
    pdf
}

pub(crate) fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {entries} /Length {} >>\nstream\n", content.len()).into_bytes();
    object.extend(content);
    object.extend(b"\nendstream");
    object
}

/// A file of one page: its entries, its content, and more objects, numbered from 5.
pub(crate) fn page_of(entries: &str, content: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R {entries} >>").into_bytes(),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    file_of(&objects)
}
