//! One function a command: parse, call the use cases, show.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use utpost_dispatch::{
    Choice, Clock, Code, Fault, File as LetterFile, Ledger, NewLetter, Progress, Register,
    access_restored, advance, allow_repeat, check_status, collect_receipts, confirm, decide,
    evidence, import, readdress, release, reverify, thaw, timeline, why_stopped,
};
use utpost_domain::{
    Action, AddressParts, Decision, Letter, LetterId, LetterKind, Lookup, NationalId,
    NonSensitiveTitle, Note, OpeningReceipt, PostalAddress, Reason, SecurityLevel, State,
    StopReason, Title, decide as choose,
};
use utpost_workplace::{Failure, Settings, Workplace, open_file, open_steadily, write_evidence};

use crate::args::{
    self, Address, Common, Consent, Evidence, Kind, Outbox, Recipient, Resume, Send, Status,
};
use crate::failure::Worded;
use crate::show::{self, Shown};
use crate::words::Language as Tongue;

/// `utpost send`
pub(crate) fn send(common: &Common, args: &Send) -> Result<Shown, Failure> {
    let place = common.place()?;
    let recipient = recipient(&args.recipient)?;
    let title = match (&args.title, &args.title_file) {
        (Some(title), _) => title.clone(),
        (None, Some(file)) => read_line(open_file(file)?)?,
        (None, None) => String::new(),
    };
    let title = Title::parse(&title).map_err(Fault::Title)?;
    let address = address(&args.address)?;
    let security = if args.security == 3 {
        SecurityLevel::Level3
    } else {
        SecurityLevel::Level4
    };
    let visible_from = args.visible_from.map(midnight).transpose()?;

    // What can be seen to be wrong is said before anything is opened.
    let mut main = open_steadily(&args.file)?;
    let mut attachments = args
        .attach
        .iter()
        .map(|path| open_steadily(path))
        .collect::<Result<Vec<_>, _>>()?;
    recipient
        .admitted_in(place.environment)
        .map_err(Fault::Number)?;

    let work = Workplace::open(&place)?;
    let agency = work.agency();
    let public_title = match &args.public_title {
        Some(text) => NonSensitiveTitle::parse(text),
        None => NonSensitiveTitle::parse(&format!("Brev fra {}", agency.name)),
    }
    .map_err(Fault::Title)?;
    let main_name = name(&args.file);
    let names: Vec<String> = args.attach.iter().map(|path| name(path)).collect();
    let new = NewLetter {
        kind: kind(args.kind),
        recipient,
        recipient_name: None,
        title,
        public_title,
        language: args.letter_language,
        security,
        opening_receipt: if args.opening_receipt {
            OpeningReceipt::Wanted
        } else {
            OpeningReceipt::NotWanted
        },
        visible_from,
        address,
        replaces: None,
        main: LetterFile {
            name: &main_name,
            content: &mut main,
        },
        attachments: names
            .iter()
            .zip(&mut attachments)
            .map(|(name, content)| LetterFile { name, content })
            .collect(),
    };
    let report = show::progress(common);
    let desk = work.desk(&agency, &report);
    let id =
        import(desk.ledger, desk.clock, work.actor(), agency.limits, new).map_err(|fault| {
            let file = fault.document().map(|which| match which.checked_sub(1) {
                None => args.file.as_path(),
                Some(attachment) => args.attach[attachment].as_path(),
            });
            let failure = Failure::from(fault);
            match file {
                Some(file) => failure.with_detail(file.display()),
                None => failure,
            }
        })?;
    let result = send_on(&desk, id, &args.consent, args.dry_run, common);
    let mut shown = result.map_err(|fault| Failure::from(fault).about(id))?;
    let sizes = std::iter::once(&args.file).chain(&args.attach);
    let bytes: u64 = sizes
        .filter_map(|path| path.metadata().ok())
        .map(|file| file.len())
        .sum();
    if bytes > LARGE {
        show::warn_of_size(common, &mut shown);
    }
    Ok(shown)
}

/// Some access points are said to take no more than this. Bytes of all documents.
const LARGE: u64 = 30_000_000;

