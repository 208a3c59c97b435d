//! What happens to letters without anybody waiting for it: undo windows end, letters are sent and
//! tried again, receipts are fetched, silent registers are asked again.
//!
//! One thread keeps the time. Each letter is worked on by a thread of its own, at most four at
//! once, so that a slow upload holds back neither receipts nor the undo windows of others. Nothing
//! here ever presses Send: a letter that is Ready stays Ready.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use utpost_dispatch::{
    Agency, Clock, Code, Desk, Fault, Halt, Held, Ledger, Progress, Restoration, advance,
    check_status, collect_receipts, decide, derive_spread, next_try, reverify_waiting, seal_held,
    thaw, watch,
};
use utpost_domain::{Actor, Letter, LetterId, State};

use crate::{Failure, Workplace};

/// Letters looked after.
const MOST: u32 = 10_000;
/// Letters worked on at once.
const HANDS: usize = 4;
/// The clock is looked at this often at least: it may have been set, the machine may have slept.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);
/// Letters that another program put into the ledger are found this often.
const ROUND: SignedDuration = SignedDuration::from_mins(10);
/// After a letter was handed over its receipts are looked for after so many seconds.
const SOON: [i64; 5] = [1, 2, 4, 10, 30];
/// While something is under way receipts are looked for this often.
const BUSY: SignedDuration = SignedDuration::from_mins(1);
/// And this often else.
const QUIET: SignedDuration = SignedDuration::from_mins(10);
/// A letter that another program is just sending, or whose program ended, is looked at this often.
const SENDING: SignedDuration = SignedDuration::from_secs(30);
/// Sealing takes seconds. A letter that has stood in its undo window so long after its end was left
/// there.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(5);

/// Who is told what happens to letters. Called from the threads that work on them, so it must not
/// block and must not call the engine.
pub trait Watching: Send + Sync {
    /// Something happened to this letter, or stopped happening.
    fn changed(&self, letter: LetterId);
    /// This letter is being worked on; told often.
    fn progress(&self, letter: LetterId, progress: Progress);
    /// A call to a service went well. Gives whether that is news, after which letters that wait for
    /// a service are tried at once.
    fn reached(&self, now: Timestamp) -> bool;
    /// Something went wrong with this code, which may tell something of the connection.
    fn not_reached(&self, code: Code, now: Timestamp);
    /// All letters are kept from being sent now, or no longer, or for another reason.
    fn standstill_changed(&self);
}

/// The engine of one open workplace.
pub struct Engine {
    shared: Arc<Shared>,
    clockwork: Mutex<Option<JoinHandle<()>>>,
}

/// How sending of one letter goes.
#[derive(Clone, Default)]
pub struct Going {
    /// Bytes handed over, while it is being sent.
    pub sent: Option<u64>,
    /// What was wrong last, and when that was.
    pub trouble: Option<(Code, Timestamp)>,
    /// When it is tried again, after something was wrong.
    pub next_try_at: Option<Timestamp>,
}

struct Shared {
    work: Arc<Workplace>,
    watching: Arc<dyn Watching>,
    plan: Mutex<Plan>,
    /// The plan has changed, or somebody has finished.
    turn: Condvar,
    /// Receipts are fetched by one at a time.
    fetching: Mutex<()>,
    /// What kept all letters from being sent when that was last looked at.
    standstill: Mutex<Standstill>,
}

/// What keeps all letters from being sent.
#[derive(PartialEq, Eq)]
struct Standstill {
    halt: Option<Halt>,
    restoration: Option<Restoration>,
}

struct Plan {
    stopping: bool,
    /// Undo windows opened in this program.
    windows: HashMap<LetterId, Held>,
    tracks: HashMap<LetterId, Track>,
    /// Letters being worked on just now.
    busy: HashMap<LetterId, Busy>,
    receipts_at: BTreeSet<Timestamp>,
    fetching: bool,
    /// Receipts have been fetched at least once.
    fetched: bool,
    /// Receipts have been asked for at least once, whatever came of it.
    looked: bool,
    round_at: Timestamp,
    /// All letters have been looked at since the start.
    surveyed: bool,
}

