export type { Bridge, PageOwner, PagePlace } from "./bridge";
export { BridgeProvider, useBridge, useConnection, useFilesGiven, useListening, useNotices } from "./context";
export { asTrouble } from "./trouble";
export type * from "./types";
