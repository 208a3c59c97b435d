import { compose } from "./compose";
import { decision } from "./decision";
import { errors } from "./errors";
import { frame } from "./frame";
import { outbox } from "./outbox";
import { practice } from "./practice";
import { receipts } from "./receipts";
import { settings } from "./settings";
import { states } from "./states";

export const nn = { frame, compose, decision, errors, states, outbox, receipts, practice, settings };
