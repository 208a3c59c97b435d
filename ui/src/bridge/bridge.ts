import type {
  AddressCheck,
  AddressForm,
  AgencyForm,
  Composition,
  Counts,
  DoubtedReceipt,
  LetterDetail,
  LetterForm,
  LetterList,
  LetterQuery,
  LetterRow,
  LookedUp,
  Notice,
  NumberCheck,
  Outbox,
  PracticeBooks,
  PracticePerson,
  Preferences,
  Role,
  SampleLetter,
  SendOrder,
  SendOutcome,
  Session,
  Standstill,
  Startup,
  ThawView,
} from "./types";

/** Which page of which document a picture shows. Documents count from 0, the letter itself. */
export type PagePlace = PageOwner & {
  document: number;
  /** From 1. */
  page: number;
};

/** Whose documents they are. */
export type PageOwner =
  | { of: "compose"; revision: number }
  | { of: "letter"; letter: string }
  | { of: "practice"; message: string };

/**
 * Everything the page may ask of the core. Each call is rejected with a `Trouble`.
 *
 * Two implementations: the real one over Tauri, and one with invented letters for development,
 * tests and pictures.
 */
export interface Bridge {
  startup(): Promise<Startup>;
  /** One channel for the whole page, opened once. */
  subscribe(onNotice: (notice: Notice) => void): Promise<null>;
  /** The page can be worked with. */
  uiReady(): Promise<null>;
  setPreferences(preferences: Preferences): Promise<Session>;
  setAgency(agency: AgencyForm): Promise<Session>;
  retryStartup(): Promise<null>;
  counts(): Promise<Counts>;
  /** What keeps every letter from being sent. */
  standstill(): Promise<Standstill>;
  /** The clerk says that the agency has access again: letters go on. */
  accessRestored(): Promise<Standstill>;
  /** Asks what became of each letter that was under way when the ledger was backed up. */
  thaw(): Promise<ThawView>;

  /** What is being made now. */
  compose(): Promise<Composition | null>;
  /** Opens the system's dialog for files; `null` when the clerk gives up. */
  composePick(role: Role): Promise<Composition | null>;
  composeTake(paths: string[], role: Role): Promise<Composition>;
  composeSample(sample: SampleLetter): Promise<Composition>;
  composeRemove(document: number): Promise<Composition>;
  composeRename(document: number, title: string): Promise<Composition>;
  /** Puts it away; a letter already in the ledger stays there unsent. */
  composeClear(): Promise<null>;
  composeResume(letter: string): Promise<Composition>;
  composeFrom(letter: string): Promise<Composition>;
  checkNumber(text: string): Promise<NumberCheck>;
  checkAddress(address: AddressForm): Promise<AddressCheck>;
  lookUp(revision: number, form: LetterForm): Promise<LookedUp>;
  /** Gives up asking: an answer that comes later is neither shown nor written down. */
  stopAsking(): Promise<Composition>;
  /** Lets the letter go although one that says the same was sent before, and looks up again. */
  allowRepeat(revision: number, form: LetterForm, reason: string): Promise<LookedUp>;
  send(order: SendOrder): Promise<SendOutcome>;

  undo(letter: string): Promise<LetterRow>;
  sendNow(letter: string): Promise<null>;
  tryNow(letter: string): Promise<LetterRow>;
  checkStatus(letter: string): Promise<LetterRow>;
  /** The clerk's word that a letter of a restored ledger was not sent by other ways. */
  confirmUnsent(letter: string): Promise<LetterRow>;
  cancel(letter: string): Promise<LetterRow>;
  outbox(): Promise<Outbox>;
  letters(query: LetterQuery): Promise<LetterList>;
  letter(letter: string): Promise<LetterDetail>;
  /** How many new receipts were fetched. */
  collectReceipts(): Promise<number>;
  /** Those that belong to no letter here, newest first. */
  strayReceipts(): Promise<DoubtedReceipt[]>;
  /** Asks for a folder, writes the evidence into it and opens it; `null` when given up. */
  evidenceFolder(letter: string): Promise<string | null>;
  openDataFolder(): Promise<null>;

  practicePersons(): Promise<PracticePerson[]>;
  practiceBooks(): Promise<PracticeBooks>;
  practiceOpen(message: string): Promise<PracticeBooks>;
  practicePosted(message: string): Promise<PracticeBooks>;
  practiceReturned(message: string): Promise<PracticeBooks>;
  practiceReset(): Promise<null>;

  /** The answer to a notice that the window is to be closed. */
  close(leave: boolean): Promise<null>;

  /** Where the picture of a page lies. `width` in the screen's own pixels. */
  pageUrl(place: PagePlace, width: number): string;
}
