//! Access tokens of Maskinporten: one for each purpose, kept in memory while they are good.
//!
//! The grant is a signed JWT (RFC 7523, section 2.1). Its times must lie within ten seconds of the
//! service's clock, so that clock is read from each answer and a machine that is a little off
//! signs with the corrected time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use reqwest::header::ACCEPT;
use utpost_dispatch::{CallFault, Clock, Remote};
use utpost_domain::{OrgNumber, Sensitive};
use utpost_pki::{SignFault, Signer};
use utpost_wire::{
    AccessToken, GRANT_TYPE, Grant, Mender, TokenDenial, TokenError, parse_metadata,
    parse_token_answer, parse_token_error,
};

use crate::endpoints::{Endpoints, HttpsAddress};
use crate::https::{Answer, Https, JSON};
use crate::patience::Patience;
use crate::unreadable;

/// What a token is for. One token for both would let one refusal stop both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Asking the register.
    Register,
    /// Sending letters and fetching receipts.
    Sending,
}

impl Purpose {
    /// The scopes that the token must hold.
    #[must_use]
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Register => &[
                "krr:global/digitalpost.read",
                "krr:global/kontaktinformasjon.read",
            ],
            Self::Sending => &["digitalpostinnbygger:send"],
        }
    }
}

/// The agency's client at Maskinporten.
pub struct ApiClient {
    /// Its id (`client_id`).
    pub id: String,
    /// How its grants are signed.
    pub key: GrantKey,
    /// The agency that has delegated to the owner of the client; `None` when the owner sends for
    /// itself.
    pub delegated_by: Option<OrgNumber>,
}

/// How grants are signed. A client with registered keys must use one of them.
pub enum GrantKey {
    /// With the enterprise certificate, shown in the grant (`x5c`).
    EnterpriseCertificate(Arc<dyn Signer>),
    /// With a key registered on the client.
    Registered {
        /// Its id (`kid`).
        id: String,
        /// The key.
        signer: Arc<dyn Signer>,
    },
}

impl GrantKey {
    fn signer(&self) -> &dyn Signer {
        match self {
            Self::EnterpriseCertificate(signer) | Self::Registered { signer, .. } => &**signer,
        }
    }
}

/// Where tokens come from.
///
/// One source serves one client of one environment, for itself or for one agency. The purpose
/// fixes scopes and `resource`, and so is all that tells its kept tokens apart. They live in
/// memory only.
pub struct TokenSource {
    https: Https,
    endpoints: Endpoints,
    client: ApiClient,
    clock: Arc<dyn Clock>,
    patience: Patience,
    metadata_limit: Duration,
    metadata: Mutex<Option<KnownMetadata>>,
    /// How far this machine's clock is ahead of the service's; zero when hardly.
    ahead: Mutex<SignedDuration>,
    register: Mutex<Option<AccessToken>>,
    sending: Mutex<Option<AccessToken>>,
}

struct KnownMetadata {
    token_address: HttpsAddress,
    read_at: Timestamp,
}

/// The name of RFC 8414, section 3, where known issuers have it.
const METADATA: &str = ".well-known/oauth-authorization-server";
/// The service's description of itself is read again after this.
const METADATA_LIFE: SignedDuration = SignedDuration::from_hours(24);
const ANSWER_BYTES: usize = 256 * 1024;
/// A difference up to this is left alone: answers take time, and their `Date` has whole seconds.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
/// Beyond this the stored times of sending would be no evidence.
const CLOCK_LIMIT: SignedDuration = SignedDuration::from_mins(5);

impl TokenSource {
    pub(crate) fn new(
        https: Https,
        endpoints: Endpoints,
        mut client: ApiClient,
        clock: Arc<dyn Clock>,
        patience: Patience,
        metadata_limit: Duration,
    ) -> Self {
        // Naming oneself as the one who delegated is refused.
        let own = client
            .key
            .signer()
            .chain()
            .first()
            .and_then(|leaf| leaf.organisation());
        client.delegated_by = client.delegated_by.filter(|agency| Some(*agency) != own);
        Self {
            https,
            endpoints,
            client,
            clock,
            patience,
            metadata_limit,
            metadata: Mutex::default(),
            ahead: Mutex::default(),
            register: Mutex::default(),
            sending: Mutex::default(),
        }
    }

