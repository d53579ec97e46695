/** Who signs tokens, and how to check it. Give exactly one of `secret`, `publicKeys` and `jwksUrl`. */
export interface TokenIssuer {
  /** Shared secret for HS256, HS384 and HS512: at least 32 bytes of UTF-8. */
  readonly secret?: string | undefined;
  /** Public keys as PEM, for RS, PS, ES and EdDSA. Several let you replace one while tokens of the other are in use. */
  readonly publicKeys?: readonly string[] | undefined;
  /**
   * Where the public keys are published, as a JSON Web Key Set. They are fetched when the first token comes, again after
   * ten minutes, and when a token names a key that is not among them, at most every two seconds. A fetch that takes 5 s
   * has failed; then the keys that are known stay valid.
   */
  readonly jwksUrl?: string | undefined;
  /** What `iss` may be. Default: anything, even nothing. */
  readonly issuer?: string | readonly string[] | undefined;
  /** What `aud` must contain one of. Default: anything, even nothing. */
  readonly audience?: string | readonly string[] | undefined;
}

/** A secret of a server that publishes. Only its hash is kept. No limits of policies apply to it. */
export interface ApiKey {
  /** Its identity is `key:<name>`. Two keys may have the same name while one replaces the other. */
  readonly name: string;
  /** SHA-256 of the key, as 64 hexadecimal digits. */
  readonly sha256: string;
  /**
   * Patterns of the channels that it may publish to, subscribe to and moderate, where the policy says `token`. Default
   * none.
   */
  readonly publish?: readonly string[] | undefined;
  readonly subscribe?: readonly string[] | undefined;
  readonly moderate?: readonly string[] | undefined;
  /** Whether it may administer the server. Default false. */
  readonly admin?: boolean | undefined;
}

export interface TokenIdentityOptions {
  /** Who signs tokens. A token that names its issuer is checked only against those who have it. Default: no tokens. */
  readonly issuers?: readonly TokenIssuer[] | undefined;
  /** Default: no keys. */
  readonly apiKeys?: readonly ApiKey[] | undefined;
  /** The name of a cookie that may hold the token. Default: none. */
  readonly cookie?: string | undefined;
  /**
   * Origins, beside its own, whose pages may send with the cookie. A page's own requests have its origin, and no other
   * page can forge it. Default: none.
   */
  readonly origins?: readonly string[] | undefined;
  /**
   * The claim that says what a token may do: `{ publish?, subscribe?, moderate?, name?, admin?, limits? }`. Default
   * `birdsong`.
   */
  readonly claim?: string | undefined;
  /** Seconds by which the issuer's clock may be ahead: for `nbf`. `exp` is exact, as streams end then. Default 5. */
  readonly clockToleranceSeconds?: number | undefined;
}

/** What is known of an identity that came with a token or an API key. */
export interface TokenClaims {
  readonly [claim: string]: unknown;
  /** The name to show, if the token has one. */
  readonly name: string | undefined;
  /** Whether it may administer the server. */
  readonly admin: boolean;
}
