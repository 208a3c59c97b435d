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
  // Where letters wait, or are made that will.
  const waitsHere = place.screen === "compose" || place.screen === "outbox";
  return (
    <div className="standstill">
      {data?.restored && <Restored restored={data.restored} last={thawed} onAsked={setThawed} />}
      {data && !data.restored && thawed && <Thawed thawed={thawed} onClose={() => setThawed(null)} />}
      {data?.halt && <Halted halt={data.halt} onLifted={replace} />}
      {connection?.state === "offline" && waitsHere && <Offline connection={connection} />}
    </div>
  );
}

/** A service has denied the agency; an administrator mends it, and the clerk says that it is done. */
function Halted({ halt, onLifted }: { halt: HaltView; onLifted: ReturnType<typeof useStandstill>["replace"] }) {
  const bridge = useBridge();
  const text = useText().frame.standstill.halt;
  const format = useFormat();
  const announce = useAnnounce();
  const [asking, setAsking] = useState(false);
  const lift = useAction(async () => {
    const standstill = await bridge.accessRestored();
    setAsking(false);
    announce(text.lifted);
    onLifted(standstill);
  });
  return (
    <section className="notice" data-tone="error" aria-labelledby="halt-title">
      <XMarkOctagonFillIcon className="tone-error" aria-hidden />
      <div role="status">
        <h2 className="strong" id="halt-title">
          {text.title}
        </h2>
        <p>
          {text.cause[halt.code] ?? text.anyCause} {text.since(format.dayTime(halt.since))} {halt.waiting > 0 && text.waiting(halt.waiting)}
        </p>
        <p>{text.who}</p>
      </div>
      <div className="notice-actions">
        <Button variant="secondary" onClick={() => setAsking(true)}>
          {text.restored}
        </Button>
      </div>
      {asking && (
        <Modal
          title={text.confirmTitle}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => void lift.run()} loading={lift.slow}>
                {text.confirmYes}
              </Button>
              <Button variant="secondary" data-first="" onClick={() => setAsking(false)}>
                {text.confirmNo}
              </Button>
            </>
          }
        >
          <p>{text.confirmBody}</p>
          {lift.trouble && <TroublePanel trouble={lift.trouble} />}
        </Modal>
      )}
    </section>
  );
}

/** The ledger comes from a backup: what was under way then is asked about before anything goes. */
function Restored({ restored, last, onAsked }: { restored: RestoredView; last: ThawView | null; onAsked: (thawed: ThawView) => void }) {
  const bridge = useBridge();
  const text = useText().frame.standstill.restored;
  const format = useFormat();
  const announce = useAnnounce();
  const [asked, setAsked] = useState(0);
  const thaw = useAction(async () => {
    setAsked(0);
    const thawed = await bridge.thaw();
    announce(thawed.unanswered > 0 ? text.unanswered(thawed.unanswered) : text.thawed);
    onAsked(thawed);
  });
  useNotices((notice) => {
    if (notice.what === "thawing") setAsked(notice.asked);
  });
  return (
    <section className="notice" data-tone="warning" aria-labelledby="restored-title">
      <ExclamationmarkTriangleFillIcon className="tone-warning" aria-hidden />
      <div role="status">
        <h2 className="strong" id="restored-title">
          {text.title}
        </h2>
        <p>
          {text.frozen(format.dayTime(restored.at))} {text.why}
        </p>
        {last && last.unanswered > 0 && !thaw.running && <p>{text.unanswered(last.unanswered)}</p>}
        {thaw.slow && <p className="figures">{text.progress(asked, Math.max(asked, restored.underWay))}</p>}
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
function Offline({ connection }: { connection: Connection }) {
  const text = useText().frame.standstill.offline;
  const format = useFormat();
  const since = format.dayTime(connection.since);
  const service = connection.code === null ? undefined : text.service[connection.code];
  return (
    <p className="standstill-line" role="status">
      <CloudSlashIcon className="icon tone-warning" aria-hidden />
      <span>
        {service === undefined ? text.any(since) : text.silent(service, since)} {text.safe}
      </span>
    </p>
  );
}
