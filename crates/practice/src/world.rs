//! What all services of one practice instance share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, tz::TimeZone};

use crate::PracticeOptions;
use crate::authority::Authority;
use crate::books::Books;
use crate::checks::token::TokenIssuer;
use crate::checks::trust::Trust;
use crate::faults::Faults;
use crate::tokens::UsedGrants;

pub(crate) type Shared = Arc<World>;

pub(crate) struct World {
    pub(crate) options: PracticeOptions,
    /// `https://127.0.0.1:<port>`, without a last slash.
    pub(crate) base_url: String,
    pub(crate) control_token: String,
    pub(crate) authority: Authority,
    pub(crate) tokens: TokenIssuer,
    pub(crate) trust: Trust,
    pub(crate) used_grants: UsedGrants,
    pub(crate) faults: Faults,
    /// Held by who lets something happen to a letter unasked, so that it does not happen twice.
    pub(crate) acting: Mutex<()>,
    pub(crate) shelf: Mutex<Books>,
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    /// The books, for as long as the guard lives; never held over an await.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn issuer(&self) -> String {
        issuer(&self.base_url)
    }

    pub(crate) fn register_base(&self) -> String {
        format!("{}/krr", self.base_url)
    }

    pub(crate) fn access_point_base(&self) -> String {
        format!("{}/dpi", self.base_url)
    }
}

/// With its last slash.
pub(crate) fn issuer(base_url: &str) -> String {
    format!("{base_url}/maskinporten/")
}

/// A moment with the offset of Oslo, to the millisecond.
pub(crate) fn local(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}
