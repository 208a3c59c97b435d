//! The access point (corner 2): takes letters in, tells how far they are, keeps receipts until
//! they are fetched.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use utpost_domain::OrgNumber;
use uuid::Uuid;

use crate::authority::AGENCY;
use crate::books::{AcceptFault, Books, Entry, Letter, Offered};
use crate::checks::jws::Compact;
use crate::checks::{self, Accepted, AccessPoint, Fault, Verdict, access_point_checks};
use crate::disk;
use crate::fates::Fate;
use crate::faults::{self, Way};
use crate::lines::Line;
use crate::problem::Problem;
use crate::providers;
use crate::tokens::{Bearer, SCOPE_SEND};
use crate::world::{Shared, World, local};

/// The signed message is read whole; a true one holds some kilobytes.
const MOST_MESSAGE_BYTES: usize = 256 * 1024;
/// Receipts on a page, when nothing or more is asked for.
const PAGE: usize = 100;
const MOST_PAGE: usize = 1000;
/// Bytes read from a caller that is to be refused, so that it gets to see the answer.
const MOST_DRAINED: u64 = 256 * 1024 * 1024;

type Parameters = Query<HashMap<String, String>>;

/// `POST /messages/out?kanal=…`
pub(crate) async fn submit(
    State(world): State<Shared>,
    Query(parameters): Parameters,
    request: Request,
) -> Response {
    let line = Line::of(&request);
    let mut offer = Offer::default();
    let answer = match take_in(&world, &parameters, request, &mut offer).await {
        Ok(_) => StatusCode::CREATED.into_response(),
        Err(Turned::Away(problem)) => {
            let sender_at_fault = matches!(problem.status.as_u16(), 400 | 413);
            refused(&world, &offer, problem, sender_at_fault)
        }
        Err(Turned::Again) => refused(&world, &offer, duplicate(), false),
        // Nobody is there to be refused, and the message may come again.
        Err(Turned::BrokenOff(problem)) => problem.into_response(),
        Err(Turned::ByFate(Way::Reset)) => faults::reset(line),
        Err(Turned::ByFate(Way::Status {
            status,
            retry_after,
            as_string,
        })) => faults::answer(status, retry_after, as_string),
        Err(Turned::ByFate(_)) => faults::lost(Response::default()),
    };
    if offer.answer_is_lost {
        faults::lost(answer)
    } else {
        answer
    }
}

fn refused(world: &World, offer: &Offer, problem: Problem, sender_at_fault: bool) -> Response {
    tracing::info!(status = problem.status.as_u16(), "upload refused");
    let refused = Entry::Refused {
        at: world.now(),
        status: problem.status.as_u16(),
        why: problem.detail.clone(),
        message: offer.message,
        sender_at_fault,
    };
    match world.books().write(refused) {
        Ok(()) => problem.into_response(),
        Err(fault) => Problem::internal("books", &fault).into_response(),
    }
}

/// What an upload has shown of itself so far.
#[derive(Default)]
struct Offer {
    message: Option<Uuid>,
    /// Whatever comes of it, its sender does not hear it.
    answer_is_lost: bool,
}

/// Why an upload is not taken.
enum Turned {
    Away(Problem),
    /// Its identifier is taken: most often by itself, when an answer was lost.
    Again,
    /// Its sender was gone before it was all there.
    BrokenOff(Problem),
    /// The message's fate, which its entry tells of.
    ByFate(Way),
}

impl From<Problem> for Turned {
    fn from(problem: Problem) -> Self {
        Self::Away(problem)
    }
}

/// `GET /messages/out/{id}/statuses`
pub(crate) async fn statuses(
    State(world): State<Shared>,
    Path(message): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let bearer = authorised(&world, &headers)?;
    let message = Uuid::try_parse(&message).map_err(|_| Problem::not_found())?;
    let mut books = world.books();
    let course = books
        .course(message)
        .filter(|course| course.letter.original.sender == bearer.claims.technical_sender())
        .ok_or_else(Problem::not_found)?;
    let mut statuses: Vec<Value> = course
        .transport
        .iter()
        .map(|(at, status, description)| {
            json!({ "status": status, "beskrivelse": description, "timestamp": local(*at) })
        })
        .collect();
    if books.fate_ahead(message) == Some(Way::LocalTimestamps) {
        met(&mut books, world.now(), message, None)?;
        statuses.iter_mut().for_each(faults::lose_offset);
    }
    Ok(Json(json!(statuses)))
}

