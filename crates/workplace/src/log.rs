use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic;
use std::path::PathBuf;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// A file grown beyond this is put aside, and one older file is kept. Bytes.
const MOST: u64 = 1_000_000;
/// All crates whose names begin so.
const OURS: &str = "off,utpost=warn";

/// Logs to standard error when `UTPOST_LOG` says what (`UTPOST_LOG=utpost_access=debug`), else
/// warnings and worse of our own to `utpost.log` in `folder`: a small file readable by its owner,
/// with codes, references and local ids. Nothing personal is ever logged, so an administrator can
/// pass it on.
///
/// Called once in a program; what comes later is left out.
pub fn begin_log(folder: Option<PathBuf>) {
    let builder = tracing_subscriber::fmt().with_ansi(false);
    let begun = match (EnvFilter::try_from_env("UTPOST_LOG"), folder) {
        (Ok(wanted), _) => builder
            .with_env_filter(wanted)
            .with_writer(io::stderr)
            .try_init(),
        (Err(_), Some(folder)) => {
            let file = LogFile {
                path: folder.join("utpost.log"),
                open: Mutex::new(None),
            };
            builder
                .with_env_filter(EnvFilter::new(OURS))
                .with_writer(file)
                .try_init()
        }
        (Err(_), None) => Ok(()),
    };
    // Somebody else logs already.
    drop(begun);
}

/// From now on a fault of the program tells the log its place and a reference, and nothing else: what
/// it says may hold what a letter says, and so may a picture of memory, which is not taken.
pub fn quiet_faults() {
    utpost_platform::no_memory_dumps();
    panic::set_hook(Box::new(|fault| {
        let place = fault
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let reference = uuid::Uuid::new_v4().simple().to_string();
        tracing::error!(place, reference = &reference[..8], "a fault of the program");
    }));
}

/// Opened when the first line is written.
struct LogFile {
    path: PathBuf,
    open: Mutex<Option<File>>,
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

struct Line<'a>(&'a LogFile);

impl Write for Line<'_> {
    /// A log that can't be written must not stop a letter: then the line is lost.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Ok(mut open) = self.0.open.lock() {
            if open.is_none() {
                *open = self.0.begin().ok();
            }
            if let Some(file) = open.as_mut() {
                let _ = file.write_all(line);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile {
    fn begin(&self) -> io::Result<File> {
        if fs::metadata(&self.path).is_ok_and(|file| file.len() > MOST) {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}
