import { useSyncExternalStore } from "react";

const QUERY = "(max-width: 37.49rem)";

/** Whether list and detail are two views, one at a time. */
export function isNarrow(): boolean {
  return window.matchMedia(QUERY).matches;
}

/** The same, followed as the window changes. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, isNarrow);
}

function subscribe(changed: () => void): () => void {
  const media = window.matchMedia(QUERY);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
