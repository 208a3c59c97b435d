import { Popover } from "@digdir/designsystemet-react";
import { EnvelopeClosedFillIcon, HourglassIcon, PrinterSmallFillIcon, XMarkOctagonFillIcon } from "@navikt/aksel-icons";
import { useId, type ReactNode } from "react";

import type { ChannelView, ContactView, DecisionView, FactsView, Kind } from "../../bridge";
import { useFormat, useText, type Format, type Texts } from "../../text";

/** Where the letter goes, and why in one sentence, with the register's answer behind it. */
export function DecisionCard({ decision, kind, children }: { decision: DecisionView; kind: Kind; children?: ReactNode }) {
  const text = useText();
  const format = useFormat();
  const words = decisionWords(decision, kind, text, format);
  return (
    <div className="decision" data-way={decision.channel.way} data-proposed={decision.needsYes ? "" : undefined} id="letter-decision" tabIndex={-1} role="group" aria-labelledby="decision-heading">
      <span className="decision-icon">
        <WayIcon way={decision.channel.way} />
      </span>
      <h3 id="decision-heading">{words.heading}</h3>
      <div className="decision-why">
        <p>{words.why}</p>
        <div className="mute small decision-proof">
          {text.decision.answeredAt(format.dayTime(decision.facts.lookedUpAt))} <Answer facts={decision.facts} />
        </div>
        {children}
      </div>
    </div>
  );
}

/** The heading and the sentence of a decision. */
export function decisionWords(decision: DecisionView, kind: Kind, text: Texts, format: Format): { heading: string; why: string } {
  const reason = text.decision.reasons[decision.reason] ?? text.decision.unknownReason;
  const { channel, facts } = decision;
  const supplier = channel.way === "digital" ? channel.supplier : facts.supplier;
  const given = {
    supplier: supplier ? (supplier.name ?? format.organisation(supplier.organisation)) : "",
    reservedOn: facts.reservedAt === null ? null : format.longDay(facts.reservedAt),
    certificateUntil: facts.certificateValidUntil === null ? null : format.longDay(facts.certificateValidUntil),
    theLetter: text.decision.theLetter[kind],
    letters: text.decision.letters[kind],
  };
  return { heading: reason.heading(given), why: reason.why(given) };
}

function WayIcon({ way }: { way: ChannelView["way"] }) {
  switch (way) {
    case "digital":
      return <EnvelopeClosedFillIcon aria-hidden />;
    case "print":
      return <PrinterSmallFillIcon aria-hidden />;
    case "stop":
      return <XMarkOctagonFillIcon aria-hidden />;
    case "wait":
      return <HourglassIcon aria-hidden />;
  }
}

/** "Se svaret": what the register said, as far as the decision rests on it. */
function Answer({ facts }: { facts: FactsView }) {
  const text = useText();
  const format = useFormat();
  const id = useId();
  const heading = useId();
  const words = text.decision.answer;
  const yesNo = (value: boolean | null) => (value === null ? words.unknown : value ? words.yes : words.no);
  const contact = (value: ContactView) => words.contact[value];
  const rows: [string, string][] = [
    [words.askedAt, format.dayTime(facts.lookedUpAt)],
    [words.status, facts.status === null ? words.unknown : (words.statuses[facts.status] ?? facts.status)],
    [words.reserved, facts.reserved && facts.reservedAt !== null ? words.reservedSince(format.longDay(facts.reservedAt)) : yesNo(facts.reserved)],
    [words.notifiable, yesNo(facts.notifiable)],
    [words.email, contact(facts.email)],
    [words.mobile, contact(facts.mobile)],
    [words.supplier, facts.supplier ? (facts.supplier.name ?? format.organisation(facts.supplier.organisation)) : words.unknown],
    [words.certificate, facts.certificateValidUntil === null ? words.unknown : format.longDay(facts.certificateValidUntil)],
  ];
  return (
    <Popover.TriggerContext>
      <Popover.Trigger asChild>
        <button type="button" className="text-button">
          {text.decision.seeAnswer}
        </button>
      </Popover.Trigger>
      <Popover id={id} placement="bottom" className="answer" data-color="neutral" role="group" aria-labelledby={heading}>
        <h4 id={heading}>{words.title}</h4>
        <dl className="register-facts">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Popover>
    </Popover.TriggerContext>
  );
}
