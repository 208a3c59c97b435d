import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";

import type { Bridge, PagePlace } from "./bridge";
import type { Notice } from "./types";

/** The core of the desktop program. */
export const tauriBridge: Bridge = {
  startup: () => invoke("startup"),
  subscribe: (onNotice) => {
    const channel = new Channel<Notice>();
    channel.onmessage = onNotice;
    return invoke("subscribe", { channel });
  },
  uiReady: () => invoke("ui_ready"),
  setPreferences: (preferences) => invoke("set_preferences", { preferences }),
  setAgency: (agency) => invoke("set_agency", { agency }),
  retryStartup: () => invoke("retry_startup"),
  counts: () => invoke("counts"),
  standstill: () => invoke("standstill"),
  accessRestored: () => invoke("access_restored"),
  thaw: () => invoke("thaw"),

  compose: () => invoke("compose"),
  composePick: (role) => invoke("compose_pick", { role }),
  composeTake: (paths, role) => invoke("compose_take", { paths, role }),
  composeSample: (sample) => invoke("compose_sample", { sample }),
  composeRemove: (document) => invoke("compose_remove", { document }),
  composeRename: (document, title) => invoke("compose_rename", { document, title }),
  composeClear: () => invoke("compose_clear"),
  composeResume: (letter) => invoke("compose_resume", { letter }),
  composeFrom: (letter) => invoke("compose_from", { letter }),
  checkNumber: (text) => invoke("check_number", { text }),
  checkAddress: (address) => invoke("check_address", { address }),
  lookUp: (revision, form) => invoke("look_up", { revision, form }),
  stopAsking: () => invoke("stop_asking"),
  allowRepeat: (revision, form, reason) => invoke("allow_repeat", { revision, form, reason }),
  send: (order) => invoke("send", { order }),

  undo: (letter) => invoke("undo", { letter }),
  sendNow: (letter) => invoke("send_now", { letter }),
  tryNow: (letter) => invoke("try_now", { letter }),
  checkStatus: (letter) => invoke("check_status", { letter }),
  confirmUnsent: (letter) => invoke("confirm_unsent", { letter }),
  cancel: (letter) => invoke("cancel", { letter }),
  outbox: () => invoke("outbox"),
  letters: (query) => invoke("letters", { query }),
  letter: (letter) => invoke("letter", { letter }),
  collectReceipts: () => invoke("collect_receipts"),
  strayReceipts: () => invoke("stray_receipts"),
  evidenceFolder: (letter) => invoke("evidence_folder", { letter }),
  openDataFolder: () => invoke("open_data_folder"),

  practicePersons: () => invoke("practice_persons"),
  practiceBooks: () => invoke("practice_books"),
  practiceOpen: (message) => invoke("practice_open", { message }),
  practicePosted: (message) => invoke("practice_posted", { message }),
  practiceReturned: (message) => invoke("practice_returned", { message }),
  practiceReset: () => invoke("practice_reset"),

  close: (leave) => invoke("close", { leave }),

  pageUrl: (place, width) => `${origin()}/${path(place)}?width=${width}`,
};

/** `page://localhost`, or its form on Windows. */
function origin(): string {
  return convertFileSrc("", "page").replace(/\/+$/, "");
}

function path(place: PagePlace): string {
  const page = `${place.document}/${place.page}`;
  switch (place.of) {
    case "compose":
      return `compose/${place.revision}/${page}`;
    case "letter":
      return `letter/${encodeURIComponent(place.letter)}/${page}`;
    case "practice":
      return `practice/${encodeURIComponent(place.message)}/${page}`;
  }
}
