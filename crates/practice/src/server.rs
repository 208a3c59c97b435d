//! Starting and stopping: one instance for each data folder, HTTPS on loopback.

use std::convert::Infallible;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, ServiceExt};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};

use crate::authority::{self, AGENCY, AGENCY_NAME, Authority, AuthorityFault};
use crate::books::{Books, BooksFault};
use crate::checks::token::TokenIssuer;
use crate::checks::trust::Trust;
use crate::clock::{self, FastClock};
use crate::faults::{self, Faults, Lost};
use crate::lines::Lines;
use crate::world::{Shared, World, issuer};
use crate::{access_point, control, disk, providers, register, tokens};

/// The clock of an instance.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How an instance is to run.
#[derive(Clone)]
pub struct PracticeOptions {
    /// Holds keys, books and addresses; a local folder, made when missing.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// From OPPRETTET to SENDT.
    pub sent_after: Duration,
    /// From SENDT to the supplier's own receipts.
    pub receipt_after: Duration,
    /// The largest package taken, bytes of the encrypted form.
    pub most_package_bytes: u64,
    /// Rows of the access point's checks that are left out, of 1 to 7, 9 and 11. Still an
    /// identifier is taken once, since the books hold one letter for each.
    pub left_out: Vec<u8>,
    /// Asked for every time that matters.
    pub now: Clock,
    /// How many times as fast as the machine's own clock `now` runs, 1 for no faster. Waits stay as
    /// they are; a grant may be older by the second it may take on this machine.
    pub pace: u16,
}

impl PracticeOptions {
    /// Any free port, 200 ms to SENDT, receipts at once after it, packages to 50 MiB, every check,
    /// the machine's clock.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: 0,
            sent_after: Duration::from_millis(200),
            receipt_after: Duration::ZERO,
            most_package_bytes: 50 * 1024 * 1024,
            left_out: Vec::new(),
            now: Arc::new(Timestamp::now),
            pace: 1,
        }
    }

    /// The same, with the clock that `UTPOST_PRACTICE_CLOCK` asks for, if it does: an instant, `x`,
    /// and how many times as fast time runs from then on, at most 600. The factor is told on
    /// standard error.
    ///
    /// # Errors
    /// [`StartFault::Clock`].
    pub fn from_environment(data_dir: impl Into<PathBuf>) -> Result<Self, StartFault> {
        let mut options = Self::in_folder(data_dir);
        if let Some(text) = std::env::var_os(clock::VARIABLE) {
            let clock = text.to_str().and_then(FastClock::read);
            let clock = clock.ok_or(StartFault::Clock)?;
            // Who can't read it has no use for it.
            let _ = writeln!(
                io::stderr(),
                "practice: time runs {} times as fast",
                clock.factor()
            );
            options.pace = clock.factor();
            options.now = clock.into_clock();
        }
        Ok(options)
    }
}

/// Where a running instance is, as written to `endpoints.json` in its data folder.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoints {
    /// `https://127.0.0.1:<port>`.
    pub base_url: String,
    /// The practice root, PEM.
    pub ca_file: PathBuf,
    /// The issuing certificate, PEM; receipts carry the leaf only.
    pub intermediate_file: PathBuf,
    /// Address of the token service's metadata.
    pub maskinporten_metadata: String,
    /// The register; `/rest/v2/…` follows.
    pub register_base: String,
    /// The access point; `/messages/…` follows.
    pub access_point_base: String,
    /// The agency's client at the token service, which signs with its certificate.
    pub client_id: String,
    /// The agency that sends.
    pub agency: Agency,
    /// Key, certificate and chain of the agency.
    pub agency_p12: PathBuf,
    /// Holds the password of `agency_p12`, without a line end.
    pub agency_p12_password_file: PathBuf,
    /// Bearer token of the control interface under `/practice`.
    pub control_token: String,
    /// Process that runs the instance.
    pub pid: u32,
}

