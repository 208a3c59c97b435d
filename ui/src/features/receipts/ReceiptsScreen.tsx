import { ArrowsCirclepathIcon } from "@navikt/aksel-icons";
import { Button, Chip } from "@digdir/designsystemet-react";
import { useEffect, useId, useRef, useState } from "react";

import { useAction, useLoad, useNavigate, useNavigation } from "../../app";
import { useBridge, type Filter, type LetterRow } from "../../bridge";
import { ScreenTitle, TroublePanel, Waiting } from "../../components";
import { useFormat, useText } from "../../text";
import { recipientOf } from "../outbox/naming";
import { useChoosing } from "../../components/choosing";
import { LetterPanel } from "./LetterPanel";
import { isNarrow } from "../../components/narrow";
import "./receipts.css";
import { SearchField } from "../../components/SearchField";
import { StandingMark } from "./StandingMark";
import { StrayReceipts } from "./StrayReceipts";

const FILTERS: readonly Filter[] = ["all", "followUp", "delivered", "opened", "notOpened", "returned", "failed", "cancelled"];
/** The most the core gives at once. */
const LIMIT = 500;
const TYPING_MS = 150;

/** The letters that were sent, and what became of each. */
export function ReceiptsScreen() {
  const bridge = useBridge();
  const text = useText().receipts;
  const { place, visit } = useNavigation();
  const [typed, setTyped] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const [asked, setAsked] = useState<string | null>(place.letter ?? null);
  const [view, setView] = useState<"list" | "letter">(place.letter === undefined ? "list" : "letter");
  const search = useSettled(typed);
  const letters = useLoad(() => bridge.letters({ search, filter, limit: LIMIT }), [bridge, search, filter]);
  const collect = useCollect();
  const searchField = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    if (place.letter === undefined) return;
    setAsked(place.letter);
    setView("letter");
  }, [place.letter, visit]);

  const rows = letters.data?.rows ?? [];
  const needy = filter === "followUp" ? [] : rows.filter((row) => row.followUp);
  const others = filter === "followUp" ? rows : rows.filter((row) => !row.followUp);
  const ids = [...needy, ...others].map((row) => row.letter);
  const chosen = asked ?? ids[0] ?? null;
  const narrowed = search !== "" || filter !== "all";

  const choosing = useChoosing({
    ids,
    chosen,
    choose: setAsked,
    open: () => {
      setView("letter");
      if (isNarrow()) requestAnimationFrame(() => panel.current?.focus());
    },
  });
  const showOnly = (next: Filter) => {
    setFilter(next);
    setAsked(null);
  };
  const back = () => {
    setView("list");
    if (chosen !== null) requestAnimationFrame(() => choosing.focus(chosen));
  };

  return (
    <div className="screen receipts" data-view={view}>
      <div className="flow receipts-list" data-region="flow" role="region" aria-label={text.title} tabIndex={-1}>
        <div className="receipts-tools">
          <div className="row receipts-head">
            <ScreenTitle title={text.title} />
            <Button variant="tertiary" className="small-button receipts-collect" onClick={collect.run} loading={collect.slow}>
              {!collect.slow && <ArrowsCirclepathIcon aria-hidden />}
              {collect.slow ? text.collecting : text.collect}
            </Button>
            {letters.data && (
              <span className="mute figures nowrap" role="status">
                {letters.data.total > rows.length ? text.shown(rows.length, letters.data.total) : text.count(letters.data.total)}
              </span>
            )}
          </div>
          <SearchField
            ref={searchField}
            label={text.search}
            hint={text.searchHint}
            clearLabel={text.clear}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              setAsked(null);
            }}
            onDown={() => {
              if (ids[0] !== undefined) choosing.focus(chosen !== null && ids.includes(chosen) ? chosen : ids[0]);
            }}
          />
          <Filters chosen={filter} onChoose={showOnly} />
          <p className="mute receipts-collected" role="status">
            {collect.found === null ? "" : text.collected(collect.found)}
          </p>
          <StrayReceipts collected={collect.found} />
          {collect.trouble && <TroublePanel trouble={collect.trouble} />}
        </div>
        <div className="receipts-scroll">
          {letters.trouble && (
            <div className="receipts-note">
              <TroublePanel trouble={letters.trouble} onRetry={letters.reload} />
            </div>
          )}
          {letters.waiting && (
            <div className="receipts-note">
              <Waiting words={text.loading} />
            </div>
          )}
          {letters.data && ids.length === 0 && (
            <Nothing
              narrowed={narrowed}
              onShowAll={() => {
                setTyped("");
                showOnly("all");
                searchField.current?.focus();
              }}
            />
          )}
          {ids.length > 0 && (
            <div role="listbox" aria-label={text.list} aria-orientation="vertical" onKeyDown={choosing.onKeyDown}>
              <Group title={needy.length > 0 ? text.needsFollowUp : null} count={text.count(needy.length)} rows={needy} option={choosing.option} />
              <Group title={needy.length > 0 && others.length > 0 ? text.others : null} rows={others} option={choosing.option} />
            </div>
          )}
        </div>
      </div>
      <LetterPanel letter={ids.length === 0 && asked === null ? null : chosen} heading={panel} onBack={back} onShow={setAsked} />
    </div>
  );
}

