use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use utpost_access::{Access, Limits};
use utpost_dispatch::{Agency, Code, Desk, Progress};
use utpost_domain::Actor;
use utpost_ledger::LedgerFile;
use utpost_pki::{Signer, TrustPolicy};
use utpost_practice::{Endpoints, Practice};

use crate::connections::Connections;
use crate::{AgencyChange, Failure, Place, ScaledClock, Settings};

/// Everything that sending, receiving and asking need, for as many threads at once as like.
///
/// Dropping it closes ledger and services, and stops practice in order when it runs here: letters
/// that practice is busy with are given some seconds.
pub struct Workplace {
    /// Where it all lies.
    pub place: Place,
    /// The ledger.
    pub ledger: LedgerFile,
    /// Token service, register, access point.
    pub access: Access,
    /// Who is believed.
    pub trust: TrustPolicy,
    /// Signs with the agency's certificate.
    pub signer: Arc<dyn Signer>,
    /// The time of day.
    pub clock: Arc<ScaledClock>,
    actor: Actor,
    agency: RwLock<Arc<Agency>>,
    endpoints: Option<Endpoints>,
    /// Last: the others may still call it when they are dropped.
    practice: Option<Practice>,
}

impl Workplace {
    /// Opens ledger, key and services; for practice starts it when it does not run.
    ///
    /// # Errors
    /// What the parts say; [`Code::CertificateExpired`] and its kin when the agency's own
    /// certificate can't be used.
    pub fn open(place: &Place) -> Result<Self, Failure> {
        let clock = Arc::new(ScaledClock::from_env(place.environment)?);
        let ledger = place.ledger()?;
        let Connections {
            endpoints,
            client,
            agency,
            trust,
            signer,
            practice,
            practice_endpoints,
        } = Connections::of(place, &place.settings()?)?;
        let access = Access::open(endpoints, client, clock.clone(), Limits::default())
            .map_err(|fault| Failure::detailed(Code::Defect, fault))?;
        let workplace = Self {
            place: place.clone(),
            ledger,
            access,
            trust,
            signer,
            clock,
            actor: Actor::Clerk(user()),
            agency: RwLock::new(Arc::new(agency)),
            endpoints: practice_endpoints,
            practice,
        };
        let agency = workplace.agency();
        workplace.desk(&agency, &|_| {}).own_certificate()?;
        Ok(workplace)
    }

    /// The agency as it is now. One use case works with one from its beginning to its end.
    pub fn agency(&self) -> Arc<Agency> {
        let agency = self.agency.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&agency)
    }

    /// Changes what the agency decides for all letters: in the settings file, and for the use cases
    /// that begin from now on.
    ///
    /// # Errors
    /// As [`Settings::change_agency`]; then everything is as it was.
    pub fn change_agency(&self, change: &AgencyChange) -> Result<Arc<Agency>, Failure> {
        // Held meanwhile, so that of two changes at once the later is in the file and at work.
        let mut agency = self.agency.write().unwrap_or_else(PoisonError::into_inner);
        let changed = Settings::change_agency(&self.place.settings_file, &agency, change)?;
        *agency = Arc::new(changed);
        Ok(Arc::clone(&agency))
    }

    /// The desk that use cases work at.
    pub fn desk<'a>(
        &'a self,
        agency: &'a Agency,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Desk<'a> {
        Desk {
            clock: self.clock.as_ref(),
            register: &self.access.register,
            access_point: &self.access.access_point,
            ledger: &self.ledger,
            signer: self.signer.as_ref(),
            trust: &self.trust,
            agency,
            actor: self.actor.clone(),
            progress,
        }
    }

    /// Who sits here, as events name them.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// When the agency's certificate ends.
    pub fn certificate_valid_until(&self) -> Option<Timestamp> {
        Some(self.signer.chain().first()?.validity().1)
    }

    /// The practice environment at work; `None` in the others.
    pub fn practice(&self) -> Option<&Endpoints> {
        self.endpoints.as_ref()
    }

    /// Whether the practice environment runs in this process, and so ends with it.
    pub fn runs_practice(&self) -> bool {
        self.practice.is_some()
    }
}

/// Who sits here, as the ledger names them. A scheduled call may have no name in its environment.
pub fn user() -> String {
    let named = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    #[cfg(unix)]
    let named = named.or_else(|fault| {
        let own = std::fs::metadata("/proc/self").map_err(|_| fault)?;
        Ok::<_, std::env::VarError>(format!("uid {}", std::os::unix::fs::MetadataExt::uid(&own)))
    });
    named.unwrap_or_else(|_| "unknown".to_owned())
}
