// Made by `go run ./ui/gen` from the messages in English. Do not edit.

export interface Messages {
  "time.at": { clock: string | number; day: string | number };
  "time.day.other_year": { day: string | number; month: string | number; year: string | number };
  "time.day.this_year": { day: string | number; month: string | number };
  "time.day.today": Record<never, never>;
  "time.day.tomorrow": Record<never, never>;
  "time.day.yesterday": Record<never, never>;
  "time.months": Record<never, never>;
  "time.today": { clock: string | number };
  "time.tomorrow": { clock: string | number };
  "time.yesterday": { clock: string | number };
}

export type Key = keyof Messages;
