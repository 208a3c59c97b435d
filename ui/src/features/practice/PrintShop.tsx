import { ArrowUndoIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useRef } from "react";

import { useAction, useAnnounce } from "../../app";
import { useBridge, type PracticeBooks, type PrintOrder } from "../../bridge";
import { TroublePanel } from "../../components";
import { useKeptFocus } from "../../components/keptFocus";
import { useFormat, useText } from "../../text";

/** The simulated print shop: what lies in the pile, what was posted, what came back. */
export function PrintShop({ prints, onBooks }: { prints: readonly PrintOrder[]; onBooks: (books: PracticeBooks) => void }) {
  const bridge = useBridge();
  const text = useText().practice;
  const announce = useAnnounce();
  const shop = useRef<HTMLElement>(null);
  useKeptFocus(shop, prints);

  const post = useAction(async ({ message, name }: PrintOrder) => {
    onBooks(await bridge.practicePosted(message));
    announce(text.postedNow(name));
  });
  const sendBack = useAction(async ({ message, name }: PrintOrder) => {
    onBooks(await bridge.practiceReturned(message));
    announce(text.sentBackNow(name));
  });
  const trouble = post.trouble ?? sendBack.trouble;

  const pile = prints.filter((order) => order.stage === "inPile");
  const posted = prints.filter((order) => order.stage === "posted");
  const returned = prints.filter((order) => order.stage === "returned");
  return (
    <aside className="practice-shop" data-region="desk" aria-label={text.printShop} tabIndex={-1} ref={shop}>
      <div>
        <h2 tabIndex={-1}>{text.printShop}</h2>
        <p className="mute" role="status">
          {text.inPile(pile.length)}
        </p>
      </div>
      {trouble && <TroublePanel trouble={trouble} />}
      {prints.length === 0 && <p>{text.pileEmpty}</p>}
      {pile.length > 0 && (
        <ul className="practice-pile" aria-label={text.pile}>
          {pile.map((order) => (
            <li key={order.message}>
              <Order order={order} />
              <Button variant="secondary" className="small-button" onClick={() => void post.run(order)}>
                {text.post}
                <span className="ds-sr-only">{text.aboutLetter(order.name)}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {posted.length > 0 && (
        <section className="practice-done">
          <h3>{text.posted}</h3>
          <ul>
            {posted.map((order) => (
              <li key={order.message}>
                <Order order={order} />
                {order.returnReported ? (
                  <Button variant="secondary" className="small-button" onClick={() => void sendBack.run(order)}>
                    <ArrowUndoIcon aria-hidden />
                    {text.sendBack}
                    <span className="ds-sr-only">{text.aboutLetter(order.name)}</span>
                  </Button>
                ) : (
                  <p className="mute small">{text.returnNotReported}</p>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {returned.length > 0 && (
        <section className="practice-done">
          <h3>{text.returned}</h3>
          <ul>
            {returned.map((order) => (
              <li key={order.message}>
                <Order order={order} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}

function Order({ order }: { order: PrintOrder }) {
  const text = useText().practice;
  const format = useFormat();
  const title = order.title ?? text.untitled;
  const more = order.stage === "inPile" ? text.sheets(order.sheets) : format.day(order.receivedAt);
  return (
    <>
      <p className={order.stage === "inPile" ? "strong" : "medium"}>{order.name}</p>
      <p className="mute">
        {title}, {more}
      </p>
    </>
  );
}