    /// A token that is kept for at least `outlive` from now, or a new one. The new one is given
    /// even when it lives shorter: a longer life can't be asked for.
    ///
    /// # Errors
    /// [`CallFault`] about [`Remote::Tokens`]; [`CallFault::Denied`] when Maskinporten
    /// refuses the grant, [`CallFault::ScopeMissing`] when it grants less than asked,
    /// [`CallFault::ClockFarOff`] when this machine's clock can't be believed.
    pub fn token(&self, purpose: Purpose, outlive: Duration) -> Result<AccessToken, CallFault> {
        // Held while fetching: whoever else wants the same token waits for this one.
        let mut kept = self.kept(purpose);
        let needed_until = self
            .clock
            .now()
            .saturating_add(outlive)
            .unwrap_or(Timestamp::MAX);
        if let Some(token) = &*kept
            && token.reusable_until() > needed_until
        {
            return Ok(token.clone());
        }
        *kept = None;
        Ok(kept.insert(self.fetch(purpose)?).clone())
    }

    /// Drops `token`, so that the next one asked for is new. For tokens that were not accepted.
    pub fn forget(&self, purpose: Purpose, token: &AccessToken) {
        self.kept(purpose).take_if(|kept| kept == token);
    }

    /// How far this machine's clock is ahead of the token service (negative: behind), when it is
    /// more than five seconds. Grants are signed with the corrected time; show a warning.
    #[must_use]
    pub fn clock_offset(&self) -> Option<SignedDuration> {
        let ahead = *locked(&self.ahead);
        (ahead.abs() > CLOCK_TOLERANCE).then_some(ahead)
    }

    /// Runs `call` with a token, and once more with a new one when the first is not accepted.
    pub(crate) fn with_token<T>(
        &self,
        purpose: Purpose,
        mut call: impl FnMut(&AccessToken) -> Result<T, CallFault>,
    ) -> Result<T, CallFault> {
        let token = self.token(purpose, Duration::ZERO)?;
        match call(&token) {
            Err(CallFault::Unauthorized { .. }) => {
                self.forget(purpose, &token);
                call(&self.token(purpose, Duration::ZERO)?)
            }
            done => done,
        }
    }

