use std::fmt::{self, Write};
use std::io;
use std::path::{Component, Path, PathBuf, Prefix};

use aws_lc_rs::digest::{SHA256, digest};
use directories::ProjectDirs;

/// The user has no home folder, so there is no default place for data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the user has no home folder")]
pub struct NoHome;

/// The default folder of one environment's ledger, named by the environment: below
/// `~/.local/share/utpost` (or `XDG_DATA_HOME`) on Linux, below the user's local, not roaming,
/// application data on Windows. The folder need not exist.
///
/// # Errors
/// [`NoHome`].
pub fn data_folder(environment: impl fmt::Display) -> Result<PathBuf, NoHome> {
    let folders = ProjectDirs::from("no", "Utpost", "Utpost").ok_or(NoHome)?;
    Ok(folders.data_local_dir().join(environment.to_string()))
}

/// Sixteen hexadecimal digits that stand for a path where the path itself can't, as in the name by
/// which programs of one folder find each other. Nothing of the path can be read from them.
#[must_use]
pub fn path_mark(path: &Path) -> String {
    let whole = path
        .canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned());
    let digest = digest(&SHA256, whole.as_os_str().as_encoded_bytes());
    let mut mark = String::with_capacity(16);
    for byte in digest.as_ref().iter().take(8) {
        let _ = write!(mark, "{byte:02x}");
    }
    mark
}

/// Does this path lie, or would it lie once made, on another machine's disk? SQLite's write-ahead
/// log needs memory shared by all readers, which no network file system gives.
///
/// On Linux the file system type of the mount decides; on Windows the path after drive letters
/// are resolved (`\\server\share`). Elsewhere the answer is always no.
///
/// # Errors
/// When the nearest existing folder above cannot be looked at.
pub fn is_network_path(path: &Path) -> io::Result<bool> {
    let path = std::path::absolute(path)?;
    if is_unc(&path) {
        return Ok(true);
    }
    let mut existing = path.as_path();
    while let (Err(fault), Some(above)) = (existing.symlink_metadata(), existing.parent()) {
        if fault.kind() != io::ErrorKind::NotFound {
            return Err(fault);
        }
        existing = above;
    }
    lies_on_network(existing)
}

fn is_unc(path: &Path) -> bool {
    matches!(
        path.components().next(),
        Some(Component::Prefix(prefix))
            if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    )
}

#[cfg(target_os = "linux")]
fn lies_on_network(existing: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    // Opened, not only looked at: that makes an automounter mount what it will.
    let device = std::fs::File::open(existing)?.metadata()?.dev();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    Ok(mounted_from_network(&mounts, device))
}

#[cfg(not(target_os = "linux"))]
fn lies_on_network(existing: &Path) -> io::Result<bool> {
    Ok(is_unc(&existing.canonicalize()?))
}

/// Reads `/proc/self/mountinfo`: a line is `id parent major:minor root point options … - type
/// source options`, see proc_pid_mountinfo(5).
#[cfg(target_os = "linux")]
fn mounted_from_network(mounts: &str, device: u64) -> bool {
    // makedev(3): twelve and twenty bits of major, eight and twenty-four of minor, interleaved.
    let major = (device >> 8 & 0xfff) | (device >> 32 & !0xfff);
    let minor = (device & 0xff) | (device >> 12 & !0xff);
    let numbers = format!("{major}:{}", minor & 0xffff_ffff);
    mounts
        .lines()
        .filter(|line| line.split(' ').nth(2) == Some(&numbers))
        .any(|line| {
            let kind = line
                .split(" - ")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            kind.is_some_and(|kind| NETWORK_FILE_SYSTEMS.contains(&kind))
        })
}

#[cfg(target_os = "linux")]
const NETWORK_FILE_SYSTEMS: [&str; 22] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fuse.ceph",
    "fuse.davfs",
    "fuse.davfs2",
    "fuse.glusterfs",
    "fuse.gvfsd-fuse",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_has_its_own_folder() {
        let practice = data_folder("practice").unwrap();
        assert!(practice.ends_with("practice"));
        assert_eq!(
            practice.parent(),
            data_folder("production").unwrap().parent()
        );
    }

    #[test]
    fn a_mark_is_the_same_for_every_way_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let mark = path_mark(&inner);
        assert_eq!(mark, path_mark(&inner.join("../inner")));
        assert_ne!(mark, path_mark(folder.path()));
        assert_eq!(mark.len(), 16);
        assert!(mark.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }

    #[test]
    fn a_local_folder_is_no_network_path_even_before_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_network_path(&folder.path().join("not/yet/made")).unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_type_of_the_mount_tells_a_network_folder() {
        let mounts = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
            40 27 0:45 / /mnt/felles rw shared:7 - nfs4 tjener:/felles rw,vers=4.2\n\
            41 27 0:300 / /home/a/sky rw,nosuid - fuse.sshfs a@b:/ rw\n\
            42 27 0:46 / /mnt/usb\\040disk rw - vfat /dev/sdb1 rw\n";
        let device = |major: u64, minor: u64| major << 8 | (minor & 0xff) | (minor & !0xff) << 12;
        assert!(mounted_from_network(mounts, device(0, 45)));
        assert!(mounted_from_network(mounts, device(0, 300)));
        assert!(!mounted_from_network(mounts, device(254, 0)));
        assert!(!mounted_from_network(mounts, device(0, 46)));
        assert!(
            !mounted_from_network(mounts, device(8, 1)),
            "a device without a line"
        );
    }

    #[cfg(windows)]
    #[test]
    fn a_path_of_a_server_is_a_network_path() {
        assert!(is_network_path(Path::new(r"\\tjener\felles\utpost")).unwrap());
        assert!(is_network_path(Path::new(r"\\?\UNC\tjener\felles\utpost")).unwrap());
    }
}
