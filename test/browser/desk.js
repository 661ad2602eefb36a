// A real desk for a test: the program on free ports with a data folder of its
// own, and people who use it without a browser to prepare what a test looks at.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Sink, send } from "./mail.js";
import { until } from "./wait.js";

const program = process.env.LOTSE_BIN ?? fileURLToPath(new URL("../../build/lotse", import.meta.url));

/** The address customers write to, on every desk of these tests. */
export const mailbox = "hilfe@lindenau.example";

/** The password of everybody on every desk of these tests. */
export const password = "am-lindenufer-7";

/** Desk is one running program. */
export class Desk {
  #process;
  #output = "";

  /** Starts a desk nobody has set up. It sends to a sink of its own. */
  static async empty() {
    const desk = new Desk();
    desk.sink = await Sink.open();
    await desk.#start("serve");
    return desk;
  }

  /**
   * Starts a desk with people: Anna the administrator, Mia who works on cases and
   * Jonas who leads. language is theirs.
   */
  static async furnished(language = "de") {
    const desk = await Desk.empty();
    desk.language = language;
    desk.anna = new Visitor(desk);
    await desk.anna.post("/setup", setupForm(desk, { language }));
    await desk.anna.post("/admin/teams/new", { name: "Netz", answer_within: "8", region: "DE-SN", "week-1-0-from": "8:00", "week-1-0-to": "17:00" });
    await desk.anna.post("/admin/catalogue?list=topic", { name_de: "Rechnung", name_en: "Bill" });
    await desk.anna.post("/admin/catalogue?list=region", { name_de: "Altdorf", name_en: "Oldham" });
    desk.mia = await desk.invite("Mia Krüger", "mia@lindenau.example", "agent");
    desk.jonas = await desk.invite("Jonas Weber", "jonas@lindenau.example", "lead");
    return desk;
  }

  /** Starts the demo with a dozen cases, whose mail goes nowhere. */
  static async demo() {
    const desk = new Desk();
    await desk.#start("demo");
    for (const name of ["anna", "mia", "jonas", "selin"]) {
      desk[name] = new Visitor(desk);
      await desk[name].signIn(`${name}@lindenau.example`);
    }
    return desk;
  }

