//! Misbehaviour on demand: the next calls to a target fail in a chosen way, or the next message as
//! a whole does, or messages by a seed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509Ref;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Value, json};

use crate::access_point::{drain, read_part, read_slowly};
use crate::authority::DIGIPOST;
use crate::disk;
use crate::fates::{Auto, Fate, Random};
use crate::lines::Line;
use crate::problem::Problem;
use crate::providers::Forgery;
use crate::world::Shared;

/// One planned misbehaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    #[serde(rename = "service")]
    target: Target,
    /// How many calls it lets through first.
    #[serde(default)]
    after: u32,
    /// How many calls it still hits.
    times: u32,
    #[serde(flatten)]
    way: Way,
}

impl Fault {
    /// Most ways change what one target answers, and mean nothing elsewhere.
    pub(crate) fn fits(&self) -> bool {
        match self.way {
            Way::NullItem => matches!(self.target, Target::Inbox | Target::Message),
            Way::LocalTimestamps => matches!(self.target, Target::Statuses | Target::Message),
            Way::DuplicateItems | Way::ReversedItems => self.target == Target::Inbox,
            Way::OutdatedMailbox | Way::ExpiredCertificate => self.target == Target::Register,
            Way::SlowUpload { .. } => self.target == Target::Submit,
            Way::ReceiptsTwice
            | Way::ReceiptsReordered
            | Way::NotHandedOver
            | Way::FailedEarly
            | Way::FailedLate
            | Way::ForgedReceipt { .. }
            | Way::ForeignReceipt => self.target == Target::Message,
            Way::SlowAnswer { .. } => self.target != Target::Message,
            Way::LoseBefore
            | Way::LoseAfter
            | Way::Reset
            | Way::Status { .. }
            | Way::Delay { .. } => true,
        }
    }
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    Token,
    Register,
    PrintCertificate,
    Submit,
    Statuses,
    Inbox,
    Read,
    /// A message that was not offered before, on its whole way.
    Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Way {
    /// The call is read to its end and the connection closed: nothing was done.
    LoseBefore,
    /// The call is done and the connection closed without an answer.
    LoseAfter,
    /// Answered with this status, nothing was done. 502 comes as HTML from a gateway.
    Status {
        status: u16,
        retry_after: Option<u32>,
        /// The problem's own `status` is a string, as some access points write it.
        #[serde(default)]
        as_string: bool,
    },
    /// Begun after a wait.
    Delay { milliseconds: u64 },
    /// Done at once, answered after a wait.
    SlowAnswer { milliseconds: u64 },
    /// The connection is reset (TCP RST) when a part of the call is read.
    Reset,
    /// The body is read at this speed.
    SlowUpload { bytes_per_second: u32 },
    /// The inbox begins with an item without a receipt.
    NullItem,
    /// Each item of the inbox stands there twice.
    DuplicateItems,
    /// The inbox ends with its oldest item.
    ReversedItems,
    /// Timestamps of statuses lack their offset.
    LocalTimestamps,
    /// The register gives mailbox addresses that have been closed by the time of the upload.
    OutdatedMailbox,
    /// The register gives a certificate of Digipost's that has expired.
    ExpiredCertificate,
    /// Each receipt is made twice, and each of them stands in the inbox twice.
    ReceiptsTwice,
    /// The receipts come before the status SENDT, and the last of them first.
    ReceiptsReordered,
    /// Status FEILET.
    NotHandedOver,
    /// `feil` instead of any other receipt, and before the status SENDT.
    FailedEarly,
    /// `feil` when the letter was delivered, or accepted for print, by its receipts.
    FailedLate,
    /// A `feil` that nobody of the supplier's has signed comes beside what is true.
    ForgedReceipt {
        #[serde(default)]
        forgery: Forgery,
    },
    /// The supplier's receipt of a conversation nobody has begun comes beside what is true.
    ForeignReceipt,
}

/// What is asked of the plan: one fault more, or a setting.
pub(crate) enum Order {
    Fault(Fault),
    Setting(Setting),
}

/// What is set holds until it is set anew or forgotten, also when practice is started anew: it is
/// kept with the books.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    random: Option<Random>,
    auto: Option<Auto>,
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let order = Value::deserialize(deserializer)?;
        let read = if order.get("random").or(order.get("auto")).is_some() {
            serde_json::from_value(order).map(Self::Setting)
        } else {
            serde_json::from_value(order).map(Self::Fault)
        };
        read.map_err(de::Error::custom)
    }
}

