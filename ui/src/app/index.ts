export { useAnnounce } from "./announce";
export { PATIENCE_MS, useAction, useLoad, useSlow, type Action, type Loaded } from "./load";
export { useNavigate, useNavigation, type Place, type ScreenName } from "./navigation";
export { useStandstill } from "./standstill";
export { useReplaceSession, useSession } from "./session";
