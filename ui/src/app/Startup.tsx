import { Button } from "@digdir/designsystemet-react";
import { useEffect, useState, type ReactNode } from "react";

import { asTrouble, useBridge, useListening, useNotices, type Preferences, type Session, type Startup as StartupState } from "../bridge";
import { TroublePanel, Waiting } from "../components";
import { TextProvider, useText } from "../text";
import { useAction, useSlow } from "./load";
import { SessionProvider } from "./session";
import { useTheme } from "./theme";

const BEFORE_ANY_ANSWER: StartupState = {
  stage: "opening",
  preferences: { language: "nb", theme: "system", undoSeconds: 10 },
};

/** Shows how far the program has come in starting, and then what is inside. */
export function Startup({ children }: { children: ReactNode }) {
  const bridge = useBridge();
  const listening = useListening();
  const [startup, setStartup] = useState<StartupState>(BEFORE_ANY_ANSWER);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    // A change told before the page listens would be lost: so it listens first.
    listening.then(() => bridge.startup()).then(
      (answer) => current && setStartup(answer),
      (error: unknown) =>
        current && setStartup((before) => ({ stage: "failed", trouble: asTrouble(error), preferences: preferencesOf(before) })),
    );
    return () => {
      current = false;
    };
  }, [bridge, listening, round]);
  useNotices((notice) => {
    if (notice.what === "startupChanged") setRound((before) => before + 1);
  });

  const session = startup.stage === "open" ? startup.session : null;
  const { language, theme } = preferencesOf(startup);
  useTheme(theme);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const replace = (changed: Session) => setStartup({ stage: "open", session: changed });

  return (
    <TextProvider language={language}>
      {startup.stage === "opening" && <Opening />}
      {startup.stage === "failed" && <Failed startup={startup} />}
      {session && (
        <SessionProvider session={session} replace={replace}>
          {children}
        </SessionProvider>
      )}
    </TextProvider>
  );
}

function Opening() {
  const text = useText();
  const slow = useSlow(true);
  return (
    <main className="start-screen" aria-busy>
      {slow && (
        <>
          <h1>{text.frame.opening.title}</h1>
          <Waiting words={text.frame.opening.working} />
        </>
      )}
    </main>
  );
}

function Failed({ startup }: { startup: StartupState & { stage: "failed" } }) {
  const text = useText();
  const bridge = useBridge();
  const retry = useAction(() => bridge.retryStartup());
  const folder = useAction(() => bridge.openDataFolder());
  return (
    <main className="start-screen">
      <h1>{text.frame.failed.title}</h1>
      <TroublePanel
        trouble={retry.trouble ?? folder.trouble ?? startup.trouble}
        onRetry={() => void retry.run()}
        actions={
          <Button variant="tertiary" onClick={() => void folder.run()}>
            {text.frame.failed.openFolder}
          </Button>
        }
      />
      <p className="mute">{text.frame.failed.safe}</p>
    </main>
  );
}

function preferencesOf(startup: StartupState): Preferences {
  return startup.stage === "open" ? startup.session.preferences : startup.preferences;
}
