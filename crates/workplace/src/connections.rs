use std::fs;
use std::path::Path;
use std::sync::Arc;

use utpost_access::{ApiClient, Endpoints, GrantKey};
use utpost_dispatch::{Agency, Code};
use utpost_domain::{Environment, OrgNumber, Sensitive};
use utpost_pki::{Certificate, KeySourceFault, Signer, SoftwareSigner, TrustPolicy};
use utpost_practice::Practice;

use crate::settings::{KeyFile, Settings, missing};
use crate::{Failure, Place};

/// What differs between the environments.
pub(crate) struct Connections {
    pub(crate) endpoints: Endpoints,
    pub(crate) client: ApiClient,
    pub(crate) agency: Agency,
    pub(crate) trust: TrustPolicy,
    pub(crate) signer: Arc<dyn Signer>,
    /// Practice, when it runs in this process.
    pub(crate) practice: Option<Practice>,
    /// Practice, wherever it runs.
    pub(crate) practice_endpoints: Option<utpost_practice::Endpoints>,
}

impl Connections {
    /// Reads keys and certificates; for practice starts it when it does not run.
    pub(crate) fn of(place: &Place, settings: &Settings) -> Result<Self, Failure> {
        match place.environment {
            Environment::Practice => Self::practice(place, settings),
            Environment::Test | Environment::Production => {
                Self::digdir(place.environment, settings)
            }
        }
    }

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
            practice_endpoints: Some(found),
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
            practice_endpoints: None,
        })
    }
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
