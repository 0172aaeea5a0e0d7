import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { day, fill, when, type Catalogue, type Values } from "./text.ts";

interface Vectors {
  messages: { lang: string; message: string; values: Values; want: string }[];
  times: { lang: string; zone: string; at: string; now: string; when: string; day: string }[];
}

const here = import.meta.dirname;
const vectors = JSON.parse(readFileSync(`${here}/../testdata/vectors/ui/text.json`, "utf8")) as Vectors;

function family(lang: string, name: string): Catalogue {
  const flat = JSON.parse(readFileSync(`${here}/messages/${lang}/${name}.json`, "utf8")) as Catalogue;
  return Object.fromEntries(Object.entries(flat).map(([key, message]) => [`${name}.${key}`, message]));
}

describe("messages read as the server reads them", () => {
  test.each(vectors.messages)("$lang $message", ({ lang, message, values, want }) => {
    expect(fill(lang, message, values)).toBe(want);
  });
});

describe("times are said as the server says them", () => {
  test.each(vectors.times)("$lang $zone $at", (v) => {
    const words = family(v.lang, "time");
    expect(when(v.lang, words, Date.parse(v.at), Date.parse(v.now), v.zone)).toBe(v.when);
    expect(day(v.lang, words, Date.parse(v.at), Date.parse(v.now), v.zone)).toBe(v.day);
  });
});
