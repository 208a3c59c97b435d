//! What the page may call. Each parses, calls one use case and converts; all of them work in
//! threads of their own, so that the window never stands still.

use std::path::PathBuf;
use std::sync::Arc;

use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow, async_runtime};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;
use utpost_dispatch::Code;
use utpost_domain::LetterId;
use utpost_workplace::Failure;
use uuid::Uuid;

use crate::bridge::{
    AddressCheck, AddressForm, AgencyForm, Composition, Counts, DoubtedReceipt, LetterDetail,
    LetterForm, LetterList, LetterQuery, LetterRow, LookedUp, Notice, NumberCheck, Outbox,
    PracticeBooks, PracticePerson, Preferences, Role, SampleLetter, SendOrder, SendOutcome,
    Session, Standstill, Startup, ThawView, Trouble,
};
use crate::office::{Office, told};
use crate::practice::{self, Act};
use crate::{Started, convert, start, window};

type Answer<T> = Result<T, Trouble>;
type Shared<'a> = State<'a, Arc<Office>>;

/// Does `work` where it may block, and tells what went wrong.
async fn at<T: Send + 'static>(
    office: Shared<'_>,
    work: impl FnOnce(&Arc<Office>) -> Result<T, Failure> + Send + 'static,
) -> Answer<T> {
    let office = Arc::clone(&office);
    let done = async_runtime::spawn_blocking(move || work(&office)).await;
    // A fault of the program ends the thread it is in, and nothing else.
    done.unwrap_or_else(|_| Err(Failure::new(Code::Defect)))
        .map_err(told)
}

fn letter_id(text: &str) -> Result<LetterId, Failure> {
    LetterId::parse(text).map_err(|_| Failure::new(Code::LetterUnknown))
}

fn message_id(text: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(text).map_err(|_| Failure::new(Code::PracticeLetter))
}

#[tauri::command]
pub(crate) fn startup(office: Shared<'_>) -> Startup {
    office.startup()
}

#[tauri::command]
pub(crate) fn subscribe(office: Shared<'_>, channel: Channel<Notice>) {
    office.teller.listen(Box::new(move |notice| {
        // A page that is gone hears nothing.
        let _ = channel.send(notice);
    }));
}

#[tauri::command]
pub(crate) fn ui_ready(started: State<'_, Started>) {
    start::mark(started.0);
}

#[tauri::command]
pub(crate) async fn set_preferences(
    office: Shared<'_>,
    preferences: Preferences,
) -> Answer<Session> {
    at(office, |office| office.set_preferences(preferences)).await
}

#[tauri::command]
pub(crate) async fn set_agency(office: Shared<'_>, agency: AgencyForm) -> Answer<Session> {
    at(office, move |office| office.set_agency(&agency)).await
}

#[tauri::command]
pub(crate) fn retry_startup(office: Shared<'_>) {
    office.retry();
}

#[tauri::command]
pub(crate) async fn counts(office: Shared<'_>) -> Answer<Counts> {
    at(office, |office| office.counts()).await
}

#[tauri::command]
pub(crate) async fn standstill(office: Shared<'_>) -> Answer<Standstill> {
    at(office, |office| office.standstill()).await
}

#[tauri::command]
pub(crate) async fn access_restored(office: Shared<'_>) -> Answer<Standstill> {
    at(office, |office| office.access_restored()).await
}

#[tauri::command]
pub(crate) async fn thaw(office: Shared<'_>) -> Answer<ThawView> {
    at(office, |office| office.thaw()).await
}

#[tauri::command]
pub(crate) async fn compose(office: Shared<'_>) -> Answer<Option<Composition>> {
    at(office, |office| office.current()).await
}

#[tauri::command]
pub(crate) async fn compose_pick(
    office: Shared<'_>,
    window: WebviewWindow,
    role: Role,
) -> Answer<Option<Composition>> {
    at(office, move |office| {
        let dialog = window.dialog().file().set_parent(&window);
        let chosen = match role {
            Role::Letter => dialog.add_filter("PDF", &["pdf"]).blocking_pick_files(),
            Role::Attachments => dialog.blocking_pick_files(),
            Role::Replacement => dialog
                .add_filter("PDF", &["pdf"])
                .blocking_pick_file()
                .map(|file| vec![file]),
        };
        let Some(chosen) = chosen else {
            return Ok(None);
        };
        let paths: Vec<PathBuf> = chosen
            .into_iter()
            .filter_map(|file| file.into_path().ok())
            .collect();
        office.take(&paths, role).map(Some)
    })
    .await
}

#[tauri::command]
pub(crate) async fn compose_take(
    office: Shared<'_>,
    paths: Vec<PathBuf>,
    role: Role,
) -> Answer<Composition> {
    at(office, move |office| office.take_given(&paths, role)).await
}

#[tauri::command]
pub(crate) async fn compose_sample(
    office: Shared<'_>,
    sample: SampleLetter,
) -> Answer<Composition> {
    at(office, move |office| office.take_sample(sample)).await
}

#[tauri::command]
pub(crate) async fn compose_remove(office: Shared<'_>, document: u32) -> Answer<Composition> {
    at(office, move |office| office.remove(document)).await
}

#[tauri::command]
pub(crate) async fn compose_rename(
    office: Shared<'_>,
    document: u32,
    title: String,
) -> Answer<Composition> {
    at(office, move |office| office.rename(document, &title)).await
}

#[tauri::command]
pub(crate) fn compose_clear(office: Shared<'_>) {
    office.put_away();
}

