//! What is the citizen's stays in the encrypted ledger and in what is sent: no log, file or list
//! of processes tells it.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::json;

use crate::home::{EBOKS, Home, RETURNING, answer_and, eventually, files_below, told};

const TITLE: &str = "Sentineltittel på gjæring";
const PUBLIC_TITLE: &str = "Sentinelforside i år";
const NAME: &str = "Sentinela Sørensdatter";
const LINE: &str = "Sentinelveien 17 ø";
const ATTACHMENT: &str = "Sentinelvedlegg Ås";
const TEXT: &str = "Sentinelbrevets hemmelige ønske";

/// What must not be found: the first words of the above, which stand nowhere else. They are plain
/// letters, so that percent-encoding, escapes of JSON and of debug output, and each code page
/// write them alike.
fn secrets(citizens: &[&str]) -> Vec<String> {
    let planted = [TITLE, PUBLIC_TITLE, NAME, LINE, ATTACHMENT, TEXT];
    let first = planted.iter().filter_map(|text| text.split(' ').next());
    // What the register says of the citizens.
    let known = ["blid.solgl", "innbygger@example", "4799999999"];
    first
        .chain(known)
        .chain(citizens.iter().copied())
        .map(str::to_owned)
        .collect()
}

/// How a secret may stand somewhere without being encrypted.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let percent = secret.replace('@', "%40").into_bytes();
    let utf_16 = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hexadecimal = secret
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let mut forms = vec![
        ("UTF-8", secret.as_bytes().to_vec()),
        ("percent", percent),
        ("UTF-16LE", utf_16),
        ("hexadecimal", hexadecimal.into_bytes()),
    ];
    // In Base64 the same bytes look different behind 0, 1 or 2 others.
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        let (first, after) = ([0, 2, 3][before], bytes.len() * 8 / 6);
        let form = STANDARD_NO_PAD.encode(&bytes).as_bytes()[first..after].to_vec();
        forms.push(("Base64", form));
    }
    forms
}

/// Each secret found in these bytes, and how it is written there.
fn found(secrets: &[String], bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for secret in secrets {
        for (name, form) in forms(secret) {
            if bytes.windows(form.len()).any(|window| window == form) {
                found.push(format!("{secret} as {name}"));
            }
        }
    }
    found
}

#[track_caller]
fn tells_nothing(secrets: &[String], place: &str, bytes: &[u8]) {
    assert_eq!(found(secrets, bytes), Vec::<String>::new(), "in {place}");
}

#[track_caller]
fn folder_tells_nothing(secrets: &[String], folder: &Path) -> usize {
    let files = files_below(folder);
    for file in &files {
        tells_nothing(
            secrets,
            &file.display().to_string(),
            &fs::read(file).unwrap(),
        );
        tells_nothing(secrets, "a file's name", file.to_string_lossy().as_bytes());
    }
    files.len()
}

#[test]
fn the_search_finds_every_form() {
    let secrets = secrets(&[EBOKS]);
    for secret in &secrets {
        for (name, form) in forms(secret) {
            let planted = [b"foran".as_slice(), &form, b"bak"].concat();
            assert!(!found(&secrets, &planted).is_empty(), "{name}");
        }
        for before in ["", "a", "ab", "abc"] {
            let planted = STANDARD_NO_PAD.encode(format!("{before}{secret} og mer"));
            assert!(
                !found(&secrets, planted.as_bytes()).is_empty(),
                "behind {before:?}"
            );
        }
    }
    for encoded in [
        "Sentinela%20S%C3%B8rensdatter",
        "Sentinela S\\u00f8rensdatter",
    ] {
        assert!(!found(&secrets, encoded.as_bytes()).is_empty(), "{encoded}");
    }
    assert!(found(&secrets, b"Sentinel tittel").is_empty());
}

