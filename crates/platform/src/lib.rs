//! What only the operating system can give: key stores, folders, and a quiet OpenSSL.
//!
//! The composition roots call this crate before they open anything:
//!
//! ```no_run
//! use utpost_platform::{DatabaseKey, WhenMissing, data_folder, is_network_path, openssl_without_config};
//!
//! openssl_without_config()?;
//! let folder = data_folder("practice")?;
//! if is_network_path(&folder)? {
//!     return Err("not on a local disk".into());
//! }
//! let key = DatabaseKey::from_key_store(&folder, WhenMissing::Create)?;
//! # let _ = key;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dumps;
mod folders;
mod keys;
mod openssl;

pub use dumps::no_memory_dumps;
pub use folders::{NoHome, data_folder, is_network_path, path_mark};
pub use keys::{DatabaseKey, KeyFault, WhenMissing};
pub use openssl::{OpensslFault, openssl_without_config};
