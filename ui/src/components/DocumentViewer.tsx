import { Button } from "@digdir/designsystemet-react";
import { ChevronLeftIcon, ChevronRightIcon, ZoomMinusIcon, ZoomPlusIcon } from "@navikt/aksel-icons";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

import type { DocumentView, PageOwner } from "../bridge";
import { useText } from "../text";
import { PageSheet } from "./PageSheet";
import { Thumbnails } from "./Thumbnails";

const ZOOMS = [1, 1.5, 2];

/**
 * The desk: one page at a time as the recipient sees it, with the way to the other pages.
 *
 * Left and right arrow, or Page Up and Page Down, step through the pages.
 */
export function DocumentViewer({
  owner,
  documents,
  note,
  children,
}: {
  owner: PageOwner;
  /** The letter itself first. */
  documents: DocumentView[];
  /** A quiet line beside the thumbnails. */
  note?: string | undefined;
  /** Marks on the page shown. */
  children?: ReactNode;
}) {
  const text = useText();
  const select = useId();
  const heading = useId();
  const sheet = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState({ document: 0, page: 1 });
  const [zoom, setZoom] = useState(0);
  const [open, setOpen] = useState(false);

  const document = documents.find((each) => each.number === shown.document) ?? documents[0];
  const count = document?.pages.length ?? 0;
  const number = Math.min(shown.page, Math.max(count, 1));
  const page = document?.pages[number - 1];
  const scale = ZOOMS[zoom] ?? 1;

  useEffect(() => {
    sheet.current?.scrollTo?.(0, 0);
  }, [number, document?.number]);

  if (!document) return null;
  const go = (to: number) => setShown({ document: document.number, page: Math.min(Math.max(to, 1), count) });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.altKey || event.metaKey) return;
    // When zoomed, arrows scroll the page as they do anywhere.
    if (event.key === "PageDown" || (event.key === "ArrowRight" && scale === 1)) go(number + 1);
    else if (event.key === "PageUp" || (event.key === "ArrowLeft" && scale === 1)) go(number - 1);
    else return;
    event.preventDefault();
  };

  return (
    <section className="desk" data-region="desk" data-open={open ? "" : undefined} aria-label={text.frame.viewer.region} tabIndex={-1} onKeyDown={onKeyDown}>
      <Button className="desk-toggle" variant="secondary" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? text.frame.viewer.hide : text.frame.viewer.show}
      </Button>
      <div className="desk-body">
        <div className="desk-bar">
          {documents.length > 1 && (
            <select
              className="ds-input desk-choice"
              id={select}
              aria-label={text.frame.viewer.document}
              value={document.number}
              onChange={(event) => setShown({ document: Number(event.target.value), page: 1 })}
            >
              {documents.map((each) => (
                <option key={each.number} value={each.number}>
                  {each.title}
                </option>
              ))}
            </select>
          )}
          <h2 className="grow nowrap" id={heading}>
            {count > 0 && text.frame.viewer.page(number, count)}
          </h2>
          {count > 0 && (
            <div className="row">
              <IconButton label={text.frame.viewer.previous} dimmed={number <= 1} onClick={() => go(number - 1)}>
                <ChevronLeftIcon aria-hidden />
              </IconButton>
              <IconButton label={text.frame.viewer.next} dimmed={number >= count} onClick={() => go(number + 1)}>
                <ChevronRightIcon aria-hidden />
              </IconButton>
              {zoom > 0 && (
                <IconButton label={text.frame.viewer.smaller} onClick={() => setZoom(zoom - 1)}>
                  <ZoomMinusIcon aria-hidden />
                </IconButton>
              )}
              <IconButton label={text.frame.viewer.larger} dimmed={zoom === ZOOMS.length - 1} onClick={() => setZoom(Math.min(zoom + 1, ZOOMS.length - 1))}>
                <ZoomPlusIcon aria-hidden />
              </IconButton>
            </div>
          )}
        </div>
        {page ? (
          <>
            <div className="desk-sheet" data-zoomed={scale > 1 ? "" : undefined} ref={sheet} tabIndex={scale > 1 ? 0 : undefined} role={scale > 1 ? "group" : undefined} aria-labelledby={scale > 1 ? heading : undefined}>
              <PageSheet
                place={{ ...owner, document: document.number, page: number }}
                page={page}
                zoom={scale}
                description={text.frame.viewer.picture(number, count, document.title)}
              >
                {children}
              </PageSheet>
            </div>
            <div className="desk-foot">
              {count > 1 && <Thumbnails owner={owner} document={document} shown={number} onShow={go} />}
              {note !== undefined && <p className="mute">{note}</p>}
            </div>
          </>
        ) : (
          <p className="mute">{text.frame.viewer.noPages}</p>
        )}
      </div>
    </section>
  );
}

function IconButton({ label, dimmed = false, onClick, children }: { label: string; dimmed?: boolean; onClick: () => void; children: ReactNode }) {
  // Dimmed, not disabled: focus stays where it is at the first and last page.
  return (
    <Button icon variant="tertiary" className="small-button" aria-label={label} title={label} aria-disabled={dimmed || undefined} onClick={() => !dimmed && onClick()}>
      {children}
    </Button>
  );
}
