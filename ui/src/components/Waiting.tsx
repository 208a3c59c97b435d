import { Spinner } from "@digdir/designsystemet-react";

/** Something takes its time: said in words, never by a spinner alone. */
export function Waiting({ words }: { words: string }) {
  return (
    <p className="row gap-12 mute" role="status">
      <Spinner aria-hidden data-size="xs" />
      {words}
    </p>
  );
}
