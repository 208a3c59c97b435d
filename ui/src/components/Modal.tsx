import { Dialog } from "@digdir/designsystemet-react";
import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from "react";

import { useText } from "../text";

/**
 * A dialog over the window. Shown for as long as it is rendered; Esc and the cross call `onClose`.
 *
 * Focus goes to the element marked `data-first`, else to the heading, and back to where it was.
 */
export function Modal({
  title,
  onClose,
  children,
  actions,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the foot, the most likely first. */
  actions?: ReactNode;
}) {
  const text = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const first = dialog.current?.querySelector<HTMLElement>("[data-first]") ?? dialog.current?.querySelector("h2");
    first?.focus();
  }, []);
  useLayoutEffect(() => {
    const shown = dialog.current;
    // Closing it, before it is taken away, gives focus back.
    return () => shown?.close();
  }, []);
  return (
    <Dialog ref={dialog} open onClose={onClose} closeButton={text.frame.close} aria-labelledby={heading} className="modal">
      <h2 id={heading} tabIndex={-1}>
        {title}
      </h2>
      <div className="stack gap-16 modal-body">{children}</div>
      {actions && <div className="row row-wrap gap-12 modal-actions">{actions}</div>}
    </Dialog>
  );
}
