//! The agency's access point (corner 2 of Digital Post til Innbygger).

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, StatusCode};
use utpost_dispatch::{
    AccessPoint, CallFault, InboxItem, InboxQuery, Remote, StatusLine, Submission,
};
use utpost_domain::{MessageId, ReceiptId};
use utpost_wire::{AccessToken, ProblemKind, parse_inbox, parse_problem, parse_statuses};
use uuid::Uuid;

use crate::endpoints::HttpsAddress;
use crate::https::{Answer, Https, JSON, Upload};
use crate::tokens::{Purpose, TokenSource};
use crate::{Limits, authorised, unreadable};

/// The access point over HTTPS.
///
/// Nothing is repeated here but a question whose token was not accepted: when a letter may be
/// sent again is the caller's rule.
pub struct Corner2 {
    https: Https,
    address: HttpsAddress,
    tokens: Arc<TokenSource>,
    limits: Limits,
}

const SERVICE: Remote = Remote::AccessPoint;
const INBOX_BYTES: usize = 8 * 1024 * 1024;
const STATUS_BYTES: usize = 1024 * 1024;

impl Corner2 {
    pub(crate) fn new(
        https: Https,
        address: HttpsAddress,
        tokens: Arc<TokenSource>,
        limits: Limits,
    ) -> Self {
        Self {
            https,
            address,
            tokens,
            limits,
        }
    }

    /// A small call with a token for sending; a token that is not accepted is replaced once.
    fn call(
        &self,
        most_bytes: usize,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, CallFault> {
        self.tokens.with_token(Purpose::Sending, |token| {
            let request = authorised(request(), token).header(ACCEPT, JSON);
            let answer = self.https.exchange(request, self.limits.call, most_bytes)?;
            match answer.status {
                StatusCode::UNAUTHORIZED => Err(answer.refusal()),
                _ => Ok(answer),
            }
        })
    }
}

impl AccessPoint for Corner2 {
    fn sending_token(&self, outlive: Duration) -> Result<AccessToken, CallFault> {
        self.tokens.token(Purpose::Sending, outlive)
    }

    fn submit(
        &self,
        submission: &Submission<'_>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), CallFault> {
        let mut url = self.address.under("messages/out");
        url.query_pairs_mut()
            .append_pair("kanal", submission.channel_tag);
        let boundary = format!("utpost-{}", Uuid::new_v4().simple());
        let request = authorised(self.https.post(url), submission.token).header(
            CONTENT_TYPE,
            format!("multipart/form-data; boundary={boundary}"),
        );
        let answer = self.https.upload(
            request,
            form(submission, &boundary)?,
            (self.limits.upload)(submission.parcel_bytes),
            progress,
        )?;
        // Whatever a refusal is dressed in, these words say what happened.
        match parse_problem(answer.text()).kind {
            _ if answer.status.is_success() => Ok(()),
            ProblemKind::DuplicateMessage => Err(CallFault::Duplicate { service: SERVICE }),
            ProblemKind::FingerprintDiffers => Err(CallFault::DamagedOnTheWay { service: SERVICE }),
            ProblemKind::Other => {
                if answer.status == StatusCode::UNAUTHORIZED {
                    self.tokens.forget(Purpose::Sending, submission.token);
                }
                Err(answer.refusal())
            }
        }
    }

    fn statuses(&self, message: MessageId) -> Result<Option<Vec<StatusLine>>, CallFault> {
        let url = self
            .address
            .under(&format!("messages/out/{message}/statuses"));
        let answer = self.call(STATUS_BYTES, || self.https.get(url.clone()))?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        parse_statuses(&answer.success()?)
            .map(Some)
            .map_err(unreadable(SERVICE))
    }

    fn unread(&self, query: &InboxQuery<'_>) -> Result<Vec<InboxItem>, CallFault> {
        let mut url = self.address.under("messages/in");
        url.query_pairs_mut()
            .append_pair("kanal", query.channel_tag)
            .extend_pairs(query.unit.map(|unit| ("avsenderidentifikator", unit)))
            .append_pair("page_size", &query.page_size.to_string())
            .append_pair("page", &query.page.to_string());
        let answer = self.call(INBOX_BYTES, || self.https.get(url.clone()))?;
        parse_inbox(&answer.success()?).map_err(unreadable(SERVICE))
    }

