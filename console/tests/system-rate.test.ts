import { expect, test } from "vitest";
import { ratesOf, rateText } from "@/pages/system/rate";

const at = (hour: number, minute = 0): string =>
  new Date(Date.UTC(2026, 0, 1, hour, minute)).toISOString();

test("an hour without events is nought, and the one that goes on counts the minutes gone", () => {
  const hours = [
    { time: at(0), events: 600, bytes: 10 },
    { time: at(2), events: 300, bytes: 5 },
  ];
  const rates = ratesOf(hours, at(0), at(4), Date.parse(at(2, 30)));
  expect(rates.map((rate) => rate.minute)).toEqual([10, 0, 10]);
  expect(rates.map((rate) => rate.events)).toEqual([600, 0, 300]);
});

test("small rates keep a digit", () => {
  expect([0, 0.25, 3.14, 1234.5].map(rateText)).toEqual(["0", "0.25", "3.1", "1,235"]);
});
