import { Button, Textfield } from "@digdir/designsystemet-react";
import { FileIcon, FilePdfIcon, InformationSquareFillIcon, PaperclipIcon, PencilIcon, TrashIcon } from "@navikt/aksel-icons";
import { useEffect, useRef, useState } from "react";

import { useAnnounce, useNavigate } from "../../app";
import type { DocumentView, Trouble } from "../../bridge";
import { Modal, TroublePanel, Waiting } from "../../components";
import { useFormat, useText } from "../../text";
import { Band } from "./Band";
import { useComposition } from "./composition";
import { focusPlace } from "./problems";

/** The file and its attachments. */
export function DocumentBand() {
  const text = useText();
  const words = text.compose.document;
  const announce = useAnnounce();
  const { composition, work, slow, fileTrouble, pick } = useComposition();
  const refused = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (fileTrouble) refused.current?.focus();
  }, [fileTrouble]);
  const [puttingAway, setPuttingAway] = useState(false);
  const documents = composition?.documents ?? [];
  const [letter, ...attachments] = documents;
  const remarks = documents.flatMap((document) => document.remarks.map((remark) => ({ document, remark })));
  const about = fileTrouble && aboutFile(fileTrouble);
  if (!letter) return null;

  const attach = async () => {
    const after = await pick("attachments");
    if (after) announce(words.added(after.documents.length - documents.length));
  };

  return (
    <Band
      title={words.title}
      status={fileTrouble ? "error" : work === "taking" && slow ? "working" : remarks.length > 0 ? "advice" : "ok"}
      summary={fileTrouble ? words.wrong : remarks.length > 0 ? words.advice(remarks.length) : words.fine}
      action={
        <span className="row gap-16">
          <button type="button" className="text-button" id="letter-file" aria-keyshortcuts="Control+O" title={`${text.frame.keyboard.ctrl}+O`} onClick={() => void pick("replacement")}>
            {words.replace}
          </button>
          <button type="button" className="text-button" onClick={() => setPuttingAway(true)}>
            {words.putAway}
          </button>
        </span>
      }
    >
      {about && <TroublePanel {...about} ref={refused} />}
      <div className="file-line">
        <FilePdfIcon className="icon tone-accent" aria-hidden />
        <span className="file-name">
          <span className="medium">{letter.fileName}</span> <FileFacts document={letter} />
        </span>
        <Button className="small-button edge" variant="tertiary" onClick={() => void attach()}>
          <PaperclipIcon aria-hidden />
          {words.attach}
        </Button>
      </div>
      {attachments.length > 0 && (
        <ul className="attachments" aria-label={words.attachments}>
          {attachments.map((document) => (
            <Attachment key={document.number} document={document} />
          ))}
        </ul>
      )}
      {slow && work === "taking" && <Waiting words={text.compose.taking} />}
      {remarks.map(({ document, remark }) => (
        <div key={`${document.number}-${remark}`} className="notice" data-tone="advice">
          <InformationSquareFillIcon className="tone-advice" aria-hidden />
          <p>
            <span className="strong">{words.advicePrefix} </span>
            {words.remarks[remark]} {documents.length > 1 && text.errors.inDocument(document.title)}
          </p>
        </div>
      ))}
      {puttingAway && <PutAway kept={composition?.letter != null} onClose={() => setPuttingAway(false)} />}
    </Band>
  );
}

function FileFacts({ document }: { document: DocumentView }) {
  const text = useText();
  const format = useFormat();
  const pages = document.pages.length;
  return (
    <span className="mute figures nowrap">
      {pages > 0 && `${text.compose.document.pages(pages)}, `}
      {format.bytes(document.bytes)}
    </span>
  );
}

function Attachment({ document }: { document: DocumentView }) {
  const words = useText().compose.document;
  const announce = useAnnounce();
  const { remove, rename } = useComposition();
  const [name, setName] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);

  const close = () => {
    setName(null);
    requestAnimationFrame(() => opener.current?.focus());
  };
  const save = async () => {
    if (name === null) return;
    if (name.trim() === "" || name.trim() === document.title) close();
    else if (await rename(document.number, name.trim())) close();
  };
  const takeAway = async () => {
    if (!(await remove(document.number))) return;
    announce(words.removed(document.title));
    // The row is gone; focus stays in the band.
    focusPlace("letter-file");
  };

  return (
    <li className="file-line">
      {document.kind === "pdf" ? <FilePdfIcon className="icon tone-accent" aria-hidden /> : <FileIcon className="icon tone-accent" aria-hidden />}
      {name === null ? (
        <>
          <span className="file-name">
            <span className="medium">{document.title}</span> <FileFacts document={document} />
          </span>
          <Button ref={opener} icon className="small-button" variant="tertiary" aria-label={words.renameOf(document.title)} title={words.rename} onClick={() => setName(document.title)}>
            <PencilIcon aria-hidden />
          </Button>
          <Button icon className="small-button edge" variant="tertiary" aria-label={words.removeOf(document.title)} title={words.remove} onClick={() => void takeAway()}>
            <TrashIcon aria-hidden />
          </Button>
        </>
      ) : (
        <form
          className="rename"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Textfield
            label={words.newName}
            value={name}
            maxLength={255}
            ref={(field) => {
              // On opening only, so that typing is left alone.
              if (field && field !== window.document.activeElement && !field.dataset.entered) {
                field.dataset.entered = "yes";
                field.focus();
                field.select();
              }
            }}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.preventDefault();
              close();
            }}
          />
          <Button type="submit" variant="secondary">
            {words.save}
          </Button>
        </form>
      )}
    </li>
  );
}

function PutAway({ kept, onClose }: { kept: boolean; onClose: () => void }) {
  const text = useText();
  const words = text.compose.document;
  const navigate = useNavigate();
  const { clear } = useComposition();
  return (
    <Modal
      title={words.putAwayTitle}
      onClose={onClose}
      actions={
        <>
          <Button
            data-first
            variant="primary"
            onClick={() => {
              onClose();
              void clear().then(() => navigate({ screen: "compose" }));
            }}
          >
            {words.putAwayYes}
          </Button>
          <Button variant="secondary" onClick={onClose}>
            {text.frame.cancel}
          </Button>
        </>
      }
    >
      <p>{kept ? words.putAwayKept : words.putAwayLost}</p>
    </Modal>
  );
}

/** Trouble with a file: the core's detail is then the file's name. */
export function aboutFile(trouble: Trouble): { trouble: Trouble; about?: string } {
  if (trouble.family !== "input" || trouble.detail === null) return { trouble };
  return { trouble: { ...trouble, detail: null }, about: trouble.detail };
}