/// `utpost resume`
pub(crate) fn resume(common: &Common, args: &Resume) -> Result<Shown, Failure> {
    let place = common.place()?;
    let id = letter_id(&args.letter)?;
    let address = address(&args.address)?;
    let work = Workplace::open(&place)?;
    let report = show::progress(common);
    let agency = work.agency();
    let desk = work.desk(&agency, &report);
    let letter = desk.ledger.letter(id)?;
    // A letter whose program ended between Send and sealing.
    if letter.state() == State::Held {
        desk.undo(id)?;
    }
    // What is stopped for good, or for a word that is not the register's, is not looked up.
    if let Some(fault) = why_stopped(&letter)
        && !letter.next_actions().contains(&Action::LookUp)
    {
        return Err(Failure::from(fault).about(id));
    }
    if let Some(file) = &args.repeat_reason_file {
        let reason = read_line(open_file(file)?)?;
        allow_repeat(&desk, id, &reason).map_err(|fault| Failure::from(fault).about(id))?;
    }
    let result = match address {
        Some(address) => readdress(&desk, id, address).map(|_| ()),
        None => Ok(()),
    };
    let result = result.and_then(|()| send_on(&desk, id, &args.consent, false, common));
    result.map_err(|fault| Failure::from(fault).about(id))
}

fn send_on(
    desk: &utpost_dispatch::Desk<'_>,
    id: LetterId,
    consent: &Consent,
    dry_run: bool,
    common: &Common,
) -> Result<Shown, Fault> {
    let (decision, letter) = decide(desk, id)?;
    show::decision_line(common, &decision);
    if dry_run {
        let letter = desk.ledger.letter(id)?;
        desk.cancel(id)?;
        return Ok(show::letter(common, &letter, Some(&decision)));
    }
    confirm(desk, &letter, choice(consent, &letter))?;
    release(desk, id, decision.clone(), NO_UNDO)?;
    let letter = advance(desk, id)?;
    Ok(show::letter(common, &letter, Some(&decision)))
}

/// Whether what was typed says yes to just this.
pub(crate) fn choice(consent: &Consent, letter: &Letter) -> Choice {
    let said = match letter.state() {
        State::Stopped(StopReason::Decision(Reason::PersonDeleted)) => consent.print_anyway,
        State::Stopped(StopReason::Decision(_)) => consent.confirm_print,
        _ => false,
    };
    if said { Choice::Yes } else { Choice::NotAsked }
}

/// The console has no undo window: `--dry-run` and `lookup` show where a letter would go.
pub(crate) const NO_UNDO: Duration = Duration::ZERO;

/// `utpost lookup`
pub(crate) fn lookup(common: &Common, args: &args::Lookup) -> Result<Shown, Failure> {
    let place = common.place()?;
    let citizen = recipient(&args.recipient)?;
    citizen
        .admitted_in(place.environment)
        .map_err(Fault::Number)?;
    let work = Workplace::open(&place)?;
    let answer = work.access.register.look_up(&citizen)?;
    let decision: Decision = choose(
        &citizen,
        kind(args.kind),
        &Lookup::Answered(answer),
        work.clock.now(),
        &work.agency().policy,
    );
    Ok(show::decision(common, &decision))
}

/// `utpost outbox`
///
/// With what there is to show comes the worst failure.
pub(crate) fn outbox(common: &Common, args: &Outbox) -> Result<(Shown, Option<Failure>), Failure> {
    let place = common.place()?;
    let work = Workplace::open(&place)?;
    let report = show::progress(common);
    let agency = work.agency();
    let desk = work.desk(&agency, &report);
    if args.access_restored {
        access_restored(&desk)?;
    }
    let was_restored = desk.ledger.restoration()?.is_some();
    let thawed = thaw(&desk)?;
    let mut rows: Vec<(Letter, Letter)> = Vec::new();
    let mut worst: Option<Failure> = None;
    for id in desk.ledger.under_way()? {
        let before = desk.ledger.letter(id)?;
        if !matches!(
            before.state(),
            State::Queued | State::Submitting | State::Uncertain
        ) {
            continue;
        }
        let after = match advance(&desk, id) {
            Ok(letter) => letter,
            // Another program that works on the same ledger was a moment faster.
            Err(fault) if fault.code() == Code::NotNow && has_moved(&desk, &before)? => {
                desk.ledger.letter(id)?
            }
            Err(fault) => {
                let failure = Failure::from(fault).about(id);
                if worst
                    .as_ref()
                    .is_none_or(|worst| failure.exit_code() > worst.exit_code())
                {
                    worst = Some(failure);
                }
                desk.ledger.letter(id)?
            }
        };
        rows.push((before, after));
    }
    // Shown, not sent: nothing leaves before somebody has seen where it goes and why.
    for row in desk.ledger.unsent(1000)? {
        let told = rows.iter().any(|(_, after)| after.id() == row.letter);
        if !told {
            let letter = desk.ledger.letter(row.letter)?;
            rows.push((letter.clone(), letter));
        }
    }
    let mut shown = show::outbox(common, &rows);
    if was_restored {
        show::thawed(common, &mut shown, thawed);
    }
    if let Some(failure) = &worst {
        shown.text.push_str(&failure.text(common.language));
    }
    Ok((shown, worst))
}

