//! A page that never ends. Alone in its program, since it takes every thread there is for drawing.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{page_of, stream};
use utpost_letters::{Pages, Reading, Unshown, read, sample};

#[test]
fn forms_that_repeat_without_end_are_stopped_and_leave_no_thread_behind() {
    // Each of thirty forms draws the next one ten times.
    let forms: Vec<Vec<u8>> = (0..30)
        .map(|at| {
            let entries = format!(
                "/Type /XObject /Subtype /Form /BBox [0 0 500 500] \
                 /Resources << /XObject << /X {} 0 R >> >>",
                at + 6
            );
            stream(&entries, "/X Do ".repeat(10).as_bytes())
        })
        .collect();
    let entries = "/MediaBox [0 0 595 842] /Resources << /XObject << /X 5 0 R >> >>";
    let pdf = page_of(entries, b"/X Do", &forms);
    let pages = Pages::open(pdf.as_slice()).unwrap();
    // More often than there are threads.
    let all: Vec<_> = (0..5)
        .map(|_| {
            let pages = pages.clone();
            std::thread::spawn(move || pages.draw(1, 200).err())
        })
        .collect();
    for one in all {
        assert_eq!(one.join().unwrap(), Some(Unshown::TooSlow));
    }
    assert_eq!(read(pdf), Reading::default());
    assert!(
        Pages::open(sample::letter(&["Hei"]))
            .unwrap()
            .draw(1, 200)
            .is_ok()
    );
}