    fn mark_read(&self, receipt: ReceiptId) -> Result<(), CallFault> {
        let url = self.address.under(&format!("messages/in/{receipt}/read"));
        let answer = self.call(STATUS_BYTES, || self.https.post(url.clone()))?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(answer.refusal()),
        }
    }
}

/// The two parts, in this order, with the names and types that receivers look for.
fn form(submission: &Submission<'_>, boundary: &str) -> Result<Upload, CallFault> {
    let parcel = File::open(submission.parcel).map_err(CallFault::Parcel)?;
    let bytes = parcel.metadata().map_err(CallFault::Parcel)?.len();
    if bytes != submission.parcel_bytes {
        return Err(CallFault::Parcel(io::ErrorKind::InvalidData.into()));
    }
    let head = format!(
        "--{boundary}\r\n\
         Content-Disposition: form-data; name=\"forretningsmelding\"; filename=\"sbd.jwt\"\r\n\
         Content-Type: application/jwt\r\n\
         \r\n\
         {}\r\n\
         --{boundary}\r\n\
         Content-Disposition: form-data; name=\"dokumentpakke\"; filename=\"asic.cms\"\r\n\
         Content-Type: application/cms\r\n\
         \r\n",
        submission.signed.expose("upload to the access point"),
    );
    Ok(Upload::new(
        head,
        parcel,
        bytes,
        format!("\r\n--{boundary}--\r\n"),
    ))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::path::PathBuf;
    use std::sync::Mutex;

    use jiff::Timestamp;
    use tempfile::TempDir;
    use utpost_domain::{
        ConversationId, Digest, Language, MailboxAddress, NonSensitiveTitle, Notices,
        OpeningReceipt, OrgNumber, SecurityLevel,
    };
    use utpost_parcel::{SealedParcel, Sender};
    use utpost_wire::{Digital, Envelope, Heading, SignedMessage};

    use super::*;
    use crate::Access;
    use crate::stand_in::{
        AGENCY, Seen, StandIn, TOKEN, TestClock, TestSigner, Turn, answer, other_root, reply, root,
    };

    const OUT: &str = "/messages/out";
    const IN: &str = "/messages/in";

    /// A parcel on disk, the message to it, and the token in both places.
    struct Ready {
        folder: TempDir,
        message: MessageId,
        content: Vec<u8>,
        signed: SignedMessage,
        token: AccessToken,
    }

    impl Ready {
        fn new(access: &Access, bytes: usize) -> Self {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("parcel");
            let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &content).unwrap();
            let parcel = SealedParcel::reopen(&path, Digest::of(&content)).unwrap();
            let token = access.access_point.sending_token(Duration::ZERO).unwrap();
            let agency = OrgNumber::parse(AGENCY).unwrap();
            let message = MessageId::generate();
            let heading = Heading {
                message,
                conversation: ConversationId::generate(),
                technical_sender: agency,
                sender: Sender {
                    organisation: agency,
                    unit: None,
                    invoice_reference: None,
                },
                receiver: OrgNumber::parse("984661185").unwrap(),
                created_at: Timestamp::UNIX_EPOCH,
            };
            let letter = Digital {
                mailbox: MailboxAddress::parse("a#1").unwrap(),
                security_level: SecurityLevel::Level4,
                title: NonSensitiveTitle::parse("Brev").unwrap(),
                language: Language::default(),
                visible_from: None,
                opening_receipt: OpeningReceipt::NotWanted,
                notices: Notices::default(),
            };
            let envelope = Envelope::digital(heading, &parcel, letter).unwrap();
            let signed = envelope.sign(&token, &TestSigner::new()).unwrap();
            Self {
                folder,
                message,
                content,
                signed,
                token,
            }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("parcel")
        }

        fn send(&self, access: &Access) -> Result<Vec<u64>, CallFault> {
            let told = Mutex::new(Vec::new());
            let submission = Submission {
                message: self.message,
                channel_tag: "utpost-abc",
                signed: &self.signed,
                token: &self.token,
                parcel: &self.path(),
                parcel_bytes: self.content.len() as u64,
            };
            access
                .access_point
                .submit(&submission, &|bytes| told.lock().unwrap().push(bytes))?;
            Ok(told.into_inner().unwrap())
        }
    }

    fn sent(turn: Turn) -> Result<Vec<u64>, CallFault> {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(OUT, [turn]);
        let access = service.access(&clock);
        Ready::new(&access, 1000).send(&access)
    }

    #[test]
    fn an_upload_is_two_named_parts_in_order_and_of_known_length() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(OUT, [answer(201, "")]);
        let access = service.access(&clock);
        let ready = Ready::new(&access, 3_000_000);
        let told = ready.send(&access).unwrap();
        assert!(told.is_sorted());
        assert_eq!(told.last(), Some(&3_000_000));

        let Seen {
            line,
            headers,
            body,
        } = &service.seen(OUT)[0];
        assert_eq!(line, "POST /messages/out?kanal=utpost-abc HTTP/1.1");
        assert_eq!(headers["authorization"], "Bearer t1");
        assert_eq!(headers["content-length"], body.len().to_string());
        assert!(!headers.contains_key("transfer-encoding"));
        let boundary = headers["content-type"].strip_prefix("multipart/form-data; boundary=");
        let boundary = boundary.unwrap();
        let mut expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"forretningsmelding\"; \
             filename=\"sbd.jwt\"\r\nContent-Type: application/jwt\r\n\r\n{}\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"dokumentpakke\"; filename=\"asic.cms\"\r\n\
             Content-Type: application/cms\r\n\r\n",
            ready.signed.expose("test")
        )
        .into_bytes();
        expected.extend_from_slice(&ready.content);
        expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        assert!(*body == expected);
    }

    #[test]
    fn any_success_is_accepted_whatever_becomes_of_its_body() {
        let cut = Turn::Answer(reply(201, "").with("Content-Length", "10"));
        for turn in [
            answer(201, ""),
            answer(200, "x"),
            answer(201, vec![0; 1_000_000]),
            cut,
        ] {
            assert!(sent(turn).is_ok());
        }
    }

    #[test]
    fn each_refusal_is_told_by_what_it_means() {
        let refused = |status: u16, body: &str| sent(answer(status, body)).unwrap_err();
        assert!(matches!(refused(401, ""), CallFault::Unauthorized { .. }));
        assert!(matches!(refused(403, ""), CallFault::Forbidden { .. }));
        assert!(matches!(refused(404, ""), CallFault::WrongAddress { .. }));
        assert!(matches!(refused(413, "<html>"), CallFault::TooLarge { .. }));
        for status in [408, 429, 500, 502, 503] {
            let fault = refused(status, "<html>");
            assert!(matches!(fault, CallFault::Busy { status: told, .. } if told == status));
        }
        let duplicate = r#"{"title":"Operation Failed","status":400,"detail":"ERROR: duplicate key
            value violates unique constraint \"unique_message_uuid\""}"#
            .replace("\n            ", " ");
        assert!(matches!(
            refused(400, &duplicate),
            CallFault::Duplicate { .. }
        ));
        let damaged =
            r#"{"detail":"Upload was not accepted, SHA-256 digest of dokumentpakke was x"}"#;
        assert!(matches!(
            refused(400, damaged),
            CallFault::DamagedOnTheWay { .. }
        ));
        let CallFault::Refused {
            status: 422,
            detail: Some(detail),
            ..
        } = refused(422, r#"{"title":"Bad","detail":"no such receiver"}"#)
        else {
            panic!("not refused")
        };
        assert_eq!(detail.expose("test"), "Bad: no such receiver");
    }

    #[test]
    fn a_wished_pause_may_be_a_time_by_the_services_clock() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let busy = reply(503, "")
            .dated(now)
            .with("Retry-After", "Sun, 22 Nov 2026 12:02:00 GMT");
        let fault = sent(Turn::Answer(busy)).unwrap_err();
        let wished = Some(Duration::from_secs(120));
        assert!(matches!(fault, CallFault::Busy { retry_after, .. } if retry_after == wished));
    }

    #[test]
    fn after_a_401_the_next_token_is_new() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(OUT, [answer(401, "")]);
        let access = service.access(&clock);
        let ready = Ready::new(&access, 1000);
        ready.send(&access).unwrap_err();
        assert_eq!(service.seen(OUT).len(), 1);
        let next = access.access_point.sending_token(Duration::ZERO).unwrap();
        assert_ne!(next, ready.token);
    }

    #[test]
    fn once_the_body_has_begun_a_break_means_that_nobody_knows() {
        for turn in [Turn::Lose, Turn::Cut, Turn::Hang] {
            let fault = sent(turn).unwrap_err();
            let service = Remote::AccessPoint;
            assert!(matches!(fault, CallFault::AnswerLost { service: of, .. } if of == service));
        }
    }

    #[test]
    fn an_answer_given_while_uploading_is_heard() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(
            OUT,
            [Turn::AnswerEarly(
                reply(413, "").with("Connection", "close"),
            )],
        );
        let access = service.access(&clock);
        let fault = Ready::new(&access, 8_000_000).send(&access).unwrap_err();
        assert!(matches!(fault, CallFault::TooLarge { .. }), "{fault:?}");
    }

    #[test]
    fn without_a_connection_surely_nothing_was_received() {
        let unreachable = |access_point: &str, believed| {
            let (service, clock) = (StandIn::with_tokens(), TestClock::new());
            let tokens = service.access(&clock);
            let access = service.access_with(&clock, access_point, believed);
            let fault = Ready::new(&tokens, 300_000).send(&access).unwrap_err();
            assert!(matches!(fault, CallFault::Unreachable { .. }), "{fault:?}");
            assert!(service.seen(OUT).is_empty());
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = format!("https://{}", listener.local_addr().unwrap());
        // Takes the connection and never says a word of TLS.
        unreachable(&silent, root());
        drop(listener);
        // Nobody is there any more.
        unreachable(&silent, root());
        // Somebody is there, but not the one believed.
        let stranger = StandIn::with_tokens();
        unreachable(&stranger.issuer(), other_root());
    }

    #[test]
    fn a_parcel_that_changed_is_not_sent() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(OUT, [answer(201, "")]);
        let access = service.access(&clock);
        let ready = Ready::new(&access, 1000);
        std::fs::write(ready.path(), b"shorter").unwrap();
        assert!(matches!(ready.send(&access), Err(CallFault::Parcel(_))));
        std::fs::remove_file(ready.path()).unwrap();
        assert!(matches!(ready.send(&access), Err(CallFault::Parcel(_))));
        assert!(service.seen(OUT).is_empty());
    }

    #[test]
    fn a_parcel_that_ends_while_uploading_is_told_as_such() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        service.on(OUT, [answer(201, "")]);
        let access = service.access(&clock);
        let ready = Ready::new(&access, 1000);
        let boundary = "b";
        let submission = Submission {
            message: ready.message,
            channel_tag: "utpost-abc",
            signed: &ready.signed,
            token: &ready.token,
            parcel: &ready.path(),
            parcel_bytes: 1000,
        };
        let body = form(&submission, boundary).unwrap();
        std::fs::write(ready.path(), b"shorter").unwrap();
        let request = access
            .access_point
            .https
            .post(access.access_point.address.under("messages/out"));
        let sent = access
            .access_point
            .https
            .upload(request, body, Duration::from_secs(2), &|_| ());
        assert!(matches!(sent, Err(CallFault::Parcel(_))));
    }

    #[test]
    fn faults_show_neither_address_nor_token_nor_message() {
        for turn in [
            Turn::Lose,
            answer(401, ""),
            answer(400, r#"{"detail":"secret-words"}"#),
        ] {
            let shown = format!("{:?}", sent(turn).unwrap_err());
            for hidden in ["127.0.0.1", "t1", "kanal", "eyJ", "secret-words"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }

    #[test]
    fn statuses_of_an_unknown_message_are_none_and_of_a_silent_one_empty() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let message = MessageId::generate();
        let statuses = |turn| {
            service.on(OUT, [turn]);
            access.access_point.statuses(message)
        };
        assert_eq!(statuses(answer(404, "")).unwrap(), None);
        assert_eq!(statuses(answer(204, "")).unwrap(), Some(Vec::new()));
        let told = r#"[{"status":"SENDT","timestamp":"2026-11-22T12:00:00"}]"#;
        assert_eq!(
            statuses(answer(200, told)).unwrap().unwrap()[0].stamp,
            "2026-11-22T12:00:00"
        );
        assert!(matches!(
            statuses(answer(200, "<html>")),
            Err(CallFault::Unreadable { .. })
        ));
        assert!(matches!(
            statuses(answer(503, "")),
            Err(CallFault::Busy { .. })
        ));
        assert!(matches!(
            statuses(Turn::Hang),
            Err(CallFault::AnswerLost { .. })
        ));
        let line = format!("GET /messages/out/{message}/statuses HTTP/1.1");
        assert!(service.seen(OUT).iter().all(|seen| seen.line == line));
    }

    #[test]
    fn the_inbox_is_asked_for_one_channel_and_page() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let unread = |turn, unit| {
            service.on(IN, [turn]);
            let query = InboxQuery {
                channel_tag: "utpost-abc",
                unit,
                page: 2,
                page_size: 100,
            };
            access.access_point.unread(&query)
        };
        assert_eq!(unread(answer(204, ""), None).unwrap(), []);
        let page = r#"[{"forretningsmelding":"a.b.c"},{"forretningsmelding":null}]"#;
        let items = unread(answer(200, page), Some("by & bygd")).unwrap();
        assert_eq!(
            items,
            [InboxItem::Receipt("a.b.c".to_owned()), InboxItem::Empty]
        );
        let endless = answer(200, vec![b' '; INBOX_BYTES + 1]);
        assert!(matches!(
            unread(endless, None),
            Err(CallFault::Unreadable { .. })
        ));
        let lines: Vec<_> = service.seen(IN).into_iter().map(|seen| seen.line).collect();
        assert_eq!(
            lines[0],
            "GET /messages/in?kanal=utpost-abc&page_size=100&page=2 HTTP/1.1"
        );
        assert!(lines[1].contains("?kanal=utpost-abc&avsenderidentifikator=by+%26+bygd&page"));
    }

    #[test]
    fn marking_what_is_marked_already_is_no_fault() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        let receipt = ReceiptId::generate();
        for (status, done) in [
            (200, true),
            (204, true),
            (404, true),
            (500, false),
            (403, false),
        ] {
            service.on(IN, [answer(status, "")]);
            assert_eq!(
                access.access_point.mark_read(receipt).is_ok(),
                done,
                "{status}"
            );
        }
        let line = format!("POST /messages/in/{receipt}/read HTTP/1.1");
        assert!(
            service
                .seen(IN)
                .iter()
                .all(|seen| seen.line == line && seen.body.is_empty())
        );
    }

    #[test]
    fn a_small_call_replaces_a_token_not_accepted_once() {
        let (service, clock) = (StandIn::with_tokens(), TestClock::new());
        let access = service.access(&clock);
        service.on(OUT, [answer(401, ""), answer(204, "")]);
        assert!(access.access_point.statuses(MessageId::generate()).is_ok());
        service.on(OUT, [answer(401, "")]);
        let fault = access
            .access_point
            .statuses(MessageId::generate())
            .unwrap_err();
        assert!(matches!(fault, CallFault::Unauthorized { .. }));
        assert_eq!(service.seen(OUT).len(), 4);
        assert_eq!(service.seen(TOKEN).len(), 3);
    }
}
