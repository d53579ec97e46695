import { describeHosts } from './hosts.js';
import { NEST_12 } from './nest-versions.js';

describeHosts(NEST_12);
