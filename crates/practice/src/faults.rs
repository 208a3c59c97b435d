//! Misbehaviour on demand: the next calls of a service fail in a chosen way.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::access_point::drain;
use crate::problem::Problem;
use crate::world::Shared;

/// One planned misbehaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    service: Service,
    /// How many calls it still hits.
    times: u32,
    #[serde(flatten)]
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Service {
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
pub(crate) enum Way {
    /// The call is read to its end and the connection closed: nothing was done.
    LoseBefore,
    /// The call is done and the connection closed without an answer.
    LoseAfter,
    /// Answered with this status, nothing was done. 502 comes as HTML from a gateway.
    Status {
        status: u16,
        retry_after: Option<u32>,
    },
    /// Done as usual, after a wait.
    Delay { milliseconds: u64 },
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

    fn next(&self, service: Service) -> Option<Way> {
        let mut planned = self.lock();
        let hit = planned.iter_mut().find(|fault| fault.service == service)?;
        let way = hit.way;
        hit.times = hit.times.saturating_sub(1);
        planned.retain(|fault| fault.times > 0);
        Some(way)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
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
    let planned = service(request.method(), request.uri().path())
        .and_then(|service| world.faults.next(service));
    let Some(way) = planned else {
        return next.run(request).await;
    };
    tracing::info!(?way, "misbehaving as planned");
    match way {
        Way::LoseBefore => {
            drain(request.into_body()).await;
            lost(Response::new(Body::empty()))
        }
        Way::LoseAfter => lost(next.run(request).await),
        Way::Status {
            status,
            retry_after,
        } => {
            drain(request.into_body()).await;
            answer(status, retry_after)
        }
        Way::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            next.run(request).await
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
        (
            status,
            axum::response::Html("<html><body>Bad Gateway</body></html>"),
        )
            .into_response()
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

fn service(method: &Method, path: &str) -> Option<Service> {
    match path {
        "/maskinporten/token" => Some(Service::Token),
        "/krr/rest/v2/personer" => Some(Service::Register),
        "/krr/rest/v2/printSertifikat" => Some(Service::PrintCertificate),
        "/dpi/messages/out" if method == Method::POST => Some(Service::Submit),
        "/dpi/messages/in" => Some(Service::Inbox),
        _ if path.starts_with("/dpi/messages/out/") => Some(Service::Statuses),
        _ if path.starts_with("/dpi/messages/in/") && method == Method::POST => Some(Service::Read),
        _ => None,
    }
}
