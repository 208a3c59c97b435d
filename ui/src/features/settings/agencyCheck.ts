import type { AddressCheck, AgencyForm, Trouble } from "../../bridge";
import type { Texts } from "../../text";

/** The fields a fault can be at, in the order of the form. */
export const FIELDS = ["name", "addressName", "lines", "postcode", "town", "country", "emailNotice", "smsNotice"] as const;
export type Field = (typeof FIELDS)[number];
export type Faults = Partial<Record<Field, string>>;

export const EMAIL_LIMIT = 500;
export const SMS_LIMIT = 160;

/** What can be seen to be wrong before anything is saved. */
export function faultsOf(form: AgencyForm, address: AddressCheck, text: Texts["settings"]): Faults {
  const faults: Faults = addressFaults(address, text);
  if (form.name.trim() === "") faults.name = text.field.name.missing;
  for (const [field, limit] of [["emailNotice", EMAIL_LIMIT], ["smsNotice", SMS_LIMIT]] as const) {
    if (form[field].trim() === "") faults[field] = text.field[field].missing;
    else if ([...form[field]].length > limit) faults[field] = text.field[field].tooLong;
  }
  return faults;
}

/** The faults of the return address alone. */
export function addressFaults({ faults }: AddressCheck, text: Texts["settings"]): Faults {
  const found: Faults = {};
  for (const { field, fault } of faults) {
    const at = field === "name" ? "addressName" : field;
    found[at] ??= fault === "missing" ? text.field[at].missing : text.field[at].wrong;
  }
  return found;
}

const NAMED: Record<string, Field> = {
  name: "name",
  "return_address.name": "addressName",
  "return_address.lines": "lines",
  "return_address.postcode": "postcode",
  "return_address.town": "town",
  "return_address.country": "country",
  email_notice: "emailNotice",
  sms_notice: "smsNotice",
};

/** The field that the core found wrong, with words for it; empty when it is none of them. */
export function faultOf(trouble: Trouble, text: Texts["settings"]): Faults {
  const field = trouble.family === "input" && trouble.detail !== null ? NAMED[trouble.detail] : undefined;
  return field === undefined ? {} : { [field]: text.field[field].wrong };
}
