import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

/** Says `message` to those who use a screen reader; `assertive` interrupts. */
type Announce = (message: string, how?: "polite" | "assertive") => void;

type Said = { message: string; turn: number };

const AnnounceContext = createContext<Announce>(() => {});

/** Holds the two live regions of the page. */
export function AnnounceProvider({ children }: { children: ReactNode }) {
  const [polite, setPolite] = useState<Said>({ message: "", turn: 0 });
  const [assertive, setAssertive] = useState<Said>({ message: "", turn: 0 });
  const announce = useCallback<Announce>((message, how = "polite") => {
    const set = how === "polite" ? setPolite : setAssertive;
    set((before) => ({ message, turn: before.turn + 1 }));
  }, []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="ds-sr-only live" role="status" aria-live="polite">
        <LiveText said={polite} />
      </div>
      <div className="ds-sr-only live" role="alert" aria-live="assertive">
        <LiveText said={assertive} />
      </div>
    </AnnounceContext>
  );
}

/** Says things to screen readers; see `Announce`. */
export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}

/** A new element each time, so that the same words are read again. */
function LiveText({ said }: { said: Said }) {
  return <span key={said.turn}>{said.message}</span>;
}
