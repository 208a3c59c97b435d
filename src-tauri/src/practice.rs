//! The citizen's side, in practice only: mailboxes, the print shop's pile, ready letters.

use std::str::FromStr;
use std::sync::Arc;

use utpost_dispatch::{Clock, Code, LedgerFault};
use utpost_domain::{Digest, MediaType, OrgNumber};
use utpost_letters::sample::{self as letter, Part, decision_letter};
use utpost_practice::checks::receipt::NoticeChannel as ChannelThere;
use utpost_practice::{
    CitizenNotice as NoticeThere, KeptDocument, LetterContents, MailboxLetter as LetterThere,
    PrintOrder as OrderThere, PrintStage as StageThere, ReceiptName as ReceiptThere,
};
use utpost_workplace::{Control, Failure};
use uuid::Uuid;

use crate::bridge::{
    CitizenNotice, DocumentView, MailboxLetter, NoticeChannel, Party, PracticeBooks,
    PracticePerson, PrintOrder, PrintStage, ReceiptName, SampleLetter,
};
use crate::composition::Given;
use crate::convert;
use crate::office::{Office, Room};

/// The citizens that practice knows.
pub(crate) fn persons() -> Vec<PracticePerson> {
    utpost_practice::persons()
        .iter()
        .map(|person| PracticePerson {
            number: person.number.to_owned(),
            name: person.name.to_owned(),
            reason: person.reason.to_owned(),
            channel: person.channel.to_owned(),
            supplier: person
                .supplier()
                .and_then(|number| OrgNumber::parse(number).ok())
                .map(Party::from),
        })
        .collect()
}

/// A ready letter to somebody whom practice answers for in this way.
///
/// # Errors
/// [`Code::OtherEnvironment`] outside practice.
pub(crate) fn sample(room: &Room, sample: SampleLetter) -> Result<Given, Failure> {
    if room.work.practice().is_none() {
        return Err(LedgerFault::OtherEnvironment.into());
    }
    let reason = match sample {
        SampleLetter::HasMailbox => "MAILBOX_USABLE",
        SampleLetter::Reserved => "RESERVED",
        SampleLetter::NotNotifiable => "NOT_NOTIFIABLE",
    };
    let person = utpost_practice::persons()
        .iter()
        .find(|person| person.reason == reason)
        .ok_or_else(|| Failure::new(Code::Defect))?;
    let agency = room.work.agency();
    let from = convert::address_lines(&agency.return_address);
    let bytes = decision_letter(&letter::SampleLetter {
        agency: &agency.name,
        agency_address: &from.join(", "),
        contact: "Telefon 00 00 00 00",
        recipient: person.name,
        address: &["Øvingsveien 7", "9998 EKSEMPELBY"],
        number: Some(person.number),
        date: &convert::written_day(room.work.clock.now()),
        case: "2026/118",
        caseworker: "Ingrid Solbakk",
        title: "Vedtak om skoleskyss",
        body: &[
            Part::Paragraph(
                "Vi viser til søknaden om skoleskyss for skoleåret. Søknaden er innvilget.",
            ),
            Part::Heading("Hva vedtaket gjelder"),
            Part::Paragraph(
                "Eleven får skyss mellom hjemmet og skolen alle skoledager. Skyssen begynner \
                 mandagen etter at du har fått dette brevet.",
            ),
            Part::Heading("Du kan klage"),
            Part::Paragraph(
                "Er du uenig i vedtaket, kan du klage innen tre uker etter at du fikk dette \
                 brevet. Skriv hva du vil ha endret, og hvorfor.",
            ),
        ],
    });
    Ok(Given {
        name: "Vedtak om skoleskyss.pdf".to_owned(),
        bytes: bytes.into(),
    })
}

/// What can be done at the simulated suppliers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// The citizen opens a letter.
    Open,
    /// The print shop hands one to the post.
    Posted,
    /// It comes back.
    Returned,
}

impl Office {
    /// What the simulated suppliers hold.
    ///
    /// # Errors
    /// [`Code::Practice`].
    pub(crate) fn practice_books(&self) -> Result<PracticeBooks, Failure> {
        let room = self.room()?;
        let control = control(&room)?;
        let mailboxes = control.mailboxes()?.into_iter();
        let prints = control.prints()?.into_iter();
        Ok(PracticeBooks {
            mailboxes: mailboxes
                .map(|letter| self.in_mailbox(&control, letter))
                .collect(),
            prints: prints.map(|order| self.on_paper(&control, order)).collect(),
        })
    }

