//! The voting links that arrive by mail.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::roll::Roll;
use crate::sink::Mail;

/// How many mails with a link have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Voters who have their link.
    pub voters: usize,
    /// Mails to voters, repeated ones included.
    pub mails: u64,
}

/// Keeps one token for each voter of a roll and nothing else of the mails, so that the links of
/// a million voters take about a hundred megabytes.
pub struct Links {
    roll: Roll,
    tokens: Mutex<Vec<Option<Box<str>>>>,
    arrived: watch::Sender<Arrivals>,
}

impl Links {
    /// Waits for the links of this roll.
    #[must_use]
    pub fn new(roll: Roll) -> Arc<Self> {
        Arc::new(Self {
            tokens: Mutex::new(vec![None; roll.len()]),
            arrived: watch::Sender::new(Arrivals::default()),
            roll,
        })
    }

    /// How many voters wait for theirs, those included who have it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roll.len()
    }

    /// Whether nobody waits for a link.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roll.is_empty()
    }

    /// Takes the link out of a mail to a voter; any other mail is given back. Meant as the
    /// handler of a sink.
    pub fn take(&self, mail: Mail) -> Option<Mail> {
        let Some(voter) = mail.to.iter().find_map(|to| self.roll.voter(to)) else {
            return Some(mail);
        };
        let link = mail.link()?;
        let (_, token) = link.split_once('#')?;
        self.keep(voter, token);
        None
    }

    fn keep(&self, voter: usize, token: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        // A mail may come twice, with the same link.
        let is_new = tokens[voter].replace(token.into()).is_none();
        drop(tokens);
        self.arrived.send_modify(|arrivals| {
            arrivals.voters += usize::from(is_new);
            arrivals.mails += 1;
        });
    }

    /// What has arrived; it changes with each mail.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<Arrivals> {
        self.arrived.subscribe()
    }

    /// The tokens of the voters that have one, in the order of the roll; leaves none behind.
    #[must_use]
    pub fn tokens(&self) -> Vec<Box<str>> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.iter_mut().filter_map(Option::take).collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn mail(to: &str, text: &str) -> Mail {
        Mail {
            from: String::new(),
            to: vec![to.to_owned()],
            raw: Bytes::from(format!("Subject: x\r\n\r\n{text}\r\n")),
        }
    }

    #[test]
    fn links_are_kept_by_voter_and_a_second_copy_changes_nothing() {
        let links = Links::new(Roll::new(2, "run"));
        for (voter, token) in [(1, "b"), (0, "a"), (1, "b")] {
            let to = format!("voter-{voter}@run.load.example");
            let text = format!("http://x.example/vote/7#{token}");
            assert_eq!(links.take(mail(&to, &text)), None);
        }
        let expected = Arrivals { voters: 2, mails: 3 };
        assert_eq!(*links.arrivals().borrow(), expected);
        assert_eq!(links.tokens(), ["a".into(), "b".into()]);
    }

    #[test]
    fn a_mail_to_somebody_else_is_given_back() {
        let links = Links::new(Roll::new(2, "run"));
        let verification = mail("organiser@load.example", "http://x.example/verify-email#t");
        assert_eq!(links.take(verification.clone()), Some(verification));
        assert_eq!(*links.arrivals().borrow(), Arrivals::default());
    }
}
