//! QR codes as paths of an SVG, which the pages' policy lets through without inline styles.

use qrcode::{Color, EcLevel, QrCode};

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    /// Modules on each side, without the quiet zone.
    pub side: usize,
    /// The dark modules, a stroke for each run of them.
    pub path: String,
}

impl Qr {
    /// The code of a text; nothing when it is too long.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let side = code.width();
        let rows = code.to_colors();
        let runs = rows.chunks(side).enumerate().flat_map(|(y, row)| runs(y, row));
        Some(Self { side, path: runs.collect() })
    }
}

fn runs(y: usize, row: &[Color]) -> Vec<String> {
    let mut x = 0;
    let mut runs = Vec::new();
    for run in row.chunk_by(|one, other| one == other) {
        if run[0] == Color::Dark {
            runs.push(format!("M{x} {y}h{length}v1h-{length}z", length = run.len()));
        }
        x += run.len();
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finder_pattern_stands_in_the_corner() {
        let qr = Qr::of("http://localhost/elections/1/receipt#2").unwrap_or_else(|| panic!("too long"));
        assert!(qr.path.starts_with("M0 0h7v1h-7z"), "{}", qr.path);
        assert!(qr.path.contains("M0 1h1v1h-1zM6 1h1v1h-1z"), "{}", qr.path);
        assert_eq!(qr.side % 4, 1, "17 modules and 4 for each version");
    }
}
