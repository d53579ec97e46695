import type { Bench } from '../bench.js';
import type { FigureName, Figures } from './measured.js';
import { measureFanout } from './fanout.js';
import { measureIdle } from './idle.js';
import { measureLatency } from './latency.js';
import { measureResume } from './resume.js';
import { measureSaturation } from './saturation.js';
import { measureSend } from './send.js';
import { measureStalled } from './stalled.js';

/** Measures the figures that are asked for, one after the other. */
export async function measureFigures(bench: Bench, only: readonly FigureName[]): Promise<Figures> {
  const asked = (...names: FigureName[]): boolean => names.some((name) => only.includes(name));
  const fanout = asked('fanout') ? await measureFanout(bench) : [];
  // Latency is measured at half of the maximum.
  const saturation = asked('saturation', 'latency') ? await measureSaturation(bench) : [];
  const latency = asked('latency') ? await measureLatency(bench, saturation) : [];
  const idle = asked('memory', 'connect') ? await measureIdle(bench) : [];
  const stalled = asked('stalled') ? await measureStalled(bench) : [];
  const resume = asked('resume') ? await measureResume(bench) : [];
  const send = asked('send') ? await measureSend(bench) : [];
  return {
    ...{ fanout, saturation, latency, stalled, resume, send },
    memory: asked('memory')
      ? idle.map(({ cpuMsPerConnect: _, connectsPerSecond: __, ...row }) => row)
      : [],
    connect: asked('connect') ? idle.map(({ residentBytesPerReader: _, ...row }) => row) : [],
  };
}