/// What is planned, the oldest first, and what is set. What is planned is in memory alone.
pub(crate) struct Faults {
    plan: Mutex<Plan>,
    /// Where the setting is kept.
    file: PathBuf,
}

#[derive(Default)]
struct Plan {
    faults: Vec<Fault>,
    set: Setting,
    /// Look-ups since the seed was set, or practice was started.
    lookups: u64,
}

/// Why an order is not followed.
#[derive(Debug)]
pub(crate) enum PlanFault {
    Impossible(&'static str),
    Files(io::Error),
}

impl Faults {
    /// With what was set before practice was started.
    pub(crate) fn open(books: &Path) -> io::Result<Self> {
        let file = books.join("settings.json");
        let set = match fs::read(&file) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Setting::default(),
            text => serde_json::from_slice(&text?)?,
        };
        let plan = Plan {
            set,
            ..Plan::default()
        };
        Ok(Self {
            plan: Mutex::new(plan),
            file,
        })
    }

    pub(crate) fn plan(&self, order: Order) -> Result<(), PlanFault> {
        let mut plan = self.lock();
        match order {
            Order::Fault(fault) if !fault.fits() => {
                return Err(PlanFault::Impossible("this kind is not for this service"));
            }
            Order::Fault(fault) => plan.faults.push(fault),
            Order::Setting(Setting { random, auto }) => {
                let possible = random.is_none_or(|random| random.is_possible())
                    && auto.is_none_or(|auto| auto.is_possible());
                if !possible {
                    let why = "shares lie between 0 and 1, and so does their sum";
                    return Err(PlanFault::Impossible(why));
                }
                let set = Setting {
                    random: random.or(plan.set.random),
                    auto: auto.or(plan.set.auto),
                };
                let text = serde_json::to_vec(&set).map_err(|fault| PlanFault::Files(fault.into()));
                disk::write_durably(&self.file, &text?).map_err(PlanFault::Files)?;
                plan.set = set;
                if random.is_some() {
                    plan.lookups = 0;
                }
            }
        }
        Ok(())
    }

    /// Forgets everything; what messages have met by now stays theirs.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let mut plan = self.lock();
        disk::remove(&self.file)?;
        *plan = Plan::default();
        Ok(())
    }

    /// The planned faults, then what is set.
    pub(crate) fn planned(&self) -> Vec<Value> {
        let plan = self.lock();
        let faults = plan.faults.iter().map(|fault| json!(fault));
        let random = plan.set.random.map(|random| json!({ "random": random }));
        let auto = plan.set.auto.map(|auto| json!({ "auto": auto }));
        faults.chain(random).chain(auto).collect()
    }

    /// What a message that was not offered before meets: what is planned next, else what the seed
    /// says.
    pub(crate) fn fate(&self, message: uuid::Uuid) -> Option<Fate> {
        let planned = self.next(Target::Message).map(|way| Fate::of(way, 1));
        planned.or_else(|| self.lock().set.random?.fate(message))
    }

    /// What citizens and print shop do unasked.
    pub(crate) fn auto(&self) -> Option<Auto> {
        self.lock().set.auto
    }

    fn next(&self, target: Target) -> Option<Way> {
        let mut plan = self.lock();
        let faults = &mut plan.faults;
        let next = faults.iter_mut().find(|fault| fault.target == target);
        let Some(next) = next else {
            return plan.lookup(target);
        };
        if next.after > 0 {
            next.after -= 1;
            return None;
        }
        let way = next.way;
        next.times = next.times.saturating_sub(1);
        faults.retain(|fault| fault.times > 0);
        Some(way)
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn lookup(&mut self, target: Target) -> Option<Way> {
        let random = self.set.random.filter(|_| target == Target::Register)?;
        self.lookups += 1;
        random.lookup(self.lookups)
    }
}

