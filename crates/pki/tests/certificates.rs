//! What is read in a certificate.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{Number, SIGN, Wish, vector, vectors_in};
use utpost_pki::{Certificate, CertificateFault};

fn subject(number: Number<'_>, name: &str) -> Certificate {
    let authority = support::root("Utsteder");
    let holder = authority.issue(&Wish {
        name,
        number,
        ..Wish::default()
    });
    Certificate::parse_der(&holder.der()).unwrap()
}

fn organisation(number: Number<'_>, name: &str) -> Option<String> {
    subject(number, name)
        .organisation()
        .map(|number| number.to_string())
}

#[test]
fn the_organisation_number_is_read_where_each_generation_of_certificates_has_it() {
    let found = |number| organisation(number, "Prøvekommunen");
    assert_eq!(
        found(Number::Identifier("NTRNO-991825827")).as_deref(),
        Some("991825827")
    );
    assert_eq!(
        found(Number::Identifier("991825827")).as_deref(),
        Some("991825827")
    );
    assert_eq!(
        found(Number::Serial("991825827")).as_deref(),
        Some("991825827")
    );
    assert_eq!(
        found(Number::Both("NTRNO-991825827", "984661185")).as_deref(),
        Some("991825827"),
        "the identifier comes before the serial number"
    );
    assert_eq!(
        found(Number::Both("VATNO-991825827", "984661185")).as_deref(),
        Some("984661185"),
        "an identifier of another kind is passed over"
    );
    assert_eq!(
        organisation(Number::None, "991825827 Prøvekommunen").as_deref(),
        Some("991825827")
    );
}

#[test]
fn what_is_no_organisation_number_is_not_taken_for_one() {
    assert_eq!(
        organisation(Number::None, "Prøvekommunen"),
        None,
        "the issuer's number is not ours"
    );
    assert_eq!(
        organisation(Number::Identifier("NTRNO-991825828"), "P"),
        None,
        "check digit"
    );
    assert_eq!(organisation(Number::Serial("9918258270"), "P"), None);
    assert_eq!(
        organisation(Number::None, "04817197073 Prøveperson"),
        None,
        "a person's number"
    );
}

#[test]
fn a_certificate_is_read_in_every_dress() {
    let certificate = subject(Number::None, "Prøvekommunen");
    let base64 = STANDARD.encode(certificate.der());
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let pem = |end: &str| {
        let body = lines.join(end);
        format!(
            "Bag Attributes{end}-----BEGIN CERTIFICATE-----{end}{body}{end}-----END CERTIFICATE-----{end}"
        )
    };
    for text in [
        pem("\n"),
        pem("\r\n"),
        pem("\r"),
        pem(" "),
        base64.clone(),
        lines.join("\r\n"),
        base64.trim_end_matches('=').to_owned(),
    ] {
        assert_eq!(Certificate::parse_any(&text).unwrap(), certificate);
    }
    assert_eq!(
        Certificate::parse_any(certificate.der()).unwrap(),
        certificate
    );
    let both = pem("\n") + &pem("\r\n");
    assert_eq!(Certificate::parse_bundle(both.as_bytes()).unwrap().len(), 2);
}

#[test]
fn what_is_no_certificate_is_refused() {
    for text in ["", "not base64 at all!", "-----BEGIN CERTIFICATE-----"] {
        assert!(Certificate::parse_any(text).is_err(), "{text:?}");
    }
    assert!(matches!(
        Certificate::parse_any("AAECAwQ="),
        Err(CertificateFault::Structure(_))
    ));
    let mut trailing = subject(Number::None, "P").der().to_vec();
    trailing.push(0);
    assert!(Certificate::parse_der(&trailing).is_err());
}

#[test]
fn names_numbers_and_dates_are_those_openssl_reads() {
    let authority = support::root("Øst, Vest & \"Sør\"+#;<> ");
    let holder = authority.issue(&Wish {
        name: "Kommune",
        usage: Some(SIGN),
        ..Wish::default()
    });
    let certificate = Certificate::parse_der(&holder.der()).unwrap();
    assert_eq!(
        certificate.issuer_rfc2253(),
        "CN=Øst\\, Vest & \\\"Sør\\\"\\+#\\;\\<\\>\\ ,\
         2.5.4.97=#0c0f4e54524e4f2d393833313633333237,\
         O=Øst\\, Vest & \\\"Sør\\\"\\+#\\;\\<\\>\\ ,C=NO"
    );
    let serial = holder
        .certificate
        .serial_number()
        .to_bn()
        .unwrap()
        .to_dec_str()
        .unwrap();
    assert_eq!(certificate.serial_decimal(), serial.to_string());
    assert_eq!(
        certificate.issuer_der(),
        holder
            .certificate
            .issuer_name()
            .to_der()
            .unwrap()
            .as_slice()
    );
    assert_eq!(
        certificate.public_key_spki_der(),
        holder.key.public_key_to_der().unwrap().as_slice()
    );
    let (from, until) = certificate.validity();
    assert_eq!(
        [from.to_string(), until.to_string()],
        ["2025-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]
    );
    assert_eq!(certificate.key_bits(), Some(2048));
    assert_eq!(certificate.subject_words(), "Kommune");
    assert_eq!(
        certificate.usage().unwrap().names().collect::<Vec<_>>(),
        ["digitalSignature"]
    );
    assert!(!certificate.is_self_signed());
}

#[test]
fn a_certificate_prints_nothing_of_its_subject() {
    let certificate = subject(Number::None, "Hemmelig Navn");
    assert_eq!(
        format!("{certificate:?}"),
        format!("Certificate({})", certificate.fingerprint())
    );
}

#[test]
fn the_official_authorities_read_as_they_are_described() {
    let (Some(test), Some(production)) = (vectors_in("trust/test"), vectors_in("trust/prod"))
    else {
        return;
    };
    for file in test.iter().chain(&production) {
        let certificate = Certificate::parse_any(file).unwrap();
        let number = certificate.organisation().map(|number| number.to_string());
        let issued = certificate.issuer_rfc2253();
        assert!(issued.ends_with("C=NO"), "{issued}");
        // The older generation wrote its number inside the organisation's name.
        assert!(
            matches!(number.as_deref(), Some("983163327" | "988312495") | None),
            "{number:?}"
        );
    }
}

#[test]
fn the_registers_certificates_are_read() {
    let Some(pem) = vector("krr/certificates/mailbox-valid.pem") else {
        return;
    };
    let certificate = Certificate::parse_any(&pem).unwrap();
    assert_eq!(certificate.organisation().unwrap().to_string(), "984661185");
    let usage = certificate.usage().unwrap();
    assert!(usage.may_encrypt() && !usage.may_sign());
}
