//! `utpost work`: what the window does by itself, without a window. Sends what lies in the outbox,
//! fetches receipts, asks silent registers again, and with a plan takes letters in and sends them.
//!
//! A letter of a plan has an id that follows from the plan's key and this ledger. So it is taken in
//! once, and sent once, however often the program is killed and started with the same plan.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use utpost_dispatch::{
    Choice, Code, Desk, Family, Fault, File, Ledger, NewLetter, Progress, Thaw, access_restored,
    confirm, decide, import_as, press, thaw,
};
use utpost_domain::{
    AddressParts, Digest, IdFault, Letter, LetterId, NationalId, NonSensitiveTitle, OpeningReceipt,
    PostalAddress, SecurityLevel, State, Title,
};
use utpost_workplace::{Engine, Failure, Watching, Workplace, open_file, open_steadily};

use crate::args::{self, Common, Consent};
use crate::commands::{NO_UNDO, choice, kind, name};
use crate::failure::Worded;
use crate::sentences::state_words;
use crate::show::{self, Shown};
use crate::words::Language;

/// What an upload under way is given when the program is asked to end. Beyond that the letter lies
/// safely in the outbox.
const LAST_UPLOAD: Duration = Duration::from_secs(10);
/// Letters pressed ahead of the engine: a decision is good for five minutes only.
const AHEAD: usize = 8;
/// Beyond being told of changes, the engine is looked at this often.
const LOOK: Duration = Duration::from_millis(100);
/// A letter that had to wait as all others do is pressed again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// Bytes of a line of the plan.
const LONGEST_LINE: usize = 64 * 1024;

/// `utpost work`
///
/// With what there is to show comes the worst that was wrong with a letter of the plan.
pub(crate) fn work(
    common: &Common,
    args: &args::Work,
) -> Result<(Shown, Option<Failure>), Failure> {
    let place = common.place()?;
    let lines = match &args.plan {
        Some(file) => read_plan(file)?,
        None => Vec::new(),
    };
    let news = Arc::new(News::default());
    listen(Arc::clone(&news))?;
    let work = Arc::new(Workplace::open(&place)?);
    let plan = Plan::of(&work, lines)?;
    let thawed = prepare(&work, args)?;
    let watching: Arc<dyn Watching> = news.clone();
    let engine = Engine::start(Arc::clone(&work), watching);
    let mut desk = Pressing {
        work: &work,
        engine: &engine,
        news: &news,
        to_press: (0..plan.letters.len()).collect(),
        not_before: None,
        failed: BTreeMap::new(),
        standstill: None,
        plan: &plan,
    };
    let most = args
        .at_most
        .map(|minutes| Duration::from_secs(60 * u64::from(minutes)));
    let ended = desk.run(args.until_idle, most.map(|most| Instant::now() + most));
    let failed = std::mem::take(&mut desk.failed);
    let standstill = desk.standstill.take();
    engine.stop(LAST_UPLOAD);
    let ended = ended?;
    let mut shown = show(common, &work, &plan, &failed, ended)?;
    if let Some(thawed) = thawed {
        show::thawed(common, &mut shown, thawed);
    }
    let worst = standstill.or_else(|| failed.into_values().next());
    if let Some(worst) = &worst {
        shown.text.push_str(&worst.text(common.language));
    }
    Ok((shown, worst))
}

/// Before anything is pressed: an administrator's word, and for a ledger brought back from a backup
/// the question what became of its letters. Gives what came of that question.
fn prepare(work: &Workplace, args: &args::Work) -> Result<Option<Thaw>, Failure> {
    let agency = work.agency();
    let desk = work.desk(&agency, &|_| {});
    if args.access_restored {
        access_restored(&desk)?;
    }
    let was_restored = desk.ledger.restoration()?.is_some();
    let thawed = thaw(&desk)?;
    Ok(was_restored.then_some(thawed))
}

/// One letter of a plan, one JSON object a line. Paths are relative to the plan's folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    file: PathBuf,
    to: String,
    title: String,
    public_title: Option<String>,
    kind: Option<String>,
    address: Option<AddressParts>,
    #[serde(default)]
    opening_receipt: bool,
    #[serde(default)]
    confirm_print: bool,
    #[serde(default)]
    print_anyway: bool,
}

