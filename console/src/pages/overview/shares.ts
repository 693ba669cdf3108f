/** How much becomes how little, in words and lengths. Pure. */
import { counted, percent, whole } from "@/parts/numbers";

/** Length of a bar, 0 to 1: each ten times as much is as much longer. */
export const lengthOf = (count: number, most: number): number =>
  count <= 0 ? 0 : Math.max(0.015, Math.log10(count + 1) / Math.log10(Math.max(most, 9) + 1));

/** Part of a whole, as people say it: `12.4 %`, or `1 in 41,000` where it is small. */
export function partText(count: number, of: number): string {
  if (!of || !count) return "";
  const share = count / of;
  return share < 0.001 ? `1 in ${counted(Math.round(of / count))}` : percent(share);
}

interface Measured {
  chains: number;
  caught: number;
  upper: number;
}

/** A share that is missed is only worth as much as the number of chains that it was measured on. */
export function missedText(recall: Measured | null): string {
  if (!recall?.chains)
    return "No sealed attack replay can happen here, so what the models would miss is not known.";
  const { caught, chains, upper } = recall;
  return `Sealed attack replays: ${whole(caught)} of ${whole(chains)} measured chains are told; at most ${percent(upper)} would be missed (95 % bound).`;
}
