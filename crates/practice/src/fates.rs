//! What single messages meet: by plan, or by a seed.
//!
//! A fate belongs to a message, not to a call: it is drawn from the seed and the message's own
//! identifier, so that neither the hour nor the order of arrival changes it, and a sender that was
//! killed and started anew meets the same.

use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::faults::Way;
use crate::providers::Forgery;

/// What one message meets, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fate {
    #[serde(flatten)]
    pub(crate) way: Way,
    /// How many calls it hits. A final answer hits every call, and what happens behind the access
    /// point hits none.
    pub(crate) times: u32,
}

impl Fate {
    pub(crate) fn of(way: Way, times: u32) -> Self {
        Self { way, times }
    }

    /// Whether a call comes out otherwise, when `met` have before.
    pub(crate) fn hits(&self, met: u32) -> bool {
        self.final_answer().is_some() || met < self.times
    }

    /// The status by which every upload of the message is refused.
    pub(crate) fn final_answer(&self) -> Option<u16> {
        match self.way {
            Way::Status {
                status: status @ (400 | 413),
                ..
            } => Some(status),
            _ => None,
        }
    }
}

/// Fates drawn by a seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Random {
    /// The same seed gives a message the same fate.
    seed: u64,
    /// How many of all messages meet something that heals, 0 to 1.
    share: f64,
    /// How many of all messages meet something that does not heal, 0 to 1.
    final_share: f64,
}

/// What citizens and print shop do unasked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Auto {
    /// How many of the letters in mailboxes are opened, 0 to 1.
    #[serde(default)]
    open_share: f64,
    /// Whether paper is posted.
    #[serde(default)]
    pub(crate) post: bool,
    /// How many of the posted letters come back, 0 to 1.
    #[serde(default)]
    return_share: f64,
    #[serde(default)]
    seed: u64,
}

impl Random {
    /// Whether the shares can be met.
    pub(crate) fn is_possible(&self) -> bool {
        is_share(self.share)
            && is_share(self.final_share)
            && is_share(self.share + self.final_share)
    }

    /// What the message meets, if anything.
    pub(crate) fn fate(&self, message: Uuid) -> Option<Fate> {
        let draw = Draw::of(self.seed, "message", message.as_bytes());
        let lot = draw.share();
        if lot < self.final_share {
            Some(last(&draw))
        } else if lot < self.final_share + self.share {
            Some(healing(&draw))
        } else {
            None
        }
    }

    /// Whether a look-up is answered with a mailbox that is closed by the time of the upload, or
    /// with a certificate that has expired: two of the final fates, but met before there is a
    /// message, and so drawn for the `number`th look-up.
    pub(crate) fn lookup(&self, number: u64) -> Option<Way> {
        let draw = Draw::of(self.seed, "look-up", &number.to_be_bytes());
        let lot = draw.share() * f64::from(FINAL);
        if lot < self.final_share {
            Some(Way::OutdatedMailbox)
        } else if lot < 2.0 * self.final_share {
            Some(Way::ExpiredCertificate)
        } else {
            None
        }
    }
}

impl Auto {
    /// Whether the shares can be met.
    pub(crate) fn is_possible(&self) -> bool {
        is_share(self.open_share) && is_share(self.return_share)
    }

    /// Whether the citizen opens this letter.
    pub(crate) fn opens(&self, message: Uuid) -> bool {
        Draw::of(self.seed, "open", message.as_bytes()).share() < self.open_share
    }

    /// Whether this letter comes back once it is posted.
    pub(crate) fn returns(&self, message: Uuid) -> bool {
        Draw::of(self.seed, "return", message.as_bytes()).share() < self.return_share
    }
}

fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

/// Kinds in [`healing`].
const HEALING: u32 = 15;

fn healing(draw: &Draw) -> Fate {
    let few = 1 + draw.below(2, 2);
    let seconds = Some(1 + draw.below(3, 20));
    let status = |status, retry_after| Way::Status {
        status,
        retry_after,
        as_string: false,
    };
    match draw.below(1, HEALING) {
        0 => Fate::of(Way::LoseBefore, few),
        1 => Fate::of(Way::LoseAfter, few),
        2 => Fate::of(Way::Reset, few),
        3 => {
            let milliseconds = 50 + u64::from(draw.below(3, 250));
            Fate::of(Way::Delay { milliseconds }, few)
        }
        // A second one would be no passing fault: the sender stops and asks for help.
        4 => Fate::of(status(401, None), 1),
        5 => Fate::of(status(408, None), few),
        6 => Fate::of(status(429, seconds), few),
        7 => Fate::of(status(500, None), few),
        8 => Fate::of(status(502, None), few),
        9 => Fate::of(status(503, seconds), few),
        10 => Fate::of(Way::ReceiptsTwice, 0),
        11 => Fate::of(Way::ReceiptsReordered, 0),
        12 => Fate::of(Way::NullItem, few),
        13 => Fate::of(Way::LocalTimestamps, few),
        // The problem's own status is a string.
        _ => Fate::of(
            Way::Status {
                status: 500,
                retry_after: None,
                as_string: true,
            },
            few,
        ),
    }
}

