/** The mark of Utpost. */
export function Brand() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" fill="var(--ds-color-accent-base-default)" />
      <g fill="none" stroke="var(--ds-color-accent-base-contrast-default)" strokeWidth="2" strokeLinejoin="round">
        <path d="M6.5 10.5h19v12h-19z" />
        <path d="m7 11 5.6 6.2L16 13.6l3.4 3.6L25 11" strokeLinecap="round" />
      </g>
    </svg>
  );
}
