import { Button, Checkbox, Textfield } from "@digdir/designsystemet-react";
import { CheckmarkCircleIcon } from "@navikt/aksel-icons";
import { useState } from "react";

import type { AddressField, AddressFaultView, AddressForm } from "../../bridge";
import { useText } from "../../text";
import { addressLines } from "../../text/format";
import { useComposition } from "./composition";
import { EMPTY_ADDRESS } from "./form";
import { addressWords, type Problem } from "./problems";

/** The address on the envelope: shown when it can be used, else asked for. */
export function AddressPart({ faults, problems }: { faults: AddressFaultView[]; problems: Problem[] }) {
  const words = useText().compose.address;
  const { form } = useComposition();
  const [changing, setChanging] = useState(false);
  const address = form?.address ?? null;
  if (address && faults.length === 0 && !changing) {
    return (
      <div className="envelope">
        <address className="envelope-box">
          {addressLines(address).map((line, index) => (
            <span key={index}>{line}</span>
          ))}
        </address>
        <div className="stack gap-4">
          <p className="row tone-ok">
            <CheckmarkCircleIcon className="icon" aria-hidden />
            {words.fine}
          </p>
          <p>
            <button type="button" className="text-button" onClick={() => setChanging(true)}>
              {words.change}
            </button>
          </p>
        </div>
      </div>
    );
  }
  return <AddressFields address={address ?? EMPTY_ADDRESS} faults={faults} problems={problems} onOpen={() => setChanging(true)} onDone={() => setChanging(false)} />;
}

function AddressFields({ address, faults, problems, onOpen, onDone }: { address: AddressForm; faults: AddressFaultView[]; problems: Problem[]; onOpen: () => void; onDone: () => void }) {
  const text = useText();
  const words = text.compose.address;
  const { edit } = useComposition();
  // A fault is told once the clerk has left the field, or has pressed Send.
  const [left, setLeft] = useState<ReadonlySet<AddressField>>(new Set());
  const [abroad, setAbroad] = useState(address.country !== "");
  const [lines, setLines] = useState(Math.max(1, address.lines.length));

  const change = (part: Partial<AddressForm>) => {
    onOpen();
    const next = { ...address, ...part };
    edit({ address: next, ...(part.name === undefined ? {} : { recipientName: part.name.trim() || null }) });
  };
  const error = (field: AddressField) => {
    const told = left.has(field) || problems.some((problem) => problem.place === `letter-address-${field}`);
    const fault = told ? faults.find((each) => each.field === field) : undefined;
    return fault ? addressWords(field, fault.fault, text) : undefined;
  };
  const field = (name: AddressField) => ({
    id: `letter-address-${name}`,
    error: error(name),
    onBlur: () => setLeft((before) => new Set(before).add(name)),
    autoComplete: "off",
  });
  const setLine = (index: number, line: string) => {
    const next = [...address.lines];
    while (next.length <= index) next.push("");
    next[index] = line;
    change({ lines: next });
  };

  return (
    <fieldset className="envelope-form stack gap-12">
      <legend className="medium">{words.title}</legend>
      <Textfield label={words.name} value={address.name} onChange={(event) => change({ name: event.target.value })} {...field("name")} />
      <Textfield label={words.line} value={address.lines[0] ?? ""} onChange={(event) => setLine(0, event.target.value)} {...field("lines")} />
      {Array.from({ length: Math.min(lines, 2) }, (_, index) => index + 1).map((index) => (
        <Textfield
          key={index}
          label={`${index === 1 ? words.secondLine : words.thirdLine} (${words.optional})`}
          value={address.lines[index] ?? ""}
          autoComplete="off"
          onChange={(event) => {
            setLine(index, event.target.value);
            setLines(Math.max(lines, index + 1));
          }}
        />
      ))}
      {abroad ? (
        <Textfield label={words.country} value={address.country} onChange={(event) => change({ country: event.target.value })} {...field("country")} />
      ) : (
        <div className="envelope-place">
          <Textfield label={words.postcode} inputMode="numeric" maxLength={8} value={address.postcode} onChange={(event) => change({ postcode: event.target.value.trim() })} {...field("postcode")} />
          <Textfield label={words.town} value={address.town} onChange={(event) => change({ town: event.target.value })} {...field("town")} />
        </div>
      )}
      <Checkbox
        label={words.abroad}
        checked={abroad}
        onChange={(event) => {
          setAbroad(event.target.checked);
          change(event.target.checked ? { postcode: "", town: "" } : { country: "" });
        }}
      />
      <div>
        <Button
          variant="secondary"
          onClick={() => {
            if (faults.length === 0) onDone();
            else setLeft(new Set<AddressField>(["name", "lines", "postcode", "town", "country"]));
          }}
        >
          {words.done}
        </Button>
      </div>
    </fieldset>
  );
}
