//! Key files, and what their keys do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::sign::{Signer as OpensslSigner, Verifier};
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use support::{ENCRYPT, Holder, SEAL, SIGN, Wish, vector};
use utpost_domain::Sensitive;
use utpost_pki::{
    Certificate, KeySourceFault, Oaep, RecipientKey, Rs, Signer, SoftwareSigner, TrustPolicy,
    verify_rs,
};

const PASSWORD: &str = "Blåbærsyltetøy € Ŧ";

fn password(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn read(file: &[u8]) -> Result<SoftwareSigner, KeySourceFault> {
    SoftwareSigner::from_pkcs12(file, &password(PASSWORD))
}

fn fault(file: &[u8]) -> KeySourceFault {
    read(file).unwrap_err()
}

fn certificate(holder: &Holder) -> Certificate {
    Certificate::parse_der(&holder.der()).unwrap()
}

#[test]
fn key_files_of_today_and_of_old_are_read_and_their_key_signs() {
    let root = support::root("Rot");
    let agency = root.issue(&Wish::default());
    let modern = agency.pkcs12(PASSWORD, &[&root]);
    let old = agency.pkcs12_by(
        PASSWORD,
        &[&root],
        Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC,
        MessageDigest::sha1(),
    );
    for file in [modern, old] {
        let signer = read(&file).unwrap();
        assert_eq!(signer.chain(), [certificate(&agency), certificate(&root)]);
        let signature = signer.sign_rs256(b"brev").unwrap();
        let mut verifier = Verifier::new(MessageDigest::sha256(), &agency.key).unwrap();
        assert!(verifier.verify_oneshot(&signature, b"brev").unwrap());
    }
}

#[test]
fn a_key_file_in_the_oldest_cipher_is_read_where_openssl_can_make_one() {
    let agency = support::root("Rot").issue(&Wish::default());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("key.pem"),
        agency.key.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
    std::fs::write(path("cert.pem"), agency.certificate.to_pem().unwrap()).unwrap();
    let made = std::process::Command::new("openssl")
        .args([
            "pkcs12",
            "-export",
            "-legacy",
            "-certpbe",
            "PBE-SHA1-RC2-40",
        ])
        .args(["-passout", "pass:changeit", "-out"])
        .arg(path("old.p12"))
        .arg("-inkey")
        .arg(path("key.pem"))
        .arg("-in")
        .arg(path("cert.pem"))
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        support::not_run("RC2 by openssl pkcs12", "openssl with the legacy provider");
        return;
    }
    let file = std::fs::read(path("old.p12")).unwrap();
    let signer = SoftwareSigner::from_pkcs12(&file, &password("changeit")).unwrap();
    assert_eq!(signer.chain(), [certificate(&agency)]);
}

#[test]
fn a_key_file_that_cannot_serve_says_why() {
    let root = support::root("Rot");
    let agency = root.issue(&Wish::default());
    let file = agency.pkcs12(PASSWORD, &[]);
    assert_eq!(
        SoftwareSigner::from_pkcs12(&file, &password("feil")).unwrap_err(),
        KeySourceFault::WrongPassword
    );
    assert_eq!(fault(b"ikke en nokkelfil"), KeySourceFault::Unreadable);
    assert_eq!(fault(&file[..file.len() / 2]), KeySourceFault::Unreadable);

    let sealing = Wish {
        usage: Some(SEAL),
        ..Wish::default()
    };
    assert_eq!(
        fault(&root.issue(&sealing).pkcs12(PASSWORD, &[])),
        KeySourceFault::WrongUsage
    );
    let elliptic = root.issue_for(&Wish::default(), support::elliptic());
    assert_eq!(
        fault(&elliptic.pkcs12(PASSWORD, &[])),
        KeySourceFault::KeyNotRsa
    );
    let weak = root.issue_for(&Wish::default(), support::rsa(1024));
    assert_eq!(
        fault(&weak.pkcs12(PASSWORD, &[])),
        KeySourceFault::KeyTooSmall
    );

    assert_eq!(fault(&key_store(&[])), KeySourceFault::NoKey);
    let stranger = root.issue(&Wish::default());
    let mixed = Holder {
        key: stranger.key,
        certificate: agency.certificate,
    };
    assert_eq!(
        fault(&key_store(&[&mixed])),
        KeySourceFault::KeyWithoutCertificate
    );
}

