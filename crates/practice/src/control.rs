//! The control interface under `/practice`: what the citizen, the print shop and a test do.
//!
//! JSON in and out; every call carries the control token of `endpoints.json` as bearer.

use std::cmp::Reverse;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answers::{
    Citizen, CitizenNotice, MailboxLetter, MessageEnd, PrintOrder, PrintStage, ReceiptName,
};
use crate::authority::{AGENCY, AGENCY_NAME};
use crate::books::{Course, Entry, Letter, LetterKind};
use crate::checks::message::{Content, Digital};
use crate::checks::receipt::{Event, NoticeChannel};
use crate::ends;
use crate::faults::{Order, PlanFault};
use crate::persons::{PersonRow, mailbox_owner, persons};
use crate::problem::Problem;
use crate::providers::{self, Forgery};
use crate::server::Agency;
use crate::world::Shared;

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    Router::new()
        .route("/persons", get(all_persons))
        .route("/books", get(books))
        .route("/messages", get(messages))
        .route("/mailboxes", get(mailboxes))
        .route("/mailboxes/{message}/open", post(open))
        .route("/print", get(pile))
        .route("/print/{message}/posted", post(posted))
        .route("/print/{message}/returned", post(returned))
        .route("/documents/{message}/{number}", get(document))
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
    let messages = ends::ends(&world);
    let books = world.books();
    let letters: Vec<&Course> = books.courses().collect();
    Json(json!({ "letters": letters, "messages": messages, "entries": books.entries() }))
}

async fn messages(State(world): State<Shared>) -> Json<Vec<MessageEnd>> {
    Json(ends::ends(&world))
}

async fn mailboxes(State(world): State<Shared>) -> Json<Vec<MailboxLetter>> {
    let letters = delivered(&world, LetterKind::Digital).into_iter();
    Json(letters.map(|course| in_mailbox(&world, course)).collect())
}

async fn pile(State(world): State<Shared>) -> Json<Vec<PrintOrder>> {
    let letters = delivered(&world, LetterKind::Print).into_iter();
    Json(letters.map(|course| on_paper(&world, course)).collect())
}

async fn document(
    State(world): State<Shared>,
    Path((message, number)): Path<(Uuid, usize)>,
) -> Result<Response, Problem> {
    let course = world.books().course(message).cloned();
    let letter = course
        .filter(Course::is_delivered)
        .ok_or_else(Problem::not_found)?
        .letter;
    let contents = providers::contents(&world, &letter);
    let document = contents.documents.get(number);
    let document = document.ok_or_else(Problem::not_found)?;
    let path = providers::document_path(&world, &letter, document);
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|fault| Problem::internal("mailbox", &fault))?;
    let media_type = [(header::CONTENT_TYPE, document.media_type.clone())];
    Ok((media_type, bytes).into_response())
}

/// What a supplier has taken, the newest first.
fn delivered(world: &Shared, kind: LetterKind) -> Vec<Course> {
    let books = world.books();
    let taken = books
        .courses()
        .filter(|course| course.letter.kind == kind && course.is_delivered());
    let mut courses: Vec<Course> = taken.cloned().collect();
    courses.sort_by_key(|course| Reverse(course.letter.at));
    courses
}

fn in_mailbox(world: &Shared, course: Course) -> MailboxLetter {
    let letter = &course.letter;
    let receipts = receipts(&course);
    let citizen = mailbox_owner(letter.receiver.as_str(), &letter.addressee);
    let failed = receipts.contains(&ReceiptName::NotificationFailed);
    let notices = match providers::message_of(world, letter).map(|message| message.content) {
        Some(Content::Digital(digital)) => notices(&digital, failed),
        Some(Content::Print(_)) | None => Vec::new(),
    };
    MailboxLetter {
        message: letter.message,
        conversation: letter.original.conversation_id,
        supplier: letter.receiver,
        sender: sender(letter),
        addressee: letter.addressee.clone(),
        citizen: citizen.map(|person| Citizen {
            number: person.number.to_owned(),
            name: person.name.to_owned(),
        }),
        received_at: letter.at,
        opening_asked: letter.opening_asked,
        opened_at: course.opened_at,
        receipts,
        notices,
        contents: providers::contents(world, letter),
    }
}

