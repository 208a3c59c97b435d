//! Pages against what poppler says of them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::Cursor;

use common::{letter, long_body, page_of, rewritten, run};
use utpost_letters::sample::{self, decision_letter};
use utpost_letters::{PageSize, Pages, Unshown};

fn two_pages() -> Vec<u8> {
    let body = long_body();
    let mut letter = letter();
    letter.body = &body;
    decision_letter(&letter)
}

/// The sizes pdfinfo tells, turned as the pages say.
fn told_sizes(pdf: &[u8]) -> Option<Vec<PageSize>> {
    let told = run("pdfinfo", &["-f", "1", "-l", "99"], pdf, &[])?;
    let told = String::from_utf8(told).unwrap();
    let mut sizes: Vec<PageSize> = Vec::new();
    for line in told.lines().filter(|line| line.starts_with("Page ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Page", _, "size:", width, "x", height, ..] => sizes.push(PageSize {
                width_mm: width.parse::<f64>().unwrap() * 25.4 / 72.0,
                height_mm: height.parse::<f64>().unwrap() * 25.4 / 72.0,
            }),
            ["Page", _, "rot:", "90" | "270"] => {
                let size = sizes.last_mut().unwrap();
                std::mem::swap(&mut size.width_mm, &mut size.height_mm);
            }
            _ => {}
        }
    }
    Some(sizes)
}

#[test]
fn practice_letters_are_sound_a4_and_the_same_each_time() {
    for (pdf, pages) in [(decision_letter(&letter()), 1), (two_pages(), 2)] {
        assert!(utpost_letters::glance(Cursor::new(&pdf)).is_ok());
        assert_eq!(Pages::open(pdf.as_slice()).unwrap().count(), pages);
        if let Some(told) = run("qpdf", &["--check"], &pdf, &[]) {
            let told = String::from_utf8(told).unwrap();
            assert!(
                told.contains("No syntax or stream encoding errors"),
                "{told}"
            );
        }
        if let Some(told) = run("pdfinfo", &[], &pdf, &[]) {
            let told = String::from_utf8(told).unwrap();
            assert!(
                told.contains("(A4)") && told.contains(letter().title),
                "{told}"
            );
        }
    }
    assert_eq!(two_pages(), two_pages());
}

#[test]
fn pages_and_their_sizes_are_those_poppler_tells() {
    let letters = [
        decision_letter(&letter()),
        two_pages(),
        sample::letter(&["Linje"; 100]),
        page_of("/MediaBox [0 0 595 842] /CropBox [20 30 520 730]", b"", &[]),
        page_of("/MediaBox [0 0 595 842] /Rotate 90", b"", &[]),
        page_of("/MediaBox [10 10 305 430] /Rotate -90", b"", &[]),
        page_of("/MediaBox [595 842 0 0]", b"", &[]),
        page_of(
            "/MediaBox [0 0 595 842] /CropBox [-50 -50 900 900]",
            b"",
            &[],
        ),
    ];
    for (at, pdf) in letters.iter().enumerate() {
        let pages = Pages::open(pdf.as_slice()).unwrap();
        assert_eq!(pages.count(), pages.sizes().len());
        let Some(told) = told_sizes(pdf) else { return };
        assert_eq!(pages.count(), told.len(), "letter {at}");
        for (size, told) in pages.sizes().iter().zip(told) {
            assert!(
                (size.width_mm - told.width_mm).abs() < 0.01
                    && (size.height_mm - told.height_mm).abs() < 0.01,
                "letter {at}: {size:?}, told {told:?}"
            );
        }
    }
}

/// The eight-bit points of a PNG without transparency.
fn points(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut points = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut points).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, points)
}

