import { useLayoutEffect } from "react";

import type { Theme } from "../bridge";

/** Sets light or dark on the page: the clerk's choice, or the system's. */
export function useTheme(theme: Theme): void {
  useLayoutEffect(() => {
    const root = document.documentElement;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      root.dataset.colorScheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    };
    apply();
    if (theme !== "system") return;
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  }, [theme]);
}
