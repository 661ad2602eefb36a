import { setTimeout as pause } from "node:timers/promises";

/** How long anything may take, in milliseconds. */
export const limit = 30_000;

/** Asks again until the answer is true, and returns it. */
export async function until(what, ask) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
    await pause(30);
  }
}