#[tauri::command]
pub(crate) async fn compose_resume(office: Shared<'_>, letter: String) -> Answer<Composition> {
    at(office, move |office| office.resume(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn compose_from(office: Shared<'_>, letter: String) -> Answer<Composition> {
    at(office, move |office| office.begin_from(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) fn check_number(office: Shared<'_>, text: String) -> NumberCheck {
    convert::check_number(&text, office.environment())
}

#[tauri::command]
pub(crate) fn check_address(address: AddressForm) -> AddressCheck {
    convert::check_address(&address)
}

#[tauri::command]
pub(crate) async fn look_up(
    office: Shared<'_>,
    revision: u32,
    form: LetterForm,
) -> Answer<LookedUp> {
    at(office, move |office| office.look_up(revision, form)).await
}

#[tauri::command]
pub(crate) async fn stop_asking(office: Shared<'_>) -> Answer<Composition> {
    at(office, |office| office.stop_asking()).await
}

#[tauri::command]
pub(crate) async fn allow_repeat(
    office: Shared<'_>,
    revision: u32,
    form: LetterForm,
    reason: String,
) -> Answer<LookedUp> {
    at(office, move |office| {
        office.allow_repeat(revision, form, &reason)
    })
    .await
}

#[tauri::command]
pub(crate) async fn send(office: Shared<'_>, order: SendOrder) -> Answer<SendOutcome> {
    at(office, |office| office.send(order)).await
}

#[tauri::command]
pub(crate) async fn undo(office: Shared<'_>, letter: String) -> Answer<LetterRow> {
    at(office, move |office| office.undo(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn send_now(office: Shared<'_>, letter: String) -> Answer<()> {
    at(office, move |office| office.send_now(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn try_now(office: Shared<'_>, letter: String) -> Answer<LetterRow> {
    at(office, move |office| office.try_now(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn check_status(office: Shared<'_>, letter: String) -> Answer<LetterRow> {
    at(office, move |office| {
        office.check_status(letter_id(&letter)?)
    })
    .await
}

#[tauri::command]
pub(crate) async fn confirm_unsent(office: Shared<'_>, letter: String) -> Answer<LetterRow> {
    at(office, move |office| {
        office.confirm_unsent(letter_id(&letter)?)
    })
    .await
}

#[tauri::command]
pub(crate) async fn cancel(office: Shared<'_>, letter: String) -> Answer<LetterRow> {
    at(office, move |office| office.cancel(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn outbox(office: Shared<'_>) -> Answer<Outbox> {
    at(office, |office| office.outbox()).await
}

#[tauri::command]
pub(crate) async fn letters(office: Shared<'_>, query: LetterQuery) -> Answer<LetterList> {
    at(office, move |office| office.letters(&query)).await
}

#[tauri::command]
pub(crate) async fn letter(office: Shared<'_>, letter: String) -> Answer<LetterDetail> {
    at(office, move |office| office.letter(letter_id(&letter)?)).await
}

#[tauri::command]
pub(crate) async fn collect_receipts(office: Shared<'_>) -> Answer<u32> {
    at(office, |office| office.collect_receipts()).await
}

#[tauri::command]
pub(crate) async fn stray_receipts(office: Shared<'_>) -> Answer<Vec<DoubtedReceipt>> {
    at(office, |office| office.stray_receipts()).await
}

#[tauri::command]
pub(crate) async fn evidence_folder(
    office: Shared<'_>,
    window: WebviewWindow,
    letter: String,
) -> Answer<Option<String>> {
    at(office, move |office| {
        let letter = letter_id(&letter)?;
        let picked = window
            .dialog()
            .file()
            .set_parent(&window)
            .blocking_pick_folder();
        let Some(folder) = picked.and_then(|folder| folder.into_path().ok()) else {
            return Ok(None);
        };
        let written = office.write_evidence(letter, &folder)?;
        let shown = written.display().to_string();
        show_folder(&window, &shown);
        Ok(Some(shown))
    })
    .await
}

#[tauri::command]
pub(crate) async fn open_data_folder(office: Shared<'_>, window: WebviewWindow) -> Answer<()> {
    at(office, move |office| {
        show_folder(&window, &office.place()?.folder.display().to_string());
        Ok(())
    })
    .await
}

#[tauri::command]
pub(crate) fn practice_persons() -> Vec<PracticePerson> {
    practice::persons()
}

#[tauri::command]
pub(crate) async fn practice_books(office: Shared<'_>) -> Answer<PracticeBooks> {
    at(office, |office| office.practice_books()).await
}

#[tauri::command]
pub(crate) async fn practice_open(office: Shared<'_>, message: String) -> Answer<PracticeBooks> {
    practice_act(office, Act::Open, message).await
}

#[tauri::command]
pub(crate) async fn practice_posted(office: Shared<'_>, message: String) -> Answer<PracticeBooks> {
    practice_act(office, Act::Posted, message).await
}

#[tauri::command]
pub(crate) async fn practice_returned(
    office: Shared<'_>,
    message: String,
) -> Answer<PracticeBooks> {
    practice_act(office, Act::Returned, message).await
}

#[tauri::command]
pub(crate) async fn practice_reset(office: Shared<'_>) -> Answer<()> {
    at(office, |office| office.reset_practice()).await
}

#[tauri::command]
pub(crate) async fn close(app: AppHandle, office: Shared<'_>, leave: bool) -> Answer<()> {
    at(office, move |_| {
        if leave {
            window::leave(&app);
        } else {
            window::stay(&app);
        }
        Ok(())
    })
    .await
}

async fn practice_act(office: Shared<'_>, act: Act, message: String) -> Answer<PracticeBooks> {
    at(office, move |office| {
        office.practice_act(act, message_id(&message)?)
    })
    .await
}

/// The file manager may be missing; what was to be shown is there all the same.
fn show_folder(window: &WebviewWindow, folder: &str) {
    if window.opener().open_path(folder, None::<&str>).is_err() {
        tracing::warn!("no file manager opened the folder");
    }
}
