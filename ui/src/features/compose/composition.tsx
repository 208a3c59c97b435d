import { createContext, useCallback, useContext, useMemo, useReducer, useRef, useState, type ReactNode, type RefObject } from "react";

import { useSession, useSlow } from "../../app";
import { asTrouble, useBridge, useNotices, type Composition, type DecisionView, type EarlierLetter, type LetterForm, type LetterRow, type LookedUp, type Role, type SampleLetter, type Trouble } from "../../bridge";
import { useFormat } from "../../text";
import { digits, formAfterReplacement, newForm } from "./form";

/** What is being done just now. */
type Work = "taking" | "lookingUp" | "sending" | null;

/** What comes of asking the register when the clerk does not wait for it. */
const GIVEN_UP = "givenUp";

/** How long the register is asked before the clerk can stop it. */
const STOPPABLE_MS = 1000;

type State = {
  composition: Composition | null;
  form: LetterForm | null;
  /** The day as typed; `form.visibleFrom` is the day it means. */
  dayText: string;
  /** A number the clerk has said is right although the letter holds another. */
  insisted: string | null;
  /** Yes to paper, for the reason shown. */
  yes: boolean;
  /** A file that was not taken. */
  fileTrouble: Trouble | null;
  /** Why there is no answer, or why Send was refused. */
  trouble: Trouble | null;
  /** Send met another answer of the register than the one shown. */
  otherAnswer: boolean;
  /** Counts letters that arrived, so that the screen can move focus to the next step. */
  arrival: number;
  /** Counts answers of the register. */
  answers: number;
};

const NOTHING: State = {
  composition: null,
  form: null,
  dayText: "",
  insisted: null,
  yes: false,
  fileTrouble: null,
  trouble: null,
  otherAnswer: false,
  arrival: 0,
  answers: 0,
};

type Change =
  /** A letter that was not here before. */
  | { change: "arrived"; composition: Composition; form: LetterForm }
  /** The same letter with other files. */
  | { change: "altered"; composition: Composition; form: LetterForm | null }
  | { change: "edited"; form: Partial<LetterForm> }
  | { change: "dayTyped"; text: string; day: string | null }
  | { change: "insisted"; number: string }
  | { change: "saidYes"; yes: boolean }
  | { change: "lookedUp"; looked: LookedUp; again: boolean }
  | { change: "fileRefused"; trouble: Trouble | null }
  | { change: "failed"; trouble: Trouble | null }
  | { change: "cleared" };

function reduce(state: State, change: Change): State {
  switch (change.change) {
    case "arrived": {
      const { composition, form } = change;
      return { ...NOTHING, composition, form, arrival: state.arrival + 1, answers: state.answers };
    }
    case "altered":
      return { ...state, composition: change.composition, form: change.form ?? state.form, fileTrouble: null };
    case "edited":
      // What the core found in the form is told until the form is changed.
      return state.form ? { ...state, form: { ...state.form, ...change.form }, otherAnswer: false, trouble: state.trouble?.family === "input" ? null : state.trouble } : state;
    case "dayTyped":
      return state.form ? { ...state, dayText: change.text, form: { ...state.form, visibleFrom: change.day } } : state;
    case "insisted":
      return { ...state, insisted: change.number };
    case "saidYes":
      return { ...state, yes: change.yes };
    case "lookedUp":
      return {
        ...state,
        composition: change.looked.composition,
        trouble: change.looked.trouble,
        // A yes is to the reason that was shown, no other.
        yes: change.again && change.looked.composition.decision?.reason === state.composition?.decision?.reason ? state.yes : false,
        otherAnswer: change.again && change.looked.trouble === null,
        answers: state.answers + 1,
      };
    case "fileRefused":
      return { ...state, fileTrouble: change.trouble };
    case "failed":
      return { ...state, trouble: change.trouble };
    case "cleared":
      return { ...NOTHING, arrival: state.arrival, answers: state.answers };
  }
}

/** Whether it is known where the letter goes, or why it must not go just now. */
function isAnswered({ decision, earlier }: Composition): boolean {
  return decision !== null || earlier !== null;
}

