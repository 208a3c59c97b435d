import { useText } from "../../text";

/** How a step stands; waiting ones are dashed. */
export type StepState = "done" | "working" | "held" | "toCome";

export type Step = {
  name: string;
  state: StepState;
  /** Of a working step, from 0 to 1. */
  share?: number;
};

/** The way of a letter out of the house, in steps. */
export function Track({ steps }: { steps: readonly Step[] }) {
  const text = useText().outbox.track;
  return (
    <ol className="track" aria-label={text.label}>
      {steps.map((step, at) => (
        <li key={at} data-state={step.state} aria-current={step.state === "working" || step.state === "held" ? "step" : undefined}>
          <span className="track-line" aria-hidden="true">
            {step.share !== undefined && <span style={{ inlineSize: `${Math.round(step.share * 100)}%` }} />}
          </span>
          {step.name}
          <span className="ds-sr-only">, {text[step.state]}</span>
        </li>
      ))}
    </ol>
  );
}