/// The agency in whose name practice letters are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Synthetic organisation number.
    pub organisation: String,
    /// Name.
    pub name: String,
}

impl Endpoints {
    /// Reads the addresses of the instance that runs in `data_dir`.
    ///
    /// # Errors
    /// `NotFound` when none runs; `InvalidData` when the file is not of this form.
    pub fn load(data_dir: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(data_dir.join(ENDPOINTS))?;
        serde_json::from_slice(&bytes).map_err(io::Error::from)
    }

    fn of(world: &World) -> Self {
        let folder = &world.options.data_dir;
        Self {
            base_url: world.base_url.clone(),
            ca_file: folder.join(authority::ROOT),
            intermediate_file: folder.join(authority::INTERMEDIATE),
            maskinporten_metadata: format!(
                "{}.well-known/oauth-authorization-server",
                world.issuer()
            ),
            register_base: world.register_base(),
            access_point_base: world.access_point_base(),
            client_id: tokens::CLIENT.to_owned(),
            agency: Agency {
                organisation: AGENCY.to_owned(),
                name: AGENCY_NAME.to_owned(),
            },
            agency_p12: folder.join(authority::AGENCY_P12),
            agency_p12_password_file: folder.join(authority::AGENCY_P12_PASSWORD),
            control_token: world.control_token.clone(),
            pid: std::process::id(),
        }
    }
}