#[test]
fn no_log_and_no_file_tells_who_was_written_to_or_what() {
    let home = Home::new();
    let (temporary, user) = (home.path("tmp"), home.path("user"));
    fs::create_dir(&temporary).unwrap();
    fs::create_dir(&user).unwrap();
    let secrets = secrets(&[EBOKS, RETURNING]);
    let letter = home.file(
        "brev.pdf",
        utpost_letters::sample::letter(&["Vedtak", TEXT]),
    );
    let attachment = home.pdf(&format!("{ATTACHMENT}.pdf"));
    let address = json!({
        "name": NAME, "lines": [LINE], "postcode": "9998", "town": "EKSEMPELBY"
    });
    let address = home.file("adresse.json", address.to_string());
    // The trap is set: what is planted here is found where it lies open.
    let planted = fs::read(&letter).unwrap();
    assert!(
        !found(&secrets, &planted).is_empty(),
        "the letter's own text is readable in it"
    );

    let mut log = String::new();
    let mut run = |arguments: &[&str], input: &str| {
        let mut command = home.utpost();
        command.args(arguments).arg("--json");
        command
            .env("UTPOST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        command.env("TMPDIR", &temporary).env("HOME", &user);
        command
            .env("XDG_DATA_HOME", &user)
            .env("XDG_CACHE_HOME", &user);
        command.env("SSLKEYLOGFILE", temporary.join("keys"));
        let told = told(&mut command, input);
        log.push_str(&told.err);
        (
            serde_json::from_str::<serde_json::Value>(&told.out).unwrap(),
            told.exit,
        )
    };
    let send = [
        "send",
        &letter,
        "--to",
        "-",
        "--title",
        TITLE,
        "--public-title",
        PUBLIC_TITLE,
        "--attach",
        &attachment,
        "--address-file",
        &address,
        "--opening-receipt",
    ];
    let mut letters = Vec::new();
    for citizen in [EBOKS, RETURNING] {
        let (sent, exit) = run(&send, citizen);
        assert_eq!(exit, 0, "{sent}");
        letters.push(sent["letter"].as_str().unwrap().to_owned());
    }
    // Bad news is where texts slip out.
    home.plan(json!({ "service": "submit", "kind": "lose_after" }));
    assert_eq!(run(&send, EBOKS).1, 6);
    home.plan(json!({ "service": "submit", "kind": "status", "status": 400 }));
    assert_eq!(run(&send, RETURNING).1, 7);
    home.plan(json!({
        "service": "register", "kind": "status", "status": 503, "retry_after": 600
    }));
    assert_eq!(run(&send, EBOKS).1, 5);
    assert_eq!(run(&["lookup", "--to", "-"], EBOKS).1, 0);
    assert_eq!(run(&["lookup", "--to", "-"], &format!("{RETURNING}1")).1, 2);
    assert_eq!(run(&["outbox"], "").1, 0);
    assert_eq!(run(&["doctor"], "").1, 0);
    home.read(&["practice", "act", "posted"]);
    eventually(|| {
        run(&["receipts"], "");
        home.kept(&letters[0])["state"] == "delivered"
    });
    for letter in &letters {
        let (shown, _) = run(&["status", letter], "");
        tells_nothing(&secrets, "status", shown.to_string().as_bytes());
        let evidence = home.path("bevis").join(letter);
        run(
            &["evidence", letter, "--out", evidence.to_str().unwrap()],
            "",
        );
        let timeline = fs::read(evidence.join("timeline.json")).unwrap();
        tells_nothing(&secrets, "timeline.json", &timeline);
        let sealed = fs::read(evidence.join("package.cms")).unwrap();
        tells_nothing(&secrets, "package.cms", &sealed);
    }

    assert!(
        log.contains("TEMP_REGISTER_SILENT"),
        "there is a log to search"
    );
    tells_nothing(&secrets, "the log", log.as_bytes());
    assert!(
        folder_tells_nothing(&secrets, &home.ledger()) > 6,
        "documents and parcels are there"
    );
    assert_eq!(files_below(&temporary), Vec::<std::path::PathBuf>::new());
    assert_eq!(files_below(&user), Vec::<std::path::PathBuf>::new());
}

/// Title and file names are on the command line because the clerk typed them there; what is read
/// from standard input and from files must not turn up beside them.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes_does_not_tell_the_citizen() {
    let home = Home::new();
    let letter = home.file("brev.pdf", utpost_letters::sample::letter(&[TEXT]));
    let address = json!({
        "name": NAME, "lines": [LINE], "postcode": "9998", "town": "EKSEMPELBY"
    });
    let address = home.file("adresse.json", address.to_string());
    home.plan(json!({ "service": "register", "kind": "delay", "milliseconds": 1500 }));
    let mut command = home.utpost();
    command.args(["send", &letter, "--to", "-", "--title", "Vedtak", "--json"]);
    command.args(["--address-file", &address]);
    let hidden = secrets(&[RETURNING]);
    let (answer, ()) = answer_and(&mut command, RETURNING, |process| {
        // The register is asked by now: the number, the address and the letter have been read.
        eventually(|| home.planned() == 0);
        let read = |file: &str| fs::read(format!("/proc/{process}/{file}")).unwrap();
        for file in ["cmdline", "environ", "comm"] {
            tells_nothing(&hidden, file, &read(file));
        }
        let command_line = read("cmdline");
        assert!(
            !found(&["Vedtak".to_owned()], &command_line).is_empty(),
            "the search works"
        );
        let children = read(&format!("task/{process}/children"));
        assert_eq!(
            String::from_utf8(children).unwrap(),
            "",
            "no other program is called"
        );
    });
    answer.well();
}

#[test]
fn an_error_that_names_a_file_keeps_it_from_the_log() {
    let home = Home::new();
    let missing = home.path(&format!("{ATTACHMENT}.pdf"));
    let mut command: Command = home.utpost();
    command
        .arg("send")
        .arg(&missing)
        .args(["--to", EBOKS, "--title", TITLE, "--json"]);
    command.env("UTPOST_LOG", "trace");
    let told = told(&mut command, "");
    assert_eq!(told.exit, 2);
    assert!(
        told.out.contains(ATTACHMENT),
        "the clerk is told which file"
    );
    tells_nothing(&secrets(&[EBOKS]), "the log", told.err.as_bytes());
}
