//! Everything the page talks to, with no window in it.
//!
//! An office opens its workplace in a thread of its own, so that the window is there at once. Each
//! method is one use case as the page knows it; all of them block.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use utpost_dispatch::{Clock, Code, LedgerFault};
use utpost_domain::{Environment, LetterId};
use utpost_workplace::{AgencyChange, Engine, Failure, Place, Workplace, practice_reset, user};

use crate::bridge::{
    AgencyForm, CertificateView, Closing, LetterName, Notice, Preferences, Session, Startup,
    Trouble,
};
use crate::composition::Composition;
use crate::convert;
use crate::letters;
use crate::pages::Drawings;
use crate::teller::{Teller, lock};

/// What an upload under way is given when the program ends. Beyond that the letter lies safely in
/// the outbox.
const LAST_UPLOAD: Duration = Duration::from_secs(10);

/// What everything is given when practice is emptied; calls have limits of their own.
const COME_TO_REST: Duration = Duration::from_secs(60);

/// The office.
pub(crate) struct Office {
    pub(crate) teller: Arc<Teller>,
    pub(crate) drawings: Drawings,
    place: Option<Place>,
    stage: Mutex<Stage>,
    preferences: Mutex<Preferences>,
    composing: Mutex<Option<Composition>>,
    revisions: AtomicU32,
    /// The program is being left: nothing is opened any more.
    leaving: AtomicBool,
    opening: AtomicBool,
    /// Files the clerk has handed over in this run; the page can have no others read.
    given: Mutex<HashSet<PathBuf>>,
}

enum Stage {
    Opening,
    Open(Arc<Room>),
    Failed(Trouble),
}

/// An open workplace and what happens in it by itself.
pub(crate) struct Room {
    pub(crate) engine: Engine,
    pub(crate) work: Arc<Workplace>,
}

/// What the page is told of a failure; the log has the rest under the same reference.
pub(crate) fn told(failure: Failure) -> Trouble {
    failure.log();
    let code = failure.code();
    Trouble {
        code: code.as_str().to_owned(),
        family: code.family().into(),
        reference: failure.reference().to_owned(),
        detail: failure.detail().map(str::to_owned),
        letter: failure.letter().map(|letter| letter.to_string()),
        document: failure
            .document()
            .and_then(|which| u32::try_from(which).ok()),
    }
}

impl Office {
    /// An office that is not open yet.
    pub(crate) fn new(place: Result<Place, Failure>) -> Arc<Self> {
        let preferences = match &place {
            Ok(place) => Preferences::read(&place.folder),
            Err(_) => Preferences::default(),
        };
        let (place, stage) = match place {
            Ok(place) => (Some(place), Stage::Opening),
            Err(failure) => (None, Stage::Failed(told(failure))),
        };
        Arc::new(Self {
            teller: Arc::default(),
            drawings: Drawings::default(),
            place,
            stage: Mutex::new(stage),
            preferences: Mutex::new(preferences),
            composing: Mutex::new(None),
            revisions: AtomicU32::new(0),
            leaving: AtomicBool::new(false),
            opening: AtomicBool::new(false),
            given: Mutex::default(),
        })
    }

    /// Opens it in a thread of its own. The page is told when that is done.
    pub(crate) fn open_soon(self: &Arc<Self>) {
        let Some(place) = self.place.clone() else {
            return;
        };
        let office = Arc::clone(self);
        let begun = thread::Builder::new()
            .name("utpost-open".to_owned())
            .spawn(move || office.open(&place));
        if begun.is_err() {
            *lock(&self.stage) = Stage::Failed(told(Failure::new(Code::Defect)));
        }
    }

    fn open(&self, place: &Place) {
        self.opening.store(true, Ordering::SeqCst);
        self.opened(place);
        self.opening.store(false, Ordering::SeqCst);
        self.teller.tell(Notice::StartupChanged);
    }

    fn opened(&self, place: &Place) {
        if self.leaving.load(Ordering::SeqCst) {
            return;
        }
        let opened = std::panic::catch_unwind(|| Workplace::open(place))
            .unwrap_or_else(|_| Err(Failure::new(Code::Defect)));
        let mut stage = lock(&self.stage);
        *stage = match opened {
            // Dropped here, and so closed in order.
            _ if self.leaving.load(Ordering::SeqCst) => return,
            Ok(work) => {
                let work = Arc::new(work);
                let teller = Arc::clone(&self.teller);
                let engine = Engine::start(Arc::clone(&work), teller);
                Stage::Open(Arc::new(Room { engine, work }))
            }
            Err(failure) => Stage::Failed(told(failure)),
        };
    }

