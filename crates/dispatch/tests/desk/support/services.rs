//! Clock, register and access point that answer as they are told.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use utpost_dispatch::{
    AccessPoint, CallFault, Clock, InboxItem, InboxQuery, Register, Remote, StatusLine, Submission,
};
use utpost_domain::{
    ContactPoint, Field, MailboxAddress, MailboxCertificate, MessageId, NationalId,
    NotificationStatus, PersonRecord, ReceiptId, RegisterAnswer, RegisterStatus, Reservation,
    Sensitive, Stamp, TransportStatus,
};
use utpost_wire::{AccessToken, PrintProvider, parse_receipt, parse_token_answer};

use super::papers::Holder;
use super::{CITIZEN, DIGIPOST, Log, PAPERS, PRINTER, SECRET};

type Hook = Box<dyn FnOnce() + Send>;

pub(crate) struct TestClock {
    now: Mutex<Timestamp>,
    log: Log,
    /// Done while somebody waits.
    pub(crate) while_waiting: Mutex<Option<Hook>>,
}

impl TestClock {
    pub(crate) fn new(now: Timestamp, log: Log) -> Self {
        Self {
            now: Mutex::new(now),
            log,
            while_waiting: Mutex::default(),
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn wait(&self, pause: Duration) {
        self.log.add("wait");
        if let Some(hook) = self.while_waiting.lock().unwrap().take() {
            hook();
        }
        *self.now.lock().unwrap() += SignedDuration::try_from(pause).unwrap();
    }
}

pub(crate) struct TestRegister {
    log: Log,
    /// Told in turn; then the usual citizen.
    pub(crate) answers: Mutex<VecDeque<Result<RegisterAnswer, CallFault>>>,
    /// Whose certificate the register names for print.
    pub(crate) printer: Mutex<&'static Holder>,
}

impl TestRegister {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            answers: Mutex::default(),
            printer: Mutex::new(&PAPERS.printer),
        }
    }

    pub(crate) fn tells(&self, person: PersonRecord) -> &Self {
        self.answers.lock().unwrap().push_back(Ok(RegisterAnswer {
            persons: vec![person],
        }));
        self
    }

    pub(crate) fn is_silent(&self) -> &Self {
        let source = None;
        let fault = CallFault::AnswerLost {
            service: Remote::Register,
            source,
        };
        self.answers.lock().unwrap().push_back(Err(fault));
        self
    }

    /// A citizen with a mailbox at Digipost that can be used.
    pub(crate) fn citizen() -> PersonRecord {
        Self::citizen_with(&PAPERS.digipost)
    }

    pub(crate) fn citizen_with(holder: &Holder) -> PersonRecord {
        let certificate = holder.certificate();
        let (not_before, not_after) = certificate.validity();
        PersonRecord {
            id: NationalId::parse(CITIZEN).unwrap(),
            status: Field::Known(RegisterStatus::Active),
            reservation: Field::Known(Reservation::No),
            notification: Field::Known(NotificationStatus::CanBeNotified),
            reserved_at: None,
            email: Some(ContactPoint {
                value: Sensitive::new(format!("{SECRET}@example.com")),
                updated_at: Some(Stamp::At("2026-10-01T00:00:00Z".parse().unwrap())),
                verified_at: None,
            }),
            mobile: None,
            mailbox_address: Some(MailboxAddress::parse(&format!("{SECRET}#1")).unwrap()),
            supplier: Some(DIGIPOST.to_owned()),
            certificate: MailboxCertificate::Read {
                der: holder.der(),
                not_before,
                not_after,
                fingerprint: certificate.fingerprint(),
            },
            language: None,
        }
    }

    pub(crate) fn reserved() -> PersonRecord {
        PersonRecord {
            reservation: Field::Known(Reservation::Yes),
            ..Self::citizen()
        }
    }

    pub(crate) fn deleted() -> PersonRecord {
        PersonRecord {
            status: Field::Known(RegisterStatus::Deleted),
            ..Self::citizen()
        }
    }

    /// Row 11 of the decision table.
    pub(crate) fn without_certificate() -> PersonRecord {
        PersonRecord {
            certificate: MailboxCertificate::Absent,
            ..Self::citizen()
        }
    }
}

impl Register for TestRegister {
    fn look_up(&self, _: &NationalId) -> Result<RegisterAnswer, CallFault> {
        self.log.add("look_up");
        let usual = || {
            Ok(RegisterAnswer {
                persons: vec![Self::citizen()],
            })
        };
        self.answers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(usual)
    }

    fn print_provider(&self) -> Result<PrintProvider, CallFault> {
        self.log.add("print_provider");
        Ok(PrintProvider {
            organisation: PRINTER.parse().unwrap(),
            certificate: self.printer.lock().unwrap().certificate(),
        })
    }
}

pub(crate) struct TestAccessPoint {
    log: Log,
    clock: Arc<TestClock>,
    tokens: Mutex<u32>,
    /// Why the next token is not given.
    pub(crate) no_token: Mutex<Option<CallFault>>,
    /// What arrived.
    pub(crate) sent: Mutex<Vec<Sent>>,
    /// Answers to uploads, in turn; then yes.
    pub(crate) uploads: Mutex<VecDeque<Result<(), CallFault>>>,
    /// Done while an upload is on its way.
    pub(crate) while_uploading: Mutex<Option<Hook>>,
    /// Answers to status questions, in turn; then that the message is not known.
    pub(crate) statuses: Mutex<VecDeque<Result<Option<Vec<StatusLine>>, CallFault>>>,
    /// What is unread.
    pub(crate) inbox: Mutex<Vec<Option<String>>>,
    /// Answers to marking, in turn; then yes.
    pub(crate) marks: Mutex<VecDeque<Result<(), CallFault>>>,
    /// Pages asked for.
    pub(crate) pages: Mutex<Vec<u32>>,
    /// Channel tags and sub-units asked for.
    pub(crate) asked_for: Mutex<Vec<(String, Option<String>)>>,
    /// Marking changes nothing.
    pub(crate) forgets_marks: Mutex<bool>,
}

