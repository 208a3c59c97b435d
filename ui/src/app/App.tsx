import { useEffect, useState } from "react";

import { BridgeProvider, useBridge, type Bridge } from "../bridge";
import { ComposeScreen } from "../features/compose/ComposeScreen";
import { CompositionProvider, useComposition } from "../features/compose/composition";
import { FilesGiven } from "../features/compose/FilesGiven";
import { OutboxScreen } from "../features/outbox/OutboxScreen";
import { PracticeScreen } from "../features/practice/PracticeScreen";
import { ReceiptsScreen } from "../features/receipts/ReceiptsScreen";
import { SettingsScreen } from "../features/settings/SettingsScreen";
import { AnnounceProvider } from "./announce";
import { ClosingDialog } from "./ClosingDialog";
import { Frame } from "./Frame";
import { focusSearch, screensFor, useShortcuts } from "./keyboard";
import { KeyboardHelp } from "./KeyboardHelp";
import { NavigationProvider, useNavigation, type Place } from "./navigation";
import { useSession } from "./session";
import { Startup } from "./Startup";

/** The whole window. */
export function App({ bridge, start = { screen: "compose" } }: { bridge: Bridge; start?: Place }) {
  return (
    <BridgeProvider bridge={bridge}>
      <Startup>
        <AnnounceProvider>
          <NavigationProvider start={start}>
            <CompositionProvider>
              <Window />
            </CompositionProvider>
          </NavigationProvider>
        </AnnounceProvider>
      </Startup>
    </BridgeProvider>
  );
}

function Window() {
  const bridge = useBridge();
  const session = useSession();
  const composition = useComposition();
  const { navigate } = useNavigation();
  const [help, setHelp] = useState(false);
  const [searching, setSearching] = useState(false);

  useEffect(() => {
    void bridge.uiReady();
  }, [bridge]);
  useEffect(() => {
    // The search field comes with the screen.
    if (searching) {
      focusSearch();
      setSearching(false);
    }
  }, [searching]);

  useShortcuts({
    screens: screensFor(session.environment),
    go: (screen) => navigate({ screen }),
    pick: () => {
      navigate({ screen: "compose" });
      void composition.pick(composition.composition ? "replacement" : "letter");
    },
    search: () => {
      if (focusSearch()) return;
      navigate({ screen: "receipts" });
      setSearching(true);
    },
    help: () => setHelp(true),
  });

  return (
    <>
      <Frame onHelp={() => setHelp(true)}>
        <CurrentScreen />
        <FilesGiven />
      </Frame>
      {help && <KeyboardHelp onClose={() => setHelp(false)} />}
      <ClosingDialog />
    </>
  );
}

function CurrentScreen() {
  const { place } = useNavigation();
  switch (place.screen) {
    case "compose":
      return <ComposeScreen />;
    case "outbox":
      return <OutboxScreen />;
    case "receipts":
      return <ReceiptsScreen />;
    case "settings":
      return <SettingsScreen />;
    case "practice":
      return <PracticeScreen />;
  }
}
