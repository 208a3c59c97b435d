import { useBridge, type DocumentView, type PageOwner } from "../bridge";
import { useText } from "../text";

const WIDTH = 120;

/** The pages of a document, small, to go to one of them. */
export function Thumbnails({
  owner,
  document,
  shown,
  onShow,
}: {
  owner: PageOwner;
  document: DocumentView;
  /** From 1. */
  shown: number;
  onShow: (page: number) => void;
}) {
  const bridge = useBridge();
  const text = useText();
  return (
    <ul className="thumbnails" aria-label={text.frame.viewer.thumbnails}>
      {document.pages.map((_, index) => {
        const page = index + 1;
        return (
          <li key={page}>
            <button
              type="button"
              className="thumbnail"
              aria-label={text.frame.viewer.goTo(page)}
              aria-current={page === shown ? "page" : undefined}
              onClick={() => onShow(page)}
            >
              <img src={bridge.pageUrl({ ...owner, document: document.number, page }, WIDTH)} alt="" loading="lazy" draggable={false} />
              <b aria-hidden>{page}</b>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
