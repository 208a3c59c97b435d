import { ArrowLeftIcon, ExclamationmarkTriangleFillIcon, FolderFileIcon, XMarkOctagonFillIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useState, type ReactNode, type Ref } from "react";

import { useAction, useLoad, useNavigate } from "../../app";
import { useBridge, type LetterDetail, type LetterRow, type StateName } from "../../bridge";
import { TroublePanel, Waiting } from "../../components";
import { LateNotice } from "../../components/LateNotice";
import { useFormat, useText } from "../../text";
import { addressLines } from "../../text/format";
import { Documents } from "./Documents";
import { DoubtedList } from "./Doubted";
import { asksOf, type Ask } from "./standing";
import { Timeline } from "./Timeline";
import { Why } from "./Why";

/** One letter: what it needs, what has happened to it, why it went that way, and its pages. */
export function LetterPanel({ letter, heading, onBack, onShow }: {
  letter: string | null;
  heading: Ref<HTMLHeadingElement>;
  onBack: () => void;
  /** Shows another letter. */
  onShow: (letter: string) => void;
}) {
  const { receipts: text } = useText();
  if (letter === null)
    return (
      <Frame label={text.chooseTitle} onBack={onBack}>
        <div className="letter-body">
          <h2 ref={heading} tabIndex={-1}>
            {text.chooseTitle}
          </h2>
          <p className="mute">{text.chooseBody}</p>
        </div>
      </Frame>
    );
  return <Chosen letter={letter} heading={heading} onBack={onBack} onShow={onShow} />;
}

function Chosen({ letter, heading, onBack, onShow }: { letter: string; heading: Ref<HTMLHeadingElement>; onBack: () => void; onShow: (letter: string) => void }) {
  const bridge = useBridge();
  const { receipts: text } = useText();
  const detail = useLoad(() => bridge.letter(letter), [bridge, letter], (notice) => notice.what === "letterChanged" && notice.letter === letter);
  const shown = detail.data;
  return (
    <Frame label={shown?.row.title ?? text.untitled} onBack={onBack}>
      {detail.trouble && (
        <div className="letter-body">
          <TroublePanel trouble={detail.trouble} onRetry={detail.reload} />
        </div>
      )}
      {detail.waiting && (
        <div className="letter-body">
          <Waiting words={text.loadingLetter} />
        </div>
      )}
      {shown && !detail.trouble && (
        <>
          <Body detail={shown} heading={heading} onShow={onShow} />
          <Actions key={shown.row.letter} detail={shown} />
        </>
      )}
    </Frame>
  );
}

function Frame({ label, onBack, children }: { label: string; onBack: () => void; children: ReactNode }) {
  const text = useText().receipts;
  return (
    <aside className="letter-panel" data-region="desk" aria-label={label} tabIndex={-1}>
      <Button variant="tertiary" className="letter-back" onClick={onBack}>
        <ArrowLeftIcon aria-hidden />
        {text.back}
      </Button>
      {children}
    </aside>
  );
}

function Body({ detail, heading, onShow }: { detail: LetterDetail; heading: Ref<HTMLHeadingElement>; onShow: (letter: string) => void }) {
  const { receipts: text } = useText();
  const format = useFormat();
  const { row, replaces } = detail;
  const way = row.carrier === "print" ? text.paper : (row.receiver?.name ?? (row.carrier === "digital" ? text.digital : null));
  return (
    <div className="letter-body">
      <div>
        <h2 ref={heading} tabIndex={-1}>
          {row.title ?? text.untitled}
        </h2>
        <p className="mute">{[row.recipientName ?? text.unnamed, way].filter((part) => part !== null).join(", ")}</p>
        {row.recipientNumber !== null && <p className="mute small figures">{text.number(format.personNumber(row.recipientNumber))}</p>}
        {replaces !== null && (
          <button type="button" className="text-button" onClick={() => onShow(replaces)}>
            {text.replaces}
          </button>
        )}
      </div>
      {asksOf(row).map((ask) => (
        <Alert key={ask} ask={ask} row={row} />
      ))}
      <Timeline key={row.letter} detail={detail} />
      <Why detail={detail} />
      {detail.doubted.length > 0 && (
        <section className="letter-part">
          <h3>{text.doubted.title}</h3>
          <p className="mute">{text.doubted.body}</p>
          <DoubtedList receipts={detail.doubted} />
        </section>
      )}
      {detail.address && row.carrier === "print" && (
        <section className="letter-part">
          <h3>{text.address}</h3>
          <p>
            {addressLines(detail.address).map((line, at) => (
              <span key={at} className="letter-line">
                {line}
              </span>
            ))}
          </p>
        </section>
      )}
      <Documents owner={{ of: "letter", letter: row.letter }} documents={detail.documents} />
    </div>
  );
}

function Alert({ ask, row }: { ask: Ask; row: LetterRow }) {
  const words = useText().receipts.alert[ask];
  const grave = ask === "failed" || ask === "refused";
  const Icon = grave ? XMarkOctagonFillIcon : ExclamationmarkTriangleFillIcon;
  return (
    <div className="notice" data-tone={grave ? "error" : "warning"}>
      <Icon className={grave ? "tone-error" : "tone-warning"} aria-hidden />
      <div>
        <p className="strong">{words.title}</p>
        {ask === "late" && row.late ? <LateNotice row={row} /> : <p>{words.body}</p>}
      </div>
    </div>
  );
}

/** What may be done with these is offered in the outbox. */
const IN_OUTBOX: readonly StateName[] = ["draft", "waitingForRegister", "stopped", "ready", "awaitingApproval", "held", "queued", "submitting", "uncertain"];

/** A late letter is asked about at the service desk; nothing here makes it a second time. */
function Actions({ detail: { row } }: { detail: LetterDetail }) {
  const bridge = useBridge();
  const text = useText().receipts;
  const navigate = useNavigate();
  const [folder, setFolder] = useState<string | null>(null);
  const evidence = useAction(async () => {
    setFolder(null);
    setFolder(await bridge.evidenceFolder(row.letter));
  });
  const again = useAction(async () => {
    await bridge.composeFrom(row.letter);
    navigate({ screen: "compose" });
  });
  const trouble = evidence.trouble ?? again.trouble;
  const wanted = row.state === "failed" || row.state === "refused" || row.state === "returned";
  return (
    <div className="letter-actions">
      {trouble && <TroublePanel trouble={trouble} />}
      <p className="small letter-folder" role="status">
        {folder === null ? "" : text.evidenceWritten(folder)}
      </p>
      {IN_OUTBOX.includes(row.state) && (
        <Button variant="primary" onClick={() => navigate({ screen: "outbox", letter: row.letter })}>
          {text.toOutbox}
        </Button>
      )}
      {row.actions.includes("newLetter") && !row.late && (
        <Button variant={wanted ? "primary" : "secondary"} onClick={() => void again.run()} loading={again.slow}>
          {text.newFromThis}
        </Button>
      )}
      <Button variant="tertiary" onClick={() => void evidence.run()} loading={evidence.slow} title={text.evidenceHint}>
        {!evidence.slow && <FolderFileIcon aria-hidden />}
        {text.evidence}
      </Button>
    </div>
  );
}
