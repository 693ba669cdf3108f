/** ATT&CK techniques with matches, a column for each tactic; the warmer, the more of them alerted. */
import { Box, Group, SegmentedControl, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer, Nothing } from "@/parts/Answer";
import { useCoverage } from "@/parts/coverage";
import { counted, whole } from "@/parts/numbers";
import { useUrl } from "@/parts/url";
import { columnsOf, type Technique, tacticName, warmthOf } from "./attack";
import classes from "./HeatMap.module.css";
import type { Overview } from "./overview";

type Measure = "alerted" | "matches";

export function HeatMap({ techniques }: { techniques: Overview["techniques"] }) {
  const [url, setUrl] = useUrl();
  const measure: Measure = url.get("heat") === "matches" ? "matches" : "alerted";
  const coverage = useCoverage();
  if (!techniques.length)
    return <Nothing>No rule that names a technique matched in this time.</Nothing>;
  const most = Math.max(...techniques.map((each) => each[measure]));
  return (
    <Answer of={coverage} lines={5}>
      {(told) => (
        <>
          <Group justify="space-between" mb={6}>
            <Text size="xs" className="quiet">
              {measure === "alerted" ? "Matches that alerted" : "All matches"}, by the techniques
              that their rules name; a rule counts for each.
            </Text>
            <SegmentedControl
              aria-label="What the heat map counts"
              data={["alerted", "matches"]}
              value={measure}
              onChange={(value) => setUrl({ heat: value === "matches" ? value : null }, true)}
            />
          </Group>
          <Box className={classes.map} tabIndex={0} role="region" aria-label="ATT&CK heat map">
            {columnsOf(techniques, told).map((tactic) => (
              <div key={tactic.name} className={classes.tactic}>
                <h3 className={classes.name}>{tacticName(tactic.name)}</h3>
                <ul className={classes.cells}>
                  {tactic.techniques.map((each) => (
                    <li key={each.technique}>
                      <Cell technique={each} measure={measure} most={most} />
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </Box>
        </>
      )}
    </Answer>
  );
}

function Cell({
  technique,
  measure,
  most,
}: {
  technique: Technique;
  measure: Measure;
  most: number;
}) {
  const warmth = warmthOf(technique[measure], most);
  const { technique: id, matches, alerted, rules } = technique;
  return (
    <Link
      href={`/rules?technique=${encodeURIComponent(id)}`}
      className={classes.cell}
      style={{
        background: `color-mix(in srgb, var(--odd) ${Math.round(45 * warmth)}%, var(--surface))`,
      }}
      title={`${id}: ${whole(alerted)} of ${whole(matches)} matches alerted; ${rules.join(", ")}`}
    >
      <span>{id}</span>
      <span className="number">{counted(technique[measure])}</span>
    </Link>
  );
}
