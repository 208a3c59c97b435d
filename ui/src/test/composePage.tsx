import { screen, waitFor, within } from "@testing-library/react";

import { openWindow } from "./render";

type Opening = NonNullable<Parameters<typeof openWindow>[0]>;

/** Nytt brev as a clerk meets it, by roles and names. */
export async function openCompose(opening: Opening = {}) {
  const { mock, user, view } = await openWindow(opening);
  const page = {
    mock,
    user,
    view,
    drop: async (...paths: string[]) => {
      mock.notify({ what: "filesGiven", paths: paths.length > 0 ? paths : ["/saker/Vedtak om beiterett.pdf"] });
      await Promise.resolve();
    },
    /** A letter lies on the desk, and its recipient is to be looked up. */
    dropped: async (...paths: string[]) => {
      await page.drop(...paths);
      await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
      await waitFor(() => page.focusIsOn(page.lookUp()));
    },
    number: () => screen.getByRole("textbox", { name: "Fødselsnummer" }),
    lookUp: () => screen.getByRole("button", { name: "Slå opp" }),
    send: () => screen.getByRole("button", { name: /^Send( på papir)?$/ }),
    decision: () => screen.findByRole("group", { name: /Digital postkasse|Papir|Stanset/ }),
    band: (name: "Dokument" | "Mottaker" | "Sending") => within(screen.getByRole("region", { name })),
    dialog: () => screen.findByRole("dialog"),
    lookedUp: async (number?: string) => {
      if (number !== undefined) {
        await user.clear(page.number());
        await user.type(page.number(), number);
      }
      await user.click(page.lookUp());
    },
    /** Focus is a promise of its own: the clerk goes on with Enter. */
    focusIsOn: (element: Element) => {
      if (document.activeElement !== element) throw new Error(`focus is on ${document.activeElement?.outerHTML.slice(0, 200) ?? "nothing"}`);
    },
    called: (name: string) => mock.calls.filter(([call]) => call === name),
  };
  return page;
}