/// `GET /messages/in`: unread receipts. Without `avsenderidentifikator` only those that have none;
/// a sender with sub-units asks for each.
pub(crate) async fn inbox(
    State(world): State<Shared>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bearer = authorised(&world, &headers)?;
    let channel = channel(&parameters)?;
    let unit = parameters.get("avsenderidentifikator");
    let number = |name: &str, otherwise: usize| match parameters.get(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| Problem::bad_request(format!("{name} is not a number"))),
    };
    let size = number("page_size", PAGE)?.clamp(1, MOST_PAGE);
    let skipped = number("page", 0)?.saturating_mul(size);
    let mut books = world.books();
    let mut without_receipt = None;
    let mut page: Vec<Value> = books
        .unread()
        .filter(|(_, letter)| letter.original.sender == bearer.claims.technical_sender())
        .filter(|(_, letter)| channel.is_none() || letter.channel == channel)
        .filter(|(_, letter)| letter.original.controller.unit.as_ref() == unit)
        .flat_map(|(receipt, letter)| {
            let fate = books.offer(letter.message).and_then(Offered::way);
            let twice = fate == Some(Way::ReceiptsTwice);
            std::iter::repeat_n(receipt, if twice { 2 } else { 1 })
        })
        .skip(skipped)
        .take(size)
        .map(|receipt| {
            if books.fate_ahead(receipt.message) == Some(Way::NullItem) {
                without_receipt = Some(receipt.message);
            }
            let address = format!(
                "{}/messages/in/{}",
                world.access_point_base(),
                receipt.receipt
            );
            json!({ "forretningsmelding": receipt.signed, "downloadurl": address })
        })
        .collect();
    if let Some(message) = without_receipt {
        met(&mut books, world.now(), message, None)?;
        page.insert(0, faults::null_item());
        page.truncate(size);
    }
    if page.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(page).into_response())
}

/// `GET /messages/in/{id}`: receipts have no package.
pub(crate) async fn package(
    State(world): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    authorised(&world, &headers)?;
    Err(Problem::not_found())
}

/// `POST /messages/in/{id}/read`
pub(crate) async fn read(
    State(world): State<Shared>,
    Path(receipt): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let bearer = authorised(&world, &headers)?;
    let receipt = Uuid::try_parse(&receipt).map_err(|_| Problem::not_found())?;
    let at = world.now();
    let mut books = world.books();
    books
        .unread()
        .find(|(waiting, letter)| {
            waiting.receipt == receipt && letter.original.sender == bearer.claims.technical_sender()
        })
        .ok_or_else(Problem::not_found)?;
    books
        .write(Entry::Read { at, receipt })
        .map_err(|fault| Problem::internal("books", &fault))?;
    Ok(StatusCode::OK)
}

/// Reads the first bytes of a body, and as many again as half of what was announced.
pub(crate) async fn read_part(mut body: Body) {
    let half = body.size_hint().exact().unwrap_or_default() / 2;
    let mut read = 0;
    while let Some(data) = part(&mut body).await {
        read += data.len() as u64;
        if read >= half {
            return;
        }
    }
}

/// Reads a body to its end and forgets it.
pub(crate) async fn drain(mut body: Body) {
    let mut drained = 0;
    while drained < MOST_DRAINED {
        let Some(data) = part(&mut body).await else {
            return;
        };
        drained += data.len() as u64;
    }
}