/** What can be done with the letter being made. */
export type CompositionValue = State & {
  /** Where it goes; `null` until looked up, and when the number is no longer the one looked up. */
  decision: DecisionView | null;
  /** A letter that says the same, sent to the same citizen before; `null` as `decision` is. */
  earlier: EarlierLetter | null;
  work: Work;
  /** `work` has gone on for so long that the screen should say so. */
  slow: boolean;
  /** The register is being asked, for so long that the clerk may want to stop it. */
  stoppable: boolean;
  /** Each gives the letter as it then is; `null` when nothing came of it. */
  take: (paths: string[], role: Role) => Promise<Composition | null>;
  pick: (role: Role) => Promise<Composition | null>;
  sample: (sample: SampleLetter) => Promise<Composition | null>;
  remove: (document: number) => Promise<Composition | null>;
  rename: (document: number, title: string) => Promise<Composition | null>;
  clear: () => Promise<void>;
  edit: (form: Partial<LetterForm>) => void;
  typeDay: (text: string, day: string | null) => void;
  insist: (number: string) => void;
  sayYes: (yes: boolean) => void;
  /** Asks the register; `number` where it is another than the form's. */
  lookUp: (number?: string) => Promise<void>;
  /** Lets it go although it was sent before, for this reason, and asks the register. */
  allowRepeat: (reason: string) => Promise<void>;
  /** Gives up asking the register; whether it was not too late for that. */
  stopAsking: () => Promise<boolean>;
  /** The letter when it is held for sending, else `null`. */
  send: () => Promise<LetterRow | null>;
  /** Up to which arrival and which answer focus has been moved on. */
  followed: RefObject<{ arrival: number; answers: number }>;
  /** Takes up what the core has, where that is another letter or another state of it. */
  refresh: () => Promise<void>;
};

const CompositionContext = createContext<CompositionValue | null>(null);