struct Busy {
    task: Task,
    sent: Option<u64>,
    /// Something new was asked for meanwhile.
    again: bool,
}

impl Busy {
    fn with(task: Task) -> Self {
        Self {
            task,
            sent: None,
            again: false,
        }
    }
}

/// What is known of a letter on its way.
#[derive(Clone)]
struct Track {
    state: State,
    since: Timestamp,
    /// What comes next, if anything does.
    task: Option<Task>,
    /// When; `None` until somebody wants it.
    due: Option<Timestamp>,
    /// Tries in vain since anything changed, or statuses asked for.
    tries: u32,
    trouble: Option<(Code, Timestamp)>,
    /// The service itself named the time of the next try.
    named: bool,
    /// No service was reached.
    unreached: bool,
}

/// What is to be done with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Its undo window is over: seal and send.
    Release,
    /// Send, or ask what became of sending.
    Send,
    /// Ask the access point how far it is.
    Ask,
    /// Ask the register again.
    Decide,
}

impl Task {
    /// Whether it can wait: a service that is silent must not keep letters from being sent.
    fn only_asks(self) -> bool {
        matches!(self, Self::Ask | Self::Decide)
    }
}

impl Engine {
    /// Starts. Letters left in their undo window by a program that ended go back to Ready.
    pub fn start(work: Arc<Workplace>, watching: Arc<dyn Watching>) -> Self {
        let now = work.clock.now();
        // What can't be read now is told when it can.
        let standstill = Standstill {
            halt: work.ledger.halt().ok().flatten(),
            restoration: work.ledger.restoration().ok().flatten(),
        };
        let shared = Arc::new(Shared {
            work,
            watching,
            plan: Mutex::new(Plan::new(now)),
            turn: Condvar::new(),
            fetching: Mutex::new(()),
            standstill: Mutex::new(standstill),
        });
        shared.take_up();
        let clockwork = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("utpost-engine".to_owned())
            .spawn(move || clockwork.run());
        if thread.is_err() {
            tracing::error!("no thread for the engine");
        }
        Self {
            shared,
            clockwork: Mutex::new(thread.ok()),
        }
    }

    /// Whether somebody works on this letter just now.
    pub fn is_working_on(&self, letter: LetterId) -> bool {
        lock(&self.shared.plan).busy.contains_key(&letter)
    }

    /// Receipts are to be expected.
    pub fn look_soon(&self) {
        let now = self.shared.now();
        lock(&self.shared.plan).look_soon(now);
        self.shared.turn.notify_all();
    }

    /// Makes sure that a letter that another program put there is planned for.
    pub fn know(&self, letter: &Letter) {
        if !lock(&self.shared.plan).tracks.contains_key(&letter.id()) {
            self.shared.saw(letter, None);
        }
    }

    /// Something was done to this letter elsewhere: sent, called back, looked up.
    pub fn saw(&self, letter: &Letter) {
        self.shared.saw(letter, None);
        self.shared.watching.changed(letter.id());
        self.shared.look_at_standstill();
    }

    /// Something went wrong elsewhere that may keep all letters from being sent.
    pub fn look_at_standstill(&self) {
        self.shared.look_at_standstill();
    }

    /// Send was pressed: the undo window runs.
    pub fn hold(&self, held: Held) {
        let (letter, until) = (held.letter(), held.until());
        let mut plan = lock(&self.shared.plan);
        plan.windows.insert(letter, held);
        // Nothing is read here: what can't fail can't forget the letter.
        plan.tracks
            .insert(letter, Track::held(until, self.shared.now()));
        drop(plan);
        self.shared.turn.notify_all();
        self.shared.watching.changed(letter);
    }