/// Whether something has happened to the letter since it was read.
fn has_moved(desk: &utpost_dispatch::Desk<'_>, before: &Letter) -> Result<bool, Failure> {
    let now = desk.ledger.letter(before.id())?;
    Ok((now.state(), now.attempts()) != (before.state(), before.attempts()))
}

/// `utpost status`
pub(crate) fn status(common: &Common, args: &Status) -> Result<Shown, Failure> {
    let place = common.place()?;
    let Some(text) = &args.letter else {
        let ledger = place.ledger()?;
        let rows = ledger.letters(1000)?;
        return Ok(show::letters(common, place.environment, &rows));
    };
    let id = letter_id(text)?;
    if args.offline {
        let ledger = place.ledger()?;
        return one(common, &ledger, id);
    }
    let work = Workplace::open(&place)?;
    let report = show::progress(common);
    let agency = work.agency();
    let desk = work.desk(&agency, &report);
    let letter = desk.ledger.letter(id)?;
    if letter.may_have_gone() && !letter.is_finished() && !letter.may_resubmit() {
        check_status(&desk, id)?;
    }
    one(common, desk.ledger, id)
}

fn one(common: &Common, ledger: &dyn Ledger, id: LetterId) -> Result<Shown, Failure> {
    let letter = ledger.letter(id)?;
    let receipts = ledger.receipts(Some(id))?;
    Ok(show::timeline(
        common,
        &letter,
        &timeline(ledger, id)?,
        &receipts,
    ))
}

/// `utpost cancel`
pub(crate) fn cancel(common: &Common, letter: &str) -> Result<Shown, Failure> {
    let place = common.place()?;
    let id = letter_id(letter)?;
    let work = Workplace::open(&place)?;
    let report = show::progress(common);
    let letter = work.desk(&work.agency(), &report).cancel(id)?;
    Ok(show::letter(common, &letter, None))
}

/// `utpost receipts`
pub(crate) fn receipts(common: &Common) -> Result<Shown, Failure> {
    let place = common.place()?;
    let work = Workplace::open(&place)?;
    let report = show::progress(common);
    let agency = work.agency();
    let desk = work.desk(&agency, &report);
    let collected = collect_receipts(&desk)?;
    // Those that came before their issuer was trusted may be believed by now.
    for id in desk.ledger.under_way()? {
        if desk
            .ledger
            .letter(id)?
            .notes()
            .contains(&Note::ReceiptWaitingForTrust)
        {
            reverify(&desk, id)?;
        }
    }
    Ok(show::receipts(common, &collected))
}

/// `utpost evidence`
pub(crate) fn evidence_folder(common: &Common, args: &Evidence) -> Result<Shown, Failure> {
    let place = common.place()?;
    let id = letter_id(&args.letter)?;
    let ledger = place.ledger()?;
    let found = evidence(&ledger, id)?;
    let written = write_evidence(&args.out, &found)?;
    let names: Vec<String> = written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Ok(Shown {
        json: json!({
            "letter": id.to_string(),
            "folder": args.out.display().to_string(),
            "files": names,
        }),
        text: format!("{}\n", names.join("\n")),
    })
}

/// `utpost settings`
pub(crate) fn settings(common: &Common) -> Result<Shown, Failure> {
    let place = common.place()?;
    let path = place.settings_file.display().to_string();
    Ok(Shown {
        json: json!({
            "file": path,
            "exists": place.settings_file.exists(),
            "example": serde_json::from_str::<Value>(Settings::EXAMPLE).unwrap_or_default(),
        }),
        text: format!("{path}\n\n{}", Settings::EXAMPLE),
    })
}

