//! Checks each part and says which is well and which is not.

use std::time::Duration;

use serde_json::json;
use utpost_access::Purpose;
use utpost_dispatch::{AccessPoint, Clock, Code, InboxQuery, Ledger, LedgerFault, Register};
use utpost_workplace::{Failure, Workplace};

use crate::args::Common;
use crate::failure::Worded;
use crate::show::Shown;
use crate::words::Language;

/// `utpost doctor`: settings and certificate, ledger and its chain, token service, register,
/// access point. Nothing is sent and no receipt is marked. With what was found comes the first
/// failure.
pub(crate) fn examine(common: &Common) -> Result<(Shown, Option<Failure>), Failure> {
    let place = common.place()?;
    let language = common.language;
    let mut text = String::new();
    let mut checks = Vec::new();
    let mut worst: Option<Failure> = None;
    let mut note = |nb: &str, en: &str, result: Result<String, Failure>| {
        let name = match language {
            Language::Nb => nb,
            Language::En => en,
        };
        match result {
            Ok(detail) => {
                text.push_str(&format!("✓ {name}  {detail}\n"));
                checks.push(json!({ "check": en, "ok": true, "detail": detail }));
            }
            Err(failure) => {
                text.push_str(&format!("✗ {name}\n{}", failure.text(language)));
                checks.push(json!({ "check": en, "ok": false, "failure": failure.json(language) }));
                worst.get_or_insert(failure);
            }
        }
    };

    let work = Workplace::open(&place);
    match &work {
        Err(_) => {}
        Ok(work) => {
            note(
                "Virksomhet og sertifikat",
                "agency and certificate",
                Ok(certificate_words(work, language)),
            );
            let known = work.trust.certificates().len();
            note(
                "Kjente utstedere",
                "known issuers",
                Ok(issuer_words(known, language)),
            );
            let chain = work
                .ledger
                .check_chain()
                .map_err(Failure::from)
                .and_then(|report| match report.broken_at {
                    None => Ok(format!("{} ✓ {}", place.folder.display(), report.events)),
                    Some(_) => Err(LedgerFault::Damaged.into()),
                });
            note("Protokoll", "ledger", chain);
            let token = work.access.access_point.sending_token(Duration::ZERO);
            note(
                "Maskinporten",
                "token service",
                token.map(|_| String::new()).map_err(Failure::from),
            );
            let offset = work
                .access
                .tokens
                .clock_offset()
                .map_or(0, |offset| offset.as_secs());
            let clock = if offset.abs() > 300 {
                Err(Failure::detailed(Code::ClockWrong, format!("{offset} s")))
            } else {
                Ok(format!("{offset} s"))
            };
            note("Klokke", "clock", clock);
            let access = work.access.tokens.token(Purpose::Register, Duration::ZERO);
            note(
                "Tilgang til kontaktregisteret",
                "access to the contact register",
                access.map(|_| String::new()).map_err(Failure::from),
            );
            let print = work.access.register.print_provider();
            note(
                "Kontaktregisteret",
                "contact register",
                print
                    .map(|found| found.organisation.to_string())
                    .map_err(Failure::from),
            );
            let inbox = work.access.access_point.unread(&InboxQuery {
                channel_tag: work.ledger.channel_tag(),
                unit: None,
                page: 0,
                page_size: 1,
            });
            note(
                "Aksesspunkt",
                "access point",
                inbox
                    .map(|_| work.ledger.channel_tag().to_owned())
                    .map_err(Failure::from),
            );
        }
    }
    if let Err(failure) = work {
        note("Oppsett", "set-up", Err(failure));
    }
    let shown = Shown {
        json: json!({ "environment": place.environment.to_string(), "checks": checks }),
        text,
    };
    Ok((shown, worst))
}

/// Whose certificate it is, who issued it, what it may be used for and how long.
fn certificate_words(work: &Workplace, language: Language) -> String {
    let Some(leaf) = work.signer.chain().first() else {
        return String::new();
    };
    let until = leaf.validity().1;
    let usage: Vec<_> = leaf
        .usage()
        .iter()
        .flat_map(|usage| usage.names())
        .collect();
    let days = until.duration_since(work.clock.now()).as_hours() / 24;
    let warning = match language {
        _ if days > WARN_DAYS => String::new(),
        Language::Nb => format!(" ⚠ utløper om {days} dager: bestill nytt"),
        Language::En => format!(" ⚠ expires in {days} days: order a new one"),
    };
    format!(
        "{}; {}; {}; → {}{warning}",
        leaf.subject_words(),
        leaf.issuer_words(),
        usage.join(", "),
        crate::show::day(until)
    )
}

/// From so many days before its end a certificate is warned of.
const WARN_DAYS: i64 = 60;

fn issuer_words(known: usize, language: Language) -> String {
    match (known, language) {
        (0, Language::Nb) => {
            "0 ⚠ kvitteringer vil vente: legg utstedernes sertifikater i trusted_certificates"
                .into()
        }
        (0, Language::En) => {
            "0 ⚠ receipts will wait: put the issuers' certificates in trusted_certificates".into()
        }
        _ => format!("{known}"),
    }
}