    /// How far the program has come.
    pub(crate) fn startup(&self) -> Startup {
        let preferences = self.preferences();
        let room = match &*lock(&self.stage) {
            Stage::Opening => return Startup::Opening { preferences },
            Stage::Failed(trouble) => {
                return Startup::Failed {
                    trouble: trouble.clone(),
                    preferences,
                };
            }
            Stage::Open(room) => Arc::clone(room),
        };
        let session = self.session(&room);
        Startup::Open { session }
    }

    /// Tries once more to open what could not be opened.
    pub(crate) fn retry(self: &Arc<Self>) {
        {
            let mut stage = lock(&self.stage);
            if !matches!(*stage, Stage::Failed(_)) || self.place.is_none() {
                return;
            }
            *stage = Stage::Opening;
        }
        self.teller.tell(Notice::StartupChanged);
        self.open_soon();
    }

    /// The open workplace.
    ///
    /// # Errors
    /// [`Code::NotNow`] while there is none.
    pub(crate) fn room(&self) -> Result<Arc<Room>, Failure> {
        match &*lock(&self.stage) {
            Stage::Open(room) => Ok(Arc::clone(room)),
            Stage::Opening | Stage::Failed(_) => Err(Failure::new(Code::NotNow)),
        }
    }

    /// Where letters belong.
    pub(crate) fn environment(&self) -> Environment {
        let place = self.place.as_ref();
        place.map_or(Environment::Practice, |place| place.environment)
    }

    /// Where everything lies.
    ///
    /// # Errors
    /// [`Code::ReadOnly`] for a user without a home.
    pub(crate) fn place(&self) -> Result<&Place, Failure> {
        let place = self.place.as_ref();
        place.ok_or_else(|| Failure::new(Code::ReadOnly))
    }

    fn session(&self, room: &Room) -> Session {
        let work = &room.work;
        let agency = work.agency();
        let until = work.certificate_valid_until().unwrap_or_default();
        let left = until
            .duration_since(work.clock.now())
            .as_hours()
            .div_euclid(24);
        Session {
            environment: self.environment().into(),
            organisation: agency.organisation().to_string(),
            certificate: CertificateView {
                valid_until: until.to_string(),
                days_left: i32::try_from(left).unwrap_or(i32::MAX),
            },
            clerk: user(),
            preferences: self.preferences(),
            size_limit: u32::try_from(agency.limits.bytes).unwrap_or(u32::MAX),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_folder: work.place.folder.display().to_string(),
            agency: convert::agency_form(AgencyChange::of(&agency)),
        }
    }

    pub(crate) fn preferences(&self) -> Preferences {
        lock(&self.preferences).clone()
    }

    /// Keeps what the clerk has chosen.
    ///
    /// # Errors
    /// [`Code::NotNow`]; [`Code::ReadOnly`] and the like of the disk.
    pub(crate) fn set_preferences(&self, chosen: Preferences) -> Result<Session, Failure> {
        let room = self.room()?;
        let chosen = chosen.within_bounds();
        chosen
            .write(&self.place()?.folder)
            .map_err(LedgerFault::Disk)?;
        *lock(&self.preferences) = chosen;
        Ok(self.session(&room))
    }

    /// Changes what the agency decides for all its letters.
    ///
    /// # Errors
    /// As [`Workplace::change_agency`].
    pub(crate) fn set_agency(&self, form: &AgencyForm) -> Result<Session, Failure> {
        let room = self.room()?;
        room.work.change_agency(&convert::agency_change(form))?;
        Ok(self.session(&room))
    }

    /// Hands files to the page, which may from now on ask for them. Nothing is read before it does.
    pub(crate) fn give(&self, paths: impl IntoIterator<Item = PathBuf>) {
        // The page names a file by its text, whatever the bytes of its name.
        let paths: Vec<String> = paths
            .into_iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        if !paths.is_empty() {
            lock(&self.given).extend(paths.iter().map(PathBuf::from));
            self.teller.tell(Notice::FilesGiven { paths });
        }
    }

    /// Whether the clerk has handed over all of these.
    pub(crate) fn was_given(&self, paths: &[PathBuf]) -> bool {
        let given = lock(&self.given);
        paths.iter().all(|path| given.contains(path))
    }

    /// The letter being made.
    pub(crate) fn composing(&self) -> Option<Composition> {
        lock(&self.composing).clone()
    }

    /// Takes `changed` for the letter being made, in place of the one of revision `before`.
    ///
    /// # Errors
    /// [`Code::NotNow`] when that has changed meanwhile; the change is dropped.
    pub(crate) fn compose(
        &self,
        before: Option<u32>,
        changed: Composition,
    ) -> Result<Composition, Failure> {
        self.compose_by(before, || Ok(changed))
    }

