import { useLayoutEffect, useRef, useState } from "react";

import { useLoad } from "../../app";
import { useBridge, type PracticeBooks } from "../../bridge";
import { ScreenTitle, TroublePanel, Waiting } from "../../components";
import { useNarrow } from "../../components/narrow";
import { useText } from "../../text";
import { Mailbox } from "./Mailbox";
import { Persons, inOrder } from "./Persons";
import "./practice.css";
import { PrintShop } from "./PrintShop";

const NO_BOOKS: PracticeBooks = { mailboxes: [], prints: [] };

/** What the citizens see, and the print shop's pile. Only in practice. */
export function PracticeScreen() {
  const bridge = useBridge();
  const text = useText().practice;
  const persons = useLoad(() => bridge.practicePersons(), [bridge], () => false);
  const books = useLoad(() => bridge.practiceBooks(), [bridge]);
  const [asked, setAsked] = useState<string | null>(null);
  const [view, setView] = useState<"persons" | "mailbox">("persons");
  // Back from a mailbox: focus goes to the person, not to the heading.
  const [returned, setReturned] = useState(false);
  const narrow = useNarrow();
  const list = useRef<HTMLElement>(null);

  const everyone = inOrder(persons.data ?? []);
  const held = books.data ?? NO_BOOKS;
  const withNews = held.mailboxes.find((letter) => letter.openedAt === null)?.number;
  const chosen = everyone.find((person) => person.number === (asked ?? withNews)) ?? everyone[0] ?? null;
  const trouble = persons.trouble ?? books.trouble;

  const open = (number: string) => {
    setAsked(number);
    setView("mailbox");
  };
  const back = () => {
    setView("persons");
    setReturned(true);
  };
  useLayoutEffect(() => {
    if (!returned || view !== "persons") return;
    list.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
    setReturned(false);
  }, [returned, view]);
  const showPersons = !narrow || view === "persons";
  const showMailbox = !narrow || view === "mailbox";

  return (
    <div className="screen practice">
      {showPersons && (
        <Persons
          ref={list}
          title={narrow ? <ScreenTitle title={text.title} focus={!returned} /> : null}
          persons={everyone}
          mailboxes={held.mailboxes}
          chosen={chosen?.number ?? null}
          onChoose={setAsked}
          onOpen={open}
        />
      )}
      {(showMailbox || trouble) && (
        <div className="practice-mailbox" data-region="flow" role="region" aria-label={text.title} tabIndex={-1}>
          {trouble && (
            <TroublePanel
              trouble={trouble}
              onRetry={() => {
                persons.reload();
                books.reload();
              }}
            />
          )}
          {showMailbox && chosen && (
            <Mailbox person={chosen} letters={held.mailboxes.filter((letter) => letter.number === chosen.number)} onBack={back} onBooks={books.replace} />
          )}
          {showMailbox && !chosen && (
            <>
              <ScreenTitle title={text.title} />
              {persons.waiting && <Waiting words={text.loading} />}
            </>
          )}
        </div>
      )}
      {showPersons && <PrintShop prints={held.prints} onBooks={books.replace} />}
    </div>
  );
}