    /// Its undo window ends, or its next try comes, now. Gives whether there was anything to do.
    pub fn hurry(&self, letter: LetterId) -> bool {
        let now = self.shared.now();
        let mut plan = lock(&self.shared.plan);
        let busy = plan.busy.get_mut(&letter);
        let is_busy = busy.map(|busy| busy.again = true).is_some();
        let is_planned = plan.put_to(letter, now);
        self.shared.turn.notify_all();
        is_busy || is_planned
    }

    /// What the agency's sending stood still for is mended: letters that wait for it are tried now.
    pub fn go_on(&self) {
        self.shared.go_on();
    }

    /// Fetches receipts now. Gives how many were new.
    ///
    /// # Errors
    /// As [`collect_receipts`].
    pub fn collect(&self) -> Result<usize, Failure> {
        self.shared.collect()
    }

    /// How sending of this letter goes.
    #[must_use]
    pub fn going(&self, letter: LetterId) -> Going {
        let plan = lock(&self.shared.plan);
        let track = plan.tracks.get(&letter);
        Going {
            sent: plan.busy.get(&letter).and_then(|busy| busy.sent),
            trouble: track.and_then(|track| track.trouble),
            next_try_at: track
                .filter(|track| track.trouble.is_some())
                .and_then(|track| track.due),
        }
    }

    /// Letters in their undo window, and letters being sent just now.
    pub fn unfinished(&self) -> (Vec<LetterId>, Vec<LetterId>) {
        let plan = lock(&self.shared.plan);
        let sending = plan.busy.iter().filter(|(_, busy)| !busy.task.only_asks());
        let under_way = sending.map(|(letter, _)| *letter).collect();
        let windows = plan.windows.keys().copied();
        let held = windows
            .filter(|letter| !plan.busy.contains_key(letter))
            .collect();
        (held, under_way)
    }

