//! The control interface under `/practice`: what the citizen, the print shop and a test do.
//!
//! JSON in and out; every call carries the control token of `endpoints.json` as bearer.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::{Course, Entry, LetterKind};
use crate::checks::receipt::Event;
use crate::faults::Fault;
use crate::persons::{PersonRow, persons};
use crate::problem::Problem;
use crate::providers::{self, Forgery};
use crate::world::Shared;

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    Router::new()
        .route("/persons", get(all_persons))
        .route("/books", get(books))
        .route("/mailboxes", get(mailboxes))
        .route("/mailboxes/{message}/open", post(open))
        .route("/print", get(pile))
        .route("/print/{message}/posted", post(posted))
        .route("/print/{message}/returned", post(returned))
        .route("/advance", post(advance))
        .route("/forge", post(forge))
        .route("/faults", get(faults).post(plan_fault).delete(clear_faults))
        .route_layer(middleware::from_fn_with_state(world.clone(), guard))
}

async fn guard(
    State(world): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let expected = format!("Bearer {}", world.control_token);
    let given = request.headers().get(header::AUTHORIZATION);
    if given.is_some_and(|given| given.as_bytes() == expected.as_bytes()) {
        Ok(next.run(request).await)
    } else {
        Err(Problem::unauthorized(
            "the control token is missing or wrong",
        ))
    }
}

async fn all_persons() -> Json<&'static [PersonRow]> {
    Json(persons())
}

async fn books(State(world): State<Shared>) -> Json<Value> {
    let books = world.books();
    let letters: Vec<&Course> = books.courses().collect();
    Json(json!({ "letters": letters, "entries": books.entries() }))
}

/// Letters that lie in a mailbox, with what the citizen sees of them.
async fn mailboxes(State(world): State<Shared>) -> Json<Value> {
    Json(delivered(&world, LetterKind::Digital))
}

/// Print orders that the print shop has accepted.
async fn pile(State(world): State<Shared>) -> Json<Value> {
    Json(delivered(&world, LetterKind::Print))
}

fn delivered(world: &Shared, kind: LetterKind) -> Value {
    let books = world.books();
    books
        .courses()
        .filter(|course| course.letter.kind == kind && course.is_delivered())
        .map(|course| {
            json!({
                "message": course.letter.message,
                "conversation": course.letter.original.conversation_id,
                "supplier": course.letter.receiver,
                "addressee": course.letter.addressee,
                "received_at": course.letter.at,
                "opening_asked": course.letter.opening_asked,
                "opened_at": course.opened_at,
                "receipts": course.receipts,
                "contents": providers::contents(world, &course.letter),
            })
        })
        .collect()
}

async fn open(
    State(world): State<Shared>,
    Path(message): Path<Uuid>,
) -> Result<Json<Value>, Problem> {
    let letter = find(&world, message, LetterKind::Digital)?;
    let at = world.now();
    if letter.opened_at.is_none() {
        world
            .books()
            .write(Entry::Opened { at, message })
            .map_err(|fault| Problem::internal("books", &fault))?;
    }
    let due = letter.letter.opening_asked && !letter.has_receipt(&Event::Opened);
    take(&world, message, due.then_some(Event::Opened))
}

async fn posted(
    State(world): State<Shared>,
    Path(message): Path<Uuid>,
) -> Result<Json<Value>, Problem> {
    let letter = find(&world, message, LetterKind::Print)?;
    let due = !letter.has_receipt(&Event::Delivered);
    take(&world, message, due.then_some(Event::Delivered))
}

async fn returned(
    State(world): State<Shared>,
    Path(message): Path<Uuid>,
) -> Result<Json<Value>, Problem> {
    let letter = find(&world, message, LetterKind::Print)?;
    if !letter.has_receipt(&Event::Delivered) {
        let title = "Conflict";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            title,
            "the letter is not posted yet",
        ));
    }
    let due = letter.letter.return_reported && !letter.has_receipt(&Event::Returned);
    take(&world, message, due.then_some(Event::Returned))
}

/// A night: what lies in the pile is posted; what was posted before and cannot be delivered comes
/// back.
async fn advance(State(world): State<Shared>) -> Result<Json<Value>, Problem> {
    let due: Vec<(Uuid, Event)> = world
        .books()
        .courses()
        .filter_map(|course| Some((course.letter.message, providers::next_night(course)?)))
        .collect();
    let mut receipts = Vec::new();
    for (message, event) in due {
        receipts.push(providers::report(&world, message, event)?);
    }
    Ok(Json(json!({ "receipts": receipts })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgeryOrder {
    conversation: Uuid,
    kind: Forgery,
}

async fn forge(
    State(world): State<Shared>,
    Json(order): Json<ForgeryOrder>,
) -> Result<Json<Value>, Problem> {
    let message = world
        .books()
        .courses()
        .find(|course| course.letter.original.conversation_id == order.conversation)
        .map(|course| course.letter.message)
        .ok_or_else(Problem::not_found)?;
    let receipt = providers::forge(&world, message, order.kind)?;
    Ok(Json(json!({ "receipt": receipt })))
}

async fn faults(State(world): State<Shared>) -> Json<Vec<Fault>> {
    Json(world.faults.planned())
}

async fn plan_fault(
    State(world): State<Shared>,
    Json(fault): Json<Fault>,
) -> Result<Json<Vec<Fault>>, Problem> {
    if !fault.fits() {
        return Err(Problem::bad_request("this kind is not for this service"));
    }
    world.faults.plan(fault);
    Ok(Json(world.faults.planned()))
}

async fn clear_faults(State(world): State<Shared>) -> Json<Vec<Fault>> {
    world.faults.clear();
    Json(world.faults.planned())
}

fn find(world: &Shared, message: Uuid, kind: LetterKind) -> Result<Course, Problem> {
    world
        .books()
        .course(message)
        .filter(|course| course.letter.kind == kind && course.is_delivered())
        .cloned()
        .ok_or_else(Problem::not_found)
}

/// Reports the event that is due, if one is.
fn take(world: &Shared, message: Uuid, event: Option<Event>) -> Result<Json<Value>, Problem> {
    let receipt = event
        .map(|event| providers::report(world, message, event))
        .transpose()?;
    Ok(Json(json!({ "receipt": receipt })))
}
