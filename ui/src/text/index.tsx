import { createContext, useContext, useMemo, type ReactNode } from "react";

import type { Tongue } from "../bridge";
import { en } from "./en";
import { createFormat, type Format } from "./format";
import { nb } from "./nb";
import { nn } from "./nn";

export type { Format } from "./format";

/** Every sentence of the window, in one language. */
export type Texts = typeof nb;

export const TEXTS: Record<Tongue, Texts> = { nb, nn, en };

const TextContext = createContext<{ text: Texts; format: Format }>({ text: nb, format: createFormat("nb") });

export function TextProvider({ language, children }: { language: Tongue; children: ReactNode }) {
  const value = useMemo(() => ({ text: TEXTS[language], format: createFormat(language) }), [language]);
  return <TextContext value={value}>{children}</TextContext>;
}

/** The texts of the clerk's language. */
export function useText(): Texts {
  return useContext(TextContext).text;
}

/** Times, numbers and sizes in the clerk's language. */
export function useFormat(): Format {
  return useContext(TextContext).format;
}