    /// Whether nothing is left to be done here and nothing more is about to be told: no letter is
    /// being sent or waits to be, each one handed over has come further than to its provider, and
    /// receipts have been fetched. Print that waits for the post is not waited for.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        lock(&self.shared.plan).is_at_rest()
    }

    /// Whether the ledger was looked through and receipts were asked for since the start.
    #[must_use]
    pub fn has_looked(&self) -> bool {
        let plan = lock(&self.shared.plan);
        plan.surveyed && plan.looked && !plan.fetching
    }

    /// Stops: nothing new begins, letters in their undo window go back to Ready, what is being sent
    /// may finish for so long. Gives whether all has come to rest.
    pub fn stop(&self, patience: Duration) -> bool {
        lock(&self.shared.plan).stopping = true;
        self.shared.turn.notify_all();
        if let Some(thread) = lock(&self.clockwork).take() {
            // It ends at its next turn; a fault in it has been logged.
            let _ = thread.join();
        }
        let (held, _) = self.unfinished();
        for letter in held {
            self.shared.call_back(letter);
        }
        self.shared.rest(patience)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

impl Shared {
    fn now(&self) -> Timestamp {
        self.work.clock.now()
    }

    /// The clockwork.
    fn run(self: Arc<Self>) {
        let mut plan = lock(&self.plan);
        while !plan.stopping {
            let now = self.now();
            if plan.round_at <= now {
                plan.round_at = later(now, ROUND);
                drop(plan);
                self.round();
                plan = lock(&self.plan);
                plan.surveyed = true;
                continue;
            }
            while let Some((letter, task)) = plan.due(now) {
                plan.busy.insert(letter, Busy::with(task));
                if !self.begin(move |shared| shared.work_on(letter, task)) {
                    plan.busy.remove(&letter);
                    plan.put_to(letter, later(now, SENDING));
                }
            }
            if plan.receipts_are_due(now) {
                plan.fetching = self.begin(|shared| {
                    let collected = catch_unwind(AssertUnwindSafe(|| shared.collect()));
                    match collected {
                        Ok(Ok(_)) => {}
                        Ok(Err(failure)) => failure.log(),
                        Err(_) => lock(&shared.plan).looked(shared.now()),
                    }
                    lock(&shared.plan).fetching = false;
                    shared.turn.notify_all();
                });
                if !plan.fetching {
                    plan.looked(now);
                }
            }
            let pause = self.work.clock.real(plan.pause(self.now()));
            let turned = self.turn.wait_timeout(plan, pause);
            plan = turned.map_or_else(|poisoned| poisoned.into_inner().0, |(plan, _)| plan);
        }
    }

    /// Runs `job` in a thread of its own. A fault in it is logged where it happens, and ends there.
    /// Gives whether there was a thread for it.
    fn begin(self: &Arc<Self>, job: impl FnOnce(&Arc<Shared>) + Send + 'static) -> bool {
        let shared = Arc::clone(self);
        let begun = thread::Builder::new()
            .name("utpost-letter".to_owned())
            .spawn(move || job(&shared));
        if begun.is_err() {
            tracing::error!("no thread for a letter");
        }
        begun.is_ok()
    }

    /// What a program that ended left in its undo window was not meant to go.
    fn take_up(&self) {
        let alone = self.work.ledger.was_opened_alone();
        for letter in self.on_their_way() {
            if letter.state() == State::Held && (alone || self.is_forgotten(&letter)) {
                self.call_back(letter.id());
            }
        }
        let agency = self.work.agency();
        self.log_only(reverify_waiting(&self.desk(&agency, &|_| {})));
    }

    /// Whether a letter's undo window ended long ago, and it was neither sealed nor called back:
    /// the program that opened the window has ended.
    fn is_forgotten(&self, letter: &Letter) -> bool {
        let now = self.now();
        letter
            .undo_until()
            .is_some_and(|until| later(until, FORGOTTEN) < now)
    }

    /// Finds letters that came into the ledger by other ways.
    fn round(&self) {
        for letter in self.on_their_way() {
            let plan = lock(&self.plan);
            let known = plan.tracks.contains_key(&letter.id());
            let ours = plan.windows.contains_key(&letter.id());
            drop(plan);
            if letter.state() == State::Held && !ours && self.is_forgotten(&letter) {
                self.call_back(letter.id());
            } else if !known {
                self.saw(&letter, None);
            }
        }
        self.look_after_all();
    }

    /// What concerns no letter alone: a restored ledger's outbox, and what is overdue.
    fn look_after_all(&self) {
        let agency = self.work.agency();
        let desk = self.desk(&agency, &|_| {});
        let restored = self.work.ledger.restoration().map_err(Fault::from);
        if let Some(Some(_)) = self.log_only(restored) {
            self.thaw(&desk);
        }
        self.look_at_standstill();
        for (letter, _) in self.log_only(watch(&desk)).into_iter().flatten() {
            self.watching.changed(letter);
        }
    }

    /// Asks what became of a restored ledger's letters, and tells what that changed.
    fn thaw(&self, desk: &Desk<'_>) {
        let ledger = &self.work.ledger;
        let rows = ledger
            .unsent(MOST)
            .and_then(|unsent| Ok((unsent, ledger.on_their_way(MOST)?)));
        let rows = self.log_only(rows.map_err(Fault::from));
        let thawed = self.log_only(thaw(desk));
        // Also where it broke off in the middle.
        for before in rows
            .into_iter()
            .flat_map(|(unsent, sent)| unsent.into_iter().chain(sent))
        {
            if ledger.row(before.letter).is_ok_and(|row| row != before)
                && let Ok(letter) = ledger.letter(before.letter)
            {
                self.saw(&letter, None);
                self.watching.changed(letter.id());
            }
        }
        if thawed.is_some_and(|thaw| thaw.unanswered == 0) {
            self.go_on();
        }
    }

    /// Tells when what keeps all letters from being sent is not what it was.
    fn look_at_standstill(&self) {
        let ledger = &self.work.ledger;
        let mut known = lock(&self.standstill);
        let read = ledger
            .halt()
            .and_then(|halt| Ok((halt, ledger.restoration()?)));
        let Some((halt, restoration)) = self.log_only(read.map_err(Fault::from)) else {
            return;
        };
        let now = Standstill { halt, restoration };
        let is_news = *known != now;
        *known = now;
        drop(known);
        if is_news {
            self.watching.standstill_changed();
        }
    }

    /// What stood still may go on.
    fn go_on(&self) {
        lock(&self.plan).hurry_all(self.now());
        self.turn.notify_all();
    }

    /// Letters that the engine may have to do with.
    fn on_their_way(&self) -> Vec<Letter> {
        let ledger = &self.work.ledger;
        let rows = ledger
            .unsent(MOST)
            .and_then(|unsent| Ok((unsent, ledger.on_their_way(MOST)?)));
        match rows {
            Ok((unsent, on_their_way)) => unsent
                .into_iter()
                .chain(on_their_way)
                .filter(|row| task_for(row.state).is_some())
                .filter_map(|row| ledger.letter(row.letter).ok())
                .collect(),
            Err(fault) => {
                Failure::from(fault).log();
                Vec::new()
            }
        }
    }

    /// The desk where the program itself acts.
    fn desk<'a>(
        &'a self,
        agency: &'a Agency,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Desk<'a> {
        Desk {
            actor: Actor::Program,
            ..self.work.desk(agency, progress)
        }
    }

    fn call_back(&self, letter: LetterId) {
        let agency = self.work.agency();
        let undone = self.desk(&agency, &|_| {}).undo(letter);
        match undone {
            Ok(letter) => {
                self.saw(&letter, None);
                self.watching.changed(letter.id());
            }
            Err(fault) => Failure::from(fault).about(letter).log(),
        }
    }

    /// What is given back when it goes well; else the log has it, and it is tried again.
    fn log_only<T>(&self, done: Result<T, Fault>) -> Option<T> {
        done.map_err(|fault| Failure::from(fault).log()).ok()
    }

    /// Notes how a letter stands and plans what comes next; with `fault`, that a try was in vain.
    fn saw(&self, letter: &Letter, fault: Option<&Fault>) {
        let now = self.now();
        let mut plan = lock(&self.plan);
        let before = plan.tracks.get(&letter.id());
        let mut track = Track::of(letter, before, fault, now);
        if letter.state() != State::Held {
            plan.windows.remove(&letter.id());
        } else if !plan.windows.contains_key(&letter.id()) {
            // Another program's undo window is not ours to end.
            track.task = None;
            track.due = None;
        }
        let before = plan.tracks.get(&letter.id());
        if track.was_handed_over(before) {
            plan.look_soon(now);
        }
        if track.is_of_interest() {
            plan.tracks.insert(letter.id(), track);
        } else {
            plan.tracks.remove(&letter.id());
        }
        self.turn.notify_all();
    }

    /// Does `task`, whatever comes of it.
    fn work_on(&self, letter: LetterId, task: Task) {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.attempt(letter, task)));
        let outcome = attempt.unwrap_or(Err(Fault::Record));
        let now = self.now();
        match &outcome {
            Ok(()) => {
                if self.watching.reached(now) {
                    lock(&self.plan).hurry_unreached(now);
                }
            }
            // Called back, or taken by another program, meanwhile.
            Err(fault) if fault.code() == Code::NotNow => {}
            Err(fault) => self.watching.not_reached(fault.code(), now),
        }
        let fault = outcome.err();
        if fault.is_some() {
            self.look_at_standstill();
        }
        let mut seen = self.work.ledger.letter(letter);
        if task != Task::Release && lock(&self.plan).windows.contains_key(&letter) {
            // Send was pressed meanwhile, perhaps after this was read.
            seen = self.work.ledger.letter(letter);
        }
        match seen {
            Ok(seen) => self.saw(&seen, fault.as_ref()),
            Err(fault) => {
                Failure::from(fault).about(letter).log();
                lock(&self.plan).put_to(letter, later(now, QUIET));
            }
        }
        if let Some(fault) = fault {
            Failure::from(fault).about(letter).log();
        }
        let mut plan = lock(&self.plan);
        if plan.busy.remove(&letter).is_some_and(|busy| busy.again) {
            plan.put_to(letter, now);
        }
        drop(plan);
        self.turn.notify_all();
        self.watching.changed(letter);
    }

    fn attempt(&self, letter: LetterId, task: Task) -> Result<(), Fault> {
        let agency = self.work.agency();
        let told = |progress: Progress| {
            if let Progress::Uploading { done, .. } = progress
                && let Some(busy) = lock(&self.plan).busy.get_mut(&letter)
            {
                busy.sent = Some(done);
            }
            self.watching.progress(letter, progress);
        };
        let desk = self.desk(&agency, &told);
        match task {
            Task::Release => {
                let window = lock(&self.plan).windows.get(&letter).cloned();
                // What the clerk pressed Send for is sealed in the clerk's name.
                let clerks = self.work.desk(&agency, &told);
                // Called back just now.
                let Some(window) = window else { return Ok(()) };
                let sealed = seal_held(&clerks, window)?;
                self.watching.changed(letter);
                // What is sealed while the program ends is safe in the outbox.
                if sealed.state() == State::Queued && !lock(&self.plan).stopping {
                    advance(&desk, letter)?;
                }
            }
            Task::Send => {
                advance(&desk, letter)?;
            }
            Task::Ask => {
                check_status(&desk, letter)?;
            }
            Task::Decide => {
                decide(&desk, letter)?;
            }
        }
        Ok(())
    }

    fn collect(&self) -> Result<usize, Failure> {
        let _alone = lock(&self.fetching);
        let agency = self.work.agency();
        let collected = collect_receipts(&self.desk(&agency, &|_| {}));
        let now = self.now();
        lock(&self.plan).looked(now);
        let collected = collected.map_err(|fault| {
            self.watching.not_reached(fault.code(), now);
            self.look_at_standstill();
            Failure::from(fault)
        })?;
        lock(&self.plan).fetched = true;
        if self.watching.reached(now) {
            lock(&self.plan).hurry_unreached(now);
        }
        let told: BTreeSet<LetterId> = collected
            .receipts
            .iter()
            .filter_map(|receipt| receipt.letter)
            .collect();
        for letter in told {
            if let Ok(letter) = self.work.ledger.letter(letter) {
                self.saw(&letter, None);
            }
            self.watching.changed(letter);
        }
        Ok(collected.receipts.len())
    }

    /// Waits until nobody works, so long at most.
    fn rest(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut plan = lock(&self.plan);
        while !plan.busy.is_empty() || plan.fetching {
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                return false;
            };
            let turned = self.turn.wait_timeout(plan, left);
            plan = turned.map_or_else(|poisoned| poisoned.into_inner().0, |(plan, _)| plan);
        }
        true
    }
}

