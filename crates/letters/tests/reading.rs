//! What is read from letters, ours and others'.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NUMBER, letter, long_body, page_of, rewritten, run, stream};
use utpost_domain::PostalAddress;
use utpost_letters::sample::{self, Part, decision_letter};
use utpost_letters::{Reading, read};

fn title(reading: &Reading) -> Option<&str> {
    reading.title.as_ref().map(|title| title.expose("test"))
}

fn numbers(reading: &Reading) -> Vec<(&str, usize)> {
    reading
        .numbers
        .iter()
        .map(|found| (found.number.expose("test"), found.page))
        .collect()
}

fn address(name: &str, lines: &[&str]) -> Option<PostalAddress> {
    Some(PostalAddress::norwegian(name, lines, "2698", "FJELLDAL").unwrap())
}

#[test]
fn a_practice_letter_tells_number_address_and_title() {
    let reading = read(decision_letter(&letter()));
    assert_eq!(numbers(&reading), [(NUMBER, 1)]);
    assert_eq!(reading.address, address("Liv Fjellheim", &["Bakkevegen 7"]));
    assert_eq!(title(&reading), Some(letter().title));
    for printed in [format!("{reading:?}"), format!("{reading:#?}")] {
        assert!(
            !printed.contains("Liv") && !printed.contains("beiterett") && !printed.contains("2698")
        );
        assert!(!printed.contains("95016"));
    }
}

#[test]
fn however_the_file_is_packed_it_tells_the_same() {
    let pdf = decision_letter(&letter());
    let expected = read(pdf.as_slice());
    for options in [
        &["--object-streams=generate", "--recompress-flate"][..],
        &["--linearize"],
        &["--qdf"],
        &["--split-pages=0"],
    ] {
        if let Some(packed) = rewritten(&pdf, options) {
            assert_eq!(read(packed), expected, "{options:?}");
        }
    }
}

#[test]
fn long_titles_and_addresses_are_read_whole() {
    let mut letter = letter();
    letter.title = "Vedtak om at du får slippe inntil 45 sauer med lam på beite nord for Gråvatnet i \
                    Øvre Fjelldal statsallmenning fra 10. juni til 15. september";
    letter.address = &["c/o Ola Øyvær", "Postboks 12", "Sentrum", "2698 FJELLDAL"];
    let reading = read(decision_letter(&letter));
    assert_eq!(title(&reading), Some(letter.title));
    let expected = address(
        "Liv Fjellheim",
        &["c/o Ola Øyvær", "Postboks 12", "Sentrum"],
    );
    assert_eq!(reading.address, expected);
}

#[test]
fn what_is_not_plain_is_not_told() {
    let mut letter = letter();
    letter.address = &["Bakkevegen 7", "11122 STOCKHOLM", "SVERIGE"];
    letter.number = None;
    let reading = read(decision_letter(&letter));
    assert_eq!(reading.address, None);
    assert_eq!(numbers(&reading), []);
    letter.address = &["2698 FJELLDAL"];
    assert_eq!(read(decision_letter(&letter)).address, None);
    letter.recipient = "Fødselsnr. 209146 95016";
    letter.address = &["Bakkevegen 7", "2698 FJELLDAL"];
    assert_eq!(read(decision_letter(&letter)).address, None);
    // A title with a person number in it may not be a title.
    letter.title = "Vedtak for 209146 95016";
    assert_eq!(read(decision_letter(&letter)).title, None);
    // One size and one weight: nothing is a heading, and there are no properties.
    let reading = read(sample::letter(&[
        "Vedtak om støtte",
        "",
        "Vi viser til søknaden din.",
    ]));
    assert_eq!(reading, Reading::default());
}

#[test]
fn each_number_is_told_once_with_its_first_page_and_only_of_the_first_five() {
    let other = "Gjelder også 01818012337.";
    let mut lines = vec![""; 300];
    lines[10] = "209146 95016 og 209146-95016";
    lines[50] = other;
    lines[51] = NUMBER;
    // 45 lines a page: this is page 6.
    lines[230] = "Gjelder også 41918012354 og 04823849725.";
    let reading = read(sample::letter(&lines));
    assert_eq!(numbers(&reading), [(NUMBER, 1), ("01818012337", 2)]);
}

#[test]
fn text_is_that_poppler_reads() {
    let body = long_body();
    let mut letter = letter();
    letter.body = &body;
    let pdf = decision_letter(&letter);
    let Some(told) = run("pdftotext", &["-layout"], &pdf, &["-"]) else {
        return;
    };
    let told = String::from_utf8(told).unwrap();
    assert_eq!(told.matches('\u{c}').count(), 2, "two pages");
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let told = words(&told);
    assert!(told.contains("Side 1 av 2") && told.contains("Side 2 av 2"));
    assert!(told.contains(&words(letter.title)));
    for part in letter.body {
        let (Part::Heading(text) | Part::Paragraph(text)) = part;
        let first: String = words(text).chars().take(60).collect();
        assert!(told.contains(&first), "{first}");
    }
    let reading = read(pdf);
    assert!(told.contains(&format!(
        "Fødselsnr. {} {}",
        &reading.numbers[0].number.expose("test")[..6],
        &reading.numbers[0].number.expose("test")[6..]
    )));
    assert!(told.contains(title(&reading).unwrap()));
    assert!(told.contains(reading.address.unwrap().name("test")));
}

