//! Which names of this server are its own?
//!
//! A page of another site can ask this server under that site's name, if it makes its name mean 127.0.0.1 (DNS rebinding):
//! the browser then takes both for the same site. Such a request has the foreign name as its `Host`. A number of a host
//! means itself and no other, so it is no such name.

use std::net::IpAddr;

/// The hosts by which this server may be asked.
pub(super) struct Hosts {
    /// The name that the user gave.
    given: String,
}

impl Hosts {
    pub(super) fn new(given: &str) -> Self {
        let given = given.to_ascii_lowercase();
        Self { given }
    }

    /// Whether a header `Host` names this server. The port does not matter: a tunnel may have another one.
    pub(super) fn allow(&self, header: &str) -> bool {
        let host = name_of(header).to_ascii_lowercase();
        host == "localhost"
            || host == self.given
            || host.parse::<IpAddr>().is_ok_and(|_| !host.is_empty())
    }
}

/// The host without its port, and without the brackets of IPv6.
fn name_of(header: &str) -> &str {
    if let Some(rest) = header.strip_prefix('[') {
        return rest.split_once(']').map_or("", |(host, _)| host);
    }
    header.split_once(':').map_or(header, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_hosts_and_localhost_are_allowed_with_any_port_and_no_other_name_is() {
        let hosts = Hosts::new("127.0.0.1");
        for own in [
            "localhost",
            "LocalHost:8571",
            "127.0.0.1:80",
            "[::1]:8571",
            "192.168.1.7:8571",
        ] {
            assert!(hosts.allow(own), "{own}");
        }
        for foreign in [
            "",
            ":8571",
            "evil.example",
            "evil.example:8571",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[::1",
            "node17",
        ] {
            assert!(!hosts.allow(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_name_that_the_user_gave_is_allowed() {
        let hosts = Hosts::new("Node17");
        assert!(hosts.allow("node17:8571"));
        assert!(!hosts.allow("node18:8571"));
    }
}
