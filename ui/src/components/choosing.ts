import { useRef, type KeyboardEvent } from "react";

/**
 * Arrow keys in a list of options of which one is chosen: up, down, a page, first and last.
 *
 * Tab reaches the chosen option, or the first. Put `onKeyDown` on the list and `option(id)` on each
 * option; `choose` is called as focus moves, `open` on Enter or click.
 */
export function useChoosing({ ids, chosen, choose, open }: {
  ids: readonly string[];
  chosen: string | null;
  choose: (id: string) => void;
  open?: (id: string) => void;
}) {
  const elements = useRef(new Map<string, HTMLElement>());
  const reachable = chosen !== null && ids.includes(chosen) ? chosen : (ids[0] ?? null);

  const move = (to: number) => {
    const id = ids[Math.max(0, Math.min(ids.length - 1, to))];
    if (id === undefined) return;
    elements.current.get(id)?.focus();
    choose(id);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const focused = document.activeElement;
    const at = ids.findIndex((id) => elements.current.get(id) === focused);
    const to = target(event.key, at, ids.length);
    if (to !== null) {
      event.preventDefault();
      move(to);
      return;
    }
    const id = ids[at];
    if (id !== undefined && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(id);
      open?.(id);
    }
  };

  const option = (id: string) => ({
    role: "option" as const,
    "aria-selected": id === chosen,
    tabIndex: id === reachable ? 0 : -1,
    ref: (element: HTMLElement | null) => {
      if (element) elements.current.set(id, element);
      else elements.current.delete(id);
    },
    onClick: () => {
      choose(id);
      open?.(id);
    },
  });

  /** Gives focus to an option, such as when one comes back to the list. */
  const focus = (id: string) => elements.current.get(id)?.focus();

  return { onKeyDown, option, focus };
}

const PAGE = 8;

function target(key: string, at: number, length: number): number | null {
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return at + PAGE;
    case "PageUp":
      return at - PAGE;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
