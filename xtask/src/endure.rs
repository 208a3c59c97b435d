//! Endurance: a sender that is killed again and again, a counterpart that misbehaves, and at the end
//! the ledger held against practice's books, letter by letter.

mod cut;
mod verdict;

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::console::{self, Console, Practice, Profile};
use crate::{Outcome, setup, shell};
use cut::{Lost, Shim};
use verdict::{Planned, Verdict};

pub(crate) const HELP: &str = "
cargo xtask endure [--letters N] [--faults P] [--final P] [--kills K] [--seed S] [--factor F]
                   [--power-cut] [--points] [--json] [--out DIR]

Starts `utpost practice serve` as a process of its own, plans N letters, and lets `utpost work` send
them, killed (SIGKILL) K times at instants drawn from the seed and started anew with the same plan.
Where only a clerk can go on, plays the clerk: says yes to paper, and writes anew what can only be
given up. At instants drawn from the seed the access point denies the whole agency (403) for some
calls; then plays the administrator who has access restored. In the end plan and ledger are compared
with practice's books, letter by letter, and these are counted; any that is not 0 is a failure:

  lost      not in the ledger, or sent by the ledger and not known to practice; also a receipt that
            was marked as read and is not kept
  doubled   taken in, or delivered, more than once
  wrong     in another state than practice says it must be in, or found wrong by practice's own
            checks without a fate that explains it, or come to another citizen or with another
            document than the plan says
  stuck     still on its way when nothing more came of it
  unread    receipts that were not marked as read

Where the sender was killed less often than it should have been, that is a failure too.

  --letters N    [default: 200]
  --faults P     share of letters that meet a fault that heals [default: 0.2]
  --final P      share of letters that meet one that does not [default: 0.05]
  --kills K      [default: 20]
  --seed S       of kills, plan and faults [default: 7]
  --factor F     time runs F times as fast for sender and practice alike, so that waits of minutes
                 take seconds [default: 30]
  --power-cut    each kill is a power cut: whatever was not synced is taken back, by a shim of our
                 own that is preloaded into the sender (Linux, cc, python3)
  --points       instead of random kills: one letter for each sync point of a letter's whole send, the
                 sender killed just before that point; with --power-cut what was not synced is lost
                 then as well. Nothing else goes wrong, and --letters and --kills mean nothing. Some
                 lives (up to 3) may pass fewer points than the first, and so end by themselves:
                 receipts that come together are fetched, kept and marked in one round
  --json         the result as one JSON object on standard output, all else on standard error
  --out DIR      [default: target/endure]

More than 300 letters are sent by a release build.
";

/// Letters up to which a debug build is quick enough.
const FEW: usize = 300;
/// Beyond the last kill, when nothing has changed for so long the run is over.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at what became of letters.
const PAUSE: Duration = Duration::from_secs(2);
/// Bounds of the longest span a sender lives, in milliseconds.
const LONGEST_LIFE: u64 = 2500;
const SHORTEST_LIFE: u64 = 400;
/// Letters named of each kind.
const NAMED: usize = 5;
/// Lives at sync points that may end by themselves: receipts come together or one by one, and each
/// round that is not needed is some points fewer, so that the last ones are not passed every time.
const SLACK: usize = 3;
/// Lives for each kill that is wanted, beyond which it is given up to kill so often.
const LIVES: usize = 20;
/// Kills, for each of which more the agency is denied once more.
const DENIED_EACH: usize = 50;
/// What follows a letter's key when it is written anew.
const AGAIN: &str = "again";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    setup::for_console()?;
    let mut run = Run::prepare(options)?;
    let practice = Practice::start(&run.console)?;
    run.set_practice()?;
    let begun = Instant::now();
    let mut killed = Killed::default();
    if run.options.points {
        run.kill_at_each_point(&mut killed)?;
    } else {
        run.kill_at_random(&mut killed)?;
    }
    let verdict = run.finish(&mut killed)?;
    let seconds = begun.elapsed().as_secs_f64();
    drop(practice);
    run.tell(&verdict, &killed, seconds);
    if verdict.is_clean() {
        Ok(())
    } else {
        Err("Letters are not as they must be; see above.".into())
    }
}

