import { Anchor, Box, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { useCoverage } from "@/parts/coverage";
import { whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import classes from "./Chain.module.css";
import type { Match } from "./incidents";
import { chainOf } from "./tactics";

/** The tactics of an incident, in the order in which they began. */
export function Chain({ matches }: { matches: Match[] }) {
  const coverage = useCoverage();
  return (
    <Answer of={coverage} lines={2}>
      {(told) => {
        const { steps, without } = chainOf(matches, told);
        return (
          <Box>
            <ol
              className={classes.chain}
              aria-label="ATT&CK tactics in the order in which they began"
            >
              {steps.map((step) => (
                <li
                  key={step.tactic}
                  className={classes.link}
                  data-alerted={step.alerted > 0 || undefined}
                >
                  <div className={classes.tactic}>{step.tactic.replaceAll("-", " ")}</div>
                  <div>
                    {step.techniques.map((id, index) => (
                      <span key={id}>
                        {index > 0 && ", "}
                        <Anchor
                          component={Link}
                          size="xs"
                          href={`/rules?technique=${encodeURIComponent(id)}`}
                        >
                          {id}
                        </Anchor>
                      </span>
                    ))}
                  </div>
                  <div className="quiet">
                    <Moment at={step.first} />
                    <br />
                    {whole(step.matches)} {step.matches === 1 ? "match" : "matches"},{" "}
                    {whole(step.alerted)} alerted
                  </div>
                </li>
              ))}
            </ol>
            {without.length > 0 && (
              <Text size="xs" className="quiet">
                {steps.length ? "Besides: " : "Its rules name no technique: "}
                {without.join(", ")}
                {steps.length ? " name no technique, or are no longer in use." : ""}
              </Text>
            )}
          </Box>
        );
      }}
    </Answer>
  );
}
