//! What is wrong with what was given is said before anything is sent, and costs nothing that was
//! there before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::home::{
    ADDRESS, DIGIPOST, Home, RESERVED, answer_and, eventually, files_below, not_run, text,
};

/// A home where one letter was delivered, and how everything stood then.
struct Before {
    home: Home,
    journal: Vec<u8>,
    letters: Vec<Value>,
    files: Vec<PathBuf>,
}

impl Before {
    fn now() -> Self {
        let home = Home::new();
        home.send(DIGIPOST, &[]).well();
        eventually(|| {
            home.run(&["receipts"]).well()["receipts"]
                .as_array()
                .unwrap()
                .len()
                == 1
        });
        let (journal, letters) = (home.journal(), home.letters());
        let files = Self::files(&home);
        Self {
            home,
            journal,
            letters,
            files,
        }
    }

    fn files(home: &Home) -> Vec<PathBuf> {
        // The log grows by each refusal.
        let mut files = files_below(&home.ledger());
        files.retain(|file| !file.ends_with("utpost.log"));
        files.sort();
        files
    }

    /// Nobody was offered anything, not even what they would refuse; the letters are those that
    /// were there, and no document of another lies about.
    #[track_caller]
    fn still_is(&self) {
        assert!(
            self.home.journal() == self.journal,
            "something reached practice"
        );
        assert_eq!(self.home.letters(), self.letters);
        assert_eq!(Self::files(&self.home), self.files);
    }

    /// Nobody was offered anything, and the letter this answer is about is kept, in this state.
    #[track_caller]
    fn keeps(&self, refused: &Value, state: &str) {
        assert!(
            self.home.journal() == self.journal,
            "something reached practice"
        );
        let letters = self.home.letters();
        let [newest, earlier @ ..] = letters.as_slice() else {
            panic!("no letters")
        };
        assert_eq!(newest["letter"], refused["letter"]);
        assert!(newest["state"].to_string().contains(state), "{newest}");
        assert!(earlier.ends_with(&self.letters));
    }
}

#[test]
fn a_file_that_is_no_usable_letter_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let pdf = utpost_letters::sample::letter(&["Vedtak"]);
    let plain = String::from_utf8_lossy(&pdf);
    let cut = &pdf[..pdf.len() / 2];
    let astray = plain.replace("startxref\n", "startxref\n9");
    let locked = utpost_letters::sample::letter(&[]);
    let locked = [locked.as_slice(), encrypting_revision(&locked).as_bytes()].concat();
    let docx = [
        b"PK\x03\x04\x14\0\x06\0".as_slice(),
        &[0; 60],
        b"[Content_Types].xml",
    ]
    .concat();

    let files: [(&str, &[u8], &str); 8] = [
        (
            "brev.txt",
            b"Vedtak. Du har krav p\xc3\xa5 tre hundre kroner.",
            "INPUT_NOT_PDF",
        ),
        (
            "tekst.pdf",
            b"Vedtak. Du har krav p\xc3\xa5 tre hundre kroner.",
            "INPUT_NOT_PDF",
        ),
        ("brev.docx", &docx, "INPUT_NOT_PDF"),
        ("omdøpt.pdf", &docx, "INPUT_NOT_PDF"),
        ("tom.pdf", b"", "INPUT_FILE_EMPTY"),
        ("halv.pdf", cut, "INPUT_PDF_DAMAGED"),
        ("villet.pdf", astray.as_bytes(), "INPUT_PDF_DAMAGED"),
        ("låst.pdf", &locked, "INPUT_PDF_ENCRYPTED"),
    ];
    for (name, bytes, code) in files {
        let file = home.file(name, bytes);
        home.run(&["send", &file, "--to", DIGIPOST, "--title", "Vedtak"])
            .refused(code);
        before.still_is();
    }

    fs::create_dir(home.path("mappe.pdf")).unwrap();
    let folder = text(&home.path("mappe.pdf"));
    let missing = text(&home.path("borte.pdf"));
    for (file, code) in [(folder, "INPUT_FOLDER"), (missing, "INPUT_FILE_MISSING")] {
        home.run(&["send", &file, "--to", DIGIPOST, "--title", "Vedtak"])
            .refused(code);
    }
    before.still_is();
}

/// A revision at the end of the file that asks for decryption (ISO 32000-2, 7.6).
fn encrypting_revision(pdf: &[u8]) -> String {
    let text = String::from_utf8_lossy(pdf);
    let previous = text
        .rsplit("startxref")
        .next()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    format!(
        "xref\n0 0\ntrailer << /Size 4 /Root 1 0 R /Encrypt 3 0 R /Prev {previous} >>\n\
         startxref\n{}\n%%EOF\n",
        pdf.len()
    )
}

