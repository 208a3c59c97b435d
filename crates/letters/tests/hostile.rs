//! Files made to do harm, and sound ones damaged: each gets an answer in time, none ends the
//! program.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::time::{Duration, Instant};

use common::{file_of, letter, page_of, rewritten, stream};
use proptest::prelude::*;
use utpost_letters::sample::decision_letter;
use utpost_letters::{Pages, Unshown};

const RESOURCES: &str = "/MediaBox [0 0 595 842] /Resources << /Font << /F 5 0 R >> \
                         /XObject << /X 6 0 R >> /Pattern << /P 6 0 R >> >>";
const HELVETICA: &[u8] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
/// The limits for opening, drawing and reading together, and time for a busy machine.
const IN_TIME: Duration = Duration::from_secs(25);

/// Opens, draws and reads: what came of the drawing.
fn try_all(pdf: &[u8]) -> Result<(), Unshown> {
    let start = Instant::now();
    let outcome = Pages::open(pdf).and_then(|pages| {
        let _ = pages.read();
        pages.draw(1, 200).map(|_| ())
    });
    assert!(start.elapsed() < IN_TIME, "took {:?}", start.elapsed());
    outcome
}

fn with(content: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![HELVETICA.to_vec()];
    objects.extend_from_slice(more);
    page_of(RESOURCES, content, &objects)
}

fn form(content: &str, next: &str) -> Vec<u8> {
    stream(
        &format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 500 500] \
             /Resources << /XObject << /X {next} 0 R >> >>"
        ),
        content.as_bytes(),
    )
}

#[test]
fn a_form_within_itself_is_drawn_or_refused() {
    let _ = try_all(&with(b"/X Do", &[form("0 0 10 10 re f /X Do", "6")]));
    let _ = try_all(&with(b"/X Do", &[form("/X Do /X Do", "6")]));
}

#[test]
fn deep_nesting_is_endured() {
    for content in [
        "[".repeat(200_000),
        "<<".repeat(200_000),
        "q ".repeat(200_000),
        "BT ".repeat(100_000),
        "/A << /B [ ".repeat(100_000),
        "/S BMC ".repeat(100_000),
        "0 0 10 10 re W n ".repeat(20_000),
        "(".repeat(200_000),
    ] {
        let _ = try_all(&with(content.as_bytes(), &[]));
    }
    for entry in ["[", "<< /A ", "("] {
        let mut pages = format!("<< /Type /Page /Parent 2 0 R /A {}", entry.repeat(100_000));
        pages.push_str(">>");
        let _ = try_all(&file_of(&[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            pages.into_bytes(),
        ]));
    }
}

#[test]
fn page_trees_that_loop_or_go_deep_are_endured() {
    let looped = file_of(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 99999999 >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Parent 3 0 R >>".to_vec(),
    ]);
    assert!(try_all(&looped).is_err());
    let mut deep = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()];
    deep.extend(
        (0..20_000)
            .map(|at| format!("<< /Type /Pages /Kids [{} 0 R] /Count 1 >>", at + 3).into_bytes()),
    );
    deep.push(b"<< /Type /Page /MediaBox [0 0 595 842] >>".to_vec());
    let _ = try_all(&file_of(&deep));
}

#[test]
fn impossible_pages_are_drawn_within_bounds_or_refused() {
    for entries in [
        "/MediaBox [0 0 1e38 1e38]",
        "/MediaBox [-1e38 -1e38 1e38 1e38]",
        "/MediaBox [0 0 99999999999999999999 1]",
        "/MediaBox [nan nan nan nan]",
        "/MediaBox [0 0 0.0001 842]",
        "/MediaBox [0 0 595 842] /Rotate 45 /UserUnit 1e30",
        "/MediaBox [0 0 595 842] /CropBox [1000 1000 2000 2000]",
    ] {
        let content = b"1 0 0 rg 0 0 100 100 re f 1e38 0 0 1e38 1e38 1e38 cm 0 0 1e38 1e38 re S";
        let _ = try_all(&page_of(entries, content, &[]));
    }
}

#[test]
fn pictures_that_announce_more_than_a_page_are_not_unfolded() {
    let picture = |entries: &str| {
        let entries = format!("/Type /XObject /Subtype /Image /BitsPerComponent 8 {entries}");
        let image = stream(&entries, &[0xff; 40]);
        try_all(&with(b"q 500 0 0 500 0 0 cm /X Do Q", &[image]))
    };
    let huge = "/Width 60000 /Height 60000 /ColorSpace /DeviceRGB";
    assert_eq!(picture(huge), Err(Unshown::TooHeavy));
    assert_eq!(
        picture("/Width 4294967295 /Height 4294967295 /ColorSpace /DeviceGray"),
        Err(Unshown::TooHeavy)
    );
    let fax = "/Width 10 /Height 10 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode \
               /DecodeParms << /K -1 /Columns 100000 /Rows 100000 >>";
    assert_eq!(picture(fax), Err(Unshown::TooHeavy));
    assert_eq!(
        picture("/Width 9 /Height 9 /ColorSpace /DeviceGray /Filter [/FlateDecode /FlateDecode]"),
        Err(Unshown::TooHeavy)
    );
    let inline = b"q 500 0 0 500 0 0 cm BI /W 60000 /H 60000 /CS /RGB /BPC 8 ID abcdefgh EI Q";
    assert_eq!(try_all(&with(inline, &[])), Err(Unshown::TooHeavy));
    let tiling = stream(
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 500 500] /XStep 500 \
         /YStep 500 /Resources << >>",
        inline,
    );
    let content = b"/Pattern cs /P scn 0 0 595 842 re f";
    assert_eq!(try_all(&with(content, &[tiling])), Err(Unshown::TooHeavy));
    let glyph = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] \
                  /CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 \
                  /LastChar 97 /Widths [1000] /Resources << >> >>";
    let drawn = page_of(
        RESOURCES,
        b"BT /F 100 Tf 100 100 Td (aaa) Tj ET",
        &[
            glyph.to_vec(),
            stream("", &[b"1000 0 d0 ", &inline[..]].concat()),
        ],
    );
    assert_eq!(try_all(&drawn), Err(Unshown::TooHeavy));
    // One that has fewer bytes than it says.
    let _ = picture("/Width 9000 /Height 9000 /ColorSpace /DeviceRGB");
}

