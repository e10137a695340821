//! Networks of addresses, as `UVOTE_TRUSTED_PROXIES` lists them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Some networks.
#[derive(Debug, Clone, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether an address is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// A network in CIDR notation, or a single address.
pub(super) fn parse(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    text.parse().ok().or_else(single)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_however_these_are_written() {
        let networks: Networks =
            ["10.0.0.0/8", "::1", "2001:db8::/32"].map(|text| parse(text).unwrap()).into_iter().collect();
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "::1", "2001:db8:1::2"] {
            assert!(networks.contain(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["11.0.0.1", "127.0.0.1", "::ffff:11.0.0.1", "2001:db9::1"] {
            assert!(!networks.contain(outside.parse().unwrap()), "{outside}");
        }
        assert!(!Networks::default().contain("127.0.0.1".parse().unwrap()));
    }
}