struct Options {
    letters: usize,
    faults: f64,
    last: f64,
    kills: usize,
    seed: u64,
    factor: u32,
    power_cut: bool,
    points: bool,
    json: bool,
    out: PathBuf,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            letters: 200,
            faults: 0.2,
            last: 0.05,
            kills: 20,
            seed: 7,
            factor: 30,
            power_cut: false,
            points: false,
            json: false,
            out: shell::target().join("endure"),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().map(String::as_str).unwrap_or_default();
            match word.as_str() {
                "--letters" => options.letters = number(word, value())?,
                "--faults" => options.faults = number(word, value())?,
                "--final" => options.last = number(word, value())?,
                "--kills" => options.kills = number(word, value())?,
                "--seed" => options.seed = number(word, value())?,
                "--factor" => options.factor = number(word, value())?,
                "--out" => options.out = PathBuf::from(value()),
                "--power-cut" => options.power_cut = true,
                "--points" => options.points = true,
                "--json" => options.json = true,
                other => {
                    return Err(format!(
                        "endure takes no {other}. See cargo xtask endure --help."
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{option} wants a number, not “{text}”."))
}

/// What was done to the sender.
#[derive(Default)]
struct Killed {
    times: usize,
    /// What power cuts took.
    lost: Lost,
    /// The sync points of one send.
    points: Vec<String>,
    /// Spans in which practice denied the whole agency.
    denials: usize,
    /// Lives that ended because sending stood still.
    standstills: usize,
}

/// How a sender is started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// To be killed by us, or before a sync point.
    Watched { kill_at: Option<usize> },
    /// To its end.
    Free,
}

struct Run {
    options: Options,
    console: Console,
    /// The plan's lines, and what of them must be found in practice's books.
    lines: Vec<Value>,
    planned: Vec<Planned>,
    /// Names of practice's citizens by their numbers.
    names: HashMap<String, String>,
    /// A letter, to which each adds something of its own.
    sample: Vec<u8>,
    shim: Option<Shim>,
}

impl Run {
    fn prepare(options: Options) -> Result<Self, String> {
        shell::make_own_folder(&options.out)?;
        let profile = if options.letters > FEW && !options.points {
            Profile::Release
        } else {
            Profile::Debug
        };
        let now = shell::output(shell::command("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))?;
        let clock = format!("{}x{}", now.trim(), options.factor);
        let console = Console::build(profile, &options.out)?;
        let console = console.with_variable("UTPOST_PRACTICE_CLOCK", clock);
        let file = console.folder().join("sample.pdf");
        console::write_sample(Profile::Debug, &file, &["Vedtak", "Du får støtten."])?;
        let sample = fs::read(&file).map_err(|fault| format!("{}: {fault}", file.display()))?;
        // Makes the ledger, so that what is killed is a sender and not its first start.
        console.expect(&["status"])?;
        let mut run = Self {
            lines: Vec::new(),
            planned: Vec::new(),
            names: names(&console.expect(&["practice", "persons"])?),
            shim: Self::shim(&options, &console)?,
            options,
            console,
            sample,
        };
        if !run.options.points {
            run.plan(run.options.letters)?;
        }
        Ok(run)
    }

    fn shim(options: &Options, console: &Console) -> Result<Option<Shim>, String> {
        if options.power_cut {
            cut::prove(&console.folder().join("proof"))?;
            eprintln!(
                "The shim takes back what is not synced, and nothing else (tried on a script)."
            );
        }
        let wanted = options.power_cut || options.points;
        wanted
            .then(|| Shim::build(&console.folder().join("shim"), &console.data()))
            .transpose()
    }

    /// Plans so many letters in all, each of bytes of its own: a citizen gets many, and the same
    /// letter twice is what the sender must stop.
    fn plan(&mut self, letters: usize) -> Outcome {
        let folder = self.console.folder().join("letters");
        fs::create_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
        let first = self.lines.len();
        for number in first..letters {
            let mut dice = Dice::of(self.options.seed, number as u64);
            let citizen = match dice.below(100) {
                0..60 => dice.one_of(&DIGITAL),
                60..80 => dice.one_of(&PRINT),
                80..93 => dice.one_of(&SPECIAL),
                _ => dice.one_of(&FOR_THE_CLERK),
            };
            let file = folder.join(format!("{number:05}.pdf"));
            let mut bytes = self.sample.clone();
            bytes.extend(format!("\n% {number:05}\n").bytes());
            fs::write(&file, bytes).map_err(|fault| format!("{}: {fault}", file.display()))?;
            // Half of what a clerk must say yes to the plan says yes to.
            let yes = dice.below(2) == 0;
            let name = self.names.get(citizen);
            let name = name.ok_or_else(|| format!("practice does not know {citizen}"))?;
            let line = json!({
                "key": format!("{number:05}"),
                "file": file,
                "to": citizen,
                "title": format!("Vedtak {number:05}"),
                "opening_receipt": dice.below(4) == 0,
                "confirm_print": yes,
                "print_anyway": yes,
                "address": {
                    "name": name,
                    "lines": ["Prøveveien 1"],
                    "postcode": "0150",
                    "town": "Oslo",
                },
            });
            self.lines.push(line);
        }
        self.note_what_must_come(first)
    }

    /// Writes down whom the lines from this one on are for, and the digest of their documents.
    fn note_what_must_come(&mut self, first: usize) -> Outcome {
        let lines = &self.lines[first..];
        let text =
            |line: &Value, member: &str| line[member].as_str().unwrap_or_default().to_owned();
        let files = lines.iter().map(|line| text(line, "file"));
        let told = shell::output(shell::command("sha256sum").arg("--").args(files))?;
        let digests = told.lines().filter_map(|line| line.split(' ').next());
        for (line, digest) in lines.iter().zip(digests) {
            self.planned.push(Planned {
                key: text(line, "key"),
                to: text(line, "to"),
                document: digest.to_owned(),
                replaces: None,
            });
        }
        if self.planned.len() == self.lines.len() {
            Ok(())
        } else {
            Err("sha256sum did not tell of every letter.".into())
        }
    }

    /// What goes wrong, and what citizens and the print shop do by themselves.
    fn set_practice(&self) -> Outcome {
        let options = &self.options;
        let seed = options.seed.to_string();
        let set = |what: &str, more: &[&str]| {
            let mut words = vec!["practice", "faults", what, "--seed", &seed];
            words.extend(more);
            self.console.expect(&words)
        };
        if !options.points {
            let (share, last) = (options.faults.to_string(), options.last.to_string());
            set("random", &["--share", &share, "--final-share", &last])?;
        }
        let auto = ["--post", "--open-share", "0.2", "--return-share", "0.1"];
        set("auto", &auto)?;
        Ok(())
    }

    /// Writes the plan's first lines and starts the sender on them.
    fn start(&self, letters: usize, life: Life, word: Word) -> Result<Child, String> {
        let plan = self.console.folder().join("plan.jsonl");
        let lines = self.lines[..letters].iter();
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(&plan, text).map_err(|fault| format!("{}: {fault}", plan.display()))?;
        let told = self.console.folder().join("work.log");
        let log = fs::File::options().create(true).append(true).open(&told);
        let log = log.map_err(|fault| format!("{}: {fault}", told.display()))?;
        let mut command = self.console.command();
        command
            .args(["work", "--until-idle", "--json", "--plan"])
            .arg(&plan)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        if word == Word::AccessRestored {
            command.arg("--access-restored");
        }
        if let (Some(shim), Life::Watched { kill_at }) = (&self.shim, life) {
            shim.watch(&mut command, kill_at);
            if self.options.power_cut {
                shim.keep_journal(&mut command);
            }
        }
        command
            .spawn()
            .map_err(|fault| format!("utpost work: {fault}"))
    }

    /// Lets the sender live for spans drawn from the seed. Each life is given some letters more, so
    /// that there is work at every kill.
    fn kill_at_random(&self, killed: &mut Killed) -> Outcome {
        let kills = self.options.kills;
        let mut dice = Dice::of(self.options.seed, u64::MAX);
        let mut denials = self.denials();
        let mut word = Word::None;
        // Of a life, in milliseconds; shorter when senders come to an end by themselves.
        let mut longest = LONGEST_LIFE;
        for _ in 0..kills * LIVES {
            if killed.times == kills {
                break;
            }
            if denials.last() == Some(&killed.times) {
                denials.pop();
                self.deny(dice.below(3) + 1)?;
                killed.denials += 1;
            }
            let letters = (self.letters() * (killed.times + 1)).div_ceil(kills);
            let child = self.start(letters, Life::Watched { kill_at: None }, word)?;
            word = Word::None;
            let life = Duration::from_millis(dice.below(longest));
            match end_of(child, life, Signal::Kill)? {
                Ended::Killed => {}
                Ended::StandsStill(_) => {
                    killed.standstills += 1;
                    word = Word::AccessRestored;
                    continue;
                }
                Ended::ByItself(_) | Ended::Asked(_) => {
                    longest = (longest * 3 / 4).max(SHORTEST_LIFE);
                    continue;
                }
            }
            killed.times += 1;
            self.cut(killed)?;
            if killed.times.is_multiple_of(20) {
                eprintln!("{} of {kills} kills", killed.times);
            }
        }
        enough(killed.times, kills)
    }

    /// Letters that were asked for; more are those written anew.
    fn letters(&self) -> usize {
        self.options.letters.min(self.lines.len())
    }

    /// After how many kills the agency is denied, the last first: early enough that letters are left
    /// to be denied. Without final faults never.
    fn denials(&self) -> Vec<usize> {
        let kills = self.options.kills;
        if self.options.last <= 0.0 || kills == 0 {
            return Vec::new();
        }
        let mut dice = Dice::of(self.options.seed, u64::MAX - 1);
        let early = kills.div_ceil(2) as u64;
        let times = 1 + kills / DENIED_EACH;
        let drawn = (0..times).filter_map(|_| usize::try_from(dice.below(early)).ok());
        let mut drawn: Vec<usize> = drawn.collect();
        drawn.sort_by_key(|at| std::cmp::Reverse(*at));
        drawn.dedup();
        drawn
    }

    /// Has practice answer so many uploads, whosesoever, with 403.
    fn deny(&self, times: u64) -> Outcome {
        let times = times.to_string();
        let words = [
            "practice",
            "faults",
            "plan",
            "--service",
            "submit",
            "--kind",
            "status",
            "--status",
            "403",
            "--times",
            &times,
        ];
        self.console.expect(&words).map(drop)
    }

    /// What is left of a span in which the agency is denied.
    fn is_denied(&self) -> Result<bool, String> {
        let told = self.console.expect(&["practice", "faults"])?;
        let faults = told["faults"].as_array();
        let mut faults = faults.into_iter().flatten();
        Ok(faults.any(|fault| fault["service"] == "submit"))
    }

    /// One letter for each sync point of a whole send. Letters are brought to their end in between,
    /// so that a point has the same number each time.
    fn kill_at_each_point(&mut self, killed: &mut Killed) -> Outcome {
        self.plan(1)?;
        let child = self.start(1, Life::Watched { kill_at: None }, Word::None)?;
        by_itself(end_of(child, PATIENCE, Signal::End)?, "the first letter")?;
        let shim = self.shim.as_ref().ok_or("There is no shim.")?;
        killed.points = shim.points()?;
        shim.clear()?;
        for number in 1..=killed.points.len() {
            self.plan(number + 1)?;
            let kill_at = Some(number);
            let child = self.start(number + 1, Life::Watched { kill_at }, Word::None)?;
            let shim = self.shim.as_ref().ok_or("There is no shim.")?;
            match end_of(child, PATIENCE, Signal::End)? {
                Ended::Killed => {
                    let passed = shim.points()?.len();
                    if passed != number {
                        return Err(format!(
                            "The sender was killed at sync point {passed} instead of {number}."
                        ));
                    }
                    killed.times += 1;
                    self.cut(killed)?;
                }
                ended => by_itself(ended, &format!("the letter of point {number}"))?,
            }
            shim.clear()?;
            let child = self.start(number + 1, Life::Free, Word::None)?;
            let told = format!("the life after point {number}");
            by_itself(end_of(child, PATIENCE, Signal::End)?, &told)?;
        }
        if killed.points.is_empty() {
            return Err("The shim saw no sync point at all.".into());
        }
        enough(killed.times, killed.points.len().saturating_sub(SLACK))
    }

    /// The power is gone as well, when that is wanted.
    fn cut(&self, killed: &mut Killed) -> Outcome {
        if let Some(shim) = self.shim.as_ref().filter(|_| self.options.power_cut) {
            killed.lost.add(shim.cut()?);
        }
        Ok(())
    }

    /// Lets the sender work until nothing more comes of it, and plays clerk and administrator.
    fn finish(&mut self, killed: &mut Killed) -> Result<Verdict, String> {
        let mut before = Verdict::default();
        let mut changed_at = Instant::now();
        let mut word = Word::None;
        loop {
            let child = self.start(self.lines.len(), Life::Free, word)?;
            word = Word::None;
            let said = match end_of(child, PATIENCE, Signal::End)? {
                Ended::ByItself(said) | Ended::Asked(said) => said,
                Ended::StandsStill(said) => {
                    killed.standstills += 1;
                    word = Word::AccessRestored;
                    said
                }
                Ended::Killed => return Err("utpost work was killed by somebody else.".into()),
            };
            let ends = self.console.expect(&["practice", "faults", "ends"])?;
            let verdict = Verdict::of(&self.planned, &said["letters"], &ends["messages"]);
            if verdict.is_clean() && word == Word::None {
                if self.is_denied()? {
                    return Err("Nothing was sent any more while the agency was denied.".into());
                }
                return Ok(verdict);
            }
            if verdict != before {
                changed_at = Instant::now();
                before = verdict;
            } else if changed_at.elapsed() > PATIENCE {
                return Ok(before);
            }
            self.play_the_clerk(&said["letters"])?;
            thread::sleep(PAUSE);
        }
    }

    /// Says yes to what only a clerk can say yes to, and writes anew what was offered in vain and may
    /// only be given up.
    fn play_the_clerk(&mut self, letters: &Value) -> Outcome {
        let stopped = |letter: &&Value| letter["state"].get("stopped").is_some();
        for letter in letters.as_array().into_iter().flatten().filter(stopped) {
            let id = letter["letter"].as_str().unwrap_or_default();
            if letter["message_id"].is_string() {
                let answer = self.console.ask(&["cancel", id], "")?;
                if answer.exit == 0 {
                    self.write_anew(letter["key"].as_str().unwrap_or_default())?;
                } else {
                    eprintln!("cancel: {}", answer.json["error"]["code"]);
                }
                continue;
            }
            let words = ["resume", id, "--confirm-print", "--print-anyway"];
            // What comes of it is seen in the end, whatever this says.
            if let Err(fault) = self.console.ask(&words, "") {
                eprintln!("{fault}");
            }
        }
        Ok(())
    }

    /// The same letter once more, under a key of its own.
    fn write_anew(&mut self, key: &str) -> Outcome {
        let line = self.lines.iter().find(|line| line["key"] == key);
        let mut line = line.cloned().ok_or("The plan does not hold it.")?;
        line["key"] = json!(format!("{key} {AGAIN}"));
        self.lines.push(line);
        self.note_what_must_come(self.lines.len() - 1)?;
        if let Some(planned) = self.planned.last_mut() {
            planned.replaces = Some(key.to_owned());
        }
        Ok(())
    }

    fn tell(&self, verdict: &Verdict, killed: &Killed, seconds: f64) {
        let letters = self.lines.len();
        let written_anew = self.planned.iter().filter(|line| line.replaces.is_some());
        let mut told = json!({
            "letters": letters,
            "kills": killed.times,
            "denials": killed.denials,
            "standstills": killed.standstills,
            "written_anew": written_anew.count(),
            "seed": self.options.seed,
            "factor": self.options.factor,
            "seconds": (seconds * 10.0).round() / 10.0,
            "letters_per_second": (letters_f64(letters) / seconds * 10.0).round() / 10.0,
        });
        if self.options.power_cut {
            told["power_cuts"] = json!({
                "writes_lost": killed.lost.writes,
                "names_lost": killed.lost.names,
            });
        }
        if self.options.points {
            told["points"] = json!(killed.points);
        }
        for (name, found) in verdict.counted() {
            told[name] = json!(found.len());
            if !found.is_empty() {
                told["examples"][name] = json!(found.iter().take(NAMED).collect::<Vec<_>>());
            }
        }
        if self.options.json {
            println!("{told}");
            return;
        }
        println!("{letters} letters, {} kills, {seconds:.0} s", killed.times);
        if self.options.power_cut {
            println!(
                "power cuts took back {} writes and {} names",
                killed.lost.writes, killed.lost.names
            );
        }
        for (number, point) in (1..).zip(&killed.points) {
            println!("  point {number:>3}  {point}");
        }
        for (name, found) in verdict.counted() {
            println!("  {name:<8} {}", found.len());
            for message in found.iter().take(NAMED) {
                println!("           {message}");
            }
        }
    }
}

/// How a process is asked to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// At once, without a word (SIGKILL).
    Kill,
    /// In order (SIGTERM).
    End,
}

/// What an administrator has to say at the start of a life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    AccessRestored,
}

/// How a life ended, with what the sender said.
#[derive(Debug)]
enum Ended {
    /// Nothing was left to be done.
    ByItself(Value),
    /// Nothing is sent for anybody until an administrator has said more.
    StandsStill(Value),
    /// Its time was over, and it ended in order.
    Asked(Value),
    /// By SIGKILL: by us, or by the shim.
    Killed,
}

/// Waits for the sender to end, and asks it to when its time is over.
///
/// # Errors
/// It failed, or was ended by another signal than SIGKILL.
fn end_of(mut child: Child, life: Duration, signal: Signal) -> Result<Ended, String> {
    let fault = |fault: std::io::Error| format!("utpost work: {fault}");
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        // A sender that is killed says nothing whole.
        let read = stdout.map(|mut stdout| stdout.read_to_string(&mut text));
        drop(read);
        text
    });
    let end = Instant::now() + life;
    while child.try_wait().map_err(fault)?.is_none() && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    if child.try_wait().map_err(fault)?.is_none() {
        match signal {
            Signal::Kill => child.kill().map_err(fault)?,
            Signal::End => {
                let process = child.id().to_string();
                shell::quietly(shell::command("kill").args(["-TERM", &process]))?;
            }
        }
    }
    let status = child.wait().map_err(fault)?;
    let text = reader.join().unwrap_or_default();
    how_it_ended(status, &text)
}

fn how_it_ended(status: ExitStatus, text: &str) -> Result<Ended, String> {
    match status.signal() {
        Some(SIGKILL) => return Ok(Ended::Killed),
        Some(other) => return Err(format!("utpost work was ended by signal {other}.")),
        None => {}
    }
    let answer: Value = serde_json::from_str(text)
        .map_err(|_| format!("utpost work ({status}) did not answer with JSON: {text}"))?;
    match (answer["ended"].as_str(), status.success()) {
        (Some("stands_still"), _) => Ok(Ended::StandsStill(answer)),
        (Some("asked"), true) => Ok(Ended::Asked(answer)),
        (Some("idle"), true) => Ok(Ended::ByItself(answer)),
        _ => Err(format!("utpost work: {status}: {}", answer["error"])),
    }
}

const SIGKILL: i32 = 9;

/// Whether a life that nobody was to kill came to its end in its time.
fn by_itself(ended: Ended, life: &str) -> Outcome {
    let how = match ended {
        Ended::ByItself(_) => return Ok(()),
        Ended::StandsStill(_) => "sending stood still".to_owned(),
        Ended::Asked(_) => format!("it was not over after {} s", PATIENCE.as_secs()),
        Ended::Killed => "the sender was killed".to_owned(),
    };
    Err(format!("Of {life}: {how}."))
}

/// Whether what was to be shown by kills was shown by kills.
fn enough(killed: usize, wanted: usize) -> Outcome {
    if killed >= wanted {
        Ok(())
    } else {
        Err(format!(
            "The sender was killed {killed} times instead of {wanted}: that shows nothing."
        ))
    }
}

fn names(persons: &Value) -> HashMap<String, String> {
    let text = |person: &Value, member: &str| person[member].as_str().map(str::to_owned);
    let persons = persons.as_array().into_iter().flatten();
    persons
        .filter_map(|person| Some((text(person, "number")?, text(person, "name")?)))
        .collect()
}

#[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn letters_f64(letters: usize) -> f64 {
    letters as f64
}