/// Reads a body at a speed, and gives it once it is all there. The caller is held up when what lies
/// between the two is full.
pub(crate) async fn read_slowly(mut body: Body, bytes_per_second: u32) -> Body {
    let mut read = Vec::new();
    while (read.len() as u64) < MOST_DRAINED
        && let Some(data) = part(&mut body).await
    {
        let seconds = data.len() as f64 / f64::from(bytes_per_second.max(1));
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        read.extend_from_slice(&data);
    }
    Body::from(read)
}

/// The next bytes of a body, until its end or a fault.
async fn part(body: &mut Body) -> Option<Bytes> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    Some(frame?.ok()?.into_data().unwrap_or_default())
}

/// Token, scope, audience and agreement, in this order: rows 1 to 4, where they are not left out.
fn authorised(world: &World, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let off = |row: u8| world.options.left_out.contains(&row);
    let bearer = if off(1) {
        Bearer::read_unchecked(headers)?
    } else {
        Bearer::read(headers, &world.tokens, world.now())?
    };
    if !off(2) && !bearer.has_scope(SCOPE_SEND) {
        return Err(Problem::forbidden("the token lacks the scope for sending"));
    }
    if !off(3) {
        bearer.must_be_for(&world.access_point_base())?;
    }
    if !off(4) && !has_agreement(bearer.claims.technical_sender()) {
        return Err(Problem::forbidden("no agreement with this access point"));
    }
    Ok(bearer)
}

fn has_agreement(organisation: OrgNumber) -> bool {
    organisation.as_str() == AGENCY
}

fn channel(parameters: &HashMap<String, String>) -> Result<Option<String>, Problem> {
    let Some(channel) = parameters.get("kanal") else {
        return Ok(None);
    };
    let legal = (1..=28).contains(&channel.len())
        && channel
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if legal {
        Ok(Some(channel.to_ascii_lowercase()))
    } else {
        Err(Problem::bad_request(
            "kanal has 1 to 28 characters of A-Z, a-z, 0-9, _ and -",
        ))
    }
}

async fn take_in(
    world: &Shared,
    parameters: &HashMap<String, String>,
    request: Request,
    offer: &mut Offer,
) -> Result<Uuid, Turned> {
    let entered =
        authorised(world, request.headers()).and_then(|bearer| Ok((bearer, channel(parameters)?)));
    let (bearer, channel) = match entered {
        Ok(entered) => entered,
        Err(problem) => {
            drain(request.into_body()).await;
            return Err(problem.into());
        }
    };
    let form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::bad_request("the body is not multipart/form-data"))?;
    let upload = Upload::receive(world, form, offer).await?;
    let world = world.clone();
    // Once it is taken in it goes its way, also when its sender is gone before the answer.
    let taken = move || -> Result<Uuid, Turned> {
        let message = accept(&world, &bearer, channel, &upload)?;
        providers::carry(&world, message);
        Ok(message)
    };
    tokio::task::spawn_blocking(taken)
        .await
        .map_err(|fault| Problem::internal("upload", &fault))?
}

/// Looks up what the message meets, once it can be told from others, and lets it. A message that is
/// not of the form a fate can be drawn for meets the checks alone.
async fn meet(world: &World, signed: &str, offer: &mut Offer) -> Result<(), Turned> {
    let Some(named) = Named::of(signed) else {
        return Ok(());
    };
    offer.message = Some(named.message);
    let Some(way) = fate_ahead(world, &named)? else {
        return Ok(());
    };
    let status = match way {
        Way::Status { status, .. } => Some(status),
        Way::LoseBefore | Way::LoseAfter | Way::Reset | Way::Delay { .. } => None,
        // Met behind the access point.
        _ => return Ok(()),
    };
    met(&mut world.books(), world.now(), named.message, status)?;
    match way {
        Way::LoseAfter => offer.answer_is_lost = true,
        Way::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        _ => return Err(Turned::ByFate(way)),
    }
    Ok(())
}

