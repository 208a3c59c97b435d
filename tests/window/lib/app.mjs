// The desktop program as a clerk has it: its window found by role and name, and its files.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { Driver, required } from "./driver.mjs";
import { Practice } from "./practice.mjs";
import { AXE_FILE, nb } from "./texts.mjs";

const PATIENCE = 15;
const AXE = readFileSync(AXE_FILE, "utf8");
const PAGE = readFileSync(new URL("page.js", import.meta.url), "utf8");

/** One agency's machine: a folder with ledger and practice, its key in the session's key store. */
export class Desk {
  constructor(name) {
    this.folder = join(required("UTPOST_WINDOW_OUT"), name);
    mkdirSync(this.folder, { recursive: true });
    this.practiceFolder = join(this.folder, "practice");
    this.practice = new Practice(this.practiceFolder);
    this.environment = { UTPOST_DATA: join(this.folder, "data"), UTPOST_PRACTICE_DATA: this.practiceFolder };
  }

  /** Starts the program, with files or without, and waits until it is ready for work. */
  async start() {
    const app = await this.begin();
    await app.sees("button", nb.frame.keyboard.open, { seconds: 30 });
    return app;
  }

  /** Starts the program, whatever comes of it. */
  async begin() {
    const program = required("UTPOST_DESKTOP");
    const driver = await Driver.start(program, [], this.environment);
    const app = new App(driver, this, program);
    await app.size(1280, 800);
    return app;
  }

  /** Starts the program once more beside the one that runs; gives when that start has ended. */
  async startAgain(...files) {
    await promisify(execFile)(required("UTPOST_DESKTOP"), files, {
      env: { ...process.env, ...this.environment },
      timeout: 20_000,
    });
  }
}

/** The window. */
export class App {
  constructor(driver, desk, program) {
    this.driver = driver;
    this.desk = desk;
    this.practice = desk.practice;
    this.program = program;
  }

  /** The page's size in CSS pixels. */
  async size(width, height) {
    const asked = [width, height];
    for (let attempt = 1; ; attempt++) {
      await this.driver.command("POST", "/window/rect", { width: asked[0], height: asked[1] });
      // A window manager may take its time, and its frame.
      for (let look = 0; look < 10; look++) {
        const inner = await this.driver.execute("() => [innerWidth, innerHeight]");
        if (inner[0] === width && inner[1] === height) return;
        await wait(50);
      }
      const inner = await this.driver.execute("() => [innerWidth, innerHeight]");
      if (attempt === 5) throw new Error(`the page is ${inner.join(" × ")} and not ${width} × ${height}`);
      asked[0] += width - inner[0];
      asked[1] += height - inner[1];
    }
  }

  /** Waits until pictures are there and nothing is being fetched. */
  async still() {
    await this.until(
      () => this.driver.execute(`() => [...document.images].every((image) => image.complete)
        && !document.querySelector("[aria-busy=true]") && document.fonts.status === "loaded"`),
      () => "the page is not still",
    );
    await this.driver.executeAsync("async () => { for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame); }");
  }

  /** Whether the page must be scrolled sideways. */
  isTooWide() {
    return this.driver.execute("() => document.documentElement.scrollWidth > innerWidth");
  }

  /** Hands files over, as a second start of the program does. */
  give(...files) {
    return this.desk.startAgain(...files);
  }

  /** All that have this role and name now; `name` is a text or a pattern. */
  async all(role, name = null) {
    const { found } = await this.until(async () => {
      await this.#inject();
      return { found: await this.driver.execute("(...what) => window.__find(...what)", role, nameOf(name), null) };
    }, () => `the page does not rest for ${role} ${name ?? ""}`);
    return found;
  }

  /** Waits for one with this role and name. */
  async sees(role, name = null, { seconds = PATIENCE, nth = 0 } = {}) {
    return this.until(async () => {
      await this.#inject();
      return this.driver.execute("(...what) => window.__find(...what)", role, nameOf(name), nth);
    }, () => `no ${role} ${name ?? ""}`, seconds);
  }

  /** Waits until there is none. */
  async misses(role, name = null, { seconds = PATIENCE } = {}) {
    await this.until(async () => {
      await this.#inject();
      return this.driver.execute("(...what) => window.__find(...what).length === 0", role, nameOf(name), null);
    }, () => `there is a ${role} ${name ?? ""}`, seconds);
  }

  /** Waits for a text anywhere on the page, spaces folded; gives the page's text. */
  async reads(text, { seconds = PATIENCE } = {}) {
    const fits = text instanceof RegExp ? (said) => text.test(said) : (said) => said.includes(text);
    return this.until(async () => {
      const said = await this.text();
      return fits(said) && said;
    }, () => `not on the page: ${text}`, seconds);
  }

  /** What is written on the page now. */
  async text() {
    const text = await this.driver.execute("() => document.body.innerText");
    return text.replace(/\s+/g, " ");
  }