type Option = ReturnType<typeof useChoosing>["option"];

function Group({ title, count, rows, option }: { title: string | null; count?: string; rows: readonly LetterRow[]; option: Option }) {
  const id = useId();
  if (rows.length === 0) return null;
  return (
    <div role={title === null ? "presentation" : "group"} aria-labelledby={title === null ? undefined : id}>
      {title !== null && (
        <div className="receipts-group" id={id} role="presentation">
          {title} {count !== undefined && <span className="mute">{count}</span>}
        </div>
      )}
      <div className="receipts-rows" role="presentation">
        {rows.map((row) => (
          <Row key={row.letter} row={row} option={option(row.letter)} />
        ))}
      </div>
    </div>
  );
}

function Row({ row, option }: { row: LetterRow; option: ReturnType<Option> }) {
  const text = useText().receipts;
  const format = useFormat();
  return (
    <div className="receipts-row" data-needy={row.followUp ? "" : undefined} {...option}>
      <span className="receipts-name">{recipientOf(row, text)}</span>
      <span className="mute figures nowrap">{format.shortTime(row.changedAt)}</span>
      <span className="receipts-title">{row.title ?? text.untitled}</span>
      <StandingMark row={row} />
    </div>
  );
}

function Filters({ chosen, onChoose }: { chosen: Filter; onChoose: (filter: Filter) => void }) {
  const text = useText().receipts;
  const name = useId();
  return (
    <div className="receipts-filters" role="radiogroup" aria-label={text.filters}>
      {FILTERS.map((filter) => (
        <Chip.Radio
          key={filter}
          name={name}
          value={filter}
          checked={filter === chosen}
          onChange={() => onChoose(filter)}
          data-color={filter === chosen ? "accent" : "neutral"}
        >
          {text.filter[filter]}
        </Chip.Radio>
      ))}
    </div>
  );
}

/** Fetches receipts now, and how many came. */
function useCollect() {
  const bridge = useBridge();
  const [found, setFound] = useState<number | null>(null);
  const { run, slow, trouble } = useAction(async () => setFound(await bridge.collectReceipts()));
  const start = () => {
    setFound(null);
    void run();
  };
  return { run: start, slow, trouble, found };
}

function Nothing({ narrowed, onShowAll }: { narrowed: boolean; onShowAll: () => void }) {
  const text = useText().receipts;
  const navigate = useNavigate();
  return (
    <div className="receipts-note receipts-nothing">
      <h2>{narrowed ? text.noHitsTitle : text.emptyTitle}</h2>
      <p className="lead">{narrowed ? text.noHitsBody : text.emptyBody}</p>
      {narrowed ? (
        <Button variant="secondary" onClick={onShowAll}>
          {text.showAll}
        </Button>
      ) : (
        <Button onClick={() => navigate({ screen: "compose" })}>{text.newLetter}</Button>
      )}
    </div>
  );
}

/** What was typed, once typing rests. */
function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
