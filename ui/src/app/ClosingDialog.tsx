import { Button } from "@digdir/designsystemet-react";
import { useState } from "react";

import { useBridge, useNotices, type Closing, type LetterName } from "../bridge";
import { Modal } from "../components";
import { useText } from "../text";

/** Asked when the window is closed while letters are not out of it. */
export function ClosingDialog() {
  const text = useText();
  const bridge = useBridge();
  const [closing, setClosing] = useState<Closing | null>(null);
  useNotices((notice) => {
    if (notice.what === "closing") setClosing(notice.closing);
  });
  if (!closing) return null;
  const answer = (leave: boolean) => {
    setClosing(null);
    void bridge.close(leave);
  };
  const words = text.frame.closing;
  return (
    <Modal
      title={words.title}
      onClose={() => answer(false)}
      actions={
        <>
          <Button variant="primary" onClick={() => answer(false)} data-first>
            {words.stay}
          </Button>
          <Button variant="secondary" onClick={() => answer(true)}>
            {words.leave}
          </Button>
        </>
      }
    >
      {closing.held.length > 0 && <Letters lead={words.held} letters={closing.held} />}
      {closing.underWay.length > 0 && <Letters lead={words.underWay} letters={closing.underWay} />}
    </Modal>
  );
}

function Letters({ lead, letters }: { lead: string; letters: LetterName[] }) {
  const words = useText().frame.closing;
  return (
    <div className="stack gap-4">
      <p>{lead}</p>
      <ul className="plain-list">
        {letters.map(({ letter, title, recipient }) => (
          <li key={letter}>{recipient === null ? (title ?? words.untitled) : words.toRecipient(title ?? words.untitled, recipient)}</li>
        ))}
      </ul>
    </div>
  );
}
