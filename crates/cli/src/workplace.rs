//! Where everything is put together: ledger, key, services and settings of one environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use utpost_access::{Access, ApiClient, Endpoints, GrantKey, Limits, SystemClock};
use utpost_dispatch::{Agency, Code, Desk, LedgerFault, Progress};
use utpost_domain::{Actor, Environment, OrgNumber, Sensitive};
use utpost_ledger::LedgerFile;
use utpost_pki::{Certificate, KeySourceFault, Signer, SoftwareSigner, TrustPolicy};
use utpost_platform::{DatabaseKey, KeyFault, WhenMissing, data_folder, is_network_path};
use utpost_practice::{Practice, PracticeOptions, StartFault};

use crate::args::{Common, EnvironmentName};
use crate::failure::Failure;
use crate::settings::{KeyFile, Settings, missing};

/// Which environment, and where its things lie.
pub(crate) struct Place {
    pub(crate) environment: Environment,
    pub(crate) folder: PathBuf,
    pub(crate) practice_folder: PathBuf,
    pub(crate) settings_file: PathBuf,
    /// Whether the settings file was named, and so must be there.
    settings_named: bool,
    key_file: Option<PathBuf>,
}

impl Place {
    /// Finds out from the options; makes nothing.
    pub(crate) fn of(common: &Common) -> Result<Self, Failure> {
        let environment = match common.environment {
            _ if common.practice => Environment::Practice,
            None | Some(EnvironmentName::Practice) => Environment::Practice,
            Some(EnvironmentName::Test) => Environment::Test,
            Some(EnvironmentName::Production) => Environment::Production,
        };
        let folder = match &common.data {
            Some(folder) => absolute(folder)?,
            None => data_folder(environment)
                .map_err(|fault| Failure::detailed(Code::ReadOnly, fault))?,
        };
        let practice_folder = match &common.practice_data {
            Some(folder) => absolute(folder)?,
            None => folder.join("practice"),
        };
        let settings_file = common
            .settings
            .clone()
            .unwrap_or_else(|| folder.join("settings.json"));
        Ok(Self {
            environment,
            folder,
            practice_folder,
            settings_file,
            settings_named: common.settings.is_some(),
            key_file: common.key_file.clone(),
        })
    }

    /// Opens the ledger, making it the first time.
    pub(crate) fn ledger(&self) -> Result<LedgerFile, Failure> {
        let disk = |fault| Failure::from(LedgerFault::Disk(fault));
        if is_network_path(&self.folder).map_err(disk)? {
            return Err(LedgerFault::NetworkFolder.into());
        }
        // A key that is gone must not be replaced by one that opens nothing.
        let missing = if LedgerFile::exists(&self.folder) {
            WhenMissing::Refuse
        } else {
            WhenMissing::Create
        };
        let key = match &self.key_file {
            Some(file) => DatabaseKey::from_key_file(file, missing),
            None => DatabaseKey::from_key_store(&self.folder, missing),
        }
        .map_err(key_failure)?;
        let key = key.expose("opening the ledger");
        Ok(LedgerFile::create_or_open(
            &self.folder,
            key,
            self.environment,
        )?)
    }

    /// The settings, or none where nothing has been set.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        match Settings::read(&self.settings_file)? {
            Some(settings) => Ok(settings),
            None if self.settings_named => Err(Failure::detailed(
                Code::FileMissing,
                self.settings_file.display(),
            )),
            None => Ok(Settings::default()),
        }
    }

    /// Starts practice in this process, unless one runs for this folder already.
    pub(crate) fn practice(
        &self,
    ) -> Result<(Option<Practice>, utpost_practice::Endpoints), Failure> {
        let started = Practice::start(PracticeOptions::in_folder(&self.practice_folder));
        match started {
            Ok(practice) => {
                let endpoints = practice.endpoints().clone();
                Ok((Some(practice), endpoints))
            }
            Err(StartFault::AlreadyRunning { .. }) => Ok((None, self.running_practice()?)),
            Err(fault @ StartFault::InUse) => Err(Failure::detailed(Code::PracticeRunning, fault)),
            Err(fault) => Err(Failure::detailed(Code::Practice, fault)),
        }
    }

    /// The practice environment another program runs.
    pub(crate) fn running_practice(&self) -> Result<utpost_practice::Endpoints, Failure> {
        utpost_practice::Endpoints::load(&self.practice_folder)
            .map_err(|fault| Failure::detailed(Code::Practice, fault))
    }
}

