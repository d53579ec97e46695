export { newApiKey } from './tokens/api-keys.js';
export { TokenIdentity } from './tokens/token-identity.js';
export type {
  ApiKey,
  TokenClaims,
  TokenIdentityOptions,
  TokenIssuer,
} from './tokens/token-options.js';