pub(crate) fn letter_id(text: &str) -> Result<LetterId, Failure> {
    LetterId::parse(text).map_err(|_| Failure::new(Code::LetterUnknown))
}

pub(crate) fn kind(kind: Kind) -> LetterKind {
    match kind {
        Kind::Enkeltvedtak => LetterKind::Decision,
        Kind::Forhandsvarsel => LetterKind::AdvanceNotice,
        Kind::AnnenViktig => LetterKind::OtherImportant,
        Kind::Informasjon => LetterKind::Information,
    }
}

/// The citizen's number from where it was given. On the command line only synthetic ones.
fn recipient(args: &Recipient) -> Result<NationalId, Failure> {
    let text = match (&args.to, &args.to_file) {
        (Some(dash), _) if dash == "-" => read_line(io::stdin().lock())?,
        (Some(number), _) => {
            let number = NationalId::parse(number).map_err(Fault::Number)?;
            return if number.is_synthetic() {
                Ok(number)
            } else {
                Err(Failure::new(Code::NumberOnCommandLine))
            };
        }
        (None, Some(file)) => read_line(open_file(file)?)?,
        (None, None) => return Err(Failure::new(Code::NumberShape)),
    };
    Ok(NationalId::parse(text.trim()).map_err(Fault::Number)?)
}

/// One short line, such as a number or a title.
pub(crate) fn read_line(source: impl Read) -> Result<String, Failure> {
    let mut text = String::new();
    source
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|fault| Failure::detailed(Code::FileUnreadable, fault.kind()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn address(args: &Address) -> Result<Option<PostalAddress>, Failure> {
    match (&args.address, &args.address_file) {
        (Some(text), _) => Ok(Some(
            PostalAddress::parse_short(text).map_err(Fault::Address)?,
        )),
        (None, Some(path)) => {
            let text = io::read_to_string(open_file(path)?.take(64 * 1024))
                .map_err(|fault| Failure::detailed(Code::FileUnreadable, fault.kind()))?;
            // The reader's own text may repeat what it read.
            let parts: AddressParts =
                serde_json::from_str(&text).map_err(|_| Failure::new(Code::AddressWrong))?;
            Ok(Some(
                PostalAddress::from_parts(&parts).map_err(Fault::Address)?,
            ))
        }
        (None, None) => Ok(None),
    }
}

/// The first instant of a day in Norway.
pub(crate) fn midnight(day: jiff::civil::Date) -> Result<Timestamp, Failure> {
    let unusable = |fault: jiff::Error| Failure::detailed(Code::EffectiveDate, fault);
    let oslo = TimeZone::get("Europe/Oslo").map_err(unusable)?;
    Ok(day.to_zoned(oslo).map_err(unusable)?.timestamp())
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Shows progress of what takes over a second.
pub(crate) fn progress_words(progress: Progress, language: Tongue) -> String {
    let percent = |done: u64, of: u64| (done * 100).checked_div(of).map_or(100, |per| per.min(100));
    match (progress, language) {
        (Progress::LookingUp, Tongue::Nb) => "Spør kontaktregisteret".to_owned(),
        (Progress::LookingUp, Tongue::En) => "Asking the contact register".to_owned(),
        (Progress::Sealing { done, of }, Tongue::Nb) => {
            format!("Forsegler {} %", percent(done, of))
        }
        (Progress::Sealing { done, of }, Tongue::En) => format!("Sealing {} %", percent(done, of)),
        (Progress::FetchingToken, Tongue::Nb) => "Henter token".to_owned(),
        (Progress::FetchingToken, Tongue::En) => "Fetching a token".to_owned(),
        (Progress::Uploading { done, of }, Tongue::Nb) => {
            format!("Laster opp {} %", percent(done, of))
        }
        (Progress::Uploading { done, of }, Tongue::En) => {
            format!("Uploading {} %", percent(done, of))
        }
        (Progress::Asking, Tongue::Nb) => "Spør aksesspunktet".to_owned(),
        (Progress::Asking, Tongue::En) => "Asking the access point".to_owned(),
    }
}
