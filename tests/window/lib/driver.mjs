// A small client of the WebDriver protocol (w3.org/TR/webdriver2), for what this suite uses.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Keys without a character, as the protocol writes them. */
export const KEYS = {
  Backspace: "\ue003",
  Tab: "\ue004",
  Enter: "\ue007",
  Shift: "\ue008",
  Control: "\ue009",
  Alt: "\ue00a",
  Escape: "\ue00c",
  Space: " ",
  End: "\ue010",
  Home: "\ue011",
  ArrowLeft: "\ue012",
  ArrowUp: "\ue013",
  ArrowRight: "\ue014",
  ArrowDown: "\ue015",
  F1: "\ue031",
  F6: "\ue036",
};

/** A tauri-driver with one window under it. */
export class Driver {
  #process;
  #base;
  #session = "";

  /** Starts `program` with `arguments_` and `environment`, and drives it. */
  static async start(program, arguments_, environment) {
    const driver = new Driver();
    const [port, native] = [await freePort(), await freePort()];
    const tauriDriver = required("UTPOST_TAURI_DRIVER");
    driver.#base = `http://127.0.0.1:${port}`;
    driver.#process = spawn(tauriDriver, ["--port", `${port}`, "--native-port", `${native}`], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const end = () => driver.#process.kill("SIGTERM");
    process.once("exit", end);
    driver.#process.once("exit", () => process.off("exit", end));
    await driver.#ready();
    const answer = await driver.#call("POST", "/session", {
      capabilities: { alwaysMatch: { browserName: "wry", "tauri:options": { application: program, args: arguments_ } } },
    });
    driver.#session = `/session/${answer.sessionId}`;
    await driver.command("POST", "/timeouts", { script: 60_000, pageLoad: 60_000, implicit: 0 });
    return driver;
  }

  /** Ends the driver, and the window if it is still there. */
  async stop() {
    if (this.#session) {
      // A window that has closed itself, or was killed, has no session any more.
      await this.#call("DELETE", this.#session).catch(() => {});
      this.#session = "";
    }
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }

  command(method, path, body) {
    return this.#call(method, `${this.#session}${path}`, body);
  }

  /** Runs a function of the page; elements go in and out as they are. */
  execute(script, ...args) {
    return this.command("POST", "/execute/sync", { script: `return (${script}).apply(null, arguments)`, args });
  }

  /** Runs a function of the page that gives a promise. */
  executeAsync(script, ...args) {
    const call = `const done = arguments[arguments.length - 1];
      Promise.resolve((${script}).apply(null, [...arguments].slice(0, -1)))
        .then((value) => done({ value }), (fault) => done({ fault: String(fault?.message ?? JSON.stringify(fault)) }));`;
    return this.command("POST", "/execute/async", { script: call, args }).then(({ value, fault }) => {
      if (fault !== undefined) throw new Error(fault);
      return value;
    });
  }

  /** Runs statements of the page. */
  inject(script) {
    return this.command("POST", "/execute/sync", { script, args: [] });
  }

  /** Clicks once the element lies still. */
  async click(element) {
    await this.executeAsync(`async (element) => {
      const place = () => JSON.stringify(element.getBoundingClientRect());
      const frame = () => new Promise(requestAnimationFrame);
      for (let before = ""; before !== place(); await frame()) before = place();
    }`, element);
    await this.command("POST", `/element/${element[ELEMENT]}/click`, {});
  }

  /** Presses keys one after the other, with the modifiers held: `Control+o`, `Tab`, `a`. */
  async keys(...strokes) {
    for (const stroke of strokes) {
      const names = stroke === "+" ? ["+"] : stroke.split("+");
      const values = names.map((name) => KEYS[name] ?? name);
      const down = values.map((value) => ({ type: "keyDown", value }));
      const up = [...values].reverse().map((value) => ({ type: "keyUp", value }));
      await this.command("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions: [...down, ...up] }] });
    }
  }

  /** Types into what has focus. */
  async type(text) {
    const actions = [...text].flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    await this.command("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** What the page looks like now, as PNG. */
  async screenshot() {
    return Buffer.from(await this.command("GET", "/screenshot"), "base64");
  }

  async #ready() {
    for (let attempt = 0; attempt < 200; attempt++) {
      const answer = await this.#call("GET", "/status").catch(() => null);
      if (answer?.ready) return;
      await wait(50);
    }
    throw new Error("tauri-driver does not answer");
  }

  async #call(method, path, body) {
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(90_000),
    }).catch((fault) => {
      throw new Error(`${method} ${path}: ${fault}`);
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
    return value;
  }
}

/** A setting that the caller of the suite makes. */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start the suite with cargo xtask test`);
  return value;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
