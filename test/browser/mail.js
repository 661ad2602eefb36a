// The world of mail around a desk: a server that takes what the desk sends, or
// refuses it as told, and a client that writes to the desk. Both speak just
// enough SMTP (RFC 5321) over plain sockets.
import { createServer, connect } from "node:net";
import { once } from "node:events";
import { until } from "./wait.js";

/** Sink is a mail server that remembers what it took. */
export class Sink {
  mails = [];
  #rules = [];
  #server = createServer((socket) => this.#serve(socket));

  static async open() {
    const sink = new Sink();
    sink.#server.listen(0, "127.0.0.1");
    await once(sink.#server, "listening");
    sink.port = sink.#server.address().port;
    return sink;
  }

  close() {
    this.#server.close();
    this.#server.unref();
  }

  /** Answers mail to an address with these words ("550 …") until forgive. */
  refuse(address, answer) {
    this.#rules.push({ address, answer });
  }

  forgive(address) {
    this.#rules = this.#rules.filter((rule) => rule.address !== address);
  }

  /** Waits for a mail to an address that passes the test. */
  wait(to, passes = () => true) {
    return until(`a mail to ${to}`, () => this.mails.find((mail) => mail.to.includes(to) && passes(mail)));
  }

  #serve(socket) {
    let envelope = { to: [] };
    let rest = "";
    let data = null;
    const say = (line) => socket.write(`${line}\r\n`);
    const command = (line) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "MAIL") envelope = { from: addressIn(line), to: [] };
      if (verb === "RCPT") {
        const refused = this.#rules.find((rule) => rule.address === addressIn(line));
        if (refused) return say(refused.answer);
        envelope.to.push(addressIn(line));
      }
      if (verb === "DATA") {
        data = [];
        return say("354 go on");
      }
      if (verb === "QUIT") return socket.end("221 bye\r\n");
      say(verb === "EHLO" ? "250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8" : "250 OK");
    };
    const line = (text) => {
      if (data === null) return command(text);
      if (text !== ".") return data.push(text.startsWith(".") ? text.slice(1) : text);
      this.mails.push({ ...envelope, ...parse(data.join("\r\n")) });
      data = null;
      say("250 taken");
    };
    socket.setEncoding("utf8");
    socket.on("error", () => {}); // the desk hung up
    socket.on("data", (chunk) => {
      const lines = (rest + chunk).split("\r\n");
      rest = lines.pop();
      lines.forEach(line);
    });
    say("220 sink.example");
  }
}

const addressIn = (line) => line.match(/<(.*?)>/)?.[1] ?? "";

/**
 * Splits a mail into header (names in lower case), the text people read, and its
 * HTML with images that came with it in place.
 */
function parse(raw) {
  const all = parts(raw);
  const words = (kind) => all.find(({ header }) => (header["content-type"] ?? "text/plain").startsWith(kind))?.bytes.toString().replaceAll("\r\n", "\n") ?? "";
  const plain = all.find(({ header }) => /^text\/plain/.test(header["content-type"] ?? "text/plain"));
  const flowed = /format="?flowed/i.test(plain?.header["content-type"] ?? "");
  return { raw, header: all[0].top, text: flowed ? unflow(words("text/plain")) : words("text/plain"), lines: words("text/plain"), html: pictured(words("text/html"), all) };
}

/** The leaves of a mail, each with its header, its bytes, and the header of the whole. */
function parts(raw, top) {
  const [head, ...rest] = raw.split("\r\n\r\n");
  const header = {};
  for (const field of head.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
    const colon = field.indexOf(":");
    header[field.slice(0, colon).toLowerCase()] = unword(field.slice(colon + 1).trim());
  }
  const body = rest.join("\r\n\r\n");
  const boundary = header["content-type"]?.match(/^multipart\/.*boundary="?([^";]+)/)?.[1];
  if (!boundary) return [{ header, top: top ?? header, bytes: decoded(header, body) }];
  return body.split(`--${boundary}`).slice(1, -1).flatMap((part) => parts(part.replace(/^\r\n/, "").replace(/\r\n$/, ""), top ?? header));
}

function decoded(header, body) {
  const encoding = (header["content-transfer-encoding"] ?? "").toLowerCase();
  if (encoding === "base64") return Buffer.from(body, "base64");
  return Buffer.from(encoding === "quoted-printable" ? unquote(body.replace(/=\r\n/g, "")) : body);
}