#[test]
fn of_several_keys_the_one_for_signatures_is_taken() {
    let root = support::root("Rot");
    let of = |usage| {
        root.issue(&Wish {
            usage: Some(usage),
            ..Wish::default()
        })
    };
    let (encrypting, sealing, signing) = (of(ENCRYPT), of(SEAL), of(SIGN));
    let older = root.issue(&Wish {
        until: "20270101000000Z",
        ..Wish::default()
    });
    for order in [
        [&encrypting, &sealing, &older, &signing],
        [&signing, &older, &sealing, &encrypting],
    ] {
        let signer = read(&key_store(&order)).unwrap();
        assert_eq!(signer.chain()[0], certificate(&signing));
        let key = RecipientKey::from_pkcs12(&key_store(&order), &password(PASSWORD)).unwrap();
        assert_eq!(*key.certificate(), certificate(&encrypting));
    }
}

#[test]
fn a_chain_without_its_root_is_completed_from_the_policy() {
    let root = support::root("Rot");
    let between = root.issue(&support::authority());
    let agency = between.issue(&Wish::default());
    let whole = [
        certificate(&agency),
        certificate(&between),
        certificate(&root),
    ];
    let mut policy = TrustPolicy::practice(certificate(&root));

    let signer = read(&agency.pkcs12(PASSWORD, &[&between])).unwrap();
    assert_eq!(signer.chain(), &whole[..2]);
    assert_eq!(signer.with_issuers_from(&policy).chain(), whole);

    let bare = read(&agency.pkcs12(PASSWORD, &[])).unwrap();
    policy.add_certificates([certificate(&between)]);
    assert_eq!(bare.with_issuers_from(&policy).chain(), whole);

    let order = read(&agency.pkcs12(PASSWORD, &[&root, &between])).unwrap();
    assert_eq!(order.chain(), whole, "whatever their order in the file");
}

#[test]
fn a_signer_prints_nothing_of_its_key() {
    let agency = support::root("Rot").issue(&Wish::default());
    let signer = read(&agency.pkcs12(PASSWORD, &[])).unwrap();
    assert_eq!(
        format!("{signer:?}"),
        format!(
            "SoftwareSigner {{ chain: [{:?}], .. }}",
            certificate(&agency)
        )
    );
}

#[test]
fn the_published_example_key_unwraps_what_was_wrapped_to_it() {
    let Some(file) = vector("dpi/complete/eksempel.p12") else {
        return;
    };
    let key = RecipientKey::from_pkcs12(&file, &password("changeit")).unwrap();
    assert_eq!(key.certificate().serial_decimal(), "1446654470");
    assert!(key.unwrap_key(Oaep::Sha256, &[7; 256]).is_err());
}

#[test]
fn each_hash_verifies_its_own_signatures_only() {
    let key = support::rsa(3072);
    let spki = key.public_key_to_der().unwrap();
    let algorithms = [
        ("RS256", MessageDigest::sha256()),
        ("RS384", MessageDigest::sha384()),
        ("RS512", MessageDigest::sha512()),
    ];
    for (name, hash) in algorithms {
        let mut signer = OpensslSigner::new(hash, &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(b"kvittering").unwrap();
        for (tried, _) in algorithms {
            let verdict = verify_rs(
                Rs::from_name(tried).unwrap(),
                &spki,
                b"kvittering",
                &signature,
            );
            assert_eq!(verdict.is_ok(), tried == name);
        }
        let alg = Rs::from_name(name).unwrap();
        assert!(verify_rs(alg, &spki, b"kvitterinG", &signature).is_err());
        let mut flipped = signature.clone();
        flipped[100] ^= 1;
        assert!(verify_rs(alg, &spki, b"kvittering", &flipped).is_err());
    }
    for name in ["none", "HS256", "ES256", "PS256", "rs256", ""] {
        assert_eq!(Rs::from_name(name), None);
    }
}

/// A file with several keys, which OpenSSL does not make.
fn key_store(holders: &[&Holder]) -> Vec<u8> {
    let mut store = KeyStore::new();
    for (at, holder) in holders.iter().enumerate() {
        let key = PrivateKey::from_der(&holder.key.private_key_to_pkcs8().unwrap()).unwrap();
        let certificate = p12_keystore::Certificate::from_der(&holder.der()).unwrap();
        let chain = PrivateKeyChain::new(format!("{at}"), key, [certificate]);
        store.add_entry(&format!("{at}"), KeyStoreEntry::PrivateKeyChain(chain));
    }
    store.writer(PASSWORD).write().unwrap()
}
