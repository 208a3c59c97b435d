import { Button } from "@digdir/designsystemet-react";
import { TrashIcon } from "@navikt/aksel-icons";
import { useState } from "react";

import { useAction, useAnnounce } from "../../app";
import { useBridge } from "../../bridge";
import { Modal, TroublePanel } from "../../components";
import { useText } from "../../text";

/** Starting practice afresh. */
export function PracticeSection() {
  const bridge = useBridge();
  const { settings: text } = useText();
  const words = text.practice;
  const announce = useAnnounce();
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState(false);
  const reset = useAction(async () => {
    await bridge.practiceReset();
    setAsking(false);
    setDone(true);
    announce(words.done);
  });
  return (
    <div className="settings-form">
      <p>{words.intro}</p>
      <div className="stack">
        <p className="mute">{words.resetHint}</p>
        <div className="settings-save">
          <Button
            variant="secondary"
            data-color="danger"
            onClick={() => {
              setDone(false);
              setAsking(true);
            }}
          >
            <TrashIcon aria-hidden />
            {words.reset}
          </Button>
          <span className="tone-ok">{done ? words.done : ""}</span>
        </div>
      </div>
      {asking && (
        <Modal
          title={words.dialogTitle}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button variant="secondary" data-first="" onClick={() => setAsking(false)}>
                {words.no}
              </Button>
              <Button data-color="danger" loading={reset.slow} onClick={() => void reset.run()}>
                {words.yes}
              </Button>
            </>
          }
        >
          <p>{words.removed}</p>
          <ul className="settings-removed">
            {words.removedItems.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
          <p>{words.kept}</p>
          {reset.trouble && <TroublePanel trouble={reset.trouble} />}
        </Modal>
      )}
    </div>
  );
}
