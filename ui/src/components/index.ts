export { DocumentViewer } from "./DocumentViewer";
export { Modal } from "./Modal";
export { PageSheet } from "./PageSheet";
export { Screen, ScreenTitle } from "./Screen";
export { Thumbnails } from "./Thumbnails";
export { TroublePanel } from "./TroublePanel";
export { Waiting } from "./Waiting";