#[test]
fn patterns_functions_and_strokes_out_of_proportion_get_an_answer() {
    let tiling = stream(
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.001 \
         /YStep 0.001 /Resources << >>",
        b"1 0 0 rg 0 0 1 1 re f",
    );
    let content = b"/Pattern cs /P scn 0 0 595 842 re f";
    let _ = try_all(&with(content, &[tiling]));
    let endless =
        b"<< /Type /Pattern /PatternType 2 /Shading << /ShadingType 2 /ColorSpace /DeviceRGB \
                    /Coords [0 0 0 0] /Extend [true true] /Function << /FunctionType 3 \
                    /Domain [0 1] /Functions [] /Bounds [] /Encode [] >> >> >>";
    let _ = try_all(&with(content, &[endless.to_vec()]));
    let dashes = b"0.0001 w [0.00001 0.00001] 0 d 0 0 m 595 842 l S";
    let _ = try_all(&with(dashes, &[]));
    let text = b"BT /F 1e9 Tf 1e9 0 0 1e9 0 0 Tm (Hei) Tj /F 0 Tf (Hei) Tj ET";
    let _ = try_all(&with(text, &[]));
}

#[test]
fn masks_and_glyphs_within_themselves_get_an_answer() {
    let mask = b"<< /Type /ExtGState /SMask << /Type /Mask /S /Luminosity /G 6 0 R >> >>";
    let group = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 500 500] /Group << /S /Transparency /CS /DeviceGray >> \
         /Resources << /ExtGState << /M 5 0 R >> /XObject << /X 6 0 R >> >>",
        b"/M gs 0 0 100 100 re f /X Do",
    );
    let pdf = page_of(
        "/MediaBox [0 0 595 842] /Resources << /ExtGState << /M 5 0 R >> >>",
        b"/M gs 0 0 595 842 re f",
        &[mask.to_vec(), group],
    );
    let _ = try_all(&pdf);
    let glyph = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] \
                  /CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 \
                  /LastChar 97 /Widths [1000] /Resources << /Font << /F 5 0 R >> >> >>";
    let program = stream("", b"1000 0 d0 BT /F 500 Tf (aa) Tj ET");
    let content = b"BT /F 100 Tf 100 100 Td (aaa) Tj ET";
    let _ = try_all(&page_of(RESOURCES, content, &[glyph.to_vec(), program]));
}

#[test]
fn a_letter_cut_anywhere_gets_an_answer() {
    let plain = decision_letter(&letter());
    let packed = rewritten(&plain, &["--object-streams=generate", "--recompress-flate"]);
    for pdf in [Some(plain), packed].iter().flatten() {
        for part in 0..60 {
            let _ = try_all(&pdf[..pdf.len() * part / 60]);
        }
        let mut shifted = vec![b' '; 100];
        shifted.extend(pdf);
        let _ = try_all(&shifted);
    }
}

#[test]
fn faulty_files_of_every_kind_get_an_answer() {
    for faulty in [
        &b""[..],
        b"PK\x03\x04 not a letter",
        b"%PDF-x.y\n",
        b"%PDF-1.7\nstartxref\n9\n%%EOF",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF\n",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Prev 9 0 R >>\nstartxref\n9\n%%EOF\n",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Encrypt 5 0 R >>\n\
          startxref\n9\n%%EOF\n",
        b"%PDF-1.5\n7 0 obj\n<</Type/XRef/Root 1 0 R/W[1 2 1]/Size 99999999/Length 4>>stream\n\
          \0\0\0\0\nendstream\nendobj\nstartxref\n9\n%%EOF",
        b"%PDF-1.5\n7 0 obj\n<</Type/XRef/Root 1 0 R/W[255 255 255]/Index[0 4294967295]/Length 4>>stream\n\
          \0\0\0\0\nendstream\nendobj\nstartxref\n9\n%%EOF",
        b"%PDF-1.5\n7 0 obj\n<</Type/ObjStm/N 99999999/First 4/Length 4>>stream\n\
          \0\0\0\0\nendstream\nendobj\nstartxref\n9\n%%EOF",
    ] {
        assert!(try_all(faulty).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_letter_with_changed_bytes_gets_an_answer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        packed in any::<bool>(),
    ) {
        thread_local! {
            static LETTERS: [Vec<u8>; 2] = {
                let plain = decision_letter(&letter());
                let packed = rewritten(&plain, &["--object-streams=generate", "--stream-data=uncompress"])
                    .unwrap_or_else(|| plain.clone());
                [plain, packed]
            };
        }
        let mut pdf = LETTERS.with(|letters| letters[usize::from(packed)].clone());
        for (place, byte) in changes {
            let place = place.index(pdf.len());
            pdf[place] = byte;
        }
        let _ = try_all(&pdf);
    }

    #[test]
    fn any_bytes_as_content_get_an_answer(content in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = try_all(&with(&content, &[]));
    }
}
