//! Measurements against the budgets.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::console::{self, Console, Practice, Profile};
use crate::{Outcome, bench_ledger, demo, desktop, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask bench [ledger] [memory] [seal] [send] [start]

All, or those named.

ledger   100 000 letters with receipts, in a folder in memory where there is one: the ledger opened
         with the first page of the list, that page alone with the counts, searches and filters,
         release build. Prints medians and 95th percentiles in milliseconds (budget 30 ms at the
         95th; for opening, 30 ms more than an empty ledger takes); fails above any.
memory   A 40 MB letter with attachments, 49.5 MB in all, sent by a release build to a practice
         environment in a process of its own. Prints the peak memory of the sending program, and
         fails when it is 64 MB or more.
seal     45 MB sealed, against the sum of the primitives on the same bytes, turn by turn in one run.
         Prints the ratio (budget 1.3) and the memory above the idle process (budget 32 MB); fails
         above either. The parcel is written to a folder in memory where there is one, since disk
         sync is no part of the ratio.
send     100 letters of 100 kB, one after the other, from the press of Send to the access point's yes
         written down, in a practice environment in a process of its own, release build. Prints the
         median (budget 150 ms) and what of it is not spent in calls to services (budget 40 ms); fails
         above either.
start    The window of a release build, opened some times on a display in memory, with neither a
         graphics card nor the imitation of one, and the practice environment in a process of its
         own. Prints the median time from the start of the process to the page being usable (budget
         1 s), and our process's resident memory then, shared libraries and all (budget 150 MB);
         fails above either. The first start, which makes keys and ledger, is not counted.
";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    for name in arguments {
        if !MEASUREMENTS.iter().any(|known| known.name == name) {
            return Err(format!("There is no {name}. See cargo xtask bench --help."));
        }
    }
    for measurement in MEASUREMENTS {
        if arguments.is_empty() || arguments.iter().any(|name| name == measurement.name) {
            (measurement.run)()?;
        }
    }
    Ok(())
}

pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    run: fn() -> Outcome,
}

pub(crate) const MEASUREMENTS: &[Measurement] = &[
    Measurement {
        name: "ledger",
        run: bench_ledger::ledger,
    },
    Measurement {
        name: "memory",
        run: memory,
    },
    Measurement {
        name: "seal",
        run: seal,
    },
    Measurement {
        name: "send",
        run: send,
    },
    Measurement {
        name: "start",
        run: start,
    },
];

/// Runs an example, release build, that measures and prints one JSON object; prints and gives that.
fn measured(package: &str, example: &str, add: impl FnOnce(&mut Command)) -> Result<Value, String> {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "-p", package]);
    command.args(["--example", example, "--"]);
    add(&mut command);
    let measured = shell::output(&mut command)?;
    print!("{measured}");
    serde_json::from_str(&measured)
        .map_err(|_| format!("{example} did not answer with JSON: {measured}"))
}

/// The same for an example whose first argument is a folder of its own, in memory where there is
/// one.
pub(crate) fn measured_in_memory(
    package: &str,
    example: &str,
    add: impl FnOnce(&mut Command),
) -> Result<Value, String> {
    let in_memory = Path::new("/dev/shm");
    let above = if in_memory.is_dir() {
        in_memory.to_path_buf()
    } else {
        shell::target()
    };
    let folder = above.join(format!("utpost-{example}-{}", std::process::id()));
    let fault = |fault: io::Error| format!("{}: {fault}", folder.display());
    fs::create_dir_all(&folder).map_err(fault)?;
    let measured = measured(package, example, |command| add(command.arg(&folder)));
    fs::remove_dir_all(&folder).map_err(fault)?;
    measured
}

pub(crate) fn judged(is_within: bool) -> Outcome {
    if is_within {
        Ok(())
    } else {
        Err("The budget is exceeded.".into())
    }
}

fn seal() -> Outcome {
    setup::for_console()?;
    let figures = measured_in_memory("utpost-parcel", "bench_seal", |_| {})?;
    let within = |name: &str, budget: f64| figures[name].as_f64().is_some_and(|is| is < budget);
    judged(within("ratio", 1.3) && within("memory_above_idle_mb", 32.0))
}

const LETTER: u64 = 40_000_000;
const ATTACHMENTS: [u64; 2] = [5_000_000, 4_500_000];
const BUDGET: u64 = 64_000_000;

fn memory() -> Outcome {
    setup::for_console()?;
    let folder = shell::target().join("bench-memory");
    shell::make_own_folder(&folder)?;
    let console = Console::build(Profile::Release, &folder)?;
    let letter = console.folder().join("letter.pdf");
    console::write_large_sample(Profile::Release, &letter, LETTER)?;
    let mut attachments = Vec::new();
    for (number, bytes) in ATTACHMENTS.into_iter().enumerate() {
        let path = console.folder().join(format!("attachment-{number}.pdf"));
        console::write_large_sample(Profile::Release, &path, bytes)?;
        attachments.push(path);
    }

    let _practice = Practice::start(&console)?;
    let mut command = console.command();
    command.arg("send").arg(&letter);
    for path in &attachments {
        command.arg("--attach").arg(path);
    }
    command.args(["--to", "-", "--title", "Stort brev", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let fault = |fault: std::io::Error| format!("utpost send: {fault}");
    let started = Instant::now();
    let mut child = command.spawn().map_err(fault)?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{}", demo::DIGIPOST_PERSON).map_err(fault)?;
    }
    let mut peak = 0;
    while child.try_wait().map_err(fault)?.is_none() {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        thread::sleep(Duration::from_millis(1));
    }
    let took = started.elapsed();
    let output = child.wait_with_output().map_err(fault)?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("utpost send ({}) did not answer with JSON", output.status))?;
    if !output.status.success() {
        return Err(format!("The letter was not accepted: {answer}"));
    }
    let sum: u64 = LETTER + ATTACHMENTS.iter().sum::<u64>();
    println!(
        "{:.1} MB in {} files accepted in {:.1} s; peak memory of utpost send {:.1} MB (budget {} MB)",
        megabytes(sum),
        1 + ATTACHMENTS.len(),
        took.as_secs_f64(),
        megabytes(peak),
        BUDGET / 1_000_000,
    );
    match peak {
        0 => Err("The peak could not be read: this machine has no /proc.".into()),
        peak => judged(peak < BUDGET),
    }
}