impl Plan {
    fn new(now: Timestamp) -> Self {
        Self {
            stopping: false,
            windows: HashMap::new(),
            tracks: HashMap::new(),
            busy: HashMap::new(),
            receipts_at: BTreeSet::from([now]),
            fetching: false,
            fetched: false,
            looked: false,
            round_at: now,
            surveyed: false,
        }
    }

    /// Letters that may be begun with, and when.
    fn free(&self) -> impl Iterator<Item = (Timestamp, LetterId, Task)> {
        let asking = self.busy.values().filter(|busy| busy.task.only_asks());
        let may_ask = asking.count() < HANDS / 2;
        let has_hands = self.busy.len() < HANDS;
        self.tracks.iter().filter_map(move |(letter, track)| {
            let task = track.task.filter(|task| may_ask || !task.only_asks())?;
            let is_free = has_hands && !self.busy.contains_key(letter);
            Some((track.due.filter(|_| is_free)?, *letter, task))
        })
    }

    /// A letter whose time has come.
    fn due(&self, now: Timestamp) -> Option<(LetterId, Task)> {
        self.free()
            .filter(|(at, ..)| *at <= now)
            .min_by_key(|(at, letter, _)| (*at, *letter))
            .map(|(_, letter, task)| (letter, task))
    }

    fn is_at_rest(&self) -> bool {
        let works = self.fetching || !self.busy.is_empty() || !self.windows.is_empty();
        let moves = |track: &Track| {
            let on_its_way = matches!(
                track.state,
                State::Held | State::AtAccessPoint | State::AtProvider
            );
            on_its_way || track.task.is_some()
        };
        self.surveyed && self.fetched && !works && !self.tracks.values().any(moves)
    }

