import "@testing-library/jest-dom/vitest";

import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Tests of the build run without a page.
if (typeof window !== "undefined") completePage();

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** What jsdom lacks of a browser, as little of it as the components need. */
function completePage() {
  Object.defineProperty(navigator, "language", { value: "nb-NO", configurable: true });
  document.body.dataset.size = "sm";

  window.CSS ??= {} as typeof CSS;
  window.CSS.escape ??= (value: string) => value.replace(/[^\w-]/g, (character) => `\\${character}`);
  window.CSS.supports ??= () => false;
  window.matchMedia ??= (query: string) =>
    ({ matches: false, media: query, onchange: null, addEventListener: () => {}, removeEventListener: () => {}, dispatchEvent: () => false, addListener: () => {}, removeListener: () => {} }) as MediaQueryList;
  document.elementFromPoint ??= () => null;
  // Asked by the spinner.
  document.getAnimations ??= () => [];
  Element.prototype.scrollIntoView ??= () => {};
  HTMLElement.prototype.togglePopover ??= () => false;
  // jsdom says that it has no layout by giving every element no boxes; then nothing would be visible.
  globalThis.DOMRect ??= class {} as typeof DOMRect;
  Element.prototype.getClientRects = () => [new DOMRect()] as unknown as DOMRectList;
  HTMLCanvasElement.prototype.getContext = () => null;

  const dialogs = HTMLDialogElement.prototype;
  const before = new WeakMap<HTMLDialogElement, Element | null>();
  dialogs.show ??= function () {
    this.open = true;
  };
  dialogs.showModal ??= function () {
    before.set(this, document.activeElement);
    this.open = true;
  };
  dialogs.close ??= function () {
    if (!this.open) return;
    this.open = false;
    const back = before.get(this);
    if (back instanceof HTMLElement) back.focus();
    this.dispatchEvent(new Event("close"));
  };
}