/// One upload as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) message: MessageId,
    pub(crate) token: String,
    pub(crate) signed: String,
    pub(crate) parcel: Vec<u8>,
}

impl TestAccessPoint {
    pub(crate) fn new(log: Log, clock: Arc<TestClock>) -> Self {
        Self {
            log,
            clock,
            tokens: Mutex::default(),
            no_token: Mutex::default(),
            sent: Mutex::default(),
            uploads: Mutex::default(),
            while_uploading: Mutex::default(),
            statuses: Mutex::default(),
            inbox: Mutex::default(),
            marks: Mutex::default(),
            pages: Mutex::default(),
            asked_for: Mutex::default(),
            forgets_marks: Mutex::default(),
        }
    }

    pub(crate) fn answers(&self, fault: CallFault) -> &Self {
        self.uploads.lock().unwrap().push_back(Err(fault));
        self
    }

    pub(crate) fn tells(&self, lines: Option<Vec<StatusLine>>) -> &Self {
        self.statuses.lock().unwrap().push_back(Ok(lines));
        self
    }

    pub(crate) fn holds(&self, receipt: impl Into<String>) -> &Self {
        self.inbox.lock().unwrap().push(Some(receipt.into()));
        self
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl AccessPoint for TestAccessPoint {
    fn sending_token(&self, _: Duration) -> Result<AccessToken, CallFault> {
        self.log.add("token");
        if let Some(fault) = self.no_token.lock().unwrap().take() {
            return Err(fault);
        }
        let mut tokens = self.tokens.lock().unwrap();
        *tokens += 1;
        let answer = format!(
            r#"{{"access_token":"token-{tokens}","token_type":"Bearer","expires_in":119}}"#
        );
        Ok(parse_token_answer(answer.as_bytes(), self.clock.now(), &[]).unwrap())
    }

    fn submit(
        &self,
        submission: &Submission<'_>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), CallFault> {
        self.log.add("submit");
        let parcel = fs::read(submission.parcel).unwrap();
        assert_eq!(parcel.len() as u64, submission.parcel_bytes);
        progress(submission.parcel_bytes);
        self.sent.lock().unwrap().push(Sent {
            message: submission.message,
            token: submission.token.expose("test").to_owned(),
            signed: submission.signed.expose("test").to_owned(),
            parcel,
        });
        if let Some(hook) = self.while_uploading.lock().unwrap().take() {
            hook();
        }
        self.uploads.lock().unwrap().pop_front().unwrap_or(Ok(()))
    }

    fn statuses(&self, _: MessageId) -> Result<Option<Vec<StatusLine>>, CallFault> {
        self.log.add("statuses");
        self.statuses
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Ok(None))
    }

    fn unread(&self, query: &InboxQuery<'_>) -> Result<Vec<InboxItem>, CallFault> {
        self.log.add("unread");
        self.pages.lock().unwrap().push(query.page);
        let asked = (query.channel_tag.to_owned(), query.unit.map(str::to_owned));
        self.asked_for.lock().unwrap().push(asked);
        let from = (query.page * query.page_size) as usize;
        let inbox = self.inbox.lock().unwrap();
        let page = inbox
            .iter()
            .skip(from)
            .take(query.page_size as usize)
            .cloned();
        Ok(page
            .map(|item| item.map_or(InboxItem::Empty, InboxItem::Receipt))
            .collect())
    }

    fn mark_read(&self, receipt: ReceiptId) -> Result<(), CallFault> {
        self.log.add("mark_read");
        self.marks.lock().unwrap().pop_front().unwrap_or(Ok(()))?;
        if !*self.forgets_marks.lock().unwrap() {
            self.inbox.lock().unwrap().retain(|item| {
                let read = item.as_deref().and_then(|raw| parse_receipt(raw).ok());
                read.is_none_or(|read| read.receipt_id() != receipt)
            });
        }
        Ok(())
    }
}

const SERVICE: Remote = Remote::AccessPoint;

pub(crate) fn lost() -> CallFault {
    CallFault::AnswerLost {
        service: SERVICE,
        source: None,
    }
}

pub(crate) fn unreachable() -> CallFault {
    CallFault::Unreachable {
        service: SERVICE,
        source: None,
    }
}

pub(crate) fn busy(status: u16) -> CallFault {
    CallFault::Busy {
        service: SERVICE,
        status,
        retry_after: None,
    }
}

pub(crate) fn refused(status: u16) -> CallFault {
    let detail = Some(Sensitive::new(SECRET.to_owned()));
    CallFault::Refused {
        service: SERVICE,
        status,
        detail,
    }
}

pub(crate) fn duplicate() -> CallFault {
    CallFault::Duplicate { service: SERVICE }
}

pub(crate) fn damaged() -> CallFault {
    CallFault::DamagedOnTheWay { service: SERVICE }
}

pub(crate) fn unauthorized() -> CallFault {
    CallFault::Unauthorized { service: SERVICE }
}

pub(crate) fn forbidden() -> CallFault {
    CallFault::Forbidden { service: SERVICE }
}

pub(crate) fn status(status: TransportStatus, stamp: &str) -> StatusLine {
    StatusLine {
        status: Some(status),
        stamp: stamp.to_owned(),
        description: Some(Sensitive::new(SECRET.to_owned())),
    }
}