/// Why an instance did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Another program runs practice in this data folder: connect to that.
    #[error("already running")]
    AlreadyRunning {
        /// Where it is.
        base_url: String,
    },
    /// Another program has taken the data folder and is not up yet, or no longer.
    #[error("data folder is in use")]
    InUse,
    /// The data folder or a file in it.
    #[error("data folder")]
    Folder(#[from] io::Error),
    /// The certificate authority.
    #[error("certificate authority")]
    Authority(#[from] AuthorityFault),
    /// The books.
    #[error("books")]
    Books(#[from] BooksFault),
    /// The HTTPS certificate or key.
    #[error("TLS")]
    Tls(#[from] rustls::Error),
    /// The HTTPS certificate or key as text.
    #[error("TLS files")]
    TlsFiles(#[from] rustls_pki_types::pem::Error),
    /// The port could not be taken.
    #[error("port {port}")]
    Port {
        /// The port asked for.
        port: u16,
        /// Cause.
        source: io::Error,
    },
    /// The server thread ended in a panic.
    #[error("server thread")]
    Thread,
    /// `UTPOST_PRACTICE_CLOCK` is not understood.
    #[error("UTPOST_PRACTICE_CLOCK is not understood")]
    Clock,
}

impl From<ErrorStack> for StartFault {
    fn from(fault: ErrorStack) -> Self {
        Self::Authority(fault.into())
    }
}

/// A running instance; dropping it stops it.
///
/// OpenSSL is used: a program must have initialised it without a configuration file before.
///
/// ```no_run
/// use utpost_practice::{Practice, PracticeOptions};
///
/// let practice = Practice::start(PracticeOptions::in_folder("practice"))?;
/// assert!(practice.base_url().starts_with("https://127.0.0.1:"));
/// practice.shutdown()?;
/// # Ok::<(), utpost_practice::StartFault>(())
/// ```
pub struct Practice {
    endpoints: Endpoints,
    endpoints_file: PathBuf,
    handle: Handle<SocketAddr>,
    server: Option<JoinHandle<io::Result<()>>>,
    /// Held until the endpoints are gone.
    _lock: File,
}

impl Practice {
    /// Starts all services in a thread of their own and returns when they can be called.
    ///
    /// The first start in a data folder makes the certificate authority, which takes a second or
    /// two. Letters that an earlier instance had accepted go on where they were.
    ///
    /// # Errors
    /// [`StartFault::AlreadyRunning`] when another instance holds the folder.
    pub fn start(options: PracticeOptions) -> Result<Self, StartFault> {
        let mut options = options;
        disk::make_folder(&options.data_dir)?;
        options.data_dir = std::path::absolute(&options.data_dir)?;
        let lock = lock(&options.data_dir)?;
        let endpoints_file = options.data_dir.join(ENDPOINTS);
        disk::remove(&endpoints_file)?;

        let authority = Authority::open(&options.data_dir, (options.now)())?;
        let books = Books::open(&options.data_dir.join(BOOKS))?;
        let faults = Faults::open(&options.data_dir.join(BOOKS))?;
        let tls = tls(&authority)?;
        let port = options.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| StartFault::Port { port, source })?;
        let base_url = format!("https://{}", listener.local_addr()?);
        let world = Arc::new(World {
            control_token: uuid::Uuid::new_v4().simple().to_string(),
            tokens: TokenIssuer {
                name: issuer(&base_url),
                key: PKey::public_key_from_der(&authority.token_key.public_key_to_der()?)?,
            },
            trust: Trust::new(
                vec![authority.root.clone()],
                vec![authority.intermediate.clone()],
            ),
            used_grants: Default::default(),
            faults,
            acting: Default::default(),
            shelf: Mutex::new(books),
            options,
            base_url,
            authority,
        });

        let endpoints = Endpoints::of(&world);
        let handle = Handle::new();
        let server = serve_in_thread(world, listener, tls, handle.clone())?;
        let practice = Self {
            endpoints,
            endpoints_file,
            handle,
            server: Some(server),
            _lock: lock,
        };
        let text = serde_json::to_vec_pretty(&practice.endpoints).map_err(io::Error::from)?;
        disk::write_durably(&practice.endpoints_file, &text)?;
        tracing::info!(base_url = practice.base_url(), "practice is up");
        Ok(practice)
    }

    /// `https://127.0.0.1:<port>`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.endpoints.base_url
    }

    /// Every address and file a client needs.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops in order: calls under way are given a second, the endpoints file is removed.
    ///
    /// # Errors
    /// When the server had failed, or the file cannot be removed.
    pub fn shutdown(mut self) -> Result<(), StartFault> {
        self.stop()
    }

    fn stop(&mut self) -> Result<(), StartFault> {
        let Some(server) = self.server.take() else {
            return Ok(());
        };
        disk::remove(&self.endpoints_file)?;
        self.handle.graceful_shutdown(Some(Duration::from_secs(1)));
        server.join().map_err(|_| StartFault::Thread)??;
        tracing::info!("practice has stopped");
        Ok(())
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        if let Err(fault) = self.stop() {
            tracing::warn!(%fault, "practice did not stop in order");
        }
    }
}

/// Runs an instance until the process is told to stop (Ctrl-C, or SIGTERM where there is one).
/// `ready` is called once, when the services can be called.
///
/// # Errors
/// As [`Practice::start`].
pub fn serve(options: PracticeOptions, ready: impl FnOnce(&Endpoints)) -> Result<(), StartFault> {
    let practice = Practice::start(options)?;
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    waiting.block_on(async {
        let stop = stop_signal()?;
        ready(practice.endpoints());
        stop.await;
        io::Result::Ok(())
    })?;
    practice.shutdown()
}

/// What [`reset`] does with the certificate authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetAuthority {
    /// Keys and certificates stay.
    Keep,
    /// The next start makes new ones: a ledger that trusted the old root refuses the new receipts.
    Renew,
}

/// Empties books and mailboxes of a data folder in which no instance runs.
///
/// # Errors
/// [`StartFault::AlreadyRunning`] or [`StartFault::InUse`], or the files.
pub fn reset(data_dir: &Path, authority: ResetAuthority) -> Result<(), StartFault> {
    disk::make_folder(data_dir)?;
    let _lock = lock(data_dir)?;
    disk::remove(&data_dir.join(ENDPOINTS))?;
    disk::remove(&data_dir.join(BOOKS))?;
    disk::remove(&data_dir.join(providers::MAILBOXES))?;
    if authority == ResetAuthority::Renew {
        authority::remove(data_dir)?;
    }
    Ok(())
}

const ENDPOINTS: &str = "endpoints.json";
const BOOKS: &str = "books";

/// The lock lives as long as the file is open, so a killed process leaves none behind.
fn lock(data_dir: &Path) -> Result<File, StartFault> {
    let file = disk::open_private(&data_dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(fault)) => Err(fault.into()),
        Err(TryLockError::WouldBlock) => Err(match Endpoints::load(data_dir) {
            Ok(running) => StartFault::AlreadyRunning {
                base_url: running.base_url,
            },
            Err(_) => StartFault::InUse,
        }),
    }
}

