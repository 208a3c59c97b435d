import type { Trouble } from "./types";

/** What a rejected call says; anything that is no `Trouble` is a fault of the program. */
export function asTrouble(error: unknown): Trouble {
  if (isTrouble(error)) return error;
  return {
    code: "DEFECT",
    family: "defect",
    reference: "–",
    detail: error instanceof Error ? error.message : null,
    letter: null,
    document: null,
  };
}

function isTrouble(value: unknown): value is Trouble {
  return typeof value === "object" && value !== null && "code" in value && "family" in value && "reference" in value;
}
