//! Shows what is read from a PDF and draws its pages: `pages IN.pdf WIDTH OUT-FOLDER`. Without
//! arguments a practice letter is taken. Prints how long each step took.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use utpost_letters::Pages;
use utpost_letters::sample::{Part, SampleLetter, decision_letter};

#[allow(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (pdf, width, out) = match arguments.as_slice() {
        [] => (decision_letter(&LETTER), 900, None),
        [pdf, width, out] => (fs::read(pdf)?, width.parse()?, Some(Path::new(out))),
        _ => return Err("usage: pages [IN.pdf WIDTH OUT-FOLDER]".into()),
    };
    if let Some(out) = out {
        fs::write(out.join("sample.pdf"), decision_letter(&LETTER))?;
    }
    let start = Instant::now();
    let pages = Pages::open(pdf)?;
    println!("{} pages opened in {:?}", pages.count(), start.elapsed());
    let start = Instant::now();
    let reading = pages.read();
    println!(
        "{} numbers, address {}, title {}, read in {:?}",
        reading.numbers.len(),
        reading.address.is_some(),
        reading.title.is_some(),
        start.elapsed()
    );
    for page in 1..=pages.count() {
        let start = Instant::now();
        let picture = pages.draw(page, width)?;
        println!(
            "page {page}: {picture:?}, {} bytes, drawn in {:?}",
            picture.png.len(),
            start.elapsed()
        );
        if let Some(out) = out {
            fs::write(out.join(format!("{page}.png")), picture.png)?;
        }
    }
    Ok(())
}

const LETTER: SampleLetter<'_> = SampleLetter {
    agency: "Øvre Fjelldal fjellstyre",
    agency_address: "Fjelldalsvegen 412, 2698 FJELLDAL",
    contact: "Telefon 00 00 00 00",
    recipient: "Liv Fjellheim",
    address: &["Bakkevegen 7", "2698 FJELLDAL"],
    number: Some("20914695016"),
    date: "24. november 2026",
    case: "2026/118",
    caseworker: "Ingrid Solbakk",
    title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
    body: &[
        Part::Paragraph(
            "Vi viser til søknaden din av 2. oktober 2026 om beiterett for 45 sauer. Fjellstyret \
             behandlet søknaden i møte 19. november 2026.",
        ),
        Part::Heading("Vedtak"),
        Part::Paragraph(
            "Øvre Fjelldal fjellstyre gir deg rett til å slippe inntil 45 sauer med lam på beite nord \
             for Gråvatnet fra 10. juni til 15. september hvert år. Retten følger eiendommen \
             gnr. 14 bnr. 3.",
        ),
        Part::Heading("Begrunnelse"),
        Part::Paragraph(
            "Eiendommen har beiterett etter fjelloven § 15. Fjellstyret har lagt vekt på at beitet \
             tåler flere dyr, og at tallet ikke er høyere enn det eiendommen kan vinterfôre.",
        ),
        Part::Paragraph(
            "To naboer har uttalt seg. Ingen av dem har merknader til beitetallet, men den ene ber om \
             at dyrene slippes etter 10. juni. Det er tatt hensyn til i vedtaket.",
        ),
        Part::Heading("Du kan klage"),
        Part::Paragraph(
            "Du kan klage på vedtaket innen tre uker fra du fikk dette brevet. Send klagen til Øvre \
             Fjelldal fjellstyre. Du har rett til å se dokumentene i saken.",
        ),
    ],
};