/// A letter of the plan, with what could be read of it read.
struct Planned {
    key: String,
    file: PathBuf,
    recipient: NationalId,
    title: Title,
    public_title: Option<NonSensitiveTitle>,
    kind: args::Kind,
    address: Option<PostalAddress>,
    language: utpost_domain::Language,
    opening_receipt: OpeningReceipt,
    consent: Consent,
}

/// Reads the whole plan before anything is opened. What is wrong is told by its line, not by what
/// stands there.
fn read_plan(file: &Path) -> Result<Vec<Planned>, Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut planned = Vec::new();
    let mut keys = BTreeSet::new();
    for (number, line) in (1..).zip(BufReader::new(open_file(file)?).lines()) {
        let line = line.map_err(|fault| Failure::detailed(Code::FileUnreadable, fault.kind()))?;
        if line.trim().is_empty() {
            continue;
        }
        let at_line = |failure: Failure| failure.with_detail(format!("line {number}"));
        let read = planned_by(&line, folder).map_err(at_line)?;
        if !keys.insert(read.key.clone()) {
            return Err(at_line(Failure::new(Code::Usage)));
        }
        planned.push(read);
    }
    Ok(planned)
}

fn planned_by(line: &str, folder: &Path) -> Result<Planned, Failure> {
    let usage = || Failure::new(Code::Usage);
    if line.len() > LONGEST_LINE {
        return Err(usage());
    }
    // The reader's own text may repeat what it read.
    let line: Line = serde_json::from_str(line).map_err(|_| usage())?;
    if line.key.is_empty() {
        return Err(usage());
    }
    let kind = line.kind.as_deref().unwrap_or("enkeltvedtak");
    Ok(Planned {
        file: folder.join(line.file),
        recipient: NationalId::parse(&line.to).map_err(Fault::Number)?,
        title: Title::parse(&line.title).map_err(Fault::Title)?,
        public_title: line
            .public_title
            .map(|title| NonSensitiveTitle::parse(&title))
            .transpose()
            .map_err(Fault::Title)?,
        kind: args::Kind::from_str(kind, false).map_err(|_| usage())?,
        address: line
            .address
            .map(|parts| PostalAddress::from_parts(&parts))
            .transpose()
            .map_err(Fault::Address)?,
        language: utpost_domain::Language::parse("nb").map_err(|_| usage())?,
        opening_receipt: if line.opening_receipt {
            OpeningReceipt::Wanted
        } else {
            OpeningReceipt::NotWanted
        },
        consent: Consent {
            confirm_print: line.confirm_print,
            print_anyway: line.print_anyway,
        },
        key: line.key,
    })
}

/// The plan, and which letter is which of its lines.
struct Plan {
    letters: Vec<(LetterId, Planned)>,
    numbers: HashMap<LetterId, usize>,
}

impl Plan {
    fn of(work: &Workplace, lines: Vec<Planned>) -> Result<Self, Failure> {
        // A ledger brought back from a backup has a new tag, and the letters of the first.
        let former = work.ledger.former_tags()?;
        let tag = former
            .first()
            .map_or_else(|| work.ledger.channel_tag(), String::as_str);
        let letters = lines
            .into_iter()
            .map(|line| Ok((derive_letter(tag, &line.key)?, line)))
            .collect::<Result<Vec<_>, IdFault>>()
            .map_err(|fault| Failure::detailed(Code::Defect, fault))?;
        let numbers = letters.iter().enumerate();
        Ok(Self {
            numbers: numbers.map(|(at, (letter, _))| (*letter, at)).collect(),
            letters,
        })
    }
}

