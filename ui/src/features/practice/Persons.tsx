import { useRef, useState, type ReactNode, type Ref } from "react";

import type { MailboxLetter, PracticePerson } from "../../bridge";
import { useChoosing } from "../../components/choosing";
import { SearchField } from "../../components/SearchField";
import { useText, type Texts } from "../../text";
import { initials } from "../../text/format";

/** The invented citizens, and what each is good for. */
export function Persons({ title, persons, mailboxes, chosen, onChoose, onOpen, ref }: {
  /** The screen's heading, where it stands here. */
  title: ReactNode;
  persons: readonly PracticePerson[];
  mailboxes: readonly MailboxLetter[];
  /** By number. */
  chosen: string | null;
  onChoose: (number: string) => void;
  /** Chosen by Enter or a click, to be looked at. */
  onOpen: (number: string) => void;
  ref: Ref<HTMLElement>;
}) {
  const text = useText().practice;
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const shown = persons.filter((person) => fits(person, typed));
  const ids = shown.map((person) => person.number);
  const choosing = useChoosing({ ids, chosen, choose: onChoose, open: onOpen });
  return (
    <section className="practice-persons" data-region="persons" aria-label={text.persons} tabIndex={-1} ref={ref}>
      {title}
      <div>
        <h2>{text.persons}</h2>
        <p className="mute" role="status">
          {text.personCount(shown.length)}
        </p>
      </div>
      <SearchField
        ref={field}
        label={text.search}
        hint={text.searchHint}
        clearLabel={text.clear}
        value={typed}
        onChange={setTyped}
        onDown={() => {
          const first = ids[0];
          if (first !== undefined) choosing.focus(chosen !== null && ids.includes(chosen) ? chosen : first);
        }}
      />
      {shown.length === 0 && persons.length > 0 && <p>{text.noPerson}</p>}
      {shown.length > 0 && (
        <div role="listbox" aria-label={text.persons} className="practice-list" onKeyDown={choosing.onKeyDown}>
          {shown.map((person) => (
            <div key={person.number} className="practice-person" {...choosing.option(person.number)}>
              <span className="practice-initials" aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="practice-name">{person.name}</span>
              <span className="practice-purpose">{lineOf(person, mailboxes, text)}</span>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

const CHANNELS = ["DIGITAL", "PRINT", "STOP", "WAIT"];

/** Those who can get letters first, else as given. */
export function inOrder(persons: readonly PracticePerson[]): PracticePerson[] {
  return persons.toSorted((a, b) => CHANNELS.indexOf(a.channel) - CHANNELS.indexOf(b.channel));
}

/** What the person's answer from the register is good for trying out. */
export function purposeOf(person: PracticePerson, text: Texts["practice"]): string {
  const purposes: Partial<Record<string, string>> = text.purpose;
  return purposes[person.reason] ?? text.otherPurpose;
}

function lineOf(person: PracticePerson, mailboxes: readonly MailboxLetter[], text: Texts["practice"]): string {
  const letters = mailboxes.filter((letter) => letter.number === person.number);
  const unread = letters.filter((letter) => letter.openedAt === null).length;
  if (person.channel !== "DIGITAL" && letters.length === 0) return purposeOf(person, text);
  const news = unread === 1 ? text.newLetter : unread > 1 ? text.newLetters(unread) : letters.length > 0 ? text.read : text.emptyBox;
  return [person.supplier?.name, news].filter((part) => part != null).join(", ");
}

function fits(person: PracticePerson, typed: string): boolean {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const said = `${person.name} ${person.number}`.toLowerCase();
  return words.every((word) => said.includes(word));
}
