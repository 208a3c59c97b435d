// What practice's own books say, and its citizens, print shop and faults, over its control interface.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { required } from "./driver.mjs";

/** `utpost practice serve` on a desk's folder; ends when its input does. */
export function serve(desk) {
  const child = spawn(required("UTPOST_CONSOLE"), ["--practice", "--practice-data", desk.practiceFolder, "practice", "serve", "--json", "--until-input-ends"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...desk.environment },
  });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => resolve(child));
    child.once("exit", () => reject(new Error("practice did not start")));
  });
}

/** Ends what `serve` gave, and waits until it is gone. */
export async function end(services) {
  const ended = once(services, "exit");
  services.stdin.end();
  await ended;
}

/** The practice environment that runs on `folder`. */
export class Practice {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  /** Letters in mailboxes. */
  mailboxes() {
    return this.#call("GET", "mailboxes");
  }

  /** The print shop's pile. */
  pile() {
    return this.#call("GET", "print");
  }

  /** Every letter that the access point has taken. */
  async taken() {
    return (await this.#call("GET", "books")).letters;
  }

  /** The next calls to a service go wrong: `{ service, kind, times, … }`. */
  plan(fault) {
    return this.#call("POST", "faults", fault);
  }

  faults() {
    return this.#call("GET", "faults");
  }

  clear() {
    return this.#call("DELETE", "faults");
  }

  /** Waits until `pile` holds a letter that fits. */
  async waitFor(pile, fits, seconds = 20) {
    for (let attempt = 0; attempt < seconds * 10; attempt++) {
      const found = (await this[pile]()).find(fits);
      if (found) return found;
      await wait(100);
    }
    throw new Error(`practice: nothing fitting in ${pile} after ${seconds} s`);
  }

  #call(method, path, body) {
    const endpoints = JSON.parse(readFileSync(join(this.#folder, "endpoints.json"), "utf8"));
    const text = body === undefined ? "" : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(`${endpoints.base_url}/practice/${path}`, {
        method,
        ca: readFileSync(endpoints.ca_file),
        headers: {
          authorization: `Bearer ${endpoints.control_token}`,
          "content-length": Buffer.byteLength(text),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
      });
      call.once("error", reject);
      call.once("response", async (answer) => {
        let said = "";
        for await (const part of answer) said += part;
        if (answer.statusCode === 200) resolve(JSON.parse(said));
        else reject(new Error(`practice: ${method} ${path}: ${answer.statusCode} ${said}`));
      });
      call.end(text);
    });
  }
}