/// A fate is written down when a message is offered first, and holds from then on.
fn fate_ahead(world: &World, named: &Named) -> Result<Option<Way>, Problem> {
    let message = named.message;
    let mut books = world.books();
    if books.offer(message).is_none() {
        let outdated = named.mailbox_is_outdated.then_some(Way::OutdatedMailbox);
        let fate = outdated
            .map(|way| Fate::of(way, 0))
            .or_else(|| world.faults.fate(message));
        if let Some(fate) = fate {
            let fated = Entry::Fated {
                at: world.now(),
                message,
                conversation: named.conversation,
                fate,
            };
            books
                .write(fated)
                .map_err(|fault| Problem::internal("books", &fault))?;
        }
    }
    Ok(books.fate_ahead(message))
}

fn met(
    books: &mut Books,
    at: Timestamp,
    message: Uuid,
    status: Option<u16>,
) -> Result<(), Problem> {
    let met = Entry::Met {
        at,
        message,
        status,
    };
    books
        .write(met)
        .map_err(|fault| Problem::internal("books", &fault))
}

/// What a message calls itself; nothing of it is verified.
struct Named {
    message: Uuid,
    conversation: Option<Uuid>,
    mailbox_is_outdated: bool,
}

impl Named {
    fn of(signed: &str) -> Option<Self> {
        let message = Compact::parse(signed.as_bytes()).ok()?.json().ok()?;
        let document = message.get("standardBusinessDocument")?;
        let header = document.get("standardBusinessDocumentHeader")?;
        let id = |path: &str| Uuid::try_parse(header.pointer(path)?.as_str()?).ok();
        let mailbox = document.pointer("/digital/mottaker/postkasseadresse");
        Some(Self {
            message: id("/documentIdentification/instanceIdentifier")?,
            conversation: id("/businessScope/scope/0/instanceIdentifier"),
            mailbox_is_outdated: mailbox
                .and_then(Value::as_str)
                .is_some_and(|address| address.starts_with(faults::OUTDATED)),
        })
    }
}

fn accept(
    world: &World,
    bearer: &Bearer,
    channel: Option<String>,
    upload: &Upload,
) -> Result<Uuid, Turned> {
    let package = std::fs::read(&upload.package.0)
        .map_err(|fault| Problem::internal("storing the package", &fault))?;
    let accepted = checked(world, bearer, upload, &package)?;
    let letter = Letter::of(&accepted, channel, upload.received_at, package.len());
    let message = letter.message;
    match world
        .books()
        .accept(letter, &upload.message, &upload.package.0)
    {
        Ok(()) => Ok(message),
        Err(AcceptFault::Duplicate) => Err(Turned::Again),
        Err(AcceptFault::Files(fault)) => Err(Problem::internal("books", &fault).into()),
    }
}

fn checked(
    world: &World,
    bearer: &Bearer,
    upload: &Upload,
    package: &[u8],
) -> Result<Accepted, Turned> {
    let address = world.access_point_base();
    let restricted = !bearer.claims.audiences.is_empty();
    let (verdict, accepted) = access_point_checks(
        checks::Upload {
            bearer: &bearer.compact,
            message: upload.message.as_bytes(),
            package,
        },
        AccessPoint {
            tokens: &world.tokens,
            audience: restricted.then_some(address.as_str()),
            trust: &world.trust,
            has_agreement: &has_agreement,
            id_is_used: &|message| world.books().course(message).is_some(),
            switched_off: &world.options.left_out,
            at: upload.received_at,
        },
    );
    accepted.ok_or_else(|| refusal(&verdict))
}

fn refusal(verdict: &Verdict) -> Turned {
    let detail = match verdict.refusal() {
        Some((_, Fault::IdUsed)) => return Turned::Again,
        Some((_, Fault::Fingerprint { received })) => format!(
            "Upload was not accepted, SHA-256 digest of dokumentpakke was {}",
            STANDARD.encode(received)
        ),
        Some((_, fault)) => fault.to_string(),
        None => "not accepted".to_owned(),
    };
    let status = StatusCode::from_u16(verdict.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    let title = status.canonical_reason().unwrap_or_default();
    Problem::new(status, title, detail).into()
}

/// The answer to an identifier that is taken, word for word as senders know it.
fn duplicate() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "Operation Failed",
        "ERROR: duplicate key value violates unique constraint \"unique_message_uuid\"",
    )
}

