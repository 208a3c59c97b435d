//! A practice letter that looks like a small agency's: letterhead, address for the envelope's
//! window, reference column, heading, text, page numbers.

use std::io;

use super::helvetica::Face;
use super::{CATALOG, PAGES, Writer, literal};

/// What stands in a practice letter. Characters outside Windows-1252 become `?`.
#[derive(Clone, Copy)]
pub struct SampleLetter<'a> {
    /// The sending agency.
    pub agency: &'a str,
    /// Its address on one line, under its name.
    pub agency_address: &'a str,
    /// Stands in the footer of each page, as `Telefon 00 00 00 00`.
    pub contact: &'a str,
    /// The addressee, the first line in the window.
    pub recipient: &'a str,
    /// The other lines, the last with post code and town. Up to two fit every window in use, four
    /// that of C5.
    pub address: &'a [&'a str],
    /// A person number of eleven digits, for the reference column.
    pub number: Option<&'a str>,
    /// As `24. november 2026`.
    pub date: &'a str,
    /// As `2026/118`.
    pub case: &'a str,
    /// Who signs.
    pub caseworker: &'a str,
    /// The heading, and the title in the file's properties.
    pub title: &'a str,
    /// The text, in order.
    pub body: &'a [Part<'a>],
}

/// A part of a letter's text.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// A short bold line over what follows.
    Heading(&'a str),
    /// Running text, broken into lines.
    Paragraph(&'a str),
}

/// A letter on as many A4 pages as its text needs. The same input gives the same bytes.
///
/// The left 18 mm are empty on every page, as print demands, and nothing but the address can be
/// seen through a window (the letterhead stands above). The file is not tagged: it shows how a
/// letter looks, not how an accessible one is made.
///
/// ```
/// use utpost_letters::sample::{Part, SampleLetter, decision_letter};
/// let pdf = decision_letter(&SampleLetter {
///     agency: "Øvre Fjelldal fjellstyre",
///     agency_address: "Fjelldalsvegen 412, 2698 FJELLDAL",
///     contact: "Telefon 00 00 00 00",
///     recipient: "Liv Fjellheim",
///     address: &["Bakkevegen 7", "2698 FJELLDAL"],
///     number: Some("20914695016"),
///     date: "24. november 2026",
///     case: "2026/118",
///     caseworker: "Ingrid Solbakk",
///     title: "Vedtak om beiterett",
///     body: &[Part::Heading("Vedtak"), Part::Paragraph("Du får beite.")],
/// });
/// let reading = utpost_letters::read(pdf);
/// assert_eq!(reading.title.unwrap().expose("test"), "Vedtak om beiterett");
/// ```
pub fn decision_letter(letter: &SampleLetter<'_>) -> Vec<u8> {
    let mut pdf = Vec::new();
    // Writing to a Vec never fails.
    let _ = write(&mut pdf, letter, &pages(letter));
    pdf
}

/// Points in a millimetre.
const MM: f64 = 72.0 / 25.4;
/// A4 in millimetres.
const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 297.0;
/// Text of the letter begins and ends here.
const LEFT: f64 = 20.0;
const RIGHT: f64 = 182.0;
const REFERENCES: f64 = 136.0;
/// The first baseline of the address: three lines stay within 44 to 55 mm, seen in every window.
const ADDRESS: f64 = 46.8;
const HEADING: f64 = 94.0;
const SECOND_PAGE: f64 = 34.0;
const LOWEST: f64 = 268.0;
const FOOTER: f64 = 283.0;

const SMALL: Style = Style::new(Face::Regular, 8.0, 3.9);
const NAME: Style = Style::new(Face::Bold, 11.0, 5.0);
const WINDOW: Style = Style::new(Face::Regular, 10.0, 3.88);
const TITLE: Style = Style::new(Face::Bold, 14.0, 6.2);
const SUBHEAD: Style = Style::new(Face::Bold, 10.5, 5.2);
const BODY: Style = Style::new(Face::Regular, 10.5, 5.2);
const BETWEEN_PARTS: f64 = 3.2;

#[derive(Clone, Copy)]
struct Style {
    face: Face,
    /// Points.
    size: f64,
    /// Millimetres from baseline to baseline.
    leading: f64,
}

impl Style {
    const fn new(face: Face, size: f64, leading: f64) -> Self {
        Self {
            face,
            size,
            leading,
        }
    }

    /// In millimetres.
    fn width(self, text: &str) -> f64 {
        self.face.width(text, self.size) / MM
    }
}

/// The drawing instructions of one page. Places are millimetres from the upper left corner.
#[derive(Default)]
struct Page(Vec<u8>);

impl Page {
    fn text(&mut self, x: f64, baseline: f64, style: Style, text: &str) {
        let font = match style.face {
            Face::Regular => "F",
            Face::Bold => "B",
        };
        let (x, y) = (x * MM, (HEIGHT - baseline) * MM);
        let place = format!("BT /{font} {} Tf {x:.2} {y:.2} Td ", style.size);
        self.0.extend(place.into_bytes());
        self.0.extend(literal(text));
        self.0.extend(b" Tj ET\n");
    }

    /// A shield with two peaks on it, 12 mm wide.
    fn crest(&mut self, x: f64, y: f64) {
        let scale = 12.0 / 40.0 * MM;
        let (x, y) = (x * MM, (HEIGHT - y) * MM);
        self.0.extend(
            format!(
                "q {scale:.4} 0 0 {:.4} {x:.2} {y:.2} cm\n\
                 0.184 0.365 0.314 rg 4 3 m 36 3 l 36 21 l 36 30 29 35 20 38 c 11 35 4 30 4 21 c f\n\
                 1 g 8 25 m 16 13 l 21 20 l 24 16 l 32 25 l 32 26 l 30 30 26 32 20 34.5 c \
                 14 32 9 29 8 25 c f\nQ\n",
                -scale
            )
            .into_bytes(),
        );
    }
}

/// Sets the letter, page by page.
fn pages(letter: &SampleLetter<'_>) -> Vec<Page> {
    let mut first = Page::default();
    first.crest(LEFT - 1.2, 9.0);
    first.text(LEFT + 15.0, 14.2, NAME, letter.agency);
    first.text(LEFT + 15.0, 18.8, SMALL, letter.agency_address);
    let window = std::iter::once(&letter.recipient).chain(letter.address);
    for (line, text) in window.enumerate() {
        first.text(LEFT, ADDRESS + WINDOW.leading * line as f64, WINDOW, text);
    }
    let mut references = vec![
        format!("Dato {}", letter.date),
        format!("Vår sak {}", letter.case),
        format!("Saksbehandler {}", letter.caseworker),
    ];
    references.extend(
        letter
            .number
            .map(|number| match number.split_at_checked(6) {
                Some((date, rest)) => format!("Fødselsnr. {date} {rest}"),
                None => format!("Fødselsnr. {number}"),
            }),
    );
    for (line, text) in references.iter().enumerate() {
        first.text(
            REFERENCES,
            ADDRESS + SMALL.leading * line as f64,
            SMALL,
            text,
        );
    }

    let mut setting = Setting {
        pages: vec![first],
        baseline: HEADING,
    };
    setting.lines(&broken(letter.title, TITLE), TITLE, 0.0);
    setting.baseline += BETWEEN_PARTS;
    for part in letter.body {
        match part {
            // A heading stays with two lines of what it stands over.
            Part::Heading(text) => {
                setting.baseline += BETWEEN_PARTS / 2.0;
                setting.lines(&broken(text, SUBHEAD), SUBHEAD, 2.0 * BODY.leading);
            }
            Part::Paragraph(text) => {
                setting.lines(&broken(text, BODY), BODY, 0.0);
                setting.baseline += BETWEEN_PARTS;
            }
        }
    }
    setting.baseline += BETWEEN_PARTS;
    let ending = ["Vennlig hilsen", "", letter.caseworker, "saksbehandler"].map(String::from);
    let together = BODY.leading * ending.len() as f64;
    setting.lines(&ending, BODY, together);

    let count = setting.pages.len();
    for (index, page) in setting.pages.iter_mut().enumerate() {
        if index > 0 {
            let head = format!("{}, sak {}", letter.agency, letter.case);
            page.text(LEFT, 18.8, SMALL, &head);
        }
        page.text(LEFT, FOOTER, SMALL, letter.contact);
        let number = format!("Side {} av {count}", index + 1);
        page.text(RIGHT - SMALL.width(&number), FOOTER, SMALL, &number);
    }
    setting.pages
}

/// Where the next line goes.
struct Setting {
    pages: Vec<Page>,
    baseline: f64,
}

impl Setting {
    /// Sets lines one under another; the first needs `room` below it on its page.
    fn lines(&mut self, lines: &[String], style: Style, room: f64) {
        let mut room = room;
        for line in lines {
            if self.baseline + room > LOWEST {
                self.pages.push(Page::default());
                self.baseline = SECOND_PAGE;
            }
            room = 0.0;
            if let Some(page) = self.pages.last_mut().filter(|_| !line.is_empty()) {
                page.text(LEFT, self.baseline, style, line);
            }
            self.baseline += style.leading;
        }
    }
}

/// Breaks at spaces. A word wider than the line stands alone and sticks out.
fn broken(text: &str, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if style.width(&format!("{line} {word}")) <= RIGHT - LEFT => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn write(out: &mut Vec<u8>, letter: &SampleLetter<'_>, pages: &[Page]) -> io::Result<()> {
    const REGULAR: usize = 3;
    const BOLD: usize = 4;
    const PROPERTIES: usize = 5;
    const FIRST_PAGE: usize = 6;
    let mut pdf = Writer {
        out,
        at: 0,
        objects: Vec::new(),
    };
    pdf.text("%PDF-1.4\n%\u{e6}\u{f8}\u{e5}\n")?;
    pdf.object(
        CATALOG,
        "<< /Type /Catalog /Pages 2 0 R /Lang (nb-NO) /ViewerPreferences << /DisplayDocTitle true >> >>",
    )?;
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", FIRST_PAGE + 2 * page))
        .collect();
    pdf.object(
        PAGES,
        &format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            kids.len()
        ),
    )?;
    for (object, name) in [(REGULAR, "Helvetica"), (BOLD, "Helvetica-Bold")] {
        pdf.object(
            object,
            &format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            ),
        )?;
    }
    let title: String = letter
        .title
        .encode_utf16()
        .map(|unit| format!("{unit:04X}"))
        .collect();
    pdf.object(PROPERTIES, &format!("<< /Title <FEFF{title}> >>"))?;
    for (index, page) in pages.iter().enumerate() {
        let object = FIRST_PAGE + 2 * index;
        pdf.object(
            object,
            &format!(
                "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {:.2} {:.2}] /Contents {} 0 R \
                 /Resources << /Font << /F {REGULAR} 0 R /B {BOLD} 0 R >> >> >>",
                WIDTH * MM,
                HEIGHT * MM,
                object + 1
            ),
        )?;
        pdf.stream(object + 1, &page.0)?;
    }
    pdf.finish(&format!(" /Info {PROPERTIES} 0 R"), None)
}
