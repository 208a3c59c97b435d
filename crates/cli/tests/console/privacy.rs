//! What is the citizen's stays in the encrypted ledger and in what is sent: no log, file or list
//! of processes tells it.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::home::{EBOKS, Home, RETURNING, answer_and, eventually, files_below, told};
use crate::sentinel::Search;

const TITLE: &str = "Sentineltittel på gjæring";
const PUBLIC_TITLE: &str = "Sentinelforside i år";
const NAME: &str = "Sentinela Sørensdatter";
const LINE: &str = "Sentinelveien 17 ø";
const ATTACHMENT: &str = "Sentinelvedlegg Ås";
const TEXT: &str = "Sentinelbrevets hemmelige ønske";

/// What must not be found: the words of the above, the citizens, and what the register says of them.
fn secrets(citizens: &[&str]) -> Search {
    let planted = [TITLE, PUBLIC_TITLE, NAME, LINE, ATTACHMENT, TEXT];
    let words = planted.iter().flat_map(|text| text.split(' '));
    let words = words.filter(|word| word.chars().count() > 4);
    let known = ["blid.solgl", "innbygger@example", "4799999999"];
    Search::of(words.chain(known).chain(citizens.iter().copied()))
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
        !secrets.found(&planted).is_empty(),
        "the letter's own text is readable in it"
    );

    let mut log = String::new();
    let main = std::path::PathBuf::from(&letter);
    let mut run = |arguments: &[&str], input: &str| {
        // Another letter each time: the same one twice to the same citizen is stopped.
        let case = uuid::Uuid::new_v4().to_string();
        let text = utpost_letters::sample::letter(&["Vedtak", TEXT, &case]);
        fs::write(&main, text).unwrap();
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
        secrets.tells_nothing("status", shown.to_string().as_bytes());
        let evidence = home.path("bevis").join(letter);
        run(
            &["evidence", letter, "--out", evidence.to_str().unwrap()],
            "",
        );
        let timeline = fs::read(evidence.join("timeline.json")).unwrap();
        secrets.tells_nothing("timeline.json", &timeline);
        let sealed = fs::read(evidence.join("package.cms")).unwrap();
        secrets.tells_nothing("package.cms", &sealed);
    }

    assert!(
        log.contains("TEMP_REGISTER_SILENT"),
        "there is a log to search"
    );
    secrets.tells_nothing("the log", log.as_bytes());
    assert!(
        secrets.folder_tells_nothing(&home.ledger()) > 6,
        "documents and parcels are there"
    );
    assert_eq!(files_below(&temporary), Vec::<std::path::PathBuf>::new());
    assert_eq!(files_below(&user), Vec::<std::path::PathBuf>::new());
}

/// File names are on the command line because the clerk typed them there; what is read from standard
/// input and from files must not turn up beside them.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes_does_not_tell_the_citizen() {
    let home = Home::new();
    let letter = home.file("brev.pdf", utpost_letters::sample::letter(&[TEXT]));
    let address = json!({
        "name": NAME, "lines": [LINE], "postcode": "9998", "town": "EKSEMPELBY"
    });
    let address = home.file("adresse.json", address.to_string());
    let title = home.file("tittel.txt", TITLE);
    home.plan(json!({ "service": "register", "kind": "delay", "milliseconds": 1500 }));
    let mut command = home.utpost();
    command.args(["send", &letter, "--to", "-", "--json"]);
    command.args(["--title-file", &title, "--address-file", &address]);
    let hidden = secrets(&[RETURNING]);
    let (answer, ()) = answer_and(&mut command, RETURNING, |process| {
        // The register is asked by now: the number, the address and the letter have been read.
        eventually(|| home.planned() == 0);
        let read = |file: &str| fs::read(format!("/proc/{process}/{file}")).unwrap();
        for file in ["cmdline", "environ", "comm"] {
            hidden.tells_nothing(file, &read(file));
        }
        let command_line = read("cmdline");
        assert!(
            !Search::of(["adresse.json"]).found(&command_line).is_empty(),
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
    secrets(&[EBOKS]).tells_nothing("the log", told.err.as_bytes());
}
