import type { LetterRow } from "../bridge";
import { useFormat, useText } from "../text";

/** Which step is overdue, since when, and what to do: ask the service desk, never send again. */
export function LateNotice({ row }: { row: LetterRow }) {
  const text = useText().states.late;
  const format = useFormat();
  const { late } = row;
  if (!late) return null;
  return (
    <>
      <p>
        {text.what[lateWords(row, late.step)]} {text.since(format.dayTime(late.since))}
      </p>
      <p>{text.todo}</p>
      {late.message !== null && (
        <p>
          {text.message} <code className="late-id">{late.message}</code>
        </p>
      )}
    </>
  );
}

type LateWords = "unanswered" | "atProvider" | "printAccepted" | "delivered" | "posted";

function lateWords({ state, carrier }: LetterRow, step: NonNullable<LetterRow["late"]>["step"]): LateWords {
  if (step === "atProvider") return state === "uncertain" || state === "submitting" ? "unanswered" : "atProvider";
  if (step === "delivered") return carrier === "print" ? "posted" : "delivered";
  return step;
}
