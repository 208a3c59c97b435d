import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/**
 * When what had focus is gone with its row, focus goes to the row that took its place, else to the
 * screen's heading, so that nobody is lost.
 */
export function useKeptFocus(content: RefObject<HTMLElement | null>, shown: unknown): void {
  const had = useRef<{ element: Element; index: number; list: Element | null } | null>(null);
  useEffect(() => {
    const remember = (event: FocusEvent) => {
      if (!(event.target instanceof Element)) return;
      const row = event.target.closest("li");
      const list = row?.parentElement ?? null;
      had.current = { element: event.target, list, index: row && list ? [...list.children].indexOf(row) : -1 };
    };
    const element = content.current;
    element?.addEventListener("focusin", remember);
    return () => element?.removeEventListener("focusin", remember);
  }, [content]);
  useLayoutEffect(() => {
    const before = had.current;
    const nowhere = document.activeElement === null || document.activeElement === document.body;
    if (before === null || before.element.isConnected || !nowhere) return;
    had.current = null;
    const rows = before.list?.isConnected ? before.list.children : null;
    const next = rows && rows.length > 0 ? rows[Math.min(before.index, rows.length - 1)] : undefined;
    const target = next?.querySelector<HTMLElement>("button") ?? next?.querySelector<HTMLElement>("h3") ?? document.querySelector<HTMLElement>("h1");
    target?.focus();
  }, [content, shown]);
}
