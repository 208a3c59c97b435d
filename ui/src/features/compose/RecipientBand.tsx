import { Button, Checkbox, Input, ValidationMessage } from "@digdir/designsystemet-react";
import { FileSearchIcon } from "@navikt/aksel-icons";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { useNavigate } from "../../app";
import type { AddressFaultView, NumberCheck } from "../../bridge";
import { Modal, TroublePanel, Waiting } from "../../components";
import { useFormat, useText } from "../../text";
import { AddressPart } from "./AddressPart";
import { Band, type BandStatus } from "./Band";
import { useComposition } from "./composition";
import { DecisionCard } from "./DecisionCard";
import { EarlierCard } from "./EarlierCard";
import { digits } from "./form";
import { focusPlace, goesOnPaper, numberProblem, placeOf, type Problem } from "./problems";
import { StopAsking } from "./StopAsking";

/** Who the letter is for, and what the register says about reaching them. */
export function RecipientBand({ check, addressFaults, problems }: { check: NumberCheck | null; addressFaults: AddressFaultView[]; problems: Problem[] }) {
  const text = useText();
  const words = text.compose.recipient;
  const format = useFormat();
  const navigate = useNavigate();
  const { composition, form, decision, earlier, work, slow, stoppable, trouble, yes, insisted, edit, insist, sayYes, lookUp } = useComposition();
  const [choosing, setChoosing] = useState<{ typed: string; inLetter: string } | null>(null);
  const [complaint, setComplaint] = useState<string | null>(null);
  const refused = useRef<HTMLDivElement>(null);
  // A letter sent before has a card of its own.
  const general = trouble && placeOf(trouble) === null && !(earlier && trouble.code === "REACH_SENT_BEFORE") ? trouble : null;
  useEffect(() => {
    if (general) refused.current?.focus();
  }, [general]);
  if (!composition || !form) return null;

  const seen = composition.read.numbers;
  const typed = digits(form.number);
  const from = seen.find((each) => each.number === typed);
  const wrong = numberProblem(form.number, check, text);
  const fromCore = trouble && placeOf(trouble) === "letter-number" ? text.errors.codes[trouble.code] : undefined;
  // Eleven digits that are wrong are wrong at once; fewer are perhaps not finished.
  const shown = complaint ?? (check && check.code !== null && check.missing === 0 ? wrong : null) ?? problems.find((each) => each.place === "letter-number")?.message ?? (fromCore ? `${fromCore.what} ${fromCore.todo}` : null);

  const ask = (number?: string) => {
    const asked = digits(number ?? form.number);
    if (number === undefined && wrong !== null) {
      setComplaint(wrong);
      focusPlace("letter-number");
      return;
    }
    setComplaint(null);
    const first = seen[0];
    if (first && !seen.some((each) => each.number === asked) && insisted !== asked) {
      setChoosing({ typed: asked, inLetter: first.number });
      return;
    }
    void lookUp(number);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask();
  };
  const choose = (number: string, own: boolean) => {
    setChoosing(null);
    if (own) insist(number);
    edit({ number: format.personNumber(number) });
    void lookUp(number);
  };

  const looking = work === "lookingUp";
  return (
    <Band title={words.title} status={status()} summary={summary()}>
      <form className="number-line" onSubmit={submit} noValidate>
        <label htmlFor="letter-number" className="medium">
          {words.number}
        </label>
        <Input
          id="letter-number"
          className="figures"
          inputMode="numeric"
          autoComplete="off"
          spellCheck={false}
          value={form.number}
          aria-invalid={shown !== null || undefined}
          aria-describedby="letter-number-hint letter-number-wrong"
          onChange={(event) => {
            setComplaint(null);
            edit({ number: event.target.value });
          }}
          onPaste={(event) => {
            // What is pasted is often more than the number: spaces, marks, characters nobody sees.
            const pasted = digits(event.clipboardData.getData("text"));
            if (pasted.length !== 11) return;
            event.preventDefault();
            setComplaint(null);
            edit({ number: format.personNumber(pasted) });
          }}
          onBlur={() => {
            if (typed.length === 11) edit({ number: format.personNumber(typed) });
          }}
        />
        <Button type="submit" id="letter-look-up" variant={decision || earlier ? "secondary" : "primary"} aria-busy={looking || undefined}>
          {words.lookUp}
        </Button>
        <div className="number-hint mute" id="letter-number-hint">
          {looking && slow ? (
            <div className="row row-wrap">
              <Waiting words={words.lookingUp} />
              {stoppable && <StopAsking back="letter-look-up" />}
            </div>
          ) : from ? (
            <span className="row">
              <FileSearchIcon className="icon" aria-hidden />
              {words.readFrom(from.page)}
            </span>
          ) : check && check.missing > 0 && typed !== "" && shown === null ? (
            words.missing(check.missing)
          ) : seen.length === 0 && typed === "" ? (
            words.none
          ) : null}
        </div>
        {shown !== null && <ValidationMessage id="letter-number-wrong">{shown}</ValidationMessage>}
      </form>
      {seen.length > 1 && !decision && !earlier && (
        <div className="row row-wrap">
          <span>{words.several}</span>
          {seen.map(({ number }) => (
            <Button key={number} variant="secondary" className="small-button figures" aria-label={words.useNumber(format.personNumber(number))} aria-pressed={number === typed} onClick={() => edit({ number: format.personNumber(number) })}>
              {format.personNumber(number)}
            </Button>
          ))}
        </div>
      )}
      {earlier && <EarlierCard key={composition.letter?.letter} earlier={earlier} />}
      {decision && (
        <DecisionCard decision={decision} kind={form.kind}>
          {decision.channel.way === "stop" && <p className="decision-more">{words.stoppedHint}</p>}
          {decision.needsYes && (
            <Checkbox id="letter-yes" className="decision-more" label={words.paperAnyway} description={words.paperAnywayHint} checked={yes} onChange={(event) => sayYes(event.target.checked)} aria-invalid={problems.some((each) => each.place === "letter-yes") || undefined} />
          )}
        </DecisionCard>
      )}
      {general && (
        <TroublePanel
          ref={refused}
          trouble={general}
          onRetry={() => ask(decision ? digits(form.number) : undefined)}
          retryLabel={words.lookUpAgain}
          actions={
            composition.letter && (
              <Button variant="tertiary" onClick={() => navigate({ screen: "outbox", ...(composition.letter ? { letter: composition.letter.letter } : {}) })}>
                {words.seeOutbox}
              </Button>
            )
          }
        />
      )}
      {goesOnPaper(decision, yes) && <AddressPart faults={addressFaults} problems={problems} />}
      {choosing && (
        <Modal
          title={words.other.title}
          onClose={() => {
            setChoosing(null);
            requestAnimationFrame(() => focusPlace("letter-number"));
          }}
        >
          <p>{words.other.text}</p>
          <div className="stack gap-12">
            <Button data-first variant="secondary" className="figures" onClick={() => choose(choosing.inLetter, false)}>
              {words.other.inLetter(format.personNumber(choosing.inLetter))}
            </Button>
            <Button variant="secondary" className="figures" onClick={() => choose(choosing.typed, true)}>
              {words.other.typed(format.personNumber(choosing.typed))}
            </Button>
          </div>
        </Modal>
      )}
    </Band>
  );

  function status(): BandStatus {
    if (looking && slow) return "working";
    if (shown !== null || decision?.channel.way === "stop") return "error";
    if (general || earlier || (decision?.needsYes && !yes) || (goesOnPaper(decision, yes) && addressFaults.length > 0)) return "choice";
    return decision ? "ok" : "notStarted";
  }

  function summary() {
    const { address } = form ?? {};
    if (address && address.name.trim() !== "" && address.postcode !== "") return format.addressLine(address);
    return form?.recipientName ?? "";
  }
}
