//! Keys, certificates and receipts made by OpenSSL, so that no code of ours checks itself.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509NameBuilder};
use utpost_domain::{ConversationId, ReceiptId, Sensitive};
use utpost_pki::{Certificate, SoftwareSigner, TrustPolicy};

use super::{AGENCY, DIGIPOST, EBOKS, PRINTER, at};

/// Made once: keys are dear.
pub(crate) static PAPERS: LazyLock<Papers> = LazyLock::new(Papers::new);

pub(crate) struct Papers {
    pub(crate) intermediate: Holder,
    /// Under the same root, but not handed in with the rest.
    pub(crate) later_intermediate: Holder,
    pub(crate) agency: Holder,
    /// The agency's next.
    pub(crate) agency_later: Holder,
    /// The agency's, under an authority nobody trusts.
    pub(crate) agency_by_stranger: Holder,
    /// The agency's, out of date.
    pub(crate) agency_expired: Holder,
    /// A signer that is not the agency.
    pub(crate) neighbour: Holder,
    pub(crate) digipost: Holder,
    pub(crate) digipost_renewed: Holder,
    pub(crate) digipost_later: Holder,
    pub(crate) digipost_by_stranger: Holder,
    pub(crate) eboks: Holder,
    pub(crate) printer: Holder,
    root: Holder,
}

impl Papers {
    fn new() -> Self {
        let root = Holder::authority("Øvingsrot", None);
        let intermediate = Holder::authority("Øvingsutsteder", Some(&root));
        let later_intermediate = Holder::authority("Ny utsteder", Some(&root));
        let stranger = Holder::authority("Fremmed rot", None);
        Self {
            agency: intermediate.issue(AGENCY),
            agency_later: intermediate.issue(AGENCY),
            agency_by_stranger: stranger.issue(AGENCY),
            agency_expired: intermediate.issue_until(AGENCY, "2026-11-01T00:00:00Z"),
            neighbour: intermediate.issue("889640782"),
            digipost: intermediate.issue(DIGIPOST),
            digipost_renewed: intermediate.issue(DIGIPOST),
            digipost_later: later_intermediate.issue(DIGIPOST),
            digipost_by_stranger: stranger.issue(DIGIPOST),
            eboks: intermediate.issue(EBOKS),
            printer: intermediate.issue(PRINTER),
            intermediate,
            later_intermediate,
            root,
        }
    }

    pub(crate) fn trust(&self) -> TrustPolicy {
        let mut policy = TrustPolicy::practice(self.root.certificate());
        assert_eq!(
            policy.add_certificates([self.intermediate.certificate()]),
            1
        );
        policy
    }
}

/// A certificate with its key and what stands above it.
pub(crate) struct Holder {
    key: PKey<Private>,
    x509: X509,
    above: Vec<X509>,
}

impl Holder {
    fn authority(name: &str, issuer: Option<&Self>) -> Self {
        Self::make(name, None, "2036-01-01T00:00:00Z", issuer)
    }

    fn issue(&self, organisation: &str) -> Self {
        self.issue_until(organisation, "2030-01-01T00:00:00Z")
    }

    fn issue_until(&self, organisation: &str, until: &str) -> Self {
        Self::make(
            "Oppdiktet virksomhet",
            Some(organisation),
            until,
            Some(self),
        )
    }

