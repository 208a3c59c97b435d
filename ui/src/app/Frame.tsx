import { Button } from "@digdir/designsystemet-react";
import {
  CheckmarkCircleIcon,
  CloudIcon,
  CloudSlashIcon,
  CogIcon,
  EnvelopeOpenIcon,
  ExclamationmarkTriangleIcon,
  FilePlusIcon,
  GlobeIcon,
  HatSchoolIcon,
  InboxUpIcon,
  MenuHamburgerIcon,
  PadlockLockedIcon,
  QuestionmarkCircleIcon,
  ShieldCheckmarkIcon,
  TasklistIcon,
  WrenchIcon,
} from "@navikt/aksel-icons";
import { useEffect, useState, type ComponentType, type ReactNode } from "react";

import { useBridge, useConnection, type CertificateView, type ConnectionState, type EnvironmentName, type Session } from "../bridge";
import { useFormat, useText } from "../text";
import { initials } from "../text/format";
import { Brand } from "./Brand";
import { SCREEN_KEYS, screensFor } from "./keyboard";
import { useLoad } from "./load";
import { useNavigation, type ScreenName } from "./navigation";
import { useSession } from "./session";
import { StandstillBands } from "./StandstillBands";

type Icon = ComponentType<{ className?: string; "aria-hidden"?: boolean }>;

const SCREEN_ICONS: Record<ScreenName, Icon> = {
  compose: FilePlusIcon,
  outbox: InboxUpIcon,
  receipts: TasklistIcon,
  settings: CogIcon,
  practice: EnvelopeOpenIcon,
};

const ENVIRONMENT_ICONS: Record<EnvironmentName, Icon> = {
  practice: HatSchoolIcon,
  test: WrenchIcon,
  production: GlobeIcon,
};

/** What stands round every screen: environment, navigation, agency, connection, clerk. */
export function Frame({ onHelp, children }: { onHelp: () => void; children: ReactNode }) {
  const text = useText();
  const session = useSession();
  const { visit } = useNavigation();
  const [menu, setMenu] = useState(false);
  useEffect(() => setMenu(false), [visit]);
  useEffect(() => {
    // In a narrow window the menu opens by its button, and takes focus.
    if (menu) document.getElementById("side")?.focus();
  }, [menu]);
  return (
    <div className="app">
      <a className="skip" href="#content" onClick={skipToContent}>
        {text.frame.skip}
      </a>
      <div className="app-stripe" data-environment={session.environment} />
      <Side session={session} open={menu} onHelp={onHelp} />
      <Top session={session} menu={menu} onMenu={() => setMenu(!menu)} />
      <main className="content" id="content" tabIndex={-1}>
        <StandstillBands />
        {children}
      </main>
    </div>
  );
}

