use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use utpost_dispatch::{Code, LedgerFault};
use utpost_domain::Environment;
use utpost_ledger::{BackupFault, LedgerFile, RecoverySecret, Report, Soundness};
use utpost_platform::{DatabaseKey, KeyFault, WhenMissing, data_folder, is_network_path};
use utpost_practice::{Endpoints, Practice, PracticeOptions, StartFault};

use crate::{Failure, Settings};

/// What came of bringing a backup back, and what was found when it was checked.
pub enum Restored {
    /// The ledger is in its place.
    InPlace(Box<LedgerFile>, Report),
    /// Nothing is there: the backup is not sound.
    Refused(Report),
}

/// What a person has said of where things lie; the rest lies where it usually does.
#[derive(Debug, Clone, Default)]
pub struct PlaceOptions {
    /// Practice, when nothing is said.
    pub environment: Option<Environment>,
    /// Folder of the ledger; else the platform's data folder, one for each environment.
    pub data: Option<PathBuf>,
    /// Folder of the practice environment; else beside the practice ledger.
    pub practice_data: Option<PathBuf>,
    /// Settings file, which then must be there; else `settings.json` in the folder of the ledger.
    pub settings: Option<PathBuf>,
    /// File with the ledger's key; else the machine's key store.
    pub key_file: Option<PathBuf>,
}

impl PlaceOptions {
    /// Reads `UTPOST_ENVIRONMENT`, `UTPOST_DATA`, `UTPOST_PRACTICE_DATA`, `UTPOST_SETTINGS` and
    /// `UTPOST_KEY_FILE`.
    ///
    /// # Errors
    /// [`Code::Usage`], naming the variable that is empty or is no environment.
    pub fn from_env() -> Result<Self, Failure> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        let wrong = |name: &str| Failure::detailed(Code::Usage, name);
        let path = |name: &str| match variable(name) {
            Some(text) if text.is_empty() => Err(wrong(name)),
            text => Ok(text.map(PathBuf::from)),
        };
        let name = "UTPOST_ENVIRONMENT";
        let environment = variable(name)
            .map(|text| text.to_str().and_then(|text| text.parse().ok()))
            .map(|known| known.ok_or_else(|| wrong(name)))
            .transpose()?;
        Ok(Self {
            environment,
            data: path("UTPOST_DATA")?,
            practice_data: path("UTPOST_PRACTICE_DATA")?,
            settings: path("UTPOST_SETTINGS")?,
            key_file: path("UTPOST_KEY_FILE")?,
        })
    }
}

/// Which environment, and where its things lie.
#[derive(Debug, Clone)]
pub struct Place {
    /// Which.
    pub environment: Environment,
    /// Of the ledger, the log and, unless it is named, the settings.
    pub folder: PathBuf,
    /// Of the practice environment.
    pub practice_folder: PathBuf,
    /// May be missing in practice.
    pub settings_file: PathBuf,
    /// Whether the settings file was named, and so must be there.
    settings_named: bool,
    key_file: Option<PathBuf>,
}

impl Place {
    /// Finds out from the options; makes nothing.
    ///
    /// # Errors
    /// [`Code::ReadOnly`] when the user has no home folder and named no other.
    pub fn of(options: PlaceOptions) -> Result<Self, Failure> {
        let environment = options.environment.unwrap_or(Environment::Practice);
        let folder = match &options.data {
            Some(folder) => absolute(folder)?,
            None => data_folder(environment)
                .map_err(|fault| Failure::detailed(Code::ReadOnly, fault))?,
        };
        let practice_folder = match &options.practice_data {
            Some(folder) => absolute(folder)?,
            None => folder.join("practice"),
        };
        let settings_named = options.settings.is_some();
        let settings_file = options.settings;
        Ok(Self {
            environment,
            settings_file: settings_file.unwrap_or_else(|| folder.join("settings.json")),
            settings_named,
            folder,
            practice_folder,
            key_file: options.key_file,
        })
    }

    /// What the variables of [`PlaceOptions::from_env`] say.
    ///
    /// # Errors
    /// As [`PlaceOptions::from_env`] and [`Place::of`].
    pub fn from_env() -> Result<Self, Failure> {
        Self::of(PlaceOptions::from_env()?)
    }

    /// Opens the ledger, making it the first time.
    ///
    /// # Errors
    /// The codes of the ledger, its key and the disk.
    pub fn ledger(&self) -> Result<LedgerFile, Failure> {
        self.must_be_local()?;
        let key = self.key()?;
        let key = key.expose("opening the ledger");
        Ok(LedgerFile::create_or_open(
            &self.folder,
            key,
            self.environment,
        )?)
    }

    /// Brings a whole backup back to where the ledger of this place lies, and tells what a check of
    /// it found. It opens with this place's own key, which is made when there is none.
    ///
    /// # Errors
    /// [`Code::LedgerThere`] where a ledger is; [`Code::Backup`] also for one that is not sound; the
    /// other codes of backup, key and disk.
    pub fn restore(
        &self,
        from: &Path,
        secret: &RecoverySecret,
        at: Timestamp,
    ) -> Result<(LedgerFile, Report), Failure> {
        match self.restore_if(Soundness::Whole, from, secret, at)? {
            Restored::InPlace(ledger, report) => Ok((*ledger, report)),
            Restored::Refused(report) => Err(BackupFault::Unsound(report).into()),
        }
    }