/// Everything that sending, receiving and asking need.
pub(crate) struct Workplace {
    pub(crate) ledger: LedgerFile,
    pub(crate) agency: Agency,
    pub(crate) access: Access,
    pub(crate) trust: TrustPolicy,
    pub(crate) signer: Arc<dyn Signer>,
    clock: Arc<SystemClock>,
    actor: Actor,
    _practice: Option<Practice>,
}

impl Workplace {
    /// Opens ledger, key and services; for practice starts it when it does not run.
    pub(crate) fn open(place: &Place) -> Result<Self, Failure> {
        let ledger = place.ledger()?;
        let settings = place.settings()?;
        let services = match place.environment {
            Environment::Practice => Connections::practice(place, &settings)?,
            Environment::Test | Environment::Production => {
                Connections::digdir(place.environment, &settings)?
            }
        };
        let clock = Arc::new(SystemClock);
        let Connections {
            endpoints,
            client,
            agency,
            trust,
            signer,
            practice,
        } = services;
        let access = Access::open(endpoints, client, clock.clone(), Limits::default())
            .map_err(|fault| Failure::detailed(Code::Defect, fault))?;
        let actor = Actor::Clerk(user());
        let workplace = Self {
            ledger,
            agency,
            access,
            trust,
            signer,
            clock,
            actor,
            _practice: practice,
        };
        workplace.desk(&|_| {}).own_certificate()?;
        Ok(workplace)
    }

    /// The desk that use cases work at.
    pub(crate) fn desk<'a>(&'a self, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Desk<'a> {
        Desk {
            clock: self.clock.as_ref(),
            register: &self.access.register,
            access_point: &self.access.access_point,
            ledger: &self.ledger,
            signer: self.signer.as_ref(),
            trust: &self.trust,
            agency: &self.agency,
            actor: self.actor.clone(),
            progress,
        }
    }

    pub(crate) fn clock(&self) -> &SystemClock {
        &self.clock
    }

    pub(crate) fn actor(&self) -> Actor {
        self.actor.clone()
    }
}

/// What differs between the environments.
pub(crate) struct Connections {
    endpoints: Endpoints,
    client: ApiClient,
    agency: Agency,
    trust: TrustPolicy,
    signer: Arc<dyn Signer>,
    practice: Option<Practice>,
}

impl Connections {
    fn practice(place: &Place, settings: &Settings) -> Result<Self, Failure> {
        let (practice, found) = place.practice()?;
        let unusable = |part: &str| Failure::detailed(Code::Practice, part);
        let root = certificates(&found.ca_file)?.into_iter().next();
        let root = root.ok_or_else(|| unusable("no root"))?;
        let mut trust = TrustPolicy::practice(root.clone());
        trust.add_certificates(certificates(&found.intermediate_file)?);
        let signer = key(
            &KeyFile {
                file: found.agency_p12.clone(),
                password_file: found.agency_p12_password_file.clone(),
            },
            &trust,
        )?;
        let issuer = found
            .maskinporten_metadata
            .strip_suffix(".well-known/oauth-authorization-server")
            .ok_or_else(|| unusable("no issuer"))?;
        let endpoints =
            Endpoints::practice(issuer, &found.register_base, &found.access_point_base, root)
                .map_err(|fault| Failure::detailed(Code::Practice, fault))?;
        let organisation =
            OrgNumber::parse(&found.agency.organisation).map_err(|_| unusable("no agency"))?;
        Ok(Self {
            endpoints,
            client: ApiClient {
                id: found.client_id.clone(),
                key: GrantKey::EnterpriseCertificate(signer.clone()),
                delegated_by: None,
            },
            agency: settings.practice_agency(organisation, &found.agency.name)?,
            trust,
            signer,
            practice,
        })
    }

