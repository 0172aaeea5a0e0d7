// Messages and dates for the web app, by the same rules as text.go and
// when.go; testdata/vectors/ui/text.json holds both to them.
import type { Key, Messages } from "./messages/keys.gen.ts";

export type { Key, Messages };

/** A catalogue: full key ("app.add.title") to the message in one language. */
export type Catalogue = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;
export type Translate = <K extends Key>(key: K, ...values: [keyof Messages[K]] extends [never] ? [] : [Messages[K]]) => string;

/** The message of a key, filled. A key that does not exist comes back as itself. */
export function translator(lang: string, words: Catalogue): Translate {
  return (key, values?: Values) => {
    const message = words[key];
    return message === undefined ? key : fill(lang, message, values ?? {});
  };
}

/**
 * Fills one message of the ICU subset: {name} and
 * {n, plural, =0 {…} one {…} other {…}}, "#" inside a branch being the number.
 */
export function fill(lang: string, message: string, values: Values): string {
  return read(message, 0, lang, values, "").text;
}

interface Read {
  text: string;
  end: number; // of the } that closed this branch, or of the message
}

function read(message: string, from: number, lang: string, values: Values, number: string): Read {
  let text = "";
  for (let i = from; i < message.length; i++) {
    const c = message.charAt(i);
    if (c === "}") return { text, end: i };
    if (c === "#" && number !== "") text += number;
    else if (c !== "{") text += c;
    else {
      const hole = placeholder(message, i, lang, values);
      text += hole.text;
      i = hole.end;
    }
  }
  return { text, end: message.length };
}

const plural = /\s*([^,{}]+?)\s*,\s*plural\s*,/y;
const branch = /\s*(=\d+|one|other)\s*\{/y;

function placeholder(message: string, open: number, lang: string, values: Values): Read {
  plural.lastIndex = open + 1;
  const name = plural.exec(message)?.[1];
  if (name === undefined) {
    const end = message.indexOf("}", open);
    const plain = message.slice(open + 1, end).trim();
    return { text: String(values[plain] ?? `{${plain}}`), end };
  }
  const n = String(values[name] ?? `{${name}}`);
  const branches = new Map<string, string>();
  let at = plural.lastIndex;
  for (;;) {
    branch.lastIndex = at;
    const word = branch.exec(message)?.[1];
    if (word === undefined) break;
    const inner = read(message, branch.lastIndex, lang, values, n);
    branches.set(word, inner.text);
    at = inner.end + 1;
  }
  const chosen = branches.get(`=${n}`) ?? (n === "1" && lang !== "ja" ? branches.get("one") : undefined) ?? branches.get("other");
  return { text: chosen ?? "", end: message.indexOf("}", at) };
}

/** An instant as people say it: "today 14:32", 「3月3日 14:32」. Times are ms since 1970; without a zone, the phone's own. */
export function when(lang: string, words: Catalogue, at: number, now: number, zone?: string): string {
  const t = parts(at, zone);
  const word = near(t, parts(now, zone));
  const clock = t.clock;
  if (word !== "") return fill(lang, words[`time.${word}`] ?? "", { clock });
  return fill(lang, words["time.at"] ?? "", { day: date(lang, words, t, parts(now, zone)), clock });
}

/** The same without the clock: "today", "3 March". */
export function day(lang: string, words: Catalogue, at: number, now: number, zone?: string): string {
  const t = parts(at, zone);
  const today = parts(now, zone);
  const word = near(t, today);
  return word === "" ? date(lang, words, t, today) : (words[`time.day.${word}`] ?? "");
}

interface Moment {
  year: number;
  month: number;
  day: number;
  clock: string;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function parts(at: number, zone: string | undefined): Moment {
  const key = zone ?? "";
  let clock = clocks.get(key);
  if (clock === undefined) {
    const options: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    clock = new Intl.DateTimeFormat("en", zone === undefined ? options : { ...options, timeZone: zone });
    clocks.set(key, clock);
  }
  const of = new Map(clock.formatToParts(at).map((p) => [p.type, p.value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(of.get(type));
  return { year: number("year"), month: number("month"), day: number("day"), clock: `${of.get("hour")}:${of.get("minute")}` };
}

/** Names a day next to today by its key in the family "time". */
function near(t: Moment, today: Moment): "today" | "yesterday" | "tomorrow" | "" {
  const days = (m: Moment): number => Date.UTC(m.year, m.month - 1, m.day) / 86_400_000;
  switch (days(t) - days(today)) {
    case -1:
      return "yesterday";
    case 0:
      return "today";
    case 1:
      return "tomorrow";
    default:
      return "";
  }
}

function date(lang: string, words: Catalogue, t: Moment, today: Moment): string {
  const key = t.year === today.year ? "time.day.this_year" : "time.day.other_year";
  const months = (words["time.months"] ?? "").split(" ");
  return fill(lang, words[key] ?? "", { day: t.day, month: months[t.month - 1] ?? "", year: t.year });
}
