//! Misbehaviour on demand: the next calls to a target fail in a chosen way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access_point::{drain, read_slowly};
use crate::problem::Problem;
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
    /// Some ways change what one target answers, and mean nothing elsewhere.
    pub(crate) fn fits(&self) -> bool {
        match self.way {
            Way::NullItem => self.target == Target::Inbox,
            Way::LocalTimestamps => self.target == Target::Statuses,
            Way::OutdatedMailbox => self.target == Target::Register,
            Way::SlowUpload { .. } => self.target == Target::Submit,
            Way::LoseBefore
            | Way::LoseAfter
            | Way::Status { .. }
            | Way::Delay { .. }
            | Way::SlowAnswer { .. } => true,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Way {
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
    /// The body is read at this speed.
    SlowUpload { bytes_per_second: u32 },
    /// The inbox begins with an item without a receipt.
    NullItem,
    /// Timestamps of statuses lack their offset.
    LocalTimestamps,
    /// The register gives mailbox addresses that have been closed by the time of the upload.
    OutdatedMailbox,
}

/// The planned misbehaviours, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn plan(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn planned(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    fn next(&self, target: Target) -> Option<Way> {
        let mut planned = self.lock();
        let next = planned.iter_mut().find(|fault| fault.target == target)?;
        if next.after > 0 {
            next.after -= 1;
            return None;
        }
        let way = next.way;
        next.times = next.times.saturating_sub(1);
        planned.retain(|fault| fault.times > 0);
        Some(way)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        Way::LoseAfter => lost(next.run(request).await),
        Way::Status {
            status,
            retry_after,
            as_string,
        } => {
            drain(request.into_body()).await;
            let answer = answer(status, retry_after);
            if as_string {
                rewritten(answer, |problem| {
                    problem["status"] = json!(problem["status"].to_string());
                })
                .await
            } else {
                answer
            }
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
                    items.insert(0, json!({ "forretningsmelding": null }));
                }
            })
            .await
        }
        Way::LocalTimestamps => {
            rewritten(next.run(request).await, |statuses| {
                for status in statuses.as_array_mut().into_iter().flatten() {
                    // The date, the time to the millisecond; then the offset.
                    let local = status["timestamp"].as_str().and_then(|text| text.get(..23));
                    status["timestamp"] = json!(local);
                }
            })
            .await
        }
        Way::OutdatedMailbox => {
            rewritten(next.run(request).await, |answer| {
                for person in answer["personer"].as_array_mut().into_iter().flatten() {
                    let address = person.pointer_mut("/digital_post/postkasseadresse");
                    if let Some(Value::String(address)) = address {
                        address.insert_str(0, "utdatert.");
                    }
                }
            })
            .await
        }
    }
}

fn lost(mut response: Response) -> Response {
    response.extensions_mut().insert(Lost);
    response
}

fn answer(status: u16, retry_after: Option<u32>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if status == StatusCode::BAD_GATEWAY {
        (status, Html("<html><body>Bad Gateway</body></html>")).into_response()
    } else {
        Problem::new(
            status,
            "Practised Fault",
            "asked for by the practice control",
        )
        .into_response()
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
