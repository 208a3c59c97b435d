//! The contact and reservation register (KRR), REST version 2.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use openssl::error::ErrorStack;
use openssl::x509::X509;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utpost_domain::{Environment, NationalId};

use crate::authority::{Authority, DIGIPOST, EBOKS, NEIGHBOUR, PRINT};
use crate::persons::{Answer, PersonRow, persons};
use crate::problem::Problem;
use crate::tokens::{Bearer, SCOPE_CONTACT, SCOPE_MAILBOX};
use crate::world::Shared;

/// Numbers a call may ask for.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    personidentifikatorer: Vec<String>,
    #[serde(default, rename = "inkluderIkkeRegistrerte")]
    include_unregistered: bool,
}

/// `POST /rest/v2/personer`
pub(crate) async fn lookup(
    State(world): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let now = world.now();
    let bearer = Bearer::read(&headers, &world.tokens, now)?;
    bearer.must_be_for(&world.register_base())?;
    let access = Access {
        contact: bearer.has_scope(SCOPE_CONTACT),
        mailbox: bearer.has_scope(SCOPE_MAILBOX),
    };
    if !access.contact && !access.mailbox {
        return Err(Problem::forbidden(
            "the token has no scope of this register",
        ));
    }
    let question = read_question(&headers, &body)?;
    let asked = |person: &&PersonRow| {
        question
            .personidentifikatorer
            .iter()
            .any(|number| number == person.number)
    };
    if persons()
        .iter()
        .filter(asked)
        .any(|person| person.answer == Answer::Silent)
    {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        return Err(Problem::new(
            unavailable,
            "Service Unavailable",
            "try again later",
        ));
    }
    let mut answers = Vec::new();
    for number in &question.personidentifikatorer {
        let known = persons().iter().find(|person| person.number == number);
        let records = match known {
            Some(person) => records(person, &world.authority, now)
                .map_err(|fault| Problem::internal("register record", &fault))?,
            None => vec![unregistered(number)],
        };
        answers.extend(
            records
                .into_iter()
                .filter(|record| {
                    question.include_unregistered || record["status"] != "IKKE_REGISTRERT"
                })
                .map(|record| access.limit(record)),
        );
    }
    Ok(Json(json!({ "personer": answers })).into_response())
}

/// `GET /rest/v2/printSertifikat`: open to all, as the real one.
pub(crate) async fn print_certificate(State(world): State<Shared>) -> Result<Json<Value>, Problem> {
    let certificate = pem(&world.authority.print.certificate)
        .map_err(|fault| Problem::internal("print certificate", &fault))?;
    Ok(Json(
        json!({ "postkasseleverandoerAdresse": PRINT, "x509Sertifikat": certificate }),
    ))
}

fn read_question(headers: &HeaderMap, body: &[u8]) -> Result<Question, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Problem::bad_request("the body is not JSON"));
    }
    let question: Question = serde_json::from_slice(body)
        .map_err(|_| Problem::bad_request("the body is not understood"))?;
    if !(1..=MOST).contains(&question.personidentifikatorer.len()) {
        return Err(Problem::bad_request("ask for 1 to 1000 numbers"));
    }
    let admitted = |number: &String| {
        NationalId::parse(number).is_ok_and(|id| id.admitted_in(Environment::Practice).is_ok())
            && number.len() == 11
    };
    if !question.personidentifikatorer.iter().all(admitted) {
        return Err(Problem::bad_request("not a synthetic person number"));
    }
    Ok(question)
}

/// What the scopes of the token release.
struct Access {
    contact: bool,
    mailbox: bool,
}

impl Access {
    fn limit(&self, mut record: Map<String, Value>) -> Map<String, Value> {
        record.retain(|field, _| match field.as_str() {
            "kontaktinformasjon" | "varslingsstatus" | "spraak" | "spraak_oppdatert" => {
                self.contact
            }
            "digital_post" | "sertifikat" => self.mailbox,
            _ => true,
        });
        record
    }
}

