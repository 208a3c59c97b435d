import { Button } from "@digdir/designsystemet-react";
import { ExclamationmarkTriangleFillIcon, XMarkOctagonFillIcon } from "@navikt/aksel-icons";
import { type ReactNode, type Ref } from "react";

import type { Trouble } from "../bridge";
import { useText } from "../text";

/**
 * What went wrong and what to do, in the clerk's words, with a reference.
 *
 * Trouble that passes by itself is a warning, other trouble an error. Nothing here ever offers to
 * send again: `onRetry` repeats a question, not a sending.
 */
export function TroublePanel({
  trouble,
  about,
  onRetry,
  retryLabel,
  actions,
  ref,
}: {
  trouble: Trouble;
  /** Name of the document it is about. */
  about?: string | undefined;
  onRetry?: (() => void) | undefined;
  retryLabel?: string | undefined;
  /** Further ways out, as buttons. */
  actions?: ReactNode;
  ref?: Ref<HTMLDivElement>;
}) {
  const text = useText();
  const words = text.errors.codes[trouble.code] ?? text.errors.codes.DEFECT;
  const passing = trouble.family === "temporary" || trouble.family === "uncertain" || trouble.family === "reach";
  const Icon = passing ? ExclamationmarkTriangleFillIcon : XMarkOctagonFillIcon;
  return (
    <div className="notice" data-tone={passing ? "warning" : "error"} role="alert" tabIndex={-1} ref={ref}>
      <Icon className={passing ? "tone-warning" : "tone-error"} aria-hidden />
      <div>
        <p className="strong">{words?.what}</p>
        <p>{words?.todo}</p>
        {about !== undefined && <p>{text.errors.inDocument(about)}</p>}
        <p className="mute small">{text.frame.reference(trouble.reference)}</p>
        {trouble.detail !== null && (
          <details className="small">
            <summary>{text.frame.detail}</summary>
            <code>{trouble.detail}</code>
          </details>
        )}
      </div>
      {(onRetry || actions) && (
        <div className="notice-actions">
          {onRetry && (
            <Button variant="secondary" onClick={onRetry}>
              {retryLabel ?? text.frame.retry}
            </Button>
          )}
          {actions}
        </div>
      )}
    </div>
  );
}