    fn kept(&self, purpose: Purpose) -> MutexGuard<'_, Option<AccessToken>> {
        locked(match purpose {
            Purpose::Register => &self.register,
            Purpose::Sending => &self.sending,
        })
    }

    fn fetch(&self, purpose: Purpose) -> Result<AccessToken, CallFault> {
        let (mut replayed, mut corrected) = (false, false);
        self.patience.run(&*self.clock, |limit| {
            loop {
                let ahead = *locked(&self.ahead);
                match self.ask(purpose, limit) {
                    Err(CallFault::Denied(TokenDenial::GrantReused)) if !replayed => {
                        replayed = true;
                    }
                    // The refusal itself told the time: once more by that.
                    Err(CallFault::Denied(denial))
                        if denial.mender() == Mender::Clock
                            && !corrected
                            && *locked(&self.ahead) != ahead =>
                    {
                        corrected = true;
                    }
                    done => return done,
                }
            }
        })
    }

    /// One grant, one answer.
    fn ask(&self, purpose: Purpose, limit: Duration) -> Result<AccessToken, CallFault> {
        let address = self.token_address()?;
        let asked_at = self.clock.now();
        let scopes: Vec<String> = purpose.scopes().iter().map(|&scope| scope.into()).collect();
        let grant = self.grant(purpose, scopes.clone(), asked_at)?;
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", grant.expose("token request")),
        ];
        let request = self.https.post(address).header(ACCEPT, JSON).form(&form);
        let answer = self.https.exchange(request, limit, ANSWER_BYTES)?;
        self.compare_clocks(asked_at, &answer)
            .inspect_err(|_| *locked(&self.metadata) = None)?;
        if let status @ (400 | 401 | 403) = answer.status.as_u16() {
            let TokenError {
                denial,
                description,
            } = parse_token_error(status, answer.text());
            let trace = description
                .as_ref()
                .and_then(|text| trace_id(text.expose("trace id")));
            tracing::warn!(?purpose, status, ?denial, trace, "grant refused");
            return Err(CallFault::Denied(denial));
        }
        let token = parse_token_answer(&answer.success()?, asked_at, &scopes)
            .map_err(unreadable(Remote::Tokens))?;
        match purpose
            .scopes()
            .iter()
            .find(|scope| !token.has_scope(scope))
        {
            Some(scope) => Err(CallFault::ScopeMissing { scope }),
            None => Ok(token),
        }
    }

    fn grant(
        &self,
        purpose: Purpose,
        scopes: Vec<String>,
        now: Timestamp,
    ) -> Result<Sensitive<String>, CallFault> {
        let grant = Grant {
            client_id: self.client.id.clone(),
            audience: self.endpoints.issuer.as_str().to_owned(),
            scopes,
            resource: match purpose {
                Purpose::Register => None,
                Purpose::Sending => self.endpoints.resource.clone(),
            },
            consumer: self.client.delegated_by,
            issued_at: now.saturating_sub(*locked(&self.ahead)).unwrap_or(now),
        };
        match &self.client.key {
            GrantKey::EnterpriseCertificate(signer) => grant.sign_x5c(&**signer),
            GrantKey::Registered { id, signer } => grant.sign_kid(id, &**signer),
        }
        .map_err(|_| CallFault::Signing(SignFault))
    }

    /// Where grants go: by the service's own metadata, or by the known form when that can't be
    /// read.
    fn token_address(&self) -> Result<Url, CallFault> {
        let now = self.clock.now();
        let mut metadata = locked(&self.metadata);
        let good = SignedDuration::ZERO..METADATA_LIFE;
        if let Some(known) = &*metadata
            && good.contains(&now.duration_since(known.read_at))
        {
            return Ok(known.token_address.url());
        }
        let request = self
            .https
            .get(self.endpoints.issuer.under(METADATA))
            .header(ACCEPT, JSON);
        let answer = self
            .https
            .exchange(request, self.metadata_limit, ANSWER_BYTES);
        if let Ok(answer) = &answer {
            self.compare_clocks(now, answer)?;
        }
        let stated = answer
            .ok()
            .and_then(|answer| self.stated_token_address(answer));
        *metadata = stated.map(|token_address| KnownMetadata {
            token_address,
            read_at: now,
        });
        Ok(match &*metadata {
            Some(known) => known.token_address.url(),
            None => {
                tracing::warn!("metadata of the token service can't be used");
                self.endpoints.issuer.under("token")
            }
        })
    }

    /// The token address in the metadata, when they are those of our issuer (RFC 8414, section
    /// 3.3) and this environment may go there.
    fn stated_token_address(&self, answer: Answer) -> Option<HttpsAddress> {
        let metadata = parse_metadata(&answer.success().ok()?).ok()?;
        let address = HttpsAddress::parse(&metadata.token_endpoint).ok()?;
        let ours = metadata.issuer == self.endpoints.issuer.as_str();
        (ours && self.endpoints.admit(&address).is_ok()).then_some(address)
    }

    /// Reads the service's clock from an answer of any kind.
    fn compare_clocks(&self, asked_at: Timestamp, answer: &Answer) -> Result<(), CallFault> {
        let Some(theirs) = answer.date else {
            return Ok(());
        };
        // The least difference that explains what was seen while the answer was under way.
        let ahead = if asked_at > theirs {
            asked_at.duration_since(theirs)
        } else {
            self.clock
                .now()
                .duration_since(theirs)
                .min(SignedDuration::ZERO)
        };
        if ahead.abs() > CLOCK_LIMIT {
            return Err(CallFault::ClockFarOff {
                seconds: ahead.as_secs(),
            });
        }
        let ahead = if ahead.abs() > CLOCK_TOLERANCE {
            ahead
        } else {
            SignedDuration::ZERO
        };
        *locked(&self.ahead) = ahead;
        Ok(())
    }
}

