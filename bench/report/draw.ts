// ECharts renders SVG to a string on the server with no browser, no DOM and no native module, runs on
// Node 20, and is maintained by Apache; vega-lite wants Node 22.
import { init, type EChartsOption, type TitleComponentOption } from 'echarts';

export interface Bar {
  readonly name: string;
  readonly color: string;
  readonly value: number;
}

export interface Point {
  readonly value: number;
  /** Whether the point is drawn hollow. */
  readonly isDoubtful: boolean;
}

export interface Lines {
  readonly title: string;
  readonly subtitle: string;
  readonly axis: string;
  readonly categories: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly color: string;
    readonly points: readonly (Point | undefined)[];
  }[];
}

const WIDTH = 760;
const INK = '#1f2937';
const BASE: EChartsOption = {
  animation: false,
  // Its own background, so that it is readable on a dark page too.
  backgroundColor: '#ffffff',
  textStyle: { color: INK, fontFamily: 'sans-serif' },
};

export function renderBars(title: string, bars: readonly Bar[]): string {
  return render(90 + bars.length * 40, {
    ...BASE,
    title: titled(title),
    grid: { left: 180, right: 90, top: 56, bottom: 20 },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { color: INK, fontSize: 13 },
    },
    series: {
      type: 'bar',
      barWidth: 22,
      data: bars.map(({ value, color }) => ({ value, itemStyle: { color } })),
      label: {
        show: true,
        position: 'right',
        color: INK,
        formatter: ({ value }) => format(Number(value)),
      },
    },
  });
}

export function renderLines({ title, subtitle, axis, categories, series }: Lines): string {
  return render(460, {
    ...BASE,
    title: { ...titled(title), subtext: subtitle, subtextStyle: { color: INK } },
    // Without a browser, the width of text is only estimated.
    legend: { top: 66, left: 12, itemGap: 32, textStyle: { color: INK } },
    grid: { left: 60, right: 30, top: 140, bottom: 60 },
    xAxis: {
      type: 'category',
      data: [...categories],
      name: axis,
      nameLocation: 'middle',
      nameGap: 32,
      axisLabel: { color: INK },
    },
    yAxis: { type: 'log', axisLabel: { color: INK } },
    series: series.map(({ name, color, points }) => ({
      type: 'line',
      name,
      symbolSize: 9,
      itemStyle: { color },
      lineStyle: { color, width: 2 },
      data: points.map((point) => ({
        value: point?.value ?? '-',
        symbol: point?.isDoubtful === true ? 'emptyCircle' : 'circle',
      })),
    })),
  });
}

function titled(text: string): TitleComponentOption {
  return { text, left: 16, top: 12, textStyle: { color: INK, fontSize: 16 } };
}

function render(height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function format(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
