//! Whom the policies trust.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use jiff::Timestamp;
use support::{ENCRYPT, Holder, Number, SEAL, SIGN, Wish, vector, vectors_in};
use utpost_pki::{Certificate, Purpose, TrustFault, TrustPolicy, VerifiedCertificate};

const NOW: &str = "2026-06-01T12:00:00Z";

fn read(holder: &Holder) -> Certificate {
    Certificate::parse_der(&holder.der()).unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

struct Practice {
    root: Holder,
    policy: TrustPolicy,
}

fn practice() -> Practice {
    let root = support::root("Øvingsrot");
    let policy = TrustPolicy::practice(read(&root));
    Practice { root, policy }
}

impl Practice {
    fn judge(&self, wish: &Wish<'_>, purpose: Purpose) -> Result<VerifiedCertificate, TrustFault> {
        self.policy
            .verify(&read(&self.root.issue(wish)), &[], at(NOW), purpose)
    }
}

fn official() -> Option<(Vec<Certificate>, TrustPolicy)> {
    let chain = Certificate::parse_bundle(&vector("dpi/complete/digital-signer-chain.pem")?);
    let mut policy = TrustPolicy::test();
    let found = vectors_in("trust/test")?;
    let taken = policy.add_certificates(
        found
            .iter()
            .map(|file| Certificate::parse_any(file).unwrap()),
    );
    assert_eq!(taken, found.len());
    Some((chain.unwrap(), policy))
}

#[test]
fn the_official_signer_is_trusted_while_it_was_valid() {
    let Some((chain, policy)) = official() else {
        return;
    };
    let judge = |time| policy.verify(&chain[0], &[], at(time), Purpose::Signing);
    let verified = judge("2022-03-16T13:16:08Z").unwrap();
    assert_eq!(verified.organisation().to_string(), "991825827");
    assert_eq!(
        verified.path(),
        chain,
        "leaf, intermediate and root, though only the leaf came"
    );
    assert_eq!(
        judge("2023-06-17T00:00:00Z").unwrap_err(),
        TrustFault::Expired
    );
    assert_eq!(
        judge("2020-06-16T10:32:19Z").unwrap_err(),
        TrustFault::NotYetValid
    );
}

#[test]
fn an_issuer_not_found_yet_can_come_with_the_message_but_only_if_listed() {
    let Some((chain, _)) = official() else { return };
    let time = at("2022-03-16T13:16:08Z");
    let judge = |policy: TrustPolicy, extra: &[Certificate]| {
        policy
            .verify(&chain[0], extra, time, Purpose::Signing)
            .map(|_| ())
    };
    assert_eq!(
        judge(TrustPolicy::test(), &[]),
        Err(TrustFault::UnknownIssuer)
    );
    assert_eq!(judge(TrustPolicy::test(), &chain), Ok(()));
    assert_eq!(
        judge(TrustPolicy::production(), &chain),
        Err(TrustFault::UnknownIssuer)
    );
    let practice = practice();
    assert_eq!(
        judge(practice.policy, &chain),
        Err(TrustFault::UnknownIssuer)
    );
}

#[test]
fn each_list_takes_its_own_authorities_and_no_others() {
    let (Some(test), Some(production)) = (vectors_in("trust/test"), vectors_in("trust/prod"))
    else {
        return;
    };
    let read = |files: &[Vec<u8>]| -> Vec<Certificate> {
        files
            .iter()
            .map(|file| Certificate::parse_any(file).unwrap())
            .collect()
    };
    let (test, production) = (read(&test), read(&production));
    assert_eq!(TrustPolicy::test().add_certificates(test.clone()), 8);
    assert_eq!(TrustPolicy::test().add_certificates(production.clone()), 0);
    assert_eq!(TrustPolicy::production().add_certificates(production), 8);
    assert_eq!(TrustPolicy::production().add_certificates(test), 0);
}

#[test]
fn a_practice_root_is_refused_in_test_and_production() {
    let practice = practice();
    let root = read(&practice.root);
    for mut policy in [TrustPolicy::test(), TrustPolicy::production()] {
        assert_eq!(policy.add_certificates([root.clone()]), 0);
        let leaf = read(&practice.root.issue(&Wish::default()));
        let verdict = policy.verify(
            &leaf,
            std::slice::from_ref(&root),
            at(NOW),
            Purpose::Signing,
        );
        assert_eq!(verdict.unwrap_err(), TrustFault::UnknownIssuer);
    }
}

#[test]
fn practice_trusts_exactly_one_root() {
    let mut practice = practice();
    assert!(practice.judge(&Wish::default(), Purpose::Signing).is_ok());

    let stranger = support::root("Øvingsrot");
    assert_eq!(practice.policy.add_certificates([read(&stranger)]), 0);
    let leaf = read(&stranger.issue(&Wish::default()));
    let verdict = practice
        .policy
        .verify(&leaf, &[read(&stranger)], at(NOW), Purpose::Signing);
    assert!(verdict.is_err(), "same name, other key");
}

#[test]
fn an_intermediate_of_the_practice_root_may_come_with_the_message() {
    let practice = practice();
    let between = practice.root.issue(&support::authority());
    let leaf = read(&between.issue(&Wish::default()));
    let alone = practice
        .policy
        .verify(&leaf, &[], at(NOW), Purpose::Signing);
    assert_eq!(alone.unwrap_err(), TrustFault::UnknownIssuer);
    let extra = [read(&between)];
    let path = practice
        .policy
        .verify(&leaf, &extra, at(NOW), Purpose::Signing)
        .unwrap();
    assert_eq!(path.path(), [leaf, read(&between), read(&practice.root)]);
}

#[test]
fn a_certificate_is_good_only_for_what_it_says() {
    let practice = practice();
    let judge = |usage, purpose| {
        practice
            .judge(
                &Wish {
                    usage,
                    ..Wish::default()
                },
                purpose,
            )
            .map(|_| ())
    };
    assert_eq!(judge(Some(SIGN), Purpose::Signing), Ok(()));
    assert_eq!(judge(Some(SEAL), Purpose::Signing), Ok(()));
    assert_eq!(judge(Some(ENCRYPT), Purpose::Encryption), Ok(()));
    assert_eq!(
        judge(Some(&["dataEncipherment"]), Purpose::Encryption),
        Ok(())
    );
    assert_eq!(
        judge(Some(ENCRYPT), Purpose::Signing),
        Err(TrustFault::WrongUsage)
    );
    assert_eq!(
        judge(Some(SIGN), Purpose::Encryption),
        Err(TrustFault::WrongUsage)
    );
    assert_eq!(judge(None, Purpose::Signing), Err(TrustFault::UsageMissing));
}

#[test]
fn weak_keys_other_keys_and_nameless_holders_are_refused() {
    let practice = practice();
    let judge = |holder: Holder| {
        practice
            .policy
            .verify(&read(&holder), &[], at(NOW), Purpose::Signing)
            .unwrap_err()
    };
    let wish = Wish::default();
    assert_eq!(
        judge(practice.root.issue_for(&wish, support::rsa(1024))),
        TrustFault::KeyTooSmall
    );
    assert_eq!(
        judge(practice.root.issue_for(&wish, support::elliptic())),
        TrustFault::KeyNotRsa
    );
    let nameless = Wish {
        number: Number::None,
        ..wish
    };
    assert_eq!(
        judge(practice.root.issue(&nameless)),
        TrustFault::NoOrganisation
    );
}

#[test]
fn nobody_vouches_for_himself() {
    let practice = practice();
    let verdict = practice
        .policy
        .verify(&read(&practice.root), &[], at(NOW), Purpose::Signing)
        .unwrap_err();
    assert_eq!(verdict, TrustFault::SelfSigned);
}

#[test]
fn an_authority_without_the_right_to_issue_vouches_for_nobody() {
    let practice = practice();
    let agency = practice.root.issue(&Wish::default());
    let forged = read(&agency.issue(&Wish {
        name: "Falsk",
        ..Wish::default()
    }));
    let verdict = practice
        .policy
        .verify(&forged, &[read(&agency)], at(NOW), Purpose::Signing)
        .unwrap_err();
    assert!(matches!(verdict, TrustFault::Path(_)), "{verdict:?}");
}

#[test]
fn an_altered_certificate_is_refused() {
    let practice = practice();
    let mut der = practice.root.issue(&Wish::default()).der();
    let at_name = der
        .windows(9)
        .position(|window| window == b"991825827")
        .unwrap();
    der[at_name..at_name + 9].copy_from_slice(b"984661185");
    let altered = Certificate::parse_der(&der).unwrap();
    assert_eq!(altered.organisation().unwrap().to_string(), "984661185");
    assert!(
        practice
            .policy
            .verify(&altered, &[], at(NOW), Purpose::Signing)
            .is_err()
    );
}

#[test]
fn dates_are_kept_on_the_whole_path() {
    let practice = practice();
    let expired = Wish {
        until: "20260101000000Z",
        ..Wish::default()
    };
    let future = Wish {
        from: "20270101000000Z",
        ..Wish::default()
    };
    let judge = |wish| practice.judge(wish, Purpose::Signing).unwrap_err();
    assert_eq!(judge(&expired), TrustFault::Expired);
    assert_eq!(judge(&future), TrustFault::NotYetValid);

    let long = Wish {
        until: "20450101000000Z",
        ..Wish::default()
    };
    let leaf = read(&practice.root.issue(&long));
    let verdict = practice
        .policy
        .verify(&leaf, &[], at("2041-01-01T00:00:00Z"), Purpose::Signing);
    assert_eq!(
        verdict.unwrap_err(),
        TrustFault::Expired,
        "the root itself has run out"
    );
}