/// What Digdir's support asks for. Nothing else of the foreign text goes to the log.
fn trace_id(description: &str) -> Option<&str> {
    let (_, rest) = description.split_once("trace_id:")?;
    let rest = rest.trim_start();
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(rest.len());
    rest.get(..end.min(64))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Access;
    use crate::stand_in::{
        AGENCY, METADATA, Reply, StandIn, TOKEN, TestClock, TestSigner, Turn, answer, client,
        limits, reply, root, token,
    };

    fn text(token: &AccessToken) -> &str {
        token.expose("test")
    }

    fn get(access: &Access, purpose: Purpose) -> Result<AccessToken, CallFault> {
        access.tokens.token(purpose, Duration::ZERO)
    }

    /// The claims of the grants that came in.
    fn grants(service: &StandIn) -> Vec<serde_json::Value> {
        let claims = |seen: &crate::stand_in::Seen| {
            let form = String::from_utf8(seen.body.clone()).unwrap();
            let jwt = form.split_once("assertion=").unwrap().1;
            let base64 = jwt
                .split('.')
                .nth(1)
                .unwrap()
                .replace('-', "+")
                .replace('_', "/");
            let padding = "=".repeat((4 - base64.len() % 4) % 4);
            let json = openssl::base64::decode_block(&(base64 + &padding)).unwrap();
            serde_json::from_slice(&json).unwrap()
        };
        service.seen(TOKEN).iter().map(claims).collect()
    }

    fn refused(code: &str) -> Reply {
        reply(
            400,
            format!(r#"{{"error":"invalid_grant","error_description":"No. ({code})"}}"#),
        )
    }

    #[test]
    fn a_token_is_fetched_once_for_each_purpose_and_kept_while_it_is_good() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        assert_eq!(text(&get(&access, Purpose::Register).unwrap()), "t1");
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "t2");
        clock.pass(104);
        assert_eq!(text(&get(&access, Purpose::Register).unwrap()), "t1");
        clock.pass(1);
        assert_eq!(text(&get(&access, Purpose::Register).unwrap()), "t3");

        let grants = grants(&service);
        let scopes = "krr:global/digitalpost.read krr:global/kontaktinformasjon.read";
        assert_eq!(grants[0]["scope"], scopes);
        assert_eq!(grants[1]["scope"], "digitalpostinnbygger:send");
        assert_eq!(grants[0]["aud"], service.issuer());
        assert_eq!(grants[0]["iss"], "client");
        assert!(grants[1].get("resource").is_none());
        assert_eq!(service.seen(METADATA).len(), 1);
    }

    #[test]
    fn a_kept_token_that_would_expire_under_way_is_replaced() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let for_upload = || {
            let token = access
                .tokens
                .token(Purpose::Sending, Duration::from_secs(60))
                .unwrap();
            text(&token).to_owned()
        };
        assert_eq!(for_upload(), "t1");
        clock.pass(44);
        assert_eq!(for_upload(), "t1");
        clock.pass(1);
        assert_eq!(for_upload(), "t2");
    }

    #[test]
    fn a_short_lived_token_is_kept_for_half_its_life() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(
            TOKEN,
            [
                answer(200, token("short", 30)),
                answer(200, token("next", 30)),
            ],
        );
        let access = service.access(&clock);
        get(&access, Purpose::Sending).unwrap();
        clock.pass(14);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "short");
        clock.pass(1);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "next");
    }

    #[test]
    fn a_forgotten_token_is_not_given_again_but_a_newer_one_is() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let first = get(&access, Purpose::Sending).unwrap();
        access.tokens.forget(Purpose::Sending, &first);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "t2");
        access.tokens.forget(Purpose::Sending, &first);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "t2");
    }

    #[test]
    fn a_refusal_is_told_by_its_cause_and_not_repeated() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(TOKEN, [Turn::Answer(refused("MP-200"))]);
        let fault = get(&service.access(&clock), Purpose::Register).unwrap_err();
        assert!(matches!(
            fault,
            CallFault::Denied(TokenDenial::ScopeNotOnClient)
        ));
        assert_eq!(service.seen(TOKEN).len(), 1);
    }

    #[test]
    fn a_reused_grant_is_replaced_once_and_only_once() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(TOKEN, [Turn::Answer(refused("MP-012"))]);
        let fault = get(&service.access(&clock), Purpose::Register).unwrap_err();
        assert!(matches!(fault, CallFault::Denied(TokenDenial::GrantReused)));
        let grants = grants(&service);
        assert_eq!(grants.len(), 2);
        assert_ne!(grants[0]["jti"], grants[1]["jti"]);
    }

    #[test]
    fn a_silent_token_service_is_asked_three_times_with_new_grants() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(
            TOKEN,
            [answer(503, ""), Turn::Lose, answer(200, token("late", 120))],
        );
        let access = service.access(&clock);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "late");
        assert_eq!(*clock.waits.lock().unwrap(), limits().pauses);
        let grants = grants(&service);
        assert_eq!(grants.len(), 3);
        assert_ne!(grants[0]["jti"], grants[2]["jti"]);

        service.on(TOKEN, [answer(502, "<html>")]);
        let fault = get(&access, Purpose::Register).unwrap_err();
        assert!(matches!(fault, CallFault::Busy { status: 502, .. }));
        assert_eq!(service.seen(TOKEN).len(), 6);
    }

    #[test]
    fn a_token_with_half_the_register_access_is_refused() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let half = r#"{"access_token":"t","token_type":"Bearer","expires_in":120,
                       "scope":"krr:global/kontaktinformasjon.read"}"#;
        service.on(TOKEN, [answer(200, half)]);
        let fault = get(&service.access(&clock), Purpose::Register).unwrap_err();
        let missing = "krr:global/digitalpost.read";
        assert!(matches!(fault, CallFault::ScopeMissing { scope } if scope == missing));
    }

    #[test]
    fn grants_are_signed_with_the_services_time_when_ours_is_off() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let theirs = clock.now() - SignedDuration::from_secs(40);
        let metadata = reply(200, service.metadata()).dated(theirs);
        service.on(METADATA, [Turn::Answer(metadata)]);
        let access = service.access(&clock);
        get(&access, Purpose::Sending).unwrap();
        assert_eq!(grants(&service)[0]["iat"], theirs.as_second());
        assert_eq!(
            access.tokens.clock_offset(),
            Some(SignedDuration::from_secs(40))
        );
    }

    #[test]
    fn a_refusal_because_of_the_time_is_mended_by_its_own_date() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let theirs = clock.now() + SignedDuration::from_secs(90);
        let expired = refused("MP-130").dated(theirs);
        let good = reply(200, token("good", 120)).dated(theirs);
        service.on(TOKEN, [Turn::Answer(expired), Turn::Answer(good)]);
        let access = service.access(&clock);
        assert_eq!(text(&get(&access, Purpose::Sending).unwrap()), "good");
        assert_eq!(grants(&service)[1]["iat"], theirs.as_second());
        assert_eq!(
            access.tokens.clock_offset(),
            Some(SignedDuration::from_secs(-90))
        );
    }

    #[test]
    fn a_small_difference_is_left_alone() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let good = reply(200, token("t", 120)).dated(clock.now() + SignedDuration::from_secs(5));
        service.on(TOKEN, [Turn::Answer(good)]);
        let access = service.access(&clock);
        get(&access, Purpose::Sending).unwrap();
        assert_eq!(access.tokens.clock_offset(), None);
    }

    #[test]
    fn a_clock_far_off_stops_until_it_is_set() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let theirs = clock.now() + SignedDuration::from_secs(301);
        let metadata = reply(200, service.metadata()).dated(theirs);
        service.on(METADATA, [Turn::Answer(metadata)]);
        let access = service.access(&clock);
        let fault = get(&access, Purpose::Sending).unwrap_err();
        assert!(
            matches!(fault, CallFault::ClockFarOff { seconds: -301 }),
            "{fault}"
        );
        assert!(service.seen(TOKEN).is_empty());

        clock.pass(301);
        assert!(get(&access, Purpose::Sending).is_ok());
    }

    #[test]
    fn without_usable_metadata_the_known_address_is_used() {
        for metadata in [
            answer(500, ""),
            answer(200, "<html>"),
            answer(
                200,
                r#"{"issuer":"https://127.0.0.1/","token_endpoint":"https://127.0.0.1/elsewhere",
                    "jwks_uri":"https://127.0.0.1/jwk"}"#,
            ),
            Turn::Lose,
        ] {
            let (service, clock) = (StandIn::with_tokens(), TestClock::new());
            service.on(METADATA, [metadata]);
            assert!(get(&service.access(&clock), Purpose::Sending).is_ok());
        }
    }

    #[test]
    fn metadata_is_read_again_after_a_day() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        get(&access, Purpose::Sending).unwrap();
        clock.pass(24 * 60 * 60 - 1);
        get(&access, Purpose::Sending).unwrap();
        assert_eq!(service.seen(METADATA).len(), 1);
        clock.pass(200);
        get(&access, Purpose::Sending).unwrap();
        assert_eq!(service.seen(METADATA).len(), 2);
    }

    #[test]
    fn delegation_is_named_except_by_oneself_and_a_registered_key_by_its_id() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        for (delegated_by, named) in [(AGENCY, None), ("991825827", Some("991825827"))] {
            let signer = Arc::new(TestSigner::new());
            let client = ApiClient {
                key: GrantKey::Registered {
                    id: "key-1".to_owned(),
                    signer,
                },
                delegated_by: OrgNumber::parse(delegated_by).ok(),
                ..client()
            };
            let issuer = service.issuer();
            let endpoints = Endpoints::practice(&issuer, &issuer, &issuer, root()).unwrap();
            let access = Access::open(endpoints, client, clock.clone(), limits()).unwrap();
            get(&access, Purpose::Sending).unwrap();
            let grant = grants(&service).pop().unwrap();
            assert_eq!(
                grant.get("consumer_org").and_then(|number| number.as_str()),
                named
            );
        }
    }

    #[test]
    fn of_a_refusal_only_the_trace_id_is_logged() {
        assert_eq!(
            trace_id("No. (MP-012). (trace_id: a1b2-c3) x"),
            Some("a1b2-c3")
        );
        assert_eq!(trace_id("No."), None);
    }
}