    fn digdir(environment: Environment, settings: &Settings) -> Result<Self, Failure> {
        let (endpoints, mut trust) = match environment {
            Environment::Test => (
                Endpoints::test(settings.addresses.clone()),
                TrustPolicy::test(),
            ),
            Environment::Practice | Environment::Production => (
                Endpoints::production(settings.addresses.clone()),
                TrustPolicy::production(),
            ),
        };
        let endpoints = endpoints.map_err(|fault| Failure::detailed(Code::Settings, fault))?;
        let absent = settings.missing();
        if !absent.is_empty() {
            return Err(missing(&absent.join(", ")));
        }
        for file in &settings.trusted_certificates {
            trust.add_certificates(certificates(file)?);
        }
        let certificate = settings
            .certificate
            .as_ref()
            .ok_or_else(|| missing("certificate"))?;
        let signer = key(certificate, &trust)?;
        trust.add_certificates(signer.chain().iter().skip(1).cloned());
        let client = settings.client.as_ref().ok_or_else(|| missing("client"))?;
        let grant_key = match &client.registered_key {
            None => GrantKey::EnterpriseCertificate(signer.clone()),
            Some(registered) => GrantKey::Registered {
                id: registered.id.clone(),
                signer: key(&registered.key, &trust)?,
            },
        };
        Ok(Self {
            endpoints,
            client: ApiClient {
                id: client.id.clone(),
                key: grant_key,
                delegated_by: None,
            },
            agency: settings.agency()?,
            trust,
            signer,
            practice: None,
        })
    }
}

/// Who sits here, as the ledger names them. A scheduled call may have no name in its environment.
fn user() -> String {
    let named = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    #[cfg(unix)]
    let named = named.or_else(|fault| {
        let own = fs::metadata("/proc/self").map_err(|_| fault)?;
        Ok::<_, std::env::VarError>(format!("uid {}", std::os::unix::fs::MetadataExt::uid(&own)))
    });
    named.unwrap_or_else(|_| "unknown".to_owned())
}

fn key(file: &KeyFile, trust: &TrustPolicy) -> Result<Arc<dyn Signer>, Failure> {
    let unreadable = |fault| Failure::detailed(Code::CertificateFile, fault);
    for private in [&file.file, &file.password_file] {
        if open_to_others(private).map_err(unreadable)? {
            let words = format!("{}: other users can read it", private.display());
            return Err(Failure::detailed(Code::CertificateFile, words));
        }
    }
    let bytes = fs::read(&file.file).map_err(unreadable)?;
    let password = Sensitive::new(fs::read_to_string(&file.password_file).map_err(unreadable)?);
    let line = password
        .expose("PKCS#12 password")
        .trim_end_matches(['\r', '\n'])
        .to_owned();
    let signer = SoftwareSigner::from_pkcs12(&bytes, &Sensitive::new(line)).map_err(|fault| {
        let code = match fault {
            KeySourceFault::Unreadable | KeySourceFault::WrongPassword => Code::CertificateFile,
            KeySourceFault::NoKey
            | KeySourceFault::KeyNotRsa
            | KeySourceFault::KeyWithoutCertificate
            | KeySourceFault::WrongUsage
            | KeySourceFault::KeyTooSmall => Code::CertificateUnusable,
        };
        Failure::detailed(code, fault)
    })?;
    Ok(Arc::new(signer.with_issuers_from(trust)))
}

/// Whether others than the owner may read the file.
#[cfg(unix)]
fn open_to_others(file: &Path) -> std::io::Result<bool> {
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(file)?);
    Ok(mode & 0o077 != 0)
}

/// On Windows a user's folder is private by inheritance.
#[cfg(not(unix))]
fn open_to_others(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let unreadable = |fault: &dyn std::fmt::Display| {
        Failure::detailed(Code::Settings, format!("{}: {fault}", file.display()))
    };
    let bytes = fs::read(file).map_err(|fault| unreadable(&fault))?;
    Certificate::parse_bundle(&bytes).map_err(|fault| unreadable(&fault))
}

fn key_failure(fault: KeyFault) -> Failure {
    let code = match fault {
        KeyFault::NoKeyStore | KeyFault::Locked | KeyFault::KeyStore(_) => Code::NoKeyStore,
        KeyFault::Missing | KeyFault::Malformed | KeyFault::ReadableByOthers => Code::LedgerKey,
        KeyFault::NoRandomness => Code::Defect,
        KeyFault::File(_) => Code::Disk,
    };
    Failure::detailed(code, fault)
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|fault| Failure::from(LedgerFault::Disk(fault)))
}

/// The console has no undo window: `--dry-run` and `lookup` show where a letter would go.
pub(crate) const NO_UNDO: Duration = Duration::ZERO;
