// Letters and other files to give.

import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { required } from "./driver.mjs";

/** A folder of files, made as they are asked for. */
export class Files {
  constructor(name) {
    this.folder = join(required("UTPOST_WINDOW_OUT"), name);
    mkdirSync(this.folder, { recursive: true });
  }

  path(name) {
    return join(this.folder, name);
  }

  /** A letter of some lines. */
  letter(name, ...lines) {
    execFileSync(required("UTPOST_SAMPLE"), [this.path(name), ...lines]);
    return this.path(name);
  }

  /** A letter that opens with a password only. */
  locked(name) {
    const open = this.letter(`open-${name}`, "Hemmelig");
    execFileSync("qpdf", ["--encrypt", "hemmelig", "eier", "256", "--", open, this.path(name)]);
    return this.path(name);
  }

  /** A file of this many bytes that takes no room. */
  sparse(name, bytes) {
    const file = openSync(this.path(name), "w");
    ftruncateSync(file, bytes);
    closeSync(file);
    return this.path(name);
  }

  other(name, content) {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  subfolder(name) {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }
}
