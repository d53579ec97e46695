import { VARIABLES, type Variable } from '../../src/server/variables.js';

interface Section {
  readonly title: string;
  readonly variables: readonly Variable[];
}

const isOfRedis = ({ name }: Variable): boolean => name.startsWith('REDIS_');
const isOfModule = ({ path }: Variable): boolean => path.length > 1;

/** The sections of `.env.example`. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'The server',
    variables: VARIABLES.filter((variable) => !isOfRedis(variable) && !isOfModule(variable)),
  },
  {
    title: 'Redis',
    variables: VARIABLES.filter(isOfRedis),
  },
  {
    title: 'Messages, streams and limits',
    variables: VARIABLES.filter((variable) => !isOfRedis(variable) && isOfModule(variable)),
  },
];
