//! The contact and reservation register (KRR), REST version 2.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use utpost_dispatch::{CallFault, Clock, Register, Remote};
use utpost_domain::{NationalId, RegisterAnswer};
use utpost_wire::{
    PrintProvider, parse_print_certificate, parse_register_answer, register_request,
};

use crate::endpoints::HttpsAddress;
use crate::https::{Https, JSON};
use crate::patience::Patience;
use crate::tokens::{Purpose, TokenSource};
use crate::{authorised, unreadable};

/// The register over HTTPS. What it tells about a person is handed on and never kept.
pub struct ContactRegister {
    https: Https,
    address: HttpsAddress,
    tokens: Arc<TokenSource>,
    clock: Arc<dyn Clock>,
    patience: Patience,
    print_provider: Mutex<Option<(PrintProvider, Timestamp)>>,
}

/// The print provider's certificate is asked for again after this, or when the clock was set back.
const PRINT_PROVIDER_LIFE: SignedDuration = SignedDuration::from_hours(1);
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

impl ContactRegister {
    pub(crate) fn new(
        https: Https,
        address: HttpsAddress,
        tokens: Arc<TokenSource>,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Self {
        Self {
            https,
            address,
            tokens,
            clock,
            patience,
            print_provider: Mutex::default(),
        }
    }

    fn ask(&self, request: impl Fn() -> RequestBuilder) -> Result<Vec<u8>, CallFault> {
        self.patience.run(&*self.clock, |limit| {
            let request = request().header(ACCEPT, JSON);
            self.https.exchange(request, limit, ANSWER_BYTES)?.success()
        })
    }
}

impl Register for ContactRegister {
    fn look_up(&self, citizen: &NationalId) -> Result<RegisterAnswer, CallFault> {
        let question = register_request(citizen);
        let answer = self.tokens.with_token(Purpose::Register, |token| {
            self.ask(|| {
                let request = self.https.post(self.address.under("rest/v2/personer"));
                let body = question.expose("register lookup").clone();
                authorised(request, token)
                    .header(CONTENT_TYPE, JSON)
                    .body(body)
            })
        })?;
        parse_register_answer(&answer).map_err(unreadable(Remote::Register))
    }

