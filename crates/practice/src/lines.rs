//! The TCP connections under the calls, so that one can be reset.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Request;
use axum_server::accept::Accept;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;
use tower::Service;

/// The connection a call came by.
#[derive(Clone)]
pub(crate) struct Line(Arc<Socket>);

impl Line {
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Lets the connection end by a reset (RST) and not in order (FIN), once it is closed: what is
    /// on its way to the caller is thrown away.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.0.set_linger(Some(Duration::ZERO))
    }
}

/// Tells each call its [`Line`].
#[derive(Clone)]
pub(crate) struct Lines;

impl<S> Accept<TcpStream, S> for Lines {
    type Stream = TcpStream;
    type Service = OnLine<S>;
    type Future = Ready<io::Result<(TcpStream, OnLine<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let line = SockRef::from(&stream).try_clone();
        ready(line.map(|socket| {
            let line = Line(Arc::new(socket));
            (stream, OnLine { line, service })
        }))
    }
}

/// A service of one connection.
#[derive(Clone)]
pub(crate) struct OnLine<S> {
    line: Line,
    service: S,
}

impl<S, B> Service<Request<B>> for OnLine<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.line.clone());
        self.service.call(request)
    }
}