    fn receipts_are_due(&self, now: Timestamp) -> bool {
        !self.fetching && self.receipts_at.first().is_some_and(|at| *at <= now)
    }

    /// How long nothing is due, as far as is known.
    fn pause(&self, now: Timestamp) -> Duration {
        let letters = self.free().map(|(at, ..)| at);
        let receipts = self.receipts_at.first().filter(|_| !self.fetching).copied();
        let first = letters.chain(receipts).chain([self.round_at]).min();
        let left = first.map_or(SignedDuration::ZERO, |at| at.duration_since(now));
        Duration::try_from(left)
            .unwrap_or_default()
            .min(LONGEST_SLEEP)
    }

    fn look_soon(&mut self, now: Timestamp) {
        let soon = SOON.map(|seconds| later(now, SignedDuration::from_secs(seconds)));
        self.receipts_at.extend(soon);
    }

    /// Receipts were looked for: what was due is done, and the next time is set.
    fn looked(&mut self, now: Timestamp) {
        self.looked = true;
        let busy = self.tracks.values().any(|track| track.is_awaited(now));
        let regular = later(now, if busy { BUSY } else { QUIET });
        self.receipts_at.retain(|at| *at > now && *at < regular);
        self.receipts_at.insert(regular);
    }

    /// The services can be reached again: what waited for that waits no longer. Where a service
    /// answered, and its answer was that it is busy, the letter's own pause stands.
    fn hurry_unreached(&mut self, now: Timestamp) {
        self.hurry(now, |track| track.unreached);
    }