    fn make(name: &str, organisation: Option<&str>, until: &str, issuer: Option<&Self>) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", name).unwrap();
        if let Some(number) = organisation {
            let oid = Asn1Object::from_str("2.5.4.97").unwrap().to_string();
            subject
                .append_entry_by_text(&oid, &format!("NTRNO-{number}"))
                .unwrap();
        }
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, MsbOption::MAYBE_ZERO, false).unwrap();
        builder
            .set_serial_number(&Asn1Integer::from_bn(&serial).unwrap())
            .unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder
            .set_issuer_name(issuer.map_or(&subject, |issuer| issuer.x509.subject_name()))
            .unwrap();
        builder.set_pubkey(&key).unwrap();
        let time = |text| Asn1Time::from_unix(at(text).as_second()).unwrap();
        builder
            .set_not_before(&time("2025-01-01T00:00:00Z"))
            .unwrap();
        builder.set_not_after(&time(until)).unwrap();
        let mut usage = KeyUsage::new();
        usage.critical();
        if organisation.is_none() {
            let authority = BasicConstraints::new().critical().ca().build().unwrap();
            builder.append_extension(authority).unwrap();
            usage.key_cert_sign();
        } else {
            usage.digital_signature().key_encipherment();
        }
        builder.append_extension(usage.build().unwrap()).unwrap();
        builder
            .sign(
                issuer.map_or(&key, |issuer| &issuer.key),
                MessageDigest::sha256(),
            )
            .unwrap();
        let above = issuer
            .map(|issuer| {
                std::iter::once(issuer.x509.clone())
                    .chain(issuer.above.iter().cloned())
                    .collect()
            })
            .unwrap_or_default();
        Self {
            key,
            x509: builder.build(),
            above,
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.x509.to_der().unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::parse_der(&self.der()).unwrap()
    }

    /// The key as the program holds it.
    pub(crate) fn signer(&self) -> SoftwareSigner {
        let mut chain = Stack::new().unwrap();
        for one in &self.above {
            chain.push(one.clone()).unwrap();
        }
        let file = Pkcs12::builder()
            .pkey(&self.key)
            .cert(&self.x509)
            .ca(chain)
            .build2("secret")
            .unwrap()
            .to_der()
            .unwrap();
        SoftwareSigner::from_pkcs12(&file, &Sensitive::new("secret".to_owned())).unwrap()
    }

    /// A receipt as this provider writes it.
    pub(crate) fn receipt(&self, receipt: &Receipt) -> String {
        let header = format!(
            r#"{{"x5c":["{}"],"alg":"RS512"}}"#,
            STANDARD.encode(self.der())
        );
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(receipt.json())
        );
        let mut signer = Signer::new(MessageDigest::sha512(), &self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a receipt says.
pub(crate) struct Receipt {
    pub(crate) id: ReceiptId,
    pub(crate) conversation: ConversationId,
    pub(crate) provider: &'static str,
    pub(crate) kind: &'static str,
    /// More members of the body, JSON beginning with a comma.
    pub(crate) more: String,
}

impl Receipt {
    pub(crate) fn delivery(conversation: ConversationId) -> Self {
        Self {
            id: ReceiptId::generate(),
            conversation,
            provider: DIGIPOST,
            kind: "leveringskvittering",
            more: String::new(),
        }
    }

    fn json(&self) -> String {
        let Self {
            id,
            conversation,
            provider,
            kind,
            more,
        } = self;
        let party = |number: &str| {
            format!(r#"{{"authority":"iso6523-actorid-upis","value":"0192:{number}"}}"#)
        };
        let (from, to) = (party(provider), party(AGENCY));
        format!(
            r#"{{"standardBusinessDocument":{{"standardBusinessDocumentHeader":{{
            "headerVersion":"1.0","sender":[{{"identifier":{from}}}],
            "receiver":[{{"identifier":{to}}}],"documentIdentification":{{
            "standard":"urn:fdc:digdir.no:2020:innbyggerpost:xsd::Innbyggerpost##x:{kind}::1.0",
            "typeVersion":"1.0","instanceIdentifier":"{id}","type":"{kind}",
            "creationDateAndTime":"2026-11-22T13:00:00+01:00"}},"businessScope":{{"scope":[{{
            "type":"ConversationId","instanceIdentifier":"{conversation}",
            "identifier":"urn:x","scopeInformation":[]}}]}}}},
            "{kind}":{{"avsender":{{"virksomhetsidentifikator":{from}}},
            "mottaker":{{"virksomhetsidentifikator":{to}}},
            "tidspunkt":"2026-11-22T13:00:00+01:00"{more}}}}}}}"#
        )
    }
}
