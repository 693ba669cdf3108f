import { percent } from "@/parts/numbers";

interface Props {
  probability: number; // of an expected match being as surprising
  budget: number | null; // at this or less it alerts
}

const WIDTH = 320;
const DECADES = 4; // the scale is logarithmic: 0.01 % to 100 %

/** The model's probability against the threshold, on a scale where 1 % and 0.01 % can be told apart. */
export function ProbabilityBar({ probability, budget }: Props) {
  const at = (share: number) =>
    WIDTH * Math.max(0, Math.min(1, 1 + Math.log10(Math.max(share, 10 ** -DECADES)) / DECADES));
  const alerts = budget !== null && probability <= budget;
  const told = `${percent(probability)} of expected matches are as surprising${
    budget === null ? "" : `; at ${percent(budget)} or less it alerts`
  }`;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} 40`}
      width="100%"
      style={{ maxWidth: 480 }}
      role="img"
      aria-label={told}
    >
      <rect y="8" width={WIDTH} height="10" rx="3" fill="var(--line)" />
      {budget !== null && (
        <rect y="8" width={at(budget)} height="10" rx="3" fill="var(--odd)" opacity="0.35" />
      )}
      {budget !== null && (
        <line
          x1={at(budget)}
          x2={at(budget)}
          y1="4"
          y2="22"
          stroke="currentColor"
          strokeWidth="1.5"
        />
      )}
      <circle
        cx={Math.max(5, at(probability))}
        cy="13"
        r="5"
        fill={alerts ? "var(--odd)" : "var(--expected)"}
      />
      {[0, 1, 2, 3, 4].map((step) => (
        <text
          key={step}
          x={(WIDTH * step) / DECADES}
          y="34"
          fontSize="9"
          fill="var(--quiet)"
          textAnchor={step === 0 ? "start" : step === DECADES ? "end" : "middle"}
        >
          {percent(10 ** (step - DECADES))}
        </text>
      ))}
    </svg>
  );
}
