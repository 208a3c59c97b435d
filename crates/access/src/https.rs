//! One service over HTTPS: a bounded exchange, and what became of it.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{CONTENT_LENGTH, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Body, RequestBuilder, Response, StatusCode, Url, redirect, retry};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use utpost_dispatch::{CallFault, Remote};
use utpost_pki::Certificate;
use utpost_wire::parse_problem;

pub(crate) const JSON: &str = "application/json";
/// More of an error answer is not read.
const ERROR_BYTES: usize = 64 * 1024;
/// A wish for a longer pause is cut to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
const BLOCK: usize = 64 * 1024;

/// The way to one service. Calls block; they can't be made from within an async runtime.
///
/// The asynchronous client is driven here on a runtime of its own, because the blocking one
/// reports a refused connection as a fault of the body when the body is streamed, and then nobody
/// can tell "surely not received" from "nobody knows".
pub(crate) struct Https {
    service: Remote,
    client: reqwest::Client,
    runtime: Arc<Runtime>,
}

impl Https {
    /// A client that speaks https only (HTTP/1.1, of which it is known and tested when an upload
    /// has surely not been received), follows no redirect, keeps no cookie, names no referrer
    /// and repeats nothing by itself. With `only_root` no other root is believed and no proxy
    /// used; otherwise both are the operating system's affair.
    pub(crate) fn open(
        service: Remote,
        runtime: Arc<Runtime>,
        only_root: Option<&Certificate>,
        connect_limit: Duration,
    ) -> reqwest::Result<Self> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("utpost/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .connect_timeout(connect_limit);
        let builder = match only_root {
            Some(root) => {
                let root = reqwest::Certificate::from_der(root.der())?;
                builder.tls_certs_only([root]).no_proxy()
            }
            None => builder,
        };
        Ok(Self {
            service,
            client: builder.build()?,
            runtime,
        })
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    /// Sends a small request. `limit` is for the whole exchange; of an answer of success at most
    /// `most_bytes` are read.
    pub(crate) fn exchange(
        &self,
        request: RequestBuilder,
        limit: Duration,
        most_bytes: usize,
    ) -> Result<Answer, CallFault> {
        self.runtime.block_on(async {
            match request.timeout(limit).send().await {
                Ok(response) => Ok(self.read(response, most_bytes).await),
                Err(fault) if fault.is_connect() => Err(self.unreachable(fault)),
                Err(fault) => Err(self.answer_lost(fault)),
            }
        })
    }

    /// Sends `head`, `bytes` of `file` and `tail` as one body of known length, reading the file
    /// block by block. `progress` is told on this thread how much of the file is handed over.
    ///
    /// As soon as a byte of the body is handed over, a break means that nobody knows: a service
    /// may claim the message's id by the first part alone. The body of an answer of success is
    /// not waited for.
    pub(crate) fn upload(
        &self,
        request: RequestBuilder,
        body: Upload,
        limit: Duration,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Answer, CallFault> {
        let (told, mut handed_over) = watch::channel(None);
        let unreadable = Arc::default();
        let request = request
            .header(CONTENT_LENGTH, body.len())
            .body(Body::wrap_stream(stream::iter(
                body.blocks(told, Arc::clone(&unreadable)),
            )))
            .timeout(limit);
        let sent = self
            .runtime
            .block_on(reporting(&mut handed_over, progress, async {
                let response = request.send().await?;
                Ok(self.read(response, 0).await)
            }));
        sent.map_err(|fault: reqwest::Error| {
            let unreadable = unreadable
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let not_begun = handed_over.borrow().is_none();
            match unreadable {
                Some(fault) => CallFault::Parcel(fault),
                None if fault.is_connect() || not_begun => self.unreachable(fault),
                None => self.answer_lost(fault),
            }
        })
    }

    async fn read(&self, mut response: Response, most_bytes: usize) -> Answer {
        let status = response.status();
        let date = header(response.headers(), &DATE).and_then(http_date);
        let retry_after = header(response.headers(), &RETRY_AFTER)
            .and_then(|text| pause(text, date))
            .map(|pause| pause.min(LONGEST_RETRY_AFTER));
        let most_bytes = if status.is_success() {
            most_bytes
        } else {
            ERROR_BYTES
        };
        let mut body = Vec::new();
        let body = loop {
            if most_bytes == 0 {
                break Ok(body);
            }
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > most_bytes => {
                    let source = Some(Box::new(TooLong { most_bytes }).into());
                    break Err(CallFault::Unreadable {
                        service: self.service,
                        source,
                    });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break Ok(body),
                Err(fault) => break Err(self.answer_lost(fault)),
            }
        };
        Answer {
            service: self.service,
            status,
            date,
            retry_after,
            body,
        }
    }

    fn unreachable(&self, fault: reqwest::Error) -> CallFault {
        let source = Some(fault.without_url().into());
        CallFault::Unreachable {
            service: self.service,
            source,
        }
    }

    fn answer_lost(&self, fault: reqwest::Error) -> CallFault {
        let source = Some(fault.without_url().into());
        CallFault::AnswerLost {
            service: self.service,
            source,
        }
    }
}

/// Drives `sending` and tells `progress` each new count, the last one included.
async fn reporting<T>(
    handed_over: &mut watch::Receiver<Option<u64>>,
    progress: &(dyn Fn(u64) + Send + Sync),
    sending: impl Future<Output = T>,
) -> T {
    let mut sending = pin!(sending);
    let tell = |handed_over: &mut watch::Receiver<Option<u64>>| {
        if let Some(bytes) = *handed_over.borrow_and_update() {
            progress(bytes);
        }
    };
    loop {
        tokio::select! {
            biased;
            Ok(()) = handed_over.changed() => tell(handed_over),
            sent = &mut sending => {
                tell(handed_over);
                return sent;
            }
        }
    }
}

/// A body made of a file between two texts.
pub(crate) struct Upload {
    head: Vec<u8>,
    file: File,
    bytes: u64,
    tail: Vec<u8>,
}

impl Upload {
    pub(crate) fn new(head: String, file: File, bytes: u64, tail: String) -> Self {
        Self {
            head: head.into_bytes(),
            file,
            bytes,
            tail: tail.into_bytes(),
        }
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.bytes + self.tail.len() as u64
    }

    fn blocks(
        mut self,
        told: watch::Sender<Option<u64>>,
        unreadable: Arc<Mutex<Option<io::Error>>>,
    ) -> impl Iterator<Item = io::Result<Vec<u8>>> {
        let mut left = self.bytes;
        let tell = move |left| told.send_replace(Some(self.bytes - left));
        let head = std::iter::once_with({
            let tell = tell.clone();
            move || {
                tell(left);
                Ok(self.head)
            }
        });
        let file = std::iter::from_fn(move || {
            let mut block = vec![0; usize::try_from(left).unwrap_or(BLOCK).min(BLOCK)];
            if block.is_empty() {
                return None;
            }
            if let Err(fault) = self.file.read_exact(&mut block) {
                let kind = fault.kind();
                unreadable
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .replace(fault);
                return Some(Err(kind.into()));
            }
            left -= block.len() as u64;
            tell(left);
            Some(Ok(block))
        });
        head.chain(file)
            .chain(std::iter::once_with(move || Ok(self.tail)))
    }
}

/// What a service answered.
pub(crate) struct Answer {
    service: Remote,
    pub(crate) status: StatusCode,
    /// The service's clock, to the second.
    pub(crate) date: Option<Timestamp>,
    retry_after: Option<Duration>,
    body: Result<Vec<u8>, CallFault>,
}

impl Answer {
    /// The body of an answer of success; the meaning of any other status.
    pub(crate) fn success(self) -> Result<Vec<u8>, CallFault> {
        if self.status.is_success() {
            self.body
        } else {
            Err(self.refusal())
        }
    }

    /// The beginning of the body, whatever the status; empty when it did not arrive.
    pub(crate) fn text(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// What a status other than success means.
    pub(crate) fn refusal(self) -> CallFault {
        let service = self.service;
        match self.status.as_u16() {
            401 => CallFault::Unauthorized { service },
            403 => CallFault::Forbidden { service },
            // A service that points elsewhere has been moved: nothing is sent there unseen.
            300..=399 | 404 | 410 => CallFault::WrongAddress { service },
            413 => CallFault::TooLarge { service },
            status if status == 408 || status == 429 || status >= 500 => CallFault::Busy {
                service,
                status,
                retry_after: self.retry_after,
            },
            status => CallFault::Refused {
                service,
                status,
                detail: parse_problem(self.text()).detail,
            },
        }
    }
}

/// An answer of success that does not end within what such an answer may hold.
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {most_bytes} bytes")]
struct TooLong {
    most_bytes: usize,
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The date form of RFC 9110, section 5.6.7, that senders must use.
fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a time by the service's own clock.
fn pause(text: &str, service_now: Option<Timestamp>) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => http_date(text)?
            .duration_since(service_now?)
            .try_into()
            .ok(),
    }
}
