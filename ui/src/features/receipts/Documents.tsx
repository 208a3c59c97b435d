import { useState } from "react";

import type { DocumentView, PageOwner } from "../../bridge";
import { Thumbnails } from "../../components";
import { useFormat, useText } from "../../text";
import { PagesDialog } from "../../components/PagesDialog";

/** A letter's documents with their pages, small; one opens large. */
export function Documents({ owner, documents }: { owner: PageOwner; documents: readonly DocumentView[] }) {
  const text = useText().receipts;
  const format = useFormat();
  const [open, setOpen] = useState<{ document: DocumentView; page: number } | null>(null);
  return (
    <section className="letter-part">
      <h3>{text.documents}</h3>
      {documents.length === 0 && <p className="mute">{text.noDocuments}</p>}
      {documents.map((document) => (
        <div key={document.number} className="letter-document">
          <p>
            {document.title}
            <span className="mute">
              {", "}
              {document.pages.length > 0 ? `${text.pages(document.pages.length)}, ` : ""}
              {format.bytes(document.bytes)}
            </span>
          </p>
          {document.pages.length > 0 ? (
            <Thumbnails owner={owner} document={document} shown={0} onShow={(page) => setOpen({ document, page })} />
          ) : (
            <p className="mute small">{text.noPages}</p>
          )}
        </div>
      ))}
      {open && <PagesDialog owner={owner} document={open.document} start={open.page} onClose={() => setOpen(null)} />}
    </section>
  );
}