#[test]
fn pages_look_as_poppler_draws_them() {
    let two = two_pages();
    let plain = sample::letter(&["Vedtak om økonomisk støtte", "", "Blåbærsyltetøy på Ås"]);
    let mut picture = Vec::new();
    sample::of_size(&mut picture, 60_000).unwrap();
    let turned = page_of(
        "/MediaBox [0 0 595 842] /CropBox [100 100 500 700] /Rotate 90",
        b"1 0 0 rg 150 150 100 300 re f 0 0 1 RG 8 w 150 600 m 450 650 l S",
        &[],
    );
    let packed = rewritten(&two, &["--object-streams=generate", "--recompress-flate"]);
    let straight = rewritten(&two, &["--linearize"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
    let vector = |name: &str| Some(std::fs::read(format!("{folder}{name}")).unwrap());
    let letters = [
        vector("chromium-large-heading.pdf"),
        vector("cairo.pdf"),
        Some(two),
        Some(plain),
        Some(picture),
        Some(turned),
        packed,
        straight,
    ];
    for (at, pdf) in letters.iter().flatten().enumerate() {
        let pages = Pages::open(pdf.as_slice()).unwrap();
        for page in 1..=pages.count() {
            let drawn = pages.draw(page, 900).unwrap();
            let (width, height, ours) = points(&drawn.png);
            assert_eq!((width, height), (drawn.width, drawn.height));
            let number = page.to_string();
            // pdftoppm wants the sides as they are before the page is turned.
            let turned = pdf.windows(7).any(|entry| entry == b"/Rotate");
            let (x, y) = if turned {
                (height, width)
            } else {
                (width, height)
            };
            let (x, y) = (x.to_string(), y.to_string());
            let options = [
                "-png",
                "-singlefile",
                "-cropbox",
                "-f",
                &number,
                "-scale-to-x",
                &x,
                "-scale-to-y",
                &y,
            ];
            let Some(told) = run("pdftoppm", &options, pdf, &[]) else {
                return;
            };
            let (told_width, told_height, theirs) = points(&told);
            assert_eq!((width, height), (told_width, told_height));
            let (ours, theirs) = (ink(width, &ours), ink(width, &theirs));
            let difference: f64 = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).sum();
            let share = difference / theirs.iter().sum::<f64>();
            assert!(
                share < 0.18,
                "letter {at}, page {page}: {share:.3} of the ink elsewhere"
            );
        }
    }
}

/// How dark each field of some 2 × 2 mm is: two programs take other fonts for Helvetica and smooth
/// edges differently, but within a field there is as much ink.
fn ink(width: u32, points: &[u8]) -> Vec<f64> {
    const FIELD: usize = 9;
    let row = width as usize * 3;
    let fields = (width as usize).div_ceil(FIELD);
    let mut ink = vec![0.0; fields * points.len().div_ceil(row).div_ceil(FIELD)];
    for (at, point) in points.iter().enumerate() {
        let (x, y) = (at % row / 3, at / row);
        ink[y / FIELD * fields + x / FIELD] += f64::from(255 - point);
    }
    ink
}

#[test]
fn a_picture_is_white_where_nothing_is_drawn() {
    let pages = Pages::open(page_of("/MediaBox [0 0 595 842]", b"", &[])).unwrap();
    let (_, _, points) = points(&pages.draw(1, 100).unwrap().png);
    assert!(points.iter().all(|point| *point == 255));
}

#[test]
fn pictures_keep_their_bounds_whatever_is_asked_for() {
    let pages = Pages::open(sample::letter(&["Hei"])).unwrap();
    assert_eq!(pages.draw(1, 0).unwrap().width, Pages::NARROWEST);
    assert_eq!(pages.draw(1, u32::MAX).unwrap().width, Pages::WIDEST);
    for (page, outcome) in [(0, Unshown::NoSuchPage), (2, Unshown::NoSuchPage)] {
        assert_eq!(pages.draw(page, 100), Err(outcome));
    }
    for sizes in [
        "0 0 10 14000",
        "0 0 14400 3",
        "0 0 1 1",
        "0 0 1000000 1000000",
        "0 0 0 0",
    ] {
        let pdf = page_of(&format!("/MediaBox [{sizes}]"), b"0 0 1 1 re f", &[]);
        let picture = Pages::open(pdf).unwrap().draw(1, 2400).unwrap();
        assert!(
            picture.width <= Pages::WIDEST && picture.height <= Pages::HIGHEST,
            "{sizes}: {picture:?}"
        );
    }
}

#[test]
fn the_same_page_is_the_same_picture_from_any_thread() {
    let pages = Pages::open(two_pages()).unwrap();
    let first = pages.draw(2, 300).unwrap();
    let all: Vec<_> = (0..8)
        .map(|_| {
            let pages = pages.clone();
            std::thread::spawn(move || pages.draw(2, 300).unwrap())
        })
        .collect();
    for one in all {
        assert!(one.join().unwrap() == first);
    }
}

#[test]
fn a_locked_letter_is_told_from_a_broken_one() {
    assert_eq!(
        Pages::open(*b"%PDF-1.4 and no more").err(),
        Some(Unshown::Unreadable)
    );
    let options = ["--encrypt", "secret", "owner", "256", "--"];
    if let Some(locked) = rewritten(&sample::letter(&["Hei"]), &options) {
        assert_eq!(Pages::open(locked).err(), Some(Unshown::Locked));
    }
}
