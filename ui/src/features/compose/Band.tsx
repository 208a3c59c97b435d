import { CheckmarkCircleFillIcon, CircleBrokenIcon, ExclamationmarkTriangleFillIcon, InformationSquareFillIcon, XMarkOctagonFillIcon } from "@navikt/aksel-icons";
import { Spinner } from "@digdir/designsystemet-react";
import { useId, type ReactNode } from "react";

import { useText } from "../../text";

export type BandStatus = "notStarted" | "working" | "ok" | "advice" | "choice" | "error";

/** One of the three parts of a letter: its state, its heading with a summary, and what is in it. */
export function Band({ title, status, summary, action, children }: { title: string; status: BandStatus; summary?: ReactNode; action?: ReactNode; children?: ReactNode }) {
  const text = useText();
  const heading = useId();
  return (
    <section className="band" aria-labelledby={heading}>
      <span className="band-status">
        <StatusIcon status={status} />
        <span className="ds-sr-only">{text.compose.status[status]}</span>
      </span>
      <div className="stack gap-12">
        <div className="band-head">
          <h2 id={heading}>{title}</h2>
          {summary !== undefined && <span className="mute grow">{summary}</span>}
          {action && <span className="band-action">{action}</span>}
        </div>
        {children}
      </div>
    </section>
  );
}

function StatusIcon({ status }: { status: BandStatus }) {
  switch (status) {
    case "notStarted":
      return <CircleBrokenIcon className="mute" aria-hidden />;
    case "working":
      return <Spinner data-size="xs" aria-hidden />;
    case "ok":
      return <CheckmarkCircleFillIcon className="tone-ok" aria-hidden />;
    case "advice":
      return <InformationSquareFillIcon className="tone-advice" aria-hidden />;
    case "choice":
      return <ExclamationmarkTriangleFillIcon className="tone-warning" aria-hidden />;
    case "error":
      return <XMarkOctagonFillIcon className="tone-error" aria-hidden />;
  }
}