fn notices(digital: &Digital, failed: bool) -> Vec<CitizenNotice> {
    let failing = providers::failing_notice(digital).filter(|_| failed);
    let email = digital
        .email
        .iter()
        .map(|notice| (NoticeChannel::Email, notice));
    let sms = digital
        .sms
        .iter()
        .map(|notice| (NoticeChannel::Sms, notice));
    let mut notices: Vec<CitizenNotice> = email
        .chain(sms)
        .flat_map(|(by, notice)| {
            notice.days.iter().map(move |day| CitizenNotice {
                by,
                text: notice.text.clone(),
                day: *day,
                failed: failing == Some(by),
            })
        })
        .collect();
    notices.sort_by_key(|notice| notice.day);
    notices
}

fn on_paper(world: &Shared, course: Course) -> PrintOrder {
    let letter = &course.letter;
    let stage = if course.came_back_at.is_some() || course.has_receipt(&Event::Returned) {
        PrintStage::Returned
    } else if course.has_receipt(&Event::Delivered) {
        PrintStage::Posted
    } else {
        PrintStage::InPile
    };
    let address = match providers::message_of(world, letter).map(|message| message.content) {
        Some(Content::Print(print)) => print.recipient.lines_below_the_name(),
        Some(Content::Digital(_)) | None => Vec::new(),
    };
    PrintOrder {
        message: letter.message,
        conversation: letter.original.conversation_id,
        supplier: letter.receiver,
        sender: sender(letter),
        addressee: letter.addressee.clone(),
        address,
        received_at: letter.at,
        stage,
        return_reported: letter.return_reported,
        receipts: receipts(&course),
        contents: providers::contents(world, letter),
    }
}

/// The sender under the name it is registered with; the number where it is not.
fn sender(letter: &Letter) -> Agency {
    let organisation = letter.original.controller.organisation.to_string();
    let name = match organisation.as_str() {
        AGENCY => AGENCY_NAME.to_owned(),
        other => other.to_owned(),
    };
    Agency { organisation, name }
}

fn receipts(course: &Course) -> Vec<ReceiptName> {
    let kinds = course.receipts.iter().map(String::as_str);
    kinds
        .filter_map(|kind| serde_json::from_value(Value::from(kind)).ok())
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
    if !letter.letter.return_reported && letter.came_back_at.is_none() {
        let at = world.now();
        world
            .books()
            .write(Entry::CameBack { at, message })
            .map_err(|fault| Problem::internal("books", &fault))?;
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
    #[serde(default)]
    receipt: Claim,
}

/// What a forged receipt claims.
#[derive(Clone, Copy, Default, Deserialize)]
enum Claim {
    #[default]
    #[serde(rename = "leveringskvittering")]
    Delivered,
    #[serde(rename = "aapningskvittering")]
    Opened,
    #[serde(rename = "feil")]
    Failed,
}

impl Claim {
    fn event(self) -> Event {
        match self {
            Self::Delivered => Event::Delivered,
            Self::Opened => Event::Opened,
            Self::Failed => providers::supplier_fault(),
        }
    }
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
    let receipt = providers::forge(&world, message, order.receipt.event(), order.kind)?;
    Ok(Json(json!({ "receipt": receipt })))
}

async fn faults(State(world): State<Shared>) -> Json<Vec<Value>> {
    Json(world.faults.planned())
}

/// What is set for citizens and print shop holds for the letters they have, too.
async fn plan_fault(
    State(world): State<Shared>,
    Json(order): Json<Order>,
) -> Result<Json<Vec<Value>>, Problem> {
    world.faults.plan(order).map_err(|fault| match fault {
        PlanFault::Impossible(why) => Problem::bad_request(why),
        PlanFault::Files(fault) => Problem::internal("settings", &fault),
    })?;
    providers::act_on_all(&world).await;
    Ok(Json(world.faults.planned()))
}

async fn clear_faults(State(world): State<Shared>) -> Result<Json<Vec<Value>>, Problem> {
    let cleared = world.faults.clear();
    cleared.map_err(|fault| Problem::internal("settings", &fault))?;
    Ok(Json(world.faults.planned()))
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
