import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ComponentType } from "react";

import type { Place } from "../app";
import { AnnounceProvider } from "../app/announce";
import { NavigationProvider, useNavigation } from "../app/navigation";
import { Startup } from "../app/Startup";
import { BridgeProvider, type Bridge, type Preferences, type Session } from "../bridge";
import { createMock } from "../bridge/mock";
import * as fixtures from "../bridge/fixtures";

// Asked by the spinner.
document.getAnimations ??= () => [];

/** Opens one screen over a stand-in for the core. Where the clerk goes from it is in `place()`. */
export async function openScreen(
  Screen: ComponentType,
  { start, bridge = {}, session = {}, preferences = {}, advanceTimers }: { start: Place; bridge?: Partial<Bridge>; session?: Partial<Session>; preferences?: Partial<Preferences>; advanceTimers?: (ms: number) => void },
) {
  const mock = createMock(bridge, { preferences: { ...fixtures.session.preferences, ...preferences }, ...session });
  const user = userEvent.setup(advanceTimers ? { advanceTimers } : {});
  let place = start;
  const Probe = () => {
    place = useNavigation().place;
    return place.screen === start.screen ? <Screen /> : <p>{place.screen}</p>;
  };
  const view = render(
    <BridgeProvider bridge={mock}>
      <Startup>
        <AnnounceProvider>
          <NavigationProvider start={start}>
            <main>
              <Probe />
            </main>
          </NavigationProvider>
        </AnnounceProvider>
      </Startup>
    </BridgeProvider>,
  );
  await view.findByRole("heading", { level: 1 });
  return { mock, user, view, place: () => place };
}

/** A window with room for one thing at a time; for `beforeEach`, which it tells how to undo that. */
export function narrowWindow(): () => void {
  const wide = window.matchMedia;
  window.matchMedia = (query) => ({ ...wide(query), matches: query.includes("max-width") });
  return () => {
    window.matchMedia = wide;
  };
}