/// Fresh or stale moments at which a citizen changed or confirmed something.
struct Moments {
    fresh: String,
    fresh_hours_only: String,
    stale: String,
}

impl Moments {
    fn before(now: Timestamp) -> Self {
        let oslo = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
        let earlier = |days: i64| now.checked_sub((24 * days).hours()).unwrap_or(now);
        let fresh = earlier(30);
        let local = fresh.to_zoned(oslo);
        // The register writes offsets without minutes.
        let fresh_hours_only = format!(
            "{}{:+03}",
            local.strftime("%Y-%m-%dT%H:%M:%S"),
            local.offset().seconds() / 3600
        );
        let utc = |moment: Timestamp| moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        Self {
            fresh: utc(fresh),
            fresh_hours_only,
            stale: utc(earlier(20 * 31)),
        }
    }
}

fn records(
    person: &PersonRow,
    authority: &Authority,
    now: Timestamp,
) -> Result<Vec<Map<String, Value>>, ErrorStack> {
    let times = Moments::before(now);
    let mut record = usable(person, &times, &pem(&authority.digipost.certificate)?);
    let set = |record: &mut Map<String, Value>, field: &str, value: Value| {
        record.insert(field.to_owned(), value);
    };
    match person.answer {
        Answer::Silent | Answer::Nothing => return Ok(Vec::new()),
        Answer::Digipost => {}
        Answer::Twice => {
            let mut other = record.clone();
            set(&mut other, "reservasjon", json!("JA"));
            return Ok(vec![record, other]);
        }
        Answer::OtherPerson => {
            let other = persons()
                .iter()
                .find(|other| other.answer == Answer::Digipost);
            set(
                &mut record,
                "personidentifikator",
                json!(other.map(|other| other.number)),
            );
        }
        Answer::WithoutNotification => drop(record.remove("varslingsstatus")),
        Answer::UnknownStatus => set(&mut record, "status", json!("FLYTTET")),
        Answer::UnknownReservation => set(&mut record, "reservasjon", json!("KANSKJE")),
        Answer::Deleted => record = without_contact(person.number, "SLETTET"),
        Answer::NotRegistered => record = unregistered(person.number),
        Answer::Reserved | Answer::ReservedWithMailbox => {
            set(&mut record, "reservasjon", json!("JA"));
            set(
                &mut record,
                "reservasjonstidspunkt",
                json!(times.fresh_hours_only),
            );
            set(&mut record, "varslingsstatus", json!("KAN_IKKE_VARSLES"));
            if person.answer == Answer::Reserved {
                record.remove("digital_post");
                record.remove("sertifikat");
            }
        }
        Answer::NotNotifiable => {
            set(&mut record, "varslingsstatus", json!("KAN_IKKE_VARSLES"));
            set(
                &mut record,
                "kontaktinformasjon",
                contact(&times.stale, &times.stale),
            );
        }
        Answer::WithoutContact => {
            set(&mut record, "varslingsstatus", json!("KAN_IKKE_VARSLES"));
            record.remove("kontaktinformasjon");
        }
        Answer::NoMailbox => {
            record.remove("digital_post");
            record.remove("sertifikat");
        }
        Answer::EmptyMailbox => {
            set(&mut record, "digital_post", mailbox("", ""));
            set(&mut record, "sertifikat", json!(""));
        }
        Answer::WithoutCertificate => drop(record.remove("sertifikat")),
        Answer::WithoutAddress => set(&mut record, "digital_post", mailbox("", DIGIPOST)),
        Answer::WithoutSupplier => {
            set(
                &mut record,
                "digital_post",
                mailbox(&person.mailbox_address(), ""),
            );
        }
        Answer::UnknownSupplier => {
            set(
                &mut record,
                "digital_post",
                mailbox(&person.mailbox_address(), NEIGHBOUR),
            );
        }
        Answer::UnreadableCertificate => {
            set(
                &mut record,
                "sertifikat",
                json!(STANDARD.encode("ikke et sertifikat")),
            );
        }
        Answer::FutureCertificate => {
            set(
                &mut record,
                "sertifikat",
                json!(pem(&authority.future_mailbox)?),
            );
        }
        Answer::ExpiredCertificate => {
            set(
                &mut record,
                "sertifikat",
                json!(pem(&authority.expired_mailbox)?),
            );
        }
        Answer::StaleContact => {
            set(
                &mut record,
                "kontaktinformasjon",
                contact(&times.stale, &times.stale),
            );
        }
        Answer::NotifiableWithoutContact => set(&mut record, "kontaktinformasjon", json!({})),
        Answer::MobileOnly => {
            set(
                &mut record,
                "kontaktinformasjon",
                contact(&times.stale, &times.fresh),
            );
        }
        Answer::Eboks | Answer::EmailOnly => {
            // This supplier's certificates come as one line of base64, Digipost's as PEM.
            let certificate = STANDARD.encode(authority.eboks.certificate.to_der()?);
            set(&mut record, "sertifikat", json!(certificate));
            set(
                &mut record,
                "digital_post",
                mailbox(&person.mailbox_address(), EBOKS),
            );
            if person.answer == Answer::EmailOnly {
                set(
                    &mut record,
                    "kontaktinformasjon",
                    contact(&times.fresh, &times.stale),
                );
            }
        }
        Answer::OtherOrganisationsCertificate => {
            set(
                &mut record,
                "sertifikat",
                json!(pem(&authority.eboks.certificate)?),
            );
        }
        Answer::ForeignCertificate => {
            set(
                &mut record,
                "sertifikat",
                json!(pem(&authority.foreign.certificate)?),
            );
        }
    }
    Ok(vec![record])
}