/// The id of a plan's letter: a UUID of version 8 (RFC 9562) made from a digest of the ledger's tag
/// and the key. Another ledger gives another.
fn derive_letter(channel_tag: &str, key: &str) -> Result<LetterId, IdFault> {
    let digest = Digest::of(format!("utpost plan\0{channel_tag}\0{key}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    LetterId::parse(&id.to_string())
}

/// What the engine tells, and whether somebody wants the program to end.
#[derive(Default)]
struct News {
    changed: Mutex<BTreeSet<LetterId>>,
    turn: Condvar,
    out_of_reach: AtomicBool,
    end: AtomicBool,
}

impl News {
    /// Letters that something happened to since this was last asked; waits a moment for one.
    fn next(&self) -> BTreeSet<LetterId> {
        let changed = self.changed();
        let waited = self.turn.wait_timeout_while(changed, LOOK, |changed| {
            changed.is_empty() && !self.is_over()
        });
        let mut changed = waited.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::take(&mut changed)
    }

    fn changed(&self) -> MutexGuard<'_, BTreeSet<LetterId>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.end.load(Ordering::SeqCst)
    }
}

impl Watching for News {
    fn changed(&self, letter: LetterId) {
        News::changed(self).insert(letter);
        self.turn.notify_all();
    }

    fn progress(&self, _: LetterId, _: Progress) {}

    fn reached(&self, _: Timestamp) -> bool {
        self.out_of_reach.swap(false, Ordering::SeqCst)
    }

    fn not_reached(&self, code: Code, _: Timestamp) {
        if code.family() == Family::Temporary && code != Code::LedgerBusy {
            self.out_of_reach.store(true, Ordering::SeqCst);
        }
    }

    fn standstill_changed(&self) {}
}

/// Ends the work in order when the process is asked to end.
fn listen(news: Arc<News>) -> Result<(), Failure> {
    let defect = |fault| Failure::detailed(Code::Defect, fault);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(defect)?;
    thread::Builder::new()
        .name("utpost-signals".to_owned())
        .spawn(move || {
            runtime.block_on(asked_to_end());
            news.end.store(true, Ordering::SeqCst);
            news.turn.notify_all();
        })
        .map_err(defect)?;
    Ok(())
}

/// The end of the session, Ctrl-C, or a scheduler that wants us gone.
#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};

    let wanted = [SignalKind::terminate(), SignalKind::hangup()].map(signal);
    let [Ok(mut terminate), Ok(mut hangup)] = wanted else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Why the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Idle,
    Asked,
    /// Nothing is sent for anybody, until an administrator or the access point has said more.
    StandsStill,
}

/// Whether all letters of the plan have to wait: another program holds the ledger, or it is not known
/// yet what became of a restored ledger's letters, for which the engine goes on asking.
fn is_passing(code: Code) -> bool {
    matches!(code, Code::LedgerBusy | Code::OutboxFrozen)
}

/// Presses Send for the letters of the plan, no faster than the engine sends.
struct Pressing<'a> {
    work: &'a Workplace,
    engine: &'a Engine,
    news: &'a News,
    plan: &'a Plan,
    /// Lines to press, by number.
    to_press: VecDeque<usize>,
    /// Nothing is pressed before this, since all letters have to wait.
    not_before: Option<Instant>,
    /// Lines that can't be taken in as they are.
    failed: BTreeMap<usize, Failure>,
    /// Why nothing is sent for anybody.
    standstill: Option<Failure>,
}

