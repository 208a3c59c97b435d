import type { decision as nb } from "../nb/decision";

const paper = () => "Paper, by the print service";
const proposed = () => "Paper is proposed";
const stopped = () => "Stopped";

export const decision: typeof nb = {
  reasons: {
    NO_ANSWER: {
      heading: () => "Waiting for the contact register",
      why: () => "The contact register does not answer. The letter is kept and waits. It never goes on paper only because the register is silent.",
    },
    ANSWER_CONTRADICTS_ITSELF: {
      heading: stopped,
      why: () => "The contact register gave two different answers about one person. Look up again later. If it stays, report it to Digdir.",
    },
    ANSWER_FOR_OTHER_PERSON: {
      heading: stopped,
      why: () => "The contact register answered about another person than the one Utpost asked for. Look up again later. If it stays, report it to Digdir.",
    },
    ANSWER_INCOMPLETE: {
      heading: stopped,
      why: () => "The contact register's answer lacked something needed to choose the way. Have the administrator check the agency's access to the register.",
    },
    ANSWER_UNKNOWN_VALUE: {
      heading: stopped,
      why: () => "The contact register's answer holds something Utpost does not know. Look up again later. A newer version of Utpost may be needed.",
    },
    PERSON_DELETED: {
      heading: stopped,
      why: () => "The person was removed from the contact register: is dead, has a new number, or removed the entry. Check the population register before you send.",
    },
    NOT_REGISTERED: {
      heading: paper,
      why: () => "The recipient is not in the contact register and gets the letter on paper. Check that the number is right.",
    },
    RESERVED: {
      heading: paper,
      why: ({ reservedOn, letters }) =>
        `The recipient reserved against digital letters${reservedOn ? ` on ${reservedOn}` : ""}. ${letters} must then go on paper, under eForvaltningsforskriften § 9.`,
    },
    NOT_NOTIFIABLE: {
      heading: paper,
      why: ({ theLetter }) =>
        `The recipient can't be notified: contact information is missing or has not been confirmed for 18 months. So ${theLetter} goes on paper, under eForvaltningsforskriften § 32.`,
    },
    NO_MAILBOX: {
      heading: paper,
      why: () => "The recipient has no digital mailbox and gets the letter on paper.",
    },
    MAILBOX_WITHOUT_CERTIFICATE: {
      heading: proposed,
      why: () => "The recipient's mailbox has no certificate, so the letter can't be sealed for it. You can send it on paper.",
    },
    MAILBOX_WITHOUT_ADDRESS: {
      heading: proposed,
      why: () => "The recipient's mailbox has no address in the contact register. You can send the letter on paper.",
    },
    MAILBOX_WITHOUT_SUPPLIER: {
      heading: proposed,
      why: () => "The recipient's mailbox has no supplier Utpost knows. You can send the letter on paper.",
    },
    CERTIFICATE_UNREADABLE: {
      heading: proposed,
      why: () => "The mailbox certificate can't be read, so the letter can't be sealed for it. You can send it on paper.",
    },
    CERTIFICATE_NOT_YET_VALID: {
      heading: proposed,
      why: () => "The mailbox certificate is not valid yet. You can send the letter on paper.",
    },
    CERTIFICATE_EXPIRED: {
      heading: proposed,
      why: ({ certificateUntil }) =>
        `The mailbox certificate expired${certificateUntil ? ` on ${certificateUntil}` : ""}. You can send the letter on paper.`,
    },
    NO_NOTICE_CHANNEL: {
      heading: proposed,
      why: ({ theLetter }) =>
        `The contact register says the recipient can be notified, but has no fresh e-mail address or mobile. Without a notice ${theLetter} can't go digitally, under eForvaltningsforskriften §§ 8 and 32.`,
    },
    MAILBOX_USABLE: {
      heading: ({ supplier }) => `Digital mailbox, ${supplier}`,
      why: ({ supplier, theLetter }) =>
        `The recipient has a mailbox with ${supplier}, has not reserved and can be notified. So ${theLetter} goes digitally, under eForvaltningsforskriften § 8.`,
    },
  },
  unknownReason: { heading: stopped, why: () => "Utpost does not know the reason. Nothing was sent. Tell whoever is responsible for Utpost." },
  answeredAt: (when) => `The contact register answered ${when}.`,
  theLetter: { decision: "the decision", advanceNotice: "the advance notice", otherImportant: "the letter", information: "the letter" },
  letters: { decision: "Decisions", advanceNotice: "Advance notices", otherImportant: "Important messages", information: "Letters" },
  seeAnswer: "See the answer",
  answer: {
    title: "The contact register's answer",
    askedAt: "Looked up",
    status: "Status",
    statuses: { AKTIV: "In the register", SLETTET: "Removed from the register", IKKE_REGISTRERT: "Not registered" },
    reserved: "Reserved",
    reservedYes: "Yes",
    reservedSince: (day) => `Yes, since ${day}`,
    notifiable: "Can be notified",
    supplier: "Mailbox",
    certificate: "Certificate valid until",
    email: "E-mail",
    mobile: "Mobile",
    contact: { absent: "Not given", malformed: "Not well-formed", stale: "Not confirmed for 18 months", fresh: "Fresh" },
    yes: "Yes",
    no: "No",
    unknown: "Not given",
  },
};
