import { Button, ErrorSummary, Fieldset, Radio, Textfield } from "@digdir/designsystemet-react";
import { InformationSquareIcon } from "@navikt/aksel-icons";
import { useEffect, useId, useRef, useState, type ComponentRef, type FormEvent } from "react";

import { useAction, useAnnounce, useReplaceSession, useSession } from "../../app";
import { asTrouble, useBridge, type AddressForm, type Trouble } from "../../bridge";
import { TroublePanel } from "../../components";
import { useFormat, useText } from "../../text";
import { addressFaults, EMAIL_LIMIT, faultOf, FIELDS, faultsOf, SMS_LIMIT, type Faults, type Field } from "./agencyCheck";
import { discardAgencyDraft, filled, useAgencyDraft } from "./agencyDraft";

/** Who the agency is on paper and in notices. */
export function AgencySection() {
  const bridge = useBridge();
  const session = useSession();
  const replaceSession = useReplaceSession();
  const { settings: text } = useText();
  const words = text.agency;
  const format = useFormat();
  const announce = useAnnounce();
  const { form, changed, change } = useAgencyDraft(session.agency);
  const [faults, setFaults] = useState<Faults>({});
  const [refused, setRefused] = useState(0);
  const [saved, setSaved] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const summary = useRef<ComponentRef<typeof ErrorSummary>>(null);
  const base = useId();
  const id = (field: Field) => `${base}-${field}`;
  const faulty = FIELDS.filter((field) => faults[field] !== undefined);

  // After a refused save focus goes to what is wrong: the one field, else the list.
  useEffect(() => {
    if (refused === 0) return;
    if (faulty.length > 1) summary.current?.focus();
    else if (faulty[0]) document.getElementById(id(faulty[0]))?.focus();
    // Once for each refusal, not as faults are mended.
  }, [refused]);

  const refuse = (found: Faults) => {
    setFaults(found);
    setRefused((times) => times + 1);
  };
  const save = useAction(async () => {
    setSaved(false);
    setTrouble(null);
    const agency = { ...form, returnAddress: { ...form.returnAddress, lines: filled(form.returnAddress.lines) } };
    try {
      const found = faultsOf(agency, await bridge.checkAddress(agency.returnAddress), text);
      if (Object.keys(found).length > 0) {
        refuse(found);
        return;
      }
      replaceSession(await bridge.setAgency(agency));
    } catch (error) {
      const met = asTrouble(error);
      const found = faultOf(met, text);
      if (Object.keys(found).length > 0) refuse(found);
      else setTrouble(met);
      return;
    }
    discardAgencyDraft();
    setFaults({});
    setSaved(true);
    announce(text.saved);
  });

  const edit = (field: Field | null, part: Parameters<typeof change>[0]) => {
    setSaved(false);
    if (field !== null && faults[field] !== undefined) setFaults(({ [field]: _, ...others }) => others);
    change(part);
  };
  const editAddress = (field: Field, part: Partial<AddressForm>) => edit(field, { returnAddress: { ...form.returnAddress, ...part } });
  const address = form.returnAddress;
  const setLine = (at: number, value: string) => {
    const lines = [address.lines[0] ?? "", ...address.lines.slice(1)];
    while (lines.length <= at) lines.push("");
    lines[at] = value;
    editAddress("lines", { lines });
  };
  const checkPostcode = async () => {
    if (address.postcode === "" || address.country !== "") return;
    const found = addressFaults(await bridge.checkAddress(address), text).postcode;
    if (found !== undefined) setFaults((before) => ({ ...before, postcode: found }));
  };
  const field = (name: Field) => ({ id: id(name), error: faults[name] });
  // The counter calls its field valid while there is room, whatever else is wrong with it.
  const counter = (name: "emailNotice" | "smsNotice", limit: number) =>
    faults[name] !== undefined && form[name].length <= limit ? {} : { counter: { limit, under: words.left, over: words.over } };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save.run();
  };

  return (
    <form className="settings-form" noValidate onSubmit={submit} aria-label={text.sections.agency}>
      <p className="mute">{words.intro}</p>
      {session.environment === "practice" && (
        <p className="row">
          <InformationSquareIcon className="icon tone-advice" aria-hidden />
          {words.practiceNote}
        </p>
      )}
      {faulty.length > 1 && (
        <ErrorSummary ref={summary} key={refused} tabIndex={-1}>
          <ErrorSummary.Heading>{text.errorsTitle}</ErrorSummary.Heading>
          <ErrorSummary.List>
            {faulty.map((name) => (
              <ErrorSummary.Item key={name}>
                <ErrorSummary.Link
                  href={`#${id(name)}`}
                  onClick={(event) => {
                    event.preventDefault();
                    document.getElementById(id(name))?.focus();
                  }}
                >
                  {faults[name]}
                </ErrorSummary.Link>
              </ErrorSummary.Item>
            ))}
          </ErrorSummary.List>
        </ErrorSummary>
      )}
      {trouble && <TroublePanel trouble={trouble} />}

      <Textfield {...field("name")} label={words.name} value={form.name} autoComplete="organization" onChange={(event) => edit("name", { name: event.target.value })} />
      <dl className="settings-fact">
        <dt>{words.organisation}</dt>
        <dd className="figures">{format.organisation(session.organisation)}</dd>
        <dd className="mute">{words.organisationHint}</dd>
      </dl>

      <Fieldset className="settings-part">
        <Fieldset.Legend>{words.returnAddress}</Fieldset.Legend>
        <Textfield {...field("addressName")} label={words.addressName} value={address.name} onChange={(event) => editAddress("addressName", { name: event.target.value })} />
        <Textfield {...field("lines")} label={words.line1} value={address.lines[0] ?? ""} onChange={(event) => setLine(0, event.target.value)} />
        {[1, ...address.lines.keys()].filter((at, index, all) => at > 0 && all.indexOf(at) === index).map((at) => (
          <Textfield key={at} label={words.line2} value={address.lines[at] ?? ""} onChange={(event) => setLine(at, event.target.value)} />
        ))}
        <div className="settings-place">
          <Textfield
            {...field("postcode")}
            label={words.postcode}
            value={address.postcode}
            inputMode="numeric"
            className="settings-postcode"
            onChange={(event) => editAddress("postcode", { postcode: event.target.value })}
            onBlur={() => void checkPostcode()}
          />
          <Textfield {...field("town")} label={words.town} value={address.town} onChange={(event) => editAddress("town", { town: event.target.value })} />
        </div>
        {(session.agency.returnAddress.country !== "" || faults.country !== undefined) && (
          <Textfield {...field("country")} label={words.country} value={address.country} onChange={(event) => editAddress("country", { country: event.target.value })} />
        )}
      </Fieldset>

      <h2>{words.print}</h2>
      <Choice
        legend={words.returns}
        value={form.returns}
        options={[
          { value: "shredAndReport", label: words.shredAndReport, hint: words.shredAndReportHint },
          { value: "sendBack", label: words.sendBack, hint: words.sendBackHint },
        ]}
        onChange={(returns) => edit(null, { returns })}
      />
      <div className="settings-pair">
        <Choice
          legend={words.colour}
          value={form.colour}
          options={[
            { value: "black", label: words.black },
            { value: "colour", label: words.inColour },
          ]}
          onChange={(colour) => edit(null, { colour })}
        />
        <Choice
          legend={words.postClass}
          value={form.postClass}
          options={[
            { value: "B", label: words.classB },
            { value: "A", label: words.classA },
          ]}
          onChange={(postClass) => edit(null, { postClass })}
        />
      </div>

      <Fieldset className="settings-part">
        <Fieldset.Legend>{words.notices}</Fieldset.Legend>
        <Fieldset.Description>{words.noticesHint}</Fieldset.Description>
        <Textfield
          {...field("emailNotice")}
          label={words.emailNotice}
          multiline
          rows={3}
          value={form.emailNotice}
          {...counter("emailNotice", EMAIL_LIMIT)}
          onChange={(event) => edit("emailNotice", { emailNotice: event.target.value })}
        />
        <Textfield
          {...field("smsNotice")}
          label={words.smsNotice}
          multiline
          rows={2}
          value={form.smsNotice}
          {...counter("smsNotice", SMS_LIMIT)}
          onChange={(event) => edit("smsNotice", { smsNotice: event.target.value })}
        />
      </Fieldset>

      <div className="settings-save settings-bar">
        <Button type="submit" loading={save.slow}>
          {save.slow ? text.saving : text.save}
        </Button>
        {changed && (
          <Button
            variant="tertiary"
            onClick={() => {
              discardAgencyDraft();
              setFaults({});
              announce(text.discarded);
            }}
          >
            {text.discard}
          </Button>
        )}
        <span className={saved ? "tone-ok" : "mute"}>{changed ? text.changed : saved ? text.saved : ""}</span>
      </div>
    </form>
  );
}

/** One of a few, as radio buttons. */
export function Choice<T extends string>({ legend, value, options, onChange }: {
  legend: string;
  value: T;
  options: readonly { value: T; label: string; hint?: string; lang?: string }[];
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <Fieldset>
      <Fieldset.Legend>{legend}</Fieldset.Legend>
      {options.map((option) => (
        <Radio
          key={option.value}
          name={name}
          value={option.value}
          label={option.lang === undefined ? option.label : <span lang={option.lang}>{option.label}</span>}
          description={option.hint}
          checked={option.value === value}
          onChange={() => onChange(option.value)}
        />
      ))}
    </Fieldset>
  );
}
