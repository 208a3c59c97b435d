import { useState, type CSSProperties, type ReactNode } from "react";

import { useBridge, type PagePlace } from "../bridge";
import type { PageView } from "../bridge";
import { useText } from "../text";

/** Pictures are asked for in steps of this many pixels, so that few sizes are drawn. */
const STEP = 200;
/** Twice the largest desk, since small text made smaller is smoother than small text drawn. */
const BASE_WIDTH = 1200;

/**
 * One page, as paper on the desk, measured in millimetres: `--mm` is one of them.
 *
 * `children` are laid over it in the same measures.
 */
export function PageSheet({
  place,
  page,
  zoom = 1,
  description,
  children,
}: {
  place: PagePlace;
  page: PageView;
  zoom?: number;
  /** What the picture is, for those who do not see it. */
  description: string;
  children?: ReactNode;
}) {
  const bridge = useBridge();
  const text = useText();
  const width = Math.ceil((BASE_WIDTH * zoom * (window.devicePixelRatio || 1)) / STEP) * STEP;
  const source = bridge.pageUrl(place, width);
  const [state, setState] = useState<{ source: string; outcome: "shown" | "failed" } | null>(null);
  const outcome = state?.source === source ? state.outcome : null;
  const measures = { "--page-width": page.widthMm, "--page-height": page.heightMm, "--zoom": zoom } as CSSProperties;
  return (
    <div className="sheet" style={measures} data-loading={outcome === null ? "" : undefined}>
      {outcome === "failed" ? (
        <p className="sheet-missing">{text.frame.viewer.missing}</p>
      ) : (
        <img
          key={source}
          src={source}
          alt={description}
          draggable={false}
          onLoad={() => setState({ source, outcome: "shown" })}
          onError={() => setState({ source, outcome: "failed" })}
        />
      )}
      {children}
    </div>
  );
}
