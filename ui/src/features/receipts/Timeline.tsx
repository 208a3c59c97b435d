import {
  BellIcon,
  CheckmarkCircleFillIcon,
  CircleIcon,
  ClockIcon,
  ExclamationmarkTriangleFillIcon,
  ShieldCheckmarkIcon,
  XMarkOctagonFillIcon,
} from "@navikt/aksel-icons";
import { useState } from "react";

import type { LetterDetail } from "../../bridge";
import { useFormat, useText } from "../../text";
import { stepsOf, type TimelineStep } from "./steps";

const ICONS = {
  done: CheckmarkCircleFillIcon,
  waiting: ClockIcon,
  failed: XMarkOctagonFillIcon,
  warning: ExclamationmarkTriangleFillIcon,
  ordered: BellIcon,
  quiet: CircleIcon,
} satisfies Record<TimelineStep["icon"], unknown>;

/** What has happened to a letter, oldest first, and who signed each receipt. */
export function Timeline({ detail }: { detail: LetterDetail }) {
  const texts = useText();
  const text = texts.receipts;
  const format = useFormat();
  const [all, setAll] = useState(false);
  return (
    <section>
      <h3 className="ds-sr-only">{text.timeline}</h3>
      <ol className="timeline">
        {stepsOf(detail, all, texts, format).map((step) => (
          <Step key={step.key} step={step} />
        ))}
      </ol>
      <button type="button" className="text-button" aria-expanded={all} onClick={() => setAll(!all)}>
        {all ? text.mainSteps : text.allSteps}
      </button>
    </section>
  );
}

function Step({ step }: { step: TimelineStep }) {
  const text = useText().receipts;
  const Icon = ICONS[step.icon];
  return (
    <li>
      <span className="timeline-icon" data-tone={step.tone}>
        <Icon aria-hidden />
      </span>
      <span className="medium">{step.words}</span>
      <span className="mute figures timeline-at">{step.at}</span>
      {step.signer !== null && (
        <span className="timeline-line tone-ok">
          <ShieldCheckmarkIcon aria-hidden />
          {text.signedBy(step.signer)}
        </span>
      )}
      {step.lines.map((line) => (
        <span key={line} className="timeline-line mute">
          {line}
        </span>
      ))}
      {step.hash !== null && <span className="timeline-line timeline-hash mute">{text.hash(step.hash.slice(0, 16))}</span>}
    </li>
  );
}