    /// As [`Self::compose`], with what `change` makes of the letter. It may write to the ledger:
    /// while it runs nobody else changes the letter.
    ///
    /// # Errors
    /// As [`Self::compose`], and then `change` does not run; else those of `change`.
    pub(crate) fn compose_by(
        &self,
        before: Option<u32>,
        change: impl FnOnce() -> Result<Composition, Failure>,
    ) -> Result<Composition, Failure> {
        let mut composing = lock(&self.composing);
        if composing.as_ref().map(|now| now.revision) != before {
            return Err(Failure::new(Code::NotNow));
        }
        let mut changed = change()?;
        changed.revision = self.revisions.fetch_add(1, Ordering::Relaxed) + 1;
        *composing = Some(changed.clone());
        Ok(changed)
    }

    /// Takes the letter being made out of everybody's hands, when it still is the one of `revision`.
    ///
    /// # Errors
    /// [`Code::NotNow`] when it is another by now.
    pub(crate) fn claim(&self, revision: u32) -> Result<(), Failure> {
        let mut composing = lock(&self.composing);
        match composing.take_if(|now| now.revision == revision) {
            Some(_) => Ok(()),
            None => Err(Failure::new(Code::NotNow)),
        }
    }

    /// Gives back what was claimed, unless another letter has been begun meanwhile.
    pub(crate) fn put_back(&self, composition: Composition) {
        lock(&self.composing).get_or_insert(composition);
    }

    /// Puts the letter being made away. What the ledger has of it stays as it is.
    pub(crate) fn put_away(&self) {
        *lock(&self.composing) = None;
        self.drawings.forget();
    }

    /// What would be cut off if the window closed now.
    pub(crate) fn closing(&self) -> Closing {
        let Ok(room) = self.room() else {
            return Closing {
                held: Vec::new(),
                under_way: Vec::new(),
            };
        };
        let (held, under_way) = room.engine.unfinished();
        let named = |letters: Vec<LetterId>| -> Vec<LetterName> {
            letters
                .into_iter()
                .map(|letter| name_of(&room, letter))
                .collect()
        };
        Closing {
            held: named(held),
            under_way: named(under_way),
        }
    }

    /// Puts everything in order: letters in their undo window go back to Ready, an upload under way
    /// is given ten seconds, practice stops. Nothing is opened again.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        self.close_room(LAST_UPLOAD, Duration::from_secs(2));
        // Opening takes a second or two, and closes again; longer when the key store asks a person.
        let end = Instant::now() + Duration::from_secs(5);
        while self.opening.load(Ordering::SeqCst) && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Begins practice anew, with empty books and without the letters of before.
    ///
    /// # Errors
    /// As [`practice_reset`]; [`Code::LedgerBusy`] when something would not come to rest. The
    /// workplace is opened again in any case.
    pub(crate) fn reset_practice(self: &Arc<Self>) -> Result<(), Failure> {
        let room = self.room()?;
        if self.environment() != Environment::Practice {
            return Err(LedgerFault::OtherEnvironment.into());
        }
        let place = self.place()?.clone();
        if !room.work.runs_practice() {
            return Err(Failure::new(Code::PracticeRunning));
        }
        drop(room);
        self.put_away();
        let at_rest = self.close_room(COME_TO_REST, COME_TO_REST);
        // What came back while everybody left is of a letter that is gone.
        self.put_away();
        self.teller.tell(Notice::StartupChanged);
        if !at_rest {
            let busy = Failure::from(LedgerFault::Busy);
            *lock(&self.stage) = Stage::Failed(told(busy.clone()));
            self.teller.tell(Notice::StartupChanged);
            return Err(busy);
        }
        let done = practice_reset(&place);
        self.open(&place);
        done
    }

    /// Takes the workplace away from everybody and waits until the last has left it. Gives whether
    /// it is closed.
    fn close_room(&self, upload: Duration, others: Duration) -> bool {
        let before = std::mem::replace(&mut *lock(&self.stage), Stage::Opening);
        let Stage::Open(room) = before else {
            return true;
        };
        room.engine.stop(upload);
        let end = Instant::now() + others;
        let Some(Room { engine, work }) = alone(room, end) else {
            return false;
        };
        drop(engine);
        // Stops practice in order.
        alone(work, end).is_some()
    }
}

/// The value itself, once nobody else holds it.
fn alone<T>(mut shared: Arc<T>, end: Instant) -> Option<T> {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(value) => return Some(value),
            Err(_) if Instant::now() >= end => return None,
            Err(still) => shared = still,
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A letter's name for a question to the clerk.
fn name_of(room: &Room, letter: LetterId) -> LetterName {
    let contents = utpost_dispatch::contents(&room.work.ledger, letter).ok();
    let title = contents
        .as_ref()
        .map(|contents| contents.title.expose("shown to the clerk").to_owned());
    LetterName {
        letter: letter.to_string(),
        title,
        recipient: contents.and_then(|contents| letters::recipient_name(&contents)),
    }
}
