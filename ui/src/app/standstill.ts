import { useBridge, type Notice, type Standstill } from "../bridge";
import { useLoad, type Loaded } from "./load";
import { useNavigation } from "./navigation";

const TELLING: readonly Notice["what"][] = ["standstillChanged", "connection", "letterChanged"];

/** What keeps every letter from being sent; loaded anew whenever that may have changed, and at each visit. */
export function useStandstill(): Loaded<Standstill> {
  const bridge = useBridge();
  const { visit } = useNavigation();
  return useLoad(() => bridge.standstill(), [bridge, visit], (notice) => TELLING.includes(notice.what));
}