    fn print_provider(&self) -> Result<PrintProvider, CallFault> {
        let mut kept = self
            .print_provider
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if let Some((provider, read_at)) = &*kept
            && (SignedDuration::ZERO..PRINT_PROVIDER_LIFE).contains(&now.duration_since(*read_at))
        {
            return Ok(provider.clone());
        }
        // Readers are known to ask without a token; a register that wants one gets it.
        let request = || {
            self.https
                .get(self.address.under("rest/v2/printSertifikat"))
        };
        let answer = match self.ask(request) {
            Err(CallFault::Unauthorized { .. }) => {
                self.tokens.with_token(Purpose::Register, |token| {
                    self.ask(|| authorised(request(), token))
                })
            }
            answer => answer,
        }?;
        let provider = parse_print_certificate(&answer).map_err(unreadable(Remote::Register))?;
        *kept = Some((provider.clone(), now));
        Ok(provider)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::stand_in::{StandIn, TOKEN, TestClock, Turn, answer, limits, reply, root};

    const LOOKUP: &str = "/rest/v2/personer";
    const PRINT: &str = "/rest/v2/printSertifikat";
    const UNKNOWN: &str =
        r#"{"personer":[{"personidentifikator":"20914695016","status":"IKKE_REGISTRERT"}]}"#;

    fn citizen() -> NationalId {
        NationalId::parse("20914695016").unwrap()
    }

    #[test]
    fn one_citizen_is_asked_for_and_nothing_kept() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(LOOKUP, [answer(200, UNKNOWN)]);
        let access = service.access(&clock);
        let found = access.register.look_up(&citizen()).unwrap();
        assert_eq!(found.persons.len(), 1);
        access.register.look_up(&citizen()).unwrap();

        let seen = service.seen(LOOKUP);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].line, "POST /rest/v2/personer HTTP/1.1");
        assert_eq!(seen[0].headers["authorization"], "Bearer t1");
        assert_eq!(seen[0].headers["content-type"], "application/json");
        assert_eq!(seen[0].headers["accept"], "application/json");
        let body = r#"{"personidentifikatorer":["20914695016"],"inkluderIkkeRegistrerte":true}"#;
        assert_eq!(seen[0].body, body.as_bytes());
        assert!(
            !seen[0].headers.contains_key("cookie") && !seen[0].headers.contains_key("referer")
        );
    }

    #[test]
    fn a_token_not_accepted_is_replaced_once() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(LOOKUP, [answer(401, ""), answer(200, UNKNOWN)]);
        service.access(&clock).register.look_up(&citizen()).unwrap();
        let bearers: Vec<_> = service
            .seen(LOOKUP)
            .iter()
            .map(|seen| seen.headers["authorization"].clone())
            .collect();
        assert_eq!(bearers, ["Bearer t1", "Bearer t2"]);

        service.on(LOOKUP, [answer(401, "")]);
        let fault = service
            .access(&clock)
            .register
            .look_up(&citizen())
            .unwrap_err();
        assert!(matches!(
            fault,
            CallFault::Unauthorized {
                service: Remote::Register
            }
        ));
        assert_eq!(service.seen(LOOKUP).len(), 4);
        assert!(clock.waits.lock().unwrap().is_empty());
    }

    #[test]
    fn silence_is_asked_three_times_and_never_becomes_an_answer() {
        for silence in [
            answer(500, ""),
            answer(429, ""),
            Turn::Lose,
            Turn::Cut,
            Turn::Hang,
        ] {
            let (service, clock) = (StandIn::with_tokens(), TestClock::new());
            service.on(LOOKUP, [silence]);
            let fault = service
                .access(&clock)
                .register
                .look_up(&citizen())
                .unwrap_err();
            assert!(
                matches!(fault, CallFault::Busy { .. } | CallFault::AnswerLost { .. }),
                "{fault}"
            );
            assert_eq!(service.seen(LOOKUP).len(), 3);
            assert_eq!(*clock.waits.lock().unwrap(), limits().pauses);
        }
    }

    #[test]
    fn a_wished_pause_is_kept_when_short_and_told_when_long() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let busy = |pause: &str| Turn::Answer(reply(503, "").with("Retry-After", pause));
        service.on(LOOKUP, [busy("7"), answer(200, UNKNOWN)]);
        let access = service.access(&clock);
        access.register.look_up(&citizen()).unwrap();
        assert_eq!(*clock.waits.lock().unwrap(), [Duration::from_secs(7)]);

        service.on(LOOKUP, [busy("120")]);
        let fault = access.register.look_up(&citizen()).unwrap_err();
        let wished = Some(Duration::from_secs(120));
        assert!(
            matches!(fault, CallFault::Busy { status: 503, retry_after, .. } if retry_after == wished)
        );
        assert_eq!(clock.waits.lock().unwrap().len(), 1);
    }

    #[test]
    fn refusals_are_told_at_once_by_what_they_mean() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let fault = |status, headers: (&str, &str)| {
            service.on(
                LOOKUP,
                [Turn::Answer(reply(status, "x").with(headers.0, headers.1))],
            );
            access.register.look_up(&citizen()).unwrap_err()
        };
        let none = ("X-None", "");
        assert!(matches!(
            fault(400, none),
            CallFault::Refused { status: 400, .. }
        ));
        assert!(matches!(fault(403, none), CallFault::Forbidden { .. }));
        assert!(matches!(fault(404, none), CallFault::WrongAddress { .. }));
        assert!(matches!(fault(410, none), CallFault::WrongAddress { .. }));
        assert!(clock.waits.lock().unwrap().is_empty());
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let elsewhere = StandIn::start();
        let there = reply(307, "").with("Location", &elsewhere.issuer());
        service.on(LOOKUP, [Turn::Answer(there)]);
        let fault = service
            .access(&clock)
            .register
            .look_up(&citizen())
            .unwrap_err();
        assert!(matches!(
            fault,
            CallFault::WrongAddress {
                service: Remote::Register
            }
        ));
        assert!(elsewhere.seen("/").is_empty());
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(LOOKUP, [answer(200, vec![b' '; ANSWER_BYTES + 1])]);
        let fault = service
            .access(&clock)
            .register
            .look_up(&citizen())
            .unwrap_err();
        assert!(matches!(fault, CallFault::Unreadable { .. }), "{fault}");
    }

    #[test]
    fn a_page_instead_of_an_answer_is_unreadable() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(LOOKUP, [answer(200, "<html>")]);
        let fault = service
            .access(&clock)
            .register
            .look_up(&citizen())
            .unwrap_err();
        assert!(matches!(
            fault,
            CallFault::Unreadable {
                service: Remote::Register,
                ..
            }
        ));
    }

    #[test]
    fn the_print_provider_is_asked_for_without_a_token_and_kept_an_hour() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let der = openssl::base64::encode_block(root().der());
        let body =
            format!(r#"{{"postkasseleverandoerAdresse":"974761076","x509Sertifikat":"{der}"}}"#);
        service.on(PRINT, [answer(200, body)]);
        let access = service.access(&clock);
        let provider = access.register.print_provider().unwrap();
        assert_eq!(provider.organisation.as_str(), "974761076");
        clock.pass(3599);
        access.register.print_provider().unwrap();
        assert_eq!(service.seen(PRINT).len(), 1);
        assert!(!service.seen(PRINT)[0].headers.contains_key("authorization"));
        assert!(service.seen(TOKEN).is_empty());
        clock.pass(1);
        access.register.print_provider().unwrap();
        assert_eq!(service.seen(PRINT).len(), 2);
        clock.pass(-1);
        access.register.print_provider().unwrap();
        assert_eq!(service.seen(PRINT).len(), 3, "a clock set back");
    }

    #[test]
    fn a_register_that_wants_a_token_for_the_print_provider_gets_one() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(PRINT, [answer(401, ""), answer(403, "")]);
        let fault = service
            .access(&clock)
            .register
            .print_provider()
            .unwrap_err();
        assert!(matches!(fault, CallFault::Forbidden { .. }));
        assert_eq!(service.seen(PRINT)[1].headers["authorization"], "Bearer t1");
    }
}