  async #start(command) {
    this.folder = mkdtempSync(join(tmpdir(), "lotse-browser-desk-"));
    const web = await freePort();
    this.mailPort = await freePort();
    this.url = `http://127.0.0.1:${web}`;
    const args = [command, "--data", this.folder, "--http", `127.0.0.1:${web}`, "--smtp", `127.0.0.1:${this.mailPort}`];
    args.push(...(command === "demo" ? ["--small"] : ["--url", this.url]));
    this.#process = spawn(program, args, { env: withoutSettings(process.env) });
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on("data", (text) => (this.#output += text));
    const failed = once(this.#process, "exit").then(() => {
      throw new Error(`the program ended:\n${this.#output}`);
    });
    failed.catch(() => {}); // after the start, its end is stop's
    await Promise.race([failed, until("the desk to be ready", () => this.#ready())]);
  }

  async #ready() {
    try {
      return (await fetch(`${this.url}/readyz`)).ok && /ready|open|geöffnet/.test(this.#output);
    } catch {
      return false; // it does not listen yet
    }
  }

  /** What the program has written so far. */
  get output() {
    return this.#output;
  }

  /** The code for setting up, as the operator finds it. */
  get setupCode() {
    return readFileSync(join(this.folder, "setup-code"), "utf8").trim();
  }

  /** Ends the program and removes its data. */
  async stop() {
    this.sink?.close();
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Invites somebody into the team Service, who accepts. */
  async invite(name, email, role) {
    const page = await this.anna.page("/admin/staff/invite");
    const [, team] = page.match(/type="checkbox" value="([^"]+)"[^>]*>\s*<label[^>]*>\s*Service/);
    await this.anna.post("/admin/staff/invite", { name, email, role, teams: team });
    const guest = new Visitor(this);
    await guest.post(linkIn(await this.sink.wait(email)).pathname, { name, password });
    return guest;
  }

  /** How long a reply can be taken back. */
  undoSeconds(seconds) {
    return this.anna.post("/admin/brand/answers", { undo_seconds: seconds, acknowledge: "yes" });
  }

  /**
   * A customer nobody knows yet writes; returns the letter and, from the
   * acknowledgement, the number of the new case.
   */
  async letter(mail = {}) {
    const letter = { ...customer(), subject: "Zähler defekt", text: "Mein Zähler steht still.\nBitte melden Sie sich.", ...mail };
    letter.id = await send(this.mailPort, { ...letter, to: mailbox });
    letter.receipt = await this.sink.wait(letter.from, (answer) => answer.header["in-reply-to"] === letter.id);
    [letter.number] = letter.receipt.header.subject.match(/L-[0-9A-Z]{4}-[0-9A-Z]{2}/);
    return letter;
  }
}

let customers = 0;

/** A new customer's name and address. */
export function customer() {
  const name = ["Heike Lorenz", "Özlem Kaya", "Piotr Nowak"][customers++ % 3];
  return { name, from: `kunde${customers}@post.example` };
}

/** What fills the setup form rightly. */
export function setupForm(desk, changes = {}) {
  return {
    code: desk.setupCode, name: "Anna Richter", email: "anna@lindenau.example", password, brand_name: "Stadtwerke Lindenau", language: "de",
    region: "DE-SN", address: mailbox, relay_host: "127.0.0.1", relay_port: String(desk.sink.port), relay_security: "none", ...changes,
  };
}

/** The first link of a mail; most have but one. */
export function linkIn(mail) {
  return new URL(mail.text.match(/https?:\/\/\S+/)[0]);
}

/** Visitor is somebody without a browser; after signing in, staff. */
export class Visitor {
  #desk;
  #cookies = new Map();

  constructor(desk) {
    this.#desk = desk;
  }

  /** The cookies a browser needs to be this person. */
  get cookies() {
    return [...this.#cookies].map(([name, value]) => ({ name, value, url: this.#desk.url }));
  }

  signIn(email) {
    return this.post("/signin", { email, password });
  }

  async get(path) {
    const answer = await fetch(this.#desk.url + path, { redirect: "manual", headers: this.#headers() });
    this.#keep(answer);
    return answer;
  }

  /** The HTML of a page that must be there. */
  async page(path) {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
    return answer.text();
  }

  /** Sends a form that must be taken; values may be lists. */
  async post(path, form) {
    const body = new URLSearchParams(Object.entries(form).flatMap(([name, value]) => [value].flat().map((one) => [name, one])));
    const answer = await fetch(this.#desk.url + path, { method: "POST", redirect: "manual", headers: this.#headers(), body });
    this.#keep(answer);
    if (answer.status !== 303) throw new Error(`${path} answers ${answer.status}: ${faults(await answer.text())}`);
    return answer.headers.get("location");
  }

  /** Sends a form with files that must be taken; values may be lists. */
  async upload(path, form, files = []) {
    const body = new FormData();
    for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) body.append(name, one);
    for (const { name, bytes } of files) body.append("files", new Blob([bytes]), name);
    const answer = await fetch(this.#desk.url + path, { method: "POST", redirect: "manual", headers: this.#headers(), body });
    this.#keep(answer);
    if (answer.status !== 303) throw new Error(`${path} answers ${answer.status}: ${faults(await answer.text())}`);
    return answer.headers.get("location");
  }

  #headers() {
    return { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") };
  }

  #keep(answer) {
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
  }
}

const faults = (page) => (page.match(/<main[\s\S]*<\/main>/)?.[0] ?? page).replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").slice(0, 400);

function withoutSettings(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("LOTSE_")));
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