impl Pressing<'_> {
    fn run(&mut self, until_idle: bool, end: Option<Instant>) -> Result<Ended, Failure> {
        while !self.news.is_over() && end.is_none_or(|end| Instant::now() < end) {
            self.press_some()?;
            for letter in self.news.next() {
                let Some(line) = self.plan.numbers.get(&letter).copied() else {
                    continue;
                };
                // Called back from a killed program's undo window, or answered for at last.
                if self.work.ledger.letter(letter)?.state() == State::Ready
                    && !self.to_press.contains(&line)
                {
                    self.to_press.push_back(line);
                }
            }
            if until_idle {
                self.standstill = self.standstill()?;
                if self.standstill.is_some() {
                    return Ok(Ended::StandsStill);
                }
                if self.is_idle() {
                    return Ok(Ended::Idle);
                }
            }
        }
        Ok(Ended::Asked)
    }

    /// Why it would never be idle, when the agency's sending stands still. Receipts come all the same,
    /// so they are fetched first.
    fn standstill(&self) -> Result<Option<Failure>, Failure> {
        let (_, under_way) = self.engine.unfinished();
        if !under_way.is_empty() || !self.engine.has_looked() {
            return Ok(None);
        }
        if let Some(halt) = self.work.ledger.halt()? {
            return Ok(Some(Fault::Halted { code: halt.code }.into()));
        }
        let frozen = self.work.ledger.restoration()?;
        Ok(frozen.map(|_| Fault::Frozen.into()))
    }

    /// Nothing is left to be done, and the access point has no more receipts.
    fn is_idle(&self) -> bool {
        let at_rest = || self.to_press.is_empty() && self.engine.is_at_rest();
        at_rest() && matches!(self.engine.collect(), Ok(0)) && at_rest()
    }

    fn press_some(&mut self) -> Result<(), Failure> {
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        self.not_before = None;
        while let Some(line) = self.to_press.pop_front() {
            match self.press(line) {
                Ok(()) => {}
                Err(failure) if is_passing(failure.code()) => {
                    self.to_press.push_front(line);
                    self.not_before = Some(Instant::now() + AGAIN);
                    return Ok(());
                }
                Err(failure) => self.note(line, failure)?,
            }
            let (held, under_way) = self.engine.unfinished();
            if self.news.is_over() || held.len() + under_way.len() >= AHEAD {
                break;
            }
        }
        Ok(())
    }

    /// A letter that is stopped, or waits, is in the ledger and is shown at the end. What is wrong
    /// with disk, key or agency is wrong for all letters.
    fn note(&mut self, line: usize, failure: Failure) -> Result<(), Failure> {
        match failure.code().family() {
            Family::Reach | Family::Temporary | Family::Uncertain => {
                failure.log();
                Ok(())
            }
            Family::Input | Family::Rejected => {
                failure.log();
                self.failed.insert(line, failure);
                Ok(())
            }
            Family::Authority | Family::Local | Family::Defect => Err(failure),
        }
    }

    /// Takes the letter in unless it is here, and presses Send when it may go.
    fn press(&self, line: usize) -> Result<(), Failure> {
        let (id, planned) = &self.plan.letters[line];
        let agency = self.work.agency();
        let desk = self.work.desk(&agency, &|_| {});
        self.import(&desk, *id, planned)?;
        let letter = desk.ledger.letter(*id)?;
        let says_yes = choice(&planned.consent, &letter) == Choice::Yes;
        match letter.state() {
            State::Draft | State::Ready => {}
            State::Stopped(_) if says_yes => {}
            // The engine has it, or it is the clerk's turn, or it is done.
            _ => return Ok(()),
        }
        let pressed = self.press_send(&desk, *id, &planned.consent);
        if pressed.is_err() {
            self.engine.saw(&desk.ledger.letter(*id)?);
        }
        match pressed {
            // Taken by another program meanwhile.
            Err(fault) if fault.code() == Code::NotNow => Ok(()),
            pressed => pressed.map_err(|fault| Failure::from(fault).about(*id)),
        }
    }

    fn press_send(&self, desk: &Desk<'_>, id: LetterId, consent: &Consent) -> Result<(), Fault> {
        let (decision, letter) = decide(desk, id)?;
        confirm(desk, &letter, choice(consent, &letter))?;
        self.engine.hold(press(desk, id, &decision, NO_UNDO)?);
        Ok(())
    }

    fn import(&self, desk: &Desk<'_>, id: LetterId, planned: &Planned) -> Result<(), Failure> {
        if desk.ledger.letter(id).is_ok() {
            return Ok(());
        }
        let mut content = open_steadily(&planned.file)?;
        let file_name = name(&planned.file);
        let public_title = match &planned.public_title {
            Some(title) => title.clone(),
            None => NonSensitiveTitle::parse(&format!("Brev fra {}", desk.agency.name))
                .map_err(Fault::Title)?,
        };
        let new = NewLetter {
            kind: kind(planned.kind),
            recipient: planned.recipient.clone(),
            recipient_name: None,
            title: planned.title.clone(),
            public_title,
            language: planned.language,
            security: SecurityLevel::Level4,
            opening_receipt: planned.opening_receipt,
            visible_from: None,
            address: planned.address.clone(),
            replaces: None,
            main: File {
                name: &file_name,
                content: &mut content,
            },
            attachments: Vec::new(),
        };
        let limits = desk.agency.limits;
        import_as(desk.ledger, desk.clock, self.work.actor(), limits, id, new)?;
        Ok(())
    }
}

