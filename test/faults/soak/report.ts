import { REFUSAL } from '../world/settings.js';
import { ENGINES } from './engines.js';
import type { Round } from './soak.js';

/** What is wrong with a round, a line each. */
export function failuresOf({ engine, outcome }: Round): string[] {
  const lost = ENGINES[engine].keepsAll ? outcome.lost : [];
  return [
    ...lost.map(({ message }) => `lost: ${message}`),
    ...outcome.violations.map(
      ({ kind, witness, channel, detail }) => `${kind} (${witness}, ${channel}): ${detail}`,
    ),
    ...outcome.sends.refusals
      .filter((refusal) => refusal !== REFUSAL)
      .map((refusal) => `refused with ${refusal}`),
  ];
}

/** The counts of all rounds together. */
export function report(rounds: readonly Round[]): string {
  const sum = (of: (round: Round) => number): string =>
    rounds.reduce((total, round) => total + of(round), 0).toLocaleString('en');
  const violations = (...kinds: string[]): string =>
    sum(({ outcome }) => outcome.violations.filter(({ kind }) => kinds.includes(kind)).length);
  const faults = new Map<string, number>();
  for (const [name, count] of rounds.flatMap((round) => [...round.faults])) {
    faults.set(name, (faults.get(name) ?? 0) + count);
  }
  const lines: [string, string][] = [
    ['seconds', sum(({ tookSeconds }) => Math.round(tookSeconds))],
    ['sends acknowledged', sum(({ outcome }) => outcome.sends.acknowledged)],
    ['sends refused', sum(({ outcome }) => outcome.sends.refused)],
    ['sends of unknown outcome', sum(({ outcome }) => outcome.sends.unknown)],
    ['slowest send, ms', Math.max(...rounds.map(slowestMs)).toFixed(0)],
    ['deliveries', sum(({ outcome }) => outcome.deliveryCount)],
    ['gaps told', sum(({ outcome }) => outcome.gapCount)],
    ['lost by Redis', sum(({ outcome }) => outcome.lost.length)],
    ['faults', sum((round) => [...round.faults.values()].reduce((all, one) => all + one, 0))],
    ...[...faults].sort().map(([name, count]): [string, string] => [`  ${name}`, String(count)]),
    ['losses', violations('missing', 'untold', 'hole', 'behind')],
    ['duplicates', violations('twice')],
    ['violations, these included', sum((round) => failuresOf(round).length)],
  ];
  return lines.map(([name, value]) => `${name.padEnd(36)}${value.padStart(10)}\n`).join('');
}

const slowestMs = ({ outcome }: Round): number => outcome.sends.slowestMs;
