import { Button, Checkbox, Field, Fieldset, Label, Radio, Select, Textfield } from "@digdir/designsystemet-react";
import { ChevronDownIcon, ChevronUpIcon } from "@navikt/aksel-icons";
import { useId } from "react";

import { useSession } from "../../app";
import type { Kind, LetterLanguage, Security } from "../../bridge";
import { useFormat, useText } from "../../text";
import { parseDay } from "../../text/format";
import { Band } from "./Band";
import { useComposition } from "./composition";
import { PUBLIC_TITLE_LIMIT } from "./form";
import { goesOnPaper, placeOf, type Problem, type ProblemPlace } from "./problems";

const KINDS: Kind[] = ["decision", "advanceNotice", "otherImportant", "information"];
const LANGUAGES: LetterLanguage[] = ["nb", "nn", "se", "en"];

/** How the letter is sent: one line while it is right, everything when the clerk wants to see it. */
export function SendingBand({ open, onOpen, problems }: { open: boolean; onOpen: (open: boolean) => void; problems: Problem[] }) {
  const text = useText();
  const words = text.compose.sending;
  const fields = useId();
  const wrong = problems.some((problem) => ["letter-title", "letter-public-title", "letter-visible-from"].includes(problem.place));
  return (
    <Band
      title={words.title}
      status={wrong ? "error" : "ok"}
      action={
        <Button className="small-button edge" variant="tertiary" aria-expanded={open} aria-controls={open ? fields : undefined} aria-label={`${open ? words.close : words.change}: ${words.title}`} onClick={() => onOpen(!open)}>
          {open ? words.close : words.change}
          {open ? <ChevronUpIcon aria-hidden /> : <ChevronDownIcon aria-hidden />}
        </Button>
      }
    >
      <Summary />
      {open && (
        <div id={fields}>
          <Fields problems={problems} />
        </div>
      )}
    </Band>
  );
}

/** "Vedtak, høyt sikkerhetsnivå. Varsel på e-post og SMS dag 0 og 7. Åpningskvittering." */
function Summary() {
  const text = useText();
  const words = text.compose.sending;
  const format = useFormat();
  const { agency } = useSession();
  const { form, decision, yes } = useComposition();
  if (!form) return null;
  const kind = text.states.kind[form.kind];
  if (goesOnPaper(decision, yes)) {
    return (
      <p className="mute band-line">
        {kind}. {words.colour[agency.colour]}, {words.post(agency.postClass)}. {words.onPaper}
      </p>
    );
  }
  const email = agency.emailNotice !== "" && decision?.facts.email !== "stale" && decision?.facts.email !== "absent" && decision?.facts.email !== "malformed";
  const sms = agency.smsNotice !== "" && decision?.facts.mobile !== "stale" && decision?.facts.mobile !== "absent" && decision?.facts.mobile !== "malformed";
  const notice = form.kind === "information" ? null : email && sms ? words.noticed.both : email ? words.noticed.email : sms ? words.noticed.sms : null;
  return (
    <p className="mute band-line">
      {kind}, {words.security[form.security]}. {notice} {form.openingReceipt && words.opening} {form.visibleFrom !== null && words.visibleOn(format.longDay(form.visibleFrom))}
    </p>
  );
}

function Fields({ problems }: { problems: Problem[] }) {
  const text = useText();
  const words = text.compose.sending;
  const { agency } = useSession();
  const { form, dayText, decision, yes, trouble, edit, typeDay } = useComposition();
  if (!form) return null;
  const told = (place: ProblemPlace) => {
    const fromCore = trouble && placeOf(trouble) === place ? text.errors.codes[trouble.code] : undefined;
    return problems.find((problem) => problem.place === place)?.message ?? (fromCore ? `${fromCore.what} ${fromCore.todo}` : undefined);
  };
  const paper = goesOnPaper(decision, yes);
  return (
    <div className="stack gap-16">
      <Textfield id="letter-title" label={words.titleField} description={words.titleHint} value={form.title} error={told("letter-title")} autoComplete="off" onChange={(event) => edit({ title: event.target.value })} />
      {!paper && (
        <>
          <Textfield
            id="letter-public-title"
            label={words.publicTitle}
            description={words.publicTitleHint(words.usualTitle(agency.name))}
            value={form.publicTitle ?? ""}
            error={told("letter-public-title")}
            autoComplete="off"
            counter={{ limit: PUBLIC_TITLE_LIMIT, ...words.counter }}
            onChange={(event) => edit({ publicTitle: event.target.value === "" ? null : event.target.value })}
          />
          <Textfield label={words.recipientName} description={words.recipientNameHint} value={form.recipientName ?? ""} autoComplete="off" onChange={(event) => edit({ recipientName: event.target.value === "" ? null : event.target.value })} />
        </>
      )}
      <Fieldset>
        <Fieldset.Legend>{words.kind}</Fieldset.Legend>
        <Fieldset.Description>{words.kindHint}</Fieldset.Description>
        {KINDS.map((kind) => (
          <Radio key={kind} name="letter-kind" value={kind} label={text.states.kind[kind]} checked={form.kind === kind} onChange={() => edit({ kind })} />
        ))}
      </Fieldset>
      {!paper && (
        <Fieldset>
          <Fieldset.Legend>{words.securityField}</Fieldset.Legend>
          {(["level4", "level3"] satisfies Security[]).map((security) => (
            <Radio key={security} name="letter-security" value={security} label={words[security]} checked={form.security === security} onChange={() => edit({ security })} />
          ))}
        </Fieldset>
      )}
      <Field>
        <Label>{words.language}</Label>
        <Select value={form.language} onChange={(event) => edit({ language: LANGUAGES.find((each) => each === event.target.value) ?? "nb" })}>
          {LANGUAGES.map((language) => (
            <Select.Option key={language} value={language}>
              {words.languages[language]}
            </Select.Option>
          ))}
        </Select>
      </Field>
      {!paper && (
        <>
          <Checkbox label={words.openingField} description={words.openingHint} checked={form.openingReceipt} onChange={(event) => edit({ openingReceipt: event.target.checked })} />
          <Textfield id="letter-visible-from" label={words.visibleFrom} description={words.visibleFromHint} value={dayText} error={told("letter-visible-from")} autoComplete="off" className="short-field" onChange={(event) => typeDay(event.target.value, parseDay(event.target.value))} />
        </>
      )}
    </div>
  );
}
