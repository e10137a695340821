#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::net::TcpListener;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    service: Service,
}

fn service(url: &str) -> Service {
    Arguments::parse_from(["loadtest", "--url", url]).service
}

fn at(at: f64, service: f64, postgres: f64) -> Sample {
    let cpu = Cpu { service, postgres: Some(postgres) };
    Sample { at, cpu, memory: Memory { service: 40_000_000, postgres: 90_000_000 } }
}

#[test]
fn a_vote_costs_what_both_spent_shared_among_the_votes() {
    let mut report = Report::new("test");
    let spent = at(5.0, 3.0, 2.5).cpu - at(0.0, 1.0, 0.5).cpu;
    tell_cpu(spent, 40_000, &mut report);
    let figures = report.to_json()["figures"].clone();
    for (key, expected) in
        [("cpu_service_us_per_vote", 50.0), ("cpu_postgres_us_per_vote", 50.0), ("cpu_us_per_vote", 100.0)]
    {
        assert_eq!(figures[key], expected, "{key}");
    }
}

#[test]
fn without_votes_there_is_no_cost_of_one() {
    let mut report = Report::new("test");
    tell_cpu(at(0.0, 1.0, 1.0).cpu, 0, &mut report);
    assert!(report.to_json()["figures"].get("cpu_us_per_vote").is_none());
}

#[test]
fn processors_are_what_was_spent_between_two_samples() {
    let plot = cores(&[at(0.0, 1.0, 0.0), at(2.0, 2.0, 3.0)], true);
    let points: Vec<_> = plot.lines.iter().map(|line| line.points.clone()).collect();
    assert_eq!(points, [[(2.0, 0.5)], [(2.0, 1.5)]]);
}

#[tokio::test]
async fn a_process_that_listens_here_is_found_and_its_cost_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let meter = Meter::start(&service(&format!("http://{}", listener.local_addr().unwrap())));
    let begun = meter.cpu().unwrap();
    let mut touched = vec![0_u8; 50_000_000];
    let start = Instant::now();
    while (meter.cpu().unwrap() - begun).service < 0.05 && start.elapsed() < Duration::from_secs(10) {
        touched.iter_mut().for_each(|byte| *byte = black_box(byte.wrapping_add(1)));
    }
    let mut report = Report::new("test");
    meter.stop(10, &mut report);
    let figures = &report.to_json()["figures"];
    assert!(figures["cpu_service_us_per_vote"].as_f64().unwrap() >= 5_000.0, "{figures}");
    assert!(figures["service_peak_bytes"].as_u64().unwrap() > 50_000_000, "{figures}");
    assert!(figures["service_bytes_per_vote"].as_u64().unwrap() > 4_000_000, "{figures}");
    assert!(figures.get("cpu_us_per_vote").is_none(), "it has no PostgreSQL: {figures}");
}

#[tokio::test]
async fn of_a_service_elsewhere_it_says_that_it_cannot_tell() {
    let meter = Meter::start(&service("http://vote.example.org:8080"));
    assert_eq!(meter.cpu(), None);
    let mut report = Report::new("test");
    meter.stop(10, &mut report);
    let figures = report.to_json()["figures"].clone();
    assert_eq!(figures["cost"], "can't tell: the service runs on another machine");
}
