import { Button } from "@digdir/designsystemet-react";
import { PaperplaneFillIcon, PrinterSmallIcon } from "@navikt/aksel-icons";
import { type Ref } from "react";

import { Waiting } from "../../components";
import { useFormat, useText } from "../../text";
import { useComposition } from "./composition";
import { goesOnPaper, type Problem } from "./problems";
import { StopAsking } from "./StopAsking";

/** What will happen, to whom, at what price; and the one button that does it. */
export function ActionBar({ problems, onSend, button }: { problems: Problem[]; onSend: () => void; button: Ref<HTMLButtonElement> }) {
  const text = useText();
  const words = text.compose.bar;
  const { decision, yes, work, slow, stoppable } = useComposition();
  const paper = goesOnPaper(decision, yes);
  const blocked = problems.length > 0;
  const lines = useLines(problems);
  return (
    <div className="action-bar" role="group" aria-label={words.label}>
      <div className="grow">
        <p className="medium" id="send-what">
          {lines.first}
        </p>
        {work === "sending" && slow ? <Waiting words={words.sending} /> : <p className="mute">{lines.second}</p>}
      </div>
      {work === "sending" && stoppable && <StopAsking back="letter-send" />}
      {!blocked && <kbd aria-hidden>{words.key}</kbd>}
      {/* Never disabled: pressing it when blocked goes to what must be put right. */}
      <Button ref={button} id="letter-send" className="big-button" variant={blocked ? "secondary" : "primary"} {...(blocked ? { "data-color": "neutral" as const } : {})} aria-disabled={blocked || undefined} aria-busy={work === "sending" || undefined} aria-describedby="send-what" onClick={onSend}>
        {paper ? <PrinterSmallIcon aria-hidden /> : <PaperplaneFillIcon aria-hidden />}
        {paper ? words.sendPaper : words.send}
      </Button>
    </div>
  );
}

function useLines(problems: Problem[]): { first: string; second: string } {
  const text = useText();
  const words = text.compose.bar;
  const format = useFormat();
  const { composition, form, decision, earlier, yes } = useComposition();
  if (earlier) return { first: words.sentBefore, second: problems[0]?.message ?? "" };
  if (!form || !decision) {
    if (composition?.letter?.state === "waitingForRegister") return { first: words.waits, second: text.compose.recipient.waiting };
    return { first: words.first, second: words.firstHint };
  }
  const letter = text.states.theLetter[form.kind];
  const recipient = form.recipientName?.trim() || words.recipient;
  const paper = goesOnPaper(decision, yes);
  if (!paper && decision.channel.way !== "digital") {
    return { first: decision.channel.way === "stop" ? words.stopped : words.fixFirst, second: problems[0]?.message ?? "" };
  }
  if (problems.length > 0) return { first: words.fixFirst, second: problems[0]?.message ?? "" };
  const first = decision.channel.way === "digital" ? words.goesDigital(letter, recipient, decision.channel.supplier.name ?? format.organisation(decision.channel.supplier.organisation)) : words.goesPaper(letter, recipient);
  const { price } = decision;
  const second = price
    ? [words.price(format.kroner(price.ore)), price.smsExtra ? words.sms : "", price.openingExtra && form.openingReceipt ? words.opening : ""].filter((part) => part !== "").join(", ")
    : words.noPrice;
  return { first, second };
}