/// What a caller sent: the message in memory, the package on disk.
struct Upload {
    /// When the call began: a token that expires during a long upload is good.
    received_at: Timestamp,
    message: String,
    package: UploadFile,
}

/// Removed when dropped, unless it was moved into the books.
struct UploadFile(PathBuf);

impl Drop for UploadFile {
    fn drop(&mut self) {
        if let Err(fault) = disk::remove(&self.0) {
            tracing::warn!(%fault, "an upload file is left behind");
        }
    }
}

impl Upload {
    /// Takes the two parts by name, in either order. What the message meets on its way it meets as
    /// soon as its part is read, so that a connection can break in the middle of the package.
    async fn receive(
        world: &World,
        mut form: Multipart,
        offer: &mut Offer,
    ) -> Result<Self, Turned> {
        let received_at = world.now();
        let (mut message, mut package) = (None, None);
        while let Some(mut field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let twice = match name.as_str() {
                "forretningsmelding" => {
                    let text = text(&mut field).await?;
                    drop(field);
                    if let Err(turned) = meet(world, &text, offer).await {
                        let whole = !matches!(turned, Turned::ByFate(Way::Reset));
                        read_on(&mut form, whole).await;
                        return Err(turned);
                    }
                    message.replace(text).is_some()
                }
                "dokumentpakke" => {
                    let file = UploadFile(world.books().upload_path());
                    let stored = store(&mut field, file, world.options.most_package_bytes).await?;
                    package.replace(stored).is_some()
                }
                _ => {
                    let why = "the body holds a part of unknown name";
                    return Err(Problem::bad_request(why).into());
                }
            };
            if twice {
                return Err(Problem::bad_request("a part is given twice").into());
            }
        }
        let missing = || Problem::bad_request("forretningsmelding or dokumentpakke is missing");
        let message = message.ok_or_else(missing)?;
        Ok(Self {
            received_at,
            message,
            package: package.ok_or_else(missing)?,
        })
    }
}

/// A body that was not all there when its connection ended, or one that is wrong in itself.
fn broken(fault: MultipartError) -> Turned {
    let problem = Problem::bad_request("the multipart body is damaged");
    if fault.status().is_server_error() {
        Turned::BrokenOff(problem)
    } else {
        Turned::Away(problem)
    }
}

/// Reads what is left of a form and forgets it: all, so that the sender gets to see the answer, or
/// only its next bytes.
async fn read_on(form: &mut Multipart, whole: bool) {
    let mut read = 0;
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(data)) = field.chunk().await {
            read += data.len() as u64;
            if !whole || read > MOST_DRAINED {
                return;
            }
        }
    }
}

async fn text(field: &mut Field<'_>) -> Result<String, Turned> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(field).await? {
        if bytes.len() + chunk.len() > MOST_MESSAGE_BYTES {
            return Err(Problem::bad_request("forretningsmelding is too long").into());
        }
        bytes.extend_from_slice(&chunk);
    }
    let not_text = |_| Problem::bad_request("forretningsmelding is not text");
    Ok(String::from_utf8(bytes).map_err(not_text)?)
}

async fn store(field: &mut Field<'_>, file: UploadFile, most: u64) -> Result<UploadFile, Turned> {
    let full = |fault: std::io::Error| Problem::internal("storing the package", &fault);
    let mut out = tokio::fs::File::from_std(disk::create_private(&file.0).map_err(full)?);
    let mut bytes = 0;
    while let Some(chunk) = chunk(field).await? {
        bytes += chunk.len() as u64;
        if bytes <= most {
            out.write_all(&chunk).await.map_err(full)?;
        } else if bytes > most + MOST_DRAINED {
            break;
        }
    }
    if bytes > most {
        let title = "Payload Too Large";
        let detail = format!("dokumentpakke is larger than {most} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, title, detail).into());
    }
    out.sync_all().await.map_err(full)?;
    Ok(file)
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<Bytes>, Turned> {
    field.chunk().await.map_err(broken)
}
