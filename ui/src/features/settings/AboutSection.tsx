import { Button } from "@digdir/designsystemet-react";
import { FolderIcon, QuestionmarkCircleIcon } from "@navikt/aksel-icons";
import { useState } from "react";

import { useAction, useSession } from "../../app";
import { KeyboardHelp } from "../../app/KeyboardHelp";
import { useBridge } from "../../bridge";
import { TroublePanel } from "../../components";
import { useFormat, useText } from "../../text";

/** The program itself: which version, where the letters lie, which keys. */
export function AboutSection() {
  const bridge = useBridge();
  const { version, dataFolder, certificate } = useSession();
  const { settings: text } = useText();
  const words = text.about;
  const format = useFormat();
  const [keys, setKeys] = useState(false);
  const open = useAction(() => bridge.openDataFolder());
  const day = format.longDay(certificate.validUntil);
  return (
    <div className="settings-form">
      <dl className="settings-facts">
        <div>
          <dt>{words.version}</dt>
          <dd className="figures">Utpost {version}</dd>
        </div>
        <div>
          <dt>{words.certificate}</dt>
          <dd>{certificate.daysLeft < 0 ? words.expired(day) : words.validUntil(day, format.days(certificate.daysLeft))}</dd>
        </div>
        <div>
          <dt>{words.dataFolder}</dt>
          <dd className="settings-path">{dataFolder}</dd>
          <dd className="mute">{words.dataHint}</dd>
        </div>
      </dl>
      {open.trouble && <TroublePanel trouble={open.trouble} />}
      <div className="settings-save">
        <Button variant="secondary" onClick={() => void open.run()} loading={open.slow}>
          <FolderIcon aria-hidden />
          {words.openFolder}
        </Button>
        <Button variant="secondary" onClick={() => setKeys(true)}>
          <QuestionmarkCircleIcon aria-hidden />
          {words.shortcuts}
        </Button>
      </div>
      {keys && <KeyboardHelp onClose={() => setKeys(false)} />}
    </div>
  );
}