  /** Clicks. */
  async press(role, name, options) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.driver.click(await this.sees(role, name, options));
      } catch (fault) {
        // The page may have drawn it anew in between.
        if (attempt === 5 || !/stale element|not interactable/i.test(fault.message)) throw fault;
      }
    }
  }

  /** Clicks what may go of itself any moment. */
  async pressIfThere(role, name) {
    try {
      const [first] = await this.all(role, name);
      if (first) await this.driver.click(first);
    } catch (fault) {
      if (!/stale element|not interactable/i.test(fault.message)) throw fault;
    }
  }

  /** Puts `text` where something else may stand. */
  async fill(role, name, text, options) {
    for (let attempt = 1; ; attempt++) {
      const element = await this.sees(role, name, options);
      await this.driver.execute("(element) => { element.focus(); element.select?.(); }", element);
      await this.driver.keys("Backspace");
      await this.driver.type(text);
      const value = await this.value(role, name, options);
      if (value.replace(/\s/g, "") === text.replace(/\s/g, "")) return;
      // What was done before may have moved the focus only now.
      if (attempt === 3) throw new Error(`${role} ${name} holds ${value.length} characters of ${text.length}`);
    }
  }

  /** Pastes: the text arrives at once, with all that may hide in it. */
  async paste(role, name, text, options) {
    const element = await this.sees(role, name, options);
    await this.driver.execute(`(element, text) => {
      element.focus();
      element.select?.();
      document.execCommand("insertText", false, text);
    }`, element, text);
  }

  /** What stands in a field. */
  async value(role, name, options) {
    return this.driver.execute("(element) => element.value", await this.sees(role, name, options));
  }

  /** What has focus, as `role "name"`. */
  async focus() {
    await this.#inject();
    return this.driver.execute("() => window.__focus()");
  }

  /** What axe finds on the page as it is: one line each. */
  async axe() {
    await this.#inject();
    return this.driver.executeAsync(`() => axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => id + ": " + node.target.join(" ") + ": " + node.failureSummary.replace(/\\s+/g, " "))))`);
  }

  /** Repeats until it gives something; `what` tells what was waited for. */
  async until(look, what, seconds = PATIENCE) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      try {
        const found = await look();
        if (found) return found;
      } catch (fault) {
        // Drawn anew between being found and being named.
        if (!/stale element/i.test(fault.message)) throw fault;
      }
      if (Date.now() > end) throw new Error(`${what()} after ${seconds} s; the page says: ${await this.#content()}`);
      await wait(50);
    }
  }

  /** The process of the window. */
  get process() {
    const [found] = this.#processes();
    if (found === undefined) throw new Error("the program does not run");
    return found;
  }

  /** Pulls the plug. */
  async kill() {
    process.kill(this.process, "SIGKILL");
    await this.stop();
  }

  /** Asks the window to close, as its cross does. */
  wishToClose() {
    execFileSync("xdotool", ["windowactivate", "--sync", this.window, "key", "alt+F4"]);
  }

  /** The window's number on the display. */
  get window() {
    const asked = ["search", "--all", "--onlyvisible", "--pid", `${this.process}`, "--name", "^Utpost$"];
    return execFileSync("xdotool", asked, { encoding: "utf8" }).trim().split("\n")[0];
  }

  /** Waits until the program has ended. */
  async ended(seconds = PATIENCE) {
    const id = this.process;
    for (let attempt = 0; attempt < seconds * 10; attempt++) {
      try {
        process.kill(id, 0);
      } catch {
        return;
      }
      await wait(100);
    }
    throw new Error("the program still runs");
  }

  /**
   * Ends driver and program; gives when both are gone, so that the next start is the only one. On a
   * busy machine WebKit's driver at times ends without its program.
   */
  async stop() {
    await this.driver.stop();
    for (let attempt = 0; this.#processes().length > 0; attempt++) {
      if (attempt === PATIENCE * 20) throw new Error("the program does not end");
      if (attempt === 60) spawnSync("kill", ["-KILL", ...this.#processes().map(String)]);
      await wait(50);
    }
  }

  #processes() {
    const own = readdirSync("/proc").filter((name) => {
      try {
        return readlinkSync(`/proc/${name}/exe`) === this.program
          && readFileSync(`/proc/${name}/environ`, "utf8").includes(`UTPOST_DATA=${this.desk.environment.UTPOST_DATA}\0`);
      } catch {
        return false;
      }
    });
    return own.map(Number);
  }

  /** What is written on the page beside the frame. */
  async #content() {
    const text = await this.driver.execute("() => (document.querySelector('main') ?? document.body).innerText");
    return text.replace(/\s+/g, " ").slice(0, 1500);
  }

  async #inject() {
    if (!(await this.driver.execute("() => Boolean(window.axe && window.__find)"))) {
      await this.driver.inject(`${AXE}\n${PAGE}`);
    }
  }
}

function nameOf(name) {
  if (name === null) return null;
  return name instanceof RegExp ? { regex: name.source, flags: name.flags } : { text: name };
}
