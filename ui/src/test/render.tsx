import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect } from "vitest";

import { App } from "../app/App";
import type { Place } from "../app";
import type { Bridge, Composition, Session } from "../bridge";
import { createMock, type MockBridge } from "../bridge/mock";

/** Opens the whole window over a stand-in for the core. */
export async function openWindow({ start = { screen: "compose" }, bridge = {}, session = {}, taken = {}, mock = createMock(bridge, session, taken) }: { start?: Place; bridge?: Partial<Bridge>; session?: Partial<Session>; taken?: Partial<Composition>; mock?: MockBridge } = {}) {
  const user = userEvent.setup();
  const view = render(<App bridge={mock} start={start} />);
  await view.findByRole("main");
  return { mock, user, view };
}

/** No finding of axe. Colours are looked at in a real browser: jsdom draws none. */
export async function expectAccessible(container: Element = document.body): Promise<void> {
  const found = await axe.run(container, { rules: { "color-contrast": { enabled: false } }, resultTypes: ["violations"] });
  expect(found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}
