import { ExclamationmarkTriangleIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useState } from "react";

import { useLoad } from "../../app";
import { useBridge } from "../../bridge";
import { Modal } from "../../components";
import { useText } from "../../text";
import { DoubtedList } from "./Doubted";

/** Receipts that belong to no letter here: kept, shown, and counted for none. */
export function StrayReceipts({ collected }: {
  /** How many a look for receipts has just brought; another number loads anew. */
  collected: number | null;
}) {
  const bridge = useBridge();
  const text = useText().receipts.doubted;
  const strays = useLoad(() => bridge.strayReceipts(), [bridge, collected]);
  const [open, setOpen] = useState(false);
  const receipts = strays.data ?? [];
  if (receipts.length === 0) return null;
  return (
    <>
      <p>
        <Button variant="tertiary" data-color="warning" className="small-button receipts-strays" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          <ExclamationmarkTriangleIcon aria-hidden />
          {text.strays(receipts.length)}
        </Button>
      </p>
      {open && (
        <Modal title={text.straysTitle} onClose={() => setOpen(false)}>
          <p>{text.straysBody}</p>
          <DoubtedList receipts={receipts} />
        </Modal>
      )}
    </>
  );
}
