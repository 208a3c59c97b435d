import type { LetterDetail } from "../../bridge";
import { useFormat, useText } from "../../text";

/** Why the letter went the way it did, in the decision's own words. */
export function Why({ detail: { decision, row } }: { detail: LetterDetail }) {
  const { receipts: text, decision: words } = useText();
  const format = useFormat();
  if (!decision) return null;
  const { facts, channel } = decision;
  const supplier = channel.way === "digital" ? channel.supplier : facts.supplier;
  const reason = words.reasons[decision.reason] ?? words.unknownReason;
  const sentence = reason.why({
    supplier: supplier?.name ?? (supplier ? format.organisation(supplier.organisation) : ""),
    reservedOn: facts.reservedAt === null ? null : format.longDay(facts.reservedAt),
    certificateUntil: facts.certificateValidUntil === null ? null : format.longDay(facts.certificateValidUntil),
    theLetter: words.theLetter[row.kind],
    letters: words.letters[row.kind],
  });
  return (
    <p className="letter-part">
      <span className="mute">{text.why[channel.way]} </span>
      {sentence}{" "}
      <span className="mute">{words.answeredAt(format.dayTime(facts.lookedUpAt))}</span>
    </p>
  );
}