/// A record with everything there: mailbox at Digipost, fresh e-mail and mobile.
fn usable(person: &PersonRow, times: &Moments, certificate: &str) -> Map<String, Value> {
    let mut record = without_contact(person.number, "AKTIV");
    for (field, value) in [
        ("varslingsstatus", json!("KAN_VARSLES")),
        (
            "kontaktinformasjon",
            contact(&times.fresh, &times.fresh_hours_only),
        ),
        ("digital_post", mailbox(&person.mailbox_address(), DIGIPOST)),
        ("sertifikat", json!(certificate)),
        ("spraak", json!("nb")),
        ("spraak_oppdatert", json!(times.stale)),
    ] {
        record.insert(field.to_owned(), value);
    }
    record
}

fn unregistered(number: &str) -> Map<String, Value> {
    without_contact(number, "IKKE_REGISTRERT")
}

fn without_contact(number: &str, status: &str) -> Map<String, Value> {
    let fields = [
        ("personidentifikator", number),
        ("reservasjon", "NEI"),
        ("status", status),
        ("varslingsstatus", "KAN_IKKE_VARSLES"),
    ];
    fields
        .into_iter()
        .map(|(field, value)| (field.to_owned(), json!(value)))
        .collect()
}

fn contact(email_at: &str, mobile_at: &str) -> Value {
    json!({
        "epostadresse": "innbygger@example.com",
        "epostadresse_oppdatert": email_at,
        "epostadresse_sist_verifisert": email_at,
        "mobiltelefonnummer": "+4799999999",
        "mobiltelefonnummer_oppdatert": mobile_at,
        "mobiltelefonnummer_sist_verifisert": mobile_at,
    })
}

fn mailbox(address: &str, supplier: &str) -> Value {
    json!({ "postkasseadresse": address, "postkasseleverandoeradresse": supplier })
}

fn pem(certificate: &X509) -> Result<String, ErrorStack> {
    Ok(String::from_utf8_lossy(&certificate.to_pem()?).into_owned())
}
