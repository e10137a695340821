//! What listens: a server whose connections are [`Line`]s, which actix-web's own can't have.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server};
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::net::TcpSocket;

use crate::http::line::Line;
use crate::ws::session;

/// Threads that serve requests.
pub(super) const WORKERS: usize = 2;
/// Seconds that requests under way may take after a stop was asked for.
const DRAIN_SECONDS: u64 = 10;
/// How long the head of a connection's first request may take.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may go on after the last answer, so that the client has read it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a connection may lie idle until it is closed.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Bytes of an answer that the kernel keeps for a connection beyond those that are on their way.
const UNSENT: u32 = 64 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;

/// Serves an application on an address, to so many clients at once.
///
/// # Errors
/// When the address can't be bound.
pub(super) fn serve<F, I, S, B>(bind: SocketAddr, places: usize, app: F) -> io::Result<(Server, SocketAddr)>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = Error, InitError = ()> + 'static,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let builder = ServerBuilder::new().workers(WORKERS).max_concurrent_connections(places / WORKERS);
    let builder = builder.shutdown_timeout(DRAIN_SECONDS).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let (listener, address) = listener(bind)?;
    let builder = builder.listen("http", listener, move || {
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_PATIENCE)
            .client_disconnect_timeout(LAST_WORDS)
            .local_addr(address)
            .on_connect_ext(|line: &Line, data: &mut Extensions| drop(data.insert(line.turn())));
        let app = app().into_factory().map_err(|error: Error| error.error_response());
        fn_service(|stream: TcpStream| async move { Ok(connection(stream)) })
            .and_then(http.finish(map_config(app, |()| AppConfig::default())))
    })?;
    Ok((builder.run(), address))
}

fn listener(bind: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(bind)?;
    let listener = socket.listen(BACKLOG)?.into_std()?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn connection(stream: TcpStream) -> (Line, Protocol, Option<SocketAddr>) {
    if let Err(problem) = bound(&stream) {
        tracing::debug!(%problem, "a connection takes no options");
    }
    let client = stream.peer_addr().ok();
    (Line::new(stream), Protocol::Http1, client)
}

/// Lets the kernel end connections whose other side does not read or answer, which the actor of a
/// socket can't: a client that stops reading stops its intervals too. Of what a slow client has yet to
/// be sent the kernel would keep megabytes, and take seconds from everybody to find room for thousands.
fn bound(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(session::PATIENCE))?;
    socket.set_tcp_notsent_lowat(UNSENT)
}
