import { ErrorSummary } from "@digdir/designsystemet-react";
import { ExclamationmarkTriangleFillIcon } from "@navikt/aksel-icons";
import { useEffect, useLayoutEffect, useRef, useState, type ComponentRef } from "react";

import { useAnnounce, useNavigate, useNavigation } from "../../app";
import { useBridge, type AddressFaultView, type AddressForm, type NumberCheck } from "../../bridge";
import { DocumentViewer, Screen } from "../../components";
import { useFormat, useText } from "../../text";
import { ActionBar } from "./ActionBar";
import { useComposition } from "./composition";
import { decisionWords } from "./DecisionCard";
import { DocumentBand } from "./DocumentBand";
import { Empty } from "./Empty";
import { EMPTY_ADDRESS } from "./form";
import { focusPlace, goesOnPaper, isInSending, placeOf, problemsOf, type Problem } from "./problems";
import { RecipientBand } from "./RecipientBand";
import { SendingBand } from "./SendingBand";

/** Nytt brev: from the dropped file to Send, on one page. */
export function ComposeScreen() {
  const { composition, form, refresh } = useComposition();
  const { visit } = useNavigation();
  useEffect(() => {
    // Another screen may have taken a letter up again.
    void refresh();
  }, [visit, refresh]);
  return composition && form ? <Making /> : <Empty />;
}

function Making() {
  const text = useText();
  const format = useFormat();
  const announce = useAnnounce();
  const navigate = useNavigate();
  const { place } = useNavigation();
  const letter = useComposition();
  const { composition, form, dayText, decision, earlier, yes, trouble, arrival, answers, followed, work } = letter;
  const check = useNumberCheck(form?.number ?? "");
  const faults = useAddressFaults();
  const [sendingOpen, setSendingOpen] = useState(false);
  /** Send was pressed in vain: what is wrong stands by each field until it is right. */
  const [refused, setRefused] = useState(false);
  /** More than one thing was wrong then: a list of them takes the focus, once. */
  const [listed, setListed] = useState(false);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const send = useRef<HTMLButtonElement>(null);

  const problems = form ? problemsOf({ form, dayText, numberCheck: check.done, decision, earlier, yes, addressFaults: faults.found }, text) : [];
  const told = refused ? problems : [];

  const goTo = (problem: Problem) => {
    if (isInSending(problem.place)) setSendingOpen(true);
    // The field may be on its way onto the page.
    requestAnimationFrame(() => focusPlace(problem.place));
  };
  const nextStep = () => {
    const [first] = problems;
    if (!first) send.current?.focus();
    else goTo(first);
  };
  useLayoutEffect(() => {
    setRefused(false);
    setListed(false);
    setSendingOpen(false);
  }, [arrival]);
  // A letter has arrived, or the register has answered: on to what the clerk must do next, once
  // number and address have been looked at.
  const pending = check.pending || faults.pending;
  useEffect(() => {
    const { current: done } = followed;
    if (pending || (done.arrival === arrival && done.answers === answers)) return;
    const answered = done.answers !== answers;
    followed.current = { arrival, answers };
    if (answered && !decision && !earlier) return;
    if (answered && earlier) announce(text.compose.lookedUp(text.compose.earlier.title, text.compose.earlier.why));
    if (answered && decision && form) {
      const words = decisionWords(decision, form.kind, text, format);
      announce(text.compose.lookedUp(words.heading, words.why));
    }
    nextStep();
  });

  // The core found something in a field that is folded away.
  useEffect(() => {
    const where = trouble && placeOf(trouble);
    if (!where) return;
    if (isInSending(where)) setSendingOpen(true);
    requestAnimationFrame(() => focusPlace(where));
  }, [trouble]);

  const onSend = async () => {
    if (work) return;
    if (problems.length > 0) {
      setRefused(true);
      setListed(problems.length > 1);
      const [first, second] = problems;
      if (second) requestAnimationFrame(() => summary.current?.focus());
      else if (first) goTo(first);
      return;
    }
    setRefused(false);
    const row = await letter.send();
    if (row) navigate({ screen: "outbox", letter: row.letter, focus: "undo" });
  };

  if (!composition || !form) return null;
  return (
    <Screen
      title={text.compose.title}
      focusHeading={place.focus === undefined && followed.current.arrival === arrival}
      bar={<ActionBar problems={problems} onSend={() => void onSend()} button={send} />}
      desk={<DocumentViewer key={arrival} owner={{ of: "compose", revision: composition.revision }} documents={composition.documents} note={text.compose.deskNote} />}
    >
      {listed && told.length > 0 && (
        <ErrorSummary ref={summary} tabIndex={-1} className="error-summary">
          <ErrorSummary.Heading level={2}>{text.compose.summary.title}</ErrorSummary.Heading>
          <ErrorSummary.List>
            {told.map((problem) => (
              <ErrorSummary.Item key={problem.place}>
                <ErrorSummary.Link
                  href={`#${problem.place}`}
                  onClick={(event) => {
                    event.preventDefault();
                    goTo(problem);
                  }}
                >
                  {problem.message}
                </ErrorSummary.Link>
              </ErrorSummary.Item>
            ))}
          </ErrorSummary.List>
        </ErrorSummary>
      )}
      {letter.otherAnswer && (
        <div className="notice other-answer" data-tone="warning" role="alert">
          <ExclamationmarkTriangleFillIcon className="tone-warning" aria-hidden />
          <p>{text.compose.bar.again}</p>
        </div>
      )}
      <div className="bands">
        <DocumentBand />
        <RecipientBand check={check.done} addressFaults={faults.found} problems={told} />
        <SendingBand open={sendingOpen} onOpen={setSendingOpen} problems={told} />
      </div>
    </Screen>
  );
}

/** The core's word on the number as typed; kept up with the typing. */
function useNumberCheck(typed: string): { done: NumberCheck | null; pending: boolean } {
  const bridge = useBridge();
  const [checked, setChecked] = useState<{ of: string; check: NumberCheck } | null>(null);
  useEffect(() => {
    let current = true;
    bridge.checkNumber(typed).then(
      (check) => current && setChecked({ of: typed, check }),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [bridge, typed]);
  const done = checked?.of === typed ? checked.check : null;
  return { done, pending: done === null };
}

/** What is wrong with the address, where the letter goes on paper. */
function useAddressFaults(): { found: AddressFaultView[]; pending: boolean } {
  const bridge = useBridge();
  const { form, decision, yes } = useComposition();
  const address = goesOnPaper(decision, yes) ? (form?.address ?? EMPTY_ADDRESS) : null;
  const [checked, setChecked] = useState<{ of: AddressForm; found: AddressFaultView[] } | null>(null);
  useEffect(() => {
    if (!address) return;
    let current = true;
    bridge.checkAddress(address).then(
      ({ faults }) => current && setChecked({ of: address, found: faults }),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [bridge, address]);
  // While one letter more is being looked at, what was found before it stands.
  return { found: address ? (checked?.found ?? []) : [], pending: address !== null && checked?.of !== address };
}