/// What an outdated mailbox address begins with.
pub(crate) const OUTDATED: &str = "utdatert.";

/// Marks an answer that must never reach the caller: the server closes the connection instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost;

/// Runs every call through the plan.
pub(crate) async fn misbehave(
    State(world): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let planned =
        target(request.method(), request.uri().path()).and_then(|target| world.faults.next(target));
    let Some(way) = planned else {
        return next.run(request).await;
    };
    tracing::info!(?way, "misbehaving as planned");
    let wait = |milliseconds| tokio::time::sleep(Duration::from_millis(milliseconds));
    match way {
        Way::LoseBefore => {
            drain(request.into_body()).await;
            lost(Response::new(Body::empty()))
        }
        Way::Reset => {
            let line = Line::of(&request);
            read_part(request.into_body()).await;
            reset(line)
        }
        Way::LoseAfter => lost(next.run(request).await),
        Way::Status {
            status,
            retry_after,
            as_string,
        } => {
            drain(request.into_body()).await;
            answer(status, retry_after, as_string)
        }
        Way::Delay { milliseconds } => {
            wait(milliseconds).await;
            next.run(request).await
        }
        Way::SlowAnswer { milliseconds } => {
            let answer = next.run(request).await;
            wait(milliseconds).await;
            answer
        }
        Way::SlowUpload { bytes_per_second } => {
            let (head, body) = request.into_parts();
            let body = read_slowly(body, bytes_per_second).await;
            next.run(Request::from_parts(head, body)).await
        }
        Way::NullItem => {
            let answer = next.run(request).await;
            let answer = if answer.status() == StatusCode::NO_CONTENT {
                Json(json!([])).into_response()
            } else {
                answer
            };
            rewritten(answer, |items| {
                if let Some(items) = items.as_array_mut() {
                    items.insert(0, null_item());
                }
            })
            .await
        }
        Way::LocalTimestamps => {
            rewritten(next.run(request).await, |statuses| {
                for status in statuses.as_array_mut().into_iter().flatten() {
                    lose_offset(status);
                }
            })
            .await
        }
        Way::DuplicateItems => {
            rewritten(next.run(request).await, |items| {
                if let Some(items) = items.as_array_mut() {
                    *items = items
                        .drain(..)
                        .flat_map(|item| [item.clone(), item])
                        .collect();
                }
            })
            .await
        }
        Way::ReversedItems => {
            rewritten(next.run(request).await, |items| {
                if let Some(items) = items.as_array_mut() {
                    items.reverse();
                }
            })
            .await
        }
        Way::OutdatedMailbox => rewritten(next.run(request).await, outdate).await,
        Way::ExpiredCertificate => {
            let expired = world.authority.expired_mailbox.clone();
            rewritten(next.run(request).await, |answer| expire(answer, &expired)).await
        }
        // These change no answer; they are for messages only.
        Way::ReceiptsTwice
        | Way::ReceiptsReordered
        | Way::NotHandedOver
        | Way::FailedEarly
        | Way::FailedLate
        | Way::ForgedReceipt { .. }
        | Way::ForeignReceipt => next.run(request).await,
    }
}

/// Closes the connection without an answer.
pub(crate) fn lost(mut response: Response) -> Response {
    response.extensions_mut().insert(Lost);
    response
}

/// Closes the connection by a reset.
pub(crate) fn reset(line: Option<Line>) -> Response {
    match line.map(|line| line.reset()) {
        Some(Ok(())) => {}
        Some(Err(fault)) => tracing::warn!(%fault, "closed in order instead of reset"),
        None => tracing::warn!("closed in order instead of reset"),
    }
    lost(Response::new(Body::empty()))
}

/// The date and the time to the millisecond stay; the offset goes.
pub(crate) fn lose_offset(status: &mut Value) {
    let local = status["timestamp"].as_str().and_then(|text| text.get(..23));
    status["timestamp"] = json!(local);
}

/// An item without a receipt.
pub(crate) fn null_item() -> Value {
    json!({ "forretningsmelding": null })
}

