import { useEffect, useRef, useState, type ComponentType } from "react";

import { useNavigation, useSession } from "../../app";
import { ScreenTitle } from "../../components";
import { useText } from "../../text";
import { AboutSection } from "./AboutSection";
import { useAgencyDraft } from "./agencyDraft";
import { AgencySection } from "./AgencySection";
import { AppearanceSection } from "./AppearanceSection";
import { PracticeSection } from "./PracticeSection";
import { SendingSection } from "./SendingSection";
import "./settings.css";

type SectionName = "agency" | "sending" | "appearance" | "practice" | "about";

const SECTIONS: Record<SectionName, ComponentType> = {
  agency: AgencySection,
  sending: SendingSection,
  appearance: AppearanceSection,
  practice: PracticeSection,
  about: AboutSection,
};

/** What is decided once. */
export function SettingsScreen() {
  const { settings: text } = useText();
  const { environment, agency } = useSession();
  const { place } = useNavigation();
  const { changed } = useAgencyDraft(agency);
  const names: SectionName[] = ["agency", "sending", "appearance", ...(environment === "practice" ? (["practice"] as const) : []), "about"];
  const [chosen, setChosen] = useState<SectionName>(names.find((name) => name === place.focus) ?? "agency");
  const [moved, setMoved] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const Section = SECTIONS[chosen];

  useEffect(() => {
    if (moved) heading.current?.focus();
  }, [moved, chosen]);

  return (
    <div className="screen settings">
      <div className="settings-menu" data-region="settings" role="region" aria-label={text.title} tabIndex={-1}>
        <ScreenTitle title={text.title} />
        <nav aria-label={text.title}>
          <ul>
            {names.map((name) => (
              <li key={name}>
                <button
                  type="button"
                  className="settings-entry"
                  aria-current={name === chosen ? "page" : undefined}
                  onClick={() => {
                    setChosen(name);
                    setMoved(true);
                  }}
                >
                  {text.sections[name]}
                  {name === "agency" && changed && <span className="mute small">{text.unsaved}</span>}
                </button>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="settings-content" data-region="flow" role="region" aria-labelledby="settings-section" tabIndex={-1}>
        <h2 id="settings-section" ref={heading} tabIndex={-1}>
          {text.sections[chosen]}
        </h2>
        <Section />
      </div>
    </div>
  );
}