/// Kinds in [`last`], and those of [`Random::lookup`].
const FINAL: u32 = 9;

fn last(draw: &Draw) -> Fate {
    let refused = |status| Way::Status {
        status,
        retry_after: None,
        as_string: false,
    };
    let forgery = match draw.below(2, 4) {
        0 => Forgery::WrongKey,
        1 => Forgery::ForeignCa,
        2 => Forgery::WrongSender,
        _ => Forgery::Tampered,
    };
    let way = match draw.below(1, FINAL - 2) {
        0 => refused(400),
        1 => refused(413),
        2 => Way::NotHandedOver,
        3 => Way::FailedEarly,
        4 => Way::FailedLate,
        5 => Way::ForgedReceipt { forgery },
        _ => Way::ForeignReceipt,
    };
    Fate::of(way, 0)
}

/// Numbers that follow from a seed, a purpose and a name, and from nothing else.
struct Draw([u8; 32]);

impl Draw {
    fn of(seed: u64, purpose: &str, name: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(&seed.to_be_bytes());
        digest.update(purpose.as_bytes());
        digest.update(&[0]);
        digest.update(name);
        Self(digest.finish())
    }

    /// The first number, as a share from 0 to just under 1.
    fn share(&self) -> f64 {
        // A double holds 53 bits exactly.
        (self.number(0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Another of the four numbers, from 0 to under `end`, which is small.
    fn below(&self, at: usize, end: u32) -> u32 {
        (self.number(at) % u64::from(end)) as u32
    }

    fn number(&self, at: usize) -> u64 {
        let bytes = self.0.iter().skip(8 * at).take(8);
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const RANDOM: Random = Random {
        seed: 7,
        share: 0.2,
        final_share: 0.05,
    };

    fn messages() -> impl Iterator<Item = Uuid> {
        (1..=8000_u128).map(Uuid::from_u128)
    }

    #[test]
    fn a_message_has_the_same_fate_whenever_it_comes() {
        let mut forth: Vec<_> = messages().map(|id| (id, RANDOM.fate(id))).collect();
        let mut back: Vec<_> = messages().map(|id| (id, RANDOM.fate(id))).collect();
        back.reverse();
        forth.sort_by_key(|(id, _)| *id);
        back.sort_by_key(|(id, _)| *id);
        assert_eq!(forth, back);
        let other = Random { seed: 8, ..RANDOM };
        assert!(forth.iter().any(|(id, fate)| other.fate(*id) != *fate));
    }

    #[test]
    fn as_many_messages_meet_something_as_were_asked_for() {
        let fates: Vec<_> = messages().filter_map(|id| RANDOM.fate(id)).collect();
        let share = fates.len() as f64 / 8000.0;
        assert!((0.23..0.27).contains(&share), "{share}");
        let none = Random {
            share: 0.0,
            final_share: 0.0,
            ..RANDOM
        };
        assert!(messages().all(|id| none.fate(id).is_none()));
        assert!((0..8000).all(|number| none.lookup(number).is_none()));
        let all = Random {
            share: 0.5,
            final_share: 0.5,
            ..RANDOM
        };
        assert!(messages().all(|id| all.fate(id).is_some()));
        for way in [Way::OutdatedMailbox, Way::ExpiredCertificate] {
            let met = (0..8000).filter(|number| all.lookup(*number) == Some(way));
            let met = met.count();
            assert!((350..550).contains(&met), "{way:?}: {met}");
        }
    }

    #[test]
    fn every_kind_is_met_and_what_heals_ends() {
        let all = Random {
            share: 0.5,
            final_share: 0.5,
            ..RANDOM
        };
        let fates: Vec<_> = messages().filter_map(|id| all.fate(id)).collect();
        let kinds: BTreeSet<String> = fates
            .iter()
            .map(|fate| serde_json::to_value(fate).unwrap()["kind"].to_string())
            .collect();
        assert_eq!(kinds.len(), 14, "{kinds:#?}");
        let statuses: BTreeSet<u16> = fates
            .iter()
            .filter_map(|fate| match fate.way {
                Way::Status { status, .. } => Some(status),
                _ => None,
            })
            .collect();
        let expected = [400, 401, 408, 413, 429, 500, 502, 503];
        assert_eq!(statuses, BTreeSet::from(expected));
        for fate in fates {
            let ends = fate.final_answer().is_some() || !fate.hits(fate.times);
            assert!(ends && fate.times <= 2, "{fate:?}");
        }
    }
}
