import { useRef } from "react";

import { useAction, useReplaceSession, useSession } from "../../app";
import { useBridge, type Preferences } from "../../bridge";
import { TroublePanel } from "../../components";
import { useText } from "../../text";
import { Choice } from "./AgencySection";

/** Language and look, changed at once. */
export function AppearanceSection() {
  const bridge = useBridge();
  const { preferences } = useSession();
  const replaceSession = useReplaceSession();
  const { settings: text } = useText();
  const words = text.appearance;
  // A second choice may come before the first is answered.
  const wanted = useRef(preferences);
  const change = useAction(async (part: Partial<Preferences>) => {
    wanted.current = { ...wanted.current, ...part };
    replaceSession(await bridge.setPreferences(wanted.current));
  });
  return (
    <div className="settings-form">
      <p className="mute">{words.atOnce}</p>
      {change.trouble && <TroublePanel trouble={change.trouble} />}
      <Choice
        legend={words.language}
        value={preferences.language}
        options={[
          { value: "nb", label: words.nb, lang: "nb" },
          { value: "nn", label: words.nn, lang: "nn" },
          { value: "en", label: words.en, lang: "en" },
        ]}
        onChange={(language) => void change.run({ language })}
      />
      <Choice
        legend={words.theme}
        value={preferences.theme}
        options={[
          { value: "system", label: words.system },
          { value: "light", label: words.light },
          { value: "dark", label: words.dark },
        ]}
        onChange={(theme) => void change.run({ theme })}
      />
    </div>
  );
}
