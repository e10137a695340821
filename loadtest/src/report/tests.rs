#![allow(clippy::unwrap_used)]

use super::*;

const RED: &str = "\x1b[1;31m";

fn report() -> Report {
    let mut report = Report::new("election");
    report.figure("voters", "voters", Amount::Count(12_345));
    report.section("Votes");
    report.figure("latency_p50_us", "latency p50", Amount::Microseconds(1_500));
    report.main_figures(&["latency_p50_us", "not_measured"]);
    report.books_are_compared();
    report
}

fn text(report: &Report, colour: bool) -> String {
    let mut out = Vec::new();
    report.print(&mut out, colour).unwrap();
    String::from_utf8(out).unwrap()
}

fn throughput() -> Plot {
    let points = vec![(0.0, 10.0), (1.0, 30.0), (2.0, 20.0)];
    let line = Line { name: "votes <acknowledged>".into(), points };
    Plot { title: "Votes a second".into(), x: "time (s)".into(), y: "votes/s".into(), lines: vec![line] }
}

#[test]
fn figures_stand_below_their_headings_with_numbers_and_units_aligned() {
    let expected = "  voters       12,345\n\
        \nVotes\n\
        \x20 latency p50    1.50 ms\n\
        \nThe books agree.\n";
    assert_eq!(text(&report(), false), expected);
}

#[test]
fn a_heading_that_comes_again_goes_on() {
    let mut report = report();
    report.section("");
    report.figure("mails", "mails", Amount::Count(7));
    let printed = text(&report, false);
    assert!(printed.find("mails").unwrap() < printed.find("Votes").unwrap(), "{printed}");
}

#[test]
fn a_difference_is_the_first_line_in_red() {
    let mut report = report();
    report.differ(["ballots_cast: expected 2, the service says 1".to_owned()]);
    let printed = text(&report, true);
    let first = printed.lines().next().unwrap();
    assert!(first.starts_with(RED) && first.ends_with("\x1b[0m"), "{first}");
    assert!(!text(&report, false).contains('\x1b'));
    assert!(!printed.contains("agree"));
}

#[test]
fn a_run_that_was_broken_off_keeps_what_it_found_and_does_not_say_that_the_books_agree() {
    let mut report = report();
    report.break_off("the service is <gone>".to_owned());
    let (printed, page) = (text(&report, false), report.to_html().unwrap());
    assert!(printed.contains("latency p50") && !printed.contains("agree"), "{printed}");
    assert!(page.contains("was broken off") && !page.contains("agree") && !page.contains("<gone>"));
    assert_eq!(report.to_json()["broken_off"], "the service is <gone>");
    report.differ(["one vote is missing".to_owned()]);
    assert!(text(&report, false).starts_with("DIFFERENCE one vote is missing\n"));
    assert!(report.to_html().unwrap().contains("one vote is missing"));
}

#[test]
fn where_nothing_was_compared_no_books_are_said_to_agree() {
    let report = Report::new("import");
    assert!(text(&report, false).contains("No difference was found."));
    assert!(!text(&report, false).contains("agree") && !report.to_html().unwrap().contains("agree"));
}

#[test]
fn the_json_holds_plain_numbers_under_their_keys_and_the_points_of_plots() {
    let mut report = report();
    report.plot(throughput());
    let json = report.to_json();
    assert_eq!(json["figures"], json!({"voters": 12_345, "latency_p50_us": 1_500}));
    assert_eq!(json["differences"], json!([]));
    assert_eq!(json["plots"][0]["lines"][0]["points"][1], json!([1.0, 30.0]));
}

#[test]
fn the_page_says_first_whether_the_books_agree_and_escapes_what_it_shows() {
    let mut report = report();
    assert!(report.to_html().unwrap().contains("The books agree"));
    report.differ(["<b>one vote</b> is missing".to_owned()]);
    let page = report.to_html().unwrap();
    assert!(!page.contains("The books agree") && !page.contains("<b>one vote"));
    assert!(page.find("one vote").unwrap() < page.find("latency p50").unwrap());
}

#[test]
fn the_page_draws_plots_says_them_in_words_and_loads_nothing() {
    let mut report = report();
    report.plot(throughput());
    let page = report.to_html().unwrap();
    assert!(page.contains("<polyline"), "no line is drawn");
    assert!(page.contains("from 10 to 30, 20 at the end"));
    assert!(!page.contains("<acknowledged>"));
    for outside in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_plot_without_points_and_one_of_a_single_point_are_drawn_too() {
    let mut report = report();
    for points in [vec![], vec![(0.0, 0.0)], vec![(3.0, f64::NAN)]] {
        let mut plot = throughput();
        plot.lines[0].points = points;
        report.plot(plot);
    }
    report.percentiles("nothing", &[("latency", &Histogram::new(3).unwrap())]);
    assert_eq!(report.to_html().unwrap().matches("<figure").count(), 4);
}

#[test]
fn each_nine_of_a_percentile_is_marked_and_as_wide_as_the_one_before() {
    let mut histogram = Histogram::new(3).unwrap();
    (1..=10_000_u64).for_each(|micros| histogram.record(micros).unwrap());
    let mut report = report();
    report.percentiles("Latency", &[("votes", &histogram)]);
    let page = report.to_html().unwrap();
    let place = |mark: &str| -> i32 {
        let (before, _) = page.split_once(&format!("\n{mark}\n")).unwrap();
        let (_, text) = before.rsplit_once("<text x=\"").unwrap();
        text.split('"').next().unwrap().parse().unwrap()
    };
    let [ninety, two_nines, three_nines] = ["90", "99", "99.9"].map(place);
    assert!(place("50") < ninety);
    assert!((three_nines - two_nines).abs_diff(two_nines - ninety) <= 1);
    let lines = &report.to_json()["plots"][0]["lines"][0]["points"];
    let points: Vec<(f64, f64)> = serde_json::from_value(lines.clone()).unwrap();
    let (_, median) = points.iter().find(|(percentile, _)| *percentile >= 50.0).unwrap();
    assert!((median - 5.0).abs() < 0.1, "{median}");
}
