import { useSyncExternalStore } from "react";

import type { AgencyForm } from "../../bridge";

/**
 * What the clerk has changed and not saved. It outlives the screen, so that a look at another
 * screen loses nothing; the settings say so until it is saved or discarded.
 */
let draft: AgencyForm | null = null;
const listeners = new Set<() => void>();

function set(next: AgencyForm | null): void {
  draft = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Forgets what was not saved. */
export function discardAgencyDraft(): void {
  set(null);
}

/** The agency as it stands in the form, and whether that differs from what is saved. */
export function useAgencyDraft(saved: AgencyForm) {
  const kept = useSyncExternalStore(subscribe, () => draft);
  const form = kept ?? saved;
  return { form, changed: kept !== null && !same(kept, saved), change: (part: Partial<AgencyForm>) => set({ ...form, ...part }) };
}

function same(a: AgencyForm, b: AgencyForm): boolean {
  const { returnAddress: x, ...others } = a;
  const { returnAddress: y, ...otherOthers } = b;
  return (
    (Object.keys(others) as (keyof typeof others)[]).every((key) => others[key] === otherOthers[key]) &&
    x.name === y.name &&
    x.postcode === y.postcode &&
    x.town === y.town &&
    x.country === y.country &&
    filled(x.lines).join("\n") === filled(y.lines).join("\n")
  );
}

/** Address lines without empty ones at the end. */
export function filled(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines.slice(0, last + 1);
}
