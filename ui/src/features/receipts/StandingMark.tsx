import {
  ArrowUndoIcon,
  BellIcon,
  CheckmarkCircleIcon,
  CircleSlashIcon,
  ClockIcon,
  EnvelopeOpenIcon,
  ExclamationmarkTriangleIcon,
  EyeSlashIcon,
  PrinterSmallIcon,
  XMarkOctagonIcon,
} from "@navikt/aksel-icons";

import { useText } from "../../text";
import type { LetterRow } from "../../bridge";
import { standingOf, type IconName } from "./standing";

const ICONS = {
  done: CheckmarkCircleIcon,
  opened: EnvelopeOpenIcon,
  printed: PrinterSmallIcon,
  notOpened: EyeSlashIcon,
  returned: ArrowUndoIcon,
  failed: XMarkOctagonIcon,
  notice: BellIcon,
  waiting: ClockIcon,
  warning: ExclamationmarkTriangleIcon,
  cancelled: CircleSlashIcon,
} satisfies Record<IconName, unknown>;

/** Icon and word for how a letter stands. */
export function StandingMark({ row }: { row: LetterRow }) {
  const { icon, tone, words } = standingOf(row, useText());
  const Icon = ICONS[icon];
  return (
    <span className="standing" data-tone={tone}>
      <Icon aria-hidden />
      {words}
    </span>
  );
}
