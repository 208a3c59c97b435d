//! Measurements against the budgets.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::console::{self, Console, Practice, Profile};
use crate::{Outcome, demo, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask bench [memory] [seal]

All, or those named.

memory   A 40 MB letter with attachments, 49.5 MB in all, sent by a release build to a practice
         environment in a process of its own. Prints the peak memory of the sending program, and
         fails when it is 64 MB or more.
seal     45 MB sealed, against the sum of the primitives on the same bytes, turn by turn in one run.
         Prints the ratio (budget 1.3) and the memory above the idle process (budget 32 MB); fails
         above either. The parcel is written to a folder in memory where there is one, since disk
         sync is no part of the ratio.
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
        name: "memory",
        run: memory,
    },
    Measurement {
        name: "seal",
        run: seal,
    },
];

fn seal() -> Outcome {
    setup::for_building()?;
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
    setup::for_building()?;
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