    /// As [`Place::restore`], but what was found in a backup that is not as `wanted` is told.
    ///
    /// # Errors
    /// Those of [`Place::restore`].
    pub fn restore_if(
        &self,
        wanted: Soundness,
        from: &Path,
        secret: &RecoverySecret,
        at: Timestamp,
    ) -> Result<Restored, Failure> {
        self.must_be_local()?;
        if LedgerFile::exists(&self.folder) && !LedgerFile::is_half_restored(&self.folder) {
            return Err(Failure::detailed(Code::LedgerThere, self.folder.display()));
        }
        LedgerFile::backup_in(from)?;
        let key = self.key_or(WhenMissing::Create)?;
        let key = key.expose("bringing a ledger back");
        let restored = LedgerFile::restore(
            from,
            secret,
            &self.folder,
            key,
            self.environment,
            wanted,
            at,
        );
        match restored {
            Ok((ledger, report)) => Ok(Restored::InPlace(Box::new(ledger), report)),
            Err(BackupFault::Unsound(report)) => Ok(Restored::Refused(report)),
            Err(fault) => Err(fault.into()),
        }
    }

    fn must_be_local(&self) -> Result<(), Failure> {
        let disk = |fault| Failure::from(LedgerFault::Disk(fault));
        if is_network_path(&self.folder).map_err(disk)? {
            return Err(LedgerFault::NetworkFolder.into());
        }
        Ok(())
    }

    fn key(&self) -> Result<DatabaseKey, Failure> {
        // A key that is gone must not be replaced by one that opens nothing.
        self.key_or(if LedgerFile::exists(&self.folder) {
            WhenMissing::Refuse
        } else {
            WhenMissing::Create
        })
    }

    fn key_or(&self, missing: WhenMissing) -> Result<DatabaseKey, Failure> {
        match &self.key_file {
            Some(file) => DatabaseKey::from_key_file(file, missing),
            None => DatabaseKey::from_key_store(&self.folder, missing),
        }
        .map_err(key_failure)
    }

    /// The settings, or none where nothing has been set.
    ///
    /// # Errors
    /// [`Code::Settings`]; [`Code::FileMissing`] for a file that was named.
    pub fn settings(&self) -> Result<Settings, Failure> {
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
    ///
    /// # Errors
    /// [`Code::PracticeRunning`] when another program is just starting or stopping it;
    /// [`Code::Practice`].
    pub fn practice(&self) -> Result<(Option<Practice>, Endpoints), Failure> {
        let started = PracticeOptions::from_environment(&self.practice_folder);
        match started.and_then(Practice::start) {
            Ok(practice) => {
                let endpoints = practice.endpoints().clone();
                Ok((Some(practice), endpoints))
            }
            Err(StartFault::AlreadyRunning { .. }) => Ok((None, self.running_practice()?)),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The practice environment another program runs.
    ///
    /// # Errors
    /// [`Code::Practice`] when none runs.
    pub fn running_practice(&self) -> Result<Endpoints, Failure> {
        Endpoints::load(&self.practice_folder)
            .map_err(|fault| Failure::detailed(Code::Practice, fault))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(variables: &[(&str, &str)]) -> Result<Place, Failure> {
        let options = PlaceOptions::from_variables(|name| {
            let mut all = variables.iter();
            let (_, text) = all.find(|(known, _)| *known == name)?;
            Some(OsString::from(text))
        });
        Place::of(options?)
    }

    #[test]
    fn everything_lies_below_the_data_folder_unless_it_is_named() {
        let place = said(&[("UTPOST_DATA", "/data"), ("UTPOST_ENVIRONMENT", "test")]).unwrap();
        assert_eq!(place.environment, Environment::Test);
        let data = std::path::absolute("/data").unwrap();
        assert_eq!(place.practice_folder, data.join("practice"));
        assert_eq!(place.settings_file, data.join("settings.json"));
        assert!(!place.settings_named);

        let place = said(&[
            ("UTPOST_DATA", "/data"),
            ("UTPOST_PRACTICE_DATA", "/practice"),
            ("UTPOST_SETTINGS", "/etc/utpost.json"),
            ("UTPOST_KEY_FILE", "/key"),
        ])
        .unwrap();
        assert_eq!(place.environment, Environment::Practice);
        assert_eq!(
            place.practice_folder,
            std::path::absolute("/practice").unwrap()
        );
        assert_eq!(place.settings_file, Path::new("/etc/utpost.json"));
        assert!(place.settings_named);
        assert_eq!(place.key_file.as_deref(), Some(Path::new("/key")));
    }

    #[test]
    fn a_variable_that_says_nothing_sensible_is_refused_by_its_name() {
        for (name, text) in [("UTPOST_ENVIRONMENT", "Production"), ("UTPOST_DATA", "")] {
            let failure = said(&[(name, text)]).unwrap_err();
            assert_eq!(
                (failure.code(), failure.detail()),
                (Code::Usage, Some(name))
            );
        }
    }
}