function skipToContent(event: React.MouseEvent) {
  // No address bar: the hash is not to change.
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Side({ session, open, onHelp }: { session: Session; open: boolean; onHelp: () => void }) {
  const text = useText();
  const bridge = useBridge();
  const counts = useLoad(() => bridge.counts(), []).data;
  const own = screensFor(session.environment).filter((screen) => screen !== "practice");
  return (
    <aside className="side" id="side" data-region="navigation" data-open={open ? "" : undefined} aria-label={text.frame.side} tabIndex={-1}>
      <div className="brand">
        <Brand />
        {text.frame.appName}
      </div>
      <nav aria-label={text.frame.mainMenu}>
        <ul>
          {own.map((screen) => (
            <li key={screen}>
              <Entry screen={screen} count={counts && screen === "outbox" ? counts.outbox : counts && screen === "receipts" ? counts.followUp : 0} />
            </li>
          ))}
        </ul>
      </nav>
      {session.environment === "practice" && (
        <>
          <p className="side-caption">{text.frame.practiceOnly}</p>
          <nav aria-label={text.frame.practiceMenu}>
            <ul>
              <li>
                <Entry screen="practice" count={0} />
              </li>
            </ul>
          </nav>
        </>
      )}
      <div className="clerk">
        <span className="clerk-initials" aria-hidden>
          {initials(session.clerk)}
        </span>
        <span className="clerk-name">
          <span className="medium">{session.clerk}</span>
          <br />
          <span className="mute small">{text.frame.clerkRole}</span>
        </span>
        <Button icon variant="tertiary" data-color="neutral" className="small-button" aria-label={text.frame.keyboard.open} aria-keyshortcuts="F1 Control+/" title={`${text.frame.keyboard.open} (F1)`} onClick={onHelp}>
          <QuestionmarkCircleIcon aria-hidden />
        </Button>
      </div>
    </aside>
  );
}

function Entry({ screen, count }: { screen: ScreenName; count: number }) {
  const text = useText();
  const { place, navigate } = useNavigation();
  const Icon = SCREEN_ICONS[screen];
  const key = SCREEN_KEYS[screen];
  const urgent = screen === "receipts";
  return (
    <button
      type="button"
      className="side-item"
      aria-current={place.screen === screen ? "page" : undefined}
      aria-keyshortcuts={`Control+${key}`}
      title={`${text.frame.keyboard.ctrl}+${key}`}
      onClick={() => navigate({ screen })}
    >
      <Icon className="icon" aria-hidden />
      {text.frame.screens[screen]}
      {count > 0 && (
        <>
          <span className="side-count" data-urgent={urgent ? "" : undefined} aria-hidden>
            {count}
          </span>
          <span className="ds-sr-only">, {urgent ? text.frame.needsFollowUp(count) : text.frame.waiting(count)}</span>
        </>
      )}
    </button>
  );
}

function Top({ session, menu, onMenu }: { session: Session; menu: boolean; onMenu: () => void }) {
  const text = useText();
  const words = text.frame.environments[session.environment];
  const EnvironmentIcon = ENVIRONMENT_ICONS[session.environment];
  return (
    <header className="top" aria-label={text.frame.status}>
      <Button className="top-menu small-button" variant="secondary" data-color="neutral" aria-expanded={menu} aria-controls="side" onClick={onMenu}>
        <MenuHamburgerIcon aria-hidden />
        {text.frame.menu}
      </Button>
      <span className="environment" data-environment={session.environment}>
        <EnvironmentIcon className="icon" aria-hidden />
        {words.name}
      </span>
      <span className="mute top-optional">{words.meaning}</span>
      <span className="grow top-optional" />
      <span className="medium">{session.agency.name}</span>
      <span className="top-rule" />
      <Certificate certificate={session.certificate} environment={session.environment} />
      <span className="top-rule" />
      <ConnectionState />
    </header>
  );
}

/** Days before its end from which a certificate is warned of. */
const CERTIFICATE_WARNING_DAYS = 60;

function Certificate({ certificate, environment }: { certificate: CertificateView; environment: EnvironmentName }) {
  const text = useText();
  const format = useFormat();
  const day = format.numericDay(certificate.validUntil);
  const words = text.frame.certificate;
  if (certificate.daysLeft < 0) {
    return (
      <span className="top-part tone-error">
        <ExclamationmarkTriangleIcon className="icon" aria-hidden />
        {words.expired(day)}
      </span>
    );
  }
  if (certificate.daysLeft <= CERTIFICATE_WARNING_DAYS) {
    return (
      <span className="top-part tone-warning">
        <ExclamationmarkTriangleIcon className="icon" aria-hidden />
        {words.soon(format.days(certificate.daysLeft))}
      </span>
    );
  }
  return (
    <span className="top-part mute top-optional">
      <ShieldCheckmarkIcon className="icon" aria-hidden />
      {environment === "practice" ? words.practice(day) : words.valid(day)}
    </span>
  );
}

const CONNECTION_LOOK: Record<ConnectionState, { icon: Icon; tone: string }> = {
  unknown: { icon: CloudIcon, tone: "mute" },
  ok: { icon: CheckmarkCircleIcon, tone: "tone-ok" },
  offline: { icon: CloudSlashIcon, tone: "tone-warning" },
  denied: { icon: PadlockLockedIcon, tone: "tone-error" },
};

function ConnectionState() {
  const text = useText();
  const format = useFormat();
  const connection = useConnection();
  const state = connection?.state ?? "unknown";
  const { icon: StateIcon, tone } = CONNECTION_LOOK[state];
  const cause = connection?.code != null ? text.errors.codes[connection.code] : undefined;
  const more =
    state === "offline" && connection ? text.frame.connection.offlineSince(format.time(connection.since)) : state === "denied" && cause ? `${cause.what} ${cause.todo}` : undefined;
  return (
    <span className={`top-part nowrap ${tone}`} role="status" title={more}>
      <StateIcon className="icon" aria-hidden />
      {text.frame.connection[state]}
      {more !== undefined && <span className="ds-sr-only">. {more}</span>}
    </span>
  );
}