#[test]
fn a_pdf_locked_by_a_foreign_program_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let plain = home.letter();
    // With a user password, and with rights only, which any reader opens.
    let ways: [&[&str]; 3] = [
        &["--encrypt", "hemmelig", "eier", "256", "--"],
        &["--encrypt", "", "eier", "256", "--print=none", "--"],
        &[
            "--object-streams=generate",
            "--encrypt",
            "",
            "eier",
            "128",
            "--use-aes=y",
            "--",
        ],
    ];
    for way in ways {
        let locked = text(&home.path("låst.pdf"));
        let made = Command::new("qpdf")
            .args(way)
            .args([&plain, &locked])
            .output();
        let Ok(made) = made else {
            not_run("a_pdf_locked_by_a_foreign_program_is_refused", "qpdf");
            return;
        };
        assert!(made.status.success(), "{made:?}");
        home.run(&["send", &locked, "--to", DIGIPOST, "--title", "Vedtak"])
            .refused("INPUT_PDF_ENCRYPTED");
        let attached = ["--attach", &locked];
        home.send(DIGIPOST, &attached)
            .refused("INPUT_PDF_ENCRYPTED");
        before.still_is();
    }
}

#[test]
fn a_letter_that_can_only_be_read_once_is_refused() {
    let before = Before::now();
    let pdf = String::from_utf8(utpost_letters::sample::letter(&["Vedtak"]));
    let pdf = pdf.unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    let arguments = ["send", "/dev/stdin", "--to", DIGIPOST, "--title", "Vedtak"];
    before
        .home
        .run_with_input(&arguments, &pdf)
        .refused("INPUT_FILE_UNREADABLE");
    before.still_is();
}

/// Caught in the middle: the program is held still while its file is cut short or written anew.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let changes: [fn(&Path); 2] = [
        |file| {
            fs::File::options()
                .write(true)
                .open(file)
                .unwrap()
                .set_len(12_000_000)
                .unwrap()
        },
        |file| fs::write(file, fs::read(file).unwrap()).unwrap(),
    ];
    for change in changes {
        let file = home.pdf_of_size("brev.pdf", 24_000_000);
        let mut command = home.utpost();
        command.args([
            "send", &file, "--to", DIGIPOST, "--title", "Vedtak", "--json",
        ]);
        let partial = home.ledger().join("partial");
        let caught = answer_and(&mut command, "", |process| {
            let signal = |name: &str| {
                let process = process.to_string();
                assert!(
                    Command::new("kill")
                        .args([name, &process])
                        .status()
                        .unwrap()
                        .success()
                );
            };
            let kept = || {
                files_below(&partial)
                    .iter()
                    .map(|file| bytes_of(file))
                    .sum::<u64>()
            };
            let patience = Instant::now() + Duration::from_secs(10);
            while kept() == 0 && Instant::now() < patience {}
            signal("-STOP");
            let half_way = (1..24_000_000).contains(&kept());
            change(Path::new(&file));
            signal("-CONT");
            half_way
        });
        let (answer, half_way) = caught;
        assert!(half_way, "the program was not caught in the middle");
        answer.refused("INPUT_FILE_UNREADABLE");
        before.still_is();
    }
}

