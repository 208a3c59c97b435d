//! The window: a thin shell over the use cases of `dispatch`, around a page that has no rule of
//! its own.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod bridge;
mod commands;
mod compose;
mod composition;
mod convert;
#[cfg(test)]
mod generated;
mod letters;
mod lists;
mod office;
mod pages;
mod paper;
mod practice;
mod preferences;
mod standstill;
mod start;
mod teller;
#[cfg(test)]
mod tests;
mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tauri::{App, Builder, Manager, RunEvent, Wry};
use utpost_dispatch::Code;
use utpost_workplace::{Failure, Place, begin_log, quiet_faults};

use crate::office::Office;
use crate::window::Leaving;

/// When the process began, as nearly as it can tell.
struct Started(Instant);

fn main() -> Result<(), tauri::Error> {
    let started = Instant::now();
    let quiet = utpost_platform::openssl_without_config();
    let place = Place::from_env();
    begin_log(place.as_ref().ok().map(|place| place.folder.clone()));
    quiet_faults();
    let place = match quiet {
        Ok(()) => place,
        Err(fault) => Err(Failure::detailed(Code::Defect, fault)),
    };
    let state_file = place
        .as_ref()
        .ok()
        .map(|place| place.folder.join("window-state.json"));
    let mut context = tauri::generate_context!();
    if let Ok(place) = &place {
        let identifier = &mut context.config_mut().identifier;
        identifier.push_str(&of_this_place(place));
    }
    let office = Office::new(place);

    let app = shell(state_file)
        .manage(Started(started))
        .manage(Leaving::default())
        .manage(office)
        .setup(|app| Ok(set_up(app)?))
        .build(context)?;
    app.run(|app, event| {
        // The last window is gone without having asked, or the desktop ends the session.
        if let RunEvent::Exit = event {
            app.state::<Arc<Office>>().leave();
        }
    });
    Ok(())
}

/// What sets the program on this ledger apart from one on another: a start for production must not
/// hand its letter to a window in practice.
fn of_this_place(place: &Place) -> String {
    let mark = utpost_platform::path_mark(&place.folder);
    format!(".{}.at{mark}", place.environment)
}

fn shell(state_file: Option<PathBuf>) -> Builder<Wry> {
    let mut states = tauri_plugin_window_state::Builder::default();
    if let Some(file) = state_file {
        states = states.with_filename(file.to_string_lossy());
    }
    Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, words, folder| {
            window::show(app);
            let words = words.into_iter().map(PathBuf::from);
            let files = window::files(words, Path::new(&folder));
            app.state::<Arc<Office>>().give(files);
        }))
        .plugin(states.build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(
            tauri_plugin_opener::Builder::new()
                .open_js_links_on_click(false)
                .build(),
        )
        .register_asynchronous_uri_scheme_protocol("page", |context, request, responder| {
            let office = Arc::clone(&context.app_handle().state::<Arc<Office>>());
            tauri::async_runtime::spawn_blocking(move || {
                responder.respond(pages::answer(&office, &request));
            });
        })
        .on_window_event(|window, event| window::happened(window.app_handle(), event))
        .invoke_handler(tauri::generate_handler![
            commands::startup,
            commands::subscribe,
            commands::ui_ready,
            commands::set_preferences,
            commands::set_agency,
            commands::retry_startup,
            commands::counts,
            commands::standstill,
            commands::access_restored,
            commands::thaw,
            commands::compose,
            commands::compose_pick,
            commands::compose_take,
            commands::compose_sample,
            commands::compose_remove,
            commands::compose_rename,
            commands::compose_clear,
            commands::compose_resume,
            commands::compose_from,
            commands::check_number,
            commands::check_address,
            commands::look_up,
            commands::stop_asking,
            commands::allow_repeat,
            commands::send,
            commands::undo,
            commands::send_now,
            commands::try_now,
            commands::check_status,
            commands::confirm_unsent,
            commands::cancel,
            commands::outbox,
            commands::letters,
            commands::letter,
            commands::collect_receipts,
            commands::stray_receipts,
            commands::evidence_folder,
            commands::open_data_folder,
            commands::practice_persons,
            commands::practice_books,
            commands::practice_open,
            commands::practice_posted,
            commands::practice_returned,
            commands::practice_reset,
            commands::close,
        ])
}

fn set_up(app: &App) -> tauri::Result<()> {
    // Not before: a second start ends here, with nothing opened.
    app.state::<Arc<Office>>().open_soon();
    window::open(app.handle())?;
    window::leave_on_signals(app.handle().clone());
    let folder = std::env::current_dir().unwrap_or_default();
    let words = std::env::args_os().map(PathBuf::from);
    app.state::<Arc<Office>>()
        .give(window::files(words, &folder));
    Ok(())
}