fn tls(authority: &Authority) -> Result<RustlsConfig, StartFault> {
    let chain = CertificateDer::pem_slice_iter(&authority.server_chain_pem)
        .collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(&authority.server_key_pem)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

fn serve_in_thread(
    world: Shared,
    listener: TcpListener,
    tls: RustlsConfig,
    handle: Handle<SocketAddr>,
) -> Result<JoinHandle<io::Result<()>>, StartFault> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("practice")
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("practice".to_owned())
        .spawn(move || {
            let served = runtime.block_on(async {
                providers::take_up(&world).await;
                let app = router(world.clone());
                axum_server::from_tcp(listener)?
                    .acceptor(RustlsAcceptor::new(tls).acceptor(Lines))
                    .handle(handle)
                    .serve(ServiceExt::<Request>::into_make_service(Answering(app)))
                    .await
            });
            // A letter being opened may go on; what is not in the books is taken up at next start.
            runtime.shutdown_timeout(Duration::from_secs(10));
            served
        })?;
    Ok(thread)
}

/// Answers calls, or fails those whose answer must be lost: then the connection is closed without
/// one.
#[derive(Clone)]
struct Answering(Router);

impl<R> tower::Service<R> for Answering
where
    Router: tower::Service<R, Response = Response, Error = Infallible>,
    <Router as tower::Service<R>>::Future: Send + 'static,
{
    type Response = Response;
    type Error = AnswerLost;
    type Future = Pin<Box<dyn Future<Output = Result<Response, AnswerLost>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AnswerLost>> {
        self.0.poll_ready(context).map(|Ok(())| Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async {
            let Ok(response) = answer.await;
            match response.extensions().get::<Lost>() {
                Some(Lost) => Err(AnswerLost),
                None => Ok(response),
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("answer lost on purpose")]
struct AnswerLost;

fn router(world: Shared) -> Router {
    let token_service = Router::new()
        .route(
            "/.well-known/oauth-authorization-server",
            get(tokens::metadata),
        )
        .route("/jwk", get(tokens::keys))
        .route("/token", post(tokens::token));
    let register = Router::new()
        .route("/rest/v2/personer", post(register::lookup))
        .route("/rest/v2/printSertifikat", get(register::print_certificate));
    let access_point = Router::new()
        .route(
            "/messages/out",
            post(access_point::submit).layer(DefaultBodyLimit::disable()),
        )
        .route(
            "/messages/out/{message}/statuses",
            get(access_point::statuses),
        )
        .route("/messages/in", get(access_point::inbox))
        .route("/messages/in/{receipt}", get(access_point::package))
        .route("/messages/in/{receipt}/read", post(access_point::read));
    Router::new()
        .nest("/maskinporten", token_service)
        .nest("/krr", register)
        .nest("/dpi", access_point)
        .nest("/practice", control::router(&world))
        .layer(middleware::from_fn_with_state(
            world.clone(),
            faults::misbehave,
        ))
        .layer(middleware::map_response_with_state(world.clone(), dated))
        .with_state(world)
}

/// Dates every answer by the instance's own clock.
async fn dated(
    axum::extract::State(world): axum::extract::State<Shared>,
    mut response: Response<Body>,
) -> Response<Body> {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&world.now());
    if let Some(value) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

/// Listens from the call on, not from the first wait.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens from the call on, not from the first wait.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
