import { Button } from "@digdir/designsystemet-react";

import { useAction } from "../../app";
import { useBridge, type LetterRow } from "../../bridge";
import { Modal, TroublePanel } from "../../components";
import { useText } from "../../text";
import { titleOf } from "./naming";

/** Asks for the clerk's word that a letter of a restored ledger was not sent after the backup. */
export function ConfirmUnsentDialog({ row, onDone, onClose }: {
  row: LetterRow;
  /** The letter may go on. */
  onDone: (row: LetterRow) => void;
  onClose: () => void;
}) {
  const bridge = useBridge();
  const text = useText().outbox;
  // Sealed, it goes at once under the ids it has.
  const mayHaveGone = row.actions.includes("checkStatus");
  const confirm = useAction(async () => onDone(await bridge.confirmUnsent(row.letter)));
  return (
    <Modal
      title={text.unsentTitle(titleOf(row, text))}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" data-first="" onClick={onClose}>
            {text.unsentNo}
          </Button>
          <Button onClick={() => void confirm.run()} loading={confirm.slow}>
            {text.unsentYes}
          </Button>
        </>
      }
    >
      <p>{mayHaveGone ? text.unsentSealedBody : text.unsentBody}</p>
      {confirm.trouble && <TroublePanel trouble={confirm.trouble} />}
    </Modal>
  );
}
