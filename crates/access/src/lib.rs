//! HTTPS to token service, register and access point.
//!
//! [`Access::open`] gives the implementations of the ports [`Register`] and [`AccessPoint`] of one
//! environment. There is no plain http: an address that is not https can't be made. Every call is
//! bounded in time, every answer in size. Calls block and can't be made from an async runtime.
//!
//! [`Register`]: utpost_dispatch::Register
//! [`AccessPoint`]: utpost_dispatch::AccessPoint

mod clock;
mod corner2;
mod endpoints;
mod https;
mod patience;
mod register;
mod tokens;

#[cfg(test)]
mod stand_in;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use tokio::runtime;
use utpost_dispatch::{CallFault, Clock, Remote, upload_limit};
use utpost_wire::AccessToken;

pub use clock::SystemClock;
pub use corner2::Corner2;
pub use endpoints::{AddressFault, AddressSettings, Endpoints, HttpsAddress};
pub use register::ContactRegister;
pub use tokens::{ApiClient, GrantKey, Purpose, TokenSource};

use https::Https;
use patience::Patience;

/// The services of one environment as one client sees them.
pub struct Access {
    /// The token service.
    pub tokens: Arc<TokenSource>,
    /// The contact and reservation register.
    pub register: ContactRegister,
    /// The agency's access point.
    pub access_point: Corner2,
}

impl Access {
    /// Makes the clients. Nothing is sent yet.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(
        endpoints: Endpoints,
        client: ApiClient,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, OpenFault> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("utpost-access")
            .enable_all()
            .build()
            .map_err(OpenFault::Runtime)?;
        let runtime = Arc::new(runtime);
        let only_root = endpoints.only_root.clone();
        let https = |service, connect| {
            Https::open(service, Arc::clone(&runtime), only_root.as_ref(), connect)
                .map_err(|fault| OpenFault::Tls(fault.without_url()))
        };
        let patience = |one| Patience {
            pauses: limits.pauses,
            one,
            whole: limits.question,
        };

        let register_address = endpoints.register.clone();
        let access_point_address = endpoints.access_point.clone();
        let tokens = Arc::new(TokenSource::new(
            https(Remote::Tokens, limits.connect)?,
            endpoints,
            client,
            Arc::clone(&clock),
            patience(limits.token),
            limits.metadata,
        ));
        Ok(Self {
            register: ContactRegister::new(
                https(Remote::Register, limits.register_connect)?,
                register_address,
                Arc::clone(&tokens),
                clock,
                patience(limits.register),
            ),
            access_point: Corner2::new(
                https(Remote::AccessPoint, limits.connect)?,
                access_point_address,
                Arc::clone(&tokens),
                limits,
            ),
            tokens,
        })
    }
}

/// Why the clients could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The operating system gave no thread.
    #[error("no thread for the network")]
    Runtime(#[source] io::Error),
    /// TLS can't be set up: no usable root.
    #[error("TLS could not be set up")]
    Tls(#[source] reqwest::Error),
}

/// How long anything may take. The default holds for real services.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Name, connection and TLS, for token service and access point: 10 s.
    pub connect: Duration,
    /// The same for the register: 5 s.
    pub register_connect: Duration,
    /// Reading the token service's metadata: 5 s.
    pub metadata: Duration,
    /// One try to get a token: 15 s.
    pub token: Duration,
    /// One try to look up: 15 s.
    pub register: Duration,
    /// All tries of one question to token service or register: 30 s.
    pub question: Duration,
    /// Pauses between them: 1 s, 4 s.
    pub pauses: [Duration; 2],
    /// A small call to the access point: 30 s.
    pub call: Duration,
    /// An upload of so many bytes: [`upload_limit`].
    pub upload: fn(u64) -> Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(10),
            register_connect: seconds(5),
            metadata: seconds(5),
            token: seconds(15),
            register: seconds(15),
            question: seconds(30),
            pauses: [seconds(1), seconds(4)],
            call: seconds(30),
            upload: upload_limit,
        }
    }
}

fn authorised(request: RequestBuilder, token: &AccessToken) -> RequestBuilder {
    request.bearer_auth(token.expose("authorization header"))
}

fn unreadable<E: Error + Send + Sync + 'static>(service: Remote) -> impl FnOnce(E) -> CallFault {
    move |fault| CallFault::Unreadable {
        service,
        source: Some(Box::new(fault)),
    }
}