#[test]
fn the_windows_show_the_address_and_nothing_else_and_the_left_strip_is_free() {
    let body = long_body();
    let mut letter = letter();
    letter.body = &body;
    let Some(told) = run("pdftotext", &["-bbox"], &decision_letter(&letter), &["-"]) else {
        return;
    };
    let told = String::from_utf8(told).unwrap();
    let mm = |line: &str, name: &str| -> f64 {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse::<f64>().unwrap() * 25.4 / 72.0
    };
    let mut shown = Vec::new();
    let first_page = told.split("</page>").next().unwrap();
    for line in told.lines().filter(|line| line.contains("<word")) {
        assert!(
            mm(line, "xMin") > 19.9 && mm(line, "xMax") < 192.0,
            "{line}"
        );
    }
    for line in first_page.lines().filter(|line| line.contains("<word")) {
        let (left, top, bottom) = (mm(line, "xMin"), mm(line, "yMin"), mm(line, "yMax"));
        if left < 120.0 && bottom > 24.0 && top < 80.0 {
            // The font's box is higher than its letters, by a millimetre at most.
            assert!(
                top > 43.0 && bottom < 56.0 && mm(line, "xMax") < 96.0,
                "{line}"
            );
            shown.push(line.split(['>', '<']).nth(2).unwrap());
        }
    }
    assert_eq!(shown.join(" "), "Liv Fjellheim Bakkevegen 7 2698 FJELLDAL");
}

#[test]
fn lines_are_as_wide_as_poppler_measures_them() {
    let sentence =
        "Åtte ærlige øyværinger – «Wilhelm» & Mjøs' 1234567890 (§ 15) får Vågå-ost til 99 %";
    let mut letter = letter();
    letter.title = sentence;
    let body = [Part::Paragraph(sentence)];
    letter.body = &body;
    // A line that were broken too late would pass the right margin.
    let long: String = sentence.repeat(6);
    let long_body = [Part::Paragraph(&long)];
    letter.body = &long_body;
    let Some(told) = run("pdftotext", &["-bbox"], &decision_letter(&letter), &["-"]) else {
        return;
    };
    let told = String::from_utf8(told).unwrap();
    let widest = told
        .split("xMax=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse::<f64>().unwrap())
        .fold(0.0, f64::max)
        * 25.4
        / 72.0;
    assert!((170.0..182.1).contains(&widest), "{widest}");
}

#[test]
fn a_letter_of_another_look_is_read_too() {
    // Letter by letter with kerning and no space glyphs, return line above the address, heading of
    // the text's size drawn twice to look bold, a second column beside the address.
    let content = "BT /F 7 Tf 62 712 Td (Retur: Postboks 9, 0123 OSLO) Tj ET\n\
        BT /F 11 Tf 62 690 Td [(K)20(ari)-278(Pr)15(\\370ve)] TJ 0 -14 Td [(S)0(torgata)-290(1)] TJ \
        0 -14 Td (9845 TANA) Tj ET\n\
        BT /F 11 Tf 400 690 Td (2026/77) Tj 0 -14 Td (0123 OSLO) Tj ET\n\
        BT /F 15 Tf 62 560 Td [(Svar)-278(p\\345)-278(s\\370knaden)] TJ ET\n\
        BT /F 15 Tf 62.3 560 Td [(Svar)-278(p\\345)-278(s\\370knaden)] TJ ET\n\
        BT /F 11 Tf 62 520 Td (Vi viser til det du skrev, og svarer at det er greit.) Tj \
        0 -14 Td (F\\370dt: 209146) Tj 40 0 Td (                95016) Tj ET";
    let font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    let pdf = page_of(
        "/MediaBox [0 0 595 842] /Resources << /Font << /F 5 0 R >> >>",
        content.as_bytes(),
        &[font.to_vec()],
    );
    let reading = read(pdf);
    let expected = PostalAddress::norwegian("Kari Prøve", &["Storgata 1"], "9845", "TANA").unwrap();
    assert_eq!(reading.address, Some(expected));
    assert_eq!(title(&reading), Some("Svar på søknaden"));
}

#[test]
fn letters_of_other_programs_are_read() {
    let vector = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
        read(std::fs::read(format!("{folder}{name}")).unwrap())
    };
    let long = "Vedtak om beiterett i Øvre Fjelldal statsallmenning og offisiell affisjering";
    for name in ["chromium-large-heading.pdf", "chromium-bold-heading.pdf"] {
        let reading = vector(name);
        assert_eq!(numbers(&reading), [(NUMBER, 1)], "{name}");
        let expected = address("Liv Fjellheim", &["Bakkevegen 7"]);
        assert_eq!(reading.address, expected, "{name}");
        assert_eq!(title(&reading), Some(long), "{name}");
    }
    let reading = vector("cairo.pdf");
    assert_eq!(numbers(&reading), [(NUMBER, 1)]);
    let expected = PostalAddress::norwegian("Kari Prøve", &["Storgata 1"], "9845", "TANA").unwrap();
    assert_eq!(reading.address, Some(expected));
    assert_eq!(title(&reading), Some("Svar på søknaden"));
}

#[test]
fn a_scanned_letter_tells_nothing() {
    let image = stream(
        "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8",
        &[0x7f; 64],
    );
    let font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec();
    let resources = "/MediaBox [0 0 595 842] \
                     /Resources << /XObject << /P 5 0 R >> /Font << /F 6 0 R >> >>";
    let drawn: &[u8] = b"q 595 0 0 842 0 0 cm /P Do Q";
    // Recognised text is hidden behind the picture; what a person can't see is not read.
    let hidden = b"q 595 0 0 842 0 0 cm /P Do Q BT 3 Tr /F 11 Tf 62 690 Td (209146 95016) Tj ET";
    for content in [drawn, hidden] {
        let pdf = page_of(resources, content, &[image.clone(), font.clone()]);
        assert_eq!(read(pdf), Reading::default());
    }
    assert_eq!(read(*b"no letter at all"), Reading::default());
}
