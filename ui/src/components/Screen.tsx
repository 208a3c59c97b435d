import { useEffect, useRef, type ReactNode } from "react";

import { useNavigation } from "../app/navigation";
import { useText } from "../text";

/**
 * A screen: its heading, what stands under it, and where it has them an action bar and a desk.
 *
 * `wide` is for lists; running text is held narrower.
 */
export function Screen({
  title,
  lead,
  wide = false,
  focusHeading = true,
  bar,
  desk,
  children,
}: {
  title: string;
  /** Beside the heading. */
  lead?: ReactNode;
  wide?: boolean;
  focusHeading?: boolean;
  bar?: ReactNode;
  desk?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="screen" data-desk={desk ? "" : undefined}>
      <div className="flow" data-region="flow" role="region" aria-label={title} tabIndex={-1}>
        <div className="flow-scroll">
          <div className="flow-wrap" data-wide={wide ? "" : undefined}>
            <ScreenTitle title={title} focus={focusHeading} />
            {lead}
            {children}
          </div>
        </div>
        {bar}
      </div>
      {desk}
    </div>
  );
}

/** The one `h1`. It names the window, and takes focus when the screen is entered. */
export function ScreenTitle({ title, focus = true, id }: { title: string; focus?: boolean; id?: string }) {
  const text = useText();
  const { visit } = useNavigation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = text.frame.pageTitle(title);
  }, [text, title]);
  useEffect(() => {
    if (focus) heading.current?.focus();
    // Once at each visit; a screen that later wants focus elsewhere takes it.
  }, [visit]);
  return (
    <h1 ref={heading} tabIndex={-1} id={id}>
      {title}
    </h1>
  );
}