const SENT: &str = "100";
const SENT_BYTES: u64 = 100_000;

fn send() -> Outcome {
    setup::for_console()?;
    let folder = shell::target().join("bench-send");
    shell::make_own_folder(&folder)?;
    let console = Console::build(Profile::Release, &folder)?;
    let letter = console.folder().join("letter.pdf");
    console::write_large_sample(Profile::Release, &letter, SENT_BYTES)?;
    let _practice = Practice::start(&console)?;
    let figures = measured("utpost-workplace", "bench_send", |command| {
        command.arg(&letter).arg(SENT);
        console.set_places(command);
    })?;
    let within = |name: &str, budget: &str| {
        let budget = figures[budget].as_f64();
        figures[name]
            .as_f64()
            .zip(budget)
            .is_some_and(|(is, most)| is < most)
    };
    judged(within("median_ms", "budget_ms") && within("ours_ms", "ours_budget_ms"))
}

const STARTS: usize = 9;
const START_BUDGET_MS: u64 = 1000;
const RESIDENT_BUDGET_MB: u64 = 150;

fn start() -> Outcome {
    setup::for_session()?;
    let folder = shell::target().join("bench-start");
    shell::make_own_folder(&folder)?;
    let program = desktop::build(Profile::Release)?;
    let console = Console::build(Profile::Release, &folder)?;
    let _practice = Practice::start(&console)?;
    let mut marks = Vec::new();
    for number in 0..=STARTS {
        let mark = console.folder().join(format!("mark-{number}.json"));
        start_once(&program, &console, &mark)?;
        marks.push(read_mark(&mark)?);
    }
    // The first made the ledger and its key.
    let marks = &marks[1..];
    let mut times: Vec<u64> = marks.iter().map(|mark| mark.milliseconds).collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    let resident = marks.iter().map(|mark| mark.resident).max().unwrap_or(0);
    println!(
        "{}",
        json!({
            "starts": STARTS,
            "median_ms": median,
            "slowest_ms": times[times.len() - 1],
            "budget_ms": START_BUDGET_MS,
            "resident_mb": tenths(resident),
            "budget_mb": RESIDENT_BUDGET_MB,
        })
    );
    judged(median < START_BUDGET_MS && resident < RESIDENT_BUDGET_MB * 1_000_000)
}

/// One start: until the page is usable, and bytes in memory then.
struct Mark {
    milliseconds: u64,
    resident: u64,
}

fn read_mark(file: &Path) -> Result<Mark, String> {
    let text = fs::read_to_string(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
    let mark: Value = serde_json::from_str(&text).map_err(|_| format!("A mark: {text}"))?;
    let figure = |name: &str| {
        mark[name]
            .as_u64()
            .ok_or_else(|| format!("A mark without {name}: {text}"))
    };
    Ok(Mark {
        milliseconds: figure("milliseconds")?,
        resident: figure("resident_kilobytes")? * 1024,
    })
}

fn tenths(bytes: u64) -> f64 {
    (megabytes(bytes) * 10.0).round() / 10.0
}

/// Starts the window, waits for its mark, and closes it.
fn start_once(program: &Path, console: &Console, mark: &Path) -> Outcome {
    const SCRIPT: &str = r#"
        "$1" & window=$!
        for _ in $(seq 600); do
            [ -s "$UTPOST_START_MARK" ] && break
            kill -0 "$window" 2>/dev/null || break
            sleep 0.05
        done
        kill "$window" 2>/dev/null; wait "$window"
        [ -s "$UTPOST_START_MARK" ]
    "#;
    let mut session = desktop::in_session(&console.folder().join("home"));
    session.args(["sh", "-c", SCRIPT, "sh"]).arg(program);
    session.env("UTPOST_START_MARK", mark);
    session.envs(WITHOUT_CARD);
    console.set_places(&mut session);
    shell::quietly(&mut session)
}

/// Has GTK and WebKit paint by themselves. On a display in memory they would else load an imitation
/// of a graphics card, more than 50 MB of it into our process.
const WITHOUT_CARD: [(&str, &str); 3] = [
    ("GDK_GL", "disable"),
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    // Named, WebKit does not ask OpenGL which card there is.
    ("WEBKIT_WEB_RENDER_DEVICE_FILE", "/dev/null"),
];

/// The most resident memory the process has had so far, in bytes (`VmHWM` of proc(5)): it never
/// falls, so that nothing is missed between two readings but what comes after the last.
fn peak_memory(process: u32) -> Option<u64> {
    let status =
        fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(
        line.trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<u64>()
            .ok()?
            * 1024,
    )
}

#[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
