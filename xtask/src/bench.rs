//! Measurements against the budgets.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
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
start    The window of a release build, opened some times on a display in memory, with the practice
         environment in a process of its own. Prints the median time from the start of the process
         to the page being usable (budget 1 s), and our process's resident memory then, shared
         libraries included; of it what Mesa's software renderer takes, which is there only since
         the display is in memory, does not count (budget 150 MB for the rest). Fails above either.
         The first start, which makes keys and ledger, is not counted.
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

fn seal() -> Outcome {
    setup::for_console()?;
    let in_memory = Path::new("/dev/shm");
    let folder = if in_memory.is_dir() {
        in_memory
    } else {
        Path::new("target")
    };
    let folder = folder.join(format!("utpost-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let measured = shell::output(
        shell::cargo()
            .args(["run", "--quiet", "--release", "-p", "utpost-parcel"])
            .args(["--example", "bench_seal", "--"])
            .arg(&folder),
    );
    fs::remove_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let measured = measured?;
    print!("{measured}");
    let figures: Value = serde_json::from_str(&measured)
        .map_err(|_| format!("bench_seal did not answer with JSON: {measured}"))?;
    let within = |name: &str, budget: f64| figures[name].as_f64().is_some_and(|is| is < budget);
    if within("ratio", 1.3) && within("memory_above_idle_mb", 32.0) {
        Ok(())
    } else {
        Err("The budget is exceeded.".into())
    }
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
        peak if peak < BUDGET => Ok(()),
        _ => Err("The budget is exceeded.".into()),
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
    let measured = shell::output(
        shell::cargo()
            .args(["run", "--quiet", "--release", "-p", "utpost-workplace"])
            .args(["--example", "bench_send", "--"])
            .arg(&letter)
            .arg(SENT)
            .env("UTPOST_DATA", console.data())
            .env("UTPOST_KEY_FILE", console.key_file())
            .env("UTPOST_PRACTICE_DATA", console.practice_data()),
    )?;
    print!("{measured}");
    let figures: Value = serde_json::from_str(&measured)
        .map_err(|_| format!("bench_send did not answer with JSON: {measured}"))?;
    let within = |name: &str, budget: &str| {
        let budget = figures[budget].as_f64();
        figures[name]
            .as_f64()
            .zip(budget)
            .is_some_and(|(is, most)| is < most)
    };
    if within("median_ms", "budget_ms") && within("ours_ms", "ours_budget_ms") {
        Ok(())
    } else {
        Err("The budget is exceeded.".into())
    }
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
    let most = |figure: fn(&Mark) -> u64| marks.iter().map(figure).max().unwrap_or(0);
    let own = most(|mark| mark.resident.saturating_sub(mark.renderer));
    println!(
        "{}",
        json!({
            "starts": STARTS,
            "median_ms": median,
            "slowest_ms": times[times.len() - 1],
            "budget_ms": START_BUDGET_MS,
            "resident_mb": tenths(most(|mark| mark.resident)),
            "software_renderer_mb": tenths(most(|mark| mark.renderer)),
            "without_renderer_mb": tenths(own),
            "budget_mb": RESIDENT_BUDGET_MB,
        })
    );
    if median < START_BUDGET_MS && own < RESIDENT_BUDGET_MB * 1_000_000 {
        Ok(())
    } else {
        Err("The budget is exceeded.".into())
    }
}

/// One start: until the page is usable, and bytes in memory then.
struct Mark {
    milliseconds: u64,
    resident: u64,
    /// Of it, Mesa's software renderer.
    renderer: u64,
}

fn read_mark(file: &Path) -> Result<Mark, String> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))
    };
    let text = read(file)?;
    let mark: Value = serde_json::from_str(&text).map_err(|_| format!("A mark: {text}"))?;
    let figure = |name: &str| {
        mark[name]
            .as_u64()
            .ok_or_else(|| format!("A mark without {name}: {text}"))
    };
    Ok(Mark {
        milliseconds: figure("milliseconds")?,
        resident: figure("resident_kilobytes")? * 1024,
        renderer: renderer(&read(&file.with_extension("smaps"))?),
    })
}

/// Bytes in memory of the mappings of Mesa's software renderer (`smaps` of proc(5)).
fn renderer(smaps: &str) -> u64 {
    let mut inside = false;
    let mut kilobytes = 0;
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("Rss:") if inside => {
                kilobytes += words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            }
            Some(word) if !word.ends_with(':') => {
                let library = line.rsplit('/').next().unwrap_or_default();
                inside = ["libLLVM", "swrast", "libgallium"]
                    .iter()
                    .any(|name| library.starts_with(name));
            }
            _ => {}
        }
    }
    kilobytes * 1024
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
        cat "/proc/$window/smaps" >"$UTPOST_WINDOW_SMAPS"
        kill "$window" 2>/dev/null; wait "$window"
        [ -s "$UTPOST_START_MARK" ]
    "#;
    let mut session = desktop::in_session(&console.folder().join("home"));
    shell::quietly(
        session
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(program)
            .env("UTPOST_DATA", console.data())
            .env("UTPOST_KEY_FILE", console.key_file())
            .env("UTPOST_PRACTICE_DATA", console.practice_data())
            .env("UTPOST_START_MARK", mark)
            .env("UTPOST_WINDOW_SMAPS", mark.with_extension("smaps")),
    )
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_software_renderer_is_told_from_the_rest() {
        let smaps = "7f00-7f10 r-xp 00000000 08:01 11 /usr/lib/libLLVM-15.so.1\n\
                     Size: 100 kB\nRss:  40 kB\nVmFlags: rd ex\n\
                     7f20-7f30 r--p 00000000 08:01 12 /usr/lib/libgtk-3.so.0\nRss:  7 kB\n\
                     7f40-7f50 rw-p 00000000 00:00 0 \nRss:  5 kB\n\
                     7f60-7f70 r--p 00000000 08:01 13 /usr/lib/dri/swrast_dri.so\nRss:  2 kB\n";
        assert_eq!(renderer(smaps), 42 * 1024);
    }
}