    /// Somebody outside does something. Then the receipt that it may give is fetched.
    ///
    /// # Errors
    /// [`Code::PracticeLetter`] for a letter that is not there or not that far.
    pub(crate) fn practice_act(&self, act: Act, message: Uuid) -> Result<PracticeBooks, Failure> {
        let room = self.room()?;
        let control = control(&room)?;
        match act {
            Act::Open => control.open(message),
            Act::Posted => control.posted(message),
            Act::Returned => control.returned(message),
        }?;
        room.engine.look_soon();
        self.practice_books()
    }

    /// The bytes of a document that a supplier keeps, and their digest.
    pub(crate) fn practice_document(&self, message: Uuid, document: u32) -> Option<Arc<[u8]>> {
        let room = self.room().ok()?;
        let control = control(&room).ok()?;
        let bytes = control.document(message, document as usize).ok()?;
        Some(bytes.into())
    }

    fn in_mailbox(&self, control: &Control, letter: LetterThere) -> MailboxLetter {
        MailboxLetter {
            message: letter.message.to_string(),
            number: letter
                .citizen
                .map_or(letter.addressee, |citizen| citizen.number),
            supplier: Party::from(letter.supplier),
            sender: letter.sender.name,
            public_title: letter
                .contents
                .non_sensitive_title
                .clone()
                .unwrap_or_default(),
            title: title(&letter.contents),
            received_at: letter.received_at.to_string(),
            opened_at: letter.opened_at.map(|at| at.to_string()),
            opening_asked: letter.opening_asked,
            notices: letter.notices.into_iter().map(Into::into).collect(),
            receipts: letter.receipts.into_iter().map(Into::into).collect(),
            documents: self.documents(control, letter.message, &letter.contents),
        }
    }

    fn on_paper(&self, control: &Control, order: OrderThere) -> PrintOrder {
        let documents = self.documents(control, order.message, &order.contents);
        let pages: usize = documents.iter().map(|document| document.pages.len()).sum();
        PrintOrder {
            message: order.message.to_string(),
            name: order.addressee,
            address: order.address,
            title: title(&order.contents),
            sheets: u32::try_from(pages).unwrap_or(u32::MAX),
            received_at: order.received_at.to_string(),
            stage: order.stage.into(),
            return_reported: order.return_reported,
            documents,
        }
    }

    fn documents(
        &self,
        control: &Control,
        message: Uuid,
        contents: &LetterContents,
    ) -> Vec<DocumentView> {
        let view = |(number, kept): (usize, &KeptDocument)| {
            let kind = MediaType::from_str(&kept.media_type).ok();
            let digest = Digest::from_hex(&kept.sha256).ok();
            let pages = digest
                .filter(|_| kind == Some(MediaType::Pdf))
                .map(|digest| {
                    let bytes = || Ok(control.document(message, number)?.into());
                    self.drawings.pages(digest, bytes)
                });
            DocumentView {
                number: u32::try_from(number).unwrap_or(u32::MAX),
                file_name: kept.name.clone(),
                title: kept.title.clone().unwrap_or_else(|| kept.name.clone()),
                kind: kind.map_or("", MediaType::extension).to_owned(),
                bytes: kept.bytes,
                pages: pages.unwrap_or_default(),
                remarks: Vec::new(),
            }
        };
        contents.documents.iter().enumerate().map(view).collect()
    }
}

fn title(contents: &LetterContents) -> Option<String> {
    contents.documents.first()?.title.clone()
}

fn control(room: &Room) -> Result<Control, Failure> {
    let practice = room.work.practice();
    Control::of(practice.ok_or(LedgerFault::OtherEnvironment)?)
}

impl From<NoticeThere> for CitizenNotice {
    fn from(notice: NoticeThere) -> Self {
        Self {
            by: match notice.by {
                ChannelThere::Email => NoticeChannel::Email,
                ChannelThere::Sms => NoticeChannel::Sms,
            },
            text: notice.text,
            day: notice.day.into(),
            failed: notice.failed,
        }
    }
}

impl From<StageThere> for PrintStage {
    fn from(stage: StageThere) -> Self {
        match stage {
            StageThere::InPile => Self::InPile,
            StageThere::Posted => Self::Posted,
            StageThere::Returned => Self::Returned,
        }
    }
}

impl From<ReceiptThere> for ReceiptName {
    fn from(receipt: ReceiptThere) -> Self {
        match receipt {
            ReceiptThere::Delivered => Self::Delivery,
            ReceiptThere::Opened => Self::Opening,
            ReceiptThere::NotificationFailed => Self::NotificationFailed,
            ReceiptThere::AcceptedForPrint => Self::Accepted,
            ReceiptThere::Returned => Self::Returned,
            ReceiptThere::Failed => Self::Error,
        }
    }
}
