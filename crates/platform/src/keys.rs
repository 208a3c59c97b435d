use std::fmt::{self, Write as _};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use keyring::v1::Entry;
use zeroize::Zeroizing;

const SERVICE: &str = "Utpost";

/// The 32 random bytes that open one ledger. Overwritten in memory on drop; never printed.
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

/// What to do where no key is kept yet. Only a ledger that does not exist may be given a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenMissing {
    /// Make one and keep it.
    Create,
    /// [`KeyFault::Missing`].
    Refuse,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// This session has no key store, as on a machine without a desktop. A key file works there.
    #[error("there is no key store in this session")]
    NoKeyStore,
    /// The key store is locked, or the user did not let us in.
    #[error("the key store is locked")]
    Locked,
    /// No key is kept for this ledger, and none may be made.
    #[error("no key is kept for this ledger")]
    Missing,
    /// What is kept is not a key.
    #[error("what is kept is not a key")]
    Malformed,
    /// The key file may be read by other users; only the owner may (mode 0600).
    #[error("the key file may be read by others")]
    ReadableByOthers,
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    NoRandomness,
    /// The key store failed.
    #[error("the key store failed")]
    KeyStore(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key file, or the lock file beside the ledger, failed.
    #[error("the key file failed")]
    File(#[from] io::Error),
}

impl DatabaseKey {
    /// The key of the ledger in `folder`, kept by the operating system's key store (Credential
    /// Manager, Keychain, Secret Service) under the folder's path. Blocks while the user is asked
    /// to unlock the store. Two programs that start at once get the same key.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn from_key_store(folder: &Path, missing: WhenMissing) -> Result<Self, KeyFault> {
        private_folder(folder)?;
        let account = folder.canonicalize()?;
        let entry = Entry::new(SERVICE, &account.to_string_lossy()).map_err(store_fault)?;
        let lock = File::create(folder.join("key.lock"))?;
        lock.lock()?;
        match (Self::read_entry(&entry), missing) {
            (Err(KeyFault::Missing), WhenMissing::Create) => {
                let fresh = Self::generate()?;
                entry.set_secret(fresh.0.as_slice()).map_err(store_fault)?;
                Self::read_entry(&entry)
            }
            (read, _) => read,
        }
    }

    /// The key in a file of 64 hexadecimal digits that its owner alone may read.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn from_key_file(path: &Path, missing: WhenMissing) -> Result<Self, KeyFault> {
        match File::open(path) {
            Ok(file) => Self::read_file(file),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => match missing {
                WhenMissing::Create => Self::create_file(path),
                WhenMissing::Refuse => Err(KeyFault::Missing),
            },
            Err(fault) => Err(fault.into()),
        }
    }

    /// The bytes. `reason` says why this place needs them.
    pub fn expose(&self, reason: &'static str) -> &[u8; 32] {
        let _ = reason;
        &self.0
    }

    fn generate() -> Result<Self, KeyFault> {
        random().map(Self)
    }

    fn read_entry(entry: &Entry) -> Result<Self, KeyFault> {
        let secret = Zeroizing::new(entry.get_secret().map_err(store_fault)?);
        let key = secret
            .as_slice()
            .try_into()
            .map_err(|_| KeyFault::Malformed)?;
        Ok(Self(Zeroizing::new(key)))
    }

    fn read_file(file: File) -> Result<Self, KeyFault> {
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o077 != 0 {
            return Err(KeyFault::ReadableByOthers);
        }
        let mut text = Zeroizing::new(Vec::with_capacity(128));
        file.take(128).read_to_end(&mut text)?;
        let digits = text.trim_ascii();
        if digits.len() != 64 {
            return Err(KeyFault::Malformed);
        }
        let mut key = Zeroizing::new([0; 32]);
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(KeyFault::Malformed)?;
                *byte = *byte << 4 | value as u8;
            }
        }
        Ok(Self(key))
    }

    /// Makes the file whole elsewhere and links it into place, where another program's may have
    /// come first.
    fn create_file(path: &Path) -> Result<Self, KeyFault> {
        let key = Self::generate()?;
        let mut text = hex(key.0.as_slice());
        text.push('\n');
        let path = std::path::absolute(path)?;
        let folder = path
            .parent()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        private_folder(folder)?;
        let mut part = path.clone().into_os_string();
        part.push(format!(".{}.part", *hex(random::<8>()?.as_slice())));
        let part = Path::new(&part);
        let linked = write_private(part, text.as_bytes()).and_then(|()| fs::hard_link(part, &path));
        // One that cannot be removed is no more readable than the key file.
        let _ = fs::remove_file(part);
        let key = match linked {
            Ok(()) => key,
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {
                Self::read_file(File::open(&path)?)?
            }
            Err(fault) => return Err(fault.into()),
        };
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(key)
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey([redacted])")
    }
}

/// Foreign errors that may carry the stored bytes are not kept as source.
fn store_fault(fault: keyring::Error) -> KeyFault {
    match fault {
        keyring::Error::NoDefaultStore => KeyFault::NoKeyStore,
        keyring::Error::NoStorageAccess(_) => KeyFault::Locked,
        keyring::Error::NoEntry => KeyFault::Missing,
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => KeyFault::Malformed,
        other => KeyFault::KeyStore(Box::new(other)),
    }
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, KeyFault> {
    let mut bytes = Zeroizing::new([0; N]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| KeyFault::NoRandomness)?;
    Ok(bytes)
}

/// Hexadecimal digits, with room for one letter more.
fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len() + 1));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made too/ledger.key");
        assert!(matches!(
            DatabaseKey::from_key_file(&path, WhenMissing::Refuse),
            Err(KeyFault::Missing)
        ));
        let made = DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
        let read = DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
        assert_eq!(made.expose("test"), read.expose("test"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.trim().len(), 64);
        assert_eq!(format!("{made:?}"), "DatabaseKey([redacted])");
    }

    #[test]
    fn a_key_file_that_is_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.key");
        DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
        let not_hex = "zz".repeat(32);
        for content in ["", "00", not_hex.as_str()] {
            std::fs::write(&path, content).unwrap();
            assert!(matches!(
                DatabaseKey::from_key_file(&path, WhenMissing::Create),
                Err(KeyFault::Malformed)
            ));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.key");
        DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(
                DatabaseKey::from_key_file(&path, WhenMissing::Create),
                Err(KeyFault::ReadableByOthers)
            ));
        }
    }

    #[test]
    fn programs_that_start_at_once_get_the_same_key() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.key");
            let start = std::sync::Barrier::new(4);
            let make = || {
                start.wait();
                let key = DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
                *key.expose("test")
            };
            let keys = std::thread::scope(|scope| {
                let programs = [(); 4].map(|()| scope.spawn(make));
                programs.map(|program| program.join().unwrap())
            });
            assert!(keys.iter().all(|key| *key == keys[0]));
            assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_crash_left_beside_the_key_file_does_not_disturb() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.key");
        let left = folder.path().join("ledger.key.0011223344556677.part");
        std::fs::write(&left, "00").unwrap();
        let made = DatabaseKey::from_key_file(&path, WhenMissing::Create).unwrap();
        let read = DatabaseKey::from_key_file(&path, WhenMissing::Refuse).unwrap();
        assert_eq!(made.expose("test"), read.expose("test"));
        assert_eq!(std::fs::read(left).unwrap(), b"00");
    }
}
