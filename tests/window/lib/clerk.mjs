// What a clerk does at the window, in the window's own words.

import { nb, TEXTS } from "./texts.mjs";

/** Any text as part of a pattern. */
export function literally(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export class Clerk {
  constructor(app, texts = nb) {
    this.app = app;
    this.text = texts;
  }

  /** Goes to a screen by the menu. */
  async goTo(screen) {
    const name = this.text.frame.screens[screen];
    await this.app.press("button", new RegExp(`^${literally(name)}(,|$)`));
    await this.app.until(
      () => this.app.driver.execute("(name) => document.querySelector('.side [aria-current=page]')?.textContent.startsWith(name)", name),
      () => `not on ${name}`,
    );
  }

  /** Gives a letter, the first, with attachments, and waits until it lies on the desk. */
  async give(...files) {
    await this.tidy();
    await this.app.give(...files);
    if (files.length > 1) {
      await this.app.sees("dialog", this.text.frame.files.whichTitle);
      await this.app.press("button", this.text.frame.files.use);
    }
    await this.app.sees("heading", this.text.compose.document.title);
  }

  /** Writes a number and looks it up; waits for the sentence `reason` stands for. */
  async lookUp(number, reason) {
    await this.app.fill("textbox", this.text.compose.recipient.number, number);
    await this.app.press("button", this.text.compose.recipient.lookUp);
    if (reason) await this.app.reads(this.why(reason));
  }

  /** The start of the sentence for a reason, as far as it is the same for all. */
  why(reason) {
    const facts = { supplier: "\u0000", reservedOn: "\u0000", certificateUntil: "\u0000", theLetter: "\u0000", letters: "\u0000" };
    const parts = this.text.decision.reasons[reason].why(facts).split("\u0000");
    return parts.reduce((longest, part) => (part.length > longest.length ? part : longest)).trim();
  }

  async typeAddress({ name, line, postcode, town }) {
    const words = this.text.compose.address;
    await this.app.fill("textbox", words.name, name);
    await this.app.fill("textbox", words.line, line);
    await this.app.fill("textbox", words.postcode, postcode);
    await this.app.fill("textbox", words.town, town);
  }

  /** Presses Send, and waits for the undo window. */
  async send() {
    const { send, sendPaper } = this.text.compose.bar;
    await this.app.press("button", new RegExp(`^(${literally(send)}|${literally(sendPaper)})$`));
    await this.app.sees("button", this.text.outbox.undo);
  }

  /** Ends the undo window at once. */
  async sendNow() {
    await this.app.press("button", this.text.outbox.sendNow);
    await this.app.misses("button", this.text.outbox.sendNow);
  }

  /** Takes a letter the whole way to the outbox. */
  async sendTo(file, number, reason = "MAILBOX_USABLE") {
    await this.give(file);
    await this.lookUp(number, reason);
    await this.send();
  }

  /** Puts away what is being made. */
  async putAway() {
    await this.app.press("button", this.text.compose.document.putAway);
    await this.app.sees("dialog", this.text.compose.document.putAwayTitle);
    await this.app.press("button", this.text.compose.document.putAwayYes);
    await this.app.sees("heading", this.text.compose.empty.title);
  }

  /** An empty desk, whatever went before. */
  async tidy() {
    if ((await this.app.all("dialog")).length > 0) await this.app.driver.keys("Escape");
    await this.goTo("compose");
    if ((await this.app.all("button", this.text.compose.document.putAway)).length > 0) await this.putAway();
  }

  /** The button of a letter's row in Utboks. */
  action(label, title) {
    return `${label}${this.text.outbox.aboutLetter(title)}`;
  }

  /** Finds a letter in Sendte brev and waits until its row says `state`. */
  async findSent(title, state) {
    await this.goTo("receipts");
    const row = state === undefined ? new RegExp(literally(title)) : new RegExp(`${literally(title)}.*${literally(state)}`);
    await this.app.press("option", row, { seconds: 30 });
    await this.app.sees("heading", title);
  }

  /** Chooses a person in Innbyggerens postkasse. */
  async choosePerson(person) {
    await this.goTo("practice");
    await this.app.press("option", new RegExp(literally(person.name)));
    await this.app.sees("heading", this.text.practice.mailboxOf(person.name));
  }

  /** Opens the band Sending, if it is not open. */
  async openSending() {
    const { change: word, title } = this.text.compose.sending;
    await this.app.pressIfThere("button", `${word}: ${title}`);
    await this.app.sees("textbox", new RegExp(`^${literally(this.text.compose.sending.titleField)}`));
  }

  async undoSeconds(seconds) {
    await this.goTo("settings");
    await this.app.press("button", this.text.settings.sections.sending);
    await this.app.fill("textbox", new RegExp(literally(this.text.settings.sending.undo)), `${seconds}`);
    await this.app.press("button", this.text.settings.save);
    await this.app.reads(this.text.settings.saved);
  }

  /** Another language and theme, in place. */
  async look({ language, theme }) {
    const now = await this.app.driver.execute(
      "() => [document.documentElement.lang, document.documentElement.dataset.colorScheme]",
    );
    if (now[0] === language && now[1] === theme) return;
    await this.goTo("settings");
    await this.app.press("button", this.text.settings.sections.appearance);
    await this.app.press("radio", this.text.settings.appearance[language]);
    this.text = TEXTS[language];
    await this.app.until(
      () => this.app.driver.execute("(lang) => document.documentElement.lang === lang", language),
      () => `the window is not in ${language}`,
    );
    await this.app.press("radio", this.text.settings.appearance[theme]);
    await this.app.until(
      () => this.app.driver.execute("(theme) => document.documentElement.dataset.colorScheme === theme", theme),
      () => `the window is not ${theme}`,
    );
  }
}