/** Joins lines that were broken softly (RFC 3676). */
const unflow = (text) => text.replace(/^ /gm, "").replace(/(?<!^--) \n(>+ ?)?/gm, " ");

const pictured = (html, all) => all.reduce((page, { header, bytes }) => {
  const id = header["content-id"]?.slice(1, -1);
  return id ? page.replaceAll(`cid:${id}`, `data:${header["content-type"].split(";")[0]};base64,${bytes.toString("base64")}`) : page;
}, html);

const unquote = (text) =>
  Buffer.from(text.replace(/[^\x00-\x7f]/g, (c) => encodeURIComponent(c).replaceAll("%", "="))
    .replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString("utf8");

const unword = (text) =>
  text.replace(/\?=\s+=\?/g, "?==?").replace(/=\?utf-8\?([qb])\?(.*?)\?=/gi, (_, kind, word) =>
    kind.toLowerCase() === "b" ? Buffer.from(word, "base64").toString() : unquote(word.replaceAll("_", " ")));

const encoded = (text) => (/[^\x20-\x7e]/.test(text) ? `=?utf-8?B?${Buffer.from(text).toString("base64")}?=` : text);

let counter = 0;

/**
 * Writes a mail; returns its Message-ID with brackets. Without a name there is
 * no From field at all, and an empty from is the empty reverse path.
 */
export async function send(port, { from, name, to, subject = "", text = "", html, files = [], header = {} }) {
  const id = `<${Date.now()}.${++counter}.${process.pid}@${from.split("@")[1] ?? "nowhere.example"}>`;
  const fields = {
    ...(name && { From: `${encoded(name)} <${from}>` }), To: `<${to}>`, Subject: encoded(subject), Date: new Date().toUTCString(),
    "Message-ID": id, "MIME-Version": "1.0", ...header,
  };
  const head = Object.entries(fields).map(([key, value]) => `${key}: ${value}\r\n`).join("");
  await transfer(port, from, to, head + content(text, html, files));
  return id;
}

/** Writes a mail as an answer to one the sink took. */
export function answer(port, mail, { from, name, text }) {
  const to = addressIn(mail.header["reply-to"]) || mail.header["reply-to"];
  const id = mail.header["message-id"];
  return send(port, { from, name, to, subject: `Re: ${mail.header.subject}`, text, header: { "In-Reply-To": id, References: id } });
}

function content(text, html, files) {
  const body = html === undefined ? part("text/plain; charset=utf-8", text) : part("text/html; charset=utf-8", html);
  if (files.length === 0) return body;
  const boundary = "=_lotse_test";
  const attached = files.map(({ name, type, bytes }) =>
    part(`${type}; name="${encoded(name)}"`, bytes, `Content-Disposition: attachment; filename="${encoded(name)}"\r\n`));
  const all = [body, ...attached].map((one) => `--${boundary}\r\n${one}\r\n`).join("");
  return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${all}--${boundary}--\r\n`;
}

function part(type, bytes, header = "") {
  const packed = Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `Content-Type: ${type}\r\n${header}Content-Transfer-Encoding: base64\r\n\r\n${packed}\r\n`;
}

async function transfer(port, from, to, mail) {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("utf8").setTimeout(30_000, () => socket.destroy(new Error("the desk's mail server is silent")));
  const replies = lines(socket);
  const expect = async (code) => {
    const { value } = await replies.next();
    if (!value?.startsWith(code)) throw new Error(`the desk answered ${value}, not ${code}`);
  };
  await expect("220");
  for (const [command, code] of [["EHLO mail.example", "250"], [`MAIL FROM:<${from}>`, "250"], [`RCPT TO:<${to}>`, "250"], ["DATA", "354"]]) {
    socket.write(`${command}\r\n`);
    await expect(code);
  }
  socket.write(`${mail.replace(/^\./gm, "..")}\r\n.\r\n`);
  await expect("250");
  socket.end("QUIT\r\n");
}

/** The last line of each reply. */
async function* lines(socket) {
  let rest = "";
  for await (const chunk of socket) {
    const all = (rest + chunk).split("\r\n");
    rest = all.pop();
    yield* all.filter((line) => /^\d{3}( |$)/.test(line));
  }
}
