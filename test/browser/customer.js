// Customers of a desk who use it without a browser: they prepare what a test
// looks at.
import { Visitor, customer, linkIn } from "./desk.js";

const number = /L-[0-9A-Z]{4}-[0-9A-Z]{2}/;

/** A question that says more about its author than strangers should read. */
export const question = {
  subject: "Zählertausch: Zähler läuft rückwärts",
  text: "Seit dem Zählertausch am Montag läuft mein Zähler rückwärts.\nSie erreichen mich unter 0341 9876543 oder heike.lorenz@post.example,\nIBAN DE02 1203 0000 0000 2020 51, Hafenstraße 12.",
};

/** Words of question that nobody else may read. */
export const secrets = ["9876543", "heike.lorenz@post.example", "DE02 1203", "Hafenstraße 12"];

/**
 * Somebody asks by the form. Returns who it was: browser, the visitor who did
 * it, and link, the secret link of the acknowledgement.
 */
export async function ask(desk, { files, ...changes } = {}) {
  const { name, from: email } = customer();
  const asked = { name, email, ...question, ...changes, browser: new Visitor(desk) };
  const form = `/ask?lang=${desk.language}`;
  const page = await asked.browser.page(form);
  const hidden = Object.fromEntries(["key", "rendered"].map((field) => [field, page.match(new RegExp(`name="${field}" value="([^"]*)"`))[1]]));
  const { subject, text } = asked;
  const to = await asked.browser.upload(form, { ...hidden, subject, text, email: asked.email, name: asked.name, visibility: "private" }, files);
  [asked.number] = to.match(number);
  asked.receipt = await desk.sink.wait(asked.email, (mail) => mail.header.subject.includes(asked.number));
  asked.link = linkIn(asked.receipt);
  return asked;
}

/** Makes a question public, as its author and, where they must, staff do. */
export async function publish(desk, asked, { title = "Warum läuft mein Zähler rückwärts?", text = "Seit dem Zählertausch läuft er rückwärts.", name = "" } = {}) {
  await propose(asked, { title, text, name });
  const page = `/cases/${asked.number}/public`;
  const release = (await desk.mia.page(page)).match(/action="([^"]+\/release)"[\s\S]*?name="version" value="(\d+)"/);
  if (release) await desk.mia.post(release[1], { version: release[2] });
  [, asked.thread] = (await desk.mia.page(page)).match(/href="(\/(?:de|en)\/questions\/[^"]+)"/);
  return asked;
}

/** The author opens the secret link, which confirms the address, and says yes. */
export async function propose(asked, draft) {
  await asked.browser.post(asked.link.pathname, {});
  await asked.browser.post(`/my/${asked.number}/public`, { step: "publish", ...draft });
}

/** Staff release an official answer. */
export const answerPublicly = (desk, asked, text) =>
  desk.mia.post(`/cases/${asked.number}/public/answer`, { answer: text, step: "release" });
