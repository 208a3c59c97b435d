//! What of the agency's settings a message says, as it was when the letter was sealed. A later
//! attempt says the same, whatever the settings have become.

use serde::{Deserialize, Serialize};
use utpost_domain::{
    AddressParts, EmailText, NoticeTexts, PersonalFields, PostalAddress, Sensitive, SmsText,
};
use utpost_parcel::Sender;
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

use crate::{Agency, Fault};

/// The name of the field in a sealing event. Frozen: it is hashed.
const FIELD: &str = "agency";

/// The agency's part of a message, but for who it is.
pub(crate) struct Fixed {
    pub(crate) unit: Option<String>,
    pub(crate) invoice_reference: Option<String>,
    pub(crate) notices: NoticeTexts,
    pub(crate) return_address: PostalAddress,
    pub(crate) returns: ReturnHandling,
    pub(crate) colour: PrintColour,
    pub(crate) post_class: PostClass,
}

impl Fixed {
    /// As the settings are now.
    pub(crate) fn of(agency: &Agency) -> Self {
        Self {
            unit: agency.sender.unit.clone(),
            invoice_reference: agency.sender.invoice_reference.clone(),
            notices: agency.notices.clone(),
            return_address: agency.return_address.clone(),
            returns: agency.returns,
            colour: agency.colour,
            post_class: agency.post_class,
        }
    }

    /// As a sealing event keeps it; `None` for one of the first days, which does not.
    pub(crate) fn read(personal: &PersonalFields) -> Result<Option<Self>, Fault> {
        let Some(text) = personal.value(FIELD) else {
            return Ok(None);
        };
        let kept: Kept =
            serde_json::from_str(text.expose("read back")).map_err(|_| Fault::Record)?;
        kept.checked().map(Some)
    }

    /// Keeps it in a sealing event.
    pub(crate) fn keep(&self, personal: &mut PersonalFields) -> Result<(), Fault> {
        let kept = serde_json::to_string(&Kept::of(self)).map_err(|_| Fault::Record)?;
        personal.insert(FIELD, Sensitive::new(kept));
        Ok(())
    }

    /// The sender as it stands in the message.
    pub(crate) fn sender(&self, agency: &Agency) -> Sender {
        Sender {
            organisation: agency.organisation(),
            unit: self.unit.clone(),
            invoice_reference: self.invoice_reference.clone(),
        }
    }
}

/// The form on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms: Option<String>,
    return_address: AddressParts,
    returns: Returns,
    colour: Colour,
    post_class: Class,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Returns {
    SendBack,
    ShredAndReport,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Black,
    Colour,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Class {
    A,
    B,
}

impl Kept {
    fn of(fixed: &Fixed) -> Self {
        let notices = &fixed.notices;
        Self {
            unit: fixed.unit.clone(),
            invoice_reference: fixed.invoice_reference.clone(),
            email: notices.email.as_ref().map(|text| text.as_str().to_owned()),
            sms: notices.sms.as_ref().map(|text| text.as_str().to_owned()),
            return_address: fixed
                .return_address
                .to_parts("kept in the encrypted ledger"),
            returns: match fixed.returns {
                ReturnHandling::SendBack => Returns::SendBack,
                ReturnHandling::ShredAndReport => Returns::ShredAndReport,
            },
            colour: match fixed.colour {
                PrintColour::Black => Colour::Black,
                PrintColour::Colour => Colour::Colour,
            },
            post_class: match fixed.post_class {
                PostClass::A => Class::A,
                PostClass::B => Class::B,
            },
        }
    }

    fn checked(self) -> Result<Fixed, Fault> {
        let email = self.email.as_deref().map(EmailText::parse).transpose()?;
        let sms = self.sms.as_deref().map(SmsText::parse).transpose()?;
        Ok(Fixed {
            unit: self.unit,
            invoice_reference: self.invoice_reference,
            notices: NoticeTexts { email, sms },
            return_address: PostalAddress::from_parts(&self.return_address)?,
            returns: match self.returns {
                Returns::SendBack => ReturnHandling::SendBack,
                Returns::ShredAndReport => ReturnHandling::ShredAndReport,
            },
            colour: match self.colour {
                Colour::Black => PrintColour::Black,
                Colour::Colour => PrintColour::Colour,
            },
            post_class: match self.post_class {
                Class::A => PostClass::A,
                Class::B => PostClass::B,
            },
        })
    }
}
