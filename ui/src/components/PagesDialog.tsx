import { ChevronLeftIcon, ChevronRightIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useState, type KeyboardEvent } from "react";

import type { DocumentView, PageOwner } from "../bridge";
import { useText } from "../text";
import { Modal } from "./Modal";
import "./pages-dialog.css";
import { PageSheet } from "./PageSheet";

/** A document's pages, one at a time, large. Left and right arrow step through them. */
export function PagesDialog({ owner, document, start, onClose }: {
  owner: PageOwner;
  document: DocumentView;
  /** From 1. */
  start: number;
  onClose: () => void;
}) {
  const text = useText().frame.viewer;
  const [number, setNumber] = useState(start);
  const count = document.pages.length;
  const page = document.pages[number - 1];
  const go = (to: number) => setNumber(Math.min(Math.max(to, 1), count));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight" || event.key === "PageDown") go(number + 1);
    else if (event.key === "ArrowLeft" || event.key === "PageUp") go(number - 1);
    else return;
    event.preventDefault();
  };
  return (
    <Modal title={document.title} onClose={onClose}>
      <div className="pages-dialog" onKeyDown={onKeyDown}>
        {count > 1 && (
          <div className="row">
            <Button icon variant="tertiary" className="small-button" aria-label={text.previous} aria-disabled={number === 1 || undefined} onClick={() => go(number - 1)}>
              <ChevronLeftIcon aria-hidden />
            </Button>
            <span className="figures" role="status">
              {text.page(number, count)}
            </span>
            <Button icon variant="tertiary" className="small-button" data-first="" aria-label={text.next} aria-disabled={number === count || undefined} onClick={() => go(number + 1)}>
              <ChevronRightIcon aria-hidden />
            </Button>
          </div>
        )}
        {page && (
          <PageSheet
            place={{ ...owner, document: document.number, page: number }}
            page={page}
            description={text.picture(number, count, document.title)}
          />
        )}
      </div>
    </Modal>
  );
}
