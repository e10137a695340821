//! Times as a form holds them: the clock on the wall in a zone.

use jiff::civil::DateTime;
use jiff::tz::{self, TimeZone};
use time::OffsetDateTime;
use uvote_domain::fault::Fault;

/// The names of all zones, such as `Europe/Berlin`.
pub fn names() -> Vec<String> {
    // What stands under other regions are old names of the same zones.
    const REGIONS: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let is_shown = |name: &String| name == "UTC" || REGIONS.iter().any(|region| name.starts_with(region));
    let mut names: Vec<String> = tz::db().available().map(|name| name.to_string()).filter(is_shown).collect();
    names.sort();
    names
}

/// The moment that a clock in the zone shows as `text`, such as `2026-11-21T18:00`. A time that the
/// change to summer time leaves out counts as the one an hour later.
///
/// # Errors
/// [`Fault::NotATime`] for anything else.
pub fn read(text: &str, zone: Option<&str>) -> Result<OffsetDateTime, Fault> {
    let civil: DateTime = text.trim().parse().map_err(|_| Fault::NotATime)?;
    let zoned = civil.to_zoned(find(zone)).map_err(|_| Fault::NotATime)?;
    OffsetDateTime::from_unix_timestamp(zoned.timestamp().as_second()).map_err(|_| Fault::NotATime)
}

/// What a clock in the zone shows at a moment, to the minute.
pub fn write(at: OffsetDateTime, zone: Option<&str>) -> String {
    jiff::Timestamp::from_second(at.unix_timestamp())
        .map(|at| at.to_zoned(find(zone)).strftime("%Y-%m-%dT%H:%M").to_string())
        .unwrap_or_default()
}

fn find(zone: Option<&str>) -> TimeZone {
    zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_clock_in_the_zone_reads_back_as_it_was_written() {
        let at = datetime!(2026-07-01 16:00 UTC);
        assert_eq!(write(at, Some("Europe/Berlin")), "2026-07-01T18:00");
        assert_eq!(read("2026-07-01T18:00", Some("Europe/Berlin")), Ok(at));
        assert_eq!(read("2026-07-01T16:00", None), Ok(at));
    }

    #[test]
    fn the_hour_that_summer_time_leaves_out_is_the_one_after() {
        let after = read("2026-03-29T02:30", Some("Europe/Berlin"));
        assert_eq!(after, Ok(datetime!(2026-03-29 01:30 UTC)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(read("tomorrow", None), Err(Fault::NotATime));
        assert!(names().contains(&"Europe/Berlin".to_owned()));
    }
}