    /// What stood still for everybody may go on.
    fn hurry_all(&mut self, now: Timestamp) {
        self.hurry(now, |track| track.trouble.is_some() && !track.named);
    }

    fn hurry(&mut self, now: Timestamp, which: impl Fn(&Track) -> bool) {
        for track in self.tracks.values_mut().filter(|track| which(track)) {
            track.due = track.due.map(|due| due.min(now));
        }
    }

    fn put_to(&mut self, letter: LetterId, at: Timestamp) -> bool {
        let Some(track) = self.tracks.get_mut(&letter) else {
            return false;
        };
        track.due = track.task.map(|_| at);
        track.due.is_some()
    }
}

impl Track {
    /// Of a letter whose undo window runs until then.
    fn held(until: Timestamp, now: Timestamp) -> Self {
        Self {
            state: State::Held,
            since: now,
            task: Some(Task::Release),
            due: Some(until),
            tries: 0,
            trouble: None,
            named: false,
            unreached: false,
        }
    }

    fn of(letter: &Letter, before: Option<&Track>, fault: Option<&Fault>, now: Timestamp) -> Self {
        let state = letter.state();
        let same = before.filter(|before| before.state == state);
        // A race that another won is no failure.
        let fault = fault.filter(|fault| fault.code() != Code::NotNow);
        let tried = before.map_or(0, |before| before.tries);
        let tries = match fault {
            Some(_) => tried.saturating_add(1),
            None if state == State::AtAccessPoint => same.map_or(0, |same| same.tries + 1),
            None => 0,
        };
        let task = task_for(state);
        let spread = derive_spread(letter.id(), tries);
        let due = match (fault, task) {
            (_, None) => None,
            // What waiting mends nothing of, a full disk or a frozen outbox, somebody may mend.
            (Some(fault), Some(_)) => {
                let pause = fault.next_try(tries, spread);
                Some(pause.map_or(later(now, ROUND), |pause| after(now, pause)))
            }
            (None, Some(Task::Release)) => letter.undo_until(),
            (None, Some(Task::Send)) if state == State::Submitting => Some(later(now, SENDING)),
            (None, Some(Task::Send)) => Some(now),
            (None, Some(Task::Ask | Task::Decide)) => {
                Some(after(now, next_try(tries + 1, None, spread)))
            }
        };
        let trouble = match fault {
            Some(fault) => Some((fault.code(), now)),
            None => same.and_then(|same| same.trouble),
        };
        Self {
            state,
            since: same.map_or(now, |same| same.since),
            task,
            due,
            tries,
            trouble,
            named: fault.is_some_and(|fault| fault.retry_after().is_some()),
            unreached: fault.is_some_and(Fault::was_unreached),
        }
    }

