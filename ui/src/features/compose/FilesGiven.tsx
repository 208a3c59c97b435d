import { Button, Radio } from "@digdir/designsystemet-react";
import { useState } from "react";

import { useAnnounce, useNavigate } from "../../app";
import { useFilesGiven, useNotices, type Role } from "../../bridge";
import { Modal } from "../../components";
import { useText } from "../../text";
import { useComposition } from "./composition";

/** Takes files dropped anywhere in the window, and asks what they are for where that is not plain. */
export function FilesGiven() {
  const text = useText();
  const words = text.frame.files;
  const navigate = useNavigate();
  const announce = useAnnounce();
  const { composition, take } = useComposition();
  const [over, setOver] = useState(false);
  const [asking, setAsking] = useState<{ paths: string[]; which: "use" | "letter" } | null>(null);

  useNotices((notice) => {
    if (notice.what === "filesOver") setOver(notice.over);
  });
  useFilesGiven((paths) => {
    setOver(false);
    if (composition) setAsking({ paths, which: "use" });
    else if (paths.length > 1) setAsking({ paths, which: "letter" });
    else void use(paths, "letter");
  });

  const use = async (paths: string[], role: Role) => {
    setAsking(null);
    navigate({ screen: "compose", focus: "letter" });
    const taken = await take(paths, role);
    if (taken && role === "attachments") announce(text.compose.document.added(paths.length));
  };

  return (
    <>
      {over && (
        <div className="drop-frame" aria-hidden>
          {words.over}
        </div>
      )}
      {asking?.which === "use" && composition && (
        <Modal
          title={asking.paths.length > 1 ? words.manyTitle : words.oneTitle}
          onClose={() => setAsking(null)}
          actions={
            <>
              <Button data-first variant="primary" onClick={() => void use(asking.paths, "attachments")}>
                {words.attach}
              </Button>
              {asking.paths.length === 1 && (
                <Button variant="secondary" onClick={() => void use(asking.paths, "replacement")}>
                  {words.replace}
                </Button>
              )}
              <Button variant="secondary" onClick={() => (asking.paths.length > 1 ? setAsking({ ...asking, which: "letter" }) : void use(asking.paths, "letter"))}>
                {words.fresh}
              </Button>
            </>
          }
        >
          <p>{words.open(composition.documents[0]?.fileName ?? "")}</p>
          <ul className="plain-list">
            {asking.paths.map((path) => (
              <li key={path}>{fileName(path)}</li>
            ))}
          </ul>
          <p className="mute">{composition.letter ? words.freshKept : words.freshLost}</p>
        </Modal>
      )}
      {asking?.which === "letter" && <WhichIsTheLetter paths={asking.paths} onUse={(paths) => void use(paths, "letter")} onClose={() => setAsking(null)} />}
    </>
  );
}

/** One of several files is the letter; the others are its attachments. */
function WhichIsTheLetter({ paths, onUse, onClose }: { paths: string[]; onUse: (paths: string[]) => void; onClose: () => void }) {
  const text = useText();
  const words = text.frame.files;
  const [chosen, setChosen] = useState(() => paths.find((path) => /\.pdf$/i.test(path)) ?? paths[0] ?? "");
  return (
    <Modal
      title={words.whichTitle}
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={() => onUse([chosen, ...paths.filter((path) => path !== chosen)])}>
          {words.use}
        </Button>
      }
    >
      <p>{words.which}</p>
      <fieldset className="stack gap-8">
        <legend className="medium">{words.whichLegend}</legend>
        {paths.map((path) => (
          <Radio key={path} name="letter-file" value={path} label={fileName(path)} checked={path === chosen} onChange={() => setChosen(path)} {...(path === chosen ? { "data-first": "" } : {})} />
        ))}
      </fieldset>
    </Modal>
  );
}

/** The last part of a path, on any system. */
function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
