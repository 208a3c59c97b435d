import { Button } from "@digdir/designsystemet-react";

import { useAction } from "../../app";
import { useBridge, type LetterRow } from "../../bridge";
import { Modal, TroublePanel } from "../../components";
import { useText } from "../../text";
import { recipientOf, titleOf } from "./naming";

/** Asks before a letter is given up. */
export function CancelDialog({ row, onDone, onClose }: {
  row: LetterRow;
  /** The letter is cancelled. */
  onDone: (row: LetterRow) => void;
  /** The clerk keeps it. */
  onClose: () => void;
}) {
  const bridge = useBridge();
  const text = useText().outbox;
  const cancel = useAction(async () => onDone(await bridge.cancel(row.letter)));
  return (
    <Modal
      title={text.cancelTitle(titleOf(row, text))}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" data-first="" onClick={onClose}>
            {text.cancelNo}
          </Button>
          <Button data-color="danger" onClick={() => void cancel.run()} loading={cancel.slow}>
            {text.cancelYes}
          </Button>
        </>
      }
    >
      <p>{text.cancelBody(recipientOf(row, text))}</p>
      {cancel.trouble && <TroublePanel trouble={cancel.trouble} />}
    </Modal>
  );
}
