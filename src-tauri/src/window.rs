//! The window itself: its making, what is dropped on it, how it closes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, DragDropEvent, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};

use crate::bridge::Notice;
use crate::office::Office;

/// The window's label.
pub(crate) const MAIN: &str = "main";

/// How long the page has for the clerk's answer when the window is to close.
const ANSWER: Duration = Duration::from_secs(30);

/// Whether the clerk has been asked if the window may close.
#[derive(Default)]
pub(crate) struct Leaving {
    /// Odd while an answer is awaited, and another number for each question.
    asked: AtomicU32,
    going: AtomicBool,
}

impl Leaving {
    /// Begins to ask, and gives which question it is; `None` when an answer is awaited already.
    fn ask(&self) -> Option<u32> {
        let before = self.asked.fetch_or(1, Ordering::SeqCst);
        before.is_multiple_of(2).then_some(before + 1)
    }

    fn is_unanswered(&self, question: u32) -> bool {
        self.asked.load(Ordering::SeqCst) == question
    }

    fn answered(&self) {
        let even = |asked: u32| (!asked.is_multiple_of(2)).then(|| asked.wrapping_add(1));
        // Nothing to do where nobody asked.
        let _ = self
            .asked
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, even);
    }
}

/// Makes the window. It shows our own page, for ever, and opens no other.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let mut config = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN)
        .cloned()
        .unwrap_or_default();
    config.url = WebviewUrl::default();
    WebviewWindowBuilder::from_config(app, &config)?
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()
}

fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // How Windows shows the same scheme.
        "http" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

/// Comes to the front; a second start of the program does this.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let shown = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(fault) = shown {
        tracing::warn!(%fault, "the window did not come to the front");
    }
}

/// The files among a start's arguments, whole from the folder it was started in.
pub(crate) fn files(arguments: impl IntoIterator<Item = PathBuf>, folder: &Path) -> Vec<PathBuf> {
    arguments
        .into_iter()
        .skip(1)
        .filter(|word| !word.as_os_str().is_empty() && !word.to_string_lossy().starts_with('-'))
        .map(|word| folder.join(word))
        .collect()
}

/// What happens to the window.
pub(crate) fn happened(app: &AppHandle, event: &WindowEvent) {
    let office = Arc::clone(&app.state::<Arc<Office>>());
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { .. }) => {
            office.teller.tell(Notice::FilesOver { over: true });
        }
        WindowEvent::DragDrop(DragDropEvent::Leave) => {
            office.teller.tell(Notice::FilesOver { over: false });
        }
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            office.teller.tell(Notice::FilesOver { over: false });
            office.give(paths.iter().cloned());
        }
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            let app = app.clone();
            // Reads the ledger, which may wait for another program.
            std::thread::spawn(move || wish_to_close(&app, &office));
        }
        _ => {}
    }
}

/// Closes at once where nothing is on its way out, else lets the page ask. A page that does not
/// answer, and a second wish, leave as the clerk's yes would.
fn wish_to_close(app: &AppHandle, office: &Office) {
    let leaving = app.state::<Leaving>();
    let closing = office.closing();
    if closing.held.is_empty() && closing.under_way.is_empty() {
        return leave(app);
    }
    let Some(question) = leaving.ask() else {
        return leave(app);
    };
    office.teller.tell(Notice::Closing { closing });
    std::thread::sleep(ANSWER);
    if leaving.is_unanswered(question) {
        leave(app);
    }
}

/// The clerk would rather stay.
pub(crate) fn stay(app: &AppHandle) {
    app.state::<Leaving>().answered();
}

/// Puts everything in order and ends the program. May take the ten seconds that an upload under
/// way is given; the order is kept by the first who asks.
pub(crate) fn leave(app: &AppHandle) {
    if app.state::<Leaving>().going.swap(true, Ordering::SeqCst) {
        return;
    }
    app.state::<Arc<Office>>().leave();
    app.exit(0);
}

/// Leaves in order when the session ends.
#[cfg(unix)]
pub(crate) fn leave_on_signals(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let Ok(mut signals) = signal(kind) else {
                return;
            };
            if signals.recv().await.is_some() {
                std::thread::spawn(move || leave(&app));
            }
        });
    }
}

/// Windows ends the process; held letters are made Ready again at the next start.
#[cfg(not(unix))]
pub(crate) fn leave_on_signals(_: AppHandle) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_is_ever_shown() {
        let shown = |url: &str| is_ours(&Url::parse(url).unwrap());
        assert!(shown("tauri://localhost/"));
        assert!(shown("http://tauri.localhost/index.html"));
        for foreign in [
            "https://example.test/",
            "http://localhost/",
            "http://tauri.localhost.example.test/",
            "file:///etc/passwd",
            "data:text/html,x",
            "page://localhost/compose/1/0/1",
        ] {
            assert!(!shown(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_question_answered_is_not_taken_for_a_later_one() {
        let leaving = Leaving::default();
        let first = leaving.ask().unwrap();
        assert_eq!(leaving.ask(), None);
        assert!(leaving.is_unanswered(first));
        leaving.answered();
        leaving.answered();
        assert!(!leaving.is_unanswered(first));
        let second = leaving.ask().unwrap();
        assert!(!leaving.is_unanswered(first));
        assert!(leaving.is_unanswered(second));
    }

    #[test]
    fn files_of_a_start_are_whole_paths() {
        let words = ["utpost-desktop", "--flag", "brev.pdf", "", "/tmp/a b.pdf"];
        let found = files(words.map(PathBuf::from), Path::new("/home/x"));
        assert_eq!(
            found,
            ["/home/x/brev.pdf", "/tmp/a b.pdf"].map(PathBuf::from)
        );
    }
}