/// A mailbox without an address has none that could be closed.
fn outdate(answer: &mut Value) {
    for person in answer["personer"].as_array_mut().into_iter().flatten() {
        let address = person.pointer_mut("/digital_post/postkasseadresse");
        if let Some(Value::String(address)) = address
            && !address.is_empty()
        {
            address.insert_str(0, OUTDATED);
        }
    }
}

fn expire(answer: &mut Value, expired: &X509Ref) {
    let Ok(expired) = expired.to_der().map(|der| STANDARD.encode(der)) else {
        return;
    };
    for person in answer["personer"].as_array_mut().into_iter().flatten() {
        let supplier = &person["digital_post"]["postkasseleverandoeradresse"];
        if supplier == DIGIPOST && person["sertifikat"].is_string() {
            person["sertifikat"] = json!(expired);
        }
    }
}

const ASKED_FOR: &str = "asked for by the practice control";

/// A status asked for.
pub(crate) fn answer(status: u16, retry_after: Option<u32>, as_string: bool) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if status == StatusCode::BAD_GATEWAY {
        (status, Html("<html><body>Bad Gateway</body></html>")).into_response()
    } else if as_string {
        let problem = json!({
            "type": "about:blank",
            "title": "Practised Fault",
            "status": status.as_u16().to_string(),
            "detail": ASKED_FOR,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, problem.to_string()).into_response()
    } else {
        Problem::new(status, "Practised Fault", ASKED_FOR).into_response()
    };
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Changes a JSON answer; another one stays as it is.
async fn rewritten(response: Response, change: impl FnOnce(&mut Value)) -> Response {
    let (mut head, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(fault) => return Problem::internal("rewriting an answer", &fault).into_response(),
    };
    let Ok(mut value) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    change(&mut value);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(value.to_string()))
}

fn target(method: &Method, path: &str) -> Option<Target> {
    match path {
        "/maskinporten/token" => Some(Target::Token),
        "/krr/rest/v2/personer" => Some(Target::Register),
        "/krr/rest/v2/printSertifikat" => Some(Target::PrintCertificate),
        "/dpi/messages/out" if method == Method::POST => Some(Target::Submit),
        "/dpi/messages/in" => Some(Target::Inbox),
        _ if path.starts_with("/dpi/messages/out/") => Some(Target::Statuses),
        _ if path.starts_with("/dpi/messages/in/") && method == Method::POST => Some(Target::Read),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mailbox_that_has_an_address_is_closed() {
        let person = |address: Value| json!({ "digital_post": { "postkasseadresse": address } });
        let mut answer = json!({ "personer": [
            person(json!("rask.elveos#5949")),
            person(json!("")),
            person(Value::Null),
        ] });
        outdate(&mut answer);
        let expected = json!({ "personer": [
            person(json!("utdatert.rask.elveos#5949")),
            person(json!("")),
            person(Value::Null),
        ] });
        assert_eq!(answer, expected);
    }

    #[test]
    fn what_was_set_is_set_after_a_restart_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Faults::open(folder.path()).unwrap();
        let order = |order: Value| serde_json::from_value::<Order>(order).unwrap();
        let random = json!({ "random": { "seed": 7, "share": 0.2, "final_share": 0.05 } });
        let auto = json!({
            "auto": { "open_share": 0.2, "post": true, "return_share": 0.0, "seed": 3 },
        });
        let faults = open();
        faults.plan(order(random.clone())).unwrap();
        faults.plan(order(auto.clone())).unwrap();
        let lost = json!({ "service": "submit", "times": 1, "kind": "lose_before" });
        faults.plan(order(lost)).unwrap();
        // What can't be followed changes nothing.
        let much = json!({ "random": { "seed": 1, "share": 0.9, "final_share": 0.9 } });
        assert!(faults.plan(order(much)).is_err());
        assert_eq!(faults.planned().len(), 3);
        assert_eq!(open().planned(), [random, auto]);
        let message = uuid::Uuid::from_u128(1);
        let all = json!({ "random": { "seed": 7, "share": 1.0, "final_share": 0.0 } });
        faults.plan(order(all)).unwrap();
        assert_eq!(open().fate(message), faults.fate(message));
        assert!(open().fate(message).is_some());

        faults.clear().unwrap();
        assert!(open().planned().is_empty() && faults.planned().is_empty());
    }
}
