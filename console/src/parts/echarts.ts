/** The parts of ECharts that we use; a module of its own, so that only pages with charts load it. */
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  DataZoomComponent,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
  VisualMapComponent,
]);

type Click = { name?: string; data?: unknown; dataIndex?: number; seriesName?: string };

/** Draws a chart that follows the size of its place; returns what takes it away. */
export function draw(
  place: HTMLDivElement,
  option: echarts.EChartsCoreOption,
  scheme: "dark" | "light",
  click: (told: Click) => void,
): () => void {
  const text = scheme === "dark" ? "#9aa4b5" : "#566072";
  const line = scheme === "dark" ? "#2c3441" : "#dfe3ea";
  const axis = {
    axisLine: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: line } },
    axisLabel: { color: text },
  };
  echarts.registerTheme(`foreseen-${scheme}`, {
    textStyle: { color: text, fontFamily: "Inter Variable, sans-serif", fontSize: 11 },
    color: ["#5c7cfa", "#ff922b", "#51cf66", "#ff6b6b", "#cc5de8", "#22b8cf"],
    legend: { textStyle: { color: text } },
    categoryAxis: axis,
    valueAxis: axis,
    timeAxis: axis,
    logAxis: axis,
  });
  const chart = echarts.init(place, `foreseen-${scheme}`, { renderer: "canvas" });
  // Tips as canvas text: as markup they would need styles that the page's policy refuses.
  chart.setOption({
    animation: false,
    ...option,
    ...(option.tooltip
      ? { tooltip: { ...(option.tooltip as object), renderMode: "richText" } }
      : {}),
  });
  chart.on("click", (told) => click(told as Click));
  const watch = new ResizeObserver(() => chart.resize());
  watch.observe(place);
  return () => {
    watch.disconnect();
    chart.dispose();
  };
}
