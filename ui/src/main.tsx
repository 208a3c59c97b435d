import "./styles/index.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import type { Bridge } from "./bridge";
import { tauriBridge } from "./bridge/tauri";

document.body.dataset.size = "sm";

void chooseBridge().then((bridge) => {
  const root = document.getElementById("root");
  if (!root) throw new Error("no root");
  createRoot(root).render(
    <StrictMode>
      <App bridge={bridge} />
    </StrictMode>,
  );
});

async function chooseBridge(): Promise<Bridge> {
  // Never part of the product: the condition is false there, and the branch is left out.
  if (__MOCK__ && new URLSearchParams(location.search).has("mock")) {
    const { mockFromAddress } = await import("./bridge/mock");
    return mockFromAddress(location.search);
  }
  return tauriBridge;
}