/** Keeps the letter being made, whichever screen is shown. */
export function CompositionProvider({ children }: { children: ReactNode }) {
  const bridge = useBridge();
  const { language } = useSession().preferences;
  const [state, dispatch] = useReducer(reduce, NOTHING);
  const [work, setWork] = useState<Work>(null);
  const busy = useRef<Work>(null);
  const current = useRef<Promise<unknown>>(Promise.resolve());
  const stop = useRef<(() => Promise<boolean>) | null>(null);
  /** Counts what was begun, so that an answer from before it is known to be old. */
  const begun = useRef(0);
  const followed = useRef({ arrival: 0, answers: 0 });
  const latest = useRef(state);
  latest.current = state;

  const during = useCallback(async <T,>(kind: NonNullable<Work>, act: () => Promise<T>): Promise<T | null> => {
    // Files wait for their turn; a second press on a button does nothing.
    while (busy.current && kind === "taking") await current.current;
    if (busy.current) return null;
    busy.current = kind;
    begun.current += 1;
    setWork(kind);
    const doing = act();
    current.current = doing.catch(() => {});
    try {
      return await doing;
    } catch (error) {
      dispatch(kind === "taking" ? { change: "fileRefused", trouble: asTrouble(error) } : { change: "failed", trouble: asTrouble(error) });
      return null;
    } finally {
      busy.current = null;
      stop.current = null;
      setWork(null);
    }
  }, []);

  const format = useFormat();
  const actions = useMemo(() => {
    const arrived = (composition: Composition) => {
      const form = newForm(composition, language);
      dispatch({ change: "arrived", composition, form: { ...form, number: format.personNumber(form.number) } });
    };
    const filesChanged = async (role: Role, ask: () => Promise<Composition | null>) => {
      dispatch({ change: "fileRefused", trouble: null });
      const composition = await during("taking", ask);
      if (!composition) return null;
      const { composition: before, form } = latest.current;
      if (role === "letter" || !before || !form) arrived(composition);
      else dispatch({ change: "altered", composition, form: role === "replacement" ? formAfterReplacement(form, before, composition, language) : null });
      return composition;
    };
    const finalForm = (number?: string): LetterForm | null => {
      const { form } = latest.current;
      return form ? { ...form, number: digits(number ?? form.number), title: form.title.trim() } : null;
    };
    const revisionShown = () => latest.current.composition?.revision ?? 0;
    /** Asks the register, until the clerk gives up; an answer that comes later is dropped. */
    const asking = <T,>(kind: "lookingUp" | "sending", ask: () => Promise<T>) =>
      during<T | typeof GIVEN_UP>(kind, () => {
        const givenUp = new Promise<typeof GIVEN_UP>((done) => {
          stop.current = () =>
            bridge.stopAsking().then(
              (composition) => {
                dispatch({ change: "altered", composition, form: null });
                done(GIVEN_UP);
                return true;
              },
              // The letter is being taken for sending, which goes on.
              () => false,
            );
        });
        return Promise.race([ask(), givenUp]);
      });
    /** After a failure: the core may have come further with the letter, or may have another. */
    const resume = async () => {
      const turn = begun.current;
      const composition = await bridge.compose().catch(() => undefined);
      const { composition: before } = latest.current;
      if (busy.current || turn !== begun.current || composition === undefined || composition?.revision === before?.revision) return;
      if (!composition) dispatch({ change: "cleared" });
      else if (before?.documents[0]?.fileName === composition.documents[0]?.fileName && (!before?.letter || before.letter.letter === composition.letter?.letter)) {
        dispatch({ change: "altered", composition, form: null });
      } else arrived(composition);
    };
    const look = async (ask: (form: LetterForm) => Promise<LookedUp>, number?: string) => {
      const form = finalForm(number);
      if (!form) return;
      dispatch({ change: "failed", trouble: null });
      const looked = await asking("lookingUp", () => ask(form));
      if (looked === GIVEN_UP) return;
      if (looked) dispatch({ change: "lookedUp", looked, again: false });
      else await resume();
    };
    return {
      take: (paths: string[], role: Role) => filesChanged(role, () => bridge.composeTake(paths, role)),
      pick: (role: Role) => filesChanged(role, () => bridge.composePick(role)),
      sample: (sample: SampleLetter) => filesChanged("letter", () => bridge.composeSample(sample)),
      remove: (document: number) => filesChanged("attachments", () => bridge.composeRemove(document)),
      rename: (document: number, title: string) => filesChanged("attachments", () => bridge.composeRename(document, title)),
      clear: async () => {
        await during("taking", () => bridge.composeClear());
        dispatch({ change: "cleared" });
      },
      edit: (form: Partial<LetterForm>) => dispatch({ change: "edited", form }),
      typeDay: (text: string, day: string | null) => dispatch({ change: "dayTyped", text, day }),
      insist: (number: string) => dispatch({ change: "insisted", number }),
      sayYes: (yes: boolean) => dispatch({ change: "saidYes", yes }),
      lookUp: (number?: string) => look((form) => bridge.lookUp(revisionShown(), form), number),
      allowRepeat: (reason: string) => look((form) => bridge.allowRepeat(revisionShown(), form, reason)),
      stopAsking: async () => (await stop.current?.()) ?? false,
      send: async () => {
        const form = finalForm();
        if (!form) return null;
        dispatch({ change: "failed", trouble: null });
        const outcome = await asking("sending", () => bridge.send({ revision: revisionShown(), form, yes: latest.current.yes }));
        if (outcome === GIVEN_UP) return null;
        if (!outcome) await resume();
        if (outcome?.outcome === "lookAgain") dispatch({ change: "lookedUp", looked: outcome.looked, again: true });
        if (outcome?.outcome !== "held") return null;
        dispatch({ change: "cleared" });
        return outcome.row;
      },
      refresh: async () => {
        // What is being done brings its own answer.
        if (busy.current) return;
        const turn = begun.current;
        const composition = await bridge.compose().catch(() => undefined);
        const { composition: before } = latest.current;
        if (composition === undefined || turn !== begun.current || composition?.revision === before?.revision) return;
        if (!composition) dispatch({ change: "cleared" });
        else if (before && before.letter?.letter === composition.letter?.letter && before.documents[0]?.fileName === composition.documents[0]?.fileName) {
          dispatch({ change: "lookedUp", looked: { composition, trouble: isAnswered(composition) ? null : latest.current.trouble }, again: false });
        } else arrived(composition);
      },
    };
  }, [bridge, during, language, format]);

  useNotices((notice) => {
    if (notice.what === "letterChanged" && notice.letter === state.composition?.letter?.letter) void actions.refresh();
  });

  const slow = useSlow(work !== null);
  const stoppable = useSlow(work === "lookingUp" || work === "sending", STOPPABLE_MS);
  const { composition, form } = state;
  // What was said about one citizen is not shown beside the number of another.
  const answered = form && composition?.letter?.recipientNumber === digits(form.number) ? composition : null;
  const value: CompositionValue = { ...state, ...actions, decision: answered?.decision ?? null, earlier: answered?.earlier ?? null, work, slow, stoppable, followed };
  return <CompositionContext value={value}>{children}</CompositionContext>;
}

/** The letter being made, and what can be done with it. */
export function useComposition(): CompositionValue {
  const value = useContext(CompositionContext);
  if (!value) throw new Error("no CompositionProvider");
  return value;
}