/// A file that is gone by now has none.
fn bytes_of(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

#[test]
fn documents_of_over_fifty_million_bytes_together_are_refused() {
    let before = Before::now();
    let home = &before.home;
    let (main, attached) = (
        home.pdf_of_size("brev.pdf", 26_000_000),
        home.pdf_of_size("vedlegg.pdf", 25_000_000),
    );
    let arguments = [
        "send", &main, "--to", DIGIPOST, "--title", "Vedtak", "--attach", &attached,
    ];
    home.run(&arguments).refused("INPUT_TOO_LARGE");
    before.still_is();
}

/// Wrong numbers, and numbers that belong to nobody: such first remainders are issued from 2032.
const NUMBERS: [(&str, &str); 16] = [
    ("", "INPUT_NUMBER_SHAPE"),
    ("2091469501", "INPUT_NUMBER_SHAPE"),
    ("209146950160", "INPUT_NUMBER_SHAPE"),
    ("2091469501x", "INPUT_NUMBER_SHAPE"),
    ("２０９１４６９５０１６", "INPUT_NUMBER_SHAPE"),
    ("209146950 16 1", "INPUT_NUMBER_SHAPE"),
    ("20914695017", "INPUT_NUMBER_WRONG"),
    ("20914695061", "INPUT_NUMBER_WRONG"),
    ("00000000000", "INPUT_NUMBER_WRONG"),
    ("31028012031", "INPUT_NUMBER_WRONG"),
    ("29020145003", "INPUT_NUMBER_WRONG"),
    ("01938045077", "INPUT_NUMBER_WRONG"),
    ("72018045029", "INPUT_NUMBER_WRONG"),
    ("81018045060", "INPUT_NUMBER_KIND"),
    ("29020045009", "INPUT_NUMBER_NOT_SYNTHETIC"),
    ("41018012020", "INPUT_NUMBER_NOT_SYNTHETIC"),
];

#[test]
fn a_number_that_is_wrong_or_may_be_somebodys_is_refused_and_not_repeated() {
    let before = Before::now();
    let home = &before.home;
    let letter = home.letter();
    for (number, code) in NUMBERS {
        let send = ["send", &letter, "--title", "Vedtak"];
        let to_input = [send.as_slice(), &["--to", "-"]].concat();
        let file = home.file("nummer.txt", format!("{number}\r\n"));
        let to_file = [send.as_slice(), &["--to-file", &file]].concat();
        let answers = [
            home.run_with_input(&to_input, &format!("{number}\n")),
            home.run_with_input(&["lookup", "--to", "-"], number),
            home.run(&to_file),
        ];
        for answer in answers {
            let answer = answer.refused(code).to_string();
            assert!(number.is_empty() || !answer.contains(number), "{answer}");
        }
        let on_command_line = match code {
            "INPUT_NUMBER_NOT_SYNTHETIC" => "INPUT_NUMBER_ON_COMMAND_LINE",
            other => other,
        };
        home.run(&["lookup", "--to", number])
            .refused(on_command_line);
        home.run(&[send.as_slice(), &["--to", number]].concat())
            .refused(on_command_line);
    }
    before.still_is();
}

#[test]
fn a_title_that_hides_says_too_much_or_nothing_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let letter = home.letter();
    let (long, longer) = ("a".repeat(256), "æ".repeat(81));
    let titles = [
        ("", "INPUT_TITLE_MISSING"),
        (" \u{a0} ", "INPUT_TITLE_MISSING"),
        ("Vedtak\nAvslag", "INPUT_TITLE_HIDDEN_CHARACTERS"),
        ("Vedtak\u{7}", "INPUT_TITLE_HIDDEN_CHARACTERS"),
        ("Vedtak \u{202e}galsva", "INPUT_TITLE_HIDDEN_CHARACTERS"),
        ("Ved\u{200b}tak", "INPUT_TITLE_HIDDEN_CHARACTERS"),
        (&long, "INPUT_TITLE_TOO_LONG"),
        ("Vedtak 20914695016", "INPUT_TITLE_PERSON_NUMBER"),
        ("Vedtak (209146 95016)", "INPUT_TITLE_PERSON_NUMBER"),
        ("Vedtak 209146-95016", "INPUT_TITLE_PERSON_NUMBER"),
    ];
    for (title, code) in titles {
        home.run(&["send", &letter, "--to", DIGIPOST, "--title", title])
            .refused(code);
        let public = home.send(DIGIPOST, &["--public-title", title]);
        public.refused(code);
    }
    home.send(DIGIPOST, &["--public-title", &longer])
        .refused("INPUT_TITLE_TOO_LONG");
    before.still_is();
}

