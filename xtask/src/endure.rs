//! Endurance: a sender that is killed again and again, a counterpart that misbehaves, and at the end
//! the ledger held against practice's books, letter by letter.

mod cut;
mod verdict;

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::console::{self, Console, Practice, Profile};
use crate::{Outcome, setup, shell};
use cut::{Lost, Shim};
use verdict::Verdict;

pub(crate) const HELP: &str = "
cargo xtask endure [--letters N] [--faults P] [--final P] [--kills K] [--seed S] [--factor F]
                   [--power-cut] [--points] [--json] [--out DIR]

Starts `utpost practice serve` as a process of its own, plans N letters, and lets `utpost work` send
them, killed (SIGKILL) K times at instants drawn from the seed and started anew with the same plan.
Where only a clerk can go on, plays the clerk. In the end the ledger is compared with practice's
books, letter by letter, and these are counted; any that is not 0 is a failure:

  lost      not in the ledger, or sent by the ledger and not known to practice
  doubled   taken in, or delivered, more than once
  wrong     in another state than practice says it must be in, or found wrong by practice's own
            checks without a fate that explains it
  stuck     still on its way when nothing more came of it
  unread    receipts that were not marked as read

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
                 then as well. Nothing else goes wrong, and --letters and --kills mean nothing
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

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    setup::for_console()?;
    let mut run = Run::prepare(options)?;
    let practice = Practice::start(&run.console)?;
    run.set_practice()?;
    let begun = Instant::now();
    let killed = if run.options.points {
        run.kill_at_each_point()?
    } else {
        run.kill_at_random()?
    };
    let verdict = run.finish()?;
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
    /// The plan's lines.
    lines: Vec<String>,
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
        for number in self.lines.len()..letters {
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
            let line = json!({
                "key": format!("{number:05}"),
                "file": file,
                "to": citizen,
                "title": format!("Vedtak {number:05}"),
                "opening_receipt": dice.below(4) == 0,
                "confirm_print": yes,
                "print_anyway": yes,
                "address": {
                    "name": "Prøve Prøvesen",
                    "lines": ["Prøveveien 1"],
                    "postcode": "0150",
                    "town": "Oslo",
                },
            });
            self.lines.push(line.to_string());
        }
        Ok(())
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
    fn start(&self, letters: usize, life: Life) -> Result<Child, String> {
        let plan = self.console.folder().join("plan.jsonl");
        let text = self.lines[..letters].join("\n");
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
    fn kill_at_random(&self) -> Result<Killed, String> {
        let mut dice = Dice::of(self.options.seed, u64::MAX);
        let mut killed = Killed::default();
        // Of a life, in milliseconds; shorter when senders come to an end by themselves.
        let mut longest = LONGEST_LIFE;
        let kills = self.options.kills;
        while killed.times < kills {
            let letters = (self.lines.len() * (killed.times + 1)).div_ceil(kills);
            let child = self.start(letters, Life::Watched { kill_at: None })?;
            let life = Duration::from_millis(dice.below(longest));
            if end_of(child, life, Signal::Kill)?.is_some() {
                longest = (longest * 3 / 4).max(SHORTEST_LIFE);
                continue;
            }
            killed.times += 1;
            self.cut(&mut killed)?;
            if killed.times % 20 == 0 {
                eprintln!("{} of {kills} kills", killed.times);
            }
        }
        Ok(killed)
    }

    /// One letter for each sync point of a whole send. Letters are brought to their end in between,
    /// so that a point has the same number each time.
    fn kill_at_each_point(&mut self) -> Result<Killed, String> {
        let mut killed = Killed::default();
        self.plan(1)?;
        let child = self.start(1, Life::Watched { kill_at: None })?;
        end_of(child, PATIENCE, Signal::End)?.ok_or("The first letter was not sent.")?;
        let shim = self.shim.as_ref().ok_or("There is no shim.")?;
        killed.points = shim.points()?;
        shim.clear()?;
        for number in 1..=killed.points.len() {
            self.plan(number + 1)?;
            let kill_at = Some(number);
            let child = self.start(number + 1, Life::Watched { kill_at })?;
            // One that passes fewer points, since receipts came together, ends by itself.
            if end_of(child, PATIENCE, Signal::End)?.is_none() {
                killed.times += 1;
                self.cut(&mut killed)?;
            }
            if let Some(shim) = &self.shim {
                shim.clear()?;
            }
            let child = self.start(number + 1, Life::Free)?;
            end_of(child, PATIENCE, Signal::End)?;
        }
        Ok(killed)
    }

    /// The power is gone as well, when that is wanted.
    fn cut(&self, killed: &mut Killed) -> Outcome {
        if let Some(shim) = self.shim.as_ref().filter(|_| self.options.power_cut) {
            killed.lost.add(shim.cut()?);
        }
        Ok(())
    }

    /// Lets the sender work until nothing more comes of it, and plays the clerk.
    fn finish(&self) -> Result<Verdict, String> {
        let mut before = Verdict::default();
        let mut changed_at = Instant::now();
        loop {
            let child = self.start(self.lines.len(), Life::Free)?;
            let said = end_of(child, PATIENCE, Signal::End)?;
            let said = said.ok_or("utpost work did not end when it was asked to.")?;
            let ends = self.console.expect(&["practice", "faults", "ends"])?;
            let verdict = Verdict::of(&said["letters"], &ends["messages"]);
            if verdict.is_clean() {
                return Ok(verdict);
            }
            if verdict != before {
                changed_at = Instant::now();
                before = verdict;
            } else if changed_at.elapsed() > PATIENCE {
                return Ok(before);
            }
            self.play_the_clerk(&said["letters"]);
            thread::sleep(PAUSE);
        }
    }

    /// Says yes to what only a clerk can say yes to.
    fn play_the_clerk(&self, letters: &Value) {
        let stopped = |letter: &&Value| letter["state"].get("stopped").is_some();
        for letter in letters.as_array().into_iter().flatten().filter(stopped) {
            let letter = letter["letter"].as_str().unwrap_or_default();
            let words = ["resume", letter, "--confirm-print", "--print-anyway"];
            // What comes of it is seen in the end, whatever this says.
            if let Err(fault) = self.console.ask(&words, "") {
                eprintln!("{fault}");
            }
        }
    }

    fn tell(&self, verdict: &Verdict, killed: &Killed, seconds: f64) {
        let letters = self.lines.len();
        let mut told = json!({
            "letters": letters,
            "kills": killed.times,
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

/// Waits for the sender to end, and asks it to when its time is over. Gives what it said; `None` when
/// it was killed.
fn end_of(mut child: Child, life: Duration, signal: Signal) -> Result<Option<Value>, String> {
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
    if status.code().is_none() {
        return Ok(None);
    }
    let answer: Value = serde_json::from_str(&text)
        .map_err(|_| format!("utpost work ({status}) did not answer with JSON: {text}"))?;
    if status.success() {
        Ok(Some(answer))
    } else {
        Err(format!("utpost work: {status}: {}", answer["error"]))
    }
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