/// How the plan's letters stand, or without a plan how many letters stand where.
fn show(
    common: &Common,
    work: &Workplace,
    plan: &Plan,
    failed: &BTreeMap<usize, Failure>,
    ended: Ended,
) -> Result<Shown, Failure> {
    let mut letters = Vec::new();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (line, (id, planned)) in plan.letters.iter().enumerate() {
        if failed.contains_key(&line) {
            continue;
        }
        let Ok(letter) = work.ledger.letter(*id) else {
            letters.push(json!({ "key": planned.key, "letter": id.to_string(), "state": null }));
            continue;
        };
        *counts
            .entry(state_words(letter.state(), common.language))
            .or_default() += 1;
        letters.push(planned_json(work, &planned.key, &letter)?);
    }
    let failed: Vec<Value> = failed
        .iter()
        .map(|(line, failure)| {
            let key = &plan.letters[*line].1.key;
            json!({ "key": key, "code": failure.code().as_str() })
        })
        .collect();
    let mut text = match (ended, common.language) {
        (Ended::Idle, Language::Nb) => "Ingenting mer å gjøre.\n",
        (Ended::Idle, Language::En) => "Nothing more to do.\n",
        (Ended::Asked, Language::Nb) => "Avsluttet.\n",
        (Ended::Asked, Language::En) => "Ended.\n",
        (Ended::StandsStill, Language::Nb) => "Sendingen står stille.\n",
        (Ended::StandsStill, Language::En) => "Sending stands still.\n",
    }
    .to_owned();
    for (state, count) in &counts {
        text.push_str(&format!("  {count:>6}  {state}\n"));
    }
    Ok(Shown {
        json: json!({
            "ended": match ended {
                Ended::Idle => "idle",
                Ended::Asked => "asked",
                Ended::StandsStill => "stands_still",
            },
            "letters": letters,
            "failed": failed,
        }),
        text,
    })
}

fn planned_json(work: &Workplace, key: &str, letter: &Letter) -> Result<Value, Failure> {
    let receipts = work.ledger.receipts(Some(letter.id()))?;
    let unread = receipts
        .iter()
        .filter(|receipt| receipt.acknowledged_at.is_none());
    let kept: Vec<Option<String>> = receipts
        .iter()
        .map(|stored| stored.receipt.receipt.as_ref().map(ToString::to_string))
        .collect();
    let sealed = letter.sealed();
    Ok(json!({
        "key": key,
        "letter": letter.id().to_string(),
        "state": letter.state(),
        "notes": letter.notes(),
        "attempts": letter.attempts(),
        "message_id": sealed.map(|sealed| sealed.message_id.to_string()),
        "conversation_id": sealed.map(|sealed| sealed.conversation_id.to_string()),
        "receipts": receipts.len(),
        "receipt_ids": kept,
        "unread": unread.count(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"key":"1","file":"a.pdf","to":"06925115949","title":"Vedtak"}"#;

    #[test]
    fn a_line_of_the_plan_names_file_citizen_and_title() {
        let planned = planned_by(LINE, Path::new("/plans")).ok().unwrap();
        assert_eq!(planned.file, Path::new("/plans/a.pdf"));
        assert!(planned.address.is_none() && !planned.consent.confirm_print);
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_told_by_its_line_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.jsonl");
        let refused = |second: &str| {
            std::fs::write(&file, format!("{LINE}\n{second}\n")).unwrap();
            let failure = read_plan(&file).err().unwrap();
            assert_eq!(failure.detail(), Some("line 2"), "{second}");
            failure.code()
        };
        assert_eq!(refused("06925115949"), Code::Usage);
        assert_eq!(refused(&LINE.replace("title", "titel")), Code::Usage);
        // The same key again would be the same letter.
        assert_eq!(refused(LINE), Code::Usage);
        let other = LINE.replace("\"1\"", "\"2\"");
        assert_eq!(
            refused(&other.replace("06925115949", "06925115940")),
            Code::NumberWrong
        );
        let unknown = other.replace("Vedtak\"", "Vedtak\",\"kind\":\"brev\"");
        assert_eq!(refused(&unknown), Code::Usage);
    }

    #[test]
    fn a_key_gives_the_same_letter_each_time_and_another_in_another_ledger() {
        let letter = derive_letter("utpost-a", "1");
        assert_eq!(letter, derive_letter("utpost-a", "1"));
        assert_ne!(letter, derive_letter("utpost-a", "2"));
        assert_ne!(letter, derive_letter("utpost-b", "1"));
    }
}
