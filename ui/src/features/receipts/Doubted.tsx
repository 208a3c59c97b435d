import type { DoubtedReceipt } from "../../bridge";
import { useFormat, useText } from "../../text";

/** Receipts that could not be believed, as received: when, by whom, what is wrong with each. */
export function DoubtedList({ receipts }: { receipts: readonly DoubtedReceipt[] }) {
  return (
    <ul className="doubted">
      {receipts.map((receipt, at) => (
        <Doubted key={at} receipt={receipt} />
      ))}
    </ul>
  );
}

function Doubted({ receipt }: { receipt: DoubtedReceipt }) {
  const text = useText().receipts.doubted;
  const format = useFormat();
  const { signer, conversation } = receipt;
  const shown = new TextEncoder().encode(receipt.raw).length;
  return (
    <li>
      <p className="medium">{text.verdict[receipt.verdict] ?? text.otherVerdict}</p>
      <p className="mute">{text.received(format.dayTime(receipt.receivedAt))}</p>
      <p className="mute">{signer === null ? text.unsigned : text.signer(signer.name ?? format.organisation(signer.organisation))}</p>
      {conversation !== null && (
        <p className="mute doubted-id">
          {text.conversation} <code>{conversation}</code>
        </p>
      )}
      <p className="mute">{receipt.acknowledged ? text.acknowledged : text.unacknowledged}</p>
      <details className="small">
        <summary>{text.raw}</summary>
        {shown < receipt.bytes && <p>{text.part(format.bytes(shown), format.bytes(receipt.bytes))}</p>}
        <code className="doubted-raw" tabIndex={0}>
          {receipt.raw}
        </code>
      </details>
    </li>
  );
}
