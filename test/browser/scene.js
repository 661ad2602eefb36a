// A desk where every page for customers has something to show.
import { answerPublicly, ask, propose, publish } from "./customer.js";
import { Desk } from "./desk.js";

/** Starts it. The pages of the three lists below are of this desk. */
export async function stage() {
  const desk = await Desk.furnished();
  await desk.undoSeconds(0);
  const answered = await publish(desk, await ask(desk, { files: [{ name: "Foto.png", bytes: "png" }] }));
  await answerPublicly(desk, answered, "Wir tauschen den Zähler am Freitag.\n\n- Bitte halten Sie den Keller frei.\n- Es dauert eine Stunde.");
  await desk.mia.post(`/cases/${answered.number}/reply`, { reply: "Wir kommen **am Freitag**.", next: "answered" });
  const waiting = await publish(desk, await ask(desk), { title: "Wann wird mein Zähler getauscht?", text: "Ich warte seit drei Wochen auf den Termin.", name: "Heike" });
  const gone = await publish(desk, await ask(desk), { title: "Wie kündige ich meinen Vertrag?", text: "Ich ziehe zum Jahresende aus der Wohnung aus." });
  await gone.browser.post(`/my/${gone.number}/public/back`, {});
  const reviewed = await ask(desk);
  await propose(reviewed, { title: "Was kostet ein Zählertausch?", text: "Ich finde dazu nichts auf Ihrer Seite.", name: "" });
  const solved = await ask(desk, { subject: "Rechnung doppelt erhalten" });
  await solved.browser.post(`/my/${solved.number}/solved`, {});
  await solved.browser.post(`/my/${solved.number}/erasure`, {});
  await desk.mia.post("/blocks", { address: "werbung@post.example", reason: "Nur Werbung" });
  return { desk, answered, waiting, gone, reviewed, solved };
}

/** Pages for everybody. */
export const open = {
  "the home page": () => "/de/",
  "the home page in English": () => "/en/",
  "results": () => "/de/search?q=Zähler",
  "no results": () => "/de/search?q=Straßenbahn",
  "all questions": () => "/de/questions",
  "unanswered questions": () => "/de/questions/unanswered",
  "an answered question": (s) => s.answered.thread,
  "a question that waits": (s) => s.waiting.thread,
  "a question that is gone": (s) => s.gone.thread,
  "the form to ask": () => "/ask",
  "the way back": () => "/track",
  "the file without a pass": () => "/my",
  "a case without a pass": (s) => `/my/${s.answered.number}`,
  "a secret link": (s) => s.answered.link.pathname,
  "a link that never was": () => "/l/abcdefghijklmnopqrstuvwxyz",
  "no page": () => "/de/there-is-no-such-page",
};

/** Pages of who asked, with whose they are. */
export const own = {
  "the confirmation": [(s) => s.answered, (c) => `/my/${c.number}?new=1`],
  "an answered case": [(s) => s.answered, (c) => `/my/${c.number}`],
  "a case that waits": [(s) => s.waiting, (c) => `/my/${c.number}`],
  "a solved case with a wish for erasure": [(s) => s.solved, (c) => `/my/${c.number}`],
  "what is public of a case": [(s) => s.answered, (c) => `/my/${c.number}/public`],
  "what is not public yet": [(s) => s.reviewed, (c) => `/my/${c.number}/public`],
  "a proposal": [(s) => s.solved, (c) => `/my/${c.number}/public`],
  "the public text": [(s) => s.answered, (c) => `/my/${c.number}/public?edit=1`],
  "taking it back": [(s) => s.answered, (c) => `/my/${c.number}/public/back`],
  "asking for erasure": [(s) => s.answered, (c) => `/my/${c.number}/erasure`],
  "making links worthless": [(s) => s.answered, (c) => `/my/${c.number}/revoke`],
  "one's own cases": [(s) => s.answered, () => "/my"],
};

/** Pages of staff. */
export const staff = {
  "duties, to release": () => "/duties",
  "duties, unanswered": () => "/duties?tab=overdue",
  "duties, erasure": () => "/duties?tab=erasure",
  "an answered public case": (s) => `/cases/${s.answered.number}/public`,
  "a public case that waits": (s) => `/cases/${s.waiting.number}/public`,
  "a case to release": (s) => `/cases/${s.reviewed.number}/public`,
  "a case taken back": (s) => `/cases/${s.gone.number}/public`,
  "a private case's public side": (s) => `/cases/${s.solved.number}/public`,
  "a case with a wish for erasure": (s) => `/cases/${s.solved.number}`,
  "blocked senders": () => "/blocks",
};
