import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import * as fixtures from "../../bridge/fixtures";
import { openWindow } from "../../test/render";

test("a letter called back in its undo time lies in Nytt brev again, ready to be sent", async () => {
  const held = fixtures.row({ letter: "L-0010", state: "held", title: "Vedtak om beiterett", undoUntil: new Date(Date.now() + 60_000).toISOString(), actions: ["undo"] });
  const { user } = await openWindow({
    start: { screen: "outbox", letter: "L-0010", focus: "undo" },
    bridge: { outbox: () => Promise.resolve({ ...fixtures.outbox, held: [held] }) },
  });
  const undo = await screen.findByRole("button", { name: "Angre" });
  await waitFor(() => expect(document.activeElement).toBe(undo));
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("button", { name: /^Send/ })).toBeTruthy();
  expect(screen.queryByRole("heading", { level: 1, name: "Utboks" })).toBeNull();
});

test("a letter not sent is taken up again in Nytt brev", async () => {
  const { user } = await openWindow({ start: { screen: "outbox" } });
  await user.click(await screen.findByRole("button", { name: "Fortsett: Vedtak om hogst" }));
  expect(await screen.findByDisplayValue(/198930\s?64152/)).toBeTruthy();
});

test("a new letter begins from one that was sent", async () => {
  const { user } = await openWindow({ start: { screen: "receipts", letter: "L-0003" } });
  await user.click(await screen.findByRole("button", { name: "Nytt brev fra dette" }));
  expect(await screen.findByRole("heading", { level: 1, name: /Nytt brev|Vedtak om reinsjakt/ })).toBeTruthy();
});

test("Ctrl+F reaches the search field from anywhere", async () => {
  const { user } = await openWindow({ start: { screen: "settings" } });
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("{Control>}f{/Control}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("searchbox", { name: "Søk i sendte brev" })));
});
