//! Logs and metrics.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::LogConfig;

/// Libraries whose debug levels show what must stay secret: `tokio_postgres` writes the parameters
/// of every statement, tokens and sealed ballots among them.
const QUIET: [&str; 3] = ["tokio_postgres", "lettre", "actix_http"];

/// How often measurements are sorted into the buckets of their histograms.
const CONDENSE_EVERY: Duration = Duration::from_secs(5);

/// Starts logging to standard error. A second call changes nothing.
///
/// Nothing below the voting routes may log an address, a user agent, a token or a body, which is
/// why no general request logger is used.
pub fn start_logs(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let layer = if config.json { layer.json().boxed() } else { layer.boxed() };
    let started =
        tracing_subscriber::registry().with(filter).with(filter_fn(is_discreet)).with(layer).try_init();
    drop(started);
}

/// Whether a line may be written, whatever the filter of the environment says.
pub fn is_discreet(line: &Metadata<'_>) -> bool {
    let quiet = QUIET.iter().any(|library| line.target().starts_with(library));
    !quiet || *line.level() <= Level::WARN
}

/// Starts collecting metrics; nothing when this process collects them already.
pub fn start_metrics() -> Option<PrometheusHandle> {
    const SECONDS: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
    const SIZES: &[f64] =
        &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".into()), SIZES))
        .ok()?;
    builder.install_recorder().ok()
}

/// Until they are sorted into buckets, histograms hold every single measurement; where nobody reads
/// the metrics they would grow for ever.
async fn condense(handle: PrometheusHandle) {
    let mut ticks = actix_web::rt::time::interval(CONDENSE_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Serves `/metrics` on an address of its own until the returned server is stopped.
///
/// # Errors
/// When the address can't be bound.
pub fn serve_metrics(handle: PrometheusHandle, bind: SocketAddr) -> std::io::Result<actix_web::dev::Server> {
    use actix_web::{App, HttpServer, web};
    actix_web::rt::spawn(condense(handle.clone()));
    let render = move || {
        let handle = handle.clone();
        async move { handle.render() }
    };
    let server = HttpServer::new(move || App::new().route("/metrics", web::get().to(render.clone())));
    Ok(server.workers(1).disable_signals().bind(bind)?.run())
}
