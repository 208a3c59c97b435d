import type { outbox as nb } from "../nb/outbox";

export const outbox: typeof nb = {
  title: "Outbox",
  loading: "Loading the outbox",

  undo: "Undo",
  timeToUndo: (title) => `Time to undo: ${title}`,
  sendNow: "Send now",
  held: {
    decision: (name, time) => `The decision${to(name)} is sent ${time}`,
    advanceNotice: (name, time) => `The advance notice${to(name)} is sent ${time}`,
    otherImportant: (name, time) => `The letter${to(name)} is sent ${time}`,
    information: (name, time) => `The letter${to(name)} is sent ${time}`,
  },
  in: (duration) => `in ${duration}`,
  now: "now",
  notSentYet: "The letter has not been sent yet.",
  announceStart: (sentence) => `${sentence}. Press Undo to stop it.`,
  announceEnd: "The time to undo is over. The letter is being sent.",

  underWay: "On its way out",
  letters: (count) => (count === 1 ? "1 letter" : `${count} letters`),
  to: (receiver) => `to ${receiver}`,
  digital: "digitally",
  paper: "on paper",
  untitled: "Letter without a title",
  unnamed: "Recipient without a name",

  track: {
    label: "How far the letter has come",
    sealed: "Sealed",
    queued: "In line",
    sending: "Sending",
    uploading: "Uploading",
    uploaded: "Uploaded",
    waiting: "Waiting",
    denied: "No access",
    frozen: "Frozen",
    waitingForAnswer: "No answer yet",
    receipt: "Receipt",
    waitingForReceipt: "Awaiting receipt",
    done: "done",
    working: "under way",
    held: "waiting",
    toCome: "to come",
  },
  uploaded: (percent, size) => `${percent} of ${size}`,
  silent: {
    TEMP_ACCESS_POINT_SILENT: (time) => `The access point did not answer at ${time}.`,
    TEMP_TOKENS_SILENT: (time) => `The login service Maskinporten did not answer at ${time}.`,
    TEMP_REGISTER_SILENT: (time) => `The contact register did not answer at ${time}.`,
  },
  nextTry: (time, wait) => `Next try at ${time}, ${wait}.`,
  nextTrySoon: "Next try in a moment.",
  nextAsk: (time, wait) => `Utpost asks again at ${time}, ${wait}.`,
  safe: "The letter is safe on this machine.",
  uncertain: "The answer never came. The letter may have been received, so Utpost does not send it again.",
  standstill: {
    AUTH_SENDING_HALTED: "Sending is halted for the whole agency. The letter is safe, and goes once access is restored.",
    LOCAL_OUTBOX_FROZEN: "The ledger was restored from a backup, and the outbox is frozen. The letter is safe, and goes once Utpost has learned what became of it.",
  },

  tryNow: "Try now",
  checkStatus: "Check status",
  cancel: "Cancel",
  resume: "Continue",
  aboutLetter: (title) => `: ${title}`,
  answered: (title, state) => `${title}: ${state}`,
  cancelled: (title) => `${title} has been cancelled.`,

  unsent: "Not sent",
  draft: "The draft is saved. Continue when you like.",
  ready: "The letter is ready, but not sent.",
  waitingForRegister: "The contact register did not answer. The letter is saved, and Utpost asks again.",
  awaitingApproval: "A colleague must approve the letter before it can be sent.",

  cancelTitle: (title) => `Cancel “${title}”?`,
  cancelBody: (name) => `The letter to ${name} will not be sent. You find it again under Sent letters, marked Cancelled.`,
  cancelYes: "Cancel the letter",
  cancelNo: "Keep it",

  confirmUnsent: "Confirm that the letter is not sent",
  restored: "The ledger was restored from a backup. The letter may have been sent after the backup was taken. Check the case, and confirm if it was not.",
  unsentTitle: (title) => `Confirm that “${title}” is not sent`,
  unsentBody: "Look in the case, or ask whoever last used Utpost. Confirm only if you know that it was not sent. It can then be sent from here, and your answer stands in the letter's history.",
  unsentSealedBody: "Look in the case, or ask whoever last used Utpost. Confirm only if you know that it was not sent. Utpost then sends it now, as it was when Send was pressed, and your answer stands in the letter's history.",
  unsentYes: "Confirm: not sent",
  unsentNo: "I must check first",

  deliveredToday: (count) => (count === 1 ? "1 letter was delivered today." : `${count} letters were delivered today.`),
  lastDelivered: (name, time) => `The last was to ${name} at ${time}.`,
  seeSent: "See sent letters",

  emptyTitle: "No letters are waiting",
  emptyBody: "When you send a letter, this is where you see how far it has come.",
  newLetter: "New letter",
};

function to(name: string | null): string {
  return name === null ? "" : ` to ${name}`;
}
