import { Button } from "@digdir/designsystemet-react";
import { CheckmarkCircleFillIcon, CloudSlashIcon, ExclamationmarkTriangleFillIcon, XMarkOctagonFillIcon } from "@navikt/aksel-icons";
import { useState } from "react";

import { useBridge, useConnection, useNotices, type Connection, type HaltView, type RestoredView, type ThawView } from "../bridge";
import { Modal, TroublePanel } from "../components";
import { useFormat, useText } from "../text";
import { useAnnounce } from "./announce";
import { useAction } from "./load";
import { useNavigation } from "./navigation";
import { useStandstill } from "./standstill";

/** What keeps all letters from being sent, who can mend it and how; above every screen. */
export function StandstillBands() {
  const { place } = useNavigation();
  const connection = useConnection();
  const { data, replace } = useStandstill();
  const [thawed, setThawed] = useState<ThawView | null>(null);
  const [asking, setAsking] = useState(false);
  // Lifted elsewhere: the question is not put again at the next halt.
  if (asking && data && !data.halt) setAsking(false);
  // Where letters wait, or are made that will.
  const waitsHere = place.screen === "compose" || place.screen === "outbox";
  return (
    <>
      {/* Always here, so that what comes into it is read aloud; a question is no part of it. */}
      <div className="standstill" role="status" aria-atomic={false}>
        {data?.restored && <Restored restored={data.restored} last={thawed} onAsked={setThawed} />}
        {data && !data.restored && thawed && <Thawed thawed={thawed} onClose={() => setThawed(null)} />}
        {data?.halt && <Halted halt={data.halt} onLift={() => setAsking(true)} />}
        {connection?.state === "offline" && waitsHere && <Offline connection={connection} standing={Boolean(data?.halt ?? data?.restored)} />}
      </div>
      {asking && <LiftDialog onLifted={replace} onClose={() => setAsking(false)} />}
    </>
  );
}

/** A service has denied the agency; an administrator mends it, and the clerk says that it is done. */
function Halted({ halt, onLift }: { halt: HaltView; onLift: () => void }) {
  const text = useText().frame.standstill.halt;
  const format = useFormat();
  return (
    <section className="notice" data-tone="error" aria-labelledby="halt-title">
      <XMarkOctagonFillIcon className="tone-error" aria-hidden />
      <div>
        <p className="strong" id="halt-title">
          {text.title}
        </p>
        <p>
          {text.cause[halt.code] ?? text.anyCause} {text.since(format.dayTime(halt.since))} {halt.waiting > 0 && text.waiting(halt.waiting)}
        </p>
        <p>{text.who}</p>
      </div>
      <div className="notice-actions">
        <Button variant="secondary" onClick={onLift}>
          {text.restored}
        </Button>
      </div>
    </section>
  );
}

/** Asks for an administrator's word that access is there again. */
function LiftDialog({ onLifted, onClose }: { onLifted: ReturnType<typeof useStandstill>["replace"]; onClose: () => void }) {
  const bridge = useBridge();
  const text = useText().frame.standstill.halt;
  const announce = useAnnounce();
  const lift = useAction(async () => {
    const standstill = await bridge.accessRestored();
    onClose();
    announce(text.lifted);
    onLifted(standstill);
  });
  return (
    <Modal
      title={text.confirmTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => void lift.run()} loading={lift.slow}>
            {text.confirmYes}
          </Button>
          <Button variant="secondary" data-first="" onClick={onClose}>
            {text.confirmNo}
          </Button>
        </>
      }
    >
      <p>{text.confirmBody}</p>
      {lift.trouble && <TroublePanel trouble={lift.trouble} />}
    </Modal>
  );
}

/** The ledger comes from a backup: what was under way then is asked about before anything goes. */
function Restored({ restored, last, onAsked }: { restored: RestoredView; last: ThawView | null; onAsked: (thawed: ThawView) => void }) {
  const bridge = useBridge();
  const text = useText().frame.standstill.restored;
  const format = useFormat();
  const [asked, setAsked] = useState(0);
  const thaw = useAction(async () => {
    setAsked(0);
    onAsked(await bridge.thaw());
  });
  useNotices((notice) => {
    if (notice.what === "thawing") setAsked(notice.asked);
  });
  return (
    <section className="notice" data-tone="warning" aria-labelledby="restored-title">
      <ExclamationmarkTriangleFillIcon className="tone-warning" aria-hidden />
      <div>
        <p className="strong" id="restored-title">
          {text.title}
        </p>
        <p>
          {text.frozen(format.dayTime(restored.at))} {text.why}
        </p>
        {last && last.unanswered > 0 && !thaw.running && <p>{text.unanswered(last.unanswered)}</p>}
        {thaw.slow && (
          // Read aloud at each letter it would drown all else.
          <p className="figures" aria-live="off">
            {text.progress(asked, Math.max(asked, restored.underWay))}
          </p>
        )}
      </div>
      <div className="notice-actions">
        <Button variant="secondary" onClick={() => void thaw.run()} loading={thaw.slow}>
          {thaw.slow ? text.asking : text.ask}
        </Button>
      </div>
      {thaw.trouble && (
        <div className="standstill-trouble">
          <TroublePanel trouble={thaw.trouble} />
        </div>
      )}
    </section>
  );
}

function Thawed({ thawed, onClose }: { thawed: ThawView; onClose: () => void }) {
  const { frame } = useText();
  const text = frame.standstill.restored;
  return (
    <section className="notice" data-tone="ok" aria-label={text.thawed}>
      <CheckmarkCircleFillIcon className="tone-ok" aria-hidden />
      <div>
        <p className="strong">{text.thawed}</p>
        {thawed.unsealed > 0 && <p>{text.unsealed(thawed.unsealed)}</p>}
      </div>
      <Button variant="tertiary" className="small-button" onClick={onClose}>
        {frame.close}
      </Button>
    </section>
  );
}

/** A service does not answer. Nothing for the clerk to do, but good to know. */
function Offline({ connection, standing }: {
  connection: Connection;
  /** Letters wait for more than that. */
  standing: boolean;
}) {
  const text = useText().frame.standstill.offline;
  const format = useFormat();
  const since = format.dayTime(connection.since);
  const service = connection.code === null ? undefined : text.service[connection.code];
  return (
    <p className="standstill-line">
      <CloudSlashIcon className="icon tone-warning" aria-hidden />
      <span>
        {service === undefined ? text.any(since) : text.silent(service, since)} {standing ? text.kept : text.safe}
      </span>
    </p>
  );
}