#[test]
fn an_attachment_that_could_vanish_or_do_harm_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let docx = "vedlegg.docx";
    let mut many = Vec::new();
    for number in 0..201 {
        many.push(home.pdf(&format!("mange/{number}.pdf")));
    }
    let same: [(&[String], &str); 10] = [
        (
            &[home.pdf("a/kart.pdf"), home.pdf("b/kart.pdf")],
            "INPUT_SAME_NAME",
        ),
        (
            &[home.pdf("a/kart.pdf"), home.pdf("b/KART.PDF")],
            "INPUT_SAME_NAME",
        ),
        (
            &[home.file("spill.exe", b"MZ\x90\0")],
            "INPUT_ATTACHMENT_TYPE",
        ),
        (
            &[home.file("uten endelse", b"hei")],
            "INPUT_ATTACHMENT_TYPE",
        ),
        (
            &[home.file(docx, b"ikke et dokument")],
            "INPUT_ATTACHMENT_TYPE",
        ),
        (&[home.file("tomt.docx", b"")], "INPUT_FILE_EMPTY"),
        (&[home.file("tekst.pdf", b"hei")], "INPUT_NOT_PDF"),
        (&[home.pdf("20914695016.pdf")], "INPUT_TITLE_PERSON_NUMBER"),
        (
            &[home.pdf("kart\u{202e}fdp.pdf")],
            "INPUT_TITLE_HIDDEN_CHARACTERS",
        ),
        (&many, "INPUT_TOO_MANY_ATTACHMENTS"),
    ];
    for (files, code) in same {
        let options = files
            .iter()
            .flat_map(|file| ["--attach", file])
            .collect::<Vec<_>>();
        home.send(DIGIPOST, &options).refused(code);
    }
    let missing = text(&home.path("borte.pdf"));
    home.send(DIGIPOST, &["--attach", &missing])
        .refused("INPUT_FILE_MISSING");
    before.still_is();
}

#[test]
fn an_attachment_that_cannot_be_printed_stops_a_letter_on_paper() {
    let before = Before::now();
    let attached = before.home.file("tall.txt", "en,to\n1,2\n");
    let options = ["--address", ADDRESS, "--attach", &attached];
    let refused = before
        .home
        .send(RESERVED, &options)
        .refused("INPUT_NOT_PDF");
    before.keeps(&refused, "ready");
}

#[test]
fn paper_without_an_address_is_stopped_and_kept() {
    let before = Before::now();
    let refused = before
        .home
        .send(RESERVED, &[])
        .refused("REACH_ADDRESS_MISSING");
    before.keeps(&refused, "address_missing");

    // The way out that the sentence names: the same letter, with the address it lacked.
    let home = &before.home;
    let letter = refused["letter"].as_str().unwrap();
    let resumed = home.run(&["resume", letter, "--address", ADDRESS]).well();
    assert_eq!(resumed["letter"], letter);
    assert_eq!(resumed["channel"], "PRINT");
    assert_eq!(resumed["state"], "at_access_point");
    home.run(&["resume", letter, "--address", ADDRESS])
        .refused("INPUT_NOT_IN_THIS_STATE");
}

#[test]
fn an_address_that_no_envelope_can_carry_is_refused() {
    let before = Before::now();
    let home = &before.home;
    let long = format!("{}|Prøveveien 1|9998 EKSEMPELBY", "n".repeat(131));
    let shorts = [
        "",
        "Prøve Person",
        "Prøve Person|9998 EKSEMPELBY",
        "Prøve Person|Prøveveien 1|EKSEMPELBY",
        "Prøve Person|Prøveveien 1|998 EKSEMPELBY",
        "Prøve Person|Prøveveien 1|0000 EKSEMPELBY",
        "Prøve Person|Prøveveien 1|9998 ",
        "Prøve Person|1|2|3|4|5|9998 EKSEMPELBY",
        "Prøve\u{202e}Person|Prøveveien 1|9998 EKSEMPELBY",
        "|Prøveveien 1|9998 EKSEMPELBY",
        &long,
    ];
    for short in shorts {
        home.send(RESERVED, &["--address", short])
            .refused("INPUT_ADDRESS");
    }
    let files = [
        "",
        "Prøve Person|Prøveveien 1|9998 EKSEMPELBY",
        r#"{"name": "Prøve Person", "lines": ["Prøveveien 1"], "postcode": "9998"}"#,
        r#"{"name": "Prøve Person", "lines": [], "postcode": "9998", "town": "EKSEMPELBY"}"#,
        r#"{"name": "Prøve Person", "lines": ["1"], "country": "SE", "postcode": "9998"}"#,
        r#"{"name": "P", "lines": ["1"], "postcode": "9998", "town": "BY", "floor": "2"}"#,
    ];
    for content in files {
        let file = home.file("adresse.json", content);
        home.send(RESERVED, &["--address-file", &file])
            .refused("INPUT_ADDRESS");
    }
    let missing = text(&home.path("borte.json"));
    home.send(RESERVED, &["--address-file", &missing])
        .refused("INPUT_FILE_MISSING");
    before.still_is();
}

#[test]
fn a_day_too_far_ahead_is_refused_before_anything_is_kept() {
    let before = Before::now();
    before
        .home
        .send(DIGIPOST, &["--visible-from", "2099-01-01"])
        .refused("INPUT_EFFECTIVE_DATE");
    before.still_is();
}
