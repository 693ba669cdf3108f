/** What became of a rule's matches in the last days. */
import { useMemo } from "react";
import type { Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Chart } from "@/parts/Chart";
import { historyOf } from "@/parts/course";
import { Panel } from "@/parts/Page";
import { momentText, useZone } from "@/parts/times";
import { COURSE_DAYS, useCourses } from "./queries";

const HISTORY = "#868e96";

export function Course({ rule }: { rule: string }) {
  const found = useCourses();
  return (
    <Panel
      title={`The last ${COURSE_DAYS} days`}
      note="matches; those not judged are history that models learn from"
    >
      <Answer
        of={found}
        isEmpty={(told) => !(rule in told.rules)}
        empty="It matched nothing in this time."
      >
        {(told) => <Drawn told={told} rule={rule} />}
      </Answer>
    </Panel>
  );
}

function Drawn({ told, rule }: { told: Schema["CoursesView"]; rule: string }) {
  const [zone] = useZone();
  const { option, twin } = useMemo(() => {
    const course = told.rules[rule] ?? { matches: [], alerted: [], suppressed: [] };
    const { alerted, suppressed } = course;
    const history = historyOf(course);
    const begin = Date.parse(told.since ?? "");
    const step = (Date.parse(told.until ?? "") - begin) / Math.max(1, alerted.length);
    const times = alerted.map((_, at) =>
      momentText(new Date(begin + at * step), zone).slice(5, 16),
    );
    const bar = (name: string, data: number[], colour?: string) => ({
      name,
      data,
      type: "bar",
      stack: "matches",
      ...(colour ? { itemStyle: { color: colour } } : {}),
    });
    return {
      option: {
        grid: { left: 44, right: 12, top: 30, bottom: 24 },
        legend: { top: 0, left: 0 },
        tooltip: { trigger: "axis" },
        xAxis: { type: "category", data: times },
        yAxis: { type: "value", minInterval: 1 },
        series: [
          bar("not judged", history, HISTORY),
          bar("suppressed", suppressed),
          bar("alerted", alerted),
        ],
      },
      twin: {
        columns: ["from", "not judged", "suppressed", "alerted"],
        rows: times.map((time, at) => [
          time,
          history[at] ?? 0,
          suppressed[at] ?? 0,
          alerted[at] ?? 0,
        ]),
      },
    };
  }, [told, rule, zone]);
  return <Chart label={`Matches of ${rule} over time`} option={option} twin={twin} height={240} />;
}
