import { Button } from "@digdir/designsystemet-react";
import { BellSlashIcon, EnvelopeClosedIcon, FilePdfIcon, InboxDownIcon, PrinterSmallIcon } from "@navikt/aksel-icons";
import { useEffect, useRef, type ComponentType } from "react";

import { useLoad, useNavigation, useSession } from "../../app";
import { useBridge, type SampleLetter } from "../../bridge";
import { ScreenTitle, TroublePanel, Waiting } from "../../components";
import { useFormat, useText } from "../../text";
import { useComposition } from "./composition";
import { aboutFile } from "./DocumentBand";

/** Nothing is being made: how to begin. */
export function Empty() {
  const text = useText();
  const words = text.compose.empty;
  const format = useFormat();
  const session = useSession();
  const { pick, work, slow, fileTrouble } = useComposition();
  const { visit } = useNavigation();
  const button = useRef<HTMLButtonElement>(null);
  const refused = useRef<HTMLDivElement>(null);
  useEffect(() => {
    button.current?.focus();
  }, [visit]);
  useEffect(() => {
    if (fileTrouble) refused.current?.focus();
  }, [fileTrouble]);
  const seconds = session.preferences.undoSeconds;
  const about = fileTrouble && aboutFile(fileTrouble);

  return (
    <div className="screen compose-empty" data-desk="">
      <div className="flow empty-flow" data-region="flow" role="region" aria-label={text.compose.title} tabIndex={-1}>
        <div className="stack gap-12">
          <ScreenTitle title={words.title} focus={false} />
          <p className="lead">{words.lead}</p>
        </div>
        {about && <TroublePanel {...about} ref={refused} />}
        <div className="row gap-16">
          <Button ref={button} variant="primary" className="big-button" aria-keyshortcuts="Control+O" title={`${text.frame.keyboard.ctrl}+O`} aria-busy={work === "taking"} onClick={() => void pick("letter")}>
            <FilePdfIcon aria-hidden />
            {fileTrouble ? words.pickOther : words.pick}
          </Button>
          {slow && work === "taking" && <Waiting words={text.compose.taking} />}
        </div>
        <ol className="empty-steps" aria-label={words.steps}>
          <Step number={1} {...words.step1} />
          <Step number={2} {...words.step2} />
          <Step number={3} title={words.step3.title} text={seconds > 0 ? words.step3.text(format.duration(seconds)) : words.step3.textNow} />
        </ol>
        {session.environment === "practice" && <Samples />}
      </div>
      <div className="empty-desk" aria-hidden>
        <div className="ghost">
          <div className="ghost-back" />
          <div className="ghost-paper">
            <i />
            <i />
            <i />
            <i />
            <i />
          </div>
          <div className="ghost-call">
            <span>
              <InboxDownIcon />
            </span>
            <p>{words.placeholder}</p>
          </div>
        </div>
      </div>
    </div>
  );
}

function Step({ number, title, text }: { number: number; title: string; text: string }) {
  return (
    <li>
      <span className="step-number" aria-hidden>
        {number}
      </span>
      <div>
        <h2 className="step-title">{title}</h2>
        <p className="mute">{text}</p>
      </div>
    </li>
  );
}

const SAMPLES: { sample: SampleLetter; reason: string; icon: ComponentType<{ className?: string; "aria-hidden"?: boolean }> }[] = [
  { sample: "hasMailbox", reason: "MAILBOX_USABLE", icon: EnvelopeClosedIcon },
  { sample: "reserved", reason: "RESERVED", icon: PrinterSmallIcon },
  { sample: "notNotifiable", reason: "NOT_NOTIFIABLE", icon: BellSlashIcon },
];

/** Three letters that are ready to be sent, each to a citizen who is reached another way. */
function Samples() {
  const text = useText();
  const bridge = useBridge();
  const { sample } = useComposition();
  const persons = useLoad(() => bridge.practicePersons(), [bridge], () => false).data;
  return (
    <section className="stack gap-12" aria-labelledby="samples">
      <h2 id="samples">{text.compose.empty.practice}</h2>
      <div className="samples">
        {SAMPLES.map(({ sample: which, reason, icon: Icon }) => (
          <button key={which} type="button" onClick={() => void sample(which)}>
            <Icon className="icon" aria-hidden />
            <span className="strong">{text.compose.empty.samples[which]}</span>
            <span>{persons?.find((person) => person.reason === reason)?.name ?? "\u00a0"}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
