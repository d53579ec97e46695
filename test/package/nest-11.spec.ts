import { describeHosts } from './hosts.js';
import { NEST_11 } from './nest-versions.js';

describeHosts(NEST_11);
