//! Tells the page what happened, unasked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use utpost_dispatch::{Code, Family, Progress};
use utpost_domain::LetterId;
use utpost_workplace::Watching;

use crate::bridge::{Connection, ConnectionState, Notice};
use crate::convert;

/// The page hears of one letter's progress at most this often.
const PROGRESS_PAUSE: Duration = Duration::from_millis(100);

/// Where notices go.
type Listener = Box<dyn Fn(Notice) + Send>;

/// The one way from the core to the page.
#[derive(Default)]
pub(crate) struct Teller {
    page: Mutex<Page>,
    spoken: Mutex<HashMap<LetterId, Instant>>,
    connection: Mutex<Option<Connection>>,
}

#[derive(Default)]
struct Page {
    listener: Option<Listener>,
    /// Files given before the page listened.
    waiting: Vec<Notice>,
}

impl Teller {
    /// From now on the page listens here; what waited for it comes first.
    pub(crate) fn listen(&self, listener: Listener) {
        let mut page = lock(&self.page);
        page.waiting.drain(..).for_each(&listener);
        if let Some(connection) = lock(&self.connection).clone() {
            listener(Notice::Connection { connection });
        }
        page.listener = Some(listener);
    }

    /// Tells the page. What it can ask for itself is not kept for one that does not listen yet.
    pub(crate) fn tell(&self, notice: Notice) {
        let mut page = lock(&self.page);
        match (&page.listener, &notice) {
            (Some(listener), _) => listener(notice),
            (None, Notice::FilesGiven { .. }) => page.waiting.push(notice),
            (None, _) => {}
        }
    }

    fn connected(&self, state: ConnectionState, code: Option<Code>, now: Timestamp) -> bool {
        let code = code.map(|code| code.as_str().to_owned());
        let mut known = lock(&self.connection);
        let same = |known: &Connection| known.state == state && known.code == code;
        if known.as_ref().is_some_and(same) {
            return false;
        }
        let since = match known.as_ref() {
            Some(known) if known.state == state => known.since.clone(),
            _ => now.to_string(),
        };
        let connection = Connection { state, since, code };
        *known = Some(connection.clone());
        drop(known);
        self.tell(Notice::Connection { connection });
        true
    }
}

impl Watching for Teller {
    fn changed(&self, letter: LetterId) {
        lock(&self.spoken).remove(&letter);
        let letter = letter.to_string();
        self.tell(Notice::LetterChanged { letter });
    }

    /// The last word of each step always gets through.
    fn progress(&self, letter: LetterId, progress: Progress) {
        let (step, done, of) = convert::progress(progress);
        let now = Instant::now();
        {
            let mut spoken = lock(&self.spoken);
            let last = spoken.insert(letter, now);
            if done < of
                && let Some(last) = last
                && now.duration_since(last) < PROGRESS_PAUSE
            {
                spoken.insert(letter, last);
                return;
            }
        }
        let letter = letter.to_string();
        self.tell(Notice::Progress {
            letter,
            step,
            done,
            of,
        });
    }

    fn reached(&self, now: Timestamp) -> bool {
        self.connected(ConnectionState::Ok, None, now)
    }

    fn not_reached(&self, code: Code, now: Timestamp) {
        let state = match (code.family(), code) {
            (_, Code::LedgerBusy) => return,
            (Family::Temporary | Family::Uncertain, _) => ConnectionState::Offline,
            (
                Family::Authority,
                Code::TokenDenied
                | Code::ScopeMissing
                | Code::RegisterDenied
                | Code::AccessPointDenied
                | Code::ServiceAddress
                | Code::ClockWrong,
            ) => ConnectionState::Denied,
            _ => return,
        };
        self.connected(state, Some(code), now);
    }

    fn standstill_changed(&self) {
        self.tell(Notice::StandstillChanged);
    }
}

/// What a panicking holder left behind is used as it is: every value here is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn heard(teller: &Teller) -> Arc<Mutex<Vec<Notice>>> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        teller.listen(Box::new(move |notice| lock(&ear).push(notice)));
        heard
    }

    #[test]
    fn files_given_before_the_page_listens_are_not_lost() {
        let teller = Teller::default();
        let paths = vec!["/a.pdf".to_owned()];
        teller.tell(Notice::FilesGiven { paths });
        teller.tell(Notice::StartupChanged);
        let heard = heard(&teller);
        let heard = lock(&heard);
        assert!(matches!(&heard[..], [Notice::FilesGiven { paths }] if paths == &["/a.pdf"]));
    }

    #[test]
    fn progress_is_told_ten_times_a_second_and_at_its_end() {
        let teller = Teller::default();
        let heard = heard(&teller);
        let letter = LetterId::generate();
        for done in 0..=1000 {
            teller.progress(letter, Progress::Uploading { done, of: 1000 });
        }
        let told: Vec<u64> = lock(&heard)
            .iter()
            .map(|notice| match notice {
                Notice::Progress { done, .. } => *done,
                _ => panic!("not progress"),
            })
            .collect();
        assert_eq!(told.first(), Some(&0));
        assert_eq!(told.last(), Some(&1000));
        assert!(told.len() < 20, "{told:?}");
    }

    #[test]
    fn the_connection_is_told_when_it_changes() {
        let teller = Teller::default();
        let heard = heard(&teller);
        let now = Timestamp::UNIX_EPOCH;
        teller.reached(now);
        teller.reached(now);
        teller.not_reached(Code::NotPdf, now);
        teller.not_reached(Code::AccessPointSilent, now);
        teller.not_reached(Code::RegisterDenied, now);
        let told: Vec<_> = lock(&heard)
            .iter()
            .map(|notice| match notice {
                Notice::Connection { connection } => connection.state,
                _ => panic!("not the connection"),
            })
            .collect();
        use ConnectionState::{Denied, Offline, Ok};
        assert_eq!(told, [Ok, Offline, Denied]);
    }
}
