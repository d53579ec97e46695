import { format, resolveConfig } from 'prettier';
import { makePlan } from './plan.js';
import type { Constants } from './constants.js';
import { HARDWARE, SCENARIOS } from './scenario.js';
import { simulateStorms } from './storms.js';
import { formatConstants, formatPlans, formatSizing } from './tables.js';

/** So that the same figures give the same document. */
const SEED = 1;

/** The text with every table between `<!-- simulate:NAME -->` and `<!-- /simulate:NAME -->` written anew. */
export async function renderDocs(
  text: string,
  constants: Constants,
  path: string,
): Promise<string> {
  let rendered = text;
  for (const [name, table] of Object.entries(tablesOf(constants))) {
    const marks = new RegExp(`(<!-- simulate:${name} -->)[^]*?(<!-- /simulate:${name} -->)`);
    if (!marks.test(rendered)) throw new Error(`${path} has no place for the table "${name}"`);
    rendered = rendered.replace(marks, (_, open: string, close: string) =>
      [open, '', table, '', close].join('\n'),
    );
  }
  const config = await resolveConfig(path);
  return format(rendered, { ...config, parser: 'markdown' });
}

function tablesOf(constants: Constants): Record<string, string> {
  const plans = Object.entries(SCENARIOS).map(([name, scenarios]) => [
    name,
    formatPlans(
      scenarios.map((scenario) => {
        const plan = makePlan(scenario, constants, HARDWARE);
        return {
          scenario,
          plan,
          storms: simulateStorms(scenario, plan, constants, HARDWARE, SEED),
        };
      }),
    ),
  ]);
  return {
    constants: formatConstants(constants),
    sizing: formatSizing(constants),
    ...(Object.fromEntries(plans) as Record<string, string>),
  };
}