/// The same numbers for the same seed (SplitMix64, Steele and others 2014).
struct Dice(u64);

impl Dice {
    fn of(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed);
        let seed = dice.next();
        Self(seed ^ number)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    /// A number below `bound`; even enough for bounds this small.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn one_of<'a>(&mut self, those: &[&'a str]) -> &'a str {
        let which = self.below(those.len() as u64);
        usize::try_from(which).map_or("", |which| those[which])
    }
}

/// Citizens of practice (`utpost practice persons`) whose letters simply arrive in a mailbox.
const DIGITAL: [&str; 4] = ["06925115949", "27914108158", "04917943961", "09822829500"];
/// Whose letters are printed without a question.
const PRINT: [&str; 6] = [
    "21893559644",
    "02825777442",
    "12882318646",
    "18859768837",
    "13852355004",
    "19839343496",
];
/// To whom something of their own happens: opens at once, closed mailbox, notice that fails, supplier
/// that fails, FEILET, receipts twice, paper that comes back.
const SPECIAL: [&str; 7] = [
    "07905922275",
    "23868362464",
    "25838260279",
    "02846186533",
    "23850248192",
    "14845157783",
    "20910302796",
];
/// Where a clerk must say yes to paper: mailbox without certificate, without address, without
/// supplier, certificate expired, removed from the register.
const FOR_THE_CLERK: [&str; 5] = [
    "19864141644",
    "05925861180",
    "19869181474",
    "14823678550",
    "14902879154",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_others() {
        let numbers = |seed| {
            let mut dice = Dice::of(seed, 3);
            [dice.below(1000), dice.below(1000), dice.below(1000)]
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    #[test]
    fn too_few_kills_are_a_failure() {
        assert!(enough(0, 0).is_ok() && enough(20, 20).is_ok());
        let told = enough(19, 20).err().unwrap();
        assert!(told.contains("19 times instead of 20"), "{told}");
        assert!(enough(0, 20).is_err());
    }

    #[test]
    fn only_a_kill_is_a_kill_and_only_rest_is_an_end() {
        let ended = |status: i32, ended: &str| {
            let text = json!({ "ended": ended }).to_string();
            how_it_ended(ExitStatus::from_raw(status), &text)
        };
        assert!(matches!(ended(9, ""), Ok(Ended::Killed)));
        // SIGSEGV and SIGTERM: the sender died of something else.
        for signal in [11, 15] {
            let told = ended(signal, "idle").err().unwrap();
            assert!(told.contains(&format!("signal {signal}")), "{told}");
        }
        let exit = |code: i32| code << 8;
        assert!(matches!(ended(0, "idle"), Ok(Ended::ByItself(_))));
        assert!(matches!(
            ended(exit(3), "stands_still"),
            Ok(Ended::StandsStill(_))
        ));
        assert!(ended(exit(3), "idle").is_err() && ended(0, "").is_err());
        assert!(how_it_ended(ExitStatus::from_raw(0), "").is_err());

        let life = |status, text| by_itself(ended(status, text).unwrap(), "a letter");
        assert!(life(0, "idle").is_ok());
        let told = life(0, "asked").err().unwrap();
        assert!(told.contains("not over after 120 s"), "{told}");
        assert!(life(9, "").is_err() && life(exit(3), "stands_still").is_err());
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Options::read(&words)
        };
        assert!(read(&["--letters", "many"]).is_err());
        assert!(read(&["--kills"]).is_err());
        assert!(read(&["--letter", "3"]).is_err());
        let options = read(&["--letters", "9", "--faults", "0.5", "--points"])
            .ok()
            .unwrap();
        assert_eq!((options.letters, options.faults), (9, 0.5));
        assert!(options.points && !options.power_cut);
    }
}
