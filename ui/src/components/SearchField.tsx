import { MagnifyingGlassIcon, XMarkIcon } from "@navikt/aksel-icons";
import { Button, Input } from "@digdir/designsystemet-react";
import { useRef, type Ref } from "react";

import "./search-field.css";

/** A field that narrows a list as one types. Arrow down goes on to the list. */
export function SearchField({ label, hint, clearLabel, value, onChange, onDown, ref }: {
  label: string;
  hint: string;
  clearLabel: string;
  value: string;
  onChange: (value: string) => void;
  onDown: () => void;
  ref?: Ref<HTMLInputElement>;
}) {
  const own = useRef<HTMLInputElement>(null);
  const input = (element: HTMLInputElement | null) => {
    own.current = element;
    if (typeof ref === "function") ref(element);
    else if (ref) ref.current = element;
  };
  return (
    <div className="search-field">
      <MagnifyingGlassIcon className="search-glass" aria-hidden />
      <Input
        ref={input}
        type="search"
        data-search=""
        aria-label={label}
        placeholder={hint}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") {
            event.preventDefault();
            onChange("");
          } else if (event.key === "ArrowDown") {
            event.preventDefault();
            onDown();
          }
        }}
      />
      {value !== "" && (
        <Button
          icon
          variant="tertiary"
          data-color="neutral"
          className="small-button search-clear"
          aria-label={clearLabel}
          title={clearLabel}
          onClick={() => {
            onChange("");
            own.current?.focus();
          }}
        >
          <XMarkIcon aria-hidden />
        </Button>
      )}
    </div>
  );
}