    fn is_of_interest(&self) -> bool {
        // Why a letter is stopped is told by the letter itself.
        let is_stopped = matches!(self.state, State::Stopped(_));
        let held_up = self.trouble.is_some() && self.state.is_unsent() && !is_stopped;
        self.task.is_some() || is_awaited(self.state) || held_up
    }

    /// Whether something new may be told of it any minute.
    fn is_awaited(&self, now: Timestamp) -> bool {
        is_awaited(self.state) && now.duration_since(self.since) < SignedDuration::from_hours(24)
    }

    fn was_handed_over(&self, before: Option<&Track>) -> bool {
        is_awaited(self.state) && before.is_some_and(|before| !is_awaited(before.state))
    }
}

fn is_awaited(state: State) -> bool {
    matches!(
        state,
        State::AtAccessPoint | State::AtProvider | State::PrintAccepted
    )
}

/// What is to be done with a letter in this state.
fn task_for(state: State) -> Option<Task> {
    match state {
        State::Held => Some(Task::Release),
        State::Queued | State::Submitting | State::Uncertain => Some(Task::Send),
        State::AtAccessPoint => Some(Task::Ask),
        State::WaitingForRegister => Some(Task::Decide),
        _ => None,
    }
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    later(now, SignedDuration::try_from(pause).unwrap_or(QUIET))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}

/// What a panicking holder left behind is used as it is: every value here is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_trouble(unreached: bool, named: bool) -> Track {
        let now = Timestamp::UNIX_EPOCH;
        Track {
            trouble: Some((Code::AccessPointSilent, now)),
            unreached,
            named,
            ..Track::held(later(now, ROUND), now)
        }
    }

    #[test]
    fn what_held_a_letter_up_is_remembered_until_it_is_stopped_and_tells_itself() {
        let track = |state| Track {
            state,
            task: None,
            ..in_trouble(false, false)
        };
        assert!(track(State::Ready).is_of_interest());
        let stopped = State::Stopped(utpost_domain::StopReason::ChannelChanged);
        assert!(!track(stopped).is_of_interest());
    }

    #[test]
    fn an_answer_to_another_hurries_only_what_reached_no_service() {
        let now = Timestamp::UNIX_EPOCH;
        let [unreached, busy, named] = [(true, false), (false, false), (false, true)]
            .map(|(unreached, named)| (LetterId::generate(), in_trouble(unreached, named)));
        let ids = [unreached.0, busy.0, named.0];
        let mut plan = Plan::new(now);
        plan.tracks = HashMap::from([unreached, busy, named]);
        let due = |plan: &Plan| ids.map(|id| plan.tracks[&id].due == Some(now));

        plan.hurry_unreached(now);
        assert_eq!(due(&plan), [true, false, false]);
        // Access is there again, or a restored ledger has been asked about.
        plan.hurry_all(now);
        assert_eq!(due(&plan), [true, true, false]);
    }
}
